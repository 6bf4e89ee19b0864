//! `$context.error.responseType`: where it is set, API Gateway itself made the answer, and the type
//! says why, whatever status the customer has given it.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html>

use super::{Diagnosis, error_message, latency, phases};
use crate::{AccessRecord, Cause, Field};

pub(super) fn judge<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let diagnosis = match record.response_type()? {
        "ACCESS_DENIED" => access_denied(record),
        "API_CONFIGURATION_ERROR" => Diagnosis::high(Cause::ApiConfigurationError),
        "AUTHORIZER_CONFIGURATION_ERROR" => Diagnosis::high(Cause::AuthorizerMisconfigured),
        "AUTHORIZER_FAILURE" => Diagnosis::high(Cause::AuthorizerFailed),
        "BAD_REQUEST_BODY" => Diagnosis::high(Cause::RequestBodyInvalid),
        "BAD_REQUEST_PARAMETERS" => Diagnosis::high(Cause::RequestParametersInvalid),
        "DEFAULT_4XX" => return default_4xx(record),
        "DEFAULT_5XX" => return default_5xx(record),
        "EXPIRED_TOKEN" | "INVALID_SIGNATURE" => Diagnosis::high(Cause::AwsSignatureRejected),
        "INTEGRATION_FAILURE" => return integration_failure(record),
        "INTEGRATION_NETWORK_FAILURE" => Diagnosis::high(Cause::IntegrationNetworkFailure),
        "INTEGRATION_TIMEOUT" => Diagnosis::high(Cause::IntegrationTimeout),
        "INVALID_API_KEY" => Diagnosis::high(Cause::ApiKeyInvalid),
        "MISSING_AUTHENTICATION_TOKEN" => Diagnosis::high(Cause::MissingAuthenticationToken),
        "QUOTA_EXCEEDED" => Diagnosis::high(Cause::UsagePlanQuotaExceeded),
        "REQUEST_TOO_LARGE" => Diagnosis::high(Cause::PayloadTooLarge),
        "RESOURCE_NOT_FOUND" => Diagnosis::high(Cause::RouteNotFound),
        "THROTTLED" => throttled(record),
        "UNAUTHORIZED" => unauthorized(record),
        "UNSUPPORTED_MEDIA_TYPE" => Diagnosis::high(Cause::UnsupportedMediaType),
        "WAF_FILTERED" => Diagnosis::high(Cause::WafBlocked),
        // New types appear without notice; other evidence decides.
        _ => return None,
    };
    Some(with_evidence(diagnosis, record))
}

/// What a response type means that is told outside an access log.
pub(super) fn of_name<'a>(kind: &str, status: Option<u16>) -> Option<Diagnosis<'a>> {
    let mut record = AccessRecord::empty();
    record.set(Field::ErrorResponseType, kind.into());
    record
        .set(Field::Status, status.map_or_else(|| "-".into(), |status| status.to_string().into()));
    let Diagnosis { cause, confidence, .. } =
        judge(&record).unwrap_or_else(|| super::status::judge(&record));
    (cause != Cause::Unknown).then(|| Diagnosis::new(cause, confidence))
}

fn with_evidence<'a>(diagnosis: Diagnosis<'a>, record: &'a AccessRecord<'_>) -> Diagnosis<'a> {
    diagnosis
        .because(record, Field::ErrorResponseType)
        .because(record, Field::ErrorMessage)
        .because(record, Field::ErrorMessageString)
        .because(record, Field::ValidationError)
}

