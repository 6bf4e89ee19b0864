//! From the payload of a CloudWatch Logs subscription to its log events.
//!
//! A payload is `{"awslogs":{"data":…}}`: base64 of gzip of a JSON envelope. Whoever may write to a log
//! group decides what is in it, so the output of the decompressor is capped (1 MB of gzip can hold
//! 700 MB), the envelope is read without trusting it, and one bad event costs one event.
//! Shape: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use flate2::{FlushDecompress, Status};

use crate::Timestamp;
use crate::json::{Cursor, RawString};

/// The most an envelope may inflate to. A delivery of CloudWatch Logs stays far below it.
pub const MAX_ENVELOPE_BYTES: usize = 32 * 1024 * 1024;

/// The longest log message that is read: CloudWatch Logs accepts no longer event.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;

/// What a payload turned out to be.
#[derive(Debug)]
pub enum Payload {
    /// CloudWatch Logs checks whether the destination is reachable; there is nothing to count.
    Control,
    /// Log events of one log stream.
    Data(Batch),
}

/// Why a whole payload is unreadable. No retry can mend any of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not the JSON of a subscription event.
    #[error("the event holds no `awslogs.data`")]
    NoData,
    /// The data is not base64.
    #[error("`awslogs.data` is not base64")]
    NotBase64,
    /// The data is not gzip, not even its beginning.
    #[error("`awslogs.data` is not gzip")]
    NotGzip,
    /// The envelope lacks its message type, owner, log group, log stream or events.
    #[error("the envelope is not one of CloudWatch Logs")]
    NotAnEnvelope,
}

/// One delivery of CloudWatch Logs: events of one log stream.
#[derive(Debug)]
pub struct Batch {
    envelope: Vec<u8>,
    events_start: usize,
    cut: bool,
    /// The AWS account that owns the log group.
    pub account: String,
    /// The log group.
    pub log_group: String,
    /// The log stream.
    pub log_stream: String,
}

/// One log event.
#[derive(Debug)]
pub struct Event<'a> {
    /// CloudWatch's unique id; empty where it is missing.
    pub id: Cow<'a, str>,
    /// CloudWatch's timestamp, where it holds one.
    pub timestamp: Option<Timestamp>,
    /// The log line; `None` where the event holds none or one that is too long.
    pub message: Option<Message<'a>>,
}

/// A log line as it stands in the envelope, which is JSON: its quotes are escaped.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a>(RawString<'a>);

impl<'a> Message<'a> {
    /// The line itself. What is not UTF-8 is replaced by U+FFFD.
    pub fn text(self) -> Cow<'a, str> {
        self.0.text()
    }

    /// The line, still escaped. `None`: it is not UTF-8.
    pub(crate) fn escaped(self) -> Option<&'a str> {
        std::str::from_utf8(self.0.bytes).ok()
    }
}

/// Reads a Lambda event. Keys other than `awslogs.data` are ignored.
pub fn lambda_event(event: &[u8]) -> Result<Payload, DecodeError> {
    let data = data_of(event).ok_or(DecodeError::NoData)?;
    let engine = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    let compressed = engine.decode(data.as_bytes()).map_err(|_| DecodeError::NotBase64)?;
    let (envelope, complete) =
        inflate(&compressed, MAX_ENVELOPE_BYTES).ok_or(DecodeError::NotGzip)?;
    Batch::read(envelope, !complete)
}

/// What gzip uses at most, as a power of two.
const WINDOW_BITS: u8 = 15;

/// Inflates gzip, concatenated members too, to at most `cap` bytes. The flag says whether that was all
/// of it: input that breaks off or goes on past the cap still yields its beginning.
/// `None`: nothing could be inflated.
pub fn inflate(compressed: &[u8], cap: usize) -> Option<(Vec<u8>, bool)> {
    #[expect(clippy::disallowed_types, reason = "this is the one reader that caps the output")]
    let mut decoder = flate2::Decompress::new_gzip(WINDOW_BITS);
    // Access logs shrink to about a tenth. One byte more than the cap tells that there is more.
    let most = cap.saturating_add(1);
    let mut inflated = Vec::with_capacity(compressed.len().saturating_mul(11).min(most));
    let mut rest = compressed;
    let complete = loop {
        if inflated.len() == inflated.capacity() {
            inflated.reserve_exact(inflated.len().max(4_096).min(most - inflated.len()));
        }
        let before = (decoder.total_in(), inflated.len());
        let status = decoder.decompress_vec(rest, &mut inflated, FlushDecompress::None);
        let read = decoder.total_in() - before.0;
        rest = &rest[read as usize..];
        let moved = read > 0 || inflated.len() > before.1;
        match status {
            _ if inflated.len() > cap => break false,
            Ok(Status::StreamEnd) if rest.is_empty() => break true,
            Ok(Status::StreamEnd) => decoder.reset(true),
            Ok(_) if moved => {}
            Ok(_) | Err(_) => break false,
        }
    };
    inflated.truncate(cap);
    (complete || !inflated.is_empty()).then_some((inflated, complete))
}

