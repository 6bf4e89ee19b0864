//! One log line, read.

use crate::access::is_of_another_server;
use crate::closed_enum;
use crate::decode::Message;
use crate::{
    AccessRecord, ApiType, ExecutionLine, Field, LambdaLine, Reader, Timestamp, Unreadable,
};

/// What a line turned out to be. Every text is one of these.
#[derive(Debug)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every line is an access record: boxing it would cost an allocation a line"
)]
pub enum Line<'a> {
    /// One request of an access log.
    Access(AccessRecord<'a>),
    /// One line of an execution log; a request has many.
    Execution(ExecutionLine<'a>),
    /// One line of a function's log; an invocation has many.
    Lambda(LambdaLine<'a>),
    /// A line of another system.
    Foreign,
    /// A line that claims to be a log of API Gateway and cannot be read.
    Unreadable,
}

closed_enum! {
    /// The kind of log that a line belongs to.
    pub enum LogSource as "kind of log" {
        Access = "access",
        Execution = "execution",
        Lambda = "lambda",
    }
}

impl Reader {
    /// Reads a line where it stands in an envelope, without unescaping it. That works for what nearly
    /// every line is: an access record of the shape that the line before had. `None`: read its text.
    pub fn message<'a>(&self, message: Message<'a>) -> Option<Line<'a>> {
        match self.read_escaped(message.escaped()?) {
            Some(record) if LambdaLine::cannot_be(&record) => Some(Line::Access(record)),
            _ => None,
        }
    }

    /// Reads any line: as an access record, as a line of an execution log, as one of a function's log.
    /// The first that knows it has it.
    pub fn line<'a>(&mut self, text: &'a str) -> Line<'a> {
        // Files that have been through an editor may begin with a mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let access = self.read(text);
        let is_object = text.trim_ascii_start().starts_with('{');
        if is_object && let Some(line) = LambdaLine::read_json(text, access.as_ref().ok()) {
            return Line::Lambda(line);
        }
        let why = match access {
            Ok(record) if is_object && is_of_another_server(text, &record) => return Line::Foreign,
            Ok(record) => return Line::Access(record),
            Err(why) => why,
        };
        if let Some(line) = ExecutionLine::read(text) {
            return Line::Execution(line);
        }
        if let Some(line) = LambdaLine::read_text(text) {
            return Line::Lambda(line);
        }
        match why {
            Unreadable::Foreign | Unreadable::NotJson => Line::Foreign,
            Unreadable::Empty | Unreadable::Broken => Line::Unreadable,
        }
    }
}

impl Line<'_> {
    /// The kind of log it belongs to; `None` for lines that are not read.
    pub const fn source(&self) -> Option<LogSource> {
        match self {
            Self::Access(_) => Some(LogSource::Access),
            Self::Execution(_) => Some(LogSource::Execution),
            Self::Lambda(_) => Some(LogSource::Lambda),
            Self::Foreign | Self::Unreadable => None,
        }
    }

    /// When the line says that it was written, or that its request came in.
    pub fn time(&self) -> Option<Timestamp> {
        match self {
            Self::Access(record) => record.time(),
            Self::Execution(line) => line.time,
            Self::Lambda(line) => line.time,
            Self::Foreign | Self::Unreadable => None,
        }
    }

    /// The kind of API, as far as the line tells. HTTP APIs have no execution log.
    pub fn api_type(&self) -> Option<ApiType> {
        match self {
            Self::Access(record) => record.api_type(),
            // Messages of WebSocket APIs have neither method nor resource.
            Self::Execution(line) => line.route().map(|_| ApiType::Rest),
            _ => None,
        }
    }

    /// The API's id.
    pub fn api_id(&self) -> Option<&str> {
        match self {
            Self::Access(record) => record.api_id(),
            Self::Execution(line) => line.api_and_stage().map(|(api, _)| api),
            _ => None,
        }
    }

    /// The stage.
    pub fn stage(&self) -> Option<&str> {
        match self {
            Self::Access(record) => record.get(Field::Stage),
            Self::Execution(line) => line.api_and_stage().map(|(_, stage)| stage),
            _ => None,
        }
    }

    /// The id of the request: API Gateway's, or Lambda's in a function's log.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Access(record) => {
                record.get(Field::RequestId).or_else(|| record.get(Field::ExtendedRequestId))
            }
            Self::Execution(line) => line.request_id,
            Self::Lambda(line) => line.request_id.as_deref(),
            Self::Foreign | Self::Unreadable => None,
        }
    }

    /// The method and the route's template where known.
    pub fn route(&self) -> Option<String> {
        match self {
            Self::Access(record) => record.route(),
            Self::Execution(line) => line.route(),
            _ => None,
        }
    }

    /// The status that the caller got.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Access(record) => record.status(),
            Self::Execution(line) => line.status(),
            _ => None,
        }
    }

    /// The response latency, else the integration's, in milliseconds.
    pub fn latency_ms(&self) -> Option<u32> {
        match self {
            Self::Access(record) => record.latency_ms(),
            Self::Execution(line) => line.integration_latency_ms(),
            _ => None,
        }
    }
}
