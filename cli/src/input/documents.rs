//! JSON documents that hold log events: the Lambda event of a CloudWatch Logs subscription, and what
//! `aws logs filter-log-events` prints.

use diagnosis::decode::{self, Payload};
use serde::Deserialize;

use super::{Item, LogLine, Stopped};
use crate::failure::Failure;

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Document {
    Subscription,
    FilterLogEvents,
}

/// Which document a text begins with, by its first key.
pub(super) fn recognise(head: &[u8]) -> Option<Document> {
    let head =
        head.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"")?;
    let end = head.iter().position(|&byte| byte == b'"')?;
    let value = head[end + 1..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    match &head[..end] {
        b"awslogs" if value.starts_with(b"{") => Some(Document::Subscription),
        b"events" | b"searchedLogStreams" if value.starts_with(b"[") => {
            Some(Document::FilterLogEvents)
        }
        _ => None,
    }
}

pub(super) fn read(
    document: Document,
    text: &[u8],
    take: &mut dyn FnMut(Item) -> Result<(), Failure>,
) -> Result<(), Stopped> {
    match document {
        Document::Subscription => subscription(text, take),
        Document::FilterLogEvents => filter_log_events(text, take),
    }
}

/// One event, or several one after the other.
fn subscription(
    text: &[u8],
    take: &mut dyn FnMut(Item) -> Result<(), Failure>,
) -> Result<(), Stopped> {
    for event in
        serde_json::Deserializer::from_slice(text).into_iter::<&serde_json::value::RawValue>()
    {
        let event = event.map_err(|error| Stopped::Malformed(error.to_string()))?;
        let payload = decode::lambda_event(event.get().as_bytes())
            .map_err(|error| Stopped::Malformed(error.to_string()))?;
        let Payload::Data(batch) = payload else { continue };
        for event in batch.events() {
            take(Item::Line(LogLine {
                account: Some(batch.account.clone()),
                log_group: Some(batch.log_group.clone()),
                log_stream: Some(batch.log_stream.clone()),
                event_id: Some(event.id.into_owned()),
                timestamp: event.timestamp,
                message: event.message.map(|message| message.text().into_owned()),
                number: 0,
            }))?;
        }
        take(Item::EndOfBatch)?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct FilterLogEvents {
    events: Vec<FilteredEvent>,
}

/// Names as the AWS CLI prints them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilteredEvent {
    log_stream_name: Option<String>,
    timestamp: Option<i64>,
    message: Option<String>,
    event_id: Option<String>,
}

fn filter_log_events(
    text: &[u8],
    take: &mut dyn FnMut(Item) -> Result<(), Failure>,
) -> Result<(), Stopped> {
    // The AWS CLI prints one document per page where it is told not to join them.
    for page in serde_json::Deserializer::from_slice(text).into_iter::<FilterLogEvents>() {
        let page = page.map_err(|error| {
            Stopped::Malformed(format!("not the output of `aws logs filter-log-events`: {error}"))
        })?;
        for event in page.events {
            take(Item::Line(LogLine {
                log_stream: event.log_stream_name,
                event_id: event.event_id,
                timestamp: event.timestamp.map(diagnosis::Timestamp::from_millis),
                message: event.message,
                ..LogLine::default()
            }))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Document, recognise};

    #[test]
    fn documents_are_known_by_their_first_key() {
        for (head, document) in [
            (r#"{"awslogs":{"data":"x"}}"#, Some(Document::Subscription)),
            ("\n{\n  \"awslogs\" : {", Some(Document::Subscription)),
            (r#"{"events":[]}"#, Some(Document::FilterLogEvents)),
            (r#"{"searchedLogStreams": [], "events":[]}"#, Some(Document::FilterLogEvents)),
            (r#"{"status":"500"}"#, None),
            (r#"{"events":"many","status":"500"}"#, None),
            ("plain text", None),
            ("", None),
        ] {
            assert_eq!(recognise(head.as_bytes()), document, "{head}");
        }
    }
}
