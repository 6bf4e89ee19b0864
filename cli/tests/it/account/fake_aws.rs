//! A listener that answers like CloudWatch Logs, a REST API's configuration and a function's.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use diagnosis::Timestamp;
use serde_json::{Value, json};

/// A page holds so many events.
const PER_PAGE: usize = 2;

#[derive(Default)]
struct State {
    groups: BTreeMap<String, Vec<Value>>,
    calls: Vec<String>,
    /// The number of a call of `FilterLogEvents`, from 1, and how it is answered instead.
    refused: Vec<(usize, u16, &'static str)>,
}

pub(super) struct FakeAws {
    pub(super) address: String,
    state: Arc<Mutex<State>>,
}

impl FakeAws {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let shared = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                serve(stream.unwrap(), &shared);
            }
        });
        Self { address, state }
    }

    pub(super) fn log(&self, log_group: &str, time: &str, stream: &str, message: &str) {
        let mut state = self.state.lock().unwrap();
        let events = state.groups.entry(log_group.to_owned()).or_default();
        let time = Timestamp::from_rfc3339(time).unwrap().as_millis();
        let id = format!("{:056}", events.len());
        events.push(
            json!({"logStreamName": stream, "timestamp": time, "message": message, "eventId": id}),
        );
    }

    pub(super) fn remove(&self, log_group: &str) {
        self.state.lock().unwrap().groups.remove(log_group);
    }

    /// Refuses a call of `FilterLogEvents`, counted from the first of all.
    pub(super) fn refuse(&self, call: usize, status: u16, code: &'static str) {
        self.state.lock().unwrap().refused.push((call, status, code));
    }

    pub(super) fn calls(&self, operation: &str) -> usize {
        self.state.lock().unwrap().calls.iter().filter(|call| *call == operation).count()
    }
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    let mut request = Vec::new();
    let (head, body) = loop {
        let mut chunk = [0; 8_192];
        let read = stream.read(&mut chunk).unwrap_or(0);
        if read == 0 {
            return;
        }
        request.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&request);
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = header(head, "content-length").map_or(0, |length| length.parse().unwrap());
        if body.len() >= length {
            break (head.to_owned(), body.to_owned());
        }
    };
    let (status, answer) = answer(&head, &body, &mut state.lock().unwrap());
    let answer = answer.to_string();
    let length = answer.len();
    let _ = write!(
        stream,
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{answer}"
    );
}

fn header<'h>(head: &'h str, name: &str) -> Option<&'h str> {
    let value =
        |line: &'h str| line.split_once(": ").filter(|(key, _)| key.eq_ignore_ascii_case(name));
    head.lines().find_map(value).map(|(_, value)| value)
}

fn answer(head: &str, body: &str, state: &mut State) -> (u16, Value) {
    let path = head.split(' ').nth(1).unwrap();
    if path.starts_with("/restapis/a1b2c3d4e5/resources") {
        let uri = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:orders/invocations";
        let method = json!({"methodIntegration": {"type": "AWS_PROXY", "uri": uri}});
        return (
            200,
            json!({"item": [{"path": "/orders/{id}", "resourceMethods": {"GET": method}}]}),
        );
    }
    if path.starts_with("/2015-03-31/functions/orders/configuration") {
        return (200, json!({"LoggingConfig": {"LogGroup": "/all/functions"}}));
    }
    let Some(operation) = header(head, "x-amz-target").and_then(|target| target.rsplit('.').next())
    else {
        return (404, json!({"__type": "NotFoundException"}));
    };
    state.calls.push(operation.to_owned());
    let asked: Value = serde_json::from_str(body).unwrap();
    if operation == "DescribeLogGroups" {
        let prefix = asked["logGroupNamePrefix"].as_str();
        let part = asked["logGroupNamePattern"].as_str();
        let fits = |name: &&String| {
            prefix.is_none_or(|prefix| name.starts_with(prefix))
                && part.is_none_or(|part| name.contains(part))
        };
        let arn = |name: &str| format!("arn:aws:logs:eu-west-1:111122223333:log-group:{name}:*");
        let groups = state.groups.keys().filter(fits);
        let groups: Vec<Value> = groups
            .map(|name| json!({"logGroupName": name, "creationTime": 1, "arn": arn(name)}))
            .collect();
        return (200, json!({"logGroups": groups}));
    }
    let number = state.calls.iter().filter(|call| *call == "FilterLogEvents").count();
    if let Some((_, status, code)) = state.refused.iter().find(|(call, _, _)| *call == number) {
        return (*status, json!({"__type": code, "message": "for a test"}));
    }
    let Some(events) = state.groups.get(asked["logGroupName"].as_str().unwrap()) else {
        return (400, json!({"__type": "ResourceNotFoundException", "message": "none"}));
    };
    filtered(events, &asked)
}

/// Any of the pattern's texts, which stand in quotes.
fn filtered(events: &[Value], asked: &Value) -> (u16, Value) {
    let number = |key: &str| asked[key].as_i64().unwrap();
    let texts: Vec<&str> =
        asked["filterPattern"].as_str().unwrap_or_default().split('"').skip(1).step_by(2).collect();
    let streams = asked["logStreamNames"].as_array();
    let fits = |event: &&Value| {
        let time = event["timestamp"].as_i64().unwrap();
        let message = event["message"].as_str().unwrap();
        (number("startTime")..=number("endTime")).contains(&time)
            && (texts.is_empty() || texts.iter().any(|text| message.contains(text)))
            && streams.is_none_or(|streams| streams.contains(&event["logStreamName"]))
    };
    let begin: usize = asked["nextToken"].as_str().map_or(0, |token| token.parse().unwrap());
    let fitting: Vec<&Value> = events.iter().filter(fits).collect();
    let page: Vec<&Value> = fitting.iter().skip(begin).take(PER_PAGE).copied().collect();
    let next = begin + PER_PAGE;
    let more = fitting.len() > next;
    (200, json!({"events": page, "nextToken": more.then(|| next.to_string())}))
}
