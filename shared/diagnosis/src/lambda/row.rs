//! A row of text that stands in a value of an object: the service's own, put there by telemetry, by a
//! shipper of logs or by a query. Inside JSON its tabs are escaped, so it seldom lies in the line as it is.

use std::borrow::Cow;

use super::{FunctionError, LambdaEvent, LambdaLine, Report, logged, platform, service};
use crate::prefix;

/// Reads `text`, a value in `line`, as a row of the service.
pub(super) fn of_service<'a>(text: Cow<'a, str>, line: &'a str) -> Option<LambdaLine<'a>> {
    read(text, line, |row, _| platform::read(row).or_else(|| service::read(row)))
}

/// Reads `text` as any row that stands behind a prefix of the service or of a runtime.
pub(super) fn of_anybody<'a>(text: Cow<'a, str>, line: &'a str) -> Option<LambdaLine<'a>> {
    read(text, line, |row, has_time| {
        platform::read(row).or_else(|| service::read(row)).or_else(|| logged::read(row, has_time))
    })
}

/// What a row tells: the request id in it, and its event.
type Told<'a> = (Option<&'a str>, LambdaEvent<'a>);

fn read<'a>(
    text: Cow<'a, str>,
    line: &'a str,
    told: impl for<'b> Fn(&'b str, bool) -> Option<Told<'b>>,
) -> Option<LambdaLine<'a>> {
    match text {
        Cow::Borrowed(text) => {
            let (time, row) = prefix::time(text);
            let (id, event) = told(row.trim_end(), time.is_some())?;
            Some(LambdaLine { request_id: id.map(Cow::Borrowed), time, event })
        }
        Cow::Owned(text) => {
            let (time, row) = prefix::time(&text);
            let (id, event) = told(row.trim_end(), time.is_some())?;
            let request_id = id.map(|id| Cow::Owned(id.to_owned()));
            Some(LambdaLine { request_id, time, event: kept(event, line) })
        }
    }
}

/// The event without what it borrows, a report with the whole line for its text.
fn kept<'a>(event: LambdaEvent<'_>, line: &'a str) -> LambdaEvent<'a> {
    let report = |report: Report<'_>| Report {
        text: line,
        status: report.status.map(owned),
        error_type: report.error_type.map(owned),
        phase: report.phase.map(owned),
        duration_ms: report.duration_ms,
        billed_duration_ms: report.billed_duration_ms,
        init_duration_ms: report.init_duration_ms,
        memory_size_mb: report.memory_size_mb,
        max_memory_used_mb: report.max_memory_used_mb,
    };
    match event {
        LambdaEvent::Start => LambdaEvent::Start,
        LambdaEvent::End => LambdaEvent::End,
        LambdaEvent::Notice => LambdaEvent::Notice,
        LambdaEvent::Report(found) => LambdaEvent::Report(report(found)),
        LambdaEvent::Done(found) => LambdaEvent::Done(report(found)),
        LambdaEvent::Init(found) => LambdaEvent::Init(report(found)),
        LambdaEvent::Service(sentence) => LambdaEvent::Service(owned(sentence)),
        LambdaEvent::Said { as_error, text } => LambdaEvent::Said { as_error, text: owned(text) },
        LambdaEvent::Error(error) => LambdaEvent::Error(FunctionError {
            kind: error.kind.map(owned),
            message: owned(error.message),
            shown: owned(error.shown),
            frame: error.frame,
            told_by: error.told_by,
        }),
    }
}

fn owned<'a>(text: Cow<'_, str>) -> Cow<'a, str> {
    Cow::Owned(text.into_owned())
}
