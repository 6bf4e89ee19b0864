//! What whoever tests is told, and what is left behind.

use std::cell::RefCell;
use std::rc::Rc;

use diagnosis::Timestamp;

use super::{TestReport, Tested};
use crate::engine::{Accepted, Engine, Invocation, Settings};
use crate::notify::{
    Audience, Channel, ChannelId, ChannelKind, Content, Delivery, Remedy, SendError, Sent,
};
use crate::rules::{LogMode, Rules};
use crate::store::contract::ready;
use crate::store::{Ledger as _, MemoryLedger, SmsLimits};

/// 2025-03-12T09:14:00Z
const NOW_MS: i64 = 1_741_770_840_000;

fn now() -> Timestamp {
    Timestamp::from_millis(NOW_MS)
}

/// A channel that answers the same every time, and keeps what it was given.
struct Answering {
    id: ChannelId,
    refuses: Option<SendError>,
    audience: Result<Option<Audience>, SendError>,
    given: Rc<RefCell<Vec<Content>>>,
    forgotten: Rc<RefCell<u32>>,
}

impl Answering {
    fn new(id: ChannelId, refuses: Option<SendError>) -> Self {
        Self { id, refuses, audience: Ok(None), given: Rc::default(), forgotten: Rc::default() }
    }
}

impl Channel for Answering {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    async fn send(&self, delivery: Delivery<'_>) -> Result<Sent, SendError> {
        self.given.borrow_mut().push(delivery.content.clone());
        self.refuses.clone().map_or_else(|| Ok(Sent::default()), Err)
    }

    async fn audience(&self) -> Result<Option<Audience>, SendError> {
        self.audience.clone()
    }

    fn forget(&self) {
        *self.forgotten.borrow_mut() += 1;
    }
}

fn engine(channels: Vec<Answering>) -> Engine<MemoryLedger, Answering, impl crate::Clock> {
    let settings = Settings {
        account: "123456789012".to_owned(),
        accepted: Accepted::Everything,
        region: None,
        rules: Rules::built_in(),
        log_mode: LogMode::All,
    };
    Engine::new(MemoryLedger::default(), channels, now, settings)
}

fn test(engine: &Engine<MemoryLedger, Answering, impl crate::Clock>, call: &str) -> TestReport {
    let invocation = Invocation { id: call, deadline: now().plus_millis(30_000) };
    ready(engine.test_alert("gatewatch", None, invocation))
}

fn only(kind: ChannelKind) -> ChannelId {
    ChannelId::only(kind)
}

fn phone() -> ChannelId {
    ChannelId::sms("+12025550123".to_owned())
}

fn park(reason: &str) -> SendError {
    SendError::with(reason, Remedy::Park)
}

#[test]
fn each_channel_is_given_its_test_and_says_what_it_answered() {
    let channels = vec![
        Answering::new(only(ChannelKind::Slack), None),
        Answering::new(phone(), None),
        Answering::new(only(ChannelKind::Email), None),
    ];
    let given: Vec<_> = channels.iter().map(|channel| Rc::clone(&channel.given)).collect();
    let engine = engine(channels);
    let report = test(&engine, "call-1");
    let lines: Vec<_> = report.channels.iter().map(|it| (it.channel.as_str(), it.ok)).collect();
    assert_eq!(lines, [("slack", true), ("sms:…0123", true), ("email", true)]);
    assert!(report.channels.iter().all(|tested| tested.hint.is_none()), "{report:?}");
    for (given, kind) in
        given.iter().zip([ChannelKind::Slack, ChannelKind::Sms, ChannelKind::Email])
    {
        let given = given.borrow();
        assert_eq!(given.iter().map(Content::kind).collect::<Vec<_>>(), [kind]);
        assert!(given[0] == crate::notify::test_alert(kind, "gatewatch", now()));
    }
    // past the outbox
    assert_eq!(ready(engine.ledger().pending(&only(ChannelKind::Slack), None, 9)).unwrap(), []);
}

