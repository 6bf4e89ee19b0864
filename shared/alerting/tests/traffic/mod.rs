//! A busy API of our own invention: the same requests for the same numbers, cut into batches.
#![allow(dead_code, reason = "each test uses a part of it")]

use std::fmt::Write as _;
use std::io::Write as _;

use alerting::{Channel, ChannelId, ChannelKind, Delivery, SendError, Sent};
use base64::Engine as _;

/// 2025-03-12T09:14:00Z
pub(crate) const START: i64 = 1_741_770_840_000;

pub(crate) const MINUTE: i64 = 60_000;

/// A channel that takes everything.
pub(crate) struct Answering(ChannelId);

impl Channel for Answering {
    fn id(&self) -> &ChannelId {
        &self.0
    }

    async fn send(&self, _delivery: Delivery<'_>) -> Result<Sent, SendError> {
        Ok(Sent::default())
    }
}

/// All three kinds.
pub(crate) fn channels() -> Vec<Answering> {
    [ChannelKind::Slack, ChannelKind::Sms, ChannelKind::Email]
        .map(|kind| Answering(ChannelId::only(kind)))
        .into()
}

/// Runs a future that never waits.
pub(crate) fn ready<F: Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => unreachable!("nothing here waits"),
    }
}

/// A number that looks random and is the same for the same `n`.
pub(crate) fn mixed(n: u64) -> u64 {
    let n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    n ^ (n >> 31)
}

/// Two of a hundred requests fail, nearly all of them by their callers' fault.
pub(crate) fn fails(request: u64) -> bool {
    mixed(request).is_multiple_of(50)
}

/// A request's line, as a format of five fields would write it.
pub(crate) fn line(request: u64, at: i64) -> String {
    let pick = mixed(request ^ 0x5bd1_e995);
    let (status, more) = match (fails(request), pick % 20) {
        (false, _) => (200, ""),
        (true, 0) => (504, r#","error.responseType":"INTEGRATION_TIMEOUT""#),
        (true, 1..=11) => (400, r#","error.responseType":"BAD_REQUEST_BODY""#),
        (true, 12..=16) => (404, ""),
        (true, _) => (401, r#","error.responseType":"UNAUTHORIZED""#),
    };
    format!(
        r#"{{"requestId":"r{request}","apiId":"a1b2c3d4e5","stage":"prod","requestTimeEpoch":"{at}","httpMethod":"GET","resourcePath":"/shop/section-{}","status":"{status}","apiKeyId":"key{:07}"{more}}}"#,
        pick % 40,
        pick % 300,
    )
}

/// A delivery of CloudWatch Logs. `ids` makes its events unique.
pub(crate) fn payload(ids: u64, lines: &[(i64, String)]) -> Vec<u8> {
    let mut json = String::from(
        r#"{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/shop","logStream":"s","logEvents":["#,
    );
    for (n, (at, line)) in lines.iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        let message = line.replace('"', "\\\"");
        let _ =
            write!(json, r#"{comma}{{"id":"{ids}-{n}","timestamp":{at},"message":"{message}"}}"#);
    }
    json.push_str("]}");
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    let written = encoder.write_all(json.as_bytes());
    let data = encoder.finish().map(|gzip| base64::prelude::BASE64_STANDARD.encode(gzip));
    assert!(written.is_ok() && data.is_ok(), "memory does not refuse bytes");
    format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, data.unwrap_or_default()).into_bytes()
}
