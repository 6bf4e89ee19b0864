//! An engine on a table, the channels that it sends on, and the account that it asks.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::Write as _;
use std::rc::Rc;

use alerting::{
    Accepted, Account, AccountError, Attachment, Budget, Channel, ChannelId, ChannelKind, Clock,
    Delivery, Engine, Function, IngestReport, Integration, Invocation, Ledger as _, LogEvent,
    LogMode, LogQuery, Patterns, Rules, SendError, Sent, Settings, StageInfo, Stages, StagesPage,
    SweepReport,
};
use aws::DynamoLedger;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diagnosis::{ApiType, Timestamp};
use serde_json::json;

use crate::local;

pub(super) const ACCOUNT: &str = "111122223333";
pub(super) const SHOP_GROUP: &str = "/aws/apigateway/shop";
pub(super) const NOTES_GROUP: &str = "/aws/apigateway/notes 1#2%3";
pub(super) const STORM_GROUP: &str = "/aws/apigateway/storm";
pub(super) const EXECUTION_GROUP: &str = "API-Gateway-Execution-Logs_e5d4c3b2a1/prod";
pub(super) const PHONE: &str = "+12025550123";
pub(super) const INVOCATION: &str = "8f5a1c7e-2b1d-4c3e-9a7f-1d2c3b4a5e6f";

/// The clock that everything goes by.
#[derive(Debug, Clone)]
pub(super) struct Hands(Rc<Cell<Timestamp>>);

impl Hands {
    pub(super) fn at(now: Timestamp) -> Self {
        Self(Rc::new(Cell::new(now)))
    }

    pub(super) fn set(&self, now: Timestamp) {
        self.0.set(now);
    }
}

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        self.0.get()
    }
}

/// A channel that answers by a script, and takes everything when that is at its end.
#[derive(Debug, Clone)]
pub(super) struct Scripted {
    id: ChannelId,
    takes: &'static str,
    pub(super) answers: Rc<RefCell<VecDeque<SendError>>>,
    pub(super) sent: Rc<RefCell<Vec<(String, u64, String)>>>,
}

impl Scripted {
    /// `takes`: where it says that it keeps a message; empty if it does not say.
    pub(super) fn new(id: ChannelId, takes: &'static str) -> Self {
        Self { id, takes, answers: Rc::default(), sent: Rc::default() }
    }
}

impl Channel for Scripted {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    async fn send(&self, delivery: Delivery<'_>) -> Result<Sent, SendError> {
        if let Some(error) = self.answers.borrow_mut().pop_front() {
            return Err(error);
        }
        let content = serde_json::to_string(delivery.content).unwrap();
        let incident = delivery.incident.to_string();
        self.sent.borrow_mut().push((incident, delivery.seq, content));
        let place = delivery.message_ref.unwrap_or(self.takes);
        Ok(Sent { message_ref: Some(place.to_owned()).filter(|place| !place.is_empty()) })
    }
}

/// An engine and what it talks to. Its futures are boxed: one in the other, they are larger than the stack
/// of a test's thread.
pub(super) struct World {
    pub(super) engine: Engine<DynamoLedger<Hands>, Scripted, Hands>,
    pub(super) hands: Hands,
    pub(super) bot: Scripted,
    pub(super) sms: Scripted,
    pub(super) email: Scripted,
    pub(super) webhook: Scripted,
    calls: Cell<u32>,
}

impl World {
    pub(super) async fn on(table: &str, now: Timestamp) -> Self {
        let hands = Hands::at(now);
        let only = |kind, takes| Scripted::new(ChannelId::only(kind), takes);
        let bot = only(ChannelKind::SlackBot, "C024BE91L/4102478040.000200");
        let sms = Scripted::new(ChannelId::sms(PHONE.to_owned()), "");
        let email = only(ChannelKind::Email, "");
        let webhook = only(ChannelKind::Slack, "");
        let groups = [SHOP_GROUP, NOTES_GROUP, STORM_GROUP, EXECUTION_GROUP];
        let settings = Settings {
            account: ACCOUNT.to_owned(),
            accepted: Accepted::Watched { own: Vec::new() },
            region: Some("eu-west-1".to_owned()),
            rules: Rules::built_in(),
            log_mode: LogMode::All,
        };
        let ledger = local::ledger_in(table, hands.clone()).await;
        let watched = Attachment::done(Patterns::of(groups), now);
        ledger.store_attachment(&watched).await.unwrap();
        // The first of the two ways to Slack is the one that incidents are sent on.
        let channels = vec![bot.clone(), sms.clone(), email.clone(), webhook.clone()];
        let engine = Engine::new(ledger, channels, hands.clone(), settings)
            .with_buttons(true)
            .with_stored_rules()
            .with_inventory();
        Self { engine, hands, bot, sms, email, webhook, calls: Cell::new(0) }
    }

    pub(super) const fn ledger(&self) -> &DynamoLedger<Hands> {
        self.engine.ledger()
    }

    pub(super) fn invocation_id(&self) -> String {
        self.calls.set(self.calls.get() + 1);
        format!("call-{}", self.calls.get())
    }

    pub(super) async fn ingest(&self, group: &str, lines: &[String]) -> IngestReport {
        let (id, payload) = (self.invocation_id(), payload(group, lines, self.hands.now()));
        Box::pin(self.engine.ingest(payload.as_bytes(), self.call(&id))).await.unwrap()
    }

