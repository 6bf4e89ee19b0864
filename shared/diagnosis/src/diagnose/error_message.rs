//! `$context.error.message`: written by API Gateway only, in fixed sentences.

use super::Diagnosis;
use crate::{AccessRecord, ApiType, Cause, Confidence, Field};

use Confidence::{High, Medium};

pub(super) fn judge<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let message = record.error_message()?;
    let told = of_text(message).or_else(|| in_context(record, message));
    // The message is written by whoever defined the format, so an application may have put its own
    // text there; a status that the sentence cannot go with takes it away.
    let (cause, confidence) = told.filter(|(cause, _)| {
        record.get(Field::Status).is_none() || !contradicts(*cause, record.status())
    })?;
    Some(
        Diagnosis::new(cause, confidence)
            .because(record, Field::ErrorMessage)
            .because(record, Field::ErrorMessageString),
    )
}

/// A sentence about the caller with a 5xx, or the other way round: the status may be customised, but
/// without a response type nothing says so.
fn contradicts(cause: Cause, status: Option<u16>) -> bool {
    let about_integration =
        matches!(cause, Cause::IntegrationTimeout | Cause::IntegrationNetworkFailure);
    match status {
        Some(400..=499) => about_integration,
        Some(500..=599) => !about_integration,
        _ => false,
    }
}

/// What a sentence means wherever it stands.
pub(super) fn of_text(message: &str) -> Option<(Cause, Confidence)> {
    if let Some(&(_, cause)) = WHOLE.iter().find(|(text, _)| message == *text) {
        return Some((cause, High));
    }
    if let Some(&(_, cause)) = BEGINNINGS.iter().find(|(text, _)| message.starts_with(text)) {
        return Some((cause, High));
    }
    if message.starts_with("User: ") && message.contains(" is not authorized to perform: ") {
        return Some((Cause::PolicyDenied, High));
    }
    // A bearer token where SigV4 is expected: the path or method does not exist, or is for IAM.
    let not_sigv4 = message.contains("equal-sign) in Authorization header")
        || message.contains("Authorization header requires '");
    if not_sigv4 {
        return Some((Cause::MissingAuthenticationToken, High));
    }
    rejects_token(Some(message)).then_some((Cause::TokenRejected, High))
}

const WHOLE: [(&str, Cause); 9] = [
    ("Endpoint request timed out", Cause::IntegrationTimeout),
    ("Invalid request body", Cause::RequestBodyInvalid),
    ("Limit Exceeded", Cause::UsagePlanQuotaExceeded),
    ("Missing Authentication Token", Cause::MissingAuthenticationToken),
    ("Rate exceeded", Cause::GatewayThrottled),
    ("Request Too Long", Cause::PayloadTooLarge),
    ("Request URI too long", Cause::UriOrHeadersTooLarge),
    ("Too Many Requests", Cause::GatewayThrottled),
    ("Unsupported Media Type", Cause::UnsupportedMediaType),
];

const BEGINNINGS: [(&str, Cause); 10] = [
    ("Access denied. Reason: ", Cause::MtlsRejected),
    ("HTTP content length exceeded ", Cause::PayloadTooLarge),
    ("LimitExceededException", Cause::UsagePlanQuotaExceeded),
    ("Missing required request parameters: [", Cause::RequestParametersInvalid),
    ("Network error communicating with endpoint", Cause::IntegrationNetworkFailure),
    ("Signature expired: ", Cause::AwsSignatureRejected),
    ("Signature not yet current: ", Cause::AwsSignatureRejected),
    ("The request signature we calculated does not match", Cause::AwsSignatureRejected),
    ("The security token included in the request is ", Cause::AwsSignatureRejected),
    ("User is not authorized to access this resource", Cause::AuthorizerDenied),
];

/// Sentences that are common to several causes until other fields are looked at.
fn in_context(record: &AccessRecord<'_>, message: &str) -> Option<(Cause, Confidence)> {
    let untouched = !touched_integration(record);
    match (message, record.status()?) {
        // A token that was read and refused ends in the same word; only the authorizer's error tells.
        ("Unauthorized", 401) if untouched && record.logs(Field::AuthorizerError) => {
            Some((Cause::AuthorizerUnauthorized, High))
        }
        ("Unauthorized", 401) if untouched => Some((Cause::AuthorizerUnauthorized, Medium)),
        ("Bad Request", 400) if untouched => Some((Cause::RequestMalformed, High)),
        ("Not Found", 404) if untouched && no_route(record) => Some((Cause::RouteNotFound, High)),
        // A web ACL, an API key and an authorizer say the same word; a logged authorizer decides.
        ("Forbidden", 403)
            if record.api_type() == Some(ApiType::Http)
                && record.get(Field::AuthorizerError).is_some() =>
        {
            Some((Cause::AuthorizerDenied, Medium))
        }
        _ => None,
    }
}

/// Whether the integration left a status.
fn touched_integration(record: &AccessRecord<'_>) -> bool {
    [Field::IntegrationCodeStatus, Field::IntegrationServiceStatus, Field::IntegrationStatus]
        .into_iter()
        .any(|field| record.get(field).is_some())
}

/// Whether the format names the route and there was none.
pub(super) fn no_route(record: &AccessRecord<'_>) -> bool {
    record.logs(Field::RouteKey) && record.get(Field::RouteKey).is_none()
}

/// Whether a sentence says that a JSON web token was read and refused.
pub(super) fn rejects_token(message: Option<&str>) -> bool {
    const FLAWS: [&str; 6] = [
        "has expired",
        "valid audience",
        "valid issuer",
        "valid signature",
        "invalid signature",
        "scope",
    ];
    message.is_some_and(|message| {
        message.to_ascii_lowercase().contains("token")
            && FLAWS.iter().any(|flaw| message.contains(flaw))
    })
}
