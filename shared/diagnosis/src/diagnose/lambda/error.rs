//! An error of the function. Certain where the runtime reports it: then nobody caught it, and the
//! invocation failed. What the function's own code logs it may have handled.

use super::super::{Diagnosis, EvidenceField, texts};
use crate::{Cause, Confidence, FunctionError, LambdaEvent, LambdaLine, TellsOf};

pub(super) fn judge<'a>(line: &'a LambdaLine<'_>) -> Option<Diagnosis<'a>> {
    let LambdaEvent::Error(error) = &line.event else { return None };
    let most = match error.told_by {
        TellsOf::Runtime => Confidence::High,
        TellsOf::Shape => Confidence::Medium,
        TellsOf::Application => Confidence::Low,
    };
    let (cause, confidence) = meaning(error);
    Some(
        Diagnosis::new(cause, confidence.min(most))
            .told_in(EvidenceField::LambdaLog, &error.shown)
            .told_in(EvidenceField::LambdaLog, error.frame.as_deref().unwrap_or_default()),
    )
}

fn meaning(error: &FunctionError<'_>) -> (Cause, Confidence) {
    let message = &*error.message;
    let told = match error.kind.as_deref() {
        Some("FATAL ERROR") | None if message.contains("JavaScript heap out of memory") => {
            Some((Cause::LambdaOutOfMemory, Confidence::High))
        }
        Some(class) => texts::of_error_type(class, message),
        None => texts::of_message(message),
    };
    told.unwrap_or((Cause::LambdaFunctionError, Confidence::High))
}
