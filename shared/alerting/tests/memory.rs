//! The worst payloads stay under the function's memory. A process of its own, since the peak that the
//! kernel keeps is the process's.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fmt::Write as _;
use std::io::Write as _;

use alerting::BatchCounts;
use base64::Engine as _;
use diagnosis::decode::{self, Payload};
use diagnosis::{Timestamp, diagnose};

/// What the functions are deployed with.
const LIMIT_KIB: u64 = 256 * 1024;

const HEAD: &str =
    r#"{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":["#;

fn payload(write: impl FnOnce(&mut dyn std::io::Write)) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(HEAD.as_bytes()).unwrap();
    write(&mut encoder);
    let data = base64::prelude::BASE64_STANDARD.encode(encoder.finish().unwrap());
    format!(r#"{{"awslogs":{{"data":"{data}"}}}}"#).into_bytes()
}

fn lines(payload: &[u8]) -> u64 {
    let Ok(Payload::Data(batch)) = decode::lambda_event(payload) else { return 0 };
    BatchCounts::of(&batch, Timestamp::from_millis(1_741_770_840_000), diagnose::line, None)
        .lines
        .lines
}

fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn the_worst_payloads_stay_under_the_functions_memory() {
    let bomb = payload(|out| {
        out.write_all(br#"{"id":"1","message":"a"},{"id":"2","message":""#).unwrap();
        let megabyte = vec![b'x'; 1024 * 1024];
        for _ in 0..720 {
            out.write_all(&megabyte).unwrap();
        }
        out.write_all(br#""}]}"#).unwrap();
    });
    assert!(bomb.len() < 1024 * 1024, "an asynchronous payload is at most 1 MB");
    assert_eq!(lines(&bomb), 1);
    let tiny = payload(|out| {
        let events = r#"{"message":"x"},"#.repeat(100_000);
        out.write_all(events.trim_end_matches(',').as_bytes()).unwrap();
        out.write_all(b"]}").unwrap();
    });
    assert_eq!(lines(&tiny), 100_000);
    let sources = payload(|out| {
        let mut events = String::new();
        for n in 0..60_000 {
            let _ = write!(
                events,
                r#"{{"message":"{{\"apiId\":\"a{n}\",\"stage\":\"s\",\"status\":500,\"path\":\"/{n}\"}}"}},"#
            );
        }
        out.write_all(events.trim_end_matches(',').as_bytes()).unwrap();
        out.write_all(b"]}").unwrap();
    });
    assert_eq!(lines(&sources), 60_000);
    let joined = payload(|out| {
        let mut events = String::new();
        for n in 0..60_000 {
            let _ = write!(
                events,
                r#"{{"message":"({n}) Execution failed due to a timeout error"}},{{"message":"{{\"requestId\":\"{n}\",\"status\":504}}"}},"#
            );
        }
        out.write_all(events.trim_end_matches(',').as_bytes()).unwrap();
        out.write_all(b"]}").unwrap();
    });
    assert_eq!(lines(&joined), 120_000);
    let peak = peak_kib();
    assert!(peak < LIMIT_KIB, "{peak} KiB");
}
