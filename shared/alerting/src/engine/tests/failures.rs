//! A ledger of which parts fail: whatever else fails, others are evaluated and messages are delivered.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::attachment::Attachment;
use crate::counting::{AuthoritativeLog, BatchId, Breakdown, Counters, Exemplar, MinuteCounts};
use crate::incident::{IncidentId, OpenIncident, Scope, Silence, SourceState};
use crate::inventory::{InventoryRefresh, LogGroupInventory};
use crate::rules::Severity;
use crate::store::{
    BadRow, ChannelState, Committed, Lease, Ledger, LedgerError, LiveSource, OutboxKey, OutboxRow,
    Recorded, RulesDocument, Settlement, SilentSource, SmsGrant, SmsLimits, SmsMessage, Transition,
    UnreadableRow,
};

/// What fails, and with which kind of error.
#[derive(Debug, Clone, PartialEq)]
enum Failing {
    Nothing,
    Silences,
    LiveSources,
    OpenIncidents,
    State(Source),
    /// Commits of a source, for good.
    CommitOf(Source),
    /// Leases of an incident's messages, for good.
    LeaseOf(IncidentId),
    /// That messages were sent is not noted.
    Settlements,
}

struct Partly {
    ledger: MemoryLedger,
    failing: RefCell<Failing>,
}

impl Partly {
    fn check(&self, call: &Failing) -> Result<(), LedgerError> {
        let retryable = !matches!(call, Failing::CommitOf(_) | Failing::LeaseOf(_));
        let failure = LedgerError { reason: "it fails".to_owned(), retryable };
        if *self.failing.borrow() == *call { Err(failure) } else { Ok(()) }
    }
}

macro_rules! port {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty $(, unless $call:expr)?;)*) => {
        impl Ledger for Partly {
            $(
                async fn $name(&self, $($argument: $type),*) -> Result<$answer, LedgerError> {
                    $( self.check(&$call)?; )?
                    self.ledger.$name($($argument),*).await
                }
            )*

            fn unreadable_rows(&self) -> Vec<UnreadableRow> {
                self.ledger.unreadable_rows()
            }
        }
    };
}

port! {
    fn register_source(source: &Source, log: AuthoritativeLog, group: &str, minute: i64) -> AuthoritativeLog;
    fn live_sources(since: i64) -> Vec<LiveSource>, unless Failing::LiveSources;
    fn silent_sources(before: i64) -> Vec<SilentSource>;
    fn keep_silent_source(source: &Source, last_minute: i64, until: Timestamp) -> ();
    fn add_counts(source: &Source, minute: i64, batch: BatchId, counts: &MinuteCounts) -> Recorded;
    fn add_breakdown(source: &Source, minute: i64, batch: BatchId, details: &Breakdown) -> Recorded;
    fn put_exemplar(source: &Source, minute: i64, place: u8, exemplar: &Exemplar) -> ();
    fn counters(source: &Source, from: i64, to: i64) -> Counters;
    fn breakdown(source: &Source, from: i64, to: i64) -> Breakdown;
    fn exemplars(source: &Source, from: i64, to: i64) -> Vec<Exemplar>;
    fn state(source: &Source) -> SourceState, unless Failing::State(source.clone());
    fn commit(transition: &Transition) -> Committed, unless Failing::CommitOf(transition.incident.source.clone());
    fn open_incidents() -> Vec<OpenIncident>, unless Failing::OpenIncidents;
    fn pending(channel: &ChannelId, after: Option<&OutboxKey>, limit: usize) -> Vec<OutboxRow>;
    fn last_sent(channel: &ChannelId, incident: &IncidentId) -> u64;
    fn lease(channel: &ChannelId, incident: &IncidentId, holder: &str, now: Timestamp, until: Timestamp) -> Option<Lease>,
        unless Failing::LeaseOf(incident.clone());
    fn settle(rows: &[OutboxRow], holder: &str, settlement: Settlement) -> (), unless Failing::Settlements;
    fn give_back(channel: &ChannelId, incident: &IncidentId, holder: &str) -> ();
    fn channel(channel: &ChannelId) -> ChannelState;
    fn pause(channel: &ChannelId, until: Timestamp, because: &str) -> ();
    fn park(channel: &ChannelId, until: Timestamp, parkings: u32, because: &str) -> ();
    fn unpark(channel: &ChannelId, parkings: u32) -> ();
    fn take_sms(channel: &ChannelId, at: Timestamp, message: SmsMessage<'_>, limits: SmsLimits) -> SmsGrant;
    fn take_slot(source: &Source, severity: Severity, places: u8, now: Timestamp, until: Timestamp) -> bool;
    fn first_time(request: &str, holder: &str, now: Timestamp, until: Timestamp) -> bool;
    fn forget_interaction(request: &str) -> ();
    fn silences(now: Timestamp) -> Vec<Silence>, unless Failing::Silences;
    fn add_silence(silence: &Silence) -> Option<Silence>;
    fn end_silence(id: &str, now: Timestamp) -> Option<Silence>;
    fn record_cause(source: &Source, cause: Cause, minute: i64) -> ();
    fn causes_seen(source: &Source, since: i64) -> BTreeMap<Cause, i64>;
    fn breakdown_by_minute(source: &Source, from: i64, to: i64) -> BTreeMap<i64, Breakdown>;
    fn log_group(log_group: &str) -> Option<LogGroupInventory>;
    fn store_log_group(log_group: &str, known: &LogGroupInventory) -> ();
    fn forget_log_group(log_group: &str) -> ();
    fn inventory_refresh() -> Option<InventoryRefresh>;
    fn store_inventory_refresh(refresh: &InventoryRefresh) -> Committed;
    fn attachment() -> Option<Attachment>;
    fn store_attachment(attachment: &Attachment) -> Committed;
    fn store_rules(document: &RulesDocument) -> ();
    fn stored_rules() -> Option<RulesDocument>;
}

/// The usual engine on such a ledger, and its clock and Slack channel.
fn partly() -> (Engine<Partly, Recorder, impl Clock>, Rc<Cell<Timestamp>>, Recorder) {
    let world = partly_under(Rules::built_in());
    (world.0, world.1, world.2)
}

/// The same under rules, and its phone.
fn partly_under(
    rules: Rules,
) -> (Engine<Partly, Recorder, impl Clock>, Rc<Cell<Timestamp>>, Recorder, Recorder) {
    let World { engine, clock, slack, sms, .. } = world_under(rules);
    let ledger =
        Partly { ledger: MemoryLedger::default(), failing: RefCell::new(Failing::Nothing) };
    let now = Rc::clone(&clock);
    let engine = Engine::new(ledger, engine.channels, move || now.get(), engine.settings);
    (engine, clock, slack, sms)
}

fn call(clock: &Cell<Timestamp>) -> Invocation<'static> {
    Invocation { id: "call", deadline: clock.get().plus_millis(30_000) }
}

