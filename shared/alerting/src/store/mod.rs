//! What is kept between invocations: the port, its types, and the adapter in memory.

mod channel_state;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod ledger;
mod memory;
mod outbox;
mod rules_document;
mod sms_limits;
mod transition;
mod unreadable;

pub use channel_state::ChannelState;
pub use ledger::{
    Committed, EXECUTION_PLACES, Ledger, LedgerError, LiveSource, NEW_AFTER_MINUTES, Recorded,
    SilentSource,
};
pub use memory::{MemoryLedger, Units};
pub use outbox::{Condition, Failure, Lease, MAX_SETTLED, OutboxKey, OutboxRow, Settlement};
pub use rules_document::RulesDocument;
pub use sms_limits::{DEFAULT_SMS_PER_NUMBER, SmsCount, SmsGrant, SmsLimits, SmsMessage};
pub use transition::Transition;
pub use unreadable::{BadRow, UnreadableRow};
