//! `gatewatch explain`: why each request in a log failed.

mod card;
mod summary;
mod timeline;

use std::io::Write;
use std::path::Path;

use diagnosis::{
    ApiType, Cause, Confidence, Diagnosis, Family, Fault, Field, JoinedDiagnosis, Joiner, Line,
    LogSource, Origin, Reader, RetryAdvice, Template, Timestamp, catalogue, diagnose, redact,
};
use serde::Serialize;

use crate::args::{self, Explain, Output};
use crate::failure::Failure;
use crate::input::{self, Item, LogLine, Take};
use crate::output::{self, json_line, remark};
use crate::progress::Progress;

use summary::Summary;

/// Evidence longer than this is cut.
const MAX_EVIDENCE_CHARS: usize = 300;

/// A request shows so many pieces of evidence, unless it is the one that was asked for.
const MAX_EVIDENCE: usize = 6;

/// Other texts from a log longer than this are cut.
const MAX_TEXT_CHARS: usize = 200;

/// One diagnosed request, or line, as it is printed.
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
    #[cfg(feature = "aws")]
    if let Some(wanted) = crate::account::Wanted::by_explain(options)? {
        let progress = wanted.progress();
        return explain(options, false, &progress, |take| wanted.read(&progress, take));
    }
    let progress = Progress::of(&options.files);
    let from_pipe = options.files.iter().all(|file| file == Path::new("-"));
    explain(options, from_pipe, &progress, |take| {
        input::read_showing(&options.files, &progress, take)
    })
}

/// Explains whatever `read` hands on.
fn explain(
    options: &Explain,
    from_pipe: bool,
    progress: &Progress,
    read: impl FnOnce(&mut Take<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let out = progress.making_room(output::stdout());
    let mut explaining = Explaining::new(options, from_pipe, out);
    let read = read(&mut |item| match item {
        Item::Line(line) => explaining.take(&line),
        Item::EndOfBatch => Ok(()),
    });
    progress.finish();
    match read {
        // What was read before the input broke off has been read.
        Err(broken) if broken.is_of_input() && explaining.has_lines() => {
            explaining.finish()?;
            Err(broken)
        }
        Err(failure) => Err(failure),
        Ok(()) => explaining.finish(),
    }
}

/// One run of the command.
struct Explaining<'a, W: Write> {
    options: &'a Explain,
    output: Output,
    out: W,
    reader: Reader,
    joiner: Joiner,
    summary: Summary,
    cards: card::Cards,
    /// Somebody may be waiting at the other end of a pipe; files are there as a whole.
    from_pipe: bool,
    /// Whether the request that was asked for has been met.
    found: bool,
}

impl<'a, W: Write> Explaining<'a, W> {
    fn new(options: &'a Explain, from_pipe: bool, out: W) -> Self {
        let joiner = if from_pipe { Joiner::streaming() } else { Joiner::default() };
        // Nobody is told of requests that were answered well, but for the one that is asked for.
        let joiner = if options.request_id.is_some() { joiner.describing_all() } else { joiner };
        Self {
            options,
            output: args::output(options.output),
            out,
            reader: Reader::default(),
            joiner,
            summary: Summary::default(),
            cards: card::Cards::default(),
            from_pipe,
            found: false,
        }
    }

    const fn has_lines(&self) -> bool {
        self.summary.lines() > 0
    }

    fn take(&mut self, line: &LogLine) -> Result<(), Failure> {
        let format = self.options.format.as_ref();
        let read = line.message.as_deref().map(|message| read(format, &mut self.reader, message));
        let read = read.unwrap_or(Line::Unreadable);
        self.summary.add_line();
        if self.options.all {
            let diagnosis = diagnose::line(&read);
            self.summary.add_alone(&diagnosis, &read, read.time().or(line.timestamp));
            return self.print(&Explained::of_line(line, &read, &diagnosis));
        }
        if matches!(read, Line::Foreign | Line::Unreadable) {
            self.summary.add_unread(diagnose::line(&read).cause);
            return Ok(());
        }
        let origin = Origin {
            number: line.number,
            time: line.timestamp,
            log_group: line.log_group.as_deref(),
            log_stream: line.log_stream.as_deref(),
        };
        self.joiner.add(&read, &origin);
        self.take_closed()
    }

