//! A sentence of the Lambda service about an invocation that failed.

use super::super::{Diagnosis, EvidenceField, texts};
use crate::{Cause, LambdaEvent, LambdaLine};

pub(super) fn judge<'a>(line: &'a LambdaLine<'_>) -> Option<Diagnosis<'a>> {
    let LambdaEvent::Service(sentence) = &line.event else { return None };
    // Without a request id before it a function may have written it as well.
    let told = match line.request_id {
        Some(_) => texts::of_service(sentence),
        None => texts::of_message(sentence),
    };
    let diagnosis = match told {
        Some((cause, confidence)) => Diagnosis::new(cause, confidence),
        // `RequestId: … Error: …`, an error that nobody has published: the invocation did fail.
        None => Diagnosis::medium(Cause::LambdaRuntimeExited),
    };
    Some(diagnosis.told_in(EvidenceField::LambdaLog, sentence))
}
