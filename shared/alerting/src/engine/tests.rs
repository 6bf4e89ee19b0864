//! The engine on the in-memory ledger: from payloads to messages.

mod counting;

use std::cell::{Cell, RefCell};
use std::io::Write as _;
use std::rc::Rc;

use base64::Engine as _;
use diagnosis::{Cause, Timestamp};
use serde_json::json;

use super::{Accepted, Engine, IngestReport, Invocation, Settings, SweepReport};
use crate::attachment::{Attachment, Patterns};
use crate::clock::Clock;
use crate::incident::Event;
use crate::notify::{
    Channel, ChannelId, ChannelKind, Content, Delivery, Notification, SendError, Sent,
};
use crate::rules::Rules;
use crate::source::Source;
use crate::store::{Committed, Ledger as _, MemoryLedger};

const ACCOUNT: &str = "123456789012";
const GROUP: &str = "/aws/apigateway/shop";
const EXECUTION_GROUP: &str = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";
/// 2025-03-12T09:14:00Z
pub(super) const START: i64 = 1_741_770_840_000;
pub(super) const MINUTE: i64 = 60_000;

/// A channel that keeps what it is sent, and fails as long as it is told to.
#[derive(Clone)]
pub(super) struct Recorder {
    id: ChannelId,
    pub(super) sent: Rc<RefCell<Vec<Content>>>,
    failing: Rc<Cell<bool>>,
    rested_ms: Rc<Cell<u64>>,
}

impl Channel for Recorder {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    async fn send(&self, delivery: Delivery<'_>) -> Result<Sent, SendError> {
        if self.failing.get() {
            return Err(SendError::new("answered 500"));
        }
        self.sent.borrow_mut().push(delivery.content.clone());
        Ok(Sent::default())
    }

    async fn rest(&self, millis: u64) {
        self.rested_ms.set(self.rested_ms.get() + millis);
    }
}

mod changes;
mod failures;
mod interactions;
mod inventory;
mod late;
mod races;
mod silences;
mod storms;
mod subscriptions;

/// An engine, its clock and what its Slack channel got.
pub(super) struct World<K> {
    pub(super) engine: Engine<MemoryLedger, Recorder, K>,
    pub(super) clock: Rc<Cell<Timestamp>>,
    slack: Recorder,
    pub(super) sms: Recorder,
    step: Cell<u64>,
}

pub(super) fn world() -> World<impl Clock> {
    world_under(Rules::built_in())
}

fn world_under(rules: Rules) -> World<impl Clock> {
    world_with(rules, |_| {})
}

/// A world in which something happens whenever the engine looks at the clock.
pub(super) fn world_with(rules: Rules, looked: impl Fn(&Cell<Timestamp>)) -> World<impl Clock> {
    let clock = Rc::new(Cell::new(Timestamp::from_millis(START)));
    let recorder = |kind| Recorder {
        id: ChannelId::only(kind),
        sent: Rc::default(),
        failing: Rc::default(),
        rested_ms: Rc::default(),
    };
    let (slack, sms) = (recorder(ChannelKind::Slack), recorder(ChannelKind::Sms));
    let settings = Settings {
        account: ACCOUNT.to_owned(),
        accepted: Accepted::Watched { own: vec!["/gatewatch/ingest".to_owned()] },
        region: Some("eu-west-1".to_owned()),
        rules,
        log_mode: crate::LogMode::All,
    };
    let now = Rc::clone(&clock);
    let ledger = MemoryLedger::default();
    watch(&ledger, &[GROUP, "/gatewatch/ingest", EXECUTION_GROUP]);
    let engine = Engine::new(
        ledger,
        vec![slack.clone(), sms.clone()],
        move || {
            looked(&now);
            now.get()
        },
        settings,
    );
    World { engine, clock, slack, sms, step: Cell::new(0) }
}

/// Writes down what the stack watches.
fn watch(ledger: &MemoryLedger, patterns: &[&str]) {
    let patterns = Patterns::of(patterns.iter().copied());
    let now = Timestamp::from_millis(START);
    let watched = Attachment::done(patterns, now);
    assert_eq!(ready(ledger.store_attachment(&watched)), Ok(Committed::Done));
}

