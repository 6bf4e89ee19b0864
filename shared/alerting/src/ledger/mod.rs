//! Where counters, incidents and the outbox live: the port, with [`MemoryLedger`](crate::MemoryLedger)
//! as the adapter for replay and tests and DynamoDB as the one for AWS. Both pass
//! [`contract`](crate::contract).

mod causes_seen;
mod channels;
mod counting;
mod incidents;
mod kept_rules;
mod minute_details;
mod outbox;
mod passes;
mod presses;
mod registry;
mod silences;

pub use causes_seen::{CausesSeen, NEW_AFTER_MINUTES};
pub use channels::{ChannelState, Channels, SmsGrant, SmsLimits};
pub use counting::{BatchId, Counting, EXECUTION_PLACES, LiveSource, SHARDS};
pub use incidents::{Incidents, Transition};
pub use kept_rules::{KeptRules, RulesDocument};
pub use minute_details::MinuteDetails;
pub use outbox::{
    Condition, Failure, Lease, MAX_SETTLED, Outbox, OutboxPlace, OutboxRow, Settlement,
};
pub use passes::Passes;
pub use presses::Presses;
pub use registry::Registry;
pub use silences::Silences;

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

/// Why the ledger did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ledger: {reason}")]
pub struct LedgerError {
    /// What stood in the way.
    pub reason: String,
    /// Whether trying again can help.
    pub retryable: bool,
}

/// All that is kept between invocations.
pub trait Ledger:
    Counting
    + Incidents
    + Outbox
    + Channels
    + Passes
    + Silences
    + CausesSeen
    + MinuteDetails
    + KeptRules
    + Registry
    + Presses
{
}

impl<T> Ledger for T where
    T: Counting
        + Incidents
        + Outbox
        + Channels
        + Passes
        + Silences
        + CausesSeen
        + MinuteDetails
        + KeptRules
        + Registry
        + Presses
{
}
