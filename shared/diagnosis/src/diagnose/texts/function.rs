//! Messages of a failed function that the Lambda service or a runtime's loader has written in its name.
//!
//! The message may be the code's own, so a text of the service counts only where the service writes it:
//! at the beginning, behind its time and request id.

use super::Meaning;
use crate::access::is_uuid;
use crate::{Cause, Confidence};

use Confidence::{High, Low, Medium};

/// Beginnings of messages that the Lambda service, not the function's code, writes.
/// <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html>
const MESSAGES: [(&str, Cause, Confidence); 44] = [
    ("Task timed out after ", Cause::LambdaTimedOut, High),
    ("Sandbox.Timedout", Cause::LambdaTimedOut, High),
    (
        "Response payload size exceeded maximum allowed payload size",
        Cause::LambdaResponseTooLarge,
        High,
    ),
    ("Response payload size (", Cause::LambdaResponseTooLarge, High),
    ("Exceeded maximum allowed payload size", Cause::LambdaResponseTooLarge, High),
    ("Function.ResponseSizeTooLarge", Cause::LambdaResponseTooLarge, High),
    ("body size is too long", Cause::LambdaResponseTooLarge, Medium),
    // The runtime could not hand over the answer: 413 is its size.
    ("Http response code: 413", Cause::LambdaResponseTooLarge, High),
    ("Http response code: ", Cause::LambdaInvocationFailed, Low),
    ("Runtime exited with error: signal: killed", Cause::LambdaOutOfMemory, High),
    // 137 is SIGKILL: nearly always memory, but not proven.
    ("Runtime exited with error: exit status 137", Cause::LambdaOutOfMemory, Medium),
    ("Runtime.OutOfMemory", Cause::LambdaOutOfMemory, High),
    ("java.lang.OutOfMemoryError", Cause::LambdaOutOfMemory, High),
    ("Java heap space", Cause::LambdaOutOfMemory, High),
    ("Unable to import module ", Cause::LambdaInitFailed, High),
    ("Syntax error in module ", Cause::LambdaInitFailed, High),
    ("module initialization error", Cause::LambdaInitFailed, High),
    ("Bad handler '", Cause::LambdaInitFailed, High),
    ("Runtime.ImportModuleError", Cause::LambdaInitFailed, High),
    ("Runtime.HandlerNotFound", Cause::LambdaInitFailed, High),
    ("Runtime.InvalidEntrypoint", Cause::LambdaInitFailed, High),
    ("Runtime.UserCodeSyntaxError", Cause::LambdaInitFailed, High),
    ("Runtime.MalformedHandlerName", Cause::LambdaInitFailed, High),
    ("Cannot find module ", Cause::LambdaInitFailed, High),
    ("Error: Cannot find module ", Cause::LambdaInitFailed, High),
    ("Error loading class ", Cause::LambdaInitFailed, High),
    ("Error loading method ", Cause::LambdaInitFailed, High),
    ("Class not found: ", Cause::LambdaInitFailed, High),
    ("Unable to load type '", Cause::LambdaInitFailed, High),
    ("cannot load such file -- ", Cause::LambdaInitFailed, High),
    ("fork/exec ", Cause::LambdaInitFailed, High),
    ("IMAGE\tLaunch error: ", Cause::LambdaInitFailed, High),
    ("IMAGE Launch error: ", Cause::LambdaInitFailed, High),
    ("Couldn't find valid bootstrap", Cause::LambdaInitFailed, High),
    ("Failed to initialize CoreCLR", Cause::LambdaInitFailed, High),
    (".NET binaries for Lambda function are not", Cause::LambdaInitFailed, High),
    ("Process exited before completing request", Cause::LambdaRuntimeExited, High),
    ("Runtime exited", Cause::LambdaRuntimeExited, High),
    ("Runtime.ExitError", Cause::LambdaRuntimeExited, High),
    ("Runtime.UnhandledPromiseRejection", Cause::LambdaRuntimeExited, High),
    ("Runtime.NodeJsExit", Cause::LambdaRuntimeExited, High),
    ("Runtime.Unknown", Cause::LambdaRuntimeExited, Medium),
    ("Unknown application error occurred", Cause::LambdaRuntimeExited, Medium),
    ("Unable to marshal response", Cause::LambdaMalformedResponse, High),
];

