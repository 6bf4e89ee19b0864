//! The integration's statuses. `integration.status` is what the function's code or the HTTP backend
//! answered; `integration.integrationStatus` is what the Lambda service answered, 200 even when the
//! function failed. A flat `integrationStatus` key may hold either: what equals the caller's status is
//! taken for the backend's.

use super::{Diagnosis, texts};
use crate::{AccessRecord, ApiType, Cause, Field};

pub(super) fn judge<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let status = record.status().filter(|status| *status >= 400)?;
    refused_by_lambda(record, status)
        .or_else(|| answered_by_backend(record, status))
        .or_else(|| ran_without_error(record, status))
}

/// The Lambda service refused the invocation, which the caller sees as a 5xx.
fn refused_by_lambda<'a>(record: &'a AccessRecord<'_>, status: u16) -> Option<Diagnosis<'a>> {
    let (field, service) = [Field::IntegrationServiceStatus, Field::IntegrationStatus]
        .into_iter()
        .find_map(|field| Some((field, record.http_status(field)?)))?;
    if status < 500 || service < 400 || (service == status && may_be_the_codes(record, field)) {
        return None;
    }
    let cause = texts::of_lambda_service(service.into());
    let diagnosis = if cause == Cause::LambdaThrottled {
        Diagnosis::high(cause)
    } else {
        Diagnosis::medium(cause)
    };
    Some(diagnosis.because(record, field).because(record, Field::ErrorResponseType))
}

/// Whether what `field` holds may be what the code or the HTTP backend answered: an HTTP backend's status
/// is in both fields, and a flat key may mean either.
fn may_be_the_codes(record: &AccessRecord<'_>, field: Field) -> bool {
    let code_is_silent = record.logs(Field::IntegrationCodeStatus)
        && record.get(Field::IntegrationCodeStatus).is_none();
    field != Field::IntegrationServiceStatus || !code_is_silent
}

/// The backend's status is the caller's: API Gateway only passed it on.
fn answered_by_backend<'a>(record: &'a AccessRecord<'_>, status: u16) -> Option<Diagnosis<'a>> {
    if record.response_type().is_some() {
        return None;
    }
    let field = field_with(record, status)?;
    Some(Diagnosis::high(cause_of(record, status)).because(record, field))
}

/// The field that says that the integration answered with `status`.
pub(super) fn field_with(record: &AccessRecord<'_>, status: u16) -> Option<Field> {
    [Field::IntegrationCodeStatus, Field::IntegrationServiceStatus, Field::IntegrationStatus]
        .into_iter()
        .find(|&field| record.http_status(field) == Some(status))
}

/// Lambda ran the function and reported no error.
fn ran_without_error<'a>(record: &'a AccessRecord<'_>, status: u16) -> Option<Diagnosis<'a>> {
    let field = [Field::IntegrationServiceStatus, Field::IntegrationStatus]
        .into_iter()
        .find(|&field| record.http_status(field) == Some(200))?;
    let no_error = record.get(Field::IntegrationError).is_none();
    let gateway_silent = record.response_type().is_none() && record.error_message().is_none();
    let diagnosis = match status {
        // The result was not a proxy response: the gateway answers 502 in the function's place.
        502 if no_error => Diagnosis::medium(Cause::LambdaMalformedResponse),
        // The gateway refuses before it calls: after a call, a 4xx is the code's own.
        400..=499 if gateway_silent => Diagnosis::medium(cause_of(record, status)),
        _ => return None,
    };
    Some(diagnosis.because(record, field))
}

/// What a status means that the backend itself answered.
pub(super) fn cause_of(record: &AccessRecord<'_>, status: u16) -> Cause {
    match status {
        401 | 403 => Cause::BackendDenied,
        404 => Cause::BackendNotFound,
        405 => Cause::BackendMethodNotAllowed,
        409 => Cause::BackendConflict,
        410 if is_connection_call(record) => Cause::WebsocketConnectionGone,
        413 => Cause::PayloadTooLarge,
        414 | 431 | 494 => Cause::UriOrHeadersTooLarge,
        429 => Cause::BackendThrottled,
        502..=504 => Cause::BackendUnavailable,
        500.. => Cause::BackendServerError,
        _ => Cause::BackendClientError,
    }
}

/// Whether a backend wrote to a WebSocket connection.
pub(super) fn is_connection_call(record: &AccessRecord<'_>) -> bool {
    record.api_type() == Some(ApiType::WebSocket)
        || record.get(Field::Path).is_some_and(|path| path.contains("/@connections/"))
}
