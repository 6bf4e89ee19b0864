//! When to disturb people, and what to tell them.
//!
//! A batch becomes a [`Tally`]; the [`Ledger`] adds it up; [`rules`] turn windows of counters into
//! openings; an opening is committed together with the messages it owes; the [`Engine`] sends what is
//! owed. Pure: the world comes in through the traits [`Ledger`], [`Channel`] and [`Clock`], so that a
//! Lambda function, `gatewatch replay` and a test run the same engine.

mod account;
mod channel;
mod clock;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
mod counting;
mod engine;
pub mod hash;
mod incident;
mod ledger;
mod lookup;
mod memory;
pub mod message;
mod notification;
mod press;
mod registry;
pub mod rules;
mod silence;
mod source;

pub use account::{
    Account, AccountError, Budget, ExecutionLogging, Function, Integration, LogEvent, LogQuery,
    StageInfo, Stages, StagesPage,
};
pub use channel::{
    Channel, ChannelId, ChannelKind, Content, Delivery, NotAChannel, Remedy, SendError, Sent,
};
pub use clock::Clock;
pub use counting::{
    ACCESS_LOG_MINUTES, BUSIEST_BUCKETS, Busiest, BusyBucket, CALLER_BUCKETS, CauseCounts,
    Counters, CountingLog, Details, Exemplar, KnownStages, LineCounts, MAX_ROUTES_PER_CAUSE,
    MinuteCounts, MinuteTally, NotedLog, NotedLogs, OTHER_ROUTES, RequestCounts, RouteCounts,
    RouteKey, Tally,
};
pub use engine::{
    Accepted, Acknowledgement, Adoption, DeliveryCounts, Engine, IngestReport, Invocation,
    LookupReport, PressReport, Pressed, RegistryReport, Settings, SweepReport, TestReport, Tested,
};
pub use incident::{
    Acknowledged, Course, Incident, IncidentId, Limits, Members, NotAnIncident, SourceState, Told,
    Totals,
};
pub use ledger::{
    BatchId, CausesSeen, ChannelState, Channels, Committed, Condition, Counting, EXECUTION_PLACES,
    Failure, Incidents, KeptRules, Lease, Ledger, LedgerError, LiveSource, MAX_SETTLED,
    MinuteDetails, NEW_AFTER_MINUTES, OpenIncident, Outbox, OutboxPlace, OutboxRow, Passes,
    Presses, Recorded, Registry, RulesDocument, SHARDS, Settlement, Silences, SmsGrant, SmsLimits,
    Transition,
};
pub use lookup::{Finding, FunctionRun, Gap, Lookup, Missing};
pub use memory::{MemoryLedger, Units};
pub use notification::{
    BusiestCaller, CauseErrors, Change, Event, Facts, IncidentView, MAX_MINUTES, MinuteOfIncident,
    Notification, RouteErrors, StormMember,
};
pub use press::{Action, NotAButton, Target};
pub use registry::{KNOWN_FOR_MS, KnownLogGroup, Progress, RegistryPass};
pub use rules::{LogMode, Rules, Severity};
pub use silence::{BadSilence, Scope, Silence};
pub use source::{NotASource, Source};