#[test]
fn a_test_uses_the_secret_that_is_stored_now() {
    let slack = Answering::new(only(ChannelKind::Slack), None);
    let forgotten = Rc::clone(&slack.forgotten);
    assert!(test(&engine(vec![slack]), "call-1").channels[0].ok);
    assert_eq!(*forgotten.borrow(), 1);
}

#[test]
fn what_is_wrong_is_said_in_full() {
    for reason in [
        "the SSM parameter /gatewatch/slack-webhook is empty",
        "the SSM parameter /gatewatch/slack-bot-token was not read within 2 s",
        "the SSM parameter /gatewatch/slack-webhook cannot be read: ParameterNotFound",
        "the SSM parameter /gatewatch/slack-signing-secret cannot be read: AccessDeniedException: User: \
         arn:aws:sts::111122223333:assumed-role/gatewatch-SweepFunctionRole-1A2B3C4D5E6F/gatewatch-Sweep \
         is not authorized to perform: ssm:GetParameter",
        "the Slack bot token must begin with xoxb-",
        "the Slack signing secret is 16 or more letters and digits",
        "the webhook must be an https URL on hooks.slack.com or hooks.slack-gov.com whose path begins with services",
        "Slack answered 404: no_service",
        "Slack answered 403: invalid_token",
        "Slack answered 200: token_revoked",
        "Slack answered 200: missing_scope",
        "publishing is not allowed: AuthorizationError: User: \
         arn:aws:sts::111122223333:assumed-role/gatewatch-SweepFunctionRole-1A2B3C4D5E6F/gatewatch-Sweep \
         is not authorized to perform: SNS:Publish on resource: arn:aws:sns:eu-west-1:111122223333:alerts",
        "the topic does not exist: NotFound: Topic does not exist",
        "KMS has denied access: KMSAccessDenied: The ciphertext refers to a customer master key",
    ] {
        let slack = Answering::new(only(ChannelKind::Slack), Some(SendError::new(reason)));
        assert_eq!(test(&engine(vec![slack]), "call-1").channels[0].answer, reason);
    }
}

#[test]
fn a_topic_says_who_gets_the_test() {
    let people = |confirmed, pending| Ok(Some(Audience { confirmed, pending }));
    for (audience, ok, answer, has_hint) in [
        (people(1, 0), true, "taken by SNS for 1 subscription", false),
        (
            people(2, 1),
            true,
            "taken by SNS for 2 subscriptions; 1 subscription not confirmed",
            true,
        ),
        (people(0, 1), false, "nobody gets it: 1 subscription not confirmed", true),
        (people(0, 0), true, "not used: nobody is subscribed to the topic", false),
        (
            Err(SendError::new("AuthorizationError")),
            true,
            "taken by SNS; its subscriptions are unknown: AuthorizationError",
            false,
        ),
    ] {
        let topic = || Answering {
            audience: audience.clone(),
            ..Answering::new(only(ChannelKind::Email), None)
        };
        let engine = engine(vec![topic()]);
        let invocation = Invocation { id: "call-1", deadline: now().plus_millis(30_000) };
        let report = ready(engine.test_alert("gatewatch", Some(&topic()), invocation));
        for (tested, channel) in report.channels.iter().zip(["email", "operations"]) {
            assert_eq!((tested.channel.as_str(), tested.ok), (channel, ok));
            assert_eq!((tested.answer.as_str(), tested.hint.is_some()), (answer, has_hint));
        }
        assert_eq!(report.channels.len(), 2);
    }
}

