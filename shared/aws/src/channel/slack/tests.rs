//! Against a listener that answers what the test tells it to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use alerting::{Channel, Content, Delivery, IncidentId, Remedy, SendError, Sent};
use diagnosis::Timestamp;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{Answer, SlackWebhook, wait_ms};
use crate::channel::secret::{ReadSecret, Secret};

/// How the listener answers a request.
#[derive(Clone)]
enum Reply {
    Text(String),
    /// The head at once, then a byte every few milliseconds, for ever.
    Drip,
    /// As much as is taken, for ever.
    Flood,
    /// Nothing, and the connection stays open.
    Silence,
    HangUp,
}

/// A plain answer.
fn reply(status: &str, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Text(format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}"))
}

fn ok() -> Reply {
    reply("200 OK", "", "ok")
}

/// Listens until the test ends; keeps the requests it got.
struct FakeSlack {
    address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl FakeSlack {
    async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let mut replies: VecDeque<Reply> = replies.into_iter().collect();
        let seen = requests.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let reply = replies.pop_front().unwrap_or(Reply::HangUp);
                tokio::spawn(answer(stream, reply, seen.clone()));
            }
        });
        Self { address, requests }
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn answer(mut stream: TcpStream, reply: Reply, requests: Arc<Mutex<Vec<String>>>) {
    let mut request = Vec::new();
    while !is_whole(&request) {
        let mut chunk = [0; 4_096];
        let read = stream.read(&mut chunk).await.unwrap_or(0);
        if read == 0 {
            return;
        }
        request.extend_from_slice(&chunk[..read]);
    }
    requests.lock().unwrap().push(String::from_utf8(request).unwrap());
    match reply {
        Reply::Text(text) => drop(stream.write_all(text.as_bytes()).await),
        Reply::HangUp => {}
        Reply::Silence => std::future::pending().await,
        Reply::Drip => pour(stream, b"o", Duration::from_millis(5)).await,
        Reply::Flood => pour(stream, &[b'o'; 4_096], Duration::ZERO).await,
    }
}

/// An answer without an end.
async fn pour(mut stream: TcpStream, drop: &[u8], pause: Duration) {
    let mut alive = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.is_ok();
    while alive {
        tokio::time::sleep(pause).await;
        alive = stream.write_all(drop).await.is_ok();
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    length.is_some_and(|length| body.len() >= length.parse::<usize>().unwrap())
}

/// A secret that is another one each time it is read, until the last.
struct Rotating(Mutex<VecDeque<String>>);

impl ReadSecret for Rotating {
    async fn read(&self) -> Result<String, String> {
        let mut values = self.0.lock().unwrap();
        let first = values.front().cloned().ok_or("no secret")?;
        if values.len() > 1 {
            values.pop_front();
        }
        Ok(first)
    }
}

type Webhook = SlackWebhook<Rotating, fn() -> Timestamp>;

fn webhook(urls: impl IntoIterator<Item = String>) -> Webhook {
    let secret = Rotating(Mutex::new(urls.into_iter().collect()));
    let now: fn() -> Timestamp = || Timestamp::from_millis(0);
    SlackWebhook {
        deadline: Duration::from_millis(300),
        ..SlackWebhook::new(Secret::new(secret, now))
    }
}

fn message() -> Content {
    Content::Slack { body: serde_json::json!({"text": "\u{2603} one"}) }
}

/// Sends to a Slack that replies so.
async fn send(replies: impl IntoIterator<Item = Reply>) -> (Result<Sent, SendError>, Vec<String>) {
    let slack = FakeSlack::start(replies).await;
    let sent = webhook([format!("{}/s3cret", slack.address)]).send(delivery(&message())).await;
    if let Err(error) = &sent {
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error:?}");
    }
    (sent, slack.requests())
}

#[tokio::test]
async fn a_message_is_posted_as_json_and_taken_with_ok() {
    let (sent, requests) = send([ok()]).await;
    assert_eq!(sent, Ok(Sent::default()));
    assert_eq!(requests.len(), 1);
    assert!(requests[0].starts_with("POST /s3cret HTTP/1.1\r\n"), "{}", requests[0]);
    assert!(requests[0].contains("content-type: application/json\r\n"));
    assert!(requests[0].ends_with("\r\n\r\n{\"text\":\"\u{2603} one\"}"));
}

