//! What a batch of log lines adds: counts by source, minute and cause, the breakdown of errors by route and
//! caller, and a few exemplars.
//!
//! [`BatchCounts::of`] reads a batch. Everything here is additive and keyed by batch, so that the store can count a
//! batch once however often it is delivered.

mod active_hours;
mod authoritative_log;
mod batch_counts;
mod batch_id;
mod breakdown;
mod counter;
mod counters;
mod exemplar;
mod formats;
mod joined;
mod top_callers;

pub use active_hours::{ActiveHours, REGISTERED_MINUTES};
pub use authoritative_log::{ACCESS_LOG_MINUTES, AuthoritativeLog, RegisteredLog, RegisteredLogs};
pub use batch_counts::{BatchCounts, BatchMinute, LineCounts};
pub use batch_id::{BatchId, SHARDS};
pub use breakdown::{
    Breakdown, CALLER_BUCKETS, MAX_ROUTES_PER_CAUSE, OTHER_ROUTES, RouteCounts, RouteKey,
};
pub use counters::{CauseCounts, Counters, MinuteCounts, RequestCounts};
pub use exemplar::Exemplar;
pub use formats::StageFormats;
pub use top_callers::{CallerBucket, TOP_CALLER_BUCKETS, TopCallers};

pub(crate) use counter::{Diagnose, LATE_AFTER_MINUTES};
pub(crate) use exemplar::confidence_of;
