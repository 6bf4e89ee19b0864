//! Mistakes that an engine or a ledger might make. They are made at the ports, where each looks just like
//! the mistake inside.

/// A mistake, and the invariant that must notice it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mutation {
    /// I1: the counters of a minute are spread over more items the more batches they hold, so that a
    /// redelivered batch does not find the item that counted it.
    GrowingShardCount,
    /// I2: a batch that was counted before is taken for done.
    EarlyReturnOnADuplicate,
    /// I3: an opening is recorded as sent and was not, so that its resolution comes alone.
    LostOpening,
    /// I4: everybody may send at any time.
    NoLease,
    /// I5: messages go out before the incident that owes them is committed.
    SendBeforeCommit,
    /// I6: a message shows what a request said as it was.
    RawEvidence,
    /// I7: a conflict of two invocations is an error that no retry fixes.
    ConflictIsAnError,
    /// I8: a message is due three minutes after its incident was committed.
    LateRows,
    /// I9: while an incident is open its counters are read from a cache that nothing refreshes.
    StaleCounters,
    /// I10: a resolution owes no messages.
    SilentResolution,
    /// I10 as well: that some members of a group are over owes no messages.
    SilentRecovery,
}
