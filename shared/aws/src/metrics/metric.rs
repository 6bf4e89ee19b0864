//! Every metric of the namespace `Gatewatch`, one row each. The list in `docs/operating.md` is written
//! from these rows, and a test in each function compares them with what the function emits.

use crate::program::Program;

/// The unit of a metric's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// How often something happened.
    Count,
    /// A duration.
    Seconds,
}

impl Unit {
    /// The name that CloudWatch knows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Count => "Count",
            Self::Seconds => "Seconds",
        }
    }

    /// Two values of one metric as one: counts add up, and of two durations the longer one is kept.
    pub(super) fn merge(self, one: u64, other: u64) -> u64 {
        match self {
            Self::Count => one.saturating_add(other),
            Self::Seconds => one.max(other),
        }
    }
}

/// A dimension of a metric. An alarm must name exactly the metric's dimensions, because CloudWatch does not
/// aggregate over them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dimension {
    /// The name of the Lambda function.
    Function,
    /// The name of the stack: for work that several functions share and one alarm watches.
    Stack,
    /// The reason that the metric carries.
    Reason,
}

impl Dimension {
    /// The name that CloudWatch knows.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Function => "Function",
            Self::Stack => "Stack",
            Self::Reason => "Reason",
        }
    }
}

/// A row of the list of metrics.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// The metric's name in CloudWatch. Alarms and dashboards of users rely on it.
    pub name: &'static str,
    /// The unit of its values.
    pub unit: Unit,
    /// Its dimensions, in the order in which they are declared to CloudWatch.
    pub dimensions: &'static [Dimension],
    /// The functions that emit it.
    pub emitted_by: &'static [Program],
    /// Its meaning, for the documentation.
    pub meaning: &'static str,
}

/// Declares [`Metric`] and its rows: name, unit, dimension, the functions that emit it. The documentation
/// of a metric is its meaning. A metric that carries a reason has the dimension `Reason` as well, and cannot
/// be emitted without.
macro_rules! metrics {
    ($(
        $(#[doc = $meaning:literal])+
        $name:ident $(($reason:ident: $reason_type:ty))?:
            $unit:ident, by $dimension:ident, from [$($function:ident),*];
    )+) => {
        /// A metric of the namespace `Gatewatch`. Nothing else can be emitted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Metric {
            $( $(#[doc = $meaning])+ $name $(($reason_type))?, )+
        }

        impl Metric {
            /// The rows of all metrics, in the order of the documentation.
            pub const ROWS: &'static [Row] = &[ $(
                Row {
                    name: stringify!($name),
                    unit: Unit::$unit,
                    dimensions: &[Dimension::$dimension $(, metrics!(@dimension $reason))?],
                    emitted_by: &[$(Program::$function),*],
                    meaning: concat!($($meaning),+),
                },
            )+ ];

            /// The metric's name in CloudWatch.
            pub const fn name(self) -> &'static str {
                match self { $( Self::$name { .. } => stringify!($name), )+ }
            }

            /// The unit of its values.
            pub const fn unit(self) -> Unit {
                match self { $( Self::$name { .. } => Unit::$unit, )+ }
            }

            /// Its dimensions, in the order in which they are declared to CloudWatch.
            pub const fn dimensions(self) -> &'static [Dimension] {
                match self { $( Self::$name { .. } => &[Dimension::$dimension $(, metrics!(@dimension $reason))?], )+ }
            }

            /// The value of the dimension `Reason`; `None` for a metric without it.
            pub const fn reason(self) -> Option<&'static str> {
                match self { $( Self::$name $(($reason))? => metrics!(@reason $($reason)?), )+ }
            }
        }
    };
    (@dimension $reason:ident) => { Dimension::Reason };
    (@reason) => { None };
    (@reason $reason:ident) => { Some($reason) };
}

