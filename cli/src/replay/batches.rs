//! Recorded lines, cut into the batches that CloudWatch Logs might have delivered.

use std::collections::BTreeMap;
use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diagnosis::{Field, Line, Reader, Template, Timestamp};
use serde_json::json;

use crate::failure::Failure;
use crate::input::{Item, LogLine, Take};

/// Lines of one stream within this time are one batch.
const BATCH_MS: i64 = 10_000;

/// A batch holds at most so many lines.
const BATCH_LINES: usize = 1_000;

/// Stands in for an account that no line names.
const UNKNOWN_ACCOUNT: &str = "000000000000";

/// One payload, and when it came in.
pub(super) struct Recorded {
    /// The time of its last line.
    pub(super) clock: Timestamp,
    /// The Lambda event.
    pub(super) payload: String,
}

/// Everything that was recorded, in the order of delivery.
pub(super) struct Recording {
    pub(super) account: String,
    pub(super) batches: Vec<Recorded>,
    pub(super) lines: u64,
    /// When the first and the last line happened.
    pub(super) span: Option<(Timestamp, Timestamp)>,
}

/// Where a line was written.
type Stream = (String, String);

/// A batch that still takes lines.
struct Gathering {
    lines: Vec<LogLine>,
    began: Timestamp,
    last: Timestamp,
}

/// Cuts lines into batches.
struct Cutter {
    reader: Reader,
    default_log_group: String,
    account: Option<String>,
    gathering: BTreeMap<Stream, Gathering>,
    done: Vec<(Timestamp, Stream, Vec<LogLine>)>,
    last_time: Option<Timestamp>,
    span: Option<(Timestamp, Timestamp)>,
    /// Lines before the first that tells its time.
    undated: Vec<LogLine>,
    lines: u64,
}

impl Recording {
    /// Cuts whatever `read` hands on. A line that was written with this format is recorded as JSON by
    /// the names of its variables, which the engine reads as it reads any other.
    pub(super) fn of(
        log_group: Option<&str>,
        format: Option<&Template>,
        read: impl FnOnce(&mut Take<'_>) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let mut cutter = Cutter {
            reader: Reader::default(),
            default_log_group: log_group.unwrap_or_default().to_owned(),
            account: None,
            gathering: BTreeMap::new(),
            done: Vec::new(),
            last_time: None,
            span: None,
            undated: Vec::new(),
            lines: 0,
        };
        read(&mut |item| {
            match item {
                Item::Line(line) => cutter.add(match format {
                    Some(format) => as_json(line, format),
                    None => line,
                }),
                Item::EndOfBatch => cutter.end_all(),
            }
            Ok(())
        })?;
        cutter.finish()
    }
}

/// A line of this format as JSON; any other as it is.
fn as_json(line: LogLine, format: &Template) -> LogLine {
    let object = line.message.as_deref().and_then(|message| format.read(message)).map(|record| {
        let values = Field::ALL.iter().filter_map(|field| {
            Some((field.context_name().to_owned(), record.get(*field)?.into()))
        });
        serde_json::Value::Object(values.collect()).to_string()
    });
    LogLine { message: object.or(line.message), ..line }
}

impl Cutter {
    fn add(&mut self, line: LogLine) {
        self.lines += 1;
        let Some(time) = self.time_of(&line).or(self.last_time) else {
            self.undated.push(line);
            return;
        };
        // Lines before the first dated one happened when that one did.
        for earlier in std::mem::take(&mut self.undated) {
            self.place(earlier, time);
        }
        self.place(line, time);
        self.last_time = Some(time);
    }

    fn time_of(&mut self, line: &LogLine) -> Option<Timestamp> {
        let read = self.reader.line(line.message.as_deref()?);
        let told = if let Line::Access(record) = &read { record.time() } else { None };
        told.or(line.timestamp)
    }

    fn place(&mut self, line: LogLine, time: Timestamp) {
        if self.account.is_none() {
            self.account.clone_from(&line.account);
        }
        let (first, last) = self.span.unwrap_or((time, time));
        self.span = Some((first.min(time), last.max(time)));
        let stream = (
            line.log_group.clone().unwrap_or_else(|| self.default_log_group.clone()),
            line.log_stream.clone().unwrap_or_default(),
        );
        let from_subscription = line.account.is_some();
        let gathering = self.gathering.entry(stream.clone()).or_insert_with(|| Gathering {
            lines: Vec::new(),
            began: time,
            last: time,
        });
        let full = !from_subscription
            && (gathering.lines.len() == BATCH_LINES
                || (time.as_millis() - gathering.began.as_millis()).abs() >= BATCH_MS);
        if full {
            let lines = std::mem::take(&mut gathering.lines);
            self.done.push((gathering.last, stream, lines));
            gathering.began = time;
        }
        gathering.last = time;
        gathering.lines.push(line);
    }

    fn end_all(&mut self) {
        for (stream, gathering) in std::mem::take(&mut self.gathering) {
            self.done.push((gathering.last, stream, gathering.lines));
        }
    }

    fn finish(mut self) -> Result<Recording, Failure> {
        if !self.undated.is_empty() {
            return Err(Failure::NoTime);
        }
        self.end_all();
        // Batches that end at the same time keep the order they were read in.
        self.done.sort_by_key(|(clock, _, _)| *clock);
        let account = self.account.unwrap_or_else(|| UNKNOWN_ACCOUNT.to_owned());
        let batches = self
            .done
            .into_iter()
            .map(|(clock, stream, lines)| Recorded {
                clock,
                payload: payload(&account, &stream, &lines),
            })
            .collect();
        Ok(Recording { account, batches, lines: self.lines, span: self.span })
    }
}

/// The Lambda event that would have delivered these lines.
fn payload(account: &str, (log_group, log_stream): &Stream, lines: &[LogLine]) -> String {
    let events: Vec<serde_json::Value> = lines
        .iter()
        .map(|line| {
            let id = line.event_id.clone().unwrap_or_else(|| format!("{:056}", line.number));
            json!({
                "id": id,
                "timestamp": line.timestamp.map(Timestamp::as_millis),
                "message": line.message,
            })
        })
        .collect();
    let envelope = json!({
        "messageType": "DATA_MESSAGE",
        "owner": account,
        "logGroup": log_group,
        "logStream": log_stream,
        "subscriptionFilters": [],
        "logEvents": events,
    });
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let compressed = encoder
        .write_all(envelope.to_string().as_bytes())
        .and_then(|()| encoder.finish())
        // Writing to memory does not fail; an empty payload would be counted as unreadable.
        .unwrap_or_default();
    json!({"awslogs": {"data": BASE64_STANDARD.encode(compressed)}}).to_string()
}
