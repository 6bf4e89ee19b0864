//! Batches in which requests stand in several logs, and what any batch comes to.

mod properties;

use std::io::Write as _;

use diagnosis::decode::{Batch, Payload, lambda_event};
use diagnosis::{Cause, Timestamp, diagnose};
use serde_json::json;

use base64::Engine as _;

use crate::counting::{BatchCounts, CauseCounts, LineCounts, RequestCounts};
use crate::source::Source;

/// 2025-03-12T09:14:00Z
const NOW: i64 = 1_741_770_840_000;
const EXECUTION_GROUP: &str = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";

type Event = (Option<i64>, String);

pub(super) fn batch(group: &str, events: &[Event]) -> Batch {
    let events: Vec<_> = events
        .iter()
        .enumerate()
        .map(|(n, (at, message))| match at {
            Some(at) => json!({"id": n.to_string(), "timestamp": at, "message": message}),
            None => json!({"id": n.to_string(), "message": message}),
        })
        .collect();
    let envelope = json!({
        "messageType": "DATA_MESSAGE", "owner": "1", "logGroup": group, "logStream": "s",
        "subscriptionFilters": [], "logEvents": events,
    });
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(envelope.to_string().as_bytes()).unwrap();
    let data = base64::prelude::BASE64_STANDARD.encode(encoder.finish().unwrap());
    let payload = json!({"awslogs": {"data": data}}).to_string();
    let Ok(Payload::Data(batch)) = lambda_event(payload.as_bytes()) else { panic!("no batch") };
    batch
}

fn batch_counts(group: &str, lines: &[&str]) -> BatchCounts {
    let events: Vec<Event> =
        lines.iter().map(|line| (Some(NOW - 1_000), (*line).to_owned())).collect();
    BatchCounts::of(&batch(group, &events), Timestamp::from_millis(NOW), diagnose::line, None)
}

fn stage() -> Source {
    Source::Stage { api_id: "a1b2c3d4e5".to_owned(), stage: "prod".to_owned() }
}

/// Requests and causes of the stage: of the access log, and of the execution log.
fn counted(batch_counts: &BatchCounts) -> (RequestCounts, RequestCounts) {
    let mut sums = (RequestCounts::default(), RequestCounts::default());
    for ((source, _), part) in &batch_counts.minutes {
        assert_eq!(*source, stage());
        sums.0.requests += part.counts.requests;
        sums.0.causes.extend(&part.counts.causes);
        sums.1.requests += part.counts.execution.requests;
        sums.1.causes.extend(&part.counts.execution.causes);
    }
    sums
}

fn of(requests: u64, causes: &[(Cause, u64)]) -> RequestCounts {
    RequestCounts { requests, causes: causes.iter().copied().collect::<CauseCounts>() }
}

const START: &str = "Starting execution for request: r-1";
const ROUTE: &str = "HTTP Method: POST, Resource Path: /orders";
const TIMED_OUT: &str = "Execution failed due to a timeout error";

#[test]
fn a_request_of_an_execution_log_counts_once_by_its_verdict_or_its_end() {
    let timeout = [(Cause::IntegrationTimeout, 1)];
    let by_status = [(Cause::GatewayTimeoutUnattributed, 1)];
    let end = "Method completed with status: 504";
    for (sentences, wanted) in [
        (&[START, ROUTE, TIMED_OUT, end][..], of(1, &timeout)),
        (&[TIMED_OUT], of(1, &timeout)),
        (&[end], of(1, &by_status)),
        (&[START, ROUTE, "Method completed with status: 200"], of(1, &[])),
        (&["Method completed with status: 200"], of(1, &[])),
        // lines of a request, and no request: another batch has its end
        (&[START, ROUTE], of(0, &[])),
        (&[ROUTE], of(0, &[])),
    ] {
        let lines: Vec<String> = sentences.iter().map(|text| format!("(r-1) {text}")).collect();
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let batch_counts = batch_counts(EXECUTION_GROUP, &lines);
        assert_eq!(counted(&batch_counts), (of(0, &[]), wanted), "{sentences:?}");
        assert_eq!(batch_counts.lines.parts, lines.len() as u64);
    }
}

#[test]
fn interleaved_requests_are_told_apart() {
    let lines = [
        "(r-1) Starting execution for request: r-1",
        "(r-2) Starting execution for request: r-2",
        "(r-1) HTTP Method: POST, Resource Path: /orders",
        "(r-2) Execution failed due to a timeout error",
        "(r-1) Method completed with status: 200",
        "(r-2) Method completed with status: 504",
        "(r-3) Starting execution for request: r-3",
    ];
    let batch_counts = batch_counts(EXECUTION_GROUP, &lines);
    let wanted = of(2, &[(Cause::IntegrationTimeout, 1)]);
    assert_eq!(counted(&batch_counts), (of(0, &[]), wanted));
    let wanted = LineCounts {
        lines: 7,
        parts: 7,
        joined_requests: 2,
        joined_errors: 1,
        ..LineCounts::default()
    };
    assert_eq!(batch_counts.lines, wanted);
    let part = batch_counts.minutes.values().next().unwrap();
    assert_eq!(part.execution_exemplars.len(), 1);
    assert_eq!(part.execution_exemplars[0].request_id.as_deref(), Some("r-2"));
    assert_eq!(part.execution_exemplars[0].evidence[0].1, TIMED_OUT);
}

