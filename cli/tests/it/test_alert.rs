//! `gatewatch test-alert`, driven as a user would, against a server that plays AWS Lambda.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use serde_json::{Value, json};

/// An answer: status, headers, body.
type Answer = (u16, &'static str, Value);

/// AWS Lambda, which answers `ListFunctions` page by page, and `Invoke`.
struct Lambda {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Lambda {
    fn answering(pages: Vec<Answer>, invoke: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        thread::spawn(move || {
            let mut pages = pages.into_iter();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                let mut first = String::new();
                reader.read_line(&mut first).unwrap();
                let mut length = 0;
                loop {
                    let mut line = String::new();
                    reader.read_line(&mut line).unwrap();
                    let line = line.trim().to_lowercase();
                    if let Some(value) = line.strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    if line.is_empty() {
                        break;
                    }
                }
                let mut body = vec![0; length];
                reader.read_exact(&mut body).unwrap();
                let asks = first.split(' ').nth(1).unwrap().to_owned();
                let is_invoke = asks.ends_with("/invocations");
                heard.lock().unwrap().push(format!("{asks} {}", String::from_utf8(body).unwrap()));
                let (status, headers, body) =
                    if is_invoke { invoke.clone() } else { pages.next().unwrap() };
                let body = body.to_string();
                write!(
                    stream,
                    "HTTP/1.1 {status} x\r\nconnection: close\r\n{headers}content-length: {}\r\n\r\n{body}",
                    body.len()
                )
                .unwrap();
            }
        });
        Self { address, asked }
    }

    fn run(&self, arguments: &[&str]) -> Assert {
        command(arguments).env("AWS_ENDPOINT_URL", &self.address).assert()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// The command, which knows nothing of the account that the tests run in.
fn command(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("gatewatch").unwrap();
    command.env_clear().arg("test-alert").args(arguments);
    command.envs([
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "111122223333"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("AWS_CONFIG_FILE", "/dev/null"),
        ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    ]);
    command
}

fn page(names: &[(&str, &str)], next: Option<&str>) -> Answer {
    let functions: Vec<Value> = names
        .iter()
        .map(|(name, stack)| {
            json!({"FunctionName": name, "Environment": {"Variables": {"GATEWATCH_STACK": stack}}})
        })
        .collect();
    (200, "", json!({"Functions": functions, "NextMarker": next}))
}

const SWEEP: &str = "gatewatch-SweepFunction-AbC1";

fn two_pages() -> Vec<Answer> {
    let others = [("other", ""), ("gatewatch-SweepFunction-Old1", "another")];
    vec![page(&others, Some("2")), page(&[(SWEEP, "gatewatch")], None)]
}

fn taken(slack: bool) -> Answer {
    let slack = if slack {
        json!({"channel": "slack", "ok": true, "answer": "ok"})
    } else {
        let (answer, hint) = ("Slack answered 404: no_service", "Make a new one.");
        json!({"channel": "slack", "ok": false, "answer": answer, "hint": hint})
    };
    let sms = json!({"channel": "sms:…0123", "ok": true, "answer": "taken by SNS"});
    (200, "", json!({"channels": [slack, sms]}))
}

fn out(run: &Assert) -> String {
    String::from_utf8(run.get_output().stdout.clone()).unwrap()
}

fn err(run: &Assert) -> String {
    String::from_utf8(run.get_output().stderr.clone()).unwrap()
}

#[test]
fn the_stacks_sweep_function_is_found_and_asked_once() {
    let lambda = Lambda::answering(two_pages(), taken(true));
    let run = lambda.run(&["--output", "text", "--color", "never"]).code(0);
    assert_eq!(out(&run), "✓ slack  ok\n✓ sms:…0123  taken by SNS\n");
    let asked = lambda.asked();
    assert_eq!(asked.len(), 3, "{asked:?}");
    assert!(asked[1].contains("Marker=2"), "{asked:?}");
    let invoked = &asked[2];
    assert!(invoked.contains(SWEEP), "{invoked}");
    assert!(invoked.ends_with(r#"{"gatewatch":"test-alert"}"#), "{invoked}");
}

#[test]
fn one_channel_that_fails_is_status_1_and_says_what_to_do() {
    let lambda = Lambda::answering(Vec::new(), taken(false));
    let run = lambda.run(&["--function", "mine", "--output", "text", "--color", "never"]).code(1);
    assert_eq!(
        out(&run),
        "✗ slack  Slack answered 404: no_service\n    Make a new one.\n✓ sms:…0123  taken by SNS\n"
    );
    assert_eq!(lambda.asked().len(), 1, "nothing is listed");
    let run = lambda.run(&["--function", "mine"]).code(1);
    let objects: Vec<Value> =
        out(&run).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects[0]["hint"], "Make a new one.");
    assert_eq!(objects[1]["ok"], true);
}

#[test]
fn a_stack_without_channels_is_no_success() {
    let lambda = Lambda::answering(Vec::new(), (200, "", json!({"channels": []})));
    let run = lambda.run(&["--function", "mine"]).code(1);
    assert!(err(&run).contains("no channel"));
}

#[test]
fn what_keeps_aws_from_being_asked_is_told_with_what_to_do() {
    let refused = |status, headers| (status, headers, json!({"message": "no"}));
    let failed = json!({"errorMessage": "the table is gone", "errorType": "LedgerError"});
    for (pages, invoke, part) in [
        (vec![page(&[("other", "")], None)], taken(true), "no stack named gatewatch"),
        (
            vec![refused(403, "x-amzn-errortype: AccessDeniedException\r\n")],
            taken(true),
            "needs lambda:ListFunctions",
        ),
        (
            two_pages(),
            refused(403, "x-amzn-errortype: AccessDeniedException\r\n"),
            "needs lambda:InvokeFunction",
        ),
        (two_pages(), refused(403, "x-amzn-errortype: ExpiredTokenException\r\n"), "log in again"),
        (
            two_pages(),
            refused(404, "x-amzn-errortype: ResourceNotFoundException\r\n"),
            "there is no function gatewatch-SweepFunction-AbC1",
        ),
        (
            two_pages(),
            (200, "x-amz-function-error: Unhandled\r\n", failed),
            "the sweep function failed: the table is gone",
        ),
        (two_pages(), (200, "", json!(null)), "deploy this version"),
        (two_pages(), refused(500, "x-amzn-errortype: ServiceException\r\n"), "cannot be asked"),
    ] {
        let lambda = Lambda::answering(pages, invoke);
        let run = lambda.run(&[]).code(2);
        assert!(out(&run).is_empty(), "data only where the work is done");
        assert!(err(&run).contains(part), "{part}: {}", err(&run));
        let invoked = lambda.asked().iter().filter(|asked| asked.contains("invocations")).count();
        assert!(invoked <= 1, "a test is never repeated");
    }
}

#[test]
fn without_credentials_or_region_nothing_is_asked() {
    let run = command(&[]).env_remove("AWS_ACCESS_KEY_ID").assert().code(2);
    assert!(err(&run).contains("aws configure"), "{}", err(&run));
    let run = command(&[]).env_remove("AWS_REGION").assert().code(2);
    assert!(err(&run).contains("AWS_REGION"), "{}", err(&run));
    let run = command(&["--stack", "a b"]).assert().code(2);
    assert!(err(&run).contains("letters"), "{}", err(&run));
    command(&["--stack", "a", "--function", "b"]).assert().code(2);
}
