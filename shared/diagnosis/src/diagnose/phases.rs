//! The phases before the integration, in their order: WAF, authenticate, authorizer, authorize. Each
//! logs its own status and error, on REST and WebSocket APIs.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html>

use super::{Diagnosis, error_message, texts};
use crate::{AccessRecord, ApiType, Cause, Field};

pub(super) fn judge<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    waf(record)
        .or_else(|| authenticate(record))
        .or_else(|| authorizer(record))
        .or_else(|| authorize(record))
        .or_else(|| client_certificate(record))
}

fn waf<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let blocked = blocked_by_waf(record) || record.http_status(Field::WafStatus) == Some(403);
    blocked.then(|| {
        Diagnosis::high(Cause::WafBlocked)
            .because(record, Field::WafResponseCode)
            .because(record, Field::WafStatus)
    })
}

/// Whether the web ACL says that it blocked the request.
pub(super) fn blocked_by_waf(record: &AccessRecord<'_>) -> bool {
    record.get(Field::WafResponseCode) == Some("WAF_BLOCK")
}

fn authenticate<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let by_text = record.get(Field::AuthenticateError).and_then(error_message::of_text);
    let diagnosis = match by_text {
        Some((cause, confidence)) => Diagnosis::new(cause, confidence),
        None if record.http_status(Field::AuthenticateStatus) == Some(403) => {
            Diagnosis::medium(Cause::AwsSignatureRejected)
        }
        None => return None,
    };
    Some(
        diagnosis
            .because(record, Field::AuthenticateError)
            .because(record, Field::AuthenticateStatus),
    )
}

fn authorizer<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let diagnosis = match record.get(Field::AuthorizerError) {
        Some(error) if error.contains("The request for the IAM Authorizer") => {
            Some(Diagnosis::high(Cause::MissingAuthenticationToken))
        }
        Some(error) if error_message::rejects_token(Some(error)) => {
            Some(Diagnosis::high(Cause::TokenRejected))
        }
        // A sentence of `authorize.error`: people confuse the two.
        Some("The client is not authorized") => Some(Diagnosis::high(Cause::PolicyDenied)),
        Some(error) => texts::of_gateway(error)
            .filter(|(cause, _)| *cause == Cause::AuthorizerMisconfigured)
            .map(|(cause, confidence)| Diagnosis::new(cause, confidence)),
        None => None,
    };
    let diagnosis = diagnosis.or_else(|| match record.http_status(Field::AuthorizerStatus) {
        Some(401) => Some(Diagnosis::medium(Cause::AuthorizerUnauthorized)),
        Some(403) => Some(Diagnosis::high(Cause::AuthorizerDenied)),
        Some(500..) => Some(Diagnosis::high(Cause::AuthorizerFailed)),
        _ => None,
    });
    let diagnosis = diagnosis.or_else(|| {
        let failed = record.number(Field::AuthorizerIntegrationStatus).is_some_and(|s| s >= 400);
        failed.then(|| {
            Diagnosis::high(Cause::AuthorizerFailed)
                .because(record, Field::AuthorizerIntegrationStatus)
        })
    });
    let diagnosis = diagnosis.or_else(|| {
        // An HTTP API says no more than this when its authorizer answers Deny.
        let denied =
            record.status() == Some(403) && record.get(Field::AuthorizerError) == Some("Forbidden");
        denied.then(|| Diagnosis::high(Cause::AuthorizerDenied))
    });
    Some(
        diagnosis?.because(record, Field::AuthorizerError).because(record, Field::AuthorizerStatus),
    )
}

fn authorize<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let denied = record.http_status(Field::AuthorizeStatus) == Some(403)
        || record
            .get(Field::AuthorizeError)
            .is_some_and(|error| error.contains("is not authorized"));
    denied.then(|| {
        Diagnosis::high(Cause::PolicyDenied)
            .because(record, Field::AuthorizeError)
            .because(record, Field::AuthorizeStatus)
    })
}

/// REST APIs log a client's certificate only when mutual TLS fails; HTTP APIs log every one.
pub(super) fn client_certificate<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let rejected = record.status() == Some(403)
        && record.get(Field::ClientCertSubject).is_some()
        && record.api_type() != Some(ApiType::Http);
    rejected
        .then(|| Diagnosis::medium(Cause::MtlsRejected).because(record, Field::ClientCertSubject))
}
