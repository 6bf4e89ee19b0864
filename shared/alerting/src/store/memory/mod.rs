//! The ledger for replay and tests: all of it in memory, with the semantics of the real one.

mod channels;
mod counting;
mod incidents;
mod interactions;
mod inventory;
mod ledger;
mod meter;
mod outbox;
mod rules;
mod silences;
mod slots;
mod state;
mod unreadable;

pub use meter::Units;
pub use state::MemoryLedger;
