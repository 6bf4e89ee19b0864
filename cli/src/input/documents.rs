//! JSON documents that hold log events: the Lambda event of a CloudWatch Logs subscription, what
//! `aws logs filter-log-events` prints, and the results of a Logs Insights query. Read event by event,
//! so that a document of any size takes the memory of one.

use std::fmt;
use std::io::BufRead;

use diagnosis::Timestamp;
use diagnosis::decode::{self, Payload};
use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::item::{Item, LogLine, Stopped, Take};
use super::rows;
use crate::failure::Failure;

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Document {
    Subscription,
    /// Of the AWS CLI or the console.
    Events,
}

/// Which document a text begins with, by its first key.
pub(super) fn recognise(head: &[u8]) -> Option<Document> {
    let head = head.trim_ascii_start();
    if let Some(list) = head.strip_prefix(b"[") {
        // Rows as the console exports them: every one has an `@ptr` or what was asked for.
        let key = list.trim_ascii_start().strip_prefix(b"{")?.trim_ascii_start();
        return key.starts_with(b"\"@").then_some(Document::Events);
    }
    let head = head.strip_prefix(b"{")?.trim_ascii_start().strip_prefix(b"\"")?;
    let end = head.iter().position(|&byte| byte == b'"')?;
    let value = head[end + 1..].trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    match &head[..end] {
        b"awslogs" if value.starts_with(b"{") => Some(Document::Subscription),
        b"events" | b"searchedLogStreams" | b"results" if value.starts_with(b"[") => {
            Some(Document::Events)
        }
        b"queryLanguage" | b"nextToken" if value.starts_with(b"\"") => Some(Document::Events),
        b"statistics" if value.starts_with(b"{") => Some(Document::Events),
        _ => None,
    }
}

pub(super) fn read(
    document: Document,
    reader: impl BufRead,
    take: &mut Take<'_>,
) -> Result<(), Stopped> {
    match document {
        Document::Subscription => subscriptions(reader, take),
        Document::Events => pages(reader, take),
    }
}

/// One event, or several one after the other.
fn subscriptions(reader: impl BufRead, take: &mut Take<'_>) -> Result<(), Stopped> {
    for event in serde_json::Deserializer::from_reader(reader).into_iter::<Box<RawValue>>() {
        subscription(event.map_err(malformed)?.get().as_bytes(), take)?;
    }
    Ok(())
}

/// The event of one delivery.
pub(super) fn subscription(event: &[u8], take: &mut Take<'_>) -> Result<(), Stopped> {
    let payload =
        decode::lambda_event(event).map_err(|error| Stopped::Malformed(error.to_string()))?;
    let Payload::Data(batch) = payload else { return Ok(()) };
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
    Ok(())
}

/// The AWS CLI prints one document per page where it is told not to join them.
fn pages(reader: impl BufRead, take: &mut Take<'_>) -> Result<(), Stopped> {
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    loop {
        let mut stopped = None;
        let page = Page { take: &mut *take, stopped: &mut stopped };
        match (page.deserialize(&mut deserializer), stopped) {
            (_, Some(failure)) => return Err(failure.into()),
            (outcome, None) => outcome.map_err(malformed)?,
        }
        if deserializer.end().is_ok() {
            return Ok(());
        }
    }
}

fn malformed(error: serde_json::Error) -> Stopped {
    if error.is_io() {
        return Stopped::Io(error.into());
    }
    Stopped::Malformed(format!("it begins as JSON of CloudWatch Logs, but {error}"))
}

/// One document; the events in it are handed on as they come.
struct Page<'p, 't> {
    take: &'p mut Take<'t>,
    /// Why `take` wants no more.
    stopped: &'p mut Option<Failure>,
}

impl Page<'_, '_> {
    fn hand_on<E: serde::de::Error>(&mut self, line: LogLine) -> Result<(), E> {
        (self.take)(Item::Line(line)).map_err(|failure| {
            *self.stopped = Some(failure);
            E::custom("stopped")
        })
    }
}

impl<'de> DeserializeSeed<'de> for Page<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Page<'_, '_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("log events")
    }

    /// The rows of the console's export.
    fn visit_seq<A: SeqAccess<'de>>(mut self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element::<Map<String, Value>>()? {
            self.hand_on(rows::line(row.into_iter()))?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut page: A) -> Result<(), A::Error> {
        let mut has_events = false;
        while let Some(key) = page.next_key::<String>()? {
            match key.as_str() {
                "events" => {
                    page.next_value_seed(List::<FilteredEvent>::of(&mut self))?;
                    has_events = true;
                }
                "results" => {
                    page.next_value_seed(List::<Vec<Column>>::of(&mut self))?;
                    has_events = true;
                }
                _ => drop(page.next_value::<IgnoredAny>()?),
            }
        }
        if has_events { Ok(()) } else { Err(A::Error::custom("it holds no `events`")) }
    }
}

/// A list of what can be made into a line.
struct List<'l, 'p, 't, T> {
    page: &'l mut Page<'p, 't>,
    of: std::marker::PhantomData<T>,
}

impl<'l, 'p, 't, T> List<'l, 'p, 't, T> {
    fn of(page: &'l mut Page<'p, 't>) -> Self {
        Self { page, of: std::marker::PhantomData }
    }
}

impl<'de, T: Deserialize<'de> + Into<LogLine>> DeserializeSeed<'de> for List<'_, '_, '_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de> + Into<LogLine>> Visitor<'de> for List<'_, '_, '_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of log events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut events: A) -> Result<(), A::Error> {
        while let Some(event) = events.next_element::<T>()? {
            self.page.hand_on(event.into())?;
        }
        Ok(())
    }
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

impl From<FilteredEvent> for LogLine {
    fn from(event: FilteredEvent) -> Self {
        Self {
            log_stream: event.log_stream_name,
            event_id: event.event_id,
            timestamp: event.timestamp.map(Timestamp::from_millis),
            message: event.message,
            ..Self::default()
        }
    }
}

/// One cell of what `aws logs get-query-results` prints.
#[derive(Deserialize)]
struct Column {
    field: String,
    #[serde(default)]
    value: Value,
}

impl From<Vec<Column>> for LogLine {
    fn from(row: Vec<Column>) -> Self {
        rows::line(row.into_iter().map(|column| (column.field, column.value)))
    }
}

#[cfg(test)]
mod tests {
    use super::{Document, recognise};

    #[test]
    fn documents_are_known_by_their_first_key() {
        for (head, document) in [
            (r#"{"awslogs":{"data":"x"}}"#, Some(Document::Subscription)),
            ("\n{\n  \"awslogs\" : {", Some(Document::Subscription)),
            (r#"{"events":[]}"#, Some(Document::Events)),
            (r#"{"searchedLogStreams": [], "events":[]}"#, Some(Document::Events)),
            (r#"{"results": [[{"field": "@message"#, Some(Document::Events)),
            (r#"{"queryLanguage": "CWLI", "results": ["#, Some(Document::Events)),
            ("[\n  {\"@timestamp\": \"2025", Some(Document::Events)),
            (r#"[{"status":"500"}]"#, None),
            (r#"{"status":"500"}"#, None),
            (r#"{"events":"many","status":"500"}"#, None),
            (r#"{"results":3}"#, None),
            ("[1]", None),
            ("plain text", None),
            ("", None),
        ] {
            assert_eq!(recognise(head.as_bytes()), document, "{head}");
        }
    }
}
