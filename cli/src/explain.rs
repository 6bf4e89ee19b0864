//! `gatewatch explain`: why each request in a log failed.

mod card;
mod summary;

use std::io::Write;

use diagnosis::{
    AccessRecord, ApiType, Cause, Confidence, Diagnosis, Family, Fault, Field, Line, Reader,
    RetryAdvice, Timestamp, catalogue, diagnose, redact,
};
use serde::Serialize;

use crate::args::{self, Explain, Output};
use crate::failure::Failure;
use crate::input::{self, Item, LogLine};
use crate::output::{self, json_line, remark};

use summary::Summary;

/// Evidence longer than this is cut.
const MAX_EVIDENCE_CHARS: usize = 300;

/// Other texts from a log longer than this are cut.
const MAX_TEXT_CHARS: usize = 200;

/// One diagnosed line, as it is printed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Explained {
    pub(crate) line: u64,
    pub(crate) source: Option<&'static str>,
    pub(crate) api_type: Option<&'static str>,
    pub(crate) time: Option<Timestamp>,
    pub(crate) log_group: Option<String>,
    pub(crate) api_id: Option<String>,
    pub(crate) api_name: Option<String>,
    pub(crate) stage: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) route: Option<String>,
    pub(crate) status: Option<u16>,
    pub(crate) latency_ms: Option<u32>,
    pub(crate) cause: Cause,
    pub(crate) family: Option<Family>,
    pub(crate) fault: Option<Fault>,
    pub(crate) retry: Option<RetryAdvice>,
    pub(crate) confidence: Confidence,
    pub(crate) evidence: Vec<EvidenceText>,
}

/// The field and text that decided a cause, redacted.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EvidenceText {
    pub(crate) field: &'static str,
    pub(crate) text: String,
}

pub(crate) fn run(options: &Explain) -> Result<(), Failure> {
    let output = args::output(options.output);
    let mut out = output::stdout();
    let mut reader = Reader::default();
    let mut summary = Summary::default();
    let mut cards = card::Cards::default();
    input::read(&options.files, &mut |item| {
        let Item::Line(line) = item else { return Ok(()) };
        let read = line.message.as_deref().map(|message| reader.line(message));
        let read = read.unwrap_or(Line::Unreadable);
        let diagnosis = diagnose::line(&read);
        summary.add(&diagnosis, &read);
        if options.summary || !(options.all || diagnosis.cause.is_error()) {
            return Ok(());
        }
        let explained = explain(&line, &read, &diagnosis);
        match output {
            Output::Json => json_line(&mut out, &explained)?,
            Output::Text => cards.print(&mut out, &explained)?,
        }
        Ok(())
    })?;
    match (options.summary, output) {
        (true, Output::Json) => json_line(&mut out, &summary.object())?,
        (_, Output::Text) => summary.print(&mut out)?,
        (false, Output::Json) => {}
    }
    out.flush()?;
    if let Some(unread) = summary.unread() {
        remark(&unread);
    }
    Ok(())
}

fn explain(line: &LogLine, read: &Line<'_>, diagnosis: &Diagnosis<'_>) -> Explained {
    let record = match read {
        Line::Access(record) => Some(record),
        _ => None,
    };
    let text = |field| {
        let value = record.and_then(|record| record.get(field));
        value.map(|value| redact::text(value, MAX_TEXT_CHARS))
    };
    let entry = catalogue::entry(diagnosis.cause);
    Explained {
        line: line.number,
        source: record.map(|_| "access"),
        api_type: record.and_then(AccessRecord::api_type).map(ApiType::as_str),
        time: record.and_then(AccessRecord::time).or(line.timestamp),
        log_group: line.log_group.clone(),
        api_id: record
            .and_then(|record| record.api_id())
            .map(|id| redact::text(id, MAX_TEXT_CHARS)),
        api_name: text(Field::ApiName),
        stage: text(Field::Stage),
        request_id: text(Field::RequestId),
        route: record
            .and_then(AccessRecord::route)
            .map(|route| redact::text(&route, MAX_TEXT_CHARS)),
        status: record.and_then(AccessRecord::status),
        latency_ms: record.and_then(AccessRecord::latency_ms),
        cause: diagnosis.cause,
        family: entry.map(|entry| entry.family),
        fault: entry.map(|entry| entry.fault),
        retry: entry.map(|entry| entry.retry),
        confidence: diagnosis.confidence,
        evidence: diagnosis
            .evidence
            .iter()
            .map(|evidence| EvidenceText {
                field: evidence.field.context_name(),
                text: redact::text(evidence.text, MAX_EVIDENCE_CHARS),
            })
            .collect(),
    }
}
