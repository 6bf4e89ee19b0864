//! When to disturb people, and what to tell them.
//!
//! A batch becomes a [`Tally`]; the [`Ledger`] adds it up; [`rules`] turn windows of counters into
//! openings; an opening is committed together with the messages it owes; the [`Engine`] sends what is
//! owed. Pure: the world comes in through the traits [`Ledger`], [`Channel`] and [`Clock`], so that a
//! Lambda function, `gatewatch replay` and a test run the same engine.

mod channel;
mod clock;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod details;
mod engine;
mod glob;
pub mod hash;
mod incident;
mod ledger;
mod log_mode;
mod memory;
pub mod message;
mod notification;
pub mod rules;
mod silence;
mod source;
mod tally;
mod verdict;
mod window;

pub use channel::{
    Channel, ChannelId, ChannelKind, Content, Delivery, NotAChannel, Remedy, SendError, Sent,
};
pub use clock::Clock;
pub use details::{
    CALLER_BUCKETS, Details, Exemplar, MAX_ROUTES_PER_CAUSE, OTHER_ROUTES, RouteKey,
};
pub use engine::{
    Accepted, Acknowledgement, DeliveryCounts, Engine, IngestReport, Invocation, Settings,
    SweepReport,
};
pub use incident::{
    Acknowledged, Course, Incident, IncidentId, Limits, Members, SourceState, Told, Totals,
};
pub use ledger::{
    BatchId, Committed, Counting, Incidents, Lease, Ledger, LedgerError, LiveSource, OpenIncident,
    Outbox, OutboxRow, Passes, Recorded, SHARDS, Settlement, Silences, Transition,
};
pub use log_mode::LogMode;
pub use memory::MemoryLedger;
pub use notification::{
    BusiestCaller, CauseErrors, Change, Event, Facts, IncidentView, MAX_MINUTES, MinuteOfIncident,
    Notification, RouteErrors, StormMember,
};
pub use rules::{Rules, Severity};
pub use silence::{BadSilence, Scope, Silence};
pub use source::{NotASource, Source};
pub use tally::{LineCounts, MinuteTally, Tally};
pub use window::{CauseCounts, Counters, MinuteCounts};
