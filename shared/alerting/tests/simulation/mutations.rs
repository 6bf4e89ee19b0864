//! Mistakes that an engine or a ledger might have. They are made at the ports, where each looks just like
//! the mistake inside.

/// A mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// A batch that was counted before is taken for done.
    EarlyReturnOnADuplicate,
    /// Messages go out before the incident that owes them is committed.
    SendBeforeCommit,
    /// Everybody may send at any time.
    NoLease,
    /// A minute's counters are spread over more items the more batches they hold, so that a redelivered
    /// batch does not find the item that counted it.
    GrowingShardCount,
}
