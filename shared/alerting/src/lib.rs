//! When to disturb people, and what to tell them.
//!
//! A batch becomes a [`BatchCounts`]; the [`Ledger`] adds it up; [`rules`] turn windows of counters into
//! openings; an opening is committed together with the messages it owes; the [`Engine`] sends what is
//! owed. Pure: the world comes in through the traits [`Ledger`], [`Channel`] and [`Clock`], so that a
//! Lambda function, `gatewatch replay` and a test run the same engine.

mod clock;
mod counting;
mod engine;
mod evidence;
pub mod hash;
mod incident;
mod inventory;
pub mod notify;
pub mod rules;
mod source;
mod store;

pub use clock::Clock;
pub use counting::{
    ACCESS_LOG_MINUTES, AuthoritativeLog, BatchCounts, BatchId, BatchMinute, Breakdown,
    CALLER_BUCKETS, CallerBucket, CauseCounts, Counters, Exemplar, LineCounts,
    MAX_ROUTES_PER_CAUSE, MinuteCounts, NotedLog, NotedLogs, OTHER_ROUTES, RequestCounts,
    RouteCounts, RouteKey, SHARDS, StageFormats, TOP_CALLER_BUCKETS, TopCallers,
};
pub use engine::{
    Accepted, Acknowledgement, Adoption, DeliveryCounts, Engine, IngestReport, InventoryReport,
    Invocation, LookupReport, PressReport, Pressed, Settings, SweepReport, TestReport, Tested,
};
pub use evidence::{
    Account, Finding, Function, FunctionRun, Gap, Integration, LogEvent, LogQuery, Lookup, Missing,
};
pub use incident::{
    Acknowledged, Action, BadSilence, Change, Course, Event, Hold, Incident, IncidentId, Limits,
    Members, NotAButton, NotAnIncident, OpenIncident, Reason, ReasonChange, Scope, Silence,
    SourceState, StormMember, Target, Threshold, Told, Totals,
};
pub use inventory::{
    AccountError, Budget, ExecutionLogging, INVENTORY_TTL_MS, InventoryRefresh, LogGroupInventory,
    Progress, StageInfo, Stages, StagesPage,
};
pub use notify::{
    CauseErrors, Channel, ChannelId, ChannelKind, Content, Delivery, Facts, Held, IncidentView,
    MAX_MINUTES, MinuteOfIncident, NotAChannel, Notification, Remedy, RouteErrors, SendError, Sent,
    TopCaller, View,
};
pub use rules::{LogMode, Rules, Severity};
pub use source::{NotASource, Source};
#[cfg(any(test, feature = "contract"))]
pub use store::contract;
pub use store::{
    ChannelState, Committed, Condition, EXECUTION_PLACES, Failure, Lease, Ledger, LedgerError,
    LiveSource, MAX_SETTLED, MemoryLedger, NEW_AFTER_MINUTES, OutboxPlace, OutboxRow, Recorded,
    RulesDocument, Settlement, SmsGrant, SmsLimits, Transition, Units,
};
