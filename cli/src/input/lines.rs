//! Plain lines, and those of `aws logs tail`, which puts a time and a log stream before each.

use std::io::BufRead;

use diagnosis::Timestamp;
use diagnosis::decode::MAX_MESSAGE_BYTES;

use super::documents::{self, Document};
use super::item::{Item, LogLine, Stopped, Take, lossy};

/// A subscription event on one line is base64 of at most 6 MB.
const MAX_LINE_BYTES: usize = 8 * MAX_MESSAGE_BYTES;

pub(super) fn read(mut reader: impl BufRead, take: &mut Take<'_>) -> Result<(), Stopped> {
    let mut line = Vec::new();
    let mut spread: Option<Spread> = None;
    while next_line(&mut reader, &mut line)? {
        let text = lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        if let Some(mut object) = spread.take() {
            match object.add(text) {
                Outcome::Open => spread = Some(object),
                Outcome::Whole => take(Item::Line(object.line))?,
                Outcome::NotOne => {
                    take(Item::Line(object.line))?;
                    take(Item::Line(of_text(text)))?;
                }
            }
            continue;
        }
        if documents::recognise(text.as_bytes()) == Some(Document::Subscription)
            && is_taken_as_subscription(text, take)?
        {
            continue;
        }
        let read = of_text(text);
        if read.timestamp.is_some() && read.message.as_deref() == Some("{") {
            spread = Some(Spread { line: read });
        } else {
            take(Item::Line(read))?;
        }
    }
    match spread {
        Some(object) => Ok(take(Item::Line(object.line))?),
        None => Ok(()),
    }
}

/// A file of subscription events, one a line. What only begins like one is a line like any other.
fn is_taken_as_subscription(text: &str, take: &mut Take<'_>) -> Result<bool, Stopped> {
    match documents::subscription(text.as_bytes(), take) {
        Ok(()) => Ok(true),
        Err(Stopped::Malformed(_)) => Ok(false),
        Err(stopped) => Err(stopped),
    }
}

/// A JSON object that `aws logs tail --format json` has spread over many lines.
struct Spread {
    line: LogLine,
}

enum Outcome {
    Open,
    Whole,
    NotOne,
}

impl Spread {
    fn add(&mut self, text: &str) -> Outcome {
        let Some(message) = &mut self.line.message else { return Outcome::NotOne };
        let is_part =
            text.starts_with([' ', '}']) && message.len() + text.len() < MAX_MESSAGE_BYTES;
        if !is_part {
            return Outcome::NotOne;
        }
        message.push_str(text.trim_start());
        if text.starts_with('}') { Outcome::Whole } else { Outcome::Open }
    }
}

/// Reads up to the end of the line. What goes beyond the longest message is read over, and the line
/// handed on is longer than any message by one byte.
fn next_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return Ok(!line.is_empty());
        }
        let end = memchr::memchr(b'\n', buffer);
        let taken = end.map_or(buffer.len(), |at| at + 1);
        let room = (MAX_LINE_BYTES + 1).saturating_sub(line.len());
        line.extend_from_slice(&buffer[..taken.min(room)]);
        reader.consume(taken);
        if end.is_some() {
            return Ok(true);
        }
    }
}

fn of_text(text: &str) -> LogLine {
    let (timestamp, log_stream, message) = match tail_prefix(text) {
        Some((timestamp, stream, message)) => (Some(timestamp), stream.map(str::to_owned), message),
        None => (None, None, text),
    };
    let message = (message.len() <= MAX_MESSAGE_BYTES).then(|| message.to_owned());
    LogLine { log_stream, timestamp, message, ..LogLine::default() }
}

/// `2025-03-12T09:14:07.123000+00:00 stream message`, or, with `--format short`,
/// `2025-03-12T09:14:07 message`. Both differ from the times that Lambda puts into its own lines, which
/// end in `Z`.
fn tail_prefix(text: &str) -> Option<(Timestamp, Option<&str>, &str)> {
    // Nearly every line of a file is looked at here, and hardly any begins so.
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let (time, rest) = text.split_once(' ')?;
    if !time.is_ascii() || time.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    if time.len() == 19 {
        return Some((Timestamp::from_rfc3339(&format!("{time}Z"))?, None, rest));
    }
    if time.len() < 25 || time.as_bytes()[time.len() - 6] != b'+' {
        return None;
    }
    let (stream, message) = rest.split_once(' ')?;
    Some((Timestamp::from_rfc3339(time)?, Some(stream), message))
}

#[cfg(test)]
mod tests {
    use super::super::Item;
    use super::{of_text, read};

    const AT: &str = "2025-03-12T09:14:07+00:00 s";

    #[test]
    fn the_prefix_of_aws_logs_tail_is_told_from_lambdas_own_times() {
        for (line, stream) in [
            (r#"2025-03-12T09:14:07.123000+00:00 s1 {"status":"500"}"#, Some("s1")),
            (r#"2025-03-12T09:14:07+00:00 s1 {"status":"500"}"#, Some("s1")),
            (r#"2025-03-12T09:14:07 {"status":"500"}"#, None),
        ] {
            let tail = of_text(line);
            assert_eq!(tail.message.as_deref(), Some(r#"{"status":"500"}"#));
            assert_eq!(tail.log_stream.as_deref(), stream);
            assert!(tail.timestamp.unwrap().to_string().starts_with("2025-03-12T09:14:07."));
        }
        for text in [
            "2018-08-01T13:11:00.804Z 49af85f0-958c-11e8-88e8-7da03f260b4a Task timed out",
            "2018-08-01 13:11:00 x",
            "2018-99-01T13:11:00 x",
            r#"{"status":"500"}"#,
            "",
        ] {
            assert_eq!(of_text(text).message.as_deref(), Some(text));
        }
    }

    #[test]
    fn an_object_that_tail_has_spread_is_one_line() {
        let messages = |text: &str| {
            let mut found = Vec::new();
            let taken = read(text.as_bytes(), &mut |item| {
                if let Item::Line(line) = item {
                    found.push(line.message.unwrap_or_default());
                }
                Ok(())
            });
            assert!(taken.is_ok());
            found
        };
        for (text, wanted) in [
            (
                format!("{AT} {{\n    \"a\": {{\n        \"b\": 1\n    }}\n}}\n{AT} x\n"),
                &[r#"{"a": {"b": 1}}"#, "x"][..],
            ),
            (format!("{AT} {{\n    \"a\": 1,\n{AT} x"), &[r#"{"a": 1,"#, "x"]),
            (format!("{AT} {{\n    \"a\""), &[r#"{"a""#]),
            ("{\n    \"a\": 1\n}\n".to_owned(), &["{", "    \"a\": 1", "}"]),
        ] {
            assert_eq!(messages(&text), wanted, "{text}");
        }
    }

    #[test]
    fn what_only_begins_like_a_subscription_event_is_a_line() {
        let text = "x\n{\"awslogs\":{\"data\":\"%\"}}\ny\n";
        let mut lines = 0;
        let taken = read(text.as_bytes(), &mut |item| {
            lines += u64::from(matches!(item, Item::Line(_)));
            Ok(())
        });
        assert!(taken.is_ok() && lines == 3);
    }
}