/// Ten requests of each API time out.
fn outage_of(apis: &[&str], at: i64) -> String {
    let lines = apis.iter().flat_map(|api| {
        timeouts(10, at).into_iter().map(move |line| line.replace("a1b2c3d4e5", api))
    });
    payload(&lines.collect::<Vec<_>>())
}

fn stage(api: &str) -> Source {
    Source::Stage { api_id: api.to_owned(), stage: "prod".to_owned() }
}

#[test]
fn the_sweep_delivers_whatever_fails_before() {
    for failing in [
        Failing::Silences,
        Failing::LiveSources,
        Failing::OpenIncidents,
        Failing::State(Source::Everywhere),
        Failing::State(stage("other00001")),
        Failing::CommitOf(stage("other00001")),
    ] {
        let (engine, clock, slack) = partly();
        slack.failing.set(true);
        let opened =
            ready(engine.ingest(outage_of(&["a1b2c3d4e5"], START).as_bytes(), call(&clock)));
        assert_eq!(opened.unwrap().notifications.len(), 1);
        slack.failing.set(false);
        clock.set(clock.get().plus_millis(MINUTE));
        let other = outage_of(&["other00001"], START + MINUTE);
        *engine.ledger().failing.borrow_mut() = failing.clone();
        drop(ready(engine.ingest(other.as_bytes(), call(&clock))));
        let before = slack.sent.borrow().len();
        clock.set(clock.get().plus_millis(MINUTE));
        let report = ready(engine.sweep(call(&clock)));
        let sent = slack.sent.borrow().len();
        assert!(sent > 0 && (before > 0 || report.delivery.sent > 0), "{failing:?}: {report:?}");
        let is_shown = report.failure.is_some() || report.failed_sources > 0;
        assert!(is_shown, "{failing:?}: {report:?}");
        // And once nothing fails any more, all is well.
        *engine.ledger().failing.borrow_mut() = Failing::Nothing;
        clock.set(clock.get().plus_millis(MINUTE));
        let report = ready(engine.sweep(call(&clock)));
        assert_eq!((report.failure, report.failed_sources), (None, 0), "{failing:?}");
        assert_eq!(slack.sent.borrow().len(), 2, "{failing:?}");
    }
}

#[test]
fn a_source_that_fails_keeps_no_other_of_its_batch_from_being_announced() {
    for (failing, retried) in [
        (Failing::State(stage("a0000bad00")), true),
        (Failing::CommitOf(stage("a0000bad00")), false),
    ] {
        let (engine, clock, slack) = partly();
        *engine.ledger().failing.borrow_mut() = failing;
        let batch = outage_of(&["a0000bad00", "b000good00"], START);
        let report = ready(engine.ingest(batch.as_bytes(), call(&clock)));
        assert_eq!(slack.sent.borrow().len(), 1, "the other was announced");
        // Lambda tries again only what a retry can fix.
        assert_eq!(report.is_err(), retried);
        if let Ok(report) = report {
            assert_eq!((report.notifications.len(), report.unevaluated.len()), (1, 1));
        }
    }
}

