//! Texts that API Gateway and Lambda write, and what each of them means. They are matched by ASCII
//! fragments, since apostrophes around them may be typographic.
//! Sources: <https://repost.aws/knowledge-center/api-gateway-http-lambda-integrations>,
//! <https://repost.aws/knowledge-center/malformed-502-api-gateway>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html>

use crate::access::is_uuid;
use crate::{Cause, Confidence};

use Confidence::{High, Medium};

/// What a sentence of API Gateway about an integration means.
pub(super) fn of_gateway(text: &str) -> Option<(Cause, Confidence)> {
    if let Some(message) = function_error(text) {
        return Some(of_function(message));
    }
    if let Some(status) = number_after(text, "Lambda invocation failed with status: ") {
        return Some((of_lambda_service(status), High));
    }
    let known = GATEWAY_TEXTS
        .iter()
        .find(|(fragment, _, _)| contains(text, fragment))
        .map(|&(_, cause, confidence)| (cause, confidence));
    known.or_else(|| {
        text.starts_with("Execution failed due to configuration error: ")
            .then_some((Cause::ApiConfigurationError, Medium))
    })
}

/// Fragments of sentences that only API Gateway writes.
const GATEWAY_TEXTS: [(&str, Cause, Confidence); 33] = [
    ("Malformed Lambda proxy response", Cause::LambdaMalformedResponse, High),
    ("Lambda body contains the wrong type for field", Cause::LambdaMalformedResponse, High),
    ("match the format that API Gateway expects", Cause::LambdaMalformedResponse, High),
    ("statusCode should be an integer", Cause::LambdaMalformedResponse, High),
    ("Invalid permissions on Lambda function", Cause::LambdaPermissionMissing, High),
    ("have permissions to call the integration", Cause::LambdaPermissionMissing, High),
    ("have permissions to call the authorizer", Cause::AuthorizerMisconfigured, High),
    ("AuthorizerConfigurationException", Cause::AuthorizerMisconfigured, High),
    ("configuration error: Authorizer error", Cause::AuthorizerMisconfigured, High),
    ("have permission to assume the provided role", Cause::IntegrationRoleUnassumable, High),
    ("have permissions to assume the IAM role", Cause::IntegrationRoleUnassumable, High),
    ("Rate Exceeded", Cause::LambdaThrottled, High),
    ("ConcurrentInvocationLimitExceeded", Cause::LambdaThrottled, High),
    ("TooManyRequestsException", Cause::LambdaThrottled, High),
    ("No match for output mapping", Cause::IntegrationResponseUnmapped, High),
    (
        "Output mapping refers to an invalid method response",
        Cause::IntegrationResponseUnmapped,
        High,
    ),
    ("Unable to transform re", Cause::MappingTemplateFailed, High),
    ("Unable to base64 decode the body", Cause::MappingTemplateFailed, High),
    ("header already present", Cause::MappingTemplateFailed, Medium),
    ("Invalid endpoint address", Cause::EndpointAddressInvalid, High),
    ("Illegal character in ", Cause::EndpointAddressInvalid, High),
    ("must be valid", Cause::EndpointAddressInvalid, Medium),
    ("does not match the certificate subject", Cause::EndpointTlsFailed, High),
    ("PKIX path building failed", Cause::EndpointTlsFailed, High),
    ("General SSLEngine problem", Cause::EndpointTlsFailed, High),
    ("SSLHandshakeException", Cause::EndpointTlsFailed, High),
    ("vpc link error", Cause::VpcLinkFailed, High),
    // Documented for private integrations, but not only written there.
    ("There was an internal error while executing your request", Cause::VpcLinkFailed, Medium),
    ("etwork error communicating with endpoint", Cause::IntegrationNetworkFailure, High),
    ("Execution failed due to a timeout error", Cause::IntegrationTimeout, High),
    ("Endpoint request timed out", Cause::IntegrationTimeout, High),
    (
        "Response payload size exceeded maximum allowed payload size",
        Cause::LambdaResponseTooLarge,
        High,
    ),
    ("body size is too long", Cause::LambdaResponseTooLarge, Medium),
];

/// Names of exceptions of the Lambda service, none of them written by a function's own code here.
const LAMBDA_SERVICE_EXCEPTIONS: [&str; 5] = [
    "ResourceNotFoundException",
    "KMSDisabledException",
    "EFSMountFailureException",
    "ENILimitReachedException",
    "ResourceConflictException",
];

