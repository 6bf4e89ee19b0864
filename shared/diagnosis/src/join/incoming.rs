//! A line on its way to a request, with what joins it to others.

use std::hash::{DefaultHasher, Hasher as _};
use std::sync::Arc;

use super::ids::Ids;
use crate::execution::api_and_stage_of;
use crate::{Diagnosis, ExecutionLine, LambdaEvent, Line, LogSource, Timestamp};

/// Where a line was found.
#[derive(Debug, Clone, Copy, Default)]
pub struct Origin<'a> {
    /// The line's number, ascending.
    pub number: u64,
    /// When it was written, as its container tells; else the line's own time counts.
    pub time: Option<Timestamp>,
    /// The log group, where it is known.
    pub log_group: Option<&'a str>,
    /// The log stream, where it is known.
    pub log_stream: Option<&'a str>,
}

/// A line on its way to a request.
pub(super) struct Incoming<'l, 'a> {
    pub(super) line: &'l Line<'a>,
    pub(super) source: LogSource,
    pub(super) number: u64,
    /// When it was written, by CloudWatch's clock where that is known.
    pub(super) time: Option<Timestamp>,
    pub(super) log_group: Option<Arc<str>>,
    pub(super) ids: Ids,
    /// What other lines of its request must not contradict.
    pub(super) marks: Marks,
    /// The API's id and the stage.
    pub(super) named: Named<'l>,
    pub(super) diagnosis: &'l Diagnosis<'l>,
}

impl<'a> Incoming<'_, 'a> {
    pub(super) fn has_no_id(&self) -> bool {
        self.ids.iter().all(Option::is_none)
    }

    /// The line as one of an execution log.
    pub(super) fn execution(&self) -> Option<&ExecutionLine<'a>> {
        match self.line {
            Line::Execution(line) => Some(line),
            _ => None,
        }
    }

    /// The line as one of a function's log.
    pub(super) fn lambda_event(&self) -> Option<&LambdaEvent<'a>> {
        match self.line {
            Line::Lambda(line) => Some(&line.event),
            _ => None,
        }
    }
}

/// The API's id and the stage.
pub(super) type Named<'l> = (Option<&'l str>, Option<&'l str>);

/// The API, its stage and the log group, as numbers.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Marks {
    pub(super) api: Option<u64>,
    pub(super) stage: Option<u64>,
    pub(super) group: Option<u64>,
}

impl Marks {
    pub(super) fn new((api, stage): Named<'_>, log_group: Option<&str>) -> Self {
        let number = |text: &str| {
            let mut hasher = DefaultHasher::new();
            hasher.write(text.as_bytes());
            hasher.finish()
        };
        Self { api: api.map(number), stage: stage.map(number), group: log_group.map(number) }
    }
}

/// The API's id and stage that a line names, or its log group.
pub(super) fn names<'l>(line: &'l Line<'_>, log_group: Option<&'l str>) -> Named<'l> {
    let of_group = log_group.and_then(api_and_stage_of);
    let (api, stage) = of_group.map_or((None, None), |(api, stage)| (Some(api), Some(stage)));
    (line.api_id().or(api), line.stage().or(stage))
}
