//! The diagnosis of one request by all its lines.

use std::sync::Arc;

use super::ids::IdSet;
use crate::{ApiType, Cause, Confidence, EvidenceField, LogSource, Timestamp};

/// Why one request failed, or that it did not, by all that its lines tell.
#[derive(Debug, Clone, PartialEq)]
pub struct JoinedDiagnosis {
    /// The number of the line that decided.
    pub line: u64,
    /// The log that line stands in.
    pub source: Option<LogSource>,
    /// The cause.
    pub cause: Cause,
    /// How sure that is.
    pub confidence: Confidence,
    /// What decided it, strongest first, not redacted. Texts are cut.
    pub evidence: Vec<JoinedEvidence>,
    /// The kind of API.
    pub api_type: Option<ApiType>,
    /// When the request came in, else when the deciding line was written.
    pub time: Option<Timestamp>,
    /// The deciding line's log group.
    pub log_group: Option<Arc<str>>,
    /// The API's id.
    pub api_id: Option<String>,
    /// The API's name.
    pub api_name: Option<String>,
    /// The stage.
    pub stage: Option<String>,
    /// API Gateway's id of the request, else Lambda's.
    pub request_id: Option<String>,
    /// The method and the route's template where known.
    pub route: Option<String>,
    /// The status that the caller got.
    pub status: Option<u16>,
    /// The response latency, else the integration's, in milliseconds.
    pub latency_ms: Option<u32>,
    /// How many lines were joined.
    pub lines: u64,
    /// The number of its line in the access log.
    pub record: Option<u64>,
    /// The status that its execution log ends with.
    pub completed: Option<u16>,
    pub(super) ids: IdSet,
}

impl JoinedDiagnosis {
    /// Whether one of its lines has this id, be it API Gateway's or Lambda's.
    pub fn has_id(&self, id: &str) -> bool {
        self.ids.names(id)
    }
}

/// A piece of evidence that outlives its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinedEvidence {
    /// The field.
    pub field: EvidenceField,
    /// Its value, not redacted, cut.
    pub text: String,
}
