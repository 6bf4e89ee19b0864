//! What has become of an incident since it opened: what people were told, who looks after it, how often
//! it came back.

use diagnosis::{Cause, Timestamp};
use serde::{Deserialize, Serialize};

use crate::evidence::EvidenceProgress;
use crate::incident::{IncidentId, StormMember, Totals};
use crate::lenient::{self, Original};
use crate::notify::ChannelKind;
use crate::rules::{Rule, Severity};

/// The course of an incident. Everything has a default, which rows of an older version mean.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct History {
    /// What was told last. `None` while nobody was told, and in rows of a version that did not keep it.
    #[serde(rename = "told")]
    #[serde(deserialize_with = "lenient::or_default")]
    pub notified: Option<LastNotification>,
    /// When it opened last, if it has come back.
    #[serde(deserialize_with = "lenient::or_default")]
    pub since: Option<Timestamp>,
    /// How often it came back soon after it had been resolved.
    #[serde(deserialize_with = "lenient::or_default")]
    pub returns: u32,
    /// Who looks after it.
    #[serde(deserialize_with = "lenient::or_default")]
    pub acknowledged: Option<Acknowledged>,
    /// The limits of its rule, for the day when that rule is gone.
    #[serde(deserialize_with = "lenient::or_default")]
    pub limits: Option<Limits>,
    /// Its errors when it last changed.
    #[serde(deserialize_with = "lenient::or_default")]
    pub errors: u64,
    /// When its living messages were last edited without anything being told.
    #[serde(deserialize_with = "lenient::or_default")]
    pub shown_at: Option<Timestamp>,
    /// The part of its numbers that is no longer read from the counters.
    #[serde(deserialize_with = "lenient::or_default")]
    pub totals: Totals,
    /// Of an outage whose lines arrived too late for an alert: the first minute whose lines were not late when
    /// the last of them arrived.
    #[serde(deserialize_with = "lenient::or_default", skip_serializing_if = "Option::is_none")]
    pub late_before: Option<i64>,
    /// The last minute of such an outage with errors.
    #[serde(deserialize_with = "lenient::or_default", skip_serializing_if = "Option::is_none")]
    pub late_last: Option<i64>,
    /// Whether it opened in a storm: then the storm's incident tells of it, and it says nothing itself.
    #[serde(deserialize_with = "lenient::or_default")]
    pub in_storm: bool,
    /// What other logs were asked, and what they told.
    #[serde(rename = "lookup")]
    #[serde(deserialize_with = "lenient::or_default")]
    pub evidence: EvidenceProgress,
    /// Of a storm's own incident: how large the storm has been.
    #[serde(deserialize_with = "lenient::or_default")]
    pub members: Option<Members>,
    /// The kinds of channels, as rules name them, that notifications were enqueued for: those that may have
    /// to hear of its end, whatever rules say by then.
    #[serde(deserialize_with = "lenient::known_items", skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelKind>,
    /// The row as it was read, if another version has put something into it that this one does not know.
    #[serde(skip)]
    pub original: Original,
}

impl History {
    /// Adds kinds of channels that notifications are enqueued for.
    pub(crate) fn add_channels(&mut self, kinds: impl Iterator<Item = ChannelKind>) {
        self.channels.extend(kinds.map(ChannelKind::in_rules));
        self.channels.sort_unstable();
        self.channels.dedup();
    }
}

/// What people were told last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastNotification {
    /// When.
    pub at: Timestamp,
    /// How many errors; 0 where that was not kept.
    pub errors: u64,
    /// Which cause.
    #[serde(deserialize_with = "lenient::cause")]
    pub cause: Cause,
    /// How urgent.
    #[serde(deserialize_with = "lenient::severity")]
    pub severity: Severity,
    /// How often it had come back.
    #[serde(default)]
    pub returns: u32,
    /// How many sources, for a storm.
    #[serde(default)]
    pub sources: u64,
    /// How many findings of other logs there had been.
    #[serde(default)]
    pub findings: u32,
    /// Whether what other logs could not tell was among it.
    #[serde(default)]
    #[serde(rename = "missing")]
    pub gaps: bool,
}

/// Somebody has said that they look after an incident: no more reminders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What of a rule decides about an incident that is already open.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// See [`Rule::clear_after_minutes`].
    pub clear_after_minutes: i64,
    /// See [`Rule::remind_every_minutes`].
    pub remind_every_minutes: i64,
    /// See [`Rule::min_errors`].
    pub min_errors: u64,
    /// See [`Rate::min_rate`].
    pub min_rate: Option<f64>,
    /// See [`Rate::min_requests`].
    pub min_requests: u64,
}

/// How large a storm has been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Members {
    /// How many sources it has announced, those that have resolved included.
    pub count: u64,
    /// The errors of all of them.
    pub errors: u64,
    /// When a message named a new member last.
    pub grew_at: Timestamp,
    /// The members that a message has named and none has said the end of, as they were seen last.
    #[serde(deserialize_with = "lenient::known_items")]
    pub top: Vec<StormMember>,
    /// Their incidents.
    #[serde(default, deserialize_with = "lenient::known_items")]
    pub named: Vec<IncidentId>,
    /// How many members it has named, at most 200, those that have resolved included.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub named_so_far: u64,
    /// How many sources' end a message has said.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub former_sources: u64,
    /// The errors of those, and of members that announce themselves since.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub former_errors: u64,
    /// Since when some have been over whose end no message has said.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub over_since: Option<Timestamp>,
    /// When the last text message went out.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub texted_at: Option<Timestamp>,
    /// The members that a message has counted, at most 1,000.
    #[serde(default, deserialize_with = "lenient::known_items")]
    pub counted: Vec<IncidentId>,
}

impl From<&Rule> for Limits {
    fn from(rule: &Rule) -> Self {
        Self {
            clear_after_minutes: rule.clear_after_minutes,
            remind_every_minutes: rule.remind_every_minutes,
            min_errors: rule.min_errors,
            min_rate: rule.rate.map(|rate| rate.min_rate),
            min_requests: rule.rate.map_or(0, |rate| rate.min_requests),
        }
    }
}
