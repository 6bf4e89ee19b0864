//! When to notify people, and of what.
//!
//! A batch becomes a [`BatchCounts`]; the [`Ledger`] adds it up; [`rules`] turn windows of counters into
//! openings; an opening is committed together with its rows of the outbox; the [`Engine`] delivers them.
//! Pure: the world comes in through the traits [`Ledger`], [`Channel`], [`Clock`], [`Account`], [`Stages`] and
//! [`RequestMetrics`], so that a Lambda function, `gatewatch replay` and a test run the same engine.

mod attachment;
mod clock;
mod counting;
mod engine;
mod evidence;
pub mod hash;
mod incident;
mod inventory;
mod lenient;
pub mod notify;
pub mod rules;
mod source;
mod store;
mod subscription;

pub use attachment::{
    AttachError, AttachReport, Attachment, Filter, LogGroups, NamesPage, Patterns, Trouble,
    TroubleKind, Wanted, attach,
};
pub use clock::Clock;
pub use counting::{
    ACCESS_LOG_MINUTES, ActiveHours, AuthoritativeLog, BatchCounts, BatchId, BatchMinute,
    Breakdown, CALLER_BUCKETS, CallerBucket, CauseCounts, Counters, Exemplar, LineCounts,
    MAX_ROUTES_PER_CAUSE, MinuteCounts, OTHER_ROUTES, REGISTERED_MINUTES, RegisteredLog,
    RegisteredLogs, RequestCounts, RouteCounts, RouteKey, SHARDS, StageFormats, TOP_CALLER_BUCKETS,
    TopCallers,
};
pub use engine::{
    Accepted, Acknowledgement, Adoption, DeliveryCounts, Engine, EvidenceReport, IngestReport,
    InteractionOutcome, InteractionReport, InventoryReport, Invocation, Settings, SmsLimited,
    SubscriptionReport, SweepReport, TestReport, Tested,
};
pub use evidence::{
    Account, EvidenceProgress, Finding, Function, FunctionRun, Gap, GapKind, Integration, LogEvent,
    LogQuery,
};
pub use incident::{
    Acknowledged, Action, BadSilence, Change, Event, History, Hold, Incident, IncidentId,
    LastNotification, Limits, Members, NotAButton, NotAnIncident, OpenIncident, Reason,
    ReasonChange, Scope, Silence, SourceState, StormMember, Target, Threshold, Totals,
};
pub use inventory::{
    AccountError, Budget, ExecutionLogging, INVENTORY_TTL_MS, InventoryRefresh, LogGroupInventory,
    Progress, StageInfo, Stages, StagesPage,
};
pub use notify::{
    Audience, CauseErrors, Channel, ChannelId, ChannelKind, Content, Delivery, Facts, Held,
    IncidentView, MAX_MINUTES, MinuteOfIncident, NotAChannel, Notification, Remedy, RouteErrors,
    SendError, Sent, TopCaller, View,
};
pub use rules::{LogMode, Rules, Severity};
pub use source::{NotASource, Source};
#[cfg(any(test, feature = "contract"))]
pub use store::contract;
pub use store::{
    BadRow, ChannelState, Committed, Condition, DEFAULT_SMS_PER_NUMBER, EXECUTION_PLACES, Failure,
    Lease, Ledger, LedgerError, LiveSource, MAX_SETTLED, MemoryLedger, NEW_AFTER_MINUTES,
    OutboxKey, OutboxRow, Recorded, RulesDocument, Settlement, SilentSource, SmsCount, SmsGrant,
    SmsLimits, SmsMessage, Transition, Units, UnreadableRow,
};
pub use subscription::{DeadSubscription, RequestCountQuery, RequestMetrics};