/// An authorizer's Deny and a policy's share this type; the message tells them apart.
fn access_denied<'a>(record: &'a AccessRecord<'_>) -> Diagnosis<'a> {
    if let Some(told) = phases::client_certificate(record) {
        return told;
    }
    match record.error_message().and_then(error_message::of_text) {
        Some((
            cause @ (Cause::PolicyDenied | Cause::AuthorizerDenied | Cause::MtlsRejected),
            confidence,
        )) => Diagnosis::new(cause, confidence),
        _ if record.http_status(Field::AuthorizeStatus) == Some(403) => {
            Diagnosis::high(Cause::PolicyDenied).because(record, Field::AuthorizeStatus)
        }
        _ if record.get(Field::AuthorizerError).is_some()
            || record.http_status(Field::AuthorizerStatus) == Some(403) =>
        {
            Diagnosis::high(Cause::AuthorizerDenied).because(record, Field::AuthorizerError)
        }
        _ => Diagnosis::medium(Cause::AuthorizerDenied),
    }
}

/// The fallback for 4xx without a type of their own: the message decides, or the status.
fn default_4xx<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let told = record
        .error_message()
        .and_then(error_message::of_text)
        .map(|(cause, confidence)| Diagnosis::new(cause, confidence));
    let by_status = || match record.status()? {
        400 => Some(Diagnosis::medium(Cause::RequestMalformed)),
        413 => Some(Diagnosis::high(Cause::PayloadTooLarge)),
        414 | 431 | 494 => Some(Diagnosis::high(Cause::UriOrHeadersTooLarge)),
        _ => None,
    };
    Some(with_evidence(told.or_else(by_status)?, record))
}

/// The fallback for 5xx: API Gateway's own failure, if nothing behind it left a trace.
fn default_5xx<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    const BEHIND: [Field; 6] = [
        Field::IntegrationError,
        Field::IntegrationStatus,
        Field::IntegrationServiceStatus,
        Field::IntegrationCodeStatus,
        Field::AuthorizerError,
        Field::AuthorizerStatus,
    ];
    if BEHIND.iter().any(|&field| record.get(field).is_some()) {
        return None;
    }
    let would_show = BEHIND.iter().any(|&field| record.logs(field));
    let diagnosis = if would_show {
        Diagnosis::medium(Cause::GatewayInternalError)
    } else {
        Diagnosis::low(Cause::GatewayInternalError)
    };
    Some(with_evidence(diagnosis, record))
}

/// Documented as 504 and logged with 500 and 502 too; without the integration's own words the status
/// and the Lambda service's answer are what is left.
fn integration_failure<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let message = record.error_message().and_then(error_message::of_text);
    if let Some((cause, confidence)) = message {
        return Some(with_evidence(Diagnosis::new(cause, confidence), record));
    }
    let refused = record
        .number(Field::IntegrationServiceStatus)
        .or_else(|| record.number(Field::IntegrationStatus))
        .is_some_and(|service| service >= 400);
    if refused {
        return None;
    }
    if let Some(slow) = latency::judge(record) {
        return Some(slow.because(record, Field::ErrorResponseType));
    }
    let diagnosis = match record.status()? {
        504 => Diagnosis::high(Cause::IntegrationNetworkFailure),
        503 => Diagnosis::medium(Cause::IntegrationNetworkFailure),
        502 => Diagnosis::medium(Cause::LambdaFunctionError),
        _ => return None,
    };
    Some(with_evidence(diagnosis, record))
}

/// Usage plan, method, stage and account limits share this type. An API key speaks for the plan, but
/// does not prove it.
fn throttled<'a>(record: &'a AccessRecord<'_>) -> Diagnosis<'a> {
    if record.get(Field::ApiKeyId).is_some() {
        return Diagnosis::medium(Cause::UsagePlanThrottled).because(record, Field::ApiKeyId);
    }
    Diagnosis::high(Cause::GatewayThrottled)
}

fn unauthorized<'a>(record: &'a AccessRecord<'_>) -> Diagnosis<'a> {
    if error_message::rejects_token(record.error_message()) {
        return Diagnosis::high(Cause::TokenRejected);
    }
    if error_message::rejects_token(record.get(Field::AuthorizerError)) {
        return Diagnosis::high(Cause::TokenRejected).because(record, Field::AuthorizerError);
    }
    Diagnosis::high(Cause::AuthorizerUnauthorized)
}
