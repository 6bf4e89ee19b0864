//! What all lines of a request say together.
//!
//! The order of trust: whoever answered the caller well is believed. Else the most specific cause that
//! is not a mere hint, else a general one, else a hint, else the status. The function's own timeout does
//! not explain a request that the gateway had given up on before.

use super::request::{AccessVerdict, Finding, OpenRequest};
use super::{JoinedDiagnosis, JoinedEvidence};
use crate::{ApiType, Cause, Confidence, EvidenceField, Family, LogSource, catalogue};

/// So much evidence is shown of a request.
const MAX_EVIDENCE: usize = 12;

/// Judges a request that is closed.
pub(super) fn of(request: OpenRequest) -> JoinedDiagnosis {
    let mut request = request;
    let mut findings = std::mem::take(&mut request.findings);
    let mut verdict = if answered_well(&request) {
        findings.retain(|finding| finding.cause == Cause::HighLatency);
        strongest(&findings)
    } else {
        explain_authorizer(&request, &mut findings);
        let by_gateway = findings.iter().any(|finding| {
            finding.source != LogSource::Lambda
                && !finding.in_authorizer
                && is_server_side(finding.cause)
        });
        findings.retain(|finding| fits(&request, finding, by_gateway));
        strongest(&findings)
    };
    if let Some(gave_up) = gateway_gave_up(&request, &findings) {
        verdict = Some(gave_up);
    }
    joined(request, &findings, verdict)
}

/// A cause, how sure it is, and the place of the finding that decided it.
#[derive(Clone, Copy)]
struct Verdict {
    cause: Cause,
    confidence: Confidence,
    by: usize,
}

fn strongest(findings: &[Finding]) -> Option<Verdict> {
    let key = |at: &usize| (findings[*at].weight(), std::cmp::Reverse(findings[*at].line));
    let by = (0..findings.len()).max_by_key(key)?;
    Some(Verdict { cause: findings[by].cause, confidence: findings[by].confidence, by })
}

/// Whether the caller got a good answer, whatever the function's log complains about.
fn answered_well(request: &OpenRequest) -> bool {
    match request.access {
        Some(AccessVerdict::Well) => true,
        Some(AccessVerdict::Failed) => false,
        _ => request.execution.completed.is_some_and(|status| status < 400),
    }
}

/// The authorizer's function is not the integration's: its failure has a cause of its own.
fn explain_authorizer(request: &OpenRequest, findings: &mut [Finding]) {
    let refused = matches!(request.status, Some(401 | 403));
    for finding in findings.iter_mut().filter(|finding| finding.in_authorizer && !refused) {
        if is_of_function(finding.cause) {
            finding.cause = Cause::AuthorizerFailed;
        }
    }
}

/// Whether the finding can be what the caller's status is about. `by_gateway`: the gateway itself tells
/// of a failure behind it.
fn fits(request: &OpenRequest, finding: &Finding, by_gateway: bool) -> bool {
    let refused = request.status.is_some_and(|status| (400..500).contains(&status));
    match finding.source {
        LogSource::Access => true,
        // An authorizer says `Unauthorized` by raising it.
        LogSource::Execution => {
            !(refused && finding.in_authorizer && is_of_function(finding.cause))
        }
        // A function that fails makes a 5xx, unless the gateway's answers have other statuses.
        LogSource::Lambda => {
            let handled = request.invocation.succeeded && finding.confidence == Confidence::Low;
            !handled && (!refused || by_gateway)
        }
    }
}

