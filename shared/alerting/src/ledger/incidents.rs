//! Incidents, each changed together with the messages it owes.

use diagnosis::{Cause, Confidence, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Committed, LedgerError, OutboxRow};
use crate::incident::{Incident, IncidentId, SourceState};
use crate::rules::Severity;
use crate::source::Source;

/// An incident's change and the messages that it owes: one transaction.
#[derive(Debug, Clone)]
pub struct Transition {
    /// The version of the source that the decision was made on.
    pub read_version: u64,
    /// The incident as it is from now on.
    pub incident: Incident,
    /// The messages it owes, one row per channel. May be empty.
    pub outbox: Vec<OutboxRow>,
}

/// What is known of every open incident without reading its row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenIncident {
    /// Its id.
    pub id: IncidentId,
    /// Its source.
    pub source: Source,
    /// A log group that the source's lines came from.
    pub log_group: String,
    /// Its rule.
    pub rule: String,
    /// How urgent it is.
    pub severity: Severity,
    /// The cause at opening.
    pub opening_cause: Cause,
    /// The cause shown.
    pub cause: Cause,
    /// How sure it is.
    pub confidence: Confidence,
    /// The first minute of the window that opened it.
    pub window_start: i64,
    /// When it opened last.
    pub since: Timestamp,
    /// Its errors when it last changed.
    pub errors: u64,
    /// Whether a storm tells of it.
    pub in_storm: bool,
}

impl From<&Incident> for OpenIncident {
    fn from(incident: &Incident) -> Self {
        Self {
            id: incident.id.clone(),
            source: incident.source.clone(),
            log_group: incident.log_group.clone(),
            rule: incident.rule.clone(),
            severity: incident.severity,
            opening_cause: incident.opening_cause,
            cause: incident.cause,
            confidence: incident.confidence,
            window_start: incident.window_start,
            since: incident.since(),
            errors: incident.course.errors,
            in_storm: incident.course.in_storm,
        }
    }
}

/// The incidents of every source. Every method is safe to call twice with the same arguments, and by many
/// callers at once.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait Incidents {
    /// The source's incidents: the open ones, and those resolved in the last hours.
    async fn state(&self, source: &Source) -> Result<SourceState, LedgerError>;

    /// Changes an incident and adds its outbox rows, all or nothing, if the source still has the
    /// version that was read.
    async fn commit(&self, transition: &Transition) -> Result<Committed, LedgerError>;

    /// The open incidents of all sources, by source and id. One that was committed by a version that
    /// did not keep this may be missing.
    async fn open_incidents(&self) -> Result<Vec<OpenIncident>, LedgerError>;
}
