//! The row of an incident, and all incidents of a source.

use diagnosis::{Cause, Confidence, Timestamp};
use serde::{Deserialize, Serialize};

use crate::incident::{History, IncidentId, LastNotification};
use crate::lenient;
use crate::rules::{Rate, Rule, Rules, Severity};
use crate::source::Source;

/// An incident that has come back so often is flapping.
pub(crate) const FLAPPING_AFTER_RETURNS: u32 = 2;

/// One problem of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its id.
    pub id: IncidentId,
    /// The source it is about.
    pub source: Source,
    /// A log group that the source's lines came from.
    pub log_group: String,
    /// The name of the rule that opened it.
    pub rule: String,
    /// How urgent it is.
    #[serde(deserialize_with = "lenient::severity")]
    pub severity: Severity,
    /// The leading cause at opening: with the source, the identity. Never changes.
    #[serde(deserialize_with = "lenient::cause")]
    pub opening_cause: Cause,
    /// The cause shown.
    #[serde(deserialize_with = "lenient::cause")]
    pub cause: Cause,
    /// How sure the shown cause is.
    #[serde(deserialize_with = "lenient::confidence")]
    pub confidence: Confidence,
    /// Causes whose errors add to this incident and open nothing of their own while it is open.
    #[serde(deserialize_with = "lenient::causes")]
    pub covered: Vec<Cause>,
    /// The first minute of the window that opened it.
    pub window_start: i64,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
    /// How many notifications it has had; the number of the last one. 0: nobody was told of it.
    pub seq: u64,
    /// What has become of it since it opened.
    #[serde(default, rename = "course")]
    pub history: History,
}

impl Incident {
    /// Whether it is not resolved.
    pub const fn is_open(&self) -> bool {
        self.resolved_at.is_none()
    }

    /// Whether people were told of it.
    pub const fn is_notified(&self) -> bool {
        self.seq > 0
    }

    /// Whether it comes and goes: it has come back twice.
    pub const fn is_flapping(&self) -> bool {
        self.history.returns >= FLAPPING_AFTER_RETURNS
    }

    /// When it opened last: at first, or by coming back.
    pub fn since(&self) -> Timestamp {
        self.history.since.unwrap_or(self.opened_at)
    }

    /// Whether errors of `cause` in `minute` belong to it and open nothing. While it is open, lines that
    /// come late belong to it too; a resolved incident keeps the minutes up to its resolution, so that
    /// they do not open it again.
    pub fn covers(&self, cause: Cause, minute: i64) -> bool {
        let in_time = match self.resolved_at {
            _ if self.is_late() => self.has_late_minute(minute),
            None => true,
            Some(resolved) => (self.window_start..=resolved.minute()).contains(&minute),
        };
        in_time && self.covered.contains(&cause)
    }

    /// The rule that decides about it: as the rules have it now, else as it was when it opened. An
    /// incident whose rule is gone is still told to its end.
    pub(crate) fn rule_in(&self, rules: &Rules) -> Rule {
        if let Some(rule) = rules.named(&self.rule) {
            return rule.clone();
        }
        let Some(limits) = &self.history.limits else { return Rule::default() };
        Rule {
            name: self.rule.clone(),
            clear_after_minutes: limits.clear_after_minutes,
            remind_every_minutes: limits.remind_every_minutes,
            min_errors: limits.min_errors,
            rate: limits
                .min_rate
                .map(|min_rate| Rate { min_rate, min_requests: limits.min_requests }),
            severity: self.severity,
            ..Rule::default()
        }
    }

    /// What was told last. A row of a version that did not keep it was told when it opened, as it is.
    pub(crate) fn last_notification(&self) -> LastNotification {
        self.history.notified.clone().unwrap_or(LastNotification {
            at: self.opened_at,
            errors: 0,
            cause: self.cause,
            severity: self.severity,
            returns: self.history.returns,
            sources: 0,
            findings: 0,
            gaps: false,
        })
    }
}

/// A source's incidents as they were read, with the version that a change must still find.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SourceState {
    /// Goes up by one with every transition of the source; 0 before the first.
    pub version: u64,
    /// Open incidents, and resolved ones that are still remembered.
    pub incidents: Vec<Incident>,
}

impl SourceState {
    /// The open incidents.
    pub fn open(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.iter().filter(|incident| incident.is_open())
    }

    /// Whether errors of `cause` in `minute` already belong to an incident.
    pub fn covers(&self, cause: Cause, minute: i64) -> bool {
        self.incidents.iter().any(|incident| incident.covers(cause, minute))
    }
}
