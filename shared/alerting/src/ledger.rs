//! Where counters, incidents and the outbox live: the port, with [`MemoryLedger`](crate::MemoryLedger)
//! as the adapter for replay and tests and DynamoDB as the one for AWS. Both pass
//! [`contract`](crate::contract).

use diagnosis::Timestamp;
use serde::{Deserialize, Serialize};

use crate::channel::{ChannelId, Content};
use crate::details::{Details, Exemplar};
use crate::incident::{Incident, IncidentId, SourceState};
use crate::source::Source;
use crate::window::{Counters, MinuteCounts};

/// Names one batch: the same delivery always has the same id, so it is never counted twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BatchId(pub u64);

/// Counters of one minute are spread over this many items. Always this many: the shard comes from the
/// batch's id, so that a redelivered batch finds the item that already holds it.
pub const SHARDS: u8 = 16;

impl BatchId {
    /// The shard that counts this batch.
    pub const fn shard(self) -> u8 {
        (self.0 >> 60) as u8
    }
}

/// Whether a write was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It was counted.
    New,
    /// This batch had been counted already; nothing changed.
    Duplicate,
}

/// Whether a transition took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It did.
    Done,
    /// Somebody else changed the source since it was read: read it again and decide anew.
    Conflict,
}

/// A source that lines came from lately, or that has an open incident.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiveSource {
    /// The source.
    pub source: Source,
    /// A log group that its lines came from.
    pub log_group: String,
}

/// An incident's change and the messages that it owes: one transaction.
#[derive(Debug, Clone)]
pub struct Transition {
    /// The version of the source that the decision was made on.
    pub read_version: u64,
    /// The incident as it is from now on.
    pub incident: Incident,
    /// The messages it owes, one row per channel. May be empty.
    pub outbox: Vec<OutboxRow>,
}

/// A message owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// The incident it tells of.
    pub incident: IncidentId,
    /// Its place among the incident's notifications.
    pub seq: u64,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The number of the last notification that was sent on this channel; 0 for none.
    pub last_sent: u64,
}

/// How an attempt to send a row ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settlement {
    /// It is no longer owed: it was sent, or it is dead.
    Done,
    /// It is to be tried again.
    RetryAt(Timestamp),
}

/// Why the ledger did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ledger: {reason}")]
pub struct LedgerError {
    /// What stood in the way.
    pub reason: String,
    /// Whether trying again can help.
    pub retryable: bool,
}

/// Counters, incidents and the outbox. Every method is safe to call twice with the same arguments, and
/// by many callers at once.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait Ledger {
    /// Notes that lines of `source` came in, for the sweep to look at. The source stays noted until
    /// 15 minutes after `minute` at least.
    async fn note_source(
        &self,
        source: &Source,
        log_group: &str,
        minute: i64,
    ) -> Result<(), LedgerError>;

    /// The sources noted in `since` or a later minute, and those with an open incident; each once, in
    /// order.
    async fn live_sources(&self, since: i64) -> Result<Vec<LiveSource>, LedgerError>;

    /// Adds a batch's counts of one minute.
    async fn add_counts(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        counts: &MinuteCounts,
    ) -> Result<Recorded, LedgerError>;

    /// Adds a batch's details of one minute.
    async fn add_details(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        details: &Details,
    ) -> Result<Recorded, LedgerError>;

    /// Keeps a request to show, if `place` (one of a few per minute and cause) is still free.
    async fn put_exemplar(
        &self,
        source: &Source,
        minute: i64,
        place: u8,
        exemplar: &Exemplar,
    ) -> Result<(), LedgerError>;

    /// The counters from minute `from` to minute `to`, both included. Sees every write acknowledged
    /// before it began.
    async fn counters(&self, source: &Source, from: i64, to: i64) -> Result<Counters, LedgerError>;

    /// The details of the same minutes.
    async fn details(&self, source: &Source, from: i64, to: i64) -> Result<Details, LedgerError>;

    /// The requests kept in the same minutes, oldest minute first.
    async fn exemplars(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<Vec<Exemplar>, LedgerError>;

    /// The source's incidents: the open ones, and those resolved in the last hours.
    async fn state(&self, source: &Source) -> Result<SourceState, LedgerError>;

    /// Changes an incident and adds its outbox rows, all or nothing, if the source still has the
    /// version that was read.
    async fn commit(&self, transition: &Transition) -> Result<Committed, LedgerError>;

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
