//! From the payload of a subscription to its tally, for counting instructions: `make bench` runs this
//! under valgrind and prints the cost per line of each pipeline beside the floor.
//!
//! Usage: `pipeline PIPELINE ROUNDS ERRORS_PER_THOUSAND`, where a pipeline is one of
//! - `floor`: base64, gunzip and one pass over the bytes, what no reader can do without;
//! - `tally`: ours, from the payload to the finished tally, diagnosis included;
//! - `obvious`: `aws_lambda_events`, then `serde_json::Value` per message, and counting statuses.
//!
//! Or `pipeline line ROUNDS KIB KIND`, which reads and diagnoses one long line: `kinds` lists the kinds.

use std::hint::black_box;
use std::io::Write as _;

use alerting::BatchCounts;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diagnosis::decode::{self, Payload};
use diagnosis::{Reader, Timestamp, diagnose};
use serde_json::json;

const LINES: usize = 1_000;

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse().unwrap_or(0);
    match arguments[..] {
        ["kinds"] => {
            let kinds: Vec<&str> = LONG_LINES.iter().map(|(kind, ..)| *kind).collect();
            writeln!(std::io::stdout(), "{}", kinds.join("\n"))?;
        }
        ["line", rounds, kib, kind] => {
            let line = long_line(kind, number(kib) * 1024);
            for _ in 0..number(rounds) {
                let read = Reader::default().line(black_box(&line));
                black_box(diagnose::line(&read));
            }
        }
        [pipeline, rounds, errors] => {
            let payload = payload(number(errors));
            for _ in 0..number(rounds) {
                let counted = match pipeline {
                    "floor" => floor(&payload),
                    "tally" => tally(&payload),
                    "obvious" => obvious(&payload),
                    _ => 0,
                };
                assert_eq!(black_box(counted), LINES, "{pipeline}");
            }
        }
        // `cargo bench` passes `--bench`, and nothing is timed here.
        _ => {}
    }
    Ok(())
}