    pub(super) async fn sweep(&self) -> SweepReport {
        let id = self.invocation_id();
        let report = Box::pin(self.engine.sweep(self.call(&id))).await;
        assert_eq!(report.failure, None);
        report
    }

    /// Asks the function's log, in which each of its runs timed out.
    pub(super) async fn gather_evidence(&self) {
        let id = self.invocation_id();
        let account = OneFunction(self.hands.now());
        let report = Box::pin(self.engine.gather_evidence(&account, self.call(&id))).await;
        assert_eq!(report.failed, 0);
    }

    /// Reads one page of the account's stages, which is `next` to last or the last.
    pub(super) async fn read_stages(&self, next: Option<&str>) {
        let id = self.invocation_id();
        let page = OnePage { next: next.map(str::to_owned), read: Cell::new(false) };
        let report = Box::pin(self.engine.refresh_inventory(&page, self.call(&id))).await;
        assert_eq!((report.errors, report.because), (0, None));
    }

    pub(super) fn call<'a>(&self, id: &'a str) -> Invocation<'a> {
        Invocation { id, deadline: self.hands.now().plus_millis(60_000) }
    }
}

fn payload(group: &str, lines: &[String], now: Timestamp) -> String {
    let event = |(n, line): (usize, &String)| json!({"id": format!("{}-{n}", now.minute()), "timestamp": now.as_millis(), "message": line});
    let events: Vec<_> = lines.iter().enumerate().map(event).collect();
    let envelope = json!({
        "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": group, "logStream": "s",
        "subscriptionFilters": ["gatewatch"], "logEvents": events,
    });
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(envelope.to_string().as_bytes()).unwrap();
    let data = BASE64_STANDARD.encode(encoder.finish().unwrap());
    json!({"awslogs": {"data": data}}).to_string()
}

struct OneFunction(Timestamp);

impl Account for OneFunction {
    async fn integration(
        &self,
        _stage: &StageInfo,
        _route: &str,
        budget: &Budget,
    ) -> Result<Integration, AccountError> {
        budget.take(self.0)?;
        Ok(Integration::Function("shop-orders".to_owned()))
    }

    async fn function(&self, name: &str, budget: &Budget) -> Result<Function, AccountError> {
        budget.take(self.0)?;
        Ok(Function {
            name: name.to_owned(),
            log_group: format!("/aws/lambda/{name}"),
            timeout_seconds: Some(29),
            memory_mb: Some(128),
        })
    }

    async fn log_events(
        &self,
        query: &LogQuery<'_>,
        budget: &Budget,
    ) -> Result<Vec<LogEvent>, AccountError> {
        budget.take(self.0)?;
        if query.log_group != "/aws/lambda/shop-orders" {
            return Err(AccountError::NotFound);
        }
        let event = |message: String| LogEvent {
            time: query.from,
            log_stream: "2100/01/01/[$LATEST]4f2a".to_owned(),
            message,
        };
        Ok([
            format!("START RequestId: {INVOCATION} Version: $LATEST"),
            format!("2100-01-01T09:14:07.123Z {INVOCATION} Task timed out after 29.00 seconds"),
            format!("REPORT RequestId: {INVOCATION}\tDuration: 29000.00 ms\tBilled Duration: 29000 ms\tMemory Size: 128 MB\tMax Memory Used: 97 MB\tInit Duration: 412.00 ms"),
        ]
        .into_iter()
        .map(event)
        .collect())
    }
}

struct OnePage {
    next: Option<String>,
    read: Cell<bool>,
}

impl Stages for OnePage {
    async fn stages(
        &self,
        _cursor: Option<&str>,
        budget: &Budget,
    ) -> Result<StagesPage, AccountError> {
        if self.read.replace(true) {
            return Err(AccountError::OverBudget);
        }
        budget.take(Timestamp::from_millis(0))?;
        let stage = StageInfo {
            api_name: Some("Shop \u{2603}".to_owned()),
            access_log_group: Some(SHOP_GROUP.to_owned()),
            format: Some(FORMAT.to_owned()),
            execution_logging: Some(alerting::ExecutionLogging::Errors),
            ..StageInfo::named("a1b2c3d4e5", "prod", ApiType::Rest)
        };
        let chat = StageInfo {
            access_log_group: Some(SHOP_GROUP.to_owned()),
            format: Some(FORMAT.to_owned()),
            execution_logging: Some(alerting::ExecutionLogging::Info),
            ..StageInfo::named("c3h4a5t6w7", "live", ApiType::WebSocket)
        };
        let notes = StageInfo {
            api_name: Some("Notes".to_owned()),
            access_log_group: Some(STORM_GROUP.to_owned()),
            format: Some("$context.requestId $context.status".to_owned()),
            execution_logging: Some(alerting::ExecutionLogging::Off),
            ..StageInfo::named("n0t1e2s3a4", "$default", ApiType::Http)
        };
        Ok(StagesPage { stages: vec![stage, chat, notes], next: self.next.clone() })
    }
}

const FORMAT: &str = r#"{"requestId":"$context.requestId","apiId":"$context.apiId","stage":"$context.stage","requestTimeEpoch":"$context.requestTimeEpoch","httpMethod":"$context.httpMethod","resourcePath":"$context.resourcePath","status":"$context.status"}"#;
