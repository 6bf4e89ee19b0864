//! Delivery on the in-memory ledger, with channels that answer as they are told and a clock of their own.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

use diagnosis::{Cause, Confidence, Timestamp};
use serde_json::json;

use super::{DeliveryCounts, DeliveryRun};
use crate::clock::Clock;
use crate::engine::{Accepted, Engine, Invocation, Settings};
use crate::incident::Event::{self, Opened, Resolved, Updated};
use crate::incident::{History, Incident, IncidentId};
use crate::notify::{Channel, ChannelId, ChannelKind, Content, Delivery, Remedy, SendError, Sent};
use crate::rules::{LogMode, Rules, Severity};
use crate::source::Source;
use crate::store::contract::ready;
use crate::store::{
    Committed, Condition, Ledger as _, MemoryLedger, OutboxRow, SmsLimits, Transition,
};

mod fairness;

/// 2025-03-12T10:45:00Z
const START: i64 = 1_741_776_300_000;
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// How a channel answers.
#[derive(Debug, Clone)]
enum Answer {
    Takes,
    Refuses(SendError),
    /// The function dies once the message has gone out.
    TakesAndDies,
}

fn refuses(reason: &str, remedy: Remedy) -> Answer {
    Answer::Refuses(SendError::with(reason, remedy))
}

fn wait(seconds: i64) -> Answer {
    refuses("Slack answered 429: rate_limited", Remedy::Wait(seconds * SECOND))
}

fn retry() -> Answer {
    refuses("Slack answered 500: rollup_error", Remedy::Retry)
}

fn timeout() -> Answer {
    Answer::Refuses(SendError::new("Slack did not answer within 5 s").that_may_have_arrived())
}

fn park() -> Answer {
    refuses("Slack answered 404: no_service", Remedy::Park)
}

/// What every attempt was: when, of which incident, and what was shown.
type Attempts = Rc<RefCell<Vec<(i64, String, String)>>>;

/// A channel that answers from a script, then takes everything, and moves the clock while it does.
#[derive(Clone)]
struct Scripted {
    id: ChannelId,
    clock: Rc<Cell<Timestamp>>,
    takes_ms: Rc<Cell<i64>>,
    script: Rc<RefCell<VecDeque<Answer>>>,
    /// Incidents of which it takes nothing.
    refused: Rc<RefCell<BTreeSet<String>>>,
    attempts: Attempts,
    taken: Attempts,
}

impl Channel for Scripted {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    async fn send(&self, delivery: Delivery<'_>) -> Result<Sent, SendError> {
        let at = self.clock.get().as_millis() - START;
        let attempt = (at, delivery.incident.to_string(), shown(delivery.content));
        self.clock.set(self.clock.get().plus_millis(self.takes_ms.get()));
        self.attempts.borrow_mut().push(attempt.clone());
        if self.refused.borrow().contains(&attempt.1) {
            return Err(SendError::new("Slack answered 500: rollup_error"));
        }
        let answer = self.script.borrow_mut().pop_front();
        match answer {
            Some(Answer::Refuses(error)) => Err(error),
            Some(Answer::TakesAndDies) => {
                self.taken.borrow_mut().push(attempt);
                std::future::pending().await
            }
            Some(Answer::Takes) | None => {
                self.taken.borrow_mut().push(attempt);
                Ok(Sent::default())
            }
        }
    }
}

/// The text of a message, with its note.
fn shown(content: &Content) -> String {
    match content {
        Content::Slack { body } | Content::SlackBot { message: body, .. } => {
            body["text"].as_str().unwrap_or_default().to_owned()
        }
        Content::Sms { body } | Content::Email { body, .. } => body.clone(),
    }
}

struct World<K> {
    engine: Engine<MemoryLedger, Scripted, K>,
    clock: Rc<Cell<Timestamp>>,
    slack: Scripted,
    sms: Scripted,
    email: Scripted,
    calls: Cell<u32>,
}

