//! Messages owed, and the leases under which they are sent.

use diagnosis::Timestamp;
use serde::{Deserialize, Serialize};

use super::LedgerError;
use crate::channel::{ChannelId, Content};
use crate::incident::IncidentId;
use crate::notification::Event;

/// A message owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// The incident it tells of.
    pub incident: IncidentId,
    /// Its place among the incident's notifications.
    pub seq: u64,
    /// What it tells.
    pub event: Event,
    /// The channel, as [`ChannelId`] shows itself.
    pub channel: String,
    /// What to send.
    pub content: Content,
    /// When it came to be owed.
    pub created_at: Timestamp,
    /// Not to be sent before.
    pub due: Timestamp,
    /// How often sending it has failed.
    pub attempts: u32,
}

/// The right to send the messages of one incident on one channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lease {
    /// The number of the last notification that was sent on this channel; 0 for none.
    pub last_sent: u64,
    /// Where the channel keeps the incident's message, if it said so.
    pub place: Option<String>,
}

/// How an attempt to send a row ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// It is no longer owed: it was sent, or it is dead.
    Done {
        /// Where the channel keeps the incident's message from now on; `None` leaves what is known.
        place: Option<String>,
    },
    /// It is to be tried again.
    RetryAt(Timestamp),
}

/// What is owed, by channel. Every method is safe to call twice with the same arguments, and by many
/// callers at once.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait Outbox {
    /// The first `limit` rows owed on a channel, due or not, by incident and number.
    async fn owed(&self, channel: &ChannelId, limit: usize) -> Result<Vec<OutboxRow>, LedgerError>;

    /// Takes the right to send an incident's messages on a channel until `until`, unless somebody else
    /// has it at `now`.
    async fn lease(
        &self,
        channel: &ChannelId,
        incident: &IncidentId,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, LedgerError>;

    /// Ends an attempt to send a row and gives the lease back. Does nothing for a holder that has lost
    /// its lease.
    async fn settle(
        &self,
        row: &OutboxRow,
        holder: &str,
        settlement: Settlement,
    ) -> Result<(), LedgerError>;
}