metrics! {
    /// Log lines received in accepted batches; a batch that is delivered again counts again.
    Lines: Count, by Function, from [Ingest];
    /// Requests received in access logs; those of a batch that is delivered again count again.
    Requests: Count, by Function, from [Ingest];
    /// Failed requests received in access logs; those of a batch that is delivered again count again.
    Errors: Count, by Function, from [Ingest];
    /// Lines of execution logs and of function logs, of which one request has many.
    PartLines: Count, by Function, from [Ingest];
    /// Requests of which only an execution log or a function log shows the outcome.
    JoinedRequests: Count, by Function, from [Ingest];
    /// Failed requests of which only an execution log or a function log shows the outcome.
    JoinedErrors: Count, by Function, from [Ingest];
    /// Requests in an execution log that are not counted again, because the access log of the same stage
    /// counts them.
    RequestsCountedElsewhere: Count, by Function, from [Ingest];
    /// Lines of other systems, and lines without an outcome.
    UnknownLines: Count, by Function, from [Ingest];
    /// Lines in a format that cannot be read.
    UnparseableLines: Count, by Function, from [Ingest];
    /// Unparseable lines that made the reader panic; please report them as a bug.
    PanickedLines: Count, by Function, from [Ingest];
    /// Lines that are too old to open an incident.
    LateLines: Count, by Function, from [Ingest];
    /// Lines with a time in the future, counted in the current minute.
    FutureLines: Count, by Function, from [Ingest];
    /// Control messages of CloudWatch Logs, which hold no log lines.
    ControlBatches: Count, by Function, from [Ingest];
    /// Batches from another account, from a log group that is not configured, or from Gatewatch's own
    /// logs.
    RefusedBatches: Count, by Function, from [Ingest];
    /// Payloads that are not a batch, or that cannot be decoded.
    UnreadableBatches: Count, by Function, from [Ingest];
    /// Batches of which a part was lost because it could not be decoded.
    BrokenBatches: Count, by Function, from [Ingest];
    /// Writes of counters that were skipped because the batch had been counted before.
    DuplicateWrites: Count, by Function, from [Ingest];

    /// Runs of the sweep that reached their end.
    Sweeps: Count, by Function, from [Sweep];
    /// Sources (API stages or log groups) that were evaluated.
    LiveSources: Count, by Function, from [Sweep];
    /// Sources whose evaluation failed; the next sweep tries them again.
    FailedSources: Count, by Function, from [Sweep];
    /// Sources that the sweep had no time to evaluate; the next sweeps begin with them.
    UnjudgedSources: Count, by Function, from [Sweep];
    /// Mistakes in the rules, or 1 if the rules cannot be read.
    BadRules: Count, by Function, from [Sweep];
    /// Searches of other logs for evidence about an incident.
    Lookups: Count, by Function, from [Sweep];
    /// AWS API calls made to search other logs.
    LookupCalls: Count, by Function, from [Sweep];
    /// Searches that found evidence.
    LookupFindings: Count, by Function, from [Sweep];
    /// Searches that failed because the DynamoDB table did not answer.
    LookupErrors: Count, by Function, from [Sweep];
    /// API Gateway calls made to list stages.
    RegistryCalls: Count, by Function, from [Sweep];
    /// Failures while stages were listed or stored.
    RegistryErrors: Count, by Function, from [Sweep];
    /// API stages whose lines are missing: nothing came from their log group, and API Gateway counted
    /// requests. Counted every five minutes.
    SilentSources: Count, by Function, from [Sweep];
    /// Failures while the requests of silent API stages were looked up in CloudWatch.
    SubscriptionCheckErrors: Count, by Function, from [Sweep];

    /// Requests from Slack that pressed a button.
    Presses: Count, by Function, from [Respond];
    /// Requests answered with a 4xx status: not signed by Slack, too old, repeated or unreadable.
    RefusedRequests: Count, by Function, from [Respond];
    /// Requests answered with a 5xx status, because the signing secret or the DynamoDB table could not be
    /// read.
    FailedRequests: Count, by Function, from [Respond];

    /// Log groups that deliver their lines, by the last pass.
    AttachedLogGroups: Count, by Function, from [Subscribe];
    /// Log groups that match and could not be attached or detached.
    UnattachedLogGroups: Count, by Function, from [Subscribe];

    /// Incidents that opened, silenced and grouped ones included. A reopened incident does not count again.
    IncidentsOpened: Count, by Stack, from [Ingest, Sweep];
    /// Incidents that were resolved, silenced and grouped ones included.
    IncidentsResolved: Count, by Stack, from [Sweep];
    /// Notifications held back: `silenced`, `in-group`, `acknowledged`, `paused`, `slot`, `late`, `unchanged`
    /// or `sms-limit`. A hold counts once, until it changes.
    NotificationsHeld(reason: &'static str): Count, by Stack, from [Ingest, Sweep, Respond];
    /// Messages that a channel accepted.
    MessagesSent: Count, by Stack, from [Ingest, Sweep, Respond];
    /// Delivery attempts that a channel refused or did not answer.
    MessagesFailed: Count, by Stack, from [Ingest, Sweep, Respond];
    /// Messages given up: not delivered within 24 hours, or refused for good.
    MessagesDead: Count, by Stack, from [Ingest, Sweep, Respond];
    /// Messages not sent because a later message of the same incident includes them.
    MessagesSuperseded: Count, by Stack, from [Ingest, Sweep, Respond];
    /// Messages sent on another channel because the intended one did not accept them in time.
    MessagesEscalated: Count, by Stack, from [Ingest, Sweep, Respond];
    /// SMS not sent because the daily limit (`SmsDailyLimit`) was reached.
    SmsCapped: Count, by Stack, from [Ingest, Sweep, Respond];
    /// Times that a channel was paused because it is closed: a revoked webhook, an archived channel, a
    /// missing permission.
    ChannelsParked: Count, by Stack, from [Ingest, Sweep, Respond];
    /// Rows of the DynamoDB table that cannot be read and are left out; each counts once per invocation.
    UnreadableRows: Count, by Stack, from [Ingest, Sweep, Respond];
    /// Deliveries that were postponed because the DynamoDB table did not answer.
    LedgerErrors: Count, by Stack, from [Ingest, Sweep, Respond];
    /// Age of the oldest message that is due and not delivered; absent if there is none.
    OldestUndeliveredSeconds: Seconds, by Stack, from [Sweep];
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{Dimension, Metric, Unit};

    #[test]
    fn each_name_is_used_once_and_shows_its_unit() {
        let names: BTreeSet<&str> = Metric::ROWS.iter().map(|row| row.name).collect();
        assert_eq!(names.len(), Metric::ROWS.len());
        for row in Metric::ROWS {
            assert_eq!(row.name.ends_with("Seconds"), row.unit == Unit::Seconds, "{}", row.name);
            assert!(row.meaning.trim().ends_with('.'), "{}", row.name);
        }
    }

    #[test]
    fn a_metric_is_by_function_or_by_stack() {
        for row in Metric::ROWS {
            let is_by_function = row.dimensions[0] == Dimension::Function;
            assert!(is_by_function || row.dimensions[0] == Dimension::Stack, "{}", row.name);
            // Each function has its own name: an alarm by function would see only a part.
            assert!(!is_by_function || row.emitted_by.len() == 1, "{}", row.name);
        }
    }

    #[test]
    fn a_reason_is_a_dimension() {
        let held = Metric::NotificationsHeld("silenced");
        assert_eq!(held.dimensions(), [Dimension::Stack, Dimension::Reason]);
        assert_eq!(held.reason(), Some("silenced"));
        assert_eq!(Metric::MessagesSent.dimensions(), [Dimension::Stack]);
        assert_eq!(Metric::MessagesSent.reason(), None);
    }

    #[test]
    fn every_metric_is_emitted_by_a_function() {
        for row in Metric::ROWS {
            assert!(!row.emitted_by.is_empty(), "{}", row.name);
        }
    }

    #[test]
    fn values_of_one_metric_become_one() {
        for (unit, one, other, merged) in [
            (Unit::Count, 2, 3, 5),
            (Unit::Count, u64::MAX, 1, u64::MAX),
            (Unit::Seconds, 2, 3, 3),
            (Unit::Seconds, 3, 2, 3),
        ] {
            assert_eq!(unit.merge(one, other), merged, "{unit:?} {one} {other}");
        }
    }
}
