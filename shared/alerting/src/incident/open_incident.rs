//! A short row for each open incident, so that many can be read at once.

use diagnosis::{Cause, Confidence, Timestamp};
use serde::{Deserialize, Serialize};

use crate::incident::{Incident, IncidentId};
use crate::lenient;
use crate::rules::Severity;
use crate::source::Source;

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
    #[serde(deserialize_with = "lenient::severity")]
    pub severity: Severity,
    /// The cause at opening.
    #[serde(deserialize_with = "lenient::cause")]
    pub opening_cause: Cause,
    /// The cause shown.
    #[serde(deserialize_with = "lenient::cause")]
    pub cause: Cause,
    /// How sure it is.
    #[serde(deserialize_with = "lenient::confidence")]
    pub confidence: Confidence,
    /// The first minute of the window that opened it.
    pub window_start: i64,
    /// When it opened last.
    pub since: Timestamp,
    /// Its errors when it last changed.
    pub errors: u64,
    /// Whether a storm tells of it.
    pub in_storm: bool,
    /// Whether its lines arrived too late for an alert: no group waits for it.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub arrived_late: bool,
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
            errors: incident.history.errors,
            in_storm: incident.history.in_storm,
            arrived_late: incident.is_late(),
        }
    }
}
