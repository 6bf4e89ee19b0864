//! The engine: what happens when a batch comes in, and what happens every minute.
//!
//! Counting, deciding and sending are steps that each can fail on its own and be repeated: a batch that
//! was counted before is still judged, and a transition is committed together with the messages it
//! owes, so that whoever comes next finishes what a crash left.

mod acknowledge;
mod caches;
mod causes_seen;
mod core;
mod count;
mod counter_cache;
mod decisions;
mod deliver;
mod enqueue;
mod evaluate;
mod evidence;
mod extent;
mod ingest;
mod interactions;
mod inventory;
mod late;
mod live_edit;
mod observe;
mod open;
mod policy;
mod retry;
mod rules;
mod silences;
mod step;
mod storm;
mod subscriptions;
mod sweep;
mod sweep_order;
mod test_alert;
mod transition;
mod watched;

pub use acknowledge::Acknowledgement;
pub use core::{Accepted, Engine, Invocation, Settings};
pub use deliver::{DeliveryCounts, SmsLimited};
pub use evidence::EvidenceReport;
pub use ingest::IngestReport;
pub use interactions::{InteractionOutcome, InteractionReport};
pub use inventory::InventoryReport;
pub use rules::Adoption;
pub use subscriptions::SubscriptionReport;
pub use sweep::SweepReport;
pub use test_alert::{TestReport, Tested};

#[cfg(test)]
pub(in crate::engine) mod tests;