    /// Counts and prints the requests that are closed by now.
    fn take_closed(&mut self) -> Result<(), Failure> {
        while let Some(request) = self.joiner.next_closed() {
            self.summary.add_request(request.cause, request.time);
            let wanted = match &self.options.request_id {
                Some(id) => request.has_id(id),
                None => request.cause.is_error() && !self.options.summary,
            };
            if wanted {
                self.found = true;
                let limit =
                    if self.options.request_id.is_some() { usize::MAX } else { MAX_EVIDENCE };
                self.print(&Explained::of_request(&request, limit))?;
                if self.from_pipe {
                    self.out.flush()?;
                }
            }
        }
        Ok(())
    }

    fn print(&mut self, explained: &Explained) -> Result<(), Failure> {
        match self.output {
            Output::Json => json_line(&mut self.out, explained)?,
            Output::Text => self.cards.print(&mut self.out, explained)?,
        }
        Ok(())
    }

    fn finish(mut self) -> Result<(), Failure> {
        self.joiner.close_all();
        self.take_closed()?;
        if let Some(id) = &self.options.request_id {
            self.out.flush()?;
            if !self.found {
                remark(&format!("no line of a request {id} was found"));
            }
            return Ok(());
        }
        match (self.options.summary, self.output) {
            (true, Output::Json) => json_line(&mut self.out, &self.summary.object())?,
            (_, Output::Text) => self.summary.print(&mut self.out)?,
            (false, Output::Json) => {}
        }
        self.out.flush()?;
        if let Some(unread) = self.summary.unread() {
            remark(&unread);
        }
        Ok(())
    }
}

/// Reads a line by the format that was given, else by what it looks like.
fn read<'a>(format: Option<&Template>, reader: &mut Reader, message: &'a str) -> Line<'a> {
    format
        .and_then(|format| format.read(message))
        .map_or_else(|| reader.line(message), Line::Access)
}

impl Explained {
    /// One line, judged alone.
    fn of_line(line: &LogLine, read: &Line<'_>, diagnosis: &Diagnosis<'_>) -> Self {
        let api_name = match read {
            Line::Access(record) => record.get(Field::ApiName),
            _ => None,
        };
        let shown = |text: &str| redact::text(text, MAX_TEXT_CHARS);
        Self {
            line: line.number,
            source: read.source().map(LogSource::as_str),
            api_type: read.api_type().map(ApiType::as_str),
            time: read.time().or(line.timestamp),
            log_group: line.log_group.clone(),
            api_id: read.api_id().map(shown),
            api_name: api_name.map(shown),
            stage: read.stage().map(shown),
            request_id: read.request_id().map(shown),
            route: read.route().as_deref().map(shown),
            status: read.status(),
            latency_ms: read.latency_ms(),
            evidence: diagnosis
                .evidence
                .iter()
                .map(|evidence| EvidenceText::new(evidence.field.name(), evidence.text))
                .collect(),
            ..Self::of_cause(diagnosis.cause, diagnosis.confidence)
        }
    }

    /// One request, judged by all its lines.
    fn of_request(request: &JoinedDiagnosis, max_evidence: usize) -> Self {
        let shown =
            |text: &Option<String>| text.as_deref().map(|text| redact::text(text, MAX_TEXT_CHARS));
        Self {
            line: request.line,
            source: request.source.map(LogSource::as_str),
            api_type: request.api_type.map(ApiType::as_str),
            time: request.time,
            log_group: request.log_group.as_deref().map(str::to_owned),
            api_id: shown(&request.api_id),
            api_name: shown(&request.api_name),
            stage: shown(&request.stage),
            request_id: shown(&request.request_id),
            route: shown(&request.route),
            status: request.status,
            latency_ms: request.latency_ms,
            evidence: request
                .evidence
                .iter()
                .take(max_evidence)
                .map(|evidence| EvidenceText::new(evidence.field.name(), &evidence.text))
                .collect(),
            ..Self::of_cause(request.cause, request.confidence)
        }
    }

    /// What follows from the cause alone.
    fn of_cause(cause: Cause, confidence: Confidence) -> Self {
        let entry = catalogue::entry(cause);
        Self {
            line: 0,
            source: None,
            api_type: None,
            time: None,
            log_group: None,
            api_id: None,
            api_name: None,
            stage: None,
            request_id: None,
            route: None,
            status: None,
            latency_ms: None,
            cause,
            family: entry.map(|entry| entry.family),
            fault: entry.map(|entry| entry.fault),
            retry: entry.map(|entry| entry.retry),
            confidence,
            evidence: Vec::new(),
        }
    }
}

impl EvidenceText {
    fn new(field: &'static str, text: &str) -> Self {
        Self { field, text: redact::text(text, MAX_EVIDENCE_CHARS) }
    }
}