fn world(rules: Rules, limits: SmsLimits) -> World<impl Clock> {
    let clock = Rc::new(Cell::new(Timestamp::from_millis(START)));
    let channel = |id: ChannelId| Scripted {
        id,
        clock: Rc::clone(&clock),
        takes_ms: Rc::default(),
        script: Rc::default(),
        refused: Rc::default(),
        attempts: Rc::default(),
        taken: Rc::default(),
    };
    let slack = channel(ChannelId::only(ChannelKind::Slack));
    let sms = channel(ChannelId::sms("+12025550123".to_owned()));
    let email = channel(ChannelId::only(ChannelKind::Email));
    let settings = Settings {
        account: "123456789012".to_owned(),
        accepted: Accepted::Everything,
        region: None,
        rules,
        log_mode: LogMode::All,
    };
    let now = Rc::clone(&clock);
    let channels = vec![slack.clone(), sms.clone(), email.clone()];
    let engine = Engine::new(MemoryLedger::default(), channels, move || now.get(), settings)
        .with_sms_limits(limits);
    World { engine, clock, slack, sms, email, calls: Cell::new(0) }
}

fn usual() -> World<impl Clock> {
    world(Rules::built_in(), SmsLimits::new(20, 1))
}

fn incident(n: u64, opened_at: i64) -> Incident {
    let source = Source::LogGroup(format!("/shop/{n}"));
    Incident {
        id: IncidentId::new("1", &source, Cause::LambdaTimedOut, 7),
        source,
        log_group: "/shop".to_owned(),
        rule: "server-errors".to_owned(),
        severity: Severity::Critical,
        opening_cause: Cause::LambdaTimedOut,
        cause: Cause::LambdaTimedOut,
        confidence: Confidence::High,
        covered: vec![Cause::LambdaTimedOut],
        window_start: 0,
        opened_at: Timestamp::from_millis(START + opened_at),
        resolved_at: None,
        seq: 1,
        history: History::default(),
    }
}

impl<K: Clock> World<K> {
    fn at(&self, millis: i64) {
        self.clock.set(Timestamp::from_millis(START + millis));
    }

    /// Makes an incident owe a message on a channel, from now on.
    fn enqueue(&self, channel: &Scripted, incident: &Incident, seq: u64, event: Event) {
        self.owe_if(channel, incident, seq, event, 0, Condition::Always);
    }

    fn owe_if(
        &self,
        channel: &Scripted,
        incident: &Incident,
        seq: u64,
        event: Event,
        due_in: i64,
        condition: Condition,
    ) {
        let text = format!("{event:?} {seq}");
        let content = match channel.id.kind {
            ChannelKind::Slack => Content::Slack { body: json!({"text": text}) },
            ChannelKind::SlackBot => {
                Content::SlackBot { message: json!({"text": text}), reply: None }
            }
            ChannelKind::Sms => Content::Sms { body: text },
            ChannelKind::Email => Content::Email {
                subject: "a".to_owned(),
                body: text,
                attributes: std::collections::BTreeMap::new(),
            },
        };
        let now = self.clock.get();
        let row = OutboxRow {
            incident: incident.id.clone(),
            opened_at: incident.opened_at,
            seq,
            event,
            channel: channel.id.clone(),
            content,
            created_at: now,
            due: now.plus_millis(due_in),
            attempts: 0,
            condition,
            failure: None,
            names_members: false,
            stand_in_at: None,
            critical_opening: event == Event::Opened,
            reason: None,
        };
        let version = ready(self.engine.ledger.state(&incident.source)).unwrap().version;
        let incident = Incident { seq, ..incident.clone() };
        let transition = Transition { read_version: version, incident, outbox: vec![row] };
        assert_eq!(ready(self.engine.ledger.commit(&transition)), Ok(Committed::Done));
    }

