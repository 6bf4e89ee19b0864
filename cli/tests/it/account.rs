//! Lines fetched from an account, which a small listener plays: its answers have the shape that AWS's
//! API reference gives them, and its pages are small.

mod fake_aws;

use std::path::PathBuf;

use assert_cmd::Command;
use serde_json::Value;

use fake_aws::FakeAws;

use crate::common::objects;

/// A cache directory that is gone after the test.
struct Cache(PathBuf);

impl Cache {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("gatewatch-it-{name}-{}", std::process::id())))
    }
}

impl Drop for Cache {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs `gatewatch` against an account; standard output and standard error.
fn run(aws: &FakeAws, cache: &Cache, arguments: &[&str], code: i32) -> (String, String) {
    let run = command(aws, cache).args(arguments).assert().code(code);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (text(&run.get_output().stdout), text(&run.get_output().stderr))
}

fn command(aws: &FakeAws, cache: &Cache) -> Command {
    let mut command = Command::cargo_bin("gatewatch").unwrap();
    command
        .env_clear()
        .env("AWS_ENDPOINT_URL", &aws.address)
        .env("AWS_REGION", "eu-west-1")
        .env("AWS_ACCESS_KEY_ID", "local")
        .env("AWS_SECRET_ACCESS_KEY", "local")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .env("XDG_CACHE_HOME", &cache.0);
    command
}

fn access(id: &str, status: u16) -> String {
    format!(
        r#"{{"requestId":"{id}","status":"{status}","error.responseType":"INTEGRATION_TIMEOUT"}}"#
    )
}

const DAY: [&str; 4] = ["--since", "2026-03-01T09:00:00Z", "--until", "2026-03-01T12:00:00Z"];

/// Three hours with lines, more than one page in the second.
fn three_hours() -> FakeAws {
    let aws = FakeAws::start();
    for (time, id) in
        [("09:30", "a"), ("10:10", "b"), ("10:20", "c"), ("10:30", "d"), ("11:59", "e")]
    {
        aws.log("/my/api", &format!("2026-03-01T{time}:00Z"), "s", &access(id, 504));
    }
    aws.log("/my/api", "2026-03-01T12:00:00Z", "s", &access("later", 504));
    aws
}

fn ids(output: &str) -> Vec<String> {
    let id = |object: &Value| object["request_id"].as_str().unwrap().to_owned();
    objects(output, "explain.schema.json").iter().map(id).collect()
}

#[test]
fn hours_are_fetched_once() {
    let (aws, cache) = (three_hours(), Cache::new("hours"));
    let explain = [&["explain", "--log-group", "/my/api"], &DAY[..]].concat();
    let (first, _) = run(&aws, &cache, &explain, 0);
    assert_eq!(ids(&first), ["a", "b", "c", "d", "e"]);
    assert_eq!(aws.calls("FilterLogEvents"), 4, "a page for each hour, and one more");
    assert!(first.contains(r#""log_group":"/my/api""#), "{first}");

    let (second, _) = run(&aws, &cache, &explain, 0);
    assert_eq!((second, aws.calls("FilterLogEvents")), (first.clone(), 4));

    let part = [
        "explain",
        "--log-group",
        "/my/api",
        "--since",
        "2026-03-01T10:15:00Z",
        "--until",
        "2026-03-01T10:30:00Z",
    ];
    assert_eq!(ids(&run(&aws, &cache, &part, 0).0), ["c"], "of a kept hour");
    assert_eq!(aws.calls("FilterLogEvents"), 4);

    let uncached = [&explain[..], &["--no-cache"]].concat();
    assert_eq!(run(&aws, &cache, &uncached, 0).0, first);
    assert_eq!(aws.calls("FilterLogEvents"), 8);
}

#[test]
fn a_fetch_that_broke_off_goes_on_where_it_was() {
    let (aws, cache) = (three_hours(), Cache::new("resume"));
    let explain = [&["explain", "--log-group", "/my/api"], &DAY[..]].concat();
    // The second page of the second hour.
    aws.refuse(3, 400, "InvalidParameterException");
    let (partly, error) = run(&aws, &cache, &explain, 2);
    assert_eq!(ids(&partly), ["a", "b", "c"], "what was read has been read");
    assert!(error.contains("/my/api cannot be read: InvalidParameterException"), "{error}");
    assert_eq!(aws.calls("FilterLogEvents"), 3);
    let (whole, _) = run(&aws, &cache, &explain, 0);
    assert_eq!(ids(&whole), ["a", "b", "c", "d", "e"]);
    assert_eq!(aws.calls("FilterLogEvents"), 5, "that page and the third hour");
}

#[test]
fn an_expired_place_begins_its_hour_anew() {
    let (aws, cache) = (three_hours(), Cache::new("expired"));
    let explain = [&["explain", "--log-group", "/my/api"], &DAY[..]].concat();
    aws.refuse(3, 400, "InvalidParameterException");
    run(&aws, &cache, &explain, 2);
    aws.refuse(4, 400, "InvalidParameterException");
    let (whole, _) = run(&aws, &cache, &explain, 0);
    assert_eq!(ids(&whole), ["a", "b", "c", "d", "e"]);
}

#[test]
fn throttling_only_delays() {
    let (aws, cache) = (three_hours(), Cache::new("throttled"));
    aws.refuse(2, 400, "ThrottlingException");
    let explain = [&["explain", "--log-group", "/my/api"], &DAY[..]].concat();
    assert_eq!(ids(&run(&aws, &cache, &explain, 0).0), ["a", "b", "c", "d", "e"]);
    assert_eq!(aws.calls("FilterLogEvents"), 5);
}

#[test]
fn what_stands_in_the_way_is_said() {
    let cache = Cache::new("trouble");
    let explain = ["explain", "--log-group", "/my/ap", "--since", "1h"];
    let aws = three_hours();
    let (_, missing) = run(&aws, &cache, &explain, 2);
    assert!(
        missing.contains("there is no log group /my/ap in eu-west-1; there are /my/api"),
        "{missing}"
    );

    let explain = ["explain", "--log-group", "/my/api", "--since", "1m"];
    aws.refuse(1, 400, "AccessDeniedException");
    let (_, denied) = run(&aws, &cache, &explain, 2);
    assert!(
        denied
            .contains("need logs:FilterLogEvents on arn:aws:logs:eu-west-1:*:log-group:/my/api:*"),
        "{denied}"
    );

    let without = |variable: &str| {
        let mut command = command(&aws, &cache);
        let run = command.env_remove(variable).args(explain).assert().code(2);
        String::from_utf8(run.get_output().stderr.clone()).unwrap()
    };
    assert!(without("AWS_REGION").contains("no AWS region is set"), "{}", without("AWS_REGION"));
    let error = without("AWS_SECRET_ACCESS_KEY");
    assert!(error.contains("no AWS credentials can be used: set AWS_PROFILE"), "{error}");
}

#[test]
fn replay_runs_over_fetched_lines() {
    let (aws, cache) = (FakeAws::start(), Cache::new("replay"));
    for second in 10..40 {
        let time = format!("2026-03-01T09:30:{second}Z");
        aws.log("/my/api", &time, "s", &access(&format!("r{second}"), 504));
    }
    let replay = [&["replay", "--drain", "--log-group", "/my/api"], &DAY[..]].concat();
    let (output, _) = run(&aws, &cache, &replay, 0);
    let told = objects(&output, "notification.schema.json");
    assert_eq!(told[0]["incident"]["cause"], "integration-timeout");
    assert_eq!(told[0]["incident"]["log_group"], "/my/api");
    assert_eq!(run(&aws, &cache, &replay, 0).0, output, "from the cache");
}

const REQUEST: &str = "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1";
const INVOCATION: &str = "8f507cfc-xmpl-4697-b07a-ac58fc914c95";

/// A request in all three logs, among others.
fn a_request() -> FakeAws {
    let aws = FakeAws::start();
    let line = format!(
        r#"{{"requestId":"{REQUEST}","apiId":"a1b2c3d4e5","stage":"prod","status":"502","httpMethod":"GET","resourcePath":"/orders/{{id}}"}}"#
    );
    aws.log("/my/api", "2026-03-01T09:30:01Z", "s", &line);
    aws.log("/my/api", "2026-03-01T09:30:01Z", "s", &access("other", 504));
    let execution = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";
    for text in [
        &format!(
            "Endpoint response headers: {{X-Amz-Function-Error=Unhandled, x-amzn-RequestId={INVOCATION}}}"
        ),
        "Execution failed due to configuration error: Malformed Lambda proxy response",
        "Method completed with status: 502",
    ] {
        aws.log(execution, "2026-03-01T09:30:01Z", "e", &format!("({REQUEST}) {text}"));
    }
    let function = "/all/functions";
    for (second, text) in [
        (0, format!("START RequestId: {INVOCATION} Version: $LATEST")),
        (1, "[ERROR] KeyError: 'id'\nTraceback (most recent call last):\n  File \"/var/task/orders.py\", line 14, in handler".to_owned()),
        (2, format!("END RequestId: {INVOCATION}")),
        (2, format!("REPORT RequestId: {INVOCATION}\tDuration: 3.10 ms\tBilled Duration: 4 ms\tMemory Size: 128 MB\tMax Memory Used: 36 MB")),
    ] {
        aws.log(function, &format!("2026-03-01T09:30:0{second}Z"), "f", &text);
    }
    aws
}

#[test]
fn a_request_is_followed_through_all_three_logs() {
    let (aws, cache) = (a_request(), Cache::new("follow"));
    let follow =
        [&["explain", "--log-group", "/my/api", "--request-id", REQUEST], &DAY[..]].concat();
    let (output, notes) = run(&aws, &cache, &follow, 0);
    let told = objects(&output, "explain.schema.json");
    assert_eq!(told.len(), 1, "{output}\n{notes}");
    assert_eq!(told[0]["cause"], "lambda-function-error", "{output}\n{notes}");
    assert_eq!(told[0]["route"], "GET /orders/{id}");
    assert!(told[0]["evidence"].to_string().contains("KeyError"), "{output}");
    for note in [
        "looked into /my/api: 1 line",
        "looked into API-Gateway-Execution-Logs_a1b2c3d4e5/prod: 3 lines",
        "looked into /all/functions: 4 lines",
    ] {
        assert!(notes.contains(note), "{notes}");
    }
    assert!(!cache.0.exists(), "one request is not kept");
}

#[test]
fn logs_that_are_missing_are_named() {
    let cache = Cache::new("missing");
    let follow =
        [&["explain", "--log-group", "/my/api", "--request-id", REQUEST], &DAY[..]].concat();
    let aws = a_request();
    aws.remove("API-Gateway-Execution-Logs_a1b2c3d4e5/prod");
    // The third: access log, execution log, function's log.
    aws.refuse(3, 400, "AccessDeniedException");
    let (output, notes) = run(&aws, &cache, &follow, 0);
    assert_eq!(objects(&output, "explain.schema.json")[0]["cause"], "bad-gateway-unattributed");
    for note in [
        "not looked into: API-Gateway-Execution-Logs_a1b2c3d4e5/prod: there is no log group",
        "not looked into: /all/functions: /all/functions may not be read",
    ] {
        assert!(notes.contains(note), "{notes}");
    }

    let unknown =
        [&["explain", "--log-group", "/my/api", "--request-id", "none-such"], &DAY[..]].concat();
    let (output, notes) = run(&aws, &cache, &unknown, 0);
    assert!(
        output.is_empty() && notes.contains("no line of a request none-such was found"),
        "{notes}"
    );
}