/// Kinds of long lines: how one begins, what it is long of, and how it ends.
const LONG_LINES: [(&str, &str, &str, &str); 11] = [
    ("json", r#"{"requestId":"a","status":"502","path":"/"#, "abcdefgh", r#""}"#),
    ("json-escapes", r#"{"requestId":"a","status":"502","path":"/"#, r#"\"\n"#, r#""}"#),
    ("json-keys", "{", r#""key":"value","#, r#""requestId":"a","status":"502"}"#),
    ("json-quotes", r#"{"requestId":"a","errorMessage":""#, r#"" x"#, r#"","status":"502"}"#),
    (
        "clf",
        "203.0.113.7 - - [12/Mar/2025:09:14:07 +0000] \"GET /",
        "ab/ ",
        " HTTP/1.1\" 502 36 6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1",
    ),
    (
        "csv",
        "203.0.113.7,-,-,12/Mar/2025:09:14:07 +0000,GET,/",
        "ab,",
        ",HTTP/1.1,502,36,6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1",
    ),
    (
        "xml",
        "<request id=\"6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1\"> <ip>203.0.113.7</ip> <resourcePath>/",
        "<a>b</a>",
        "</resourcePath> <status>502</status> </request>",
    ),
    (
        "execution",
        "(6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1) Endpoint response body before transformations: ",
        r#"{"errorMessage": "x"} "#,
        "",
    ),
    (
        "lambda-text",
        "2025-03-12T09:14:07.123Z\t6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1\tERROR\tTypeError: x ",
        "at f (/var/task/index.js:1:2) ",
        "",
    ),
    (
        "lambda-json",
        r#"{"timestamp":"2025-03-12T09:14:07.123Z","level":"ERROR","requestId":"6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1","message":{"errorType":"TypeError","errorMessage":"x","stackTrace":["#,
        r#""at f (/var/task/index.js:1:2)","#,
        r#""at g"]}}"#,
    ),
    (
        "lambda-report",
        "REPORT RequestId: 6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1\tDuration: 3.00 ms\t",
        "Name: 1 MB\t",
        "Max Memory Used: 1 MB",
    ),
];

fn long_line(kind: &str, bytes: usize) -> String {
    let found = LONG_LINES.iter().find(|(known, ..)| *known == kind);
    let (_, begins, middle, ends) = found.unwrap_or(&LONG_LINES[0]);
    [begins, middle.repeat(bytes / middle.len()).as_str(), ends].concat()
}

/// A batch of access lines of about 500 bytes in the log format that Gatewatch recommends.
fn payload(errors_per_thousand: usize) -> Vec<u8> {
    let events: Vec<String> = (0..LINES)
        .map(|n| {
            let time = 1_741_770_847_000 + n * 7;
            let failed = n * 619 % 1_000 < errors_per_thousand;
            let message = json!(line(n, time, failed));
            format!(r#"{{"id":"{n:056}","timestamp":{time},"message":{message}}}"#)
        })
        .collect();
    // The keys in CloudWatch's own order: a reader may rely on it for speed, though not for sense.
    let envelope = format!(
        r#"{{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/aws/apigateway/shop","logStream":"s","subscriptionFilters":["gatewatch"],"logEvents":[{}]}}"#,
        events.join(",")
    );
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let compressed =
        encoder.write_all(envelope.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default();
    json!({"awslogs": {"data": BASE64_STANDARD.encode(compressed)}}).to_string().into_bytes()
}

fn line(n: usize, time: usize, failed: bool) -> String {
    let (status, kind, error) = if failed {
        ("502", "INTEGRATION_FAILURE", "Lambda Customer Function Error:'orderId'")
    } else {
        ("200", "-", "-")
    };
    format!(
        r#"{{"requestId":"6f1e1f1c-6f0c-4a46-9e2a-{n:012x}","ip":"203.0.113.{ip}","requestTimeEpoch":"{time}","httpMethod":"GET","resourcePath":"/orders/{{orderId}}","path":"/prod/orders/{n}","status":"{status}","protocol":"HTTP/1.1","responseLength":"{length}","responseLatency":"{latency}","integrationLatency":"{latency}","integrationStatus":"200","apiId":"a1b2c3d4e5","stage":"prod","errorType":"{kind}","errorMessage":"-","integrationError":"{error}","userAgent":"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101"}}"#,
        ip = n % 250,
        length = n % 4_000,
        latency = n % 90,
    )
}

fn floor(payload: &[u8]) -> usize {
    let start = memchr::memmem::find(payload, b"data\":\"").unwrap_or(0) + 7;
    let data = &payload[start..payload.len() - 3];
    let compressed = BASE64_STANDARD.decode(data).unwrap_or_default();
    // Ours: none of flate2's readers is as quick.
    let (inflated, _) = decode::inflate(&compressed, usize::MAX).unwrap_or_default();
    memchr::memchr_iter(b'}', &inflated).count().min(LINES)
}

fn tally(payload: &[u8]) -> usize {
    let Ok(Payload::Data(batch)) = decode::lambda_event(payload) else { return 0 };
    let now = Timestamp::from_millis(1_741_770_860_000);
    BatchCounts::of(&batch, now, diagnose::line, None).lines.requests as usize
}

fn obvious(payload: &[u8]) -> usize {
    use aws_lambda_events::cloudwatch_logs::LogsEvent;
    let Ok(event) = serde_json::from_slice::<LogsEvent>(payload) else { return 0 };
    let mut statuses = std::collections::HashMap::<String, usize>::new();
    for entry in &event.aws_logs.data.log_events {
        let Ok(value) = serde_json::from_str::<serde_json::Value>(&entry.message) else { continue };
        let status = value["status"].as_str().unwrap_or_default().to_owned();
        *statuses.entry(status).or_default() += 1;
    }
    statuses.values().sum()
}
