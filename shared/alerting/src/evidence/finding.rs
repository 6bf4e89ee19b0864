//! What the lines of other logs make of an incident's cause.

use diagnosis::{Cause, Confidence, JoinedDiagnosis, JoinedEvidence, catalogue, redact};
use serde::{Deserialize, Serialize};

use crate::evidence::{FunctionRun, Lines};
use crate::lenient;

/// What other logs know of an incident. Everything in it is redacted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The cause: the incident's own, or one that says more.
    #[serde(deserialize_with = "lenient::cause")]
    pub cause: Cause,
    /// How sure it is.
    #[serde(deserialize_with = "lenient::confidence")]
    pub confidence: Confidence,
    /// What decided it: the log and its text.
    pub evidence: Vec<(String, String)>,
    /// The function behind the route.
    pub function: Option<String>,
    /// The figures of its run.
    pub run: Option<FunctionRun>,
    /// Whether the lines are those of a failed request that the incident shows; else they were written at
    /// the same time, and no id joins them.
    pub is_joined: bool,
    /// Whether no other log is left to ask: one that was read has told more, or none would.
    pub is_complete: bool,
}

/// Longer evidence is cut.
const MAX_EVIDENCE_CHARS: usize = 300;

/// More pieces than a message shows.
const MAX_EVIDENCE: usize = 4;

/// What lines say about requests that failed for `cause`: the cause that most of them have. `ids`: the
/// requests that were asked for, by API Gateway's or Lambda's ids; none where only the time leads there.
pub(crate) fn find(cause: Cause, lines: &Lines, ids: &[&str]) -> Option<Finding> {
    let is_asked_for =
        |request: &&JoinedDiagnosis| ids.is_empty() || ids.iter().any(|id| request.has_id(id));
    let fitting: Vec<(Cause, &JoinedDiagnosis)> = lines
        .failed
        .iter()
        .filter(is_asked_for)
        .filter_map(|request| Some((explained(cause, request.cause)?, request)))
        .collect();
    let votes = |cause: Cause| fitting.iter().filter(|(found, _)| *found == cause).count();
    let (found, request) = fitting.iter().max_by_key(|(found, request)| {
        (votes(*found), request.confidence, std::cmp::Reverse(request.line))
    })?;
    let is_joined = !ids.is_empty();
    let confidence = match request.confidence {
        // Something else may have failed at the same time.
        sure if !is_joined => sure.min(Confidence::Medium),
        sure => sure,
    };
    let evidence: Vec<_> = request.evidence.iter().take(MAX_EVIDENCE).map(piece).collect();
    (!evidence.is_empty()).then(|| Finding {
        cause: *found,
        confidence,
        evidence,
        function: None,
        run: lines.run_of(request).cloned(),
        is_joined,
        is_complete: false,
    })
}

fn piece(evidence: &JoinedEvidence) -> (String, String) {
    (evidence.field.name().to_owned(), redact::text(&evidence.text, MAX_EVIDENCE_CHARS))
}

/// The cause of an incident once a log has told that one of its requests failed for `found`; `None` where
/// that does not explain it.
fn explained(cause: Cause, found: Cause) -> Option<Cause> {
    /// What a function may have run into before its route answered 500 or timed out.
    const OF_FUNCTION: [Cause; 3] =
        [Cause::LambdaFunctionError, Cause::LambdaTimedOut, Cause::LambdaOutOfMemory];
    let found = match cause {
        // What the function ran into while the gateway waited, or before it answered, is the reason of
        // what the gateway saw.
        Cause::GatewayTimeoutUnattributed if OF_FUNCTION.contains(&found) => {
            Cause::IntegrationTimeout
        }
        Cause::ServerErrorUnattributed if OF_FUNCTION.contains(&found) => Cause::BackendServerError,
        _ => found,
    };
    if cause.is_unattributed() {
        let may_be = catalogue::entry(cause).map_or(&[][..], |entry| entry.may_be);
        return may_be.contains(&found).then_some(found);
    }
    match (cause, found) {
        // The gateway knows that the function failed; how, the function's log knows better.
        (Cause::LambdaFunctionError | Cause::LambdaInvocationFailed, _)
            if found.is_told_by_function() =>
        {
            Some(found)
        }
        // What a backend logged before it answered 500, or while the gateway waited, explains it and is
        // not another cause.
        (Cause::BackendServerError | Cause::IntegrationTimeout, _)
            if OF_FUNCTION.contains(&found) =>
        {
            Some(cause)
        }
        _ => (cause == found).then_some(cause),
    }
}
