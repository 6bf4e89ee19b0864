//! One failed request of each cause and minute, kept to show.

use diagnosis::{
    AccessRecord, ApiType, Cause, Confidence, Diagnosis, Field, JoinedDiagnosis, JoinedEvidence,
    Timestamp, format, is_plain_name, redact,
};
use serde::{Deserialize, Deserializer, Serialize};

use crate::counting::breakdown::{MAX_ROUTE_CHARS, route};
use crate::lenient;

/// Longer evidence is cut.
const MAX_EVIDENCE_CHARS: usize = 300;

/// One request kept to show. Everything in it is redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exemplar {
    /// Why it failed.
    #[serde(deserialize_with = "lenient::cause")]
    pub cause: Cause,
    /// How sure that is.
    #[serde(deserialize_with = "lenient::confidence")]
    pub confidence: Confidence,
    /// When.
    pub time: Timestamp,
    /// `$context.requestId`.
    pub request_id: Option<String>,
    /// Lambda's id of it, `$context.integration.requestId`.
    #[serde(default)]
    pub integration_request_id: Option<String>,
    /// The route, see [`route`].
    pub route: Option<String>,
    /// The HTTP status.
    pub status: Option<u16>,
    /// The response latency, in milliseconds.
    pub latency_ms: Option<u32>,
    /// What decided the cause: `$context` name and text.
    pub evidence: Vec<(String, String)>,
    /// The kind of API.
    #[serde(deserialize_with = "known_api_type")]
    pub api_type: Option<ApiType>,
    /// The fields whose absence from the log format keeps the cause from being told finer.
    pub missing_fields: Vec<String>,
    /// A Logs Insights condition that finds lines like this one.
    pub filter: String,
}

/// Rows of a later version may name a kind that this one does not know.
fn known_api_type<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ApiType>, D::Error> {
    let kind = Option::<String>::deserialize(deserializer)?;
    Ok(kind.and_then(|kind| kind.parse().ok()))
}

impl Exemplar {
    /// Keeps a failed request.
    pub fn new(
        time: Timestamp,
        line: &str,
        record: &AccessRecord<'_>,
        diagnosis: &Diagnosis<'_>,
    ) -> Self {
        let missing_fields = if diagnosis.cause.is_unattributed() {
            format::missing_fields(record).into_iter().map(str::to_owned).collect()
        } else {
            Vec::new()
        };
        Self {
            cause: diagnosis.cause,
            confidence: diagnosis.confidence,
            time,
            request_id: record.get(Field::RequestId).map(|id| redact::text(id, 64)),
            integration_request_id: record
                .get(Field::IntegrationRequestId)
                .map(|id| redact::text(id, 64)),
            route: route(record),
            status: record.status(),
            latency_ms: record.latency_ms(),
            evidence: diagnosis
                .evidence
                .iter()
                .map(|evidence| {
                    let text = redact::text(evidence.text, MAX_EVIDENCE_CHARS);
                    (evidence.field.name().to_owned(), text)
                })
                .collect(),
            api_type: record.api_type(),
            missing_fields,
            filter: insights_filter(line, record),
        }
    }
}

