//! Why people are notified, or are not, in a form that programs can read.

use serde::{Deserialize, Serialize};

use crate::counting::Counters;
use crate::incident::{Incident, Limits};
use crate::rules::{LogMode, Rule};

diagnosis::closed_enum! {
    /// What a notification announces, or would announce if nothing held it.
    pub enum ReasonChange as "change" {
        /// The incident opened.
        Opened = "opened",
        /// Many more errors than at the last notification.
        Grew = "grew",
        /// The severity rose.
        SeverityRaised = "severity-raised",
        /// The cause became known, or other logs said more about it.
        CauseIdentified = "cause-identified",
        /// It came back soon after it was resolved.
        Reopened = "reopened",
        /// It is still open.
        Reminder = "reminder",
        /// It is over.
        Resolved = "resolved",
        /// It was closed without proof that it is over.
        Expired = "expired",
    }
}

/// The numbers behind a decision: what was announced, by which rule, and how it was met. `None` is what was
/// not evaluated: a group of incidents has no window of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// What is announced.
    pub change: ReasonChange,
    /// The rule that decides about the incident.
    pub rule: Option<String>,
    /// The rule's window: `5m`.
    pub window: Option<String>,
    /// Errors in the window that ends with the evaluated minute: at an opening those that the rule counts,
    /// later those of the incident's causes.
    pub errors: Option<u64>,
    /// Requests in the same window; `None` also where healthy lines are not delivered.
    pub requests: Option<u64>,
    /// What the rule asks for.
    pub threshold: Option<Threshold>,
}

/// What a rule asks for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    /// The least number of errors.
    pub min_errors: u64,
    /// The least error rate, 0 to 1 (Wilson lower bound).
    pub min_rate: Option<f64>,
    /// The least number of requests for a rate.
    pub min_requests: Option<u64>,
}

/// What a rule found in one window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Evaluated {
    /// Errors that the rule counts.
    pub(crate) errors: u64,
    /// Requests, or lines for a rule about lines.
    pub(crate) requests: u64,
}

impl Evaluated {
    /// What an incident's causes come to in its rule's window that ends with `minute`.
    pub(crate) fn of(incident: &Incident, rule: &Rule, counters: &Counters, minute: i64) -> Self {
        let from = window_start(rule, minute);
        Self {
            errors: incident.errors_between(counters, from, minute),
            requests: counters.requests(from, minute),
        }
    }
}

/// The first minute of the window that ends with `minute`.
pub(crate) const fn window_start(rule: &Rule, minute: i64) -> i64 {
    minute - rule.window_minutes + 1
}

impl Reason {
    /// The reason of one source's incident. `evaluated` is `None` where nothing was counted for it.
    pub(crate) fn new(
        change: ReasonChange,
        rule: &Rule,
        evaluated: Option<Evaluated>,
        log_mode: LogMode,
    ) -> Self {
        let has_requests = log_mode == LogMode::All;
        Self {
            change,
            rule: Some(rule.name.clone()),
            window: Some(window(rule.window_minutes)),
            errors: evaluated.map(|evaluated| evaluated.errors),
            requests: evaluated.map(|evaluated| evaluated.requests).filter(|_| has_requests),
            threshold: Some(Threshold::from(&Limits::from(rule))),
        }
    }

    /// The reason of a group: its members' rules opened it, and its errors are theirs.
    pub(crate) fn of_group(change: ReasonChange, group: &Incident) -> Self {
        Self {
            change,
            rule: Some(group.rule.clone()),
            window: None,
            errors: Some(group.history.errors),
            requests: None,
            threshold: None,
        }
    }
}

impl From<&Limits> for Threshold {
    fn from(limits: &Limits) -> Self {
        Self {
            min_errors: limits.min_errors,
            min_rate: limits.min_rate,
            min_requests: limits.min_rate.map(|_| limits.min_requests),
        }
    }
}

/// A length of time as rules files write it: `5m`, `1h`.
fn window(minutes: i64) -> String {
    if minutes % 60 == 0 { format!("{}h", minutes / 60) } else { format!("{minutes}m") }
}