#[test]
fn refusals_come_with_what_to_do() {
    use ChannelKind::{Email, Slack, SlackBot};
    let failed = |reason: &str| Some(SendError::new(reason));
    let gone = Some(SendError::with(
        "SNS does not take this message: ParameterValueInvalid",
        Remedy::GiveUp,
    ));
    for (id, refuses, channel, answer, hint) in [
        (
            only(Slack),
            Some(park("Slack answered 404: no_service")),
            "slack",
            "Slack answered 404: no_service",
            "new one in Slack",
        ),
        (
            only(Slack),
            failed("the SSM parameter /a cannot be read: x"),
            "slack",
            "the SSM parameter /a cannot be read: x",
            "SlackWebhookParameter",
        ),
        (
            only(Slack),
            Some(SendError::with("Slack answered 429", Remedy::Wait(1))),
            "slack",
            "Slack answered 429",
            "wait a minute",
        ),
        (
            only(SlackBot),
            Some(park("Slack answered 200: not_in_channel")),
            "slack-bot",
            "Slack answered 200: not_in_channel",
            "member of the channel",
        ),
        (
            only(SlackBot),
            failed("Slack answered 500"),
            "slack-bot",
            "Slack answered 500",
            "SlackBotTokenParameter",
        ),
        (
            phone(),
            Some(park("the phone has opted out")),
            "sms:…0123",
            "the phone has opted out",
            "docs/sms.md",
        ),
        (
            phone(),
            failed("no: +12025550123 and 12025550123"),
            "sms:…0123",
            "no: …0123 and …0123",
            "Try again",
        ),
        (
            only(Email),
            Some(park("the topic does not exist")),
            "email",
            "the topic does not exist",
            "AlertTopicArn",
        ),
        (
            only(Email),
            gone,
            "email",
            "SNS does not take this message: ParameterValueInvalid",
            "AlertTopicArn",
        ),
        (only(Email), failed("token=abcdefabcdef"), "email", "token=[redacted]", "Try again"),
    ] {
        let report = test(&engine(vec![Answering::new(id, refuses)]), "call-1");
        let [Tested { channel: found, ok, answer: said, hint: told }] = &report.channels[..] else {
            panic!("{report:?}")
        };
        assert_eq!((found.as_str(), *ok, said.as_str()), (channel, false, answer));
        assert!(told.as_deref().unwrap_or_default().contains(hint), "{report:?}");
    }
}

#[test]
fn a_closed_channel_is_tried_and_opened_again_if_it_takes_the_test() {
    let id = only(ChannelKind::Slack);
    for (refuses, open) in [(None, true), (Some(park("Slack answered 404: no_service")), false)] {
        let engine = engine(vec![Answering::new(id.clone(), refuses)]);
        let until = now().plus_millis(600_000);
        ready(engine.ledger().park(&id, until, 1, "Slack answered 404")).unwrap();
        assert_eq!(test(&engine, "call-1").channels[0].ok, open);
        let state = ready(engine.ledger().channel(&id)).unwrap();
        assert_eq!(state.closed_until(now()).is_none(), open, "{state:?}");
    }
}

#[test]
fn who_asked_for_silence_is_not_disturbed() {
    let id = only(ChannelKind::Slack);
    let engine = engine(vec![Answering::new(id.clone(), None)]);
    ready(engine.ledger().pause(&id, now().plus_millis(90_000), "Slack answered 429")).unwrap();
    let report = test(&engine, "call-1");
    assert_eq!(report.channels[0].answer, "asked to be left alone until 09:15 UTC");
    assert!(!report.channels[0].ok && engine.channels[0].given.borrow().is_empty());
}

#[test]
fn a_text_message_counts_in_the_days_limit() {
    let engine = engine(vec![Answering::new(phone(), None)]).with_sms_limits(SmsLimits::new(3, 1));
    let oks = ["a", "b", "c"].map(|call| test(&engine, call).channels[0].ok);
    assert_eq!(oks, [true, true, false]);
    assert_eq!(engine.channels[0].given.borrow().len(), 2);
    let report = test(&engine, "d");
    assert_eq!(report.channels[0].answer, "the day's limit for text messages is reached");
}

#[test]
fn the_report_is_what_the_command_line_reads() {
    let report = test(&engine(vec![Answering::new(phone(), Some(park("opted out")))]), "call-1");
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["channels"][0]["channel"], "sms:…0123");
    assert_eq!(json["channels"][0]["ok"], false);
    assert!(!json.to_string().contains("202555"), "{json}");
    assert_eq!(serde_json::from_value::<TestReport>(json).unwrap(), report);
}
