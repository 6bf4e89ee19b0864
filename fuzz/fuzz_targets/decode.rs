//! The payload of a subscription: base64, gzip and the envelope, each from the outside in. The first byte
//! says how deep the input begins, since chance makes no gzip.

#![no_main]

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diagnosis::decode::{self, MAX_ENVELOPE_BYTES, MAX_MESSAGE_BYTES, Payload};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    let Some((&depth, rest)) = data.split_first() else { return };
    match depth {
        b'e' => drop(count(rest)),
        b'g' => drop(count(&event(rest))),
        _ => {
            let counted = count(&event(&gzip(rest)));
            if let Some(told) = events_of(rest) {
                assert_eq!(
                    counted,
                    Some((told, false)),
                    "an event of a well-formed envelope is lost"
                );
            }
        }
    }
});

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

fn event(compressed: &[u8]) -> Vec<u8> {
    format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, BASE64_STANDARD.encode(compressed)).into_bytes()
}

/// How many events are read, and whether the batch broke off.
fn count(event: &[u8]) -> Option<(usize, bool)> {
    let Ok(Payload::Data(batch)) = decode::lambda_event(event) else { return None };
    let mut events = batch.events();
    let (mut found, mut bytes) = (0, 0);
    while let Some(event) = events.next() {
        found += 1;
        let message = event.message.as_ref().map(|message| message.text()).unwrap_or_default();
        // What is no UTF-8 becomes U+FFFD, which has three bytes.
        assert!(message.len() <= 3 * MAX_MESSAGE_BYTES);
        bytes += message.len();
    }
    assert!(bytes <= 3 * MAX_ENVELOPE_BYTES);
    Some((found, events.broke_off()))
}

/// How many events another reader finds in an envelope. It knows neither a key that stands twice nor a
/// lone surrogate.
fn events_of(envelope: &[u8]) -> Option<usize> {
    let text = std::str::from_utf8(envelope).ok()?;
    let value: Value = serde_json::from_str(text).ok()?;
    let object = value.as_object()?;
    let once = |key: &str| text.matches(&format!("\"{key}\"")).count() == 1;
    let keys = ["messageType", "owner", "logGroup", "logStream"];
    let complete =
        keys.iter().all(|key| once(key) && object.get(*key).is_some_and(Value::is_string));
    let unescaped = !text.contains("\\u");
    let is_data = object.get("messageType")? == "DATA_MESSAGE";
    let events = object.get("logEvents")?.as_array()?;
    (complete && once("logEvents") && unescaped && is_data).then_some(events.len())
}