fn record(id: &str, status: u16) -> String {
    format!(
        r#"{{"requestId":"{id}","apiId":"a1b2c3d4e5","stage":"prod","requestTimeEpoch":"{}","httpMethod":"POST","resourcePath":"/orders","status":"{status}","ip":"203.0.113.7"}}"#,
        NOW - 2_000
    )
}

#[test]
fn the_record_counts_and_the_other_lines_sharpen_its_cause() {
    let (failed, fine) = (record("r-1", 504), record("r-2", 200));
    let lines = [
        "(r-1) Starting execution for request: r-1",
        &failed,
        "(r-1) Execution failed due to a timeout error",
        "(r-2) Starting execution for request: r-2",
        "(r-1) Method completed with status: 504",
        "(r-2) Method completed with status: 200",
        &fine,
        "START RequestId: 93b07909-0217-4875-86d6-e5a8747c70a2 Version: $LATEST",
    ];
    let alone = batch_counts("/mixed", &[&failed]);
    let vague = of(1, &[(Cause::GatewayTimeoutUnattributed, 1)]);
    assert_eq!(counted(&alone), (vague, of(0, &[])), "what the record says alone");

    for order in [[0, 1, 2, 3, 4, 5, 6, 7], [6, 0, 3, 2, 5, 4, 1, 7], [1, 6, 0, 2, 4, 3, 5, 7]] {
        let lines: Vec<&str> = order.iter().map(|&at| lines[at]).collect();
        let batch_counts = batch_counts("/mixed", &lines);
        let wanted = of(2, &[(Cause::IntegrationTimeout, 1)]);
        assert_eq!(counted(&batch_counts), (wanted, of(0, &[])), "{order:?}");
        let part = batch_counts.minutes.values().next().unwrap();
        assert_eq!((part.exemplars.len(), part.breakdown.with_caller), (1, 1));
        assert_eq!(part.exemplars[0].evidence[0].1, TIMED_OUT);
        assert_eq!(
            batch_counts.lines.requests + batch_counts.lines.parts,
            batch_counts.lines.lines
        );
    }
}

#[test]
fn all_lines_are_counted_beside_those_that_cannot_be_read() {
    let record = record("r-1", 200);
    let minute = NOW.div_euclid(60_000) - 1;
    let events: Vec<Event> = [
        (NOW - 1_000, "what is this"),
        (NOW - 1_000, "{\"status\":"),
        (NOW - 1_000, record.as_str()),
        (NOW - 1_000, "(r-2) Method completed with status: 200"),
        (NOW - 61_000, "(r-2) Method completed with status: 200"),
    ]
    .map(|(at, line)| (Some(at), line.to_owned()))
    .into();
    let batch_counts = BatchCounts::of(
        &batch("/mixed", &events),
        Timestamp::from_millis(NOW),
        diagnose::line,
        None,
    );
    let group = Source::LogGroup("/mixed".to_owned());
    assert_eq!(batch_counts.minutes[&(group.clone(), minute)].counts.lines, 5);
    let lines: u64 = batch_counts.minutes.values().map(|part| part.counts.lines).sum();
    assert_eq!(lines, 5, "once, and nowhere else");
    // where all are read, nobody asks how many they are
    let batch_counts = super::tests::batch_counts("/mixed", &[&record]);
    assert!(batch_counts.minutes.values().all(|part| part.counts.lines == 0));
}

#[test]
fn late_lines_count_in_their_minute_and_future_ones_now() {
    let now = Timestamp::from_millis(NOW);
    for (at, minute, late, future) in [
        (NOW, 0, 0, 0),
        (NOW - 15 * 60_000, -15, 0, 0),
        (NOW - 16 * 60_000, -16, 1, 0),
        (NOW - 14 * 24 * 60 * 60_000, -14 * 24 * 60, 1, 0),
        (NOW + 1, 0, 0, 1),
        (NOW + 2 * 60 * 60_000, 0, 0, 1),
        (i64::MAX, 0, 0, 1),
    ] {
        for line in [r#"{"status":"504"}"#, "(r-1) Method completed with status: 504"] {
            let events = [(Some(at), line.to_owned())];
            let batch_counts = BatchCounts::of(&batch("/shop", &events), now, diagnose::line, None);
            assert_eq!(
                (batch_counts.lines.late, batch_counts.lines.future),
                (late, future),
                "{at} {line}"
            );
            let minutes: Vec<i64> =
                batch_counts.minutes.keys().map(|(_, minute)| *minute).collect();
            assert_eq!(minutes, [now.minute() + minute], "{at} {line}");
        }
    }
}

#[test]
fn undated_lines_are_of_the_time_of_the_line_before() {
    let line = |status: u16| format!(r#"{{"status":"{status}"}}"#);
    let events =
        [(None, line(500)), (Some(NOW - 120_000), line(200)), (None, line(502)), (None, line(503))];
    let now = Timestamp::from_millis(NOW);
    let batch_counts = BatchCounts::of(&batch("/shop", &events), now, diagnose::line, None);
    let requests: Vec<(i64, u64)> = batch_counts
        .minutes
        .iter()
        .map(|((_, minute), part)| (minute - now.minute(), part.counts.requests))
        .collect();
    assert_eq!(requests, [(-2, 3), (0, 1)]);
}
