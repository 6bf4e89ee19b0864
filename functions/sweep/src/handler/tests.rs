//! What each event does, with channels that record messages.

use std::cell::RefCell;

use alerting::{
    Accepted, Account, AccountError, Budget, Channel, ChannelId, ChannelKind, Content, Delivery,
    Engine, Function, Integration, LogEvent, LogMode, LogQuery, MemoryLedger, Remedy,
    RequestCountQuery, RequestMetrics, Rules, SendError, Sent, Settings, StageInfo, Stages,
    StagesPage, TestReport,
};
use aws::channel::ReadSecret;
use aws::metrics::Metrics;
use diagnosis::Timestamp;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};

use super::{Outside, handle};

/// A channel that records messages, and accepts or refuses them.
struct Listener {
    id: ChannelId,
    refuses: bool,
    given: RefCell<Vec<Content>>,
}

impl Channel for &Listener {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    async fn send(&self, delivery: Delivery<'_>) -> Result<Sent, SendError> {
        self.given.borrow_mut().push(delivery.content.clone());
        if self.refuses {
            return Err(SendError::with("Slack answered 404: no_service", Remedy::Park));
        }
        Ok(Sent::default())
    }
}

/// Rules that count how often they are read, which every sweep does first.
#[derive(Default)]
struct Parameter(RefCell<u32>);

impl ReadSecret for Parameter {
    async fn read(&self) -> Result<String, String> {
        *self.0.borrow_mut() += 1;
        Err("throttled".to_owned())
    }
}

/// An account that never answers.
struct Silent;

impl Stages for Silent {
    async fn stages(
        &self,
        _cursor: Option<&str>,
        _budget: &Budget,
    ) -> Result<StagesPage, AccountError> {
        Err(AccountError::Failed)
    }
}

impl Account for Silent {
    async fn integration(
        &self,
        _stage: &StageInfo,
        _route: &str,
        _budget: &Budget,
    ) -> Result<Integration, AccountError> {
        Err(AccountError::Failed)
    }

    async fn function(&self, _name: &str, _budget: &Budget) -> Result<Function, AccountError> {
        Err(AccountError::Failed)
    }

    async fn log_events(
        &self,
        _query: &LogQuery<'_>,
        _budget: &Budget,
    ) -> Result<Vec<LogEvent>, AccountError> {
        Err(AccountError::Failed)
    }
}

impl RequestMetrics for Silent {
    async fn request_counts(
        &self,
        _queries: &[RequestCountQuery<'_>],
        _budget: &Budget,
    ) -> Result<Vec<Option<u64>>, AccountError> {
        Err(AccountError::Failed)
    }
}

/// The answer to an event, and whether it ran a sweep.
async fn answered(channels: &[Listener], event: Value) -> (Option<TestReport>, bool) {
    let settings = Settings {
        account: String::new(),
        accepted: Accepted::Everything,
        region: None,
        rules: Rules::built_in(),
        log_mode: LogMode::All,
    };
    let clock = || Timestamp::from_millis(1_741_776_300_000);
    let engine = Engine::new(MemoryLedger::default(), channels.iter().collect(), clock, settings);
    let rules = Parameter::default();
    let event = LambdaEvent::new(event, Context::default());
    let outside = Outside {
        rules: Some(&rules),
        stages: &Silent,
        account: Some(&Silent),
        requests: &Silent,
        operations: None,
    };
    let metrics = Metrics { function: "sweep".to_owned(), stack: "gatewatch".to_owned() };
    let answer = handle(&engine, outside, clock, &metrics, event).await.unwrap();
    (answer, rules.0.into_inner() > 0)
}

fn listener(id: ChannelId, refuses: bool) -> Listener {
    Listener { id, refuses, given: RefCell::default() }
}

#[tokio::test]
async fn a_test_alert_reaches_each_channel_and_runs_no_sweep() {
    let channels = [
        listener(ChannelId::only(ChannelKind::Slack), true),
        listener(ChannelId::sms("+12025550123".to_owned()), false),
    ];
    let (report, swept) = Box::pin(answered(&channels, json!({"gatewatch": "test-alert"}))).await;
    assert!(!swept);
    let report = serde_json::to_value(report).unwrap();
    assert_eq!(report["channels"][0]["channel"], "slack");
    assert_eq!(report["channels"][0]["ok"], false);
    assert_eq!(report["channels"][0]["answer"], "Slack answered 404: no_service");
    assert!(report["channels"][0]["hint"].is_string());
    assert_eq!(report["channels"][1]["channel"], "sms:…0123");
    assert_eq!(report["channels"][1]["ok"], true);
    for channel in &channels {
        let given = channel.given.borrow();
        assert_eq!(given.len(), 1);
        let given = serde_json::to_string(&given[0]).unwrap();
        assert!(given.contains("TEST: ") && given.contains("gatewatch"), "{given}");
    }
}

#[tokio::test]
async fn any_other_event_runs_a_sweep() {
    for event in [json!(null), json!({}), json!({"gatewatch": "sweep"}), json!("test-alert")] {
        let channels = [listener(ChannelId::only(ChannelKind::Slack), false)];
        assert_eq!(Box::pin(answered(&channels, event.clone())).await, (None, true), "{event}");
        assert!(channels[0].given.borrow().is_empty(), "{event}");
    }
}
