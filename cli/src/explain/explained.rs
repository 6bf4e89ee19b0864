//! A diagnosed request or line as it is printed: redacted, every text cut.

use diagnosis::{
    ApiType, Cause, Confidence, Diagnosis, Family, Fault, Field, JoinedDiagnosis, Line, LogSource,
    RetryAdvice, Timestamp, catalogue, redact,
};
use serde::Serialize;

use crate::input::LogLine;

/// Evidence longer than this is cut.
const MAX_EVIDENCE_CHARS: usize = 300;

/// Other texts from a log longer than this are cut.
const MAX_TEXT_CHARS: usize = 200;

/// One diagnosed request, or line, as it is printed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Explained {
    pub(crate) line: u64,
    pub(crate) source: Option<&'static str>,
    pub(crate) api_type: Option<&'static str>,
    pub(crate) time: Option<Timestamp>,
    pub(crate) log_group: Option<String>,
    pub(crate) api_id: Option<String>,
    pub(crate) api_name: Option<String>,
    pub(crate) stage: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) route: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) latency_ms: Option<u32>,
    pub(crate) cause: Cause,
    pub(crate) family: Option<Family>,
    pub(crate) fault: Option<Fault>,
    pub(crate) retry: Option<RetryAdvice>,
    pub(crate) confidence: Confidence,
    pub(crate) evidence: Vec<EvidenceText>,
}

/// The field and text that decided a cause, redacted.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EvidenceText {
    pub(crate) field: &'static str,
    pub(crate) text: String,
}

impl Explained {
    /// One line, judged alone.
    pub(super) fn of_line(line: &LogLine, read: &Line<'_>, diagnosis: &Diagnosis<'_>) -> Self {
        let api_name = match read {
            Line::Access(record) => record.get(Field::ApiName),
            _ => None,
        };
        let shown = |text: &str| redact::text(text, MAX_TEXT_CHARS);
        Self {
            line: line.number,
            source: read.source().map(LogSource::as_str),
            api_type: read.api_type().map(ApiType::as_str),
            time: read.time().or(line.timestamp),
            log_group: line.log_group.clone(),
            api_id: read.api_id().map(shown),
            api_name: api_name.map(shown),
            stage: read.stage().map(shown),
            request_id: read.request_id().map(shown),
            route: read.route().as_deref().map(shown),
            status: read.status(),
            latency_ms: read.latency_ms(),
            evidence: diagnosis
                .evidence
                .iter()
                .map(|evidence| EvidenceText::new(evidence.field.name(), evidence.text))
                .collect(),
            ..Self::of_cause(diagnosis.cause, diagnosis.confidence)
        }
    }

    /// One request, judged by all its lines.
    pub(super) fn of_request(request: &JoinedDiagnosis, max_evidence: usize) -> Self {
        let shown =
            |text: &Option<String>| text.as_deref().map(|text| redact::text(text, MAX_TEXT_CHARS));
        Self {
            line: request.line,
            source: request.source.map(LogSource::as_str),
            api_type: request.api_type.map(ApiType::as_str),
            time: request.time,
            log_group: request.log_group.as_deref().map(str::to_owned),
            api_id: shown(&request.api_id),
            api_name: shown(&request.api_name),
            stage: shown(&request.stage),
            request_id: shown(&request.request_id),
            route: shown(&request.route),
            status: request.status,
            latency_ms: request.latency_ms,
            evidence: request
                .evidence
                .iter()
                .take(max_evidence)
                .map(|evidence| EvidenceText::new(evidence.field.name(), &evidence.text))
                .collect(),
            ..Self::of_cause(request.cause, request.confidence)
        }
    }

    /// What follows from the cause alone.
    fn of_cause(cause: Cause, confidence: Confidence) -> Self {
        let entry = catalogue::entry(cause);
        Self {
            line: 0,
            source: None,
            api_type: None,
            time: None,
            log_group: None,
            api_id: None,
            api_name: None,
            stage: None,
            request_id: None,
            route: None,
            status: None,
            latency_ms: None,
            cause,
            family: entry.map(|entry| entry.family),
            fault: entry.map(|entry| entry.fault),
            retry: entry.map(|entry| entry.retry),
            confidence,
            evidence: Vec::new(),
        }
    }
}

impl EvidenceText {
    fn new(field: &'static str, text: &str) -> Self {
        Self { field, text: redact::text(text, MAX_EVIDENCE_CHARS) }
    }
}
