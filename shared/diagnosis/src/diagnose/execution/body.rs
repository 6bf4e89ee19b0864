//! The body that the backend or the authorizer answered with. It is their own and proves nothing, but for
//! two shapes that only Lambda writes: the error of a function, and the reason why it was not run.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html>

use super::super::{Diagnosis, texts};
use crate::execution::Sentence;
use crate::lambda::json::{ErrorObject, walk};
use crate::{Cause, ExecutionLine};

/// Reasons of a `TooManyRequestsException`.
/// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
const THROTTLE_REASONS: [&str; 6] = [
    "ConcurrentInvocationLimitExceeded",
    "FunctionInvocationRateLimitExceeded",
    "ReservedFunctionConcurrentInvocationLimitExceeded",
    "ReservedFunctionInvocationRateLimitExceeded",
    "CallerRateLimitExceeded",
    "ConcurrentSnapshotCreateLimitExceeded",
];

pub(super) fn judge<'a>(line: &ExecutionLine<'a>) -> Option<Diagnosis<'a>> {
    let (_, body) = line.text.split_once(": ")?;
    let diagnosis = match line.sentence {
        Sentence::EndpointBody => throttled(body).or_else(|| function_error(body)),
        Sentence::AuthorizerBody => authorizer_error(body),
        _ => None,
    };
    Some(diagnosis?.told_by_execution_log(line))
}

/// An authorizer's function that ended in an error. It raises `Unauthorized` to refuse a caller.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html>
fn authorizer_error<'a>(body: &str) -> Option<Diagnosis<'a>> {
    let error = ErrorObject::read(body)?;
    Some(Diagnosis::medium(match error.message.as_deref()? {
        "Unauthorized" => Cause::AuthorizerUnauthorized,
        _ => Cause::AuthorizerFailed,
    }))
}

/// `{"Reason":"ConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}`.
fn throttled<'a>(body: &str) -> Option<Diagnosis<'a>> {
    let mut throttled = false;
    walk(body, &mut |path, value| {
        if path == [&b"Reason"[..]] {
            throttled |= value.text().is_some_and(|reason| THROTTLE_REASONS.contains(&&*reason));
        }
    });
    throttled.then(|| Diagnosis::high(Cause::LambdaThrottled))
}

/// `{"errorMessage":…,"errorType":…,"stackTrace":[…]}`. A backend may well answer with an `errorMessage`
/// of its own, so it takes a stack or words of the Lambda service for certainty.
fn function_error<'a>(body: &str) -> Option<Diagnosis<'a>> {
    let error = ErrorObject::read(body).filter(|error| !error.is_answer)?;
    let message = error.message.as_deref()?;
    let Some(class) = error.kind.as_deref() else {
        let (cause, confidence) = texts::of_message(message)?;
        return Some(Diagnosis::new(cause, confidence));
    };
    if let Some((cause, confidence)) = texts::of_error_type(class, message) {
        return Some(Diagnosis::new(cause, confidence));
    }
    Some(if error.has_stack {
        Diagnosis::high(Cause::LambdaFunctionError)
    } else {
        Diagnosis::medium(Cause::LambdaFunctionError)
    })
}
