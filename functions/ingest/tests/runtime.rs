//! The real program against a Lambda Runtime API that hands it what is no batch.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};

/// One HTTP request; `None` when the connection ends.
fn read_request(stream: &mut BufReader<TcpStream>) -> Option<(String, String)> {
    let (mut first, mut length) = (String::new(), 0);
    if stream.read_line(&mut first).ok()? == 0 {
        return None;
    }
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((first, String::from_utf8(body).ok()?))
}

/// Hands out the payloads one by one and returns what the function said to each.
fn runtime_api(listener: &TcpListener, payloads: &[&str]) -> Vec<String> {
    let mut payloads = payloads.iter();
    let mut said = Vec::new();
    loop {
        let (stream, _) = listener.accept().unwrap();
        let mut stream = BufReader::new(stream);
        while let Some((first, body)) = read_request(&mut stream) {
            let answer = if first.starts_with("GET") {
                let Some(payload) = payloads.next() else { return said };
                format!(
                    "HTTP/1.1 200 OK\r\nlambda-runtime-aws-request-id: request-{}\r\n\
                     lambda-runtime-deadline-ms: 4102444800000\r\n\
                     lambda-runtime-invoked-function-arn: arn:aws:lambda:::function:ingest\r\n\
                     content-length: {}\r\n\r\n{payload}",
                    said.len(),
                    payload.len(),
                )
            } else {
                let outcome = first.split(' ').nth(1).and_then(|path| path.rsplit('/').next());
                said.push(format!("{}: {body}", outcome.unwrap_or_default()));
                "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".to_owned()
            };
            stream.get_mut().write_all(answer.as_bytes()).unwrap();
        }
    }
}

#[test]
fn what_is_no_batch_is_counted_and_not_brought_again() {
    let deep = format!("{}{}", "[".repeat(1_000), "]".repeat(1_000));
    let payloads = [
        "null",
        "[]",
        "{}",
        r#""s3cret""#,
        r#"{"awslogs":{"data":"not base64 s3cret"}}"#,
        r#"{"awslogs":{"data":"H4sI"}}"#,
        r#"{"Records":[{"Sns":{"Message":"\ud800"}}]}"#,
        &deep,
    ];
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut function = Command::new(env!("CARGO_BIN_EXE_ingest"))
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", listener.local_addr().unwrap().to_string())
        .env("AWS_LAMBDA_FUNCTION_NAME", "gatewatch-ingest")
        .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256")
        .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
        .env("AWS_LAMBDA_LOG_STREAM_NAME", "stream")
        .env("AWS_LAMBDA_LOG_GROUP_NAME", "/gatewatch/test/ingest")
        .env("GATEWATCH_TABLE", "table")
        .env("GATEWATCH_ACCOUNT", "123456789012")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let said = runtime_api(&listener, &payloads);
    function.kill().unwrap();
    let output = function.wait_with_output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();

    assert_eq!(said, ["response: null"; 8], "{printed}");
    let counted = printed.lines().filter(|line| line.contains(r#""UnreadableBatches":1"#));
    assert_eq!(counted.count(), payloads.len(), "{printed}");
    assert!(
        printed.contains(r#""requestId":"request-0""#),
        "log lines say which request: {printed}"
    );
    assert!(!printed.contains("s3cret"), "{printed}");
}

#[test]
fn without_its_settings_it_says_what_is_missing() {
    let output = Command::new(env!("CARGO_BIN_EXE_ingest")).env_clear().output().unwrap();
    assert!(!output.status.success());
    let printed = String::from_utf8(output.stderr).unwrap();
    assert!(printed.contains("the environment variable GATEWATCH_TABLE is not set"), "{printed}");
}