/// The string at `awslogs.data`.
fn data_of(event: &[u8]) -> Option<Cow<'_, str>> {
    let mut cursor = Cursor::new(event);
    for wanted in [&b"awslogs"[..], b"data"] {
        enter_key(&mut cursor, wanted)?;
    }
    cursor.string().map(RawString::text)
}

/// Moves into the object that comes next, to the value of `wanted`.
fn enter_key(cursor: &mut Cursor<'_>, wanted: &[u8]) -> Option<()> {
    cursor.take(b'{').then_some(())?;
    loop {
        let key = cursor.string()?;
        cursor.take(b':').then_some(())?;
        if key.bytes == wanted {
            return Some(());
        }
        cursor.skip_value().then_some(())?;
        cursor.take(b',').then_some(())?;
    }
}

impl Batch {
    /// Reads the envelope's head. The events are read one by one, by [`Batch::events`].
    fn read(envelope: Vec<u8>, cut: bool) -> Result<Payload, DecodeError> {
        let mut head = Head::default();
        head.read(&envelope);
        if head.message_type.as_deref() == Some("CONTROL_MESSAGE") {
            return Ok(Payload::Control);
        }
        let (Some("DATA_MESSAGE"), Some(account), Some(log_group), Some(log_stream), Some(start)) = (
            head.message_type.as_deref(),
            head.owner,
            head.log_group,
            head.log_stream,
            head.events_start,
        ) else {
            return Err(DecodeError::NotAnEnvelope);
        };
        Ok(Payload::Data(Self {
            envelope,
            events_start: start,
            cut,
            account,
            log_group,
            log_stream,
        }))
    }

    /// The events, in the order of delivery.
    pub fn events(&self) -> Events<'_> {
        Events {
            cursor: Cursor::at(&self.envelope, self.events_start),
            started: false,
            broke_off: self.cut,
        }
    }
}

/// What stands in an envelope beside its events. The keys come in any order.
#[derive(Default)]
struct Head {
    message_type: Option<String>,
    owner: Option<String>,
    log_group: Option<String>,
    log_stream: Option<String>,
    events_start: Option<usize>,
}

impl Head {
    /// Reads as far as it can: a cut envelope still has the keys before the cut.
    fn read(&mut self, envelope: &[u8]) -> Option<()> {
        let mut cursor = Cursor::new(envelope);
        cursor.take(b'{').then_some(())?;
        loop {
            let key = cursor.string()?;
            cursor.take(b':').then_some(())?;
            let slot = match key.bytes {
                b"messageType" => Some(&mut self.message_type),
                b"owner" => Some(&mut self.owner),
                b"logGroup" => Some(&mut self.log_group),
                b"logStream" => Some(&mut self.log_stream),
                b"logEvents" => {
                    cursor.take(b'[').then_some(())?;
                    self.events_start = Some(cursor.position());
                    if self.is_complete() {
                        return Some(());
                    }
                    cursor = Cursor::at(envelope, cursor.position() - 1);
                    None
                }
                _ => None,
            };
            match slot {
                Some(slot) => *slot = Some(cursor.string()?.text().into_owned()),
                None => cursor.skip_value().then_some(())?,
            }
            cursor.take(b',').then_some(())?;
        }
    }

    fn is_complete(&self) -> bool {
        self.message_type.is_some()
            && self.owner.is_some()
            && self.log_group.is_some()
            && self.log_stream.is_some()
    }
}

/// The events of a batch.
#[derive(Debug)]
pub struct Events<'a> {
    cursor: Cursor<'a>,
    started: bool,
    broke_off: bool,
}

impl<'a> Iterator for Events<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        if self.started && !self.cursor.take(b',') {
            // Anything but the end of the array: the envelope is cut or broken here.
            self.broke_off |= self.cursor.peek() != Some(b']');
            return None;
        }
        if !self.started && self.cursor.peek() == Some(b']') {
            return None;
        }
        self.started = true;
        let event = self.read_event();
        self.broke_off |= event.is_none();
        event
    }
}

impl<'a> Events<'a> {
    /// Whether the envelope broke off or was cut by the cap, so that events after the last one that
    /// was read are lost. Known once [`Events::next`] has returned `None`.
    pub const fn broke_off(&self) -> bool {
        self.broke_off
    }