#[test]
fn a_stand_in_that_may_have_arrived_is_told_of_the_end() {
    let mut rules = Rules::built_in();
    rules.channels.insert(Severity::Critical, vec![ChannelKind::Slack]);
    let (engine, clock, slack, sms) = partly_under(rules);
    let sweep_minutes = |minutes: i64| {
        for _ in 0..minutes {
            clock.set(clock.get().plus_millis(MINUTE));
            ready(engine.sweep(call(&clock)));
        }
    };
    slack.failing.set(true);
    ready(engine.ingest(outage_of(&["a1b2c3d4e5"], START).as_bytes(), call(&clock))).unwrap();
    sweep_minutes(4);
    *engine.ledger().failing.borrow_mut() = Failing::Settlements;
    sweep_minutes(1);
    assert_eq!((slack.sent.borrow().len(), sms.sent.borrow().len()), (0, 1), "it stands in");

    // Slack takes the opening after all, before the phone's turn comes again.
    *engine.ledger().failing.borrow_mut() = Failing::Nothing;
    slack.failing.set(false);
    sweep_minutes(3);
    assert_eq!((slack.sent.borrow().len(), sms.sent.borrow().len()), (1, 1));

    sweep_minutes(15);
    assert_eq!((slack.sent.borrow().len(), sms.sent.borrow().len()), (2, 2), "both hear the end");
    let Some(Content::Sms { body }) = sms.sent.borrow().last().cloned() else { panic!() };
    assert!(body.contains("fired 09:14"), "and of its beginning, if that did not arrive: {body}");
}

#[test]
fn messages_of_an_incident_whose_rows_always_fail_hold_up_no_other() {
    let (engine, clock, slack) = partly();
    slack.failing.set(true);
    let batch = outage_of(&["a0000bad00", "b000good00"], START);
    let report = ready(engine.ingest(batch.as_bytes(), call(&clock))).unwrap();
    slack.failing.set(false);
    let first = report.notifications[0].incident.id.clone();
    *engine.ledger().failing.borrow_mut() = Failing::LeaseOf(first);
    clock.set(clock.get().plus_millis(2 * MINUTE));
    let report = ready(engine.sweep(call(&clock)));
    assert_eq!((report.delivery.sent, slack.sent.borrow().len()), (1, 1));
    assert!(report.delivery.ledger_errors > 0);
}

#[test]
fn rows_that_cannot_be_read_stop_nothing_and_are_reported() {
    let world = world();
    let ledger = world.engine.ledger();
    let silence = Silence::new(
        Scope { api: vec!["other00001".to_owned()], ..Scope::default() },
        world.clock.get(),
        world.clock.get().plus_millis(60 * MINUTE),
        "ann",
    );
    ready(ledger.add_silence(&silence.unwrap())).unwrap();
    for row in [
        BadRow::Incident(stage("other00001")),
        BadRow::Incident(source()),
        BadRow::Incident(Source::Everywhere),
        BadRow::OpenIncident(stage("other00001")),
        BadRow::Message(world.slack.id.clone()),
        BadRow::Message(world.sms.id.clone()),
        BadRow::Silence("0123456789ab".to_owned()),
        BadRow::LogGroup(GROUP.to_owned()),
        BadRow::Exemplar(source(), START / MINUTE),
    ] {
        ledger.plant(row);
    }
    let apis = ["a1b2c3d4e5", "other00001", "other00002"];
    let report = world.ingest(&outage_of(&apis, START));
    let told: Vec<_> =
        report.notifications.iter().map(|told| told.incident.api_id.clone()).collect();
    assert_eq!(
        told,
        [Some("a1b2c3d4e5".to_owned()), Some("other00002".to_owned())],
        "one is silenced"
    );
    assert_eq!(world.slack_messages(), 2);
    let kinds =
        |rows: Vec<UnreadableRow>| -> BTreeSet<&str> { rows.iter().map(|row| row.kind).collect() };
    let of_ingest = kinds(world.engine.unreadable_rows());
    assert_eq!(of_ingest, ["exemplar", "incident", "message", "silence"].into());
    // Quiet resolves them, whatever lies beside.
    let told = world.sweep_minutes(30);
    let resolved = told.iter().filter(|told| told.event == Event::Resolved).count();
    assert_eq!((resolved, world.slack_messages()), (2, 4));
    let of_sweeps = kinds(world.engine.unreadable_rows());
    assert!(of_sweeps.contains("open incident"), "{of_sweeps:?}");
    assert_eq!(world.engine.unreadable_rows(), [], "each is reported once");
}