    fn invoke<T>(&self, call: impl FnOnce(Invocation<'_>) -> T) -> T {
        self.calls.set(self.calls.get() + 1);
        let id = format!("call-{}", self.calls.get());
        call(Invocation { id: &id, deadline: self.clock.get().plus_millis(30 * SECOND) })
    }

    /// A delivery run as the sweep makes it.
    fn sweep(&self) -> DeliveryCounts {
        self.invoke(|invocation| ready(self.engine.deliver(&sweep(), invocation)))
    }

    /// The same, from an invocation that dies when a channel says so.
    fn sweep_and_die(&self) {
        self.invoke(|invocation| {
            let run = sweep();
            let mut dying = std::pin::pin!(self.engine.deliver(&run, invocation));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            assert!(dying.as_mut().poll(&mut context).is_pending(), "it dies on the way");
        });
    }

    /// Sweeps at each full minute up to `last`.
    fn sweep_until(&self, last: i64) -> DeliveryCounts {
        let mut sum = DeliveryCounts::default();
        let next = (self.clock.get().as_millis() - START) / MINUTE + 1;
        for minute in next..=last / MINUTE {
            self.at(minute * MINUTE);
            sum.add(self.sweep());
        }
        sum
    }

    fn pending(&self) -> usize {
        self.engine.ledger.pending_in_all()
    }
}

fn sweep() -> DeliveryRun {
    DeliveryRun { pages: u32::MAX, measure: true, ..DeliveryRun::of(Vec::new(), 500) }
}

fn answers(channel: &Scripted, answers: impl IntoIterator<Item = Answer>) {
    channel.script.borrow_mut().extend(answers);
}

fn texts(taken: &Attempts) -> Vec<String> {
    taken.borrow().iter().map(|(_, _, text)| text.clone()).collect()
}

fn times(attempts: &Attempts) -> Vec<i64> {
    attempts.borrow().iter().map(|(at, _, _)| *at / SECOND).collect()
}

const NOTHING: [&str; 0] = [];

#[test]
fn nobody_asks_inside_the_window_that_a_429_opens() {
    // Row 22: the whole channel rests, for every function, and then drains oldest first.
    let world = usual();
    answers(&world.slack, [wait(150)]);
    for n in 0..3 {
        world.enqueue(&world.slack, &incident(n, n as i64 * SECOND), 1, Opened);
    }
    for at in [0, 1, 30, 60, 120, 149] {
        world.at(at * SECOND);
        // ingest of fresh incidents asks just as little
        let fresh = incident(100 + at as u64, at * SECOND);
        world.enqueue(&world.slack, &fresh, 1, Opened);
        world.sweep();
    }
    assert_eq!(times(&world.slack.attempts), [0], "one attempt, and none in the window");
    world.at(150 * SECOND);
    world.sweep();
    let taken = world.slack.taken.borrow();
    assert_eq!((taken.len(), world.pending()), (9, 0));
    let opened = |n: u64| incident(n, 0).id.to_string();
    let order: Vec<String> = taken.iter().map(|(_, id, _)| id.clone()).collect();
    // 0 and 100 opened in the same millisecond, and so did 1 and 101
    assert_eq!(order[4..], [2, 130, 160, 220, 249].map(opened));
    let late = texts(&world.slack.taken);
    assert!(
        late[0]
            .ends_with("Delayed: from 10:45 UTC, delivered 2 min late because Slack answered 429.")
    );
    assert_eq!(late[8], "Opened 1", "one second is not late");
}

#[test]
fn a_wait_without_sense_is_clamped() {
    // Row 23.
    for (asked, next) in [(-5, 0), (0, 0), (5, 5), (15 * 60, 900), (1_000_000, 900)] {
        let world = usual();
        answers(&world.slack, [wait(asked)]);
        world.enqueue(&world.slack, &incident(1, 0), 1, Opened);
        world.sweep();
        let state = ready(world.engine.ledger.channel(&world.slack.id)).unwrap();
        let until = state.paused_until.map(|at| (at.as_millis() - START) / SECOND);
        assert_eq!(until, Some(next), "asked for {asked}");
    }
}

#[test]
fn two_hours_of_failures_lose_nothing_and_ask_ever_more_seldom() {
    // Row 24.
    let world = usual();
    answers(&world.slack, std::iter::repeat_n(retry(), 25));
    world.enqueue(&world.slack, &incident(1, 0), 1, Opened);
    let mut last_second = 0;
    while world.pending() > 0 && last_second < 3 * 3_600 {
        world.at(last_second * SECOND);
        world.sweep();
        last_second += 1;
    }
    let times = times(&world.slack.attempts);
    assert_eq!(times.len(), 26);
    let pauses: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    for (pause, base) in pauses.iter().zip([5, 10, 20, 40, 80, 160, 300, 300, 300]) {
        assert!((base..=base * 5 / 4 + 1).contains(pause), "{pauses:?}");
    }
    assert!(pauses[6..].iter().all(|pause| (300..=301).contains(pause)), "{pauses:?}");
    assert_eq!(texts(&world.slack.taken).len(), 1);
}

#[test]
fn what_slack_will_never_take_is_given_up_and_counted() {
    // Row 25: the adapter has tried the plain text by then.
    let world = usual();
    answers(&world.slack, [refuses("Slack answered 400: invalid_payload", Remedy::GiveUp)]);
    let failing = incident(1, 0);
    world.enqueue(&world.slack, &failing, 1, Opened);
    let counts = world.sweep();
    assert_eq!((counts.dead, counts.failed, world.pending()), (1, 1, 0));
    let id = &failing.id;
    assert_eq!(
        counts.losses,
        [format!("slack: incident {id} number 1: Slack answered 400: invalid_payload")]
    );
    // its end tells what was missed
    world.at(7 * MINUTE);
    world.enqueue(&world.slack, &failing, 2, Resolved);
    world.sweep();
    assert_eq!(texts(&world.slack.taken), ["Resolved 2 Fired 10:45, resolved 10:52 UTC."]);
}

#[test]
fn a_closed_channel_is_parked_ever_longer_and_recovers_by_itself() {
    // Row 26.
    let world = usual();
    answers(&world.slack, std::iter::repeat_n(park(), 6));
    world.enqueue(&world.slack, &incident(1, 0), 1, Opened);
    let parked = world.sweep().parked;
    let more = world.sweep_until(6 * HOUR);
    assert_eq!(parked + more.parked, 6, "each one is counted");
    let minutes: Vec<i64> = times(&world.slack.attempts).iter().map(|at| at / 60).collect();
    assert_eq!(minutes, [0, 10, 30, 70, 130, 190, 250]);
    assert_eq!(world.pending(), 0);
    let state = ready(world.engine.ledger.channel(&world.slack.id)).unwrap();
    assert_eq!((state.parkings, state.parked_until), (0, None), "it starts anew");
}

#[test]
fn one_channel_that_is_down_holds_up_no_other() {
    let world = usual();
    answers(&world.slack, std::iter::repeat_n(timeout(), 100));
    world.slack.takes_ms.set(5 * SECOND);
    for n in 0..10 {
        world.enqueue(&world.slack, &incident(n, 0), 1, Opened);
        world.enqueue(&world.email, &incident(n + 100, 0), 1, Opened);
    }
    let counts = world.sweep();
    assert_eq!(texts(&world.email.taken).len() as u64, counts.sent);
    assert_eq!(
        (counts.sent, world.slack.attempts.borrow().len()),
        (10, 3),
        "left alone after three"
    );
}

#[test]
fn a_message_that_always_fails_holds_up_no_other_incident() {
    let world = usual();
    answers(&world.slack, [retry()]);
    world.enqueue(&world.slack, &incident(1, 0), 1, Opened);
    world.enqueue(&world.slack, &incident(2, 1), 1, Opened);
    let counts = world.sweep();
    assert_eq!((counts.sent, counts.failed, world.pending()), (1, 1, 1));
}

#[test]
fn no_send_begins_with_less_than_eight_seconds_left() {
    // Rows 29 and 30.
    let world = usual();
    world.slack.takes_ms.set(3 * SECOND);
    for n in 0..20 {
        world.enqueue(&world.slack, &incident(n, 0), 1, Opened);
    }
    let counts = world.sweep();
    assert_eq!(times(&world.slack.attempts), [0, 3, 6, 9, 12, 15, 18, 21]);
    assert_eq!((counts.sent, counts.oldest_pending_ms), (8, Some(24 * SECOND)));
}

#[test]
fn a_crash_after_the_message_went_out_costs_one_repeat_that_says_so() {
    // Rows 3, 30 and 34.
    let world = usual();
    answers(&world.slack, [Answer::TakesAndDies]);
    world.enqueue(&world.slack, &incident(1, 0), 1, Opened);
    world.sweep_and_die();
    for at in [1, 30, 59] {
        world.at(at * SECOND);
        assert_eq!(world.sweep().sent, 0, "the lease is held");
    }
    world.at(61 * SECOND);
    assert_eq!(world.sweep().sent, 1);
    assert_eq!(texts(&world.slack.taken), ["Opened 1", "Opened 1 (may be a repeat)"]);
    assert_eq!((world.sweep_until(HOUR).sent, world.pending()), (0, 0), "and one only");
}

#[test]
fn a_retry_after_silence_says_that_it_may_be_a_repeat() {
    for (first, repeat) in [(timeout(), true), (retry(), false), (wait(5), false)] {
        let world = usual();
        answers(&world.slack, [first.clone(), retry()]);
        world.enqueue(&world.slack, &incident(1, 0), 1, Opened);
        world.sweep();
        world.at(10 * SECOND);
        world.sweep();
        world.at(40 * SECOND);
        world.sweep();
        let wanted = if repeat { "Opened 1 (may be a repeat)" } else { "Opened 1" };
        assert_eq!(texts(&world.slack.taken), [wanted], "{first:?}");
    }
}

#[test]
fn sweeps_that_run_at_once_send_each_message_once() {
    // Row 31: another invocation holds the lease while it sends.
    let world = usual();
    let (one, other) = (incident(1, 0), incident(2, 1));
    world.enqueue(&world.slack, &one, 1, Opened);
    world.enqueue(&world.slack, &other, 1, Opened);
    let now = world.clock.get();
    let until = now.plus_millis(MINUTE);
    let taken = ready(world.engine.ledger.lease(&world.slack.id, &one.id, "other", now, until));
    assert!(taken.unwrap().is_some());
    assert_eq!((world.sweep().sent, world.pending()), (1, 1), "what is not held goes out");
    ready(world.engine.ledger.give_back(&world.slack.id, &one.id, "other")).unwrap();
    assert_eq!((world.sweep().sent, world.pending()), (1, 0));
}

#[test]
fn clocks_that_differ_by_seconds_break_no_lease_and_no_order() {
    // Row 39.
    let world = usual();
    let opened = incident(1, 0);
    world.enqueue(&world.slack, &opened, 1, Opened);
    // resolved by a function whose clock is behind
    world.at(-5 * SECOND);
    world.enqueue(&world.slack, &opened, 2, Resolved);
    world.at(0);
    answers(&world.slack, [Answer::TakesAndDies]);
    world.sweep_and_die();
    // another's clock is ahead: the holder, had it lived, would be gone by now all the same
    world.at(59 * SECOND);
    assert_eq!(world.sweep().sent, 0);
    world.at(65 * SECOND);
    world.sweep();
    let texts = texts(&world.slack.taken);
    assert!(
        texts.iter().all(|text| text.starts_with("Resolved 2 Fired 10:45, resolved")),
        "{texts:?}"
    );
}

#[test]
fn ten_thousand_rows_drain_oldest_first_whatever_is_not_due() {
    // Row 33.
    const INCIDENTS: u64 = 5_000;
    let world = usual();
    for n in 0..INCIDENTS {
        let opened = incident(n, n as i64);
        // the oldest hundreds are not due for an hour
        let due_in = if n < 300 { HOUR } else { 0 };
        world.owe_if(&world.slack, &opened, 1, Opened, due_in, Condition::Always);
        world.enqueue(&world.slack, &opened, 2, Updated);
    }
    world.slack.takes_ms.set(100);
    assert_eq!(world.pending() as u64, 2 * INCIDENTS);
    let mut sweeps = 0;
    let mut sum = DeliveryCounts::default();
    while world.pending() > 600 {
        world.at(sweeps * MINUTE);
        let before = world.clock.get();
        sum.add(world.sweep());
        let took = world.clock.get().as_millis() - before.as_millis();
        assert!(took <= 22 * SECOND + 100, "sweep {sweeps} took {took} ms");
        sweeps += 1;
    }
    assert_eq!((sum.sent, sum.superseded), (4_700, 4_700));
    assert!(sweeps <= 25, "{sweeps}");
    let wanted: Vec<String> =
        (300..INCIDENTS).map(|n| incident(n, n as i64).id.to_string()).collect();
    let found: Vec<String> =
        world.slack.taken.borrow().iter().map(|(_, id, _)| id.clone()).collect();
    assert_eq!(found, wanted);
    world.sweep_until(2 * HOUR);
    assert_eq!(world.pending(), 0);
}

#[test]
fn what_happened_meanwhile_is_told_as_one_message() {
    // Row 35.
    let world = usual();
    answers(&world.slack, [wait(600)]);
    let opened = incident(1, 0);
    world.enqueue(&world.slack, &opened, 1, Opened);
    world.sweep();
    world.at(3 * MINUTE);
    world.enqueue(&world.slack, &opened, 2, Updated);
    world.at(7 * MINUTE);
    world.enqueue(&world.slack, &opened, 3, Resolved);
    let counts = world.sweep_until(HOUR);
    assert_eq!((counts.sent, counts.superseded, world.pending()), (1, 2, 0));
    assert_eq!(
        texts(&world.slack.taken),
        ["Resolved 3 Fired 10:45, resolved 10:52 UTC; delivered late because Slack answered 429."]
    );
}

#[test]
fn a_row_that_only_waited_for_the_channel_knows_why() {
    let world = usual();
    answers(&world.slack, [wait(600)]);
    world.enqueue(&world.slack, &incident(1, 0), 1, Opened);
    world.enqueue(&world.slack, &incident(2, 1), 1, Opened);
    world.sweep();
    world.sweep_until(10 * MINUTE);
    let late =
        "Opened 1 Delayed: from 10:45 UTC, delivered 10 min late because Slack answered 429.";
    assert_eq!(texts(&world.slack.taken), [late, late]);
    // once that is over, it explains nothing
    world.enqueue(&world.slack, &incident(3, 11 * MINUTE), 1, Opened);
    world.at(20 * MINUTE);
    world.sweep();
    let last = texts(&world.slack.taken).pop().unwrap();
    assert_eq!(last, "Opened 1 Delayed: from 10:55 UTC, delivered 10 min late.");
}

#[test]
fn after_a_day_a_message_is_dead_and_counted() {
    // Row 60: everything is down while an incident opens and closes.
    let world = usual();
    answers(&world.slack, std::iter::repeat_n(retry(), 10_000));
    let opened = incident(1, 0);
    world.enqueue(&world.slack, &opened, 1, Opened);
    world.at(HOUR);
    world.enqueue(&world.slack, &opened, 2, Resolved);
    let counts = world.sweep_until(24 * HOUR + 58 * MINUTE);
    assert_eq!((counts.sent, counts.dead, world.pending()), (0, 0, 2), "its end is not a day old");
    assert_eq!(counts.oldest_pending_ms, Some(24 * HOUR + 58 * MINUTE));
    let counts = world.sweep_until(26 * HOUR);
    assert_eq!((counts.sent, counts.dead, world.pending()), (0, 2, 0));
    assert_eq!(counts.losses.len(), 2);
    assert!(counts.losses[0].ends_with("number 1: not sent within 24 hours"));
}

#[test]
fn a_short_outage_of_everything_is_told_when_it_is_over() {
    // Row 60, the other end.
    let world = usual();
    for channel in [&world.slack, &world.email] {
        answers(channel, std::iter::repeat_n(timeout(), 5));
        let opened = incident(1, 0);
        let version = ready(world.engine.ledger.state(&opened.source)).unwrap().version;
        world.enqueue(channel, &opened, version + 1, Opened);
    }
    world.sweep();
    world.sweep_until(30 * MINUTE);
    for channel in [&world.slack, &world.email] {
        let [text] = &texts(&channel.taken)[..] else { panic!("{:?}", channel.taken) };
        assert!(text.contains("delivered late") || text.contains("min late"), "{text}");
        assert!(text.contains("because Slack did not answer within 5 s"), "{text}");
        assert!(text.contains("(may be a repeat)"), "{text}");
    }
}

#[test]
fn a_critical_opening_that_nobody_took_goes_to_the_others_after_five_minutes() {
    // Rows 24 and 26.
    for (answer, told) in [(park(), true), (retry(), true), (Answer::Takes, false)] {
        let world = usual();
        answers(&world.slack, std::iter::repeat_n(answer, 20));
        let opened = incident(1, 0);
        world.enqueue(&world.slack, &opened, 1, Opened);
        let unless = Condition::UnlessSentOn(vec![ChannelId::only(ChannelKind::Slack)]);
        world.owe_if(&world.sms, &opened, 1, Opened, 5 * MINUTE, unless);
        world.sweep();
        world.sweep_until(4 * MINUTE);
        assert_eq!(texts(&world.sms.taken), NOTHING, "others have five minutes");
        let counts = world.sweep_until(5 * MINUTE);
        let wanted: &[&str] = if told { &["Opened 1 (of 10:45 UTC, late)"] } else { &[] };
        assert_eq!(texts(&world.sms.taken), wanted);
        assert_eq!(counts.escalated, u64::from(told));
        // the end is told to who was told the beginning
        world.at(8 * MINUTE);
        world.owe_if(&world.sms, &opened, 2, Resolved, 0, Condition::IfToldBefore);
        world.sweep();
        assert_eq!(texts(&world.sms.taken).len(), 2 * usize::from(told));
        assert_eq!(ready(world.engine.ledger.pending(&world.sms.id, None, 9)).unwrap(), []);
    }
}

#[test]
fn an_incident_that_ends_before_it_escalates_is_told_as_one_or_not_at_all() {
    for (answer, wanted) in
        [(park(), &["Resolved 2 (fired 10:45, late)"][..]), (Answer::Takes, &[])]
    {
        let world = usual();
        answers(&world.slack, [answer]);
        let opened = incident(1, 0);
        world.enqueue(&world.slack, &opened, 1, Opened);
        let unless = Condition::UnlessSentOn(vec![ChannelId::only(ChannelKind::Slack)]);
        world.owe_if(&world.sms, &opened, 1, Opened, 5 * MINUTE, unless);
        world.sweep();
        world.at(3 * MINUTE);
        world.owe_if(&world.sms, &opened, 2, Resolved, 0, Condition::IfToldBefore);
        world.sweep_until(20 * MINUTE);
        assert_eq!(texts(&world.sms.taken), wanted);
    }
}

#[test]
fn text_messages_end_at_the_days_limit_and_say_so_once() {
    let world = world(Rules::built_in(), SmsLimits { per_number: 3, in_all: 100 });
    let mut sum = DeliveryCounts::default();
    for n in 0..6 {
        world.at(n * MINUTE);
        // a failed try costs nothing more
        answers(&world.sms, [retry()]);
        world.enqueue(&world.sms, &incident(n as u64, n * MINUTE), 1, Opened);
        sum.add(world.sweep());
        world.at(n * MINUTE + 20 * SECOND);
        sum.add(world.sweep());
    }
    let texts = texts(&world.sms.taken);
    assert_eq!(texts, ["Opened 1", "Opened 1", "Opened 1 SMS limit reached, see Slack"]);
    assert_eq!((sum.sent, sum.capped, world.pending()), (3, 3, 0));
    // the next day begins anew
    world.at(14 * HOUR);
    world.sms.script.borrow_mut().clear();
    world.enqueue(&world.sms, &incident(9, 14 * HOUR), 1, Opened);
    assert_eq!(world.sweep().sent, 1);
}

#[test]
fn a_quarter_of_the_days_text_messages_is_kept_for_critical_openings() {
    let world = world(Rules::built_in(), SmsLimits { per_number: 4, in_all: 100 });
    let opened: Vec<Incident> = (0..4).map(|n| incident(n, 0)).collect();
    let mut sum = DeliveryCounts::default();
    for (minute, n, seq, event) in [
        (0, 0, 1, Opened),
        (1, 0, 2, Resolved),
        (2, 0, 3, Updated),
        // only openings are left, whichever incident it is
        (3, 1, 1, Opened),
        (4, 1, 2, Resolved),
        (5, 2, 1, Opened),
    ] {
        world.at(minute * MINUTE);
        // a retry takes nothing more
        answers(&world.sms, [retry()]);
        world.enqueue(&world.sms, &opened[n], seq, event);
        sum.add(world.sweep());
        world.at(minute * MINUTE + 20 * SECOND);
        sum.add(world.sweep());
    }
    let texts = texts(&world.sms.taken);
    let wanted = ["Opened 1", "Resolved 2", "Updated 3", "Opened 1 SMS limit reached, see Slack"];
    assert_eq!(texts, wanted);
    assert_eq!((sum.sent, sum.capped, world.pending()), (4, 2, 0));
}

#[test]
fn the_last_text_message_before_the_reserved_quarter_says_so() {
    let world = world(Rules::built_in(), SmsLimits { per_number: 4, in_all: 100 });
    let opened = incident(1, 0);
    for (minute, seq, event) in [(0, 1, Updated), (1, 2, Updated), (2, 3, Updated), (3, 4, Updated)]
    {
        world.at(minute * MINUTE);
        world.enqueue(&world.sms, &opened, seq, event);
        world.sweep();
    }
    let wanted = ["Updated 1", "Updated 2", "Updated 3 SMS limit near: only new criticals now"];
    assert_eq!(texts(&world.sms.taken), wanted);
}

#[test]
fn a_message_that_tells_of_an_opening_too_may_use_the_reserved_quarter() {
    let world = world(Rules::built_in(), SmsLimits { per_number: 1, in_all: 100 });
    let opened = incident(1, 0);
    world.enqueue(&world.sms, &opened, 1, Opened);
    world.enqueue(&world.sms, &opened, 2, Updated);
    world.sweep();
    assert_eq!(texts(&world.sms.taken), ["Updated 2 (fired 10:45) SMS limit reached, see Slack"]);
}

#[test]
fn ingest_sends_a_few_old_messages_beside_its_own() {
    // Row 32: the sweep is dead.
    let world = usual();
    for n in 0..20 {
        world.enqueue(&world.slack, &incident(n, n as i64), 1, Opened);
    }
    let own = incident(50, 50);
    world.enqueue(&world.slack, &own, 1, Opened);
    let place = crate::store::OutboxKey::before_incident(own.opened_at, own.id.clone());
    let run = DeliveryRun { pages: 4, ..DeliveryRun::of(vec![place], 5) };
    let counts = world.invoke(|invocation| ready(world.engine.deliver(&run, invocation)));
    assert_eq!((counts.sent, world.pending()), (5, 16));
    let order: Vec<String> =
        world.slack.taken.borrow().iter().map(|(_, id, _)| id.clone()).collect();
    let wanted = [50, 0, 1, 2, 3].map(|n| incident(n, n as i64).id.to_string());
    assert_eq!(order, wanted, "its own first, then the oldest");
}

#[test]
fn a_script_of_everything_loses_nothing_and_is_never_asked_inside_its_window() {
    // 429, 500, slow bytes, 400 (given up by the adapter after its plain text), 404, invalid_token, 200.
    let world = usual();
    let script = [wait(45), retry(), timeout(), park(), park(), wait(90), Answer::Takes];
    answers(&world.slack, script.clone());
    let mut incidents = Vec::new();
    let mut second = 0;
    while second < 3 * 3_600 {
        world.at(second * SECOND);
        if second % 600 == 0 && incidents.len() < 5 {
            let opened = incident(incidents.len() as u64, second * SECOND);
            world.enqueue(&world.slack, &opened, 1, Opened);
            incidents.push(opened.id.to_string());
        }
        world.sweep();
        second += 5;
    }
    assert_eq!(world.pending(), 0);
    let mut told: Vec<String> =
        world.slack.taken.borrow().iter().map(|(_, id, _)| id.clone()).collect();
    told.sort();
    incidents.sort();
    assert_eq!(told, incidents, "each incident is told once");
    let times = times(&world.slack.attempts);
    for (answer, pair) in script.iter().zip(times.windows(2)) {
        let Answer::Refuses(error) = answer else { continue };
        let rest = match error.remedy {
            Remedy::Wait(millis) => millis / SECOND,
            Remedy::Park => 600,
            Remedy::Retry | Remedy::GiveUp => 0,
        };
        assert!(pair[1] - pair[0] >= rest, "{answer:?}: asked at {pair:?}");
    }
}
