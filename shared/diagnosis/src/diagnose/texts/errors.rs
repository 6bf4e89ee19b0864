//! Classes of errors, as runtimes and the Lambda service name them.

use super::{Meaning, of_service};
use crate::{Cause, Confidence};

use Confidence::{High, Medium};

/// Classes that say more than that the function failed.
/// <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html>
const TYPES: [(&str, Cause, Confidence); 47] = [
    ("Sandbox.Timedout", Cause::LambdaTimedOut, High),
    ("Sandbox.TimedOut", Cause::LambdaTimedOut, High),
    ("Runtime.OutOfMemory", Cause::LambdaOutOfMemory, High),
    ("java.lang.OutOfMemoryError", Cause::LambdaOutOfMemory, High),
    ("OutOfMemoryError", Cause::LambdaOutOfMemory, High),
    ("System.OutOfMemoryException", Cause::LambdaOutOfMemory, High),
    ("OutOfMemoryException", Cause::LambdaOutOfMemory, High),
    ("MemoryError", Cause::LambdaOutOfMemory, High),
    ("NoMemoryError", Cause::LambdaOutOfMemory, High),
    ("Runtime.ImportModuleError", Cause::LambdaInitFailed, High),
    ("Runtime.HandlerNotFound", Cause::LambdaInitFailed, High),
    ("Runtime.InvalidEntrypoint", Cause::LambdaInitFailed, High),
    ("Runtime.InvalidWorkingDir", Cause::LambdaInitFailed, High),
    ("Runtime.UserCodeSyntaxError", Cause::LambdaInitFailed, High),
    ("Runtime.MalformedHandlerName", Cause::LambdaInitFailed, High),
    ("Runtime.BadFunctionCode", Cause::LambdaInitFailed, High),
    ("Extension.InitError", Cause::LambdaInitFailed, High),
    ("Extension.LaunchError", Cause::LambdaInitFailed, High),
    ("java.lang.ClassNotFoundException", Cause::LambdaInitFailed, Medium),
    ("LambdaValidationException", Cause::LambdaInitFailed, High),
    ("Runtime.ExitError", Cause::LambdaRuntimeExited, High),
    // Lambda's emulator for containers names it so.
    ("exitError", Cause::LambdaRuntimeExited, Medium),
    ("Runtime.NodeJsExit", Cause::LambdaRuntimeExited, High),
    ("Runtime.UnhandledPromiseRejection", Cause::LambdaRuntimeExited, High),
    ("Runtime.Unknown", Cause::LambdaRuntimeExited, Medium),
    ("Extension.Crash", Cause::LambdaRuntimeExited, Medium),
    ("Runtime.MarshalError", Cause::LambdaMalformedResponse, High),
    ("Runtime.BadResponse", Cause::LambdaMalformedResponse, Medium),
    ("Function.ResponseSizeTooLarge", Cause::LambdaResponseTooLarge, High),
    ("Sandbox.Failure", Cause::LambdaInvocationFailed, Medium),
    // A downstream service limits the function; API Gateway's own view of Lambda is another log's.
    ("TooManyRequestsException", Cause::BackendThrottled, High),
    ("ThrottlingException", Cause::BackendThrottled, High),
    ("ThrottledException", Cause::BackendThrottled, High),
    ("Throttling", Cause::BackendThrottled, High),
    ("ProvisionedThroughputExceededException", Cause::BackendThrottled, High),
    ("RequestLimitExceeded", Cause::BackendThrottled, High),
    ("SlowDown", Cause::BackendThrottled, High),
    ("GoneException", Cause::WebsocketConnectionGone, High),
    ("KMSDisabledException", Cause::LambdaInvocationFailed, High),
    ("KMSInvalidStateException", Cause::LambdaInvocationFailed, High),
    ("KMSAccessDeniedException", Cause::LambdaInvocationFailed, High),
    ("KMSNotFoundException", Cause::LambdaInvocationFailed, High),
    ("EFSMountConnectivityException", Cause::LambdaInvocationFailed, High),
    ("EFSMountFailureException", Cause::LambdaInvocationFailed, High),
    ("EFSMountTimeoutException", Cause::LambdaInvocationFailed, High),
    ("ENILimitReachedException", Cause::LambdaInvocationFailed, High),
    ("ResourceConflictException", Cause::LambdaInvocationFailed, Medium),
];

