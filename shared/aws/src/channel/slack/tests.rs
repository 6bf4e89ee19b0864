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
pub(in crate::channel) enum Reply {
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
pub(in crate::channel) fn reply(status: &str, headers: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Text(format!("HTTP/1.1 {status}\r\n{headers}content-length: {length}\r\n\r\n{body}"))
}

fn ok() -> Reply {
    reply("200 OK", "", "ok")
}

/// Listens until the test ends; keeps the requests it got.
pub(in crate::channel) struct FakeSlack {
    pub(in crate::channel) address: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl FakeSlack {
    pub(in crate::channel) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
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

    pub(in crate::channel) fn requests(&self) -> Vec<String> {
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
pub(in crate::channel) struct Rotating(pub(in crate::channel) Mutex<VecDeque<String>>);

impl std::fmt::Debug for Rotating {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rotating")
    }
}

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

pub(in crate::channel) fn incident() -> IncidentId {
    serde_json::from_str("\"0123456789ab\"").unwrap()
}

/// Sends one message with a channel.
async fn post(webhook: &Webhook, content: &Content) -> Result<Sent, SendError> {
    let incident = incident();
    webhook.send(Delivery::alone(content, &incident, 1)).await
}

fn message() -> Content {
    Content::Slack {
        body: serde_json::json!({"text": "\u{2603} one", "blocks": [{"type": "divider"}]}),
    }
}

/// Sends to a Slack that replies so.
async fn send(replies: impl IntoIterator<Item = Reply>) -> (Result<Sent, SendError>, Vec<String>) {
    let slack = FakeSlack::start(replies).await;
    let sent = post(&webhook([format!("{}/s3cret", slack.address)]), &message()).await;
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
    assert!(requests[0].contains("\"text\":\"\u{2603} one\""), "{}", requests[0]);
}

/// What an answer comes to: the reason, what to do, and whether it may have arrived.
type Wanted = Option<(&'static str, Remedy, bool)>;

#[tokio::test]
async fn every_answer_has_its_remedy() {
    use Remedy::{Park, Retry, Wait};
    let none: Wanted = None;
    for (status, headers, body, wanted) in [
        ("200 OK", "", " ok\n", none),
        ("200 OK", "", "", Some(("Slack answered 200: nothing", Retry, false))),
        ("200 OK", "", "okay", Some(("Slack answered 200: okay", Retry, false))),
        (
            "200 OK",
            "",
            r#"{"ok":false}"#,
            Some((r#"Slack answered 200: {"ok":false}"#, Retry, false)),
        ),
        ("201 Created", "", "ok", Some(("Slack answered 201: ok", Retry, false))),
        ("401 No", "", "invalid_token", Some(("Slack answered 401: invalid_token", Park, false))),
        (
            "403 Forbidden",
            "",
            "action_prohibited",
            Some(("Slack answered 403: action_prohibited", Park, false)),
        ),
        ("404 Not Found", "", "no_service", Some(("Slack answered 404: no_service", Park, false))),
        (
            "410 Gone",
            "",
            "channel_is_archived",
            Some(("Slack answered 410: channel_is_archived", Park, false)),
        ),
        ("418 Teapot", "", "", Some(("Slack answered 418: nothing", Retry, false))),
        ("500 Oops", "", "rollup_error", Some(("Slack answered 500: rollup_error", Retry, false))),
        ("502 Bad", "", "", Some(("Slack answered 502: nothing", Retry, true))),
        ("504 Slow", "", "", Some(("Slack answered 504: nothing", Retry, true))),
        (
            "503 Busy",
            "retry-after: 7\r\n",
            "",
            Some(("Slack answered 503: nothing", Wait(7_000), false)),
        ),
        (
            "429 Slow",
            "retry-after: 30\r\n",
            "",
            Some(("Slack answered 429: nothing", Wait(30_000), false)),
        ),
        (
            "429 Slow",
            "",
            "rate_limited",
            Some(("Slack answered 429: rate_limited", Wait(5_000), false)),
        ),
        (
            "429 Slow",
            "retry-after: soon\r\n",
            "",
            Some(("Slack answered 429: nothing", Wait(5_000), false)),
        ),
        (
            "429 Slow",
            "retry-after: 99999999\r\n",
            "",
            Some(("Slack answered 429: nothing", Wait(900_000), false)),
        ),
    ] {
        let (sent, requests) = send([reply(status, headers, body)]).await;
        let found = sent.err().map(|e| (e.reason, e.remedy, e.may_have_arrived));
        let wanted = wanted.map(|(reason, remedy, maybe)| (reason.to_owned(), remedy, maybe));
        assert_eq!(found, wanted, "{status} {body}");
        assert_eq!(requests.len(), 1, "{status}: sent once");
    }
}

#[tokio::test]
async fn what_slack_cannot_take_goes_out_as_plain_text_once() {
    use Remedy::{GiveUp, Park, Retry};
    let bad = reply("400 Bad Request", "", "invalid_blocks");
    for (second, wanted) in [
        (ok(), None),
        (bad.clone(), Some(GiveUp)),
        (reply("413 Too Large", "", ""), Some(GiveUp)),
        (reply("500 Oops", "", "rollup_error"), Some(Retry)),
        (reply("410 Gone", "", "channel_is_archived"), Some(Park)),
    ] {
        let (sent, requests) = send([bad.clone(), second, ok()]).await;
        assert_eq!(sent.err().map(|error| error.remedy), wanted);
        let bodies: Vec<&str> =
            requests.iter().filter_map(|request| Some(request.split_once("\r\n\r\n")?.1)).collect();
        let first = message();
        let Content::Slack { body } = &first else { panic!("not for Slack") };
        assert_eq!(bodies, [&body.to_string(), "{\"text\":\"\u{2603} one\"}"]);
    }
}

/// Keeps what is logged, of every crate and at every level.
#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_secret_stands_in_the_request_line_and_nowhere_else() {
    let log = Captured::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    let mut errors = Vec::new();
    for replies in [
        vec![ok()],
        vec![reply("400 Bad", "", "invalid_payload"), reply("400 Bad", "", "no_text")],
        vec![reply("403 Forbidden", "", "invalid_token")],
        vec![reply("404 Not Found", "", "no_service")],
        vec![reply("429 Slow", "retry-after: 1\r\n", "")],
        vec![reply("302 Found", "location: http://127.0.0.1:1/s3cret\r\n", "")],
        vec![Reply::Text("no HTTP at all\r\n\r\n".to_owned())],
        vec![Reply::Silence],
        vec![Reply::HangUp],
        vec![Reply::Drip],
    ] {
        let slack = FakeSlack::start(replies).await;
        let webhook = webhook([format!("{}/s3cret", slack.address)]);
        if let Err(error) = post(&webhook, &message()).await {
            tracing::warn!(%error, ?webhook, "as the engine and its caller would");
            errors.push(format!("{error} {error:?} {webhook:?}"));
        }
        for request in slack.requests() {
            let (line, rest) = request.split_once("\r\n").unwrap();
            assert_eq!(line, "POST /s3cret HTTP/1.1");
            assert!(!rest.contains("s3cret"), "{rest}");
        }
    }
    // what is no webhook is a secret all the same
    for wrong in ["https://evil.io/s3cret", "s3cret", "https://hooks.slack.com/s3cret"] {
        let error = post(&webhook([wrong.to_owned()]), &message()).await.unwrap_err();
        tracing::warn!(%error);
        errors.push(format!("{error} {error:?}"));
    }
    let logged = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("as the engine and its caller would"), "the log was captured");
    for text in errors.iter().chain([&logged]) {
        assert!(!text.contains("s3cret"), "{text}");
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
        let error = sent.unwrap_err();
        assert_eq!(error.reason, "Slack did not answer within 0.3 s");
        assert!(error.may_have_arrived);
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
    let error = sent.unwrap_err();
    assert!(error.reason.starts_with("Slack did not answer: "), "{error}");
    assert!(error.may_have_arrived, "it hung up after the message");

    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let gone = webhook([format!("http://127.0.0.1:{port}/s3cret")]);
    let error = post(&gone, &message()).await.unwrap_err();
    assert!(error.reason.starts_with("Slack was not reached: Connection refused"), "{error}");
    assert!(!error.may_have_arrived);
}

#[tokio::test]
async fn a_webhook_that_was_replaced_is_read_again_once() {
    for status in ["401 Unauthorized", "403 Forbidden", "404 Not Found"] {
        let slack = FakeSlack::start([reply(status, "", "no_service"), ok(), ok()]).await;
        let urls = ["old", "new"].map(|path| format!("{}/{path}", slack.address));
        let webhook = webhook(urls);
        assert_eq!(post(&webhook, &message()).await, Ok(Sent::default()), "{status}");
        assert_eq!(post(&webhook, &message()).await, Ok(Sent::default()), "{status}");
        let paths: Vec<String> =
            slack.requests().iter().map(|request| request[5..9].to_owned()).collect();
        assert_eq!(paths, ["/old", "/new", "/new"], "{status}");
    }
}

#[tokio::test]
async fn a_webhook_that_stays_refused_is_not_tried_twice() {
    let slack = FakeSlack::start([reply("404 Not Found", "", "no_service"), ok()]).await;
    let webhook = webhook([format!("{}/same", slack.address)]);
    let error = post(&webhook, &message()).await.unwrap_err();
    assert_eq!(error.reason, "Slack answered 404: no_service");
    assert_eq!(slack.requests().len(), 1);
}

#[tokio::test]
async fn two_refused_webhooks_are_enough() {
    let refused = reply("403 Forbidden", "", "invalid_token");
    let slack = FakeSlack::start([refused.clone(), refused, ok()]).await;
    let urls = ["a", "b", "c"].map(|path| format!("{}/{path}", slack.address));
    assert!(post(&webhook(urls), &message()).await.is_err());
    assert_eq!(slack.requests().len(), 2);
}

#[tokio::test]
async fn without_a_usable_secret_nothing_is_sent() {
    let none = post(&webhook([]), &message()).await.unwrap_err();
    assert_eq!(none.reason, "no secret");
    let foreign =
        post(&webhook(["https://evil.io/s3cret".to_owned()]), &message()).await.unwrap_err();
    assert!(foreign.reason.starts_with("the webhook must be an https URL on hooks.slack.com"));
    let misdirected = post(&webhook([]), &Content::Sms { body: "a".to_owned() }).await.unwrap_err();
    assert_eq!(misdirected.reason, "a message for Sms cannot go to Slack");
}

#[test]
fn the_real_client_can_be_built() {
    // The TLS settings are checked only when the client is built.
    assert!(super::http::client(super::http::DEADLINE).is_ok());
    let taken = Answer { status: super::StatusCode::OK, retry_after: None, text: "ok".to_owned() };
    assert_eq!(taken.into_result(), Ok(Sent::default()));
}
