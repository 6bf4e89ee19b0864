//! A function's log: rows of the Lambda service, errors that the runtimes report, and whatever the
//! function itself writes, as text or as JSON.
//! <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>
//!
//! A function may write anything, the texts of the service included. What only the service writes is
//! known by where it stands: at the beginning, behind a time and a request id.

mod crash;
mod error;
mod event;
mod exception;
mod frames;
pub(crate) mod json;
mod logged;
mod object;
mod platform;
mod row;
mod service;

use std::borrow::Cow;

use crate::{AccessRecord, prefix};

pub use error::{FunctionError, TellsOf};
pub use event::{LambdaEvent, LambdaLine, Report};

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
