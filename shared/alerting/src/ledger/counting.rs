//! Counters, details and exemplars by source and minute, and which sources are alive.

use super::{LedgerError, Recorded};
use crate::counting::{Counters, CountingLog, Details, Exemplar, MinuteCounts};
use crate::source::Source;

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

/// Exemplars in this place and later ones are of an execution log.
pub const EXECUTION_PLACES: u8 = 128;

/// A source that lines came from lately, or that has an open incident.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiveSource {
    /// The source.
    pub source: Source,
    /// A log group that its lines came from.
    pub log_group: String,
}

/// What was counted. Every method is safe to call twice with the same arguments, and by many callers at
/// once.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait Counting {
    /// Notes that lines of a log of `source` came in, for the sweep to look at. The source stays noted
    /// until 15 minutes after `minute` at least. Returns the log that counts the source's requests now,
    /// as far as its notes tell: see [`CountingLog`].
    async fn note_source(
        &self,
        source: &Source,
        log: CountingLog,
        log_group: &str,
        minute: i64,
    ) -> Result<CountingLog, LedgerError>;

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

    /// Keeps a request to show, if `place` (one of a few per minute and cause) is still free. Places from
    /// [`EXECUTION_PLACES`] on are for requests that an execution log tells of.
    async fn put_exemplar(
        &self,
        source: &Source,
        minute: i64,
        place: u8,
        exemplar: &Exemplar,
    ) -> Result<(), LedgerError>;

    /// The counters from minute `from` to minute `to`, both included, of the log that counts in `to`.
    /// Sees every write acknowledged before it began.
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
}
