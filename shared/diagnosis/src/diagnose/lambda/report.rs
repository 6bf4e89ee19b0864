//! The figures of an invocation or of a function's start, with the service's word on how it ended.
//! <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>

use super::super::{Diagnosis, EvidenceField, texts};
use crate::{Cause, Confidence, LambdaEvent, LambdaLine, Report};

use Confidence::{High, Medium};

/// A start this long is felt by whoever waits for it.
const SLOW_INIT_MS: f64 = 3_000.0;

pub(super) fn judge<'a>(line: &'a LambdaLine<'_>) -> Option<Diagnosis<'a>> {
    let (report, of_init) = match &line.event {
        LambdaEvent::Report(report) | LambdaEvent::Done(report) => (report, false),
        LambdaEvent::Init(report) => (report, true),
        _ => return None,
    };
    let (cause, confidence) = match report.status.as_deref() {
        None | Some("success") => return cold_start(report, of_init),
        Some("timeout") if of_init => (Cause::LambdaInitFailed, Medium),
        Some("timeout") => (Cause::LambdaTimedOut, High),
        Some(status) => failed(report, status, of_init)?,
    };
    Some(Diagnosis::new(cause, confidence).told_in(EvidenceField::Report, report.text))
}

/// `failure`: the function returned an error; `error`: the runtime or the service ended it.
fn failed(report: &Report<'_>, status: &str, of_init: bool) -> Option<(Cause, Confidence)> {
    let class = report.error_type.as_deref().unwrap_or_default();
    let told = texts::of_error_type(class, "");
    if report.used_all_memory() && matches!(told, None | Some((Cause::LambdaRuntimeExited, _))) {
        return Some((Cause::LambdaOutOfMemory, High));
    }
    if of_init {
        let out_of_memory = told.filter(|(cause, _)| *cause == Cause::LambdaOutOfMemory);
        return Some(out_of_memory.unwrap_or((Cause::LambdaInitFailed, High)));
    }
    match (told, status) {
        (Some(told), "error" | "failure") => Some(told),
        (None, "failure") => Some((Cause::LambdaFunctionError, High)),
        (None, "error") if class.starts_with("Function") => {
            Some((Cause::LambdaFunctionError, High))
        }
        (None, "error") => Some((Cause::LambdaRuntimeExited, Medium)),
        // A word that the service has not used before.
        _ => None,
    }
}

/// A start is reported with its invocation; its own row would count it twice.
fn cold_start<'a>(report: &'a Report<'_>, of_init: bool) -> Option<Diagnosis<'a>> {
    let slow = !of_init && report.init_duration_ms.is_some_and(|init| init >= SLOW_INIT_MS);
    slow.then(|| Diagnosis::medium(Cause::HighLatency).told_in(EvidenceField::Report, report.text))
}