/// Classes whose message the service writes, so that it may say more.
const OF_SERVICE: [&str; 5] =
    ["Runtime.ExitError", "Runtime.Unknown", "exitError", "Sandbox.", "Function."];

/// What an error's class means, its message beside it. `None`: it says no more than that the function
/// failed.
pub(in crate::diagnose) fn of_error_type(class: &str, message: &str) -> Option<Meaning> {
    // Ruby's runtime: `Init<LoadError>` while it loads, `Function<TypeError>` in the handler.
    if let Some(inner) = inside(class, "Init<") {
        return of_class(inner).or(Some((Cause::LambdaInitFailed, High)));
    }
    let class = inside(class, "Function<").unwrap_or(class);
    if OF_SERVICE.iter().any(|prefix| class.starts_with(prefix))
        && let Some(told) = of_service(message)
    {
        return Some(told);
    }
    of_class(class).or_else(|| of_aws_error(message))
}

/// What an error of AWS's SDK for Python means:
/// `An error occurred (ThrottlingException) when calling the PutItem operation: …`.
pub(super) fn of_aws_error(message: &str) -> Option<Meaning> {
    let (code, rest) = message.strip_prefix("An error occurred (")?.split_once(')')?;
    rest.starts_with(" when calling the ").then(|| of_class(code)).flatten()
}

/// The table's meaning of a class, whatever package it is in.
fn of_class(class: &str) -> Option<Meaning> {
    let of_name = |name: &str| {
        TYPES
            .iter()
            .find(|(known, ..)| *known == name)
            .map(|&(_, cause, confidence)| (cause, confidence))
    };
    of_name(class).or_else(|| of_name(class.rsplit('.').next()?))
}

fn inside<'a>(class: &'a str, opening: &str) -> Option<&'a str> {
    class.strip_prefix(opening)?.strip_suffix('>')
}

#[cfg(test)]
mod tests {
    use super::of_error_type;
    use crate::Cause;

    #[test]
    fn classes_and_what_they_say() {
        for (class, message, cause) in [
            ("Runtime.ExitError", "", Some(Cause::LambdaRuntimeExited)),
            (
                "Runtime.ExitError",
                "RequestId: x Error: Runtime exited with error: signal: killed",
                Some(Cause::LambdaOutOfMemory),
            ),
            (
                "exitError",
                "RequestId: x Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap]",
                Some(Cause::LambdaInitFailed),
            ),
            ("Init<LoadError>", "cannot load such file -- app", Some(Cause::LambdaInitFailed)),
            ("Function<NoMemoryError>", "", Some(Cause::LambdaOutOfMemory)),
            ("Function<TypeError>", "", None),
            ("botocore.errorfactory.GoneException", "", Some(Cause::WebsocketConnectionGone)),
            (
                "ClientError",
                "An error occurred (ThrottlingException) when calling the PutItem operation: x",
                Some(Cause::BackendThrottled),
            ),
            // look-alikes: a function's own error with the service's words
            ("TimeoutError", "Task timed out after 3.00 seconds", None),
            ("Error", "Runtime.ExitError", None),
            (
                "Runtime.UnhandledPromiseRejection",
                "Error: Task timed out after 3.00 seconds",
                Some(Cause::LambdaRuntimeExited),
            ),
            ("ValueError", "An error occurred (ThrottlingException)", None),
            ("", "", None),
        ] {
            let found = of_error_type(class, message).map(|(cause, _)| cause);
            assert_eq!(found, cause, "{class}: {message}");
        }
    }
}
