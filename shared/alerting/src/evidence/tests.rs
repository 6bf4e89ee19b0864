//! When a log is asked, and what its lines come to.

use diagnosis::{ApiType, Cause, Confidence, Timestamp};

use crate::evidence::{
    EvidencePlan, EvidenceProgress, Finding, FoundLine, GapKind, Lines, LogEvent, MAX_CALLS,
    MAX_MS, Round, find,
};

const AT: i64 = 1_700_000_000_000;
const ID: &str = "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1";
const INVOCATION: &str = "8f5a1c7e-2b1d-4c3e-9a7f-1d2c3b4a5e6f";
const EXECUTION: &str = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";
const FUNCTION: &str = "/aws/lambda/shop-orders";

fn read(lines: &[(&str, &str)]) -> Lines {
    let events: Vec<(&str, LogEvent)> = (0..)
        .zip(lines)
        .map(|(at, (group, message))| {
            let event = LogEvent {
                time: Timestamp::from_millis(AT + at),
                log_stream: "stream".to_owned(),
                message: message.replace("LID", INVOCATION).replace("ID", ID),
            };
            (*group, event)
        })
        .collect();
    Lines::read(events.iter().map(|(log_group, event)| FoundLine { log_group, event }))
}

#[test]
fn only_open_questions_are_asked() {
    for (cause, execution_log, function_log) in [
        (Cause::BadGatewayUnattributed, true, true),
        (Cause::InternalErrorUnattributed, true, true),
        (Cause::LambdaFunctionError, false, true),
        (Cause::LambdaTimedOut, false, true),
        (Cause::IntegrationTimeout, false, true),
    ] {
        assert_eq!(
            EvidencePlan::left_by(cause),
            Some(EvidencePlan { execution_log, function_log })
        );
    }
    for cause in [
        Cause::NotFoundUnattributed,
        Cause::UsagePlanQuotaExceeded,
        Cause::MappingTemplateFailed,
        Cause::Unparseable,
    ] {
        assert_eq!(EvidencePlan::left_by(cause), None, "{cause}");
    }
    let question = EvidencePlan::left_by(Cause::BadGatewayUnattributed).unwrap();
    assert!(!question.of_api(ApiType::Http).execution_log, "HTTP APIs have none");
    assert!(question.of_api(ApiType::Rest).execution_log);
}

#[test]
fn an_error_without_an_id_is_found_between_the_lines_that_have_it() {
    // Python's runtime writes no request id before what it caught.
    let lines = read(&[
        (EXECUTION, "(ID) Starting execution for request: ID"),
        (EXECUTION, "(ID) Endpoint response headers: {x-amzn-RequestId=LID, Date=x}"),
        (EXECUTION, "(ID) Method completed with status: 502"),
        (FUNCTION, "START RequestId: LID Version: $LATEST"),
        (
            FUNCTION,
            "[ERROR] KeyError: 'id'\nTraceback (most recent call last):\n  File \"/var/task/orders.py\", line 14, in handler\n    return event['id']",
        ),
        (FUNCTION, "END RequestId: LID"),
        (
            FUNCTION,
            "REPORT RequestId: LID\tDuration: 12.40 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB",
        ),
    ]);
    assert_eq!(lines.invocations, [INVOCATION]);
    let found = find(Cause::BadGatewayUnattributed, &lines, &[ID, INVOCATION]).unwrap();
    assert_eq!((found.cause, found.confidence), (Cause::LambdaFunctionError, Confidence::High));
    assert!(found.evidence[0].1.contains("KeyError: 'id'"), "{:?}", found.evidence);
    assert!(found.evidence[1].1.contains("/var/task/orders.py"), "{:?}", found.evidence);
    let run = found.run.unwrap();
    assert_eq!(
        (run.duration_ms, run.memory_used_mb, run.memory_mb),
        (Some(12), Some(36), Some(128))
    );
}

#[test]
fn what_no_id_joins_is_never_sure() {
    let lines = read(&[(
        FUNCTION,
        "2025-03-12T09:14:07.123Z\tLID\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"no x\"}",
    )]);
    let found = |ids: &[&str]| {
        let found = find(Cause::BadGatewayUnattributed, &lines, ids);
        found.map(|found| (found.cause, found.confidence, found.is_joined))
    };
    assert_eq!(found(&[INVOCATION]), Some((Cause::LambdaFunctionError, Confidence::High, true)));
    assert_eq!(found(&[]), Some((Cause::LambdaFunctionError, Confidence::Medium, false)));
    assert_eq!(found(&[ID]), None, "another request's failure explains nothing");
}