/// The function's own message inside API Gateway's sentence about it.
fn function_error(text: &str) -> Option<&str> {
    const REST: [&str; 2] = ["due to customer function error: ", "Lambda Customer Function Error:"];
    const HTTP: &str = "The Lambda function returned the following error: ";
    if let Some(message) = REST.iter().find_map(|marker| text.split_once(marker)) {
        let (message, _) = message.1.rsplit_once(" Lambda request id: ").unwrap_or((message.1, ""));
        return Some(message.trim().trim_end_matches('.'));
    }
    let (_, message) = text.split_once(HTTP)?;
    let (message, _) =
        message.rsplit_once(" Check your Lambda function code").unwrap_or((message, ""));
    Some(message.trim().trim_end_matches('.'))
}

/// What a function's error message means. The message may be the code's own, so a text of the Lambda
/// service only counts where the service writes it: at the beginning, behind its time and request id.
fn of_function(message: &str) -> (Cause, Confidence) {
    let message = without_lambda_prefix(message);
    FUNCTION_TEXTS
        .iter()
        .find(|(beginning, _, _)| message.starts_with(beginning))
        .map(|&(_, cause, confidence)| (cause, confidence))
        .or_else(|| of_handler_not_found(message))
        .or_else(|| {
            LAMBDA_SERVICE_EXCEPTIONS
                .iter()
                .find(|name| message.starts_with(**name))
                .map(|_| (Cause::LambdaInvocationFailed, Medium))
        })
        .unwrap_or((Cause::LambdaFunctionError, High))
}

/// Beginnings of messages that the Lambda service, not the function's code, writes.
const FUNCTION_TEXTS: [(&str, Cause, Confidence); 22] = [
    ("Task timed out after ", Cause::LambdaTimedOut, High),
    ("Sandbox.Timedout", Cause::LambdaTimedOut, High),
    (
        "Response payload size exceeded maximum allowed payload size",
        Cause::LambdaResponseTooLarge,
        High,
    ),
    ("Response payload size (", Cause::LambdaResponseTooLarge, High),
    ("Function.ResponseSizeTooLarge", Cause::LambdaResponseTooLarge, High),
    ("body size is too long", Cause::LambdaResponseTooLarge, Medium),
    ("Runtime exited with error: signal: killed", Cause::LambdaOutOfMemory, High),
    // 137 is SIGKILL: nearly always memory, but not proven.
    ("Runtime exited with error: exit status 137", Cause::LambdaOutOfMemory, Medium),
    ("Runtime.OutOfMemory", Cause::LambdaOutOfMemory, High),
    ("java.lang.OutOfMemoryError", Cause::LambdaOutOfMemory, High),
    ("Java heap space", Cause::LambdaOutOfMemory, High),
    ("Unable to import module ", Cause::LambdaInitFailed, High),
    ("Runtime.ImportModuleError", Cause::LambdaInitFailed, High),
    ("Runtime.HandlerNotFound", Cause::LambdaInitFailed, High),
    ("Runtime.InvalidEntrypoint", Cause::LambdaInitFailed, High),
    ("Runtime.UserCodeSyntaxError", Cause::LambdaInitFailed, High),
    ("Cannot find module ", Cause::LambdaInitFailed, High),
    ("fork/exec ", Cause::LambdaInitFailed, High),
    ("Couldn't find valid bootstrap", Cause::LambdaInitFailed, High),
    ("Process exited before completing request", Cause::LambdaRuntimeExited, High),
    ("Runtime exited", Cause::LambdaRuntimeExited, High),
    ("Unable to marshal response", Cause::LambdaMalformedResponse, High),
];

/// `Handler 'x' missing on module 'y'`, `index.handler is undefined or not exported`.
fn of_handler_not_found(message: &str) -> Option<(Cause, Confidence)> {
    let missing = message.starts_with("Handler '") && message.contains("' missing on module '");
    let not_exported = message.ends_with(" is undefined or not exported");
    (missing || not_exported).then_some((Cause::LambdaInitFailed, High))
}

/// Drops what Lambda puts before its own messages: `2025-03-12T09:14:07.456Z`, a request id,
/// `RequestId:` and `Error:`.
fn without_lambda_prefix(message: &str) -> &str {
    let mut rest = message.trim_start();
    while let Some((first, after)) = rest.split_once(' ') {
        let is_time = first.len() >= 20
            && first.ends_with('Z')
            && first.as_bytes()[0].is_ascii_digit()
            && first.contains('T');
        if !is_time && !is_uuid(first) && !matches!(first, "RequestId:" | "Error:") {
            break;
        }
        rest = after.trim_start();
    }
    rest
}

/// What a status of the Lambda service, other than 200, means.
pub(super) const fn of_lambda_service(status: u32) -> Cause {
    match status {
        403 => Cause::LambdaPermissionMissing,
        429 => Cause::LambdaThrottled,
        _ => Cause::LambdaInvocationFailed,
    }
}

fn number_after(text: &str, marker: &str) -> Option<u32> {
    let (_, after) = text.split_once(marker)?;
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    after[..digits].parse().ok()
}

fn contains(text: &str, fragment: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), fragment.as_bytes()).is_some()
}
