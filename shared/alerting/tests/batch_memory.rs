//! A batch needs the memory of its text and little more. A process of its own, since the peak that the
//! kernel keeps is the process's.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Write as _;

use alerting::BatchCounts;
use base64::Engine as _;
use diagnosis::decode::{self, Payload};
use diagnosis::{Timestamp, diagnose};

/// What a batch may need beside its text.
const MOST_KIB: u64 = 2 * 1024;

/// The payload of a batch with so many lines, and how many bytes it inflates to. Nothing large is made
/// on the way, whose memory could be used again.
fn payload(lines: usize) -> (Vec<u8>, u64) {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let mut size = 0;
    let mut write = |text: &str| {
        size += text.len() as u64;
        encoder.write_all(text.as_bytes()).unwrap();
    };
    write(
        r#"{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logStream":"s","logEvents":["#,
    );
    for n in 0..lines {
        let (status, error) = if n % 30 == 0 { (502, "'orderId'") } else { (200, "-") };
        let time = 1_741_770_000_000 + n;
        let agent = "Mozilla/5.0 (X11; Linux x86_64) ".repeat(10);
        let comma = if n == 0 { "" } else { "," };
        write(&format!(
            r#"{comma}{{"id":"{n:056}","timestamp":{time},"message":"{{\"requestId\":\"{n}\",\"requestTimeEpoch\":\"{time}\",\"resourcePath\":\"/o\",\"apiId\":\"a1\",\"stage\":\"s\",\"status\":\"{status}\",\"integrationError\":\"{error}\",\"userAgent\":\"{agent}\"}}"}}"#
        ));
    }
    write("]}");
    let data = base64::prelude::BASE64_STANDARD.encode(encoder.finish().unwrap());
    (format!(r#"{{"awslogs":{{"data":"{data}"}}}}"#).into_bytes(), size)
}

fn requests(payload: &[u8]) -> u64 {
    let Ok(Payload::Data(batch)) = decode::lambda_event(payload) else { return 0 };
    BatchCounts::of(&batch, Timestamp::from_millis(1_741_770_840_000), diagnose::line, None)
        .lines
        .requests
}

fn kib(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_batch_needs_the_memory_of_its_text_and_little_more() {
    // Once per process, patterns are compiled.
    assert_eq!(requests(&payload(30).0), 30);
    let (payload, size) = payload(20_000);
    assert!(payload.len() < 512 * 1024, "{}", payload.len());
    let before = kib("VmRSS:");
    assert_eq!(requests(&payload), 20_000);
    let needed = kib("VmHWM:").saturating_sub(before);
    assert!(needed < size / 1024 + MOST_KIB, "{needed} KiB for {} KiB", size / 1024);
    // Else it has measured memory that was there before.
    assert!(needed > size / 1024 / 2, "{needed} KiB for {} KiB", size / 1024);
}
