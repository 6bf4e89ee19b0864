//! From the payload of a subscription to its tally, for counting instructions: `make bench` runs this
//! under valgrind and prints the cost per line of each pipeline beside the floor.
//!
//! Usage: `pipeline PIPELINE ROUNDS ERRORS_PER_THOUSAND`, where a pipeline is one of
//! - `floor`: base64, gunzip and one pass over the bytes, what no reader can do without;
//! - `tally`: ours, from the payload to the finished tally, diagnosis included;
//! - `obvious`: `aws_lambda_events`, then `serde_json::Value` per message, and counting statuses.

use std::hint::black_box;
use std::io::{Read as _, Write as _};

use alerting::Tally;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diagnosis::decode::{self, Payload};
use diagnosis::{Timestamp, diagnose};
use serde_json::json;

const LINES: usize = 1_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // `cargo bench` passes `--bench`, and nothing is timed here.
    let [pipeline, rounds, errors] = &arguments[..] else { return };
    let rounds: usize = rounds.parse().unwrap_or(1);
    let payload = payload(errors.parse().unwrap_or(30));
    for _ in 0..rounds {
        let counted = match pipeline.as_str() {
            "floor" => floor(&payload),
            "tally" => tally(&payload),
            "obvious" => obvious(&payload),
            _ => 0,
        };
        assert_eq!(black_box(counted), LINES, "{pipeline}");
    }
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
    let mut inflated = Vec::with_capacity(compressed.len() * 11);
    #[expect(clippy::disallowed_types, reason = "the floor has no cap")]
    let mut decoder = flate2::bufread::MultiGzDecoder::new(&compressed[..]);
    let _ = decoder.read_to_end(&mut inflated);
    memchr::memchr_iter(b'}', &inflated).count().min(LINES)
}

fn tally(payload: &[u8]) -> usize {
    let Ok(Payload::Data(batch)) = decode::lambda_event(payload) else { return 0 };
    let now = Timestamp::from_millis(1_741_770_860_000);
    Tally::of(&batch, now, diagnose::line).lines.requests as usize
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
