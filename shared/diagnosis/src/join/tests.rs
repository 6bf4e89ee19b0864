//! What lines say together, and which lines never come together.

use super::{JoinedDiagnosis, Joiner, MAX_OPEN, Origin};
use crate::{Cause, Confidence, LogSource, Reader, Timestamp};

use Confidence::{High, Low, Medium};

const REQUEST: &str = "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1";
const LAMBDA: &str = "8f3c2b1a-0f9e-4d7c-b6b5-a49381234567";
const EXECUTION_GROUP: &str = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";
const FUNCTION_GROUP: &str = "/aws/lambda/orders";

/// A line, its log group and its second.
type Told<'a> = (&'a str, &'a str, i64);

fn join(lines: &[Told<'_>]) -> Vec<JoinedDiagnosis> {
    run(Joiner::default(), lines)
}

fn run(mut joiner: Joiner, lines: &[Told<'_>]) -> Vec<JoinedDiagnosis> {
    let mut reader = Reader::default();
    for (number, (text, log_group, second)) in (1..).zip(lines) {
        let origin = Origin {
            number,
            time: (*second >= 0)
                .then(|| Timestamp::from_millis(1_741_770_000_000 + second * 1_000)),
            log_group: Some(*log_group).filter(|name| !name.is_empty()),
            log_stream: None,
        };
        joiner.add(&reader.line(text), &origin);
    }
    joiner.close_all();
    std::iter::from_fn(|| joiner.next_closed()).collect()
}

fn access(status: u16, more: &str) -> String {
    format!(
        r#"{{"requestId":"{REQUEST}","httpMethod":"POST","resourcePath":"/orders","status":"{status}","integration.requestId":"{LAMBDA}"{more}}}"#
    )
}

fn execution(text: &str) -> String {
    format!("({REQUEST}) {text}")
}

fn timed_out() -> String {
    format!("2025-03-12T09:14:10.125Z {LAMBDA} Task timed out after 3.00 seconds")
}

fn evidence(joined: &JoinedDiagnosis) -> Vec<(&str, &str)> {
    joined.evidence.iter().map(|e| (e.field.name(), e.text.as_str())).collect()
}

/// The only request of some lines, in any order of theirs.
#[track_caller]
fn one(lines: &[String]) -> JoinedDiagnosis {
    let mut found: Option<JoinedDiagnosis> = None;
    for turn in 0..lines.len() {
        let turned = lines.iter().cycle().skip(turn).take(lines.len());
        let told: Vec<Told<'_>> = turned.map(|line| (line.as_str(), "", 0)).collect();
        let mut joined = join(&told);
        assert_eq!(joined.len(), 1, "{told:?}: {joined:?}");
        let joined = joined.remove(0);
        if let Some(found) = &found {
            assert_eq!(
                (found.cause, found.confidence),
                (joined.cause, joined.confidence),
                "{told:?}"
            );
        }
        found.get_or_insert(joined);
    }
    found.unwrap()
}

#[test]
fn a_bad_gateway_and_a_timeout_are_one_story() {
    let joined = one(&[access(502, ""), timed_out()]);
    assert_eq!((joined.cause, joined.confidence), (Cause::LambdaTimedOut, High));
    assert_eq!((joined.line, joined.source), (2, Some(LogSource::Lambda)));
    assert_eq!(
        evidence(&joined),
        [("Lambda log", "Task timed out after 3.00 seconds"), ("status", "502")]
    );
    assert_eq!(joined.route.as_deref(), Some("POST /orders"));
    assert_eq!((joined.status, joined.lines), (Some(502), 2));
    assert_eq!(joined.request_id.as_deref(), Some(REQUEST));
}

#[test]
fn a_request_tells_the_place_of_its_record_and_how_its_execution_log_ends() {
    let (record, verdict) = (access(504, ""), execution("Execution failed due to a timeout error"));
    let end = execution("Method completed with status: 504");
    for (lines, place, status) in [
        (&[&record][..], Some(1), None),
        (&[&verdict, &record, &end], Some(2), Some(504)),
        (&[&verdict, &end], None, Some(504)),
        (&[&end, &verdict], None, Some(504)),
        (&[&verdict], None, None),
    ] {
        let told: Vec<Told<'_>> = lines.iter().map(|line| (line.as_str(), "", 0)).collect();
        let joined = join(&told);
        assert_eq!((joined[0].record, joined[0].completed), (place, status), "{lines:?}");
    }
}

fn report(more: &str) -> String {
    format!(
        "REPORT RequestId: {LAMBDA}\tDuration: 9.00 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB{more}"
    )
}

fn invoke_error() -> String {
    let error = r#"{"errorType":"TypeError","errorMessage":"no x"}"#;
    format!("2025-03-12T09:14:10.125Z\t{LAMBDA}\tERROR\tInvoke Error \t{error}")
}

fn complaint() -> String {
    format!("2025-03-12T09:14:10.125Z\t{LAMBDA}\tERROR\torder not found")
}

const EXITED: &str = "\tStatus: error\tError Type: Runtime.ExitError";

#[track_caller]
fn check(lines: &[String], cause: Cause, confidence: Confidence) {
    let joined = one(lines);
    assert_eq!((joined.cause, joined.confidence), (cause, confidence), "{lines:#?}");
}

#[test]
fn the_gateways_own_timeout_stays_whatever_the_function_says_later() {
    let timeout = r#","error.responseType":"INTEGRATION_TIMEOUT""#;
    check(&[access(504, timeout), timed_out()], Cause::IntegrationTimeout, High);
    check(&[access(504, ""), timed_out()], Cause::IntegrationTimeout, Medium);
    let lines = [
        execution("Execution failed due to a timeout error"),
        execution("Method completed with status: 504"),
        execution(&format!("AWS Integration Endpoint RequestId : {LAMBDA}")),
        timed_out(),
    ];
    check(&lines, Cause::IntegrationTimeout, High);
    let http = access(503, "").replace("resourcePath", "routeKey");
    check(&[http, timed_out()], Cause::IntegrationTimeout, Medium);
    check(&[access(500, ""), timed_out()], Cause::LambdaTimedOut, High);
}

#[test]
fn an_answer_that_was_good_is_no_failure() {
    check(&[access(200, ""), complaint()], Cause::None, High);
    check(&[access(200, ""), invoke_error()], Cause::None, High);
    let body = r#"Endpoint response body before transformations: {"errorMessage":"x","errorType":"E","stackTrace":[]}"#;
    let lines = [execution("Method completed with status: 200"), execution(body)];
    check(&lines, Cause::None, High);
    let slow = report("\tInit Duration: 5168.90 ms");
    check(&[access(200, ""), slow], Cause::HighLatency, Medium);
}

#[test]
fn the_callers_mistakes_are_not_the_functions() {
    check(&[access(404, ""), complaint()], Cause::NotFoundUnattributed, Low);
    let by_backend = access(404, r#","integration.status":"404""#);
    check(&[by_backend, invoke_error()], Cause::BackendNotFound, High);
    // unless the gateway itself says that the function failed
    let renamed = r#","error.responseType":"INTEGRATION_FAILURE","integration.error":"Lambda Customer Function Error:no x""#;
    check(&[access(400, renamed), report(EXITED)], Cause::LambdaOutOfMemory, High);
}

#[test]
fn the_root_is_behind_the_symptom() {
    let malformed = r#","integration.error":"Execution failed due to configuration error: Malformed Lambda proxy response""#;
    check(&[access(502, malformed), timed_out()], Cause::LambdaTimedOut, High);
    let failure = r#","error.responseType":"INTEGRATION_FAILURE""#;
    check(&[access(502, failure), invoke_error()], Cause::LambdaFunctionError, High);
    check(&[access(502, ""), invoke_error(), report(EXITED)], Cause::LambdaOutOfMemory, High);
    let by_code = r#","integration.status":"500""#;
    check(&[access(500, by_code), complaint()], Cause::BackendServerError, High);
    let configuration = r#","error.responseType":"API_CONFIGURATION_ERROR""#;
    let link = "Execution failed due to configuration error: There was an internal error while executing your request";
    check(&[access(500, configuration), execution(link)], Cause::VpcLinkFailed, Medium);
    let throttled = [
        access(500, ""),
        execution("Lambda invocation failed with status: 429. Lambda request id: x"),
        execution("Execution failed due to configuration error: Rate Exceeded."),
        execution("Method completed with status: 500"),
    ];
    check(&throttled, Cause::LambdaThrottled, High);
    let told_in_the_body = [
        execution("Execution failed due to configuration error: Malformed Lambda proxy response"),
        execution(&format!(
            r#"Endpoint response body before transformations: {{"errorMessage":"2019-02-27T11:31:11.456Z {LAMBDA} Task timed out after 10.00 seconds"}}"#
        )),
        execution("Method completed with status: 502"),
    ];
    check(&told_in_the_body, Cause::LambdaTimedOut, High);
    // a hint is better than nothing
    check(&[access(502, ""), complaint()], Cause::LambdaFunctionError, Low);
}

#[test]
fn a_functions_log_alone() {
    check(&[timed_out(), report("\tStatus: timeout")], Cause::LambdaTimedOut, High);
    let success = format!(
        r#"{{"time":"2025-03-12T09:14:10.125Z","type":"platform.report","record":{{"requestId":"{LAMBDA}","status":"success"}}}}"#
    );
    check(&[complaint(), success], Cause::None, High);
    check(&[complaint(), report("")], Cause::LambdaFunctionError, Low);
    let healthy =
        [format!("START RequestId: {LAMBDA} Version: 1"), format!("END RequestId: {LAMBDA}")];
    check(&healthy, Cause::None, High);
}

#[test]
fn an_authorizer_is_not_the_integration() {
    let request = |outcome: &str, status: u16| {
        let lines = [
            execution(&format!("Starting authorizer: a for request: {REQUEST}")),
            execution(&format!(
                "Lambda execution failed with status 200 due to customer function error: {outcome}. Lambda request id: {LAMBDA}"
            )),
            execution(if status == 401 {
                "Unauthorized request: 6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1"
            } else {
                "Execution failed due to configuration error: Authorizer error"
            }),
            execution(&format!("Method completed with status: {status}")),
            timed_out(),
        ];
        let told: Vec<Told<'_>> = lines.iter().map(|line| (line.as_str(), "", 0)).collect();
        join(&told)
    };
    let failed = request("boom", 500);
    assert_eq!(failed.len(), 2, "the authorizer's own log is not the integration's");
    assert_eq!((failed[0].cause, failed[0].confidence), (Cause::AuthorizerFailed, High));
    assert_eq!(request("Unauthorized", 401)[0].cause, Cause::AuthorizerUnauthorized);
}

#[test]
fn every_id_that_joins() {
    let failed = execution(
        "Execution failed due to configuration error: Invalid permissions on Lambda function",
    );
    for (access, execution) in [
        (access(500, ""), failed.clone()),
        (
            access(500, "").replace(REQUEST, "r-1_REPLACED_INVALID_REQUEST_ID"),
            failed.replace(REQUEST, "r-1_REPLACED_INVALID_REQUEST_ID"),
        ),
        (
            access(500, "").replace(REQUEST, "r-1"),
            failed.replace(REQUEST, "r-1_REPLACED_INVALID_REQUEST_ID"),
        ),
    ] {
        assert_eq!(one(&[access, execution]).cause, Cause::LambdaPermissionMissing);
    }
    let by_lambda = format!(
        "{{\"requestId\":\"HSZ9xjQRoAMEM4A=\",\"routeKey\":\"GET /\",\"status\":\"500\",\"integrationErrorMessage\":\"The Lambda function returned the following error: RequestId: {LAMBDA} Error: Runtime exited with error: signal: killed. Check\"}}"
    );
    let report = format!(
        "REPORT RequestId: {LAMBDA} Duration: 1 ms Status: error Error Type: Runtime.ExitError"
    );
    assert_eq!(one(&[by_lambda, report]).cause, Cause::LambdaOutOfMemory);
}

#[test]
fn what_never_joins() {
    let failed = execution("Execution failed due to a timeout error");
    let record = |more: &str| access(500, more).replace(LAMBDA, "-");
    let counts = [
        // another API, another stage, another log group, minutes apart
        (
            vec![(record(r#","apiId":"zzzzzzzzz9""#), "", 0), (failed.clone(), EXECUTION_GROUP, 0)],
            2,
        ),
        (
            vec![
                (record(r#","apiId":"a1b2c3d4e5","stage":"dev""#), "", 0),
                (failed.clone(), EXECUTION_GROUP, 0),
            ],
            2,
        ),
        (
            vec![
                (failed.clone(), "API-Gateway-Execution-Logs_zzzzzzzzz9/prod", 0),
                (failed.clone(), EXECUTION_GROUP, 0),
            ],
            2,
        ),
        (vec![(record(""), "", 0), (failed.clone(), EXECUTION_GROUP, 61)], 2),
        (vec![(record(""), "", 61), (failed.clone(), EXECUTION_GROUP, 0)], 2),
        // the same, near enough
        (
            vec![
                (record(r#","apiId":"a1b2c3d4e5""#), "", 0),
                (failed.clone(), EXECUTION_GROUP, 60),
            ],
            1,
        ),
        (vec![(record(""), "", 60), (failed.clone(), EXECUTION_GROUP, 0)], 1),
        // two records are two requests, whatever id the client sends
        (vec![(record(""), "", 0), (record(""), "", 1)], 2),
        // an id of the gateway is none of Lambda's
        (vec![(record("").replace(REQUEST, LAMBDA), "", 0), (timed_out(), FUNCTION_GROUP, 0)], 2),
        // replaced ids that tell nothing
        (
            vec![
                (failed.replace(REQUEST, "UUID_REPLACED_INVALID_REQUEST_ID"), "", 0),
                (failed.replace(REQUEST, "UUID_REPLACED_INVALID_REQUEST_ID"), "", 0),
            ],
            2,
        ),
        // one request completes once
        (
            vec![
                (execution("Method completed with status: 500"), "", 0),
                (execution("Method completed with status: 500"), "", 1),
            ],
            2,
        ),
    ];
    for (lines, count) in counts {
        let told: Vec<Told<'_>> = lines.iter().map(|(a, b, c)| (a.as_str(), *b, *c)).collect();
        assert_eq!(join(&told).len(), count, "{told:#?}");
    }
}

#[test]
fn an_id_that_is_repeated_for_ever_does_not_join_for_ever() {
    let line = execution("Execution failed due to a timeout error");
    let told: Vec<Told<'_>> = (0..100).map(|n| (line.as_str(), "", n * 50)).collect();
    assert!(join(&told).len() > 4);
}

#[test]
fn lines_without_an_id_belong_to_the_invocation_around_them() {
    let start = |id: &str| format!("START RequestId: {id} Version: $LATEST");
    let end = |id: &str| format!("REPORT RequestId: {id}\tDuration: 1.00 ms");
    let error = "[ERROR] KeyError: 'x'\nTraceback (most recent call last):\n";
    let other = REQUEST;
    for (lines, causes) in [
        (vec![start(LAMBDA), error.to_owned(), end(LAMBDA)], vec![Cause::LambdaFunctionError]),
        (
            vec![start(LAMBDA), end(LAMBDA), start(other), error.to_owned(), end(other)],
            vec![Cause::None, Cause::LambdaFunctionError],
        ),
        // a start that fails belongs to the invocation that waits for it
        (
            vec![
                "[ERROR] Runtime.ImportModuleError: Unable to import module 'app'".to_owned(),
                "INIT_REPORT Init Duration: 1 ms\tPhase: init\tStatus: error\tError Type: Runtime.ImportModuleError".to_owned(),
                start(LAMBDA),
                format!("{}\tStatus: error\tError Type: Runtime.ImportModuleError", end(LAMBDA)),
            ],
            vec![Cause::LambdaInitFailed],
        ),
        // what the service tells after the end does not open the next one
        (
            vec![start(LAMBDA), end(LAMBDA), timed_out(), start(other), end(other)],
            vec![Cause::None, Cause::LambdaTimedOut],
        ),
        // invocations that are mixed: nobody knows whose it is
        (
            vec![start(LAMBDA), start(other), error.to_owned(), end(LAMBDA), end(other)],
            vec![Cause::None, Cause::None, Cause::LambdaFunctionError],
        ),
        // errors without anything around them are one each
        (vec![error.to_owned(), error.to_owned()], vec![Cause::LambdaFunctionError; 2]),
        // a test pasted from the console
        (
            vec![
                format!("Execution log for request {REQUEST}"),
                "Wed Nov 02 10:19:35 UTC 2022 : Execution failed due to configuration error: Malformed Lambda proxy response".to_owned(),
                "Wed Nov 02 10:19:35 UTC 2022 : Method completed with status: 502".to_owned(),
            ],
            vec![Cause::LambdaMalformedResponse],
        ),
    ] {
        let told: Vec<Told<'_>> = lines.iter().map(|line| (line.as_str(), "", -1)).collect();
        let mut found: Vec<Cause> = join(&told).into_iter().map(|joined| joined.cause).collect();
        found.sort_by_key(|cause| (*cause != Cause::None, *cause));
        assert_eq!(found, causes, "{lines:#?}");
    }
}

#[test]
fn lines_of_no_request_are_no_requests() {
    let quiet = ["", "hello", "{", "XRAY TraceId: 1-67", "HTTP Method: GET, Resource Path: /x"];
    let told: Vec<Told<'_>> = quiet.iter().map(|line| (*line, "", 0)).collect();
    assert_eq!(join(&told), []);
    let silent = join(&[(r#"{"requestId":"x","status":"-"}"#, "", 0)]);
    assert_eq!(silent[0].cause, Cause::Unknown);
}

#[test]
fn failed_requests_come_in_the_order_of_their_deciding_lines() {
    let record = |id: &str, status: u16| {
        format!(r#"{{"requestId":"{id}","status":"{status}","resourcePath":"/"}}"#)
    };
    let reason = |id: &str| format!("({id}) Execution failed due to a timeout error");
    let lines =
        [record("a", 504), record("b", 500), reason("a"), record("c", 500), record("d", 200)];
    let told: Vec<Told<'_>> = (0..).zip(&lines).map(|(n, line)| (line.as_str(), "", n)).collect();
    for joiner in [Joiner::default(), Joiner::streaming()] {
        let joined = run(joiner, &told);
        let failed: Vec<u64> =
            joined.iter().filter(|j| j.cause.is_error()).map(|j| j.line).collect();
        assert_eq!(failed, [2, 3, 4]);
        assert_eq!(joined.len(), 4);
    }
}

#[test]
fn a_streaming_joiner_does_not_wait_for_the_end() {
    let mut joiner = Joiner::streaming();
    let mut reader = Reader::default();
    let mut closed = 0;
    for second in 0..1_000_i64 {
        let line = format!(r#"{{"requestId":"r{second}","status":"500"}}"#);
        let time = Some(Timestamp::from_millis(1_741_770_000_000 + second * 1_000));
        joiner.add(
            &reader.line(&line),
            &Origin { number: second as u64 + 1, time, ..Origin::default() },
        );
        while let Some(joined) = joiner.next_closed() {
            closed += 1;
            assert_eq!(joined.line, closed);
        }
        assert!(second as u64 <= closed + 130, "{second}: {closed}");
    }
}

#[test]
fn memory_is_bounded_whatever_comes() {
    let mut joiner = Joiner::default();
    let mut reader = Reader::default();
    let mut closed = 0_u64;
    for number in 1..=30_000_u64 {
        let line = format!(r#"{{"requestId":"r{number}","status":"500"}}"#);
        joiner.add(&reader.line(&line), &Origin { number, ..Origin::default() });
        assert!(joiner.open.len() + joiner.waiting.len() <= MAX_OPEN);
        while let Some(joined) = joiner.next_closed() {
            closed += 1;
            assert_eq!(joined.line, closed);
        }
    }
    joiner.close_all();
    assert_eq!(std::iter::from_fn(|| joiner.next_closed()).count() as u64 + closed, 30_000);
    assert!(joiner.index.is_empty());
}

#[test]
fn long_texts_are_cut_before_the_word_that_the_limit_goes_through() {
    let secret = "s".repeat(5_000);
    let line = access(
        502,
        &format!(r#","integration.error":"Lambda Customer Function Error:token {secret}""#),
    );
    let joined = join(&[(&line, "", 0)]);
    let text = &joined[0].evidence[0].text;
    assert!(text.ends_with("token") && !text.contains("sss"), "{text}");
}
