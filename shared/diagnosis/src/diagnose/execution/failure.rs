//! `Execution failed due to …`, and what Lambda answered: the integration or the authorizer was called
//! and something went wrong.

use super::super::{Diagnosis, texts};
use crate::execution::Sentence;
use crate::{Cause, ExecutionLine};

pub(super) fn judge<'a>(line: &ExecutionLine<'a>) -> Option<Diagnosis<'a>> {
    let is_failure = matches!(
        line.sentence,
        Sentence::Failed
            | Sentence::FunctionFailed
            | Sentence::InvocationFailed
            | Sentence::AuthorizerUnusable
    );
    if !is_failure {
        return None;
    }
    let diagnosis = match texts::of_gateway(line.text) {
        Some((cause, confidence)) => Diagnosis::new(cause, confidence),
        // A reason that nobody has published: the request did fail.
        None => Diagnosis::low(Cause::InternalErrorUnattributed),
    };
    Some(diagnosis.told_by_execution_log(line))
}
