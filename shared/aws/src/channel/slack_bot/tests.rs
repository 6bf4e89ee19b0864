//! Against a Slack that answers what the test tells it to.

use std::sync::Mutex;
use std::time::Duration;

use alerting::{Channel, Content, Delivery, Remedy, SendError, Sent};
use diagnosis::Timestamp;
use serde_json::{Value, json};

use super::SlackBot;
use crate::channel::secret::Secret;
use crate::channel::slack::tests::{FakeSlack, Reply, Rotating, incident, reply};

const TOKEN: &str = "xoxb-1-s3cret";
const NEWER: &str = "xoxb-2-s3cret";

type Bot = SlackBot<Rotating, fn() -> Timestamp>;

/// A bot that finds these tokens, one after the other.
fn bot(slack: &FakeSlack, tokens: &[&str]) -> Bot {
    let address = slack.address.trim_start_matches("http://");
    let tokens = tokens.iter().map(|token| format!("http://{token}@{address}/"));
    let now: fn() -> Timestamp = || Timestamp::from_millis(0);
    let secret = Secret::new(Rotating(Mutex::new(tokens.collect())), now);
    SlackBot::new(secret, "C0123ABC".parse().unwrap()).within(Duration::from_millis(300))
}

fn ok(ts: &str) -> Reply {
    reply("200 OK", "", &json!({"ok": true, "channel": "C0123ABC", "ts": ts}).to_string())
}

fn refusal(error: &str) -> Reply {
    reply("200 OK", "", &json!({"ok": false, "error": error}).to_string())
}

fn message(text: &str) -> Value {
    json!({"text": text, "blocks": [{"type": "divider"}]})
}

fn content(text: &str, thread: Option<&str>) -> Content {
    Content::SlackBot { message: message(text), reply: thread.map(message) }
}

async fn send(bot: &Bot, content: &Content, place: Option<&str>) -> Result<Sent, SendError> {
    send_naming(bot, content, place, false).await
}