    /// Reads one element of the array. `None`: it does not end.
    fn read_event(&mut self) -> Option<Event<'a>> {
        let mut event = Event { id: Cow::Borrowed(""), timestamp: None, message: None };
        if !self.cursor.take(b'{') {
            return self.cursor.skip_value().then_some(event);
        }
        if self.cursor.take(b'}') {
            return Some(event);
        }
        loop {
            let key = self.cursor.string()?;
            self.cursor.take(b':').then_some(())?;
            match key.bytes {
                b"message" if self.cursor.peek() == Some(b'"') => {
                    let message = self.cursor.string()?;
                    event.message = is_readable(message).then_some(Message(message));
                }
                b"id" if self.cursor.peek() == Some(b'"') => {
                    event.id = self.cursor.string()?.text();
                }
                b"timestamp" if self.cursor.peek() != Some(b'"') => {
                    event.timestamp = number(self.cursor.bare()).map(Timestamp::from_millis);
                }
                _ => self.cursor.skip_value().then_some(())?,
            }
            if self.cursor.take(b'}') {
                return Some(event);
            }
            self.cursor.take(b',').then_some(())?;
        }
    }
}

/// A number. CloudWatch writes digits, 13 of them, and those are quick to read.
fn number(text: &[u8]) -> Option<i64> {
    let is_short = (1..=18).contains(&text.len());
    if is_short && text.iter().all(u8::is_ascii_digit) {
        return Some(text.iter().fold(0, |number, digit| 10 * number + i64::from(digit - b'0')));
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Whether a message is short enough. Escapes only ever make it longer.
fn is_readable(message: RawString<'_>) -> bool {
    message.bytes.len() <= MAX_MESSAGE_BYTES || message.text_up_to(MAX_MESSAGE_BYTES).is_some()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::io::Write as _;

    use base64::Engine as _;
    use base64::prelude::BASE64_STANDARD;

    use super::{Batch, DecodeError, MAX_ENVELOPE_BYTES, Payload, lambda_event};

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn event_of(compressed: &[u8]) -> Vec<u8> {
        format!(r#"{{"awslogs":{{"data":"{}"}}}}"#, BASE64_STANDARD.encode(compressed)).into_bytes()
    }

    fn envelope(events: &str) -> String {
        format!(
            r#"{{"messageType":"DATA_MESSAGE","owner":"123456789012","logGroup":"/shop","logStream":"s1","subscriptionFilters":["gatewatch"],"logEvents":[{events}]}}"#
        )
    }

    fn batch(envelope: &[u8]) -> Batch {
        match lambda_event(&event_of(&gzip(envelope))) {
            Ok(Payload::Data(batch)) => batch,
            other => panic!("not a batch: {other:?}"),
        }
    }

    /// Every message (or the lack of one), and whether the batch broke off.
    fn messages(batch: &Batch) -> (Vec<Option<String>>, bool) {
        let mut events = batch.events();
        let mut found = Vec::new();
        for event in events.by_ref() {
            found.push(event.message.map(|message| message.text().into_owned()));
        }
        (found, events.broke_off())
    }

    fn some(texts: &[&str]) -> Vec<Option<String>> {
        texts.iter().map(|text| Some((*text).to_owned())).collect()
    }

    #[test]
    fn a_delivery_yields_its_events() {
        let batch = batch(
            envelope(r#"{"id":"1","timestamp":1741770847123,"message":"{\"status\":\"500\"}"},{"id":"2","timestamp":1741770847124,"message":"b"}"#)
                .as_bytes(),
        );
        assert_eq!((batch.account.as_str(), batch.log_group.as_str()), ("123456789012", "/shop"));
        assert_eq!(batch.log_stream, "s1");
        let mut events = batch.events();
        let first = events.next().unwrap();
        assert_eq!(first.id, "1");
        assert_eq!(first.message.unwrap().text(), r#"{"status":"500"}"#);
        assert_eq!(first.timestamp.unwrap().as_millis(), 1_741_770_847_123);
        assert_eq!(messages(&batch), (some(&[r#"{"status":"500"}"#, "b"]), false));
    }

    #[test]
    fn keys_may_come_in_any_order_and_unknown_ones_are_ignored() {
        let text = r#"{"logEvents":[{"message":"a","new":{"x":[1]},"id":"1"}],"future":{"a":[]},"logStream":"s","logGroup":"g","owner":"1","messageType":"DATA_MESSAGE"}"#;
        assert_eq!(messages(&batch(text.as_bytes())), (some(&["a"]), false));
        let event = String::from_utf8(event_of(&gzip(envelope("").as_bytes()))).unwrap();
        let event = event.replacen('{', r#"{"extra":[{"awslogs":1}],"#, 1);
        assert!(matches!(lambda_event(event.as_bytes()), Ok(Payload::Data(_))));
    }

    #[test]
    fn a_control_message_is_recognised() {
        let text = envelope(r#"{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health of destination"}"#)
            .replace("DATA_MESSAGE", "CONTROL_MESSAGE");
        assert!(matches!(lambda_event(&event_of(&gzip(text.as_bytes()))), Ok(Payload::Control)));
    }

    #[test]
    fn concatenated_gzip_members_are_one_text() {
        let text = envelope(r#"{"id":"1","message":"a"},{"id":"2","message":"b"}"#);
        let (head, tail) = text.split_at(text.len() / 2);
        let both = [gzip(head.as_bytes()), gzip(tail.as_bytes())].concat();
        let Ok(Payload::Data(batch)) = lambda_event(&event_of(&both)) else { panic!("no batch") };
        assert_eq!(messages(&batch), (some(&["a", "b"]), false));
    }

    #[test]
    fn what_cannot_be_read_at_all_says_why() {
        let not_an_envelope = gzip(br#"{"messageType":"DATA_MESSAGE","logEvents":[]}"#);
        for (event, error) in [
            (&b""[..], DecodeError::NoData),
            (b"[]", DecodeError::NoData),
            (b"{}", DecodeError::NoData),
            (br#"{"awslogs":{}}"#, DecodeError::NoData),
            (br#"{"awslogs":{"data":7}}"#, DecodeError::NoData),
            (br#"{"awslogs":{"data":"%%%"}}"#, DecodeError::NotBase64),
            (br#"{"awslogs":{"data":""}}"#, DecodeError::NotGzip),
            (br#"{"awslogs":{"data":"aGVsbG8="}}"#, DecodeError::NotGzip),
            (&event_of(&gzip(b"")), DecodeError::NotAnEnvelope),
            (&event_of(&gzip(b"hello")), DecodeError::NotAnEnvelope),
            (&event_of(&not_an_envelope), DecodeError::NotAnEnvelope),
        ] {
            assert_eq!(
                lambda_event(event).err(),
                Some(error),
                "{}",
                String::from_utf8_lossy(event)
            );
        }
    }

    #[test]
    fn truncated_gzip_yields_the_events_before_the_cut() {
        let mut events = String::new();
        for n in 0..2_000 {
            let _ = write!(events, r#"{{"id":"{n}","message":"line {n} {}"}},"#, n * 7_919 % 1_000);
        }
        let whole = gzip(envelope(events.trim_end_matches(',')).as_bytes());
        let Ok(Payload::Data(batch)) = lambda_event(&event_of(&whole[..whole.len() / 2])) else {
            panic!("no batch")
        };
        let (found, broke_off) = messages(&batch);
        assert!(broke_off && found.len() > 100 && found.len() < 2_000, "{}", found.len());
        assert!(found.iter().all(|message| message.as_ref().unwrap().starts_with("line ")));
    }

    #[test]
    fn one_bad_event_costs_one_event() {
        let mut text = envelope(
            r#"{"id":"1","message":"a"},7,{},{"id":"2"},{"id":"3","message":5},{"id":"4","message":"lone \ud800"},{"id":"5","message":"BYTE"},{"id":6,"message":"z"}"#,
        )
        .into_bytes();
        let at = text.windows(4).position(|window| window == b"BYTE").unwrap();
        text[at] = 0xFF;
        let (found, broke_off) = messages(&batch(&text));
        assert!(!broke_off);
        assert_eq!(
            found,
            [
                Some("a".to_owned()),
                None,
                None,
                None,
                None,
                Some("lone \u{fffd}".to_owned()),
                Some("\u{fffd}YTE".to_owned()),
                Some("z".to_owned()),
            ]
        );
    }

    #[test]
    fn a_gzip_bomb_stops_at_the_cap_and_keeps_what_came_before() {
        let mut text = envelope(r#"{"id":"1","message":"a"},{"id":"2","message":"#);
        text.truncate(text.len() - 2);
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.write_all(b"\"").unwrap();
        let spaces = vec![b' '; 1024 * 1024];
        for _ in 0..(MAX_ENVELOPE_BYTES / spaces.len() + 8) {
            encoder.write_all(&spaces).unwrap();
        }
        let Ok(Payload::Data(batch)) = lambda_event(&event_of(&encoder.finish().unwrap())) else {
            panic!("no batch")
        };
        assert_eq!(messages(&batch), (some(&["a"]), true));
    }

    #[test]
    fn a_message_over_one_megabyte_is_counted_not_read() {
        let text = envelope(&format!(
            r#"{{"id":"1","message":"{}"}},{{"id":"2","message":"b"}}"#,
            "x".repeat(super::MAX_MESSAGE_BYTES + 1)
        ));
        assert_eq!(messages(&batch(text.as_bytes())), (vec![None, Some("b".to_owned())], false));
    }
}
