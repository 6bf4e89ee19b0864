//! Messages owed, and the leases under which they are sent.

use diagnosis::Timestamp;
use serde::{Deserialize, Deserializer, Serialize};

use crate::incident::{Event, IncidentId, Reason};
use crate::notify::{ChannelId, Content, Notification};

/// Where a row lies among those of its channel. Rows are read in this order: the incident that opened
/// first comes first, and an incident's rows stand together in the order of their numbers, whatever the
/// clocks of those who wrote them showed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutboxKey {
    /// When the incident was opened.
    pub opened_at: Timestamp,
    /// The incident.
    pub incident: IncidentId,
    /// The number of the notification.
    pub seq: u64,
}

impl OutboxKey {
    /// Before every row's.
    pub fn first() -> Self {
        Self { opened_at: Timestamp::from_millis(0), incident: IncidentId::first(), seq: 0 }
    }

    /// Before every row of an incident.
    pub const fn before_incident(opened_at: Timestamp, incident: IncidentId) -> Self {
        Self { opened_at, incident, seq: 0 }
    }

    /// Before every row of the incident that was told.
    pub(crate) fn before_notification(told: &Notification) -> Self {
        Self::before_incident(told.incident.opened_at, told.incident.id.clone())
    }
}

/// What must hold when a row is due, or it is dropped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Condition {
    /// Nothing.
    #[default]
    Always,
    /// None of these channels has sent this notification or a later one: a message that stands in for
    /// others that did not arrive.
    #[serde(deserialize_with = "known_channels")]
    UnlessSentOn(Vec<ChannelId>),
    /// This channel has told of the incident before, or does so now: nobody is told the end of what
    /// they never heard of.
    IfToldBefore,
}

/// A version of another day may know other channels: those are left out, and the row is still sent.
fn known_channels<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ChannelId>, D::Error> {
    let ids = Vec::<String>::deserialize(deserializer)?;
    Ok(ids.iter().filter_map(|id| id.parse().ok()).collect())
}

/// Why the last attempt to send a row failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// In a few words that readers of the message may see.
    pub reason: String,
    /// Whether any attempt so far may have arrived all the same.
    pub may_have_arrived: bool,
}

/// A message owed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// The incident it tells of.
    pub incident: IncidentId,
    /// When that was opened.
    pub opened_at: Timestamp,
    /// Its place among the incident's notifications.
    pub seq: u64,
    /// What it tells.
    pub event: Event,
    /// The channel.
    pub channel: ChannelId,
    /// What to send.
    pub content: Content,
    /// When it came to be owed.
    pub created_at: Timestamp,
    /// Not to be sent before.
    pub due: Timestamp,
    /// How often sending it has failed.
    pub attempts: u32,
    /// What must hold when it is due.
    pub condition: Condition,
    /// Why the last attempt failed.
    pub failure: Option<Failure>,
    /// Whether it names members of a group that no other message names: it is sent by itself and never
    /// replaced by a later row.
    #[serde(default)]
    pub names_members: bool,
    /// Set where the row is a reopening for a channel that otherwise only stands in for others: it is sent at
    /// once if the channel has notified of the incident before, and else no earlier than this, under its
    /// condition.
    #[serde(default)]
    pub stand_in_at: Option<Timestamp>,
    /// Whether it reports that a critical incident opened, reopened or became critical: such text messages
    /// may use the reserved part of the daily limit.
    #[serde(default)]
    pub critical_opening: bool,
    /// Why it is sent: kept for text messages, which the daily limit may hold back.
    #[serde(default)]
    pub reason: Option<Box<Reason>>,
}

impl OutboxRow {
    /// Where it lies.
    pub fn key(&self) -> OutboxKey {
        OutboxKey { opened_at: self.opened_at, incident: self.incident.clone(), seq: self.seq }
    }

    /// Whether it stands in for others whatever this channel has sent, so that it is decided by itself.
    pub(crate) const fn only_stands_in(&self) -> bool {
        matches!(self.condition, Condition::UnlessSentOn(_)) && self.stand_in_at.is_none()
    }

    /// Whether it stands in for others on a channel that has sent this incident's notifications up to
    /// `last_sent`.
    pub(crate) const fn stands_in(&self, last_sent: u64) -> bool {
        let notified = last_sent > 0 && self.stand_in_at.is_some();
        matches!(self.condition, Condition::UnlessSentOn(_)) && !notified
    }

    /// Whether it only edits a living message and tells nothing: whatever is told after it shows the same
    /// and more.
    pub(crate) fn is_silent(&self) -> bool {
        matches!(self.content, Content::SlackBot { reply: None, .. })
            && self.event == Event::Updated
    }
}

/// The right to send the messages of one incident on one channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lease {
    /// The number of the last notification that was sent on this channel; 0 for none.
    pub last_sent: u64,
    /// Where the channel keeps the incident's message, if it said so.
    pub message_ref: Option<String>,
    /// Whether somebody took the lease before and never gave it back: they died on the way, perhaps
    /// after the message had gone out.
    pub abandoned: bool,
    /// Whether the last notification only may have been sent: see [`Settlement::MayHaveArrived`].
    pub unsure: bool,
}

/// How an attempt to send rows ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// They were sent, as one message.
    Done {
        /// Where the channel keeps the incident's message from now on; `None` leaves what is known.
        message_ref: Option<String>,
    },
    /// They are no longer owed, and were not sent.
    Dropped,
    /// They are no longer owed, and nobody knows whether they were sent. They count as sent, so that the
    /// end follows, and it tells the beginning as well.
    MayHaveArrived,
    /// The first of them is to be tried again, and the others wait for it.
    RetryAt {
        /// Not before.
        due: Timestamp,
        /// Why it failed.
        failure: Failure,
    },
}

/// So many rows can be settled at once: with the lease they are one transaction, which takes 100 actions.
pub const MAX_SETTLED: usize = 90;