/// Exceptions of the Lambda service, where its own clients hand them on.
const SERVICE_EXCEPTIONS: [&str; 6] = [
    "ResourceNotFoundException",
    "KMS",
    "EFSMount",
    "ENILimitReachedException",
    "ResourceConflictException",
    "EC2",
];

/// Messages that the service writes behind the request id only. Without one, they may be the code's own.
const BEHIND_AN_ID: [&str; 3] =
    ["Task timed out after ", "Runtime exited", "Process exited before completing request"];

/// What a message means that the service may have written. `None`: it is the function's own.
pub(in crate::diagnose) fn of_message(message: &str) -> Option<Meaning> {
    let (cause, confidence) = of_service(message)?;
    let doubtful = BEHIND_AN_ID.iter().any(|text| message.trim_start().starts_with(text));
    Some((cause, if doubtful { confidence.min(Medium) } else { confidence }))
}

/// What a sentence means that the service has written, be its time and request id before it or not.
pub(in crate::diagnose) fn of_service(sentence: &str) -> Option<Meaning> {
    let sentence = without_lambda_prefix(sentence);
    MESSAGES
        .iter()
        .find(|(beginning, ..)| sentence.starts_with(beginning))
        .map(|&(_, cause, confidence)| (cause, confidence))
        .or_else(|| of_handler_not_found(sentence))
        .or_else(|| of_service_exception(sentence))
}

/// `Handler 'x' missing on module 'y'`, `index.handler is undefined or not exported`.
fn of_handler_not_found(message: &str) -> Option<Meaning> {
    let missing = message.starts_with("Handler '") && message.contains("' missing on module '");
    let not_exported = message.ends_with(" is undefined or not exported");
    (missing || not_exported).then_some((Cause::LambdaInitFailed, High))
}

/// What an exception of the Lambda service means that stands at the beginning.
pub(super) fn of_service_exception(message: &str) -> Option<Meaning> {
    let name = message.split([':', ' ']).next()?;
    let known = name.ends_with("Exception")
        && SERVICE_EXCEPTIONS.iter().any(|beginning| name.starts_with(beginning));
    known.then_some((Cause::LambdaInvocationFailed, Medium))
}

/// Drops what Lambda puts before its own messages: `2025-03-12T09:14:07.456Z`, a request id,
/// `RequestId:` and `Error:`.
fn without_lambda_prefix(message: &str) -> &str {
    let mut rest = message.trim_start();
    let mut after_request_id = false;
    while let Some((first, after)) = rest.split_once([' ', '\t']) {
        let is_time = first.len() >= 20
            && first.ends_with('Z')
            && first.as_bytes()[0].is_ascii_digit()
            && first.contains('T');
        // Whatever stands after `RequestId:` is the id, even where somebody has blotted it out.
        let is_prefix = is_time
            || is_uuid(first)
            || after_request_id
            || matches!(first, "RequestId:" | "Error:");
        if !is_prefix {
            break;
        }
        after_request_id = first == "RequestId:";
        rest = after.trim_start();
    }
    rest
}

#[cfg(test)]
mod tests {
    use super::of_message;
    use crate::Cause;

    #[test]
    fn the_services_words_count_only_where_the_service_writes_them() {
        for (message, cause) in [
            (
                "2025-03-12T09:14:07.456Z 71952965-d5cc-4974-ae08-6e2138b2275c Task timed out after 3.00 seconds",
                Some(Cause::LambdaTimedOut),
            ),
            (
                "RequestId: 71952965-d5cc-4974-ae08-6e2138b2275c Error: Task timed out after 3.00 seconds",
                Some(Cause::LambdaTimedOut),
            ),
            (
                "RequestId: <REDACTED> Error: Runtime exited with error: signal: killed",
                Some(Cause::LambdaOutOfMemory),
            ),
            ("index.handler is undefined or not exported", Some(Cause::LambdaInitFailed)),
            ("KMSDisabledException: x", Some(Cause::LambdaInvocationFailed)),
            ("order 7: Task timed out after 3.00 seconds", None),
            ("'NoneType' object is not subscriptable", None),
            ("EC2 is down", None),
            ("RequestId:", None),
            ("", None),
        ] {
            assert_eq!(of_message(message).map(|(cause, _)| cause), cause, "{message}");
        }
    }
}