#[test]
fn a_finding_fits_what_is_known() {
    const TIMED_OUT: &str = "2025-03-12T09:14:07.123Z LID Task timed out after 3.00 seconds";
    const LOGGED: &str = "2025-03-12T09:14:07.123Z\tLID\tERROR\tpayment refused";
    for (cause, line, found) in [
        (Cause::BadGatewayUnattributed, TIMED_OUT, Some(Cause::LambdaTimedOut)),
        (Cause::LambdaFunctionError, TIMED_OUT, Some(Cause::LambdaTimedOut)),
        (Cause::LambdaTimedOut, TIMED_OUT, Some(Cause::LambdaTimedOut)),
        // it explains why nobody answered, but it is the gateway that gave up
        (Cause::IntegrationTimeout, TIMED_OUT, Some(Cause::IntegrationTimeout)),
        (Cause::BackendServerError, LOGGED, Some(Cause::BackendServerError)),
        (Cause::GatewayTimeoutUnattributed, TIMED_OUT, Some(Cause::IntegrationTimeout)),
        (Cause::ServerErrorUnattributed, LOGGED, Some(Cause::BackendServerError)),
        (Cause::ServiceUnavailableUnattributed, LOGGED, None),
        (Cause::LambdaOutOfMemory, TIMED_OUT, None),
    ] {
        let lines = read(&[(FUNCTION, line)]);
        let told = find(cause, &lines, &[INVOCATION]).map(|finding| finding.cause);
        assert_eq!(told, found, "{cause}: {line}");
    }
}

#[test]
fn most_requests_decide() {
    const ERROR: &str =
        "\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"no x\"}";
    let ids = ["1", "2", "3"].map(|last| format!("8f5a1c7e-2b1d-4c3e-9a7f-1d2c3b4a5e6{last}"));
    let timed_out =
        format!("2025-03-12T09:14:07.123Z {} Task timed out after 3.00 seconds", ids[0]);
    let failed = |id: &str| format!("2025-03-12T09:14:07.123Z\t{id}{ERROR}");
    let (second, third) = (failed(&ids[1]), failed(&ids[2]));
    let lines = read(&[(FUNCTION, &timed_out), (FUNCTION, &second), (FUNCTION, &third)]);
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let found = find(Cause::InternalErrorUnattributed, &lines, &ids).unwrap();
    assert_eq!(found.cause, Cause::LambdaFunctionError);
}

#[test]
fn secrets_in_a_functions_log_are_redacted() {
    let lines = read(&[(
        FUNCTION,
        "2025-03-12T09:14:07.123Z\tLID\tERROR\tInvoke Error \t{\"errorType\":\"Error\",\"errorMessage\":\"denied for AKIAIOSFODNN7EXAMPLE password=hunter2hunter2\"}",
    )]);
    let found = find(Cause::InternalErrorUnattributed, &lines, &[INVOCATION]).unwrap();
    let told = format!("{found:?}");
    assert!(!told.contains("AKIAIOSFODNN7EXAMPLE") && !told.contains("hunter2hunter2"), "{told}");
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(AT + millis)
}

fn finding() -> Finding {
    let lines =
        read(&[(FUNCTION, "2025-03-12T09:14:07.123Z LID Task timed out after 3.00 seconds")]);
    find(Cause::LambdaTimedOut, &lines, &[INVOCATION]).unwrap()
}

#[test]
fn two_rounds_and_a_pause_between_them() {
    let mut progress = EvidenceProgress::default();
    assert!(progress.is_due(at(0)));
    progress.begin(at(0));
    assert!(!progress.is_due(at(1_000)), "another sweep is asking");
    progress.end(Round { calls: 2, ..Round::default() }, at(2_000), &[]);
    assert!(!progress.is_due(at(49_999)));
    assert!(progress.is_due(at(50_000)));
    progress.begin(at(50_000));
    progress.end(Round { calls: 2, ..Round::default() }, at(51_000), &[]);
    assert!(!progress.is_due(at(10_000_000)), "no third round");
}

#[test]
fn a_refusal_delays_and_a_finding_or_a_spent_budget_ends_it() {
    let ended = |round: Round| {
        let mut progress = EvidenceProgress::default();
        progress.begin(at(0));
        progress.end(round, at(1_000), &[]);
        progress
    };
    let refused = ended(Round { was_refused: true, ..Round::default() });
    assert!(!refused.is_due(at(100_000)));
    assert!(refused.is_due(at(121_000)));
    for round in [
        Round { finding: Some(Finding { is_complete: true, ..finding() }), ..Round::default() },
        Round { calls: MAX_CALLS, ..Round::default() },
        Round { spent_ms: MAX_MS, ..Round::default() },
    ] {
        assert!(!ended(round).is_due(at(10_000_000)));
    }
}

#[test]
fn what_is_missing_is_told_once_and_only_where_something_can_be_done() {
    let group = GapKind::NoFunctionLog.of(FUNCTION);
    for (missing, recently_reported, tells) in [
        (vec![group.clone()], vec![], true),
        (vec![group.clone()], vec![group.clone()], false),
        (vec![GapKind::SilentFunctionLog.of(FUNCTION)], vec![], false),
        (vec![GapKind::NoAnswer.alone()], vec![], false),
        (vec![], vec![], false),
    ] {
        let mut progress = EvidenceProgress { rounds: 1, ..EvidenceProgress::default() };
        progress.begin(at(0));
        let round = Round { gaps: missing.clone(), ..Round::default() };
        progress.end(round, at(0), &recently_reported);
        assert_eq!(progress.announces_gaps, tells, "{missing:?}");
    }
    let mut early = EvidenceProgress::default();
    early.begin(at(0));
    early.end(Round { gaps: vec![group], ..Round::default() }, at(0), &[]);
    assert!(!early.announces_gaps, "the second round may find it");
}
