//! An incident: one problem of one source, from its opening to its resolution.
//!
//! Its states: *pending* is no row at all (errors are counted, and no rule holds yet), *firing* is an open
//! row, *resolved* one with [`Incident::resolved_at`]. What else may be said of a firing one stands in its
//! [`Course`]: acknowledged, flapping, never told because it is silenced or part of a storm.
//!
//! The trap: the row outlives the code that wrote it. Whatever is added to it needs a default that a row
//! without it means.

mod course;
pub(crate) mod next;
pub(crate) mod storm;
mod totals;

use std::fmt;
use std::str::FromStr;

use diagnosis::{Cause, Confidence, Timestamp};
use serde::{Deserialize, Serialize};

use crate::hash;
use crate::notification::IncidentView;
use crate::rules::Severity;
use crate::source::Source;

pub use course::{Acknowledged, Course, Limits, Members, Told};
pub use totals::Totals;

/// An incident that has come back so often is flapping.
const FLAPPING_AFTER_RETURNS: u32 = 2;

/// 12 hex digits. The same problem that opens in the same minute has the same id, whoever opens it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IncidentId(String);

impl IncidentId {
    /// The id of an incident.
    pub fn new(account: &str, source: &Source, opening_cause: Cause, opening_minute: i64) -> Self {
        let source = source.to_string();
        let hash = hash::of(&[
            account.as_bytes(),
            source.as_bytes(),
            opening_cause.as_str().as_bytes(),
            &opening_minute.to_be_bytes(),
        ]);
        Self(format!("{:012x}", hash >> 16))
    }

    /// The id of an incident that is shown.
    pub(crate) fn of_view(view: &IncidentView) -> Self {
        Self(view.id.clone())
    }

    /// Before every id.
    pub(crate) const fn first() -> Self {
        Self(String::new())
    }

    /// The 12 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text that is no incident's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the id of an incident is 12 hex digits")]
pub struct NotAnIncident;

impl FromStr for IncidentId {
    type Err = NotAnIncident;

    fn from_str(id: &str) -> Result<Self, NotAnIncident> {
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        let fits = id.len() == 12 && id.bytes().all(is_digit);
        fits.then(|| Self(id.to_owned())).ok_or(NotAnIncident)
    }
}

impl fmt::Display for IncidentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

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
    pub severity: Severity,
    /// The leading cause at opening: with the source, the identity. Never changes.
    pub opening_cause: Cause,
    /// The cause shown.
    pub cause: Cause,
    /// How sure the shown cause is.
    pub confidence: Confidence,
    /// Causes whose errors add to this incident and open nothing of their own while it is open.
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
    #[serde(default)]
    pub course: Course,
}

impl Incident {
    /// Whether it is not resolved.
    pub const fn is_open(&self) -> bool {
        self.resolved_at.is_none()
    }

    /// Whether people were told of it.
    pub const fn is_told(&self) -> bool {
        self.seq > 0
    }

    /// Whether it comes and goes: it has come back twice.
    pub const fn is_flapping(&self) -> bool {
        self.course.returns >= FLAPPING_AFTER_RETURNS
    }

    /// When it opened last: at first, or by coming back.
    pub fn since(&self) -> Timestamp {
        self.course.since.unwrap_or(self.opened_at)
    }

    /// Whether errors of `cause` in `minute` belong to it and open nothing. While it is open, lines that
    /// come late belong to it too; a resolved incident keeps the minutes up to its resolution, so that
    /// they do not open it again.
    pub fn covers(&self, cause: Cause, minute: i64) -> bool {
        let in_time = match self.resolved_at {
            None => true,
            Some(resolved) => (self.window_start..=resolved.minute()).contains(&minute),
        };
        in_time && self.covered.contains(&cause)
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

#[cfg(test)]
mod tests;