/// Polls a future that never waits.
pub(super) fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("nothing here waits"),
    }
}

impl<K: Clock> World<K> {
    pub(super) fn with_invocation<T>(&self, call: impl FnOnce(Invocation<'_>) -> T) -> T {
        self.step.set(self.step.get() + 1);
        let id = format!("call-{}", self.step.get());
        call(Invocation { id: &id, deadline: self.clock.get().plus_millis(30_000) })
    }

    pub(super) fn ingest(&self, payload: &str) -> IngestReport {
        self.with_invocation(|call| ready(self.engine.ingest(payload.as_bytes(), call))).unwrap()
    }

    fn sweep(&self) -> SweepReport {
        let report = self.with_invocation(|call| ready(self.engine.sweep(call)));
        assert_eq!(report.failure, None);
        report
    }

    pub(super) fn advance(&self, millis: i64) {
        self.clock.set(self.clock.get().plus_millis(millis));
    }

    /// Sweeps each minute for so many minutes; returns what was told.
    pub(super) fn sweep_minutes(&self, minutes: i64) -> Vec<Notification> {
        (0..minutes)
            .flat_map(|_| {
                self.advance(MINUTE);
                self.sweep().notifications
            })
            .collect()
    }

    /// One minute: so many time out and so many are answered well, and then the sweep runs.
    fn minute(&self, errors: i64, well: i64) -> Vec<Notification> {
        let at = self.clock.get().as_millis();
        let lines = [timeouts(errors, at), healthy(well, at)].concat();
        let mut told =
            if lines.is_empty() { Vec::new() } else { self.ingest(&payload(&lines)).notifications };
        told.extend(self.sweep_minutes(1));
        told
    }

    /// So many such minutes, counted without their lines: each event, and the minute it came in.
    fn minutes(&self, count: i64, errors: impl Fn(i64) -> u64) -> Vec<(i64, Event)> {
        (0..count)
            .flat_map(|minute| {
                self.count(&source(), Cause::IntegrationTimeout, errors(minute));
                let told = self.sweep_minutes(1);
                told.into_iter().map(move |told| (minute, told.event))
            })
            .collect()
    }

    /// Adds so many errors, and twenty requests that were answered well, to this minute of a source.
    fn count(&self, source: &Source, cause: Cause, errors: u64) {
        let ledger = self.engine.ledger();
        let minute = self.clock.get().minute();
        let batch = crate::BatchId(minute as u64);
        let causes = [(cause, errors)].into_iter().filter(|(_, errors)| *errors > 0);
        let counts = crate::MinuteCounts {
            requests: errors + 20,
            causes: causes.collect(),
            ..crate::MinuteCounts::default()
        };
        let route = crate::RouteKey::Template("POST /orders".to_owned());
        let routes = counts.causes.iter().map(|(&cause, &n)| ((cause, route.clone()), n));
        let breakdown =
            crate::Breakdown { routes: routes.collect(), ..crate::Breakdown::default() };
        ready(ledger.register_source(source, crate::AuthoritativeLog::Access, GROUP, minute))
            .unwrap();
        ready(ledger.add_counts(source, minute, batch, &counts)).unwrap();
        ready(ledger.add_breakdown(source, minute, batch, &breakdown)).unwrap();
    }

    /// Adds errors of one cause to this minute, as one of several batches.
    fn add_errors(&self, cause: Cause, errors: u64, batch: u64) {
        let (ledger, minute) = (self.engine.ledger(), self.clock.get().minute());
        let counts = crate::MinuteCounts {
            requests: errors,
            causes: [(cause, errors)].into(),
            ..crate::MinuteCounts::default()
        };
        let log = crate::AuthoritativeLog::Access;
        ready(ledger.register_source(&source(), log, GROUP, minute)).unwrap();
        ready(ledger.add_counts(&source(), minute, crate::BatchId(batch), &counts)).unwrap();
    }

    pub(super) fn incidents(&self) -> Vec<crate::Incident> {
        ready(self.engine.ledger().state(&source())).unwrap().incidents
    }

    pub(super) fn slack_messages(&self) -> usize {
        self.slack.sent.borrow().len()
    }
}

fn payload_from(account: &str, group: &str, events: &serde_json::Value) -> String {
    let envelope = json!({
        "messageType": "DATA_MESSAGE", "owner": account, "logGroup": group, "logStream": "s",
        "subscriptionFilters": ["gatewatch"], "logEvents": events,
    });
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(envelope.to_string().as_bytes()).unwrap();
    let data = base64::prelude::BASE64_STANDARD.encode(encoder.finish().unwrap());
    json!({"awslogs": {"data": data}}).to_string()
}

pub(super) fn payload(lines: &[String]) -> String {
    let events: Vec<_> = lines
        .iter()
        .enumerate()
        .map(|(n, line)| json!({"id": format!("{n}-{}", lines.len()), "timestamp": START, "message": line}))
        .collect();
    payload_from(ACCOUNT, GROUP, &json!(events))
}

pub(super) fn line(at: i64, status: u16, more: &str) -> String {
    format!(
        r#"{{"requestId":"r{at}","apiId":"a1b2c3d4e5","stage":"prod","requestTimeEpoch":"{at}","httpMethod":"POST","resourcePath":"/orders","status":"{status}"{more}}}"#
    )
}

fn timeouts(count: i64, at: i64) -> Vec<String> {
    let more = r#","error.responseType":"INTEGRATION_TIMEOUT""#;
    (0..count).map(|n| line(at + n, 504, more)).collect()
}

fn healthy(count: i64, at: i64) -> Vec<String> {
    (0..count).map(|n| line(at + n, 200, "")).collect()
}

fn outage() -> String {
    payload(&[timeouts(10, START), healthy(40, START)].concat())
}

fn source() -> Source {
    Source::Stage { api_id: "a1b2c3d4e5".to_owned(), stage: "prod".to_owned() }
}

#[test]
fn an_outage_is_told_once_with_its_cause() {
    let world = world();
    let report = world.ingest(&outage());
    assert_eq!((report.lines.requests, report.lines.errors), (50, 10));
    let [told] = &report.notifications[..] else { panic!("{:?}", report.notifications) };
    assert_eq!((told.event, told.incident.cause), (Event::Opened, Cause::IntegrationTimeout));
    assert_eq!((told.incident.errors, told.incident.requests), (10, Some(50)));
    assert_eq!(told.incident.routes[0].route, "POST /orders");
    assert_eq!((world.slack_messages(), world.sms.sent.borrow().len()), (1, 1));
    // more of the same repeats nothing
    world.advance(MINUTE);
    let again = world.ingest(&payload(&timeouts(80, START + MINUTE)));
    assert!(again.notifications.is_empty() && world.sweep_minutes(5).is_empty());
    assert_eq!(world.slack_messages(), 1);
}

#[test]
fn incidents_are_counted_when_they_open_and_when_they_resolve() {
    let world = world();
    let report = world.ingest(&outage());
    assert_eq!((report.incidents_opened, report.incidents_resolved), (1, 0));
    let again = world.ingest(&outage());
    assert_eq!((again.incidents_opened, again.incidents_resolved), (0, 0), "a redelivered batch");
    let sweeps: Vec<(u64, u64)> = (0..20)
        .map(|_| {
            world.advance(MINUTE);
            let report = world.sweep();
            (report.incidents_opened, report.incidents_resolved)
        })
        .collect();
    assert_eq!(sweeps.iter().filter(|counted| **counted == (0, 1)).count(), 1, "{sweeps:?}");
    assert_eq!(sweeps.iter().filter(|counted| **counted == (0, 0)).count(), 19, "{sweeps:?}");
}

#[test]
fn incidents_that_nobody_is_notified_of_are_counted_too() {
    let world = world();
    for n in 0..6 {
        let source = Source::Stage { api_id: format!("api{n}"), stage: "prod".to_owned() };
        world.count(&source, Cause::LambdaThrottled, 10);
    }
    let report = world.sweep();
    assert_eq!((report.incidents_opened, report.notifications.len()), (6, 4), "one by a group");
}

#[test]
fn a_redelivered_batch_changes_no_counter_and_sends_nothing_twice() {
    let world = world();
    world.ingest(&outage());
    let before = ready(world.engine.ledger().counters(&source(), 0, i64::MAX)).unwrap();
    let again = world.ingest(&outage());
    let after = ready(world.engine.ledger().counters(&source(), 0, i64::MAX)).unwrap();
    assert_eq!(before, after);
    assert_eq!(again.duplicate_writes, 2, "counters and breakdown");
    assert_eq!(world.slack_messages(), 1);
}

#[test]
fn a_duplicate_is_still_judged() {
    // The first try died after counting: only the counters are there.
    let world = world();
    let batch = outage();
    let diagnosis::decode::Payload::Data(read) =
        diagnosis::decode::lambda_event(batch.as_bytes()).unwrap()
    else {
        panic!("no batch")
    };
    let batch_counts =
        crate::BatchCounts::of(&read, world.clock.get(), diagnosis::diagnose::line, None);
    for ((source, minute), part) in &batch_counts.minutes {
        ready(world.engine.ledger().add_counts(source, *minute, batch_counts.batch, &part.counts))
            .unwrap();
    }
    assert_eq!(world.ingest(&batch).notifications.len(), 1);
}

#[test]
fn the_sweep_finishes_what_a_crash_left() {
    let world = world();
    let ledger = world.engine.ledger();
    let counts = crate::MinuteCounts {
        requests: 50,
        causes: [(Cause::IntegrationTimeout, 10)].into(),
        ..crate::MinuteCounts::default()
    };
    let minute = START / MINUTE;
    ready(ledger.register_source(&source(), crate::AuthoritativeLog::Access, GROUP, minute))
        .unwrap();
    ready(ledger.add_counts(&source(), minute, crate::BatchId(1), &counts)).unwrap();
    assert_eq!(world.sweep().notifications.len(), 1);
    assert_eq!(world.slack_messages(), 1);
}

#[test]
fn ten_quiet_minutes_resolve_and_say_so() {
    let world = world();
    world.ingest(&outage());
    assert!(world.sweep_minutes(10).is_empty(), "not before ten whole minutes without an error");
    let told = world.sweep_minutes(1);
    let [resolved] = &told[..] else { panic!("{told:?}") };
    assert_eq!(resolved.event, Event::Resolved);
    assert_eq!(resolved.incident.errors, 10);
    assert_eq!(world.slack_messages(), 2);
    assert!(world.sweep_minutes(60).is_empty(), "and only once");
    // a new outage is a new incident
    let later = world.clock.get().as_millis();
    let next = world.ingest(&payload(&timeouts(10, later)));
    assert_ne!(next.notifications[0].incident.id, resolved.incident.id);
}

#[test]
fn what_slack_refuses_stays_owed_and_goes_out_later_as_one_message() {
    let world = world();
    world.slack.failing.set(true);
    world.ingest(&outage());
    assert_eq!((world.slack_messages(), world.sms.sent.borrow().len()), (0, 1));
    world.sweep_minutes(12);
    assert_eq!(world.slack_messages(), 0);
    world.slack.failing.set(false);
    world.sweep_minutes(6);
    let sent = world.slack.sent.borrow();
    let [Content::Slack { body }] = &sent[..] else { panic!("{sent:?}") };
    let header = body["blocks"][0]["text"]["text"].to_string();
    let note = body["blocks"][1]["elements"][0]["text"].to_string();
    assert!(header.contains("Resolved"), "{header}");
    assert!(note.starts_with("\"Fired 09:14, resolved 09:25 UTC; delivered late"), "{note}");
}

#[test]
fn an_invocation_that_is_about_to_end_begins_no_send() {
    let world = world();
    let soon = world.clock.get().plus_millis(7_000);
    let call = Invocation { id: "late", deadline: soon };
    ready(world.engine.ingest(outage().as_bytes(), call)).unwrap();
    assert_eq!(world.slack_messages(), 0);
    world.sweep();
    assert_eq!(world.slack_messages(), 1);
}

#[test]
fn batches_of_others_are_refused_and_counted() {
    let events = json!([{"id": "1", "timestamp": START, "message": "{\"status\":\"500\"}"}]);
    for (account, group) in
        [("999999999999", GROUP), (ACCOUNT, "/other"), (ACCOUNT, "/gatewatch/ingest")]
    {
        let world = world();
        let report = world.ingest(&payload_from(account, group, &events));
        assert_eq!((report.refused_batches, report.lines.lines), (1, 0), "{account} {group}");
        assert!(ready(world.engine.ledger().live_sources(0)).unwrap().is_empty());
    }
}

#[test]
fn unreadable_payloads_are_counted_and_not_retried() {
    for payload in
        ["", "null", "{}", r#"{"awslogs":{"data":"!"}}"#, r#"{"awslogs":{"data":"aGVsbG8="}}"#]
    {
        assert_eq!(world().ingest(payload).unreadable_batches, 1, "{payload}");
    }
}

#[test]
fn a_line_that_makes_our_code_panic_costs_one_line() {
    fn explosive<'a>(line: &'a diagnosis::Line<'_>) -> diagnosis::Diagnosis<'a> {
        let diagnosis::Line::Access(record) = line else { return diagnosis::diagnose::line(line) };
        assert!(record.status() != Some(418), "a rule with a bug");
        diagnosis::diagnose::line(line)
    }
    let world = world();
    let World { engine, .. } = world;
    let engine = engine.with_diagnose(explosive);
    let mut lines = timeouts(10, START);
    lines.insert(5, line(START, 418, ""));
    let call = Invocation { id: "x", deadline: Timestamp::from_millis(START + 30_000) };
    let report = ready(engine.ingest(payload(&lines).as_bytes(), call)).unwrap();
    assert_eq!((report.lines.panicked, report.lines.unparseable), (1, 1));
    assert_eq!((report.lines.errors, report.notifications.len()), (10, 1));
}

#[test]
fn a_hundred_thousand_tiny_events_are_each_counted() {
    let world = world();
    let events: Vec<_> =
        (0..100_000).map(|n| json!({"id": n.to_string(), "message": "{"})).collect();
    let report = world.ingest(&payload_from(ACCOUNT, GROUP, &json!(events)));
    assert_eq!((report.lines.lines, report.lines.unparseable), (100_000, 100_000));
}

#[test]
fn a_batch_of_made_up_sources_costs_a_bounded_number_of_writes() {
    let world = world();
    let lines: Vec<String> = (0..5_000)
        .map(|n| {
            format!(r#"{{"apiId":"a{n}","stage":"s","requestTimeEpoch":"{START}","status":"500"}}"#)
        })
        .collect();
    let report = world.ingest(&payload(&lines));
    assert_eq!(report.lines.errors, 5_000);
    assert!(ready(world.engine.ledger().live_sources(0)).unwrap().len() <= 201);
}

#[test]
fn late_lines_count_in_their_own_minute_and_open_nothing() {
    let world = world();
    let report = world.ingest(&payload(&timeouts(50, START - 20 * MINUTE)));
    assert_eq!((report.lines.late, report.notifications.len()), (50, 0));
    assert!(world.sweep_minutes(3).is_empty());
    // a little late is not too late
    let report = world.ingest(&payload(&timeouts(50, START - 5 * MINUTE)));
    assert_eq!(report.notifications.len(), 1);
}

#[test]
fn future_lines_count_as_of_now() {
    let world = world();
    let report = world.ingest(&payload(&timeouts(10, START + 90 * MINUTE)));
    assert_eq!((report.lines.future, report.notifications.len()), (10, 1));
    let counters = ready(world.engine.ledger().counters(&source(), 0, i64::MAX)).unwrap();
    assert_eq!(counters.requests(START / MINUTE, START / MINUTE), 10);
}

#[test]
fn lines_without_a_stage_belong_to_their_log_group() {
    let world = world();
    let lines: Vec<String> =
        (0..10).map(|n| format!(r#"{{"requestId":"{n}","status":"500"}}"#)).collect();
    let report = world.ingest(&payload(&lines));
    let incident = &report.notifications[0].incident;
    assert_eq!((incident.api_id.as_deref(), incident.log_group.as_deref()), (None, Some(GROUP)));
    assert_eq!(incident.cause, Cause::InternalErrorUnattributed);
}
