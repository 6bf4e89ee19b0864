//! API Gateway's own sentences about an integration or an authorizer: in `$context.integration.error`,
//! in `$context.authorizer.error` and in execution logs.
//!
//! A sentence may quote the caller's path, a certificate or the backend's answer, so it is known by how
//! it begins wherever that is known. Texts are matched by ASCII fragments, since apostrophes around them
//! may be typographic.

use super::function::of_service_exception;
use super::{Meaning, errors, of_message};
use crate::{Cause, Confidence};

use Confidence::{High, Medium};

/// How sentences begin that only API Gateway writes, and what else has to stand in them.
/// Sources: <https://repost.aws/knowledge-center/api-gateway-http-lambda-integrations>,
/// <https://repost.aws/knowledge-center/malformed-502-api-gateway>,
/// <https://repost.aws/knowledge-center/api-gateway-500-error-vpc>,
/// <https://repost.aws/knowledge-center/api-gateway-proxy-path-character-error>, and logs that people
/// have published.
const BEGINNINGS: [(&str, &str, Cause, Confidence); 31] = [
    ("Malformed Lambda proxy response", "", Cause::LambdaMalformedResponse, High),
    ("statusCode should be an integer", "", Cause::LambdaMalformedResponse, High),
    ("Invalid permissions on Lambda function", "", Cause::LambdaPermissionMissing, High),
    (
        "API Gateway does not have permission to assume the provided role",
        "",
        Cause::IntegrationRoleUnassumable,
        High,
    ),
    ("Authorizer error", "", Cause::AuthorizerMisconfigured, High),
    ("AuthorizerConfigurationException", "", Cause::AuthorizerMisconfigured, High),
    // Only an authorizer answers with a policy.
    ("Could not parse policy", "", Cause::AuthorizerMisconfigured, High),
    // Published for an authorizer's answer; nobody knows whether other answers are named so too.
    ("Invalid JSON in response", "", Cause::AuthorizerMisconfigured, Medium),
    ("Rate Exceeded", "", Cause::LambdaThrottled, High),
    ("TooManyRequestsException", "", Cause::LambdaThrottled, High),
    ("ReservedFunctionConcurrentInvocationLimitExceeded", "", Cause::LambdaThrottled, High),
    ("ConcurrentInvocationLimitExceeded", "", Cause::LambdaThrottled, High),
    ("No match for output mapping", "", Cause::IntegrationResponseUnmapped, High),
    (
        "Output mapping refers to an invalid method response",
        "",
        Cause::IntegrationResponseUnmapped,
        High,
    ),
    ("Unable to transform re", "", Cause::MappingTemplateFailed, High),
    ("Unable to base64 decode the body", "", Cause::MappingTemplateFailed, High),
    ("Invalid endpoint address", "", Cause::EndpointAddressInvalid, High),
    ("Illegal character in ", "", Cause::EndpointAddressInvalid, High),
    ("Host name '", "does not match the certificate subject", Cause::EndpointTlsFailed, High),
    ("Host name '", "must be valid", Cause::EndpointAddressInvalid, Medium),
    ("PKIX path building failed", "", Cause::EndpointTlsFailed, High),
    ("General SSLEngine problem", "", Cause::EndpointTlsFailed, High),
    ("an vpc link error", "", Cause::VpcLinkFailed, High),
    ("a vpc link error", "", Cause::VpcLinkFailed, High),
    // Documented for private integrations, but not only written there.
    ("There was an internal error while executing your request", "", Cause::VpcLinkFailed, Medium),
    ("a network error communicating with endpoint", "", Cause::IntegrationNetworkFailure, High),
    ("Network error communicating with endpoint", "", Cause::IntegrationNetworkFailure, High),
    ("a timeout error", "", Cause::IntegrationTimeout, High),
    ("Endpoint request timed out", "", Cause::IntegrationTimeout, High),
    (
        "Response payload size exceeded maximum allowed payload size",
        "",
        Cause::LambdaResponseTooLarge,
        High,
    ),
    ("body size is too long", "", Cause::LambdaResponseTooLarge, Medium),
];

/// Texts inside sentences whose beginning varies: it may be translated, or name a class of Java.
const INSIDE: [(&str, Cause, Confidence); 11] = [
    (" header already present", Cause::MappingTemplateFailed, Medium),
    ("Lambda body contains the wrong type for field", Cause::LambdaMalformedResponse, High),
    ("match the format that API Gateway expects", Cause::LambdaMalformedResponse, High),
    ("have permissions to call the integration", Cause::LambdaPermissionMissing, High),
    ("have permissions to call the authorizer", Cause::AuthorizerMisconfigured, High),
    ("have permissions to assume the IAM role", Cause::IntegrationRoleUnassumable, High),
    ("have permission to assume the provided role", Cause::IntegrationRoleUnassumable, High),
    ("PKIX path building failed", Cause::EndpointTlsFailed, High),
    ("SSLHandshakeException", Cause::EndpointTlsFailed, High),
    ("Rate Exceeded", Cause::LambdaThrottled, Medium),
    ("body size is too long", Cause::LambdaResponseTooLarge, Medium),
];

