//! Requests as Slack sends them, and as others do, on a ledger in memory.

use std::cell::{Cell, RefCell};

use alerting::{
    Accepted, Action, Channel, ChannelId, ChannelKind, Condition, Content, Delivery, Engine, Event,
    Incident, Invocation, Ledger as _, LogMode, MemoryLedger, OutboxRow, Rules, SendError, Sent,
    Settings, Severity, Source, Target, Transition,
};
use aws::channel::{ReadSecret, Secret};
use aws::metrics::Metrics;
use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diagnosis::{Cause, Confidence, Timestamp};
use serde_json::json;

use super::{Whisper, World};
use crate::request::MAX_BODY;
use crate::signature::tests::{SECRET, sign};

const SECONDS: i64 = 1_741_776_300;

fn now() -> Timestamp {
    Timestamp::from_millis(SECONDS * 1_000)
}

/// The secret, and how often it was read.
#[derive(Default)]
struct Parameter(Cell<u32>);

impl ReadSecret for &Parameter {
    async fn read(&self) -> Result<String, String> {
        self.0.set(self.0.get() + 1);
        Ok(SECRET.to_owned())
    }
}

/// A channel that records the edits of its message.
struct Bot(ChannelId, RefCell<Vec<Content>>);

impl Channel for &Bot {
    fn id(&self) -> &ChannelId {
        &self.0
    }

    async fn send(&self, delivery: Delivery<'_>) -> Result<Sent, SendError> {
        self.1.borrow_mut().push(delivery.content.clone());
        Ok(Sent { message_ref: Some("C0123ABC/1.1".to_owned()) })
    }
}

#[derive(Default)]
struct Whispers(RefCell<Vec<String>>);

impl Whisper for Whispers {
    async fn whisper(&self, user: &str, text: &str) -> Result<(), SendError> {
        self.0.borrow_mut().push(format!("{user}: {text}"));
        Ok(())
    }
}

fn source() -> Source {
    Source::Stage { api_id: "a1b2c3d4e5".to_owned(), stage: "prod".to_owned() }
}

fn incident() -> Incident {
    Incident {
        id: "0123456789ab".parse().unwrap(),
        source: source(),
        log_group: "/shop".to_owned(),
        rule: "server-errors".to_owned(),
        severity: Severity::Critical,
        opening_cause: Cause::LambdaTimedOut,
        cause: Cause::LambdaTimedOut,
        confidence: Confidence::High,
        covered: vec![Cause::LambdaTimedOut],
        window_start: now().minute() - 4,
        opened_at: now(),
        resolved_at: None,
        seq: 1,
        history: alerting::History::default(),
    }
}

fn form(action: Action, name: &str) -> String {
    let target = Target { incident: incident().id, source: source() };
    let payload = json!({
        "type": "block_actions",
        "user": {"id": format!("U{name}"), "name": name},
        "actions": [{"action_id": action.id(), "value": target.to_string()}],
    });
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("payload", &payload.to_string());
    form.finish()
}

/// A request as the function URL hands it over.
fn request(method: &str, body: &str, timestamp: &str, signature: &str) -> LambdaFunctionUrlRequest {
    serde_json::from_value(json!({
        "version": "2.0",
        "headers": {
            "x-slack-request-timestamp": timestamp,
            "x-slack-signature": signature,
            "content-type": "application/x-www-form-urlencoded",
        },
        "requestContext": {"http": {"method": method, "path": "/"}, "timeEpoch": 0},
        "body": STANDARD.encode(body),
        "isBase64Encoded": true,
    }))
    .unwrap()
}

/// The same, signed as Slack signs.
fn signed(body: &str) -> LambdaFunctionUrlRequest {
    let timestamp = SECONDS.to_string();
    request("POST", body, &timestamp, &sign(SECRET, &timestamp, body))
}

/// The state after some requests.
struct Left {
    statuses: Vec<i64>,
    /// How often the incident's source changed.
    version: u64,
    acknowledged_by: Option<String>,
    silences: Vec<String>,
    edits: Vec<String>,
    whispers: Vec<String>,
    secret_reads: u32,
}

/// Answers requests about an open incident, one after the other. Its first message is pending.
async fn answer(requests: &[LambdaFunctionUrlRequest]) -> Left {
    let parameter = Parameter::default();
    let bot = Bot(ChannelId::only(ChannelKind::SlackBot), RefCell::default());
    let whispers = Whispers::default();
    let opened = OutboxRow {
        incident: incident().id,
        opened_at: now(),
        seq: 1,
        event: Event::Opened,
        channel: ChannelId::only(ChannelKind::SlackBot),
        content: Content::SlackBot { message: json!({"text": "opened"}), reply: None },
        created_at: now(),
        due: now(),
        attempts: 0,
        condition: Condition::Always,
        failure: None,
        names_members: false,
        stand_in_at: None,
        critical_opening: true,
        reason: None,
    };
    let ledger = MemoryLedger::default();
    let transition = Transition { read_version: 0, incident: incident(), outbox: vec![opened] };
    ledger.commit(&transition).await.unwrap();
    let settings = Settings {
        account: "123456789012".to_owned(),
        accepted: Accepted::Everything,
        region: None,
        rules: Rules::built_in(),
        log_mode: LogMode::All,
    };
    let clock: fn() -> Timestamp = now;
    let engine = Engine::new(ledger, vec![&bot], clock, settings).with_buttons(true);
    let secret = Secret::new(&parameter, clock);
    let metrics = Metrics { function: "respond".to_owned(), stack: "test".to_owned() };
    let world =
        World { engine: &engine, clock, secret: &secret, whisper: &whispers, metrics: &metrics };
    let mut statuses = Vec::new();
    for (at, request) in requests.iter().enumerate() {
        let id = format!("request-{at}");
        let deadline = now().plus_millis(30_000);
        statuses.push(world.answer(request, Invocation { id: &id, deadline }).await.0);
    }
    let state = engine.ledger().state(&source()).await.unwrap();
    let first = state.incidents[0].history.acknowledged.as_ref();
    let silences = engine.ledger().silences(now()).await.unwrap();
    Left {
        statuses,
        version: state.version,
        acknowledged_by: first.map(|first| first.by.clone()),
        silences: silences.into_iter().map(|s| format!("{} {}", s.author, s.until)).collect(),
        edits: bot.1.borrow().iter().map(|content| format!("{content:?}")).collect(),
        whispers: whispers.0.take(),
        secret_reads: parameter.0.get(),
    }
}

