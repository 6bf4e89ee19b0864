//! What the function itself has logged as an error. It may have been handled, so it is a hint.

use super::super::{Diagnosis, EvidenceField};
use crate::{Cause, LambdaEvent, LambdaLine};

pub(super) fn judge<'a>(line: &'a LambdaLine<'_>) -> Option<Diagnosis<'a>> {
    let LambdaEvent::Said { as_error: true, text } = &line.event else { return None };
    Some(Diagnosis::low(Cause::LambdaFunctionError).told_in(EvidenceField::LambdaLog, text))
}
