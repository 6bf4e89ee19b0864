//! The status alone. Some statuses API Gateway never makes, so even these say something; the rest only
//! name the kind of failure.

use super::{Diagnosis, integration_status};
use crate::{AccessRecord, Cause};

pub(super) fn judge<'a>(record: &'a AccessRecord<'_>) -> Diagnosis<'a> {
    match record.status() {
        Some(status) => of_status(status, integration_status::is_connection_call(record)),
        None => Diagnosis::low(Cause::Unknown),
    }
}

/// `is_connection_call`: a backend wrote to a WebSocket connection.
pub(super) const fn of_status<'a>(status: u16, is_connection_call: bool) -> Diagnosis<'a> {
    match status {
        // Neither kind of gateway answers 405 or 409 for a request to an API.
        405 => Diagnosis::medium(Cause::BackendMethodNotAllowed),
        409 => Diagnosis::medium(Cause::BackendConflict),
        410 if is_connection_call => Diagnosis::medium(Cause::WebsocketConnectionGone),
        413 => Diagnosis::medium(Cause::PayloadTooLarge),
        414 | 431 | 494 => Diagnosis::medium(Cause::UriOrHeadersTooLarge),
        415 => Diagnosis::medium(Cause::UnsupportedMediaType),
        400 => Diagnosis::low(Cause::BadRequestUnattributed),
        401 => Diagnosis::low(Cause::UnauthorizedUnattributed),
        403 => Diagnosis::low(Cause::AccessDeniedUnattributed),
        404 => Diagnosis::low(Cause::NotFoundUnattributed),
        429 => Diagnosis::low(Cause::TooManyRequestsUnattributed),
        402..=499 => Diagnosis::low(Cause::ClientErrorUnattributed),
        500 => Diagnosis::low(Cause::InternalErrorUnattributed),
        502 => Diagnosis::low(Cause::BadGatewayUnattributed),
        503 => Diagnosis::low(Cause::ServiceUnavailableUnattributed),
        504 => Diagnosis::low(Cause::GatewayTimeoutUnattributed),
        501..=599 => Diagnosis::low(Cause::ServerErrorUnattributed),
        _ => Diagnosis::low(Cause::Unknown),
    }
}