impl Exemplar {
    /// Keeps a request that an execution log tells of.
    pub(crate) fn of_execution(time: Timestamp, joined: &JoinedDiagnosis) -> Self {
        let evidence = |evidence: &JoinedEvidence| {
            let text = redact::text(&evidence.text, MAX_EVIDENCE_CHARS);
            (evidence.field.name().to_owned(), text)
        };
        let filter = match joined.status {
            Some(status) => format!(r#"@message like "Method completed with status: {status}""#),
            None => r#"@message like "Execution failed due to""#.to_owned(),
        };
        Self {
            cause: joined.cause,
            confidence: joined.confidence,
            time,
            request_id: joined.request_id.as_ref().map(|id| redact::text(id, 64)),
            integration_request_id: None,
            route: joined.route.as_ref().map(|route| redact::text(route, MAX_ROUTE_CHARS)),
            status: joined.status,
            latency_ms: joined.latency_ms,
            evidence: joined.evidence.iter().map(evidence).collect(),
            api_type: joined.api_type,
            missing_fields: Vec::new(),
            filter,
        }
    }
}

/// How sure the shown cause is: as sure as its surest request.
pub(crate) fn confidence_of(exemplars: &[Exemplar], cause: Cause) -> Confidence {
    exemplars
        .iter()
        .filter(|exemplar| exemplar.cause == cause)
        .map(|exemplar| exemplar.confidence)
        .max()
        .unwrap_or(Confidence::Low)
}

/// A Logs Insights condition on the line's own keys. Only values of a known shape go in: the condition
/// becomes part of a link.
fn insights_filter(line: &str, record: &AccessRecord<'_>) -> String {
    let is_plain = |value: &&str| is_plain_name(value, "-_$", 64);
    let mut conditions = Vec::new();
    if let (Some(key), Some(status)) = (key_in_query(line, Field::Status), record.status()) {
        conditions.push(format!(r#"{key} in [{status}, "{status}"]"#));
    }
    for (field, value) in [
        (Field::ErrorResponseType, record.response_type()),
        (Field::ApiId, record.get(Field::ApiId)),
        (Field::Stage, record.get(Field::Stage)),
    ] {
        if let (Some(value), Some(key)) = (value.filter(is_plain), key_in_query(line, field)) {
            conditions.push(format!(r#"{key} = "{value}""#));
        }
    }
    if conditions.is_empty() {
        return r#"@message like "status""#.to_owned();
    }
    conditions.join(" and ")
}

/// The key as Logs Insights wants it: names with other characters than letters, digits, `_`, `.` and `@`
/// stand in backticks.
fn key_in_query(line: &str, field: Field) -> Option<String> {
    let key = diagnosis::key_path(line, field)?;
    if is_plain_name(&key, "_.@", 100) {
        return Some(key);
    }
    is_plain_name(&key, "_.@-", 100).then(|| format!("`{key}`"))
}

#[cfg(test)]
mod tests {
    use diagnosis::{Reader, Timestamp, diagnose};

    use super::Exemplar;

    fn exemplar(line: &str) -> Exemplar {
        let record = Reader::default().read(line).unwrap();
        let diagnosis = diagnose::access_record(&record);
        Exemplar::new(Timestamp::from_millis(1_741_770_847_123), line, &record, &diagnosis)
    }

    #[test]
    fn an_exemplar_is_redacted_and_says_what_the_format_lacks() {
        let kept = exemplar(
            r#"{"status":"502","integration_error":"Lambda Customer Function Error:bad token=abc123","requestId":"r1"}"#,
        );
        assert_eq!(kept.evidence[0].1, "Lambda Customer Function Error:bad token=[redacted]");
        assert!(kept.missing_fields.is_empty());
        let bare = exemplar(r#"{"status":"502","requestId":"r1"}"#);
        assert!(bare.missing_fields.contains(&"error.responseType".to_owned()));
    }

    #[test]
    fn the_filter_uses_the_lines_own_keys_and_only_plain_values() {
        for (line, filter) in [
            (
                r#"{"status":"504","error-responseType":"INTEGRATION_TIMEOUT","apiId":"a1"}"#,
                r#"status in [504, "504"] and `error-responseType` = "INTEGRATION_TIMEOUT" and apiId = "a1""#,
            ),
            (r#"{"context":{"status":"504"}}"#, r#"context.status in [504, "504"]"#),
            (r#"{"status":"504","stage":"\" or 1=1"}"#, r#"status in [504, "504"]"#),
        ] {
            assert_eq!(exemplar(line).filter, filter);
        }
    }

    #[test]
    fn raw_paths_lose_their_ids() {
        for (path, route) in [
            ("/orders/1234/items/9", "GET /orders/{id}/items/{id}"),
            ("/orders/6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1?a=1", "GET /orders/{id}"),
            ("/v2/orders", "GET /v2/orders"),
            ("/about-us", "GET /about-us"),
        ] {
            let line = format!(r#"{{"httpMethod":"GET","path":"{path}","status":"500"}}"#);
            assert_eq!(exemplar(&line).route.as_deref(), Some(route));
        }
    }
}