async fn send_naming(
    bot: &Bot,
    content: &Content,
    place: Option<&str>,
    names_members: bool,
) -> Result<Sent, SendError> {
    let incident = incident();
    let delivery =
        Delivery { content, incident: &incident, seq: 1, message_ref: place, names_members };
    let sent = bot.send(delivery).await;
    if let Err(error) = &sent {
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
    sent
}

/// Method, text and what names the message of each call.
fn calls(slack: &FakeSlack) -> Vec<String> {
    let call = |request: &String| {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let method = head.split(' ').nth(1).unwrap().trim_start_matches('/');
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(body["channel"], "C0123ABC");
        let blocks = body["blocks"].as_array().map_or(0, Vec::len);
        let of = |name: &str| {
            body[name].as_str().map_or_else(String::new, |value| format!(" {name}={value}"))
        };
        let text = body["text"].as_str().unwrap();
        format!("{method} {text} blocks={blocks}{}{}{}", of("ts"), of("thread_ts"), of("user"))
    };
    slack.requests().iter().map(call).collect()
}

fn at(ts: &str) -> Sent {
    Sent { message_ref: Some(format!("C0123ABC/{ts}")) }
}

#[tokio::test]
async fn an_incident_is_one_living_message_with_a_thread() {
    let slack = FakeSlack::start([ok("1.1"), ok("1.1"), ok("1.2"), ok("1.1"), ok("1.1")]).await;
    let bot = bot(&slack, &[TOKEN]);
    let opened = send(&bot, &content("opened", None), None).await;
    assert_eq!(opened, Ok(at("1.1")));
    let place = opened.unwrap().message_ref;
    let updated = send(&bot, &content("worse", Some("what changed")), place.as_deref()).await;
    assert_eq!(updated, Ok(at("1.1")), "the reply is no new place");
    let resolved = send(&bot, &content("resolved", None), place.as_deref()).await;
    assert_eq!(resolved, Ok(at("1.1")));
    assert_eq!(
        calls(&slack),
        [
            "chat.postMessage opened blocks=1",
            "chat.update worse blocks=1 ts=1.1",
            "chat.postMessage what changed blocks=1 thread_ts=1.1",
            "chat.update resolved blocks=1 ts=1.1",
        ]
    );
    let first = &slack.requests()[0];
    assert!(first.contains("authorization: Bearer xoxb-1-s3cret\r\n"), "{first}");
    assert!(first.contains("content-type: application/json; charset=utf-8\r\n"), "{first}");
}

#[tokio::test]
async fn a_lost_message_is_posted_anew() {
    for error in ["message_not_found", "cant_update_message", "edit_window_closed"] {
        let slack = FakeSlack::start([refusal(error), ok("2.1")]).await;
        let bot = bot(&slack, &[TOKEN]);
        let sent = send(&bot, &content("worse", Some("what changed")), Some("C0123ABC/1.1")).await;
        assert_eq!(sent, Ok(at("2.1")), "{error}");
        assert_eq!(
            calls(&slack),
            ["chat.update worse blocks=1 ts=1.1", "chat.postMessage worse blocks=1"],
            "{error}: in full, so that the thread is not missed"
        );
    }
}

#[tokio::test]
async fn who_joins_a_group_is_named_where_its_message_was_lost_too() {
    for (place, replies, first) in [
        (None, vec![ok("2.1"), ok("2.2")], &[][..]),
        (
            Some("C0123ABC/1.1"),
            vec![refusal("message_not_found"), ok("2.1"), ok("2.2")],
            &["chat.update 60 fail blocks=1 ts=1.1"],
        ),
        (
            Some("C0123ABC/1.1"),
            vec![ok("1.1"), refusal("message_not_found"), ok("2.1"), ok("2.2")],
            &[
                "chat.update 60 fail blocks=1 ts=1.1",
                "chat.postMessage 20 more blocks=1 thread_ts=1.1",
            ],
        ),
    ] {
        let slack = FakeSlack::start(replies).await;
        let bot = bot(&slack, &[TOKEN]);
        let sent = send_naming(&bot, &content("60 fail", Some("20 more")), place, true).await;
        assert_eq!(sent, Ok(at("2.1")));
        let anew = [
            "chat.postMessage 60 fail blocks=1",
            "chat.postMessage 20 more blocks=1 thread_ts=2.1",
        ];
        assert_eq!(calls(&slack), [first, &anew].concat());
    }
}

#[tokio::test]
async fn a_place_in_another_channel_is_left_alone() {
    for place in ["C9999ZZZ/1.1", "nonsense"] {
        let slack = FakeSlack::start([ok("2.1")]).await;
        let sent = send(&bot(&slack, &[TOKEN]), &content("worse", None), Some(place)).await;
        assert_eq!(sent, Ok(at("2.1")));
        assert_eq!(calls(&slack), ["chat.postMessage worse blocks=1"]);
    }
}

#[tokio::test]
async fn a_replaced_token_is_read_once() {
    for (tokens, replies, wanted, asked) in [
        (&[TOKEN, NEWER][..], vec![refusal("token_revoked"), ok("1.1")], None, 2),
        (&[TOKEN], vec![refusal("token_revoked"), ok("1.1")], Some(Remedy::Park), 1),
        (
            &[TOKEN, NEWER],
            vec![refusal("invalid_auth"), refusal("not_in_channel"), ok("1.1")],
            Some(Remedy::Park),
            2,
        ),
    ] {
        let slack = FakeSlack::start(replies).await;
        let sent = send(&bot(&slack, tokens), &content("opened", None), None).await;
        assert_eq!(sent.err().map(|error| error.remedy), wanted);
        let requests = slack.requests();
        assert_eq!(requests.len(), asked);
        assert_eq!(requests.iter().any(|r| r.contains(NEWER)), tokens.len() > 1);
    }
}

#[tokio::test]
async fn what_slack_cannot_take_goes_out_as_plain_text_once() {
    for (second, wanted) in [
        (ok("1.1"), None),
        (refusal("msg_too_long"), Some(Remedy::GiveUp)),
        (refusal("is_archived"), Some(Remedy::Park)),
    ] {
        let slack = FakeSlack::start([refusal("invalid_blocks"), second, ok("9")]).await;
        let sent = send(&bot(&slack, &[TOKEN]), &content("big", None), Some("C0123ABC/1.1")).await;
        assert_eq!(sent.err().map(|error| error.remedy), wanted);
        assert_eq!(
            calls(&slack),
            ["chat.update big blocks=1 ts=1.1", "chat.update big blocks=0 ts=1.1"]
        );
        assert!(slack.requests()[1].contains("\"blocks\":[]"), "without, the old ones would stay");
    }
}

#[tokio::test]
async fn a_limit_is_waited_for_and_nothing_else_is_asked() {
    let slow = reply("429 Slow", "retry-after: 30\r\n", "");
    for (replies, asked) in [(vec![slow.clone(), ok("1.1")], 1), (vec![ok("1.1"), slow], 2)] {
        let slack = FakeSlack::start(replies).await;
        let worse = content("worse", Some("more"));
        let sent = send(&bot(&slack, &[TOKEN]), &worse, Some("C0123ABC/1.1")).await;
        assert_eq!(sent.unwrap_err().remedy, Remedy::Wait(30_000));
        assert_eq!(slack.requests().len(), asked);
    }
}

#[tokio::test]
async fn only_what_can_be_seen_twice_may_be_a_repeat() {
    for (replies, place, may_have_arrived) in [
        (vec![Reply::Silence], None, true),
        (vec![Reply::HangUp], None, true),
        (vec![Reply::Silence], Some("C0123ABC/1.1"), false),
        (vec![ok("1.1"), Reply::Silence], Some("C0123ABC/1.1"), true),
    ] {
        let slack = FakeSlack::start(replies).await;
        let bot = bot(&slack, &[TOKEN]);
        let error = send(&bot, &content("worse", Some("more")), place).await.unwrap_err();
        assert_eq!(error.remedy, Remedy::Retry);
        assert_eq!(error.may_have_arrived, may_have_arrived, "{error} {place:?}");
    }
}

#[tokio::test]
async fn a_message_of_another_kind_is_not_sent() {
    let slack = FakeSlack::start([ok("1.1")]).await;
    let sms = Content::Sms { body: "text".to_owned() };
    let error = send(&bot(&slack, &[TOKEN]), &sms, None).await.unwrap_err();
    assert_eq!(error.remedy, Remedy::GiveUp);
    assert!(slack.requests().is_empty());
}

#[tokio::test]
async fn a_whisper_is_for_one_member() {
    let slack = FakeSlack::start([ok("1.1"), refusal("user_not_in_channel")]).await;
    let bot = bot(&slack, &[TOKEN]);
    assert_eq!(bot.whisper("U1", "hello").await, Ok(()));
    assert!(bot.whisper("U1", "hello").await.is_err());
    assert_eq!(calls(&slack)[0], "chat.postEphemeral hello blocks=0 user=U1");
}