/// The gateway's limit came before the function's own: what the function's log then says of its timeout
/// is true, and beside the point.
fn gateway_gave_up(request: &OpenRequest, findings: &[Finding]) -> Option<Verdict> {
    let by = |cause: Cause, source: Option<LogSource>| {
        findings.iter().position(|finding| {
            finding.cause == cause && source.is_none_or(|source| finding.source == source)
        })
    };
    let told = by(Cause::IntegrationTimeout, None);
    if let Some(at) = told.filter(|at| findings[*at].confidence > Confidence::Low) {
        let only_timeouts = strongest(findings).is_some_and(|best| {
            matches!(best.cause, Cause::IntegrationTimeout | Cause::LambdaTimedOut)
        });
        let Finding { cause, confidence, .. } = findings[at];
        return only_timeouts.then_some(Verdict { cause, confidence, by: at });
    }
    // A function that times out by itself makes a 502 of a REST API and a 500 of an HTTP API.
    let status_of_gateway = match request.status? {
        504 => true,
        503 => request.api_type == Some(ApiType::Http),
        _ => false,
    };
    let best = strongest(findings)?;
    if !status_of_gateway || best.cause != Cause::LambdaTimedOut {
        return None;
    }
    let by_status = findings.iter().position(|finding| finding.cause.is_unattributed());
    let by = by_status.filter(|_| findings[best.by].source == LogSource::Lambda)?;
    Some(Verdict { cause: Cause::IntegrationTimeout, confidence: Confidence::Medium, by })
}

fn is_of_function(cause: Cause) -> bool {
    cause.is_told_by_function() || cause == Cause::LambdaResponseTooLarge
}

/// Whether the cause makes a 5xx where nobody has changed the gateway's answers.
fn is_server_side(cause: Cause) -> bool {
    let family = catalogue::entry(cause).map(|entry| entry.family);
    let server = matches!(
        family,
        Some(
            Family::InternalError
                | Family::BadGateway
                | Family::ServiceUnavailable
                | Family::GatewayTimeout
        )
    );
    cause == Cause::LambdaThrottled || (server && !cause.is_unattributed())
}

fn joined(request: OpenRequest, findings: &[Finding], verdict: Option<Verdict>) -> JoinedDiagnosis {
    let deciding = verdict.map(|verdict| &findings[verdict.by]);
    let (cause, confidence) = match verdict {
        Some(verdict) => (verdict.cause, verdict.confidence),
        None if request.is_known => (Cause::None, Confidence::High),
        None => (Cause::Unknown, Confidence::Low),
    };
    let facts = request.facts.map(|facts| *facts).unwrap_or_default();
    JoinedDiagnosis {
        line: deciding.map_or(request.first_line, |finding| finding.line),
        source: deciding.map(|finding| finding.source).or(request.first_source),
        cause,
        confidence,
        evidence: verdict.map_or_else(Vec::new, |verdict| evidence(findings, verdict.by)),
        api_type: request.api_type,
        time: request.time.or_else(|| deciding?.time).or(request.first_time),
        log_group: deciding.map_or(request.first_group, |finding| finding.log_group.clone()),
        api_id: facts.api_id,
        api_name: facts.api_name,
        stage: facts.stage,
        request_id: facts.request_id.or(facts.lambda_id),
        route: facts.route,
        status: request.status,
        latency_ms: request.latency_ms,
        lines: request.lines,
        record: request.record,
        completed: request.execution.completed,
        ids: request.ids,
    }
}

/// The deciding line's evidence, then that of the others, weightiest first, nothing twice.
fn evidence(findings: &[Finding], by: usize) -> Vec<JoinedEvidence> {
    let mut order: Vec<usize> = (0..findings.len()).collect();
    order.sort_by_key(|at| {
        (*at != by, std::cmp::Reverse(findings[*at].weight()), findings[*at].line)
    });
    let mut shown: Vec<JoinedEvidence> = Vec::new();
    for evidence in order.into_iter().flat_map(|at| &findings[at].evidence) {
        let is_known = shown.iter().any(|known| {
            let context = matches!(evidence.field, EvidenceField::Context(_));
            known.field == evidence.field && (context || known.text == evidence.text)
        });
        if !is_known && shown.len() < MAX_EVIDENCE {
            shown.push(evidence.clone());
        }
    }
    shown
}
