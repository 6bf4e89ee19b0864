//! A function's log: rows of the Lambda service, errors that the runtimes report, and whatever the
//! function itself writes, as text or as JSON.
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>
//!
//! A function may write anything, the texts of the service included. What only the service writes is
//! known by where it stands: at the beginning, behind a time and a request id.

mod crash;
mod frames;
pub(crate) mod json;
mod logged;
mod object;
mod platform;
mod row;
mod service;

use std::borrow::Cow;

use crate::{AccessRecord, Timestamp, prefix};

/// One line of a function's log.
#[derive(Debug, Clone, PartialEq)]
pub struct LambdaLine<'a> {
    /// The id that Lambda gave the invocation: `$context.integration.requestId`.
    pub request_id: Option<Cow<'a, str>>,
    /// When, where the line itself says so.
    pub time: Option<Timestamp>,
    /// What it tells.
    pub event: LambdaEvent<'a>,
}

/// What a line of a function's log tells.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LambdaEvent<'a> {
    /// The invocation begins.
    Start,
    /// The invocation is over; its report follows.
    End,
    /// `REPORT`, `platform.report`: the invocation's figures.
    Report(Report<'a>),
    /// `platform.runtimeDone`: how the runtime ended the invocation.
    Done(Report<'a>),
    /// `INIT_REPORT`, `platform.initReport`: how the function's start went.
    Init(Report<'a>),
    /// A row of the service without a verdict.
    Notice,
    /// A sentence of the service about a failed invocation, such as `Task timed out after 3.00 seconds`.
    Service(Cow<'a, str>),
    /// An error of the function.
    Error(FunctionError<'a>),
    /// A row of the function's own log.
    Said {
        /// Whether it was logged as an error.
        as_error: bool,
        /// Its text.
        text: Cow<'a, str>,
    },
}

/// The figures of an invocation or of a function's start. What a row does not tell is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report<'a> {
    /// The row itself.
    pub text: &'a str,
    /// How it ended, in the service's word: `success`, `failure`, `error`, `timeout`.
    pub status: Option<Cow<'a, str>>,
    /// Such as `Runtime.ExitError`.
    pub error_type: Option<Cow<'a, str>>,
    /// Milliseconds.
    pub duration_ms: Option<f64>,
    /// Milliseconds.
    pub billed_duration_ms: Option<f64>,
    /// Milliseconds that the start took, where there was one.
    pub init_duration_ms: Option<f64>,
    /// Megabytes.
    pub memory_size_mb: Option<f64>,
    /// Megabytes.
    pub max_memory_used_mb: Option<f64>,
    /// `init` or `invoke`: whether the start happened ahead of an invocation or within it.
    pub phase: Option<Cow<'a, str>>,
}

/// An error of the function, by whoever reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError<'a> {
    /// The exception's class, where it is told.
    pub kind: Option<Cow<'a, str>>,
    /// What it says.
    pub message: Cow<'a, str>,
    /// Class and message as one text.
    pub shown: Cow<'a, str>,
    /// The first frame of the function's own code.
    pub frame: Option<String>,
    /// Who reports it.
    pub told_by: TellsOf,
}

/// Who reports an error, which says whether the invocation failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TellsOf {
    /// The runtime: nobody caught it.
    Runtime,
    /// Its shape is the runtime's, but the function's own code may have logged the same.
    Shape,
    /// The function's own code, which may have handled it.
    Application,
}

impl<'a> LambdaLine<'a> {
    /// Reads a line that is no JSON. `None`: it is no line of a function's log.
    pub(crate) fn read_text(line: &'a str) -> Option<Self> {
        let (time, rest) = prefix::time(line);
        let text = rest.trim_end();
        let (request_id, event) = platform::read(text)
            .or_else(|| service::read(text))
            .or_else(|| logged::read(text, time.is_some()))
            .or_else(|| crash::read(text).map(|error| (None, error)))?;
        Some(Self { request_id: request_id.map(Cow::Borrowed), time, event })
    }

    /// Whether an access record can be no line of a function's log, whatever else the line holds.
    pub(crate) fn cannot_be(record: &AccessRecord<'_>) -> bool {
        object::is_of_access_log(record)
    }

    /// Reads a line of JSON. `record` is what the reader of access logs made of it.
    pub(crate) fn read_json(line: &'a str, record: Option<&AccessRecord<'_>>) -> Option<Self> {
        object::read(line.trim(), record)
    }
}

impl<'a> FunctionError<'a> {
    fn new(kind: Option<Cow<'a, str>>, message: Cow<'a, str>, told_by: TellsOf) -> Self {
        let shown = match &kind {
            Some(kind) if message.starts_with(&**kind) => message.clone(),
            Some(kind) if message.is_empty() => kind.clone(),
            Some(kind) => Cow::Owned(format!("{kind}: {message}")),
            None => message.clone(),
        };
        Self { kind, message, shown, frame: None, told_by }
    }

    fn of_object(object: json::ErrorObject<'a>, told_by: TellsOf) -> Self {
        let message = object.message.unwrap_or_default();
        Self { frame: object.frame, ..Self::new(object.kind, message, told_by) }
    }

    fn with_frame_in(self, text: &str) -> Self {
        Self { frame: frames::OwnFrame::in_text(text), ..self }
    }
}

impl Report<'_> {
    /// Whether the invocation needed all the memory it has.
    pub fn used_all_memory(&self) -> bool {
        match (self.max_memory_used_mb, self.memory_size_mb) {
            // Ninety-nine of a hundred: the last megabyte is seldom reported as used.
            (Some(used), Some(size)) => size > 0.0 && used >= size * 0.99,
            _ => false,
        }
    }
}