#[tokio::test]
async fn the_second_to_acknowledge_sees_who_was_first() {
    let press = |name| signed(&form(Action::Acknowledge, name));
    let left = answer(&[press("ann"), press("bob")]).await;
    assert_eq!(left.statuses, [200, 200]);
    assert_eq!(left.acknowledged_by.as_deref(), Some("ann"));
    assert_eq!(left.edits.len(), 1);
    assert!(left.edits[0].contains("ann is looking after it"), "{}", left.edits[0]);
    assert!(!left.edits[0].contains("acknowledge") && left.edits[0].contains("silence-1h"));
    assert_eq!(left.whispers, ["Ubob: Already acknowledged by ann, at 2025-03-12 10:45 UTC."]);
    assert_eq!(left.secret_reads, 1, "remembered");
}

#[tokio::test]
async fn a_request_that_is_sent_again_is_refused() {
    for action in Action::ALL {
        let once = answer(&[signed(&form(action, "ann"))]).await;
        let again = signed(&form(action, "ann"));
        let twice = answer(&[again.clone(), again.clone(), again]).await;
        assert_eq!(twice.statuses, [200, 409, 409]);
        assert_eq!(once.whispers, twice.whispers, "{action:?}");
        assert_eq!((once.version, once.silences), (twice.version, twice.silences), "{action:?}");
        assert_eq!(once.edits, twice.edits, "{action:?}");
    }
}

#[tokio::test]
async fn a_silence_is_stored_and_posted_in_the_thread() {
    for (action, until) in [
        (Action::SilenceForAnHour, "2025-03-12T11:45:00.000Z"),
        (Action::SilenceForADay, "2025-03-13T10:45:00.000Z"),
    ] {
        let left = answer(&[signed(&form(action, "ann")), signed(&form(action, "bob"))]).await;
        assert_eq!(left.statuses, [200, 200]);
        assert_eq!(left.silences, [format!("ann {until}")]);
        assert_eq!(left.edits.len(), 1);
        assert!(left.edits[0].contains("ann has silenced this until"), "{}", left.edits[0]);
        assert!(left.whispers[0].starts_with("Uann: Silenced until"), "{:?}", left.whispers);
        assert!(left.whispers[1].starts_with("Ubob: Already silenced by ann"));
        assert_eq!(left.acknowledged_by, None);
    }
}

#[tokio::test]
async fn a_request_that_slack_did_not_sign_changes_nothing() {
    let body = form(Action::Acknowledge, "eve");
    let timestamp = SECONDS.to_string();
    let old = (SECONDS - 301).to_string();
    let good = sign(SECRET, &timestamp, &body);
    let huge = "a".repeat(MAX_BODY + 1);
    let mut unsigned = signed(&body);
    unsigned.headers.clear();
    let mut not_base64 = signed(&body);
    not_base64.body = Some("%%%".to_owned());
    let mut encoded_bytes = signed(&body);
    encoded_bytes.is_base64_encoded = false;
    for (what, request, status, reads) in [
        ("another method", request("GET", &body, &timestamp, &good), 405, 0),
        ("too much", signed(&huge), 413, 0),
        ("no signature", unsigned, 401, 0),
        ("an old request", request("POST", &body, &old, &sign(SECRET, &old, &body)), 401, 0),
        ("a cut signature", request("POST", &body, &timestamp, &good[..60]), 401, 0),
        ("not base64", not_base64, 401, 0),
        (
            "another body",
            request("POST", &form(Action::Acknowledge, "bob"), &timestamp, &good),
            401,
            1,
        ),
        ("a later time", request("POST", &body, &(SECONDS + 1).to_string(), &good), 401, 1),
        (
            "another secret",
            request("POST", &body, &timestamp, &sign("0123456789abcdef", &timestamp, &body)),
            401,
            1,
        ),
        ("what is signed is decoded", encoded_bytes, 401, 1),
        ("signed nonsense", signed("payload=%7B%7D"), 400, 1),
        ("a signed link", signed("payload=%7B%22type%22%3A%22view_closed%22%7D"), 200, 1),
    ] {
        let left = answer(&[request]).await;
        assert_eq!((left.statuses, left.secret_reads), (vec![status], reads), "{what}");
        assert_eq!((left.version, left.acknowledged_by), (1, None), "{what}");
        assert!(left.edits.is_empty() && left.whispers.is_empty(), "{what}");
    }
}

#[tokio::test]
async fn an_unknown_incident_is_reported_to_the_user() {
    let form = form(Action::Acknowledge, "ann").replace("0123456789ab", "ba9876543210");
    let left = answer(&[signed(&form)]).await;
    assert_eq!((left.statuses, left.version), (vec![200], 1));
    assert_eq!(left.whispers, ["Uann: This incident is too old; its record has been deleted."]);
}
