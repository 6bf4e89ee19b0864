//! One request in two logs, and what is read to judge a batch.

use diagnosis::Cause;
use serde_json::json;

use super::{
    ACCOUNT, EXECUTION_GROUP, GROUP, MINUTE, START, World, payload, payload_from, ready, source,
    timeouts, world,
};
use crate::clock::Clock;
use crate::counting::{BatchId, MinuteCounts};
use crate::engine::IngestReport;
use crate::store::Ledger as _;

/// The lines of a failing request in its execution log.
fn told(id: &str) -> [String; 4] {
    [
        format!("({id}) Starting execution for request: {id}"),
        format!("({id}) HTTP Method: POST, Resource Path: /orders"),
        format!("({id}) Execution failed due to a timeout error"),
        format!("({id}) Method completed with status: 504"),
    ]
}

fn execution_payload(ids: &str, lines: &[&str]) -> String {
    let events: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(n, line)| json!({"id": format!("{ids}-{n}"), "timestamp": START, "message": line}))
        .collect();
    payload_from(ACCOUNT, EXECUTION_GROUP, &json!(events))
}

impl<K: Clock> World<K> {
    /// Requests and errors of the minute that everything happens in.
    fn counted(&self) -> (u64, u64) {
        let at = START / MINUTE;
        let counters = ready(self.engine.ledger().counters(&source(), at, at)).unwrap();
        (counters.requests(at, at), counters.errors(at, at, |_, _| true).values().sum())
    }
}

#[test]
fn one_failing_request_in_both_logs_is_one_error_whatever_comes_first() {
    let access = payload(&timeouts(1, START));
    let id = format!("r{START}");
    let lines = told(&id);
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    for cut in 0..=lines.len() {
        let (head, tail) = lines.split_at(cut);
        let batches =
            [access.clone(), execution_payload("head", head), execution_payload("tail", tail)];
        for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
            let world = world();
            for at in order.into_iter().chain([1, 0]) {
                world.ingest(&batches[at]);
            }
            assert_eq!(world.counted(), (1, 1), "cut at {cut}, in the order {order:?}");
        }
    }
}

#[test]
fn without_an_access_log_only_a_cut_before_the_end_makes_two_of_one() {
    let lines = told("r-1");
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    for (cut, errors) in [(0, 1), (1, 1), (2, 1), (3, 2), (4, 1)] {
        let (head, tail) = lines.split_at(cut);
        let world = world();
        for batch in [execution_payload("head", head), execution_payload("tail", tail)] {
            world.ingest(&batch);
            world.ingest(&batch);
        }
        assert_eq!(world.counted(), (errors, errors), "cut at {cut}");
    }
}

fn outage_in_execution_log(ids: &str) -> String {
    let lines: Vec<String> = (0..10).flat_map(|n| told(&format!("{ids}-{n}"))).collect();
    execution_payload(ids, &lines.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn an_execution_log_alone_tells_of_an_outage() {
    let world = world();
    let report = world.ingest(&outage_in_execution_log("r"));
    assert_eq!((report.lines.joined_requests, report.lines.joined_errors), (10, 10));
    let [told] = &report.notifications[..] else { panic!("{:?}", report.notifications) };
    assert_eq!(told.incident.cause, Cause::IntegrationTimeout);
    assert_eq!((told.incident.errors, told.incident.requests), (10, Some(10)));
    assert_eq!(told.incident.api_id.as_deref(), Some("a1b2c3d4e5"));
    assert_eq!(told.incident.log_group.as_deref(), Some(EXECUTION_GROUP));
    assert_eq!(told.incident.routes[0].route, "POST /orders");
}

#[test]
fn beside_an_access_log_an_execution_log_writes_nothing() {
    let world = world();
    world.ingest(&payload(&[super::line(START, 200, "")]));
    let report: IngestReport = world.ingest(&outage_in_execution_log("r"));
    assert_eq!((report.requests_counted_elsewhere, report.notifications.len()), (10, 0));
    assert_eq!(world.counted(), (1, 0));
    // the same failures by the log that counts
    let report = world.ingest(&payload(&timeouts(10, START)));
    let [told] = &report.notifications[..] else { panic!("{:?}", report.notifications) };
    assert_eq!((told.incident.errors, told.incident.log_group.as_deref()), (10, Some(GROUP)));
}

/// Errors that another environment counts, `minutes_ago`.
fn counted_by_another<K: Clock>(world: &World<K>, minutes_ago: i64, errors: u64) {
    let counts = MinuteCounts {
        requests: errors,
        causes: [(Cause::IntegrationTimeout, errors)].into(),
        ..MinuteCounts::default()
    };
    let minute = world.clock.get().minute() - minutes_ago;
    let ledger = world.engine.ledger();
    ready(ledger.add_counts(&source(), minute, BatchId(99), &counts)).unwrap();
}

#[test]
fn what_others_count_is_seen_at_once_where_it_is_recent_and_by_the_sweep_where_it_is_late() {
    for (minutes_ago, mine_minutes_ago, at_once) in
        [(0, 0, true), (1, 0, true), (2, 0, false), (4, 0, false), (4, 1, false), (4, 2, true)]
    {
        let world = world();
        world.advance(4 * MINUTE);
        let now = START + 4 * MINUTE;
        // Older minutes have been read when another environment adds to them.
        assert!(world.ingest(&payload(&timeouts(2, now))).notifications.is_empty());
        counted_by_another(&world, minutes_ago, 2);
        let mine = payload(&timeouts(1, now - mine_minutes_ago * MINUTE));
        let told = world.ingest(&mine).notifications.len();
        assert_eq!(told == 1, at_once, "{minutes_ago} and {mine_minutes_ago} minutes ago");
        let swept = world.sweep().notifications.len();
        assert_eq!(told + swept, 1, "{minutes_ago} and {mine_minutes_ago} minutes ago");
    }
}

#[test]
fn a_batch_that_comes_again_adds_no_example() {
    let world = world();
    let batches: Vec<String> = (1..9).map(|n| payload(&timeouts(n, START))).collect();
    let examples = || {
        let (ledger, minute) = (world.engine.ledger(), START / MINUTE);
        ready(ledger.exemplars(&source(), minute - 1, minute + 1)).unwrap().len()
    };
    for batch in &batches {
        world.ingest(batch);
    }
    let before = examples();
    assert!((1..=3).contains(&before), "{before}");
    // Each comes first in its minute.
    for batch in &batches {
        world.advance(MINUTE);
        world.ingest(batch);
    }
    assert_eq!(examples(), before);
}
