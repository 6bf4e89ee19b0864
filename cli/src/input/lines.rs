//! Plain lines, and those of `aws logs tail`, which puts a time and a log stream before each.

use std::io::BufRead;

use diagnosis::Timestamp;
use diagnosis::decode::MAX_MESSAGE_BYTES;

use super::{Item, LogLine, Stopped};
use crate::failure::Failure;

pub(super) fn read(
    reader: &mut dyn BufRead,
    take: &mut dyn FnMut(Item) -> Result<(), Failure>,
) -> Result<(), Stopped> {
    let mut line = Vec::new();
    while next_line(reader, &mut line)? {
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        if super::documents::recognise(text.as_bytes()).is_some() {
            // A file of subscription events, one a line.
            super::documents::read(super::documents::Document::Subscription, &line, take)?;
            continue;
        }
        take(Item::Line(of_text(text)))?;
    }
    Ok(())
}

/// Reads up to the end of the line. What goes beyond the longest message is read over, and the line
/// handed on is longer than any message by one byte.
fn next_line(reader: &mut dyn BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
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

/// A subscription event on one line is base64 of at most 6 MB.
const MAX_LINE_BYTES: usize = 8 * MAX_MESSAGE_BYTES;

fn of_text(text: &str) -> LogLine {
    let (timestamp, log_stream, message) = match tail_prefix(text) {
        Some((timestamp, stream, message)) => (Some(timestamp), Some(stream.to_owned()), message),
        None => (None, None, text),
    };
    let message = (message.len() <= MAX_MESSAGE_BYTES).then(|| message.to_owned());
    LogLine { log_stream, timestamp, message, ..LogLine::default() }
}

/// `2025-03-12T09:14:07.123000+00:00 stream message`. The offset tells it from the times that Lambda
/// puts into its own lines, which end in `Z`.
fn tail_prefix(text: &str) -> Option<(Timestamp, &str, &str)> {
    let (time, rest) = text.split_once(' ')?;
    if time.len() < 25 || !time.is_ascii() || time.as_bytes()[time.len() - 6] != b'+' {
        return None;
    }
    let (stream, message) = rest.split_once(' ')?;
    Some((Timestamp::from_rfc3339(time)?, stream, message))
}

#[cfg(test)]
mod tests {
    use super::of_text;

    #[test]
    fn the_prefix_of_aws_logs_tail_is_told_from_lambdas_own_times() {
        let tail = of_text(r#"2025-03-12T09:14:07.123000+00:00 s1 {"status":"500"}"#);
        assert_eq!(tail.message.as_deref(), Some(r#"{"status":"500"}"#));
        assert_eq!(tail.log_stream.as_deref(), Some("s1"));
        assert_eq!(tail.timestamp.unwrap().to_string(), "2025-03-12T09:14:07.123Z");
        for text in [
            "2018-08-01T13:11:00.804Z 49af85f0-958c-11e8-88e8-7da03f260b4a Task timed out",
            r#"{"status":"500"}"#,
            "",
        ] {
            assert_eq!(of_text(text).message.as_deref(), Some(text));
        }
    }
}