#[tokio::test]
async fn only_200_and_ok_is_success() {
    for (status, headers, body, wanted, wait) in [
        ("200 OK", "", " ok\n", None, None),
        ("200 OK", "", "", Some("Slack answered 200: nothing"), None),
        ("200 OK", "", "okay", Some("Slack answered 200: okay"), None),
        ("200 OK", "", r#"{"ok":false}"#, Some(r#"Slack answered 200: {"ok":false}"#), None),
        ("201 Created", "", "ok", Some("Slack answered 201: ok"), None),
        (
            "400 Bad Request",
            "",
            "invalid_payload",
            Some("Slack answered 400: invalid_payload"),
            None,
        ),
        ("404 Not Found", "", "no_service", Some("Slack answered 404: no_service"), None),
        (
            "410 Gone",
            "",
            "channel_is_archived",
            Some("Slack answered 410: channel_is_archived"),
            None,
        ),
        ("500 Oops", "", "rollup_error", Some("Slack answered 500: rollup_error"), None),
        ("503 Busy", "retry-after: 7\r\n", "", Some("Slack answered 503: nothing"), Some(7_000)),
        ("429 Slow", "retry-after: 30\r\n", "", Some("Slack answered 429: nothing"), Some(30_000)),
        ("429 Slow", "", "rate_limited", Some("Slack answered 429: rate_limited"), Some(5_000)),
        ("429 Slow", "retry-after: soon\r\n", "", Some("Slack answered 429: nothing"), Some(5_000)),
        (
            "429 Slow",
            "retry-after: 99999999\r\n",
            "",
            Some("Slack answered 429: nothing"),
            Some(900_000),
        ),
    ] {
        let (sent, requests) = send([reply(status, headers, body)]).await;
        let found = sent.err().map(|error| (error.reason, wait(error.remedy)));
        assert_eq!(found, wanted.map(|reason| (reason.to_owned(), wait)), "{status} {body}");
        assert_eq!(requests.len(), 1, "{status}: sent once");
    }
}

#[test]
fn waits_are_believed_up_to_fifteen_minutes() {
    for (text, wait) in [
        ("0", Some(0)),
        ("1.5", Some(1_500)),
        (" 30 ", Some(30_000)),
        ("-7", Some(0)),
        ("1e300", Some(900_000)),
        ("inf", Some(900_000)),
        ("NaN", None),
        ("", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ] {
        assert_eq!(wait_ms(Some(text)), wait, "{text}");
    }
    assert_eq!(wait_ms(None), None);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = FakeSlack::start([ok()]).await;
    let location = format!("location: {}/s3cret\r\n", elsewhere.address);
    for status in ["302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let (sent, _) = send([reply(status, &location, "")]).await;
        let number = &status[..3];
        assert_eq!(sent.unwrap_err().reason, format!("Slack answered {number}: nothing"));
    }
    assert_eq!(elsewhere.requests(), Vec::<String>::new());
}

#[tokio::test]
async fn slowness_ends_at_the_deadline() {
    for slow in [Reply::Silence, Reply::Drip] {
        let sent = tokio::time::timeout(Duration::from_secs(3), send([slow]));
        let (sent, _) = sent.await.unwrap();
        assert_eq!(sent.unwrap_err().reason, "Slack did not answer within 0.3 s");
    }
}

#[tokio::test]
async fn an_endless_answer_is_read_to_its_cap_only() {
    let (sent, _) = send([Reply::Flood]).await;
    assert_eq!(sent.unwrap_err().reason, format!("Slack answered 200: {}", "o".repeat(200)));
}

#[tokio::test]
async fn who_is_not_there_is_not_reached() {
    let (sent, _) = send([Reply::HangUp]).await;
    let reason = sent.unwrap_err().reason;
    assert!(reason.starts_with("Slack was not reached: "), "{reason}");

    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let gone = webhook([format!("http://127.0.0.1:{port}/s3cret")]);
    let reason = gone.send(delivery(&message())).await.unwrap_err().reason;
    assert!(reason.starts_with("Slack was not reached: Connection refused"), "{reason}");
}

#[tokio::test]
async fn a_webhook_that_was_replaced_is_read_again_once() {
    for status in ["401 Unauthorized", "403 Forbidden", "404 Not Found"] {
        let slack = FakeSlack::start([reply(status, "", "no_service"), ok(), ok()]).await;
        let urls = ["old", "new"].map(|path| format!("{}/{path}", slack.address));
        let webhook = webhook(urls);
        assert_eq!(webhook.send(delivery(&message())).await, Ok(Sent::default()), "{status}");
        assert_eq!(webhook.send(delivery(&message())).await, Ok(Sent::default()), "{status}");
        let paths: Vec<String> =
            slack.requests().iter().map(|request| request[5..9].to_owned()).collect();
        assert_eq!(paths, ["/old", "/new", "/new"], "{status}");
    }
}

#[tokio::test]
async fn a_webhook_that_stays_refused_is_not_tried_twice() {
    let slack = FakeSlack::start([reply("404 Not Found", "", "no_service"), ok()]).await;
    let webhook = webhook([format!("{}/same", slack.address)]);
    let error = webhook.send(delivery(&message())).await.unwrap_err();
    assert_eq!(error.reason, "Slack answered 404: no_service");
    assert_eq!(slack.requests().len(), 1);
}

#[tokio::test]
async fn two_refused_webhooks_are_enough() {
    let refused = reply("403 Forbidden", "", "invalid_token");
    let slack = FakeSlack::start([refused.clone(), refused, ok()]).await;
    let urls = ["a", "b", "c"].map(|path| format!("{}/{path}", slack.address));
    assert!(webhook(urls).send(delivery(&message())).await.is_err());
    assert_eq!(slack.requests().len(), 2);
}

#[tokio::test]
async fn without_a_usable_secret_nothing_is_sent() {
    let none = webhook([]).send(delivery(&message())).await.unwrap_err();
    assert_eq!(none.reason, "no secret");
    let foreign =
        webhook(["https://evil.io/s3cret".to_owned()]).send(delivery(&message())).await.unwrap_err();
    assert!(foreign.reason.starts_with("the webhook must be https://hooks.slack.com"));
    let misdirected = webhook([]).send(&Content::Sms { body: "a".to_owned() }).await.unwrap_err();
    assert_eq!(misdirected.reason, "a message for Sms cannot go to Slack");
}

#[test]
fn the_real_client_can_be_built() {
    // The TLS settings are checked only when the client is built.
    assert!(super::http::client(super::http::DEADLINE).is_ok());
    let taken = Answer { status: super::StatusCode::OK, retry_after: None, text: "ok".to_owned() };
    assert_eq!(taken.into_result(), Ok(Sent::default()));
}