/// What begins a sentence that says more after it.
const FAILED: &str = "Execution failed due to ";
const CONFIGURATION: &str = "configuration error: ";

/// What a sentence of API Gateway about an integration means.
pub(in crate::diagnose) fn of_gateway(text: &str) -> Option<Meaning> {
    let text = without_mark(text);
    match text.strip_prefix(FAILED) {
        Some(rest) => of_failure(rest),
        None => of_sentence(text),
    }
}

/// What the rest of `Execution failed due to …` means. A configuration error without a finer meaning
/// is still one.
fn of_failure(rest: &str) -> Option<Meaning> {
    let rest = without_mark(rest);
    match rest.strip_prefix(CONFIGURATION) {
        Some(error) => of_sentence(error).or(Some((Cause::ApiConfigurationError, Medium))),
        None => of_sentence(rest),
    }
}

fn of_sentence(sentence: &str) -> Option<Meaning> {
    if let Some(message) = function_error_of_rest(sentence) {
        return Some(of_function(message));
    }
    if let Some(status) = sentence.strip_prefix("Lambda invocation failed with status: ") {
        return Some((of_lambda_service(leading_number(status)?), High));
    }
    let begins = BEGINNINGS
        .iter()
        .find(|(beginning, inside, ..)| sentence.starts_with(beginning) && holds(sentence, inside))
        .map(|&(_, _, cause, confidence)| (cause, confidence));
    let function = || function_error_of_http(sentence).map(of_function);
    let inside = || {
        INSIDE
            .iter()
            .find(|(text, ..)| holds(sentence, text))
            .map(|&(_, cause, confidence)| (cause, confidence))
    };
    begins.or_else(function).or_else(inside).or_else(|| of_service_exception(sentence))
}

/// What the function's own message means.
fn of_function(message: &str) -> Meaning {
    let message = message.trim().trim_end_matches('.');
    let told = of_message(message).or_else(|| errors::of_aws_error(message));
    told.unwrap_or((Cause::LambdaFunctionError, High))
}

/// The function's message inside a sentence of a REST or WebSocket API.
fn function_error_of_rest(sentence: &str) -> Option<&str> {
    let message = sentence.strip_prefix("Lambda Customer Function Error:").or_else(|| {
        let rest = sentence.strip_prefix("Lambda execution failed with status ")?;
        Some(rest.split_once("due to customer function error: ")?.1)
    })?;
    Some(message.rsplit_once(" Lambda request id: ").unwrap_or((message, "")).0)
}

/// The same inside a sentence of an HTTP API, which may begin in another language.
fn function_error_of_http(sentence: &str) -> Option<&str> {
    let (_, message) = sentence.split_once("The Lambda function returned the following error: ")?;
    Some(message.rsplit_once(" Check your Lambda function code").unwrap_or((message, "")).0)
}

/// What a status of the Lambda service, other than 200, means.
pub(in crate::diagnose) const fn of_lambda_service(status: u32) -> Cause {
    match status {
        403 => Cause::LambdaPermissionMissing,
        429 => Cause::LambdaThrottled,
        _ => Cause::LambdaInvocationFailed,
    }
}

/// API Gateway marks what it has cut.
fn without_mark(text: &str) -> &str {
    let text = text.trim();
    text.strip_suffix("[TRUNCATED]").map_or(text, str::trim_end)
}

fn leading_number(text: &str) -> Option<u32> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text[..digits].parse().ok()
}

fn holds(text: &str, fragment: &str) -> bool {
    memchr::memmem::find(text.as_bytes(), fragment.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::{Meaning, of_gateway};
    use crate::{Cause, Confidence};

    use Confidence::{High, Medium};

    fn meaning(text: &str) -> Option<Meaning> {
        of_gateway(text)
    }

    #[test]
    fn a_quotation_does_not_speak_for_the_gateway() {
        for (text, wanted) in [
            (
                "Execution failed due to configuration error: Illegal character in path at index 9: https://x/Malformed Lambda proxy response",
                Some((Cause::EndpointAddressInvalid, High)),
            ),
            (
                "Execution failed due to configuration error: Invalid JSON in response: PKIX path building failed",
                Some((Cause::AuthorizerMisconfigured, Medium)),
            ),
            (
                "Lambda execution failed with status 200 due to customer function error: Execution failed due to a timeout error. Lambda request id: x",
                Some((Cause::LambdaFunctionError, High)),
            ),
            ("saw a timeout error", None),
            ("", None),
        ] {
            assert_eq!(meaning(text), wanted, "{text}");
        }
    }

    #[test]
    fn what_was_cut_is_read_as_far_as_it_goes() {
        assert_eq!(
            meaning(
                "Execution failed due to configuration error: Access-Control-Allow-Origin header already present [TRUNCATED]"
            ),
            Some((Cause::MappingTemplateFailed, Medium))
        );
        assert_eq!(
            meaning(
                "sun.security.validator.ValidatorException: PKIX path building failed: unable to"
            ),
            Some((Cause::EndpointTlsFailed, High))
        );
    }
}
