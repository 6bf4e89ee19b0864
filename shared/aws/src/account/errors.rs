//! Why a call failed, as far as whoever asked must know it.

use alerting::AccountError;

use crate::service::ServiceError;

/// The port's error for a call that failed.
pub(super) fn of_call(error: &ServiceError) -> AccountError {
    match error {
        ServiceError::Refused { status, code, .. } => of_service(code.as_deref(), *status),
        _ => AccountError::Failed,
    }
}

/// The code decides; the status where the code is none that is known.
fn of_service(code: Option<&str>, status: u16) -> AccountError {
    match (code.unwrap_or_default(), status) {
        ("ResourceNotFoundException" | "NotFoundException", _) => AccountError::NotFound,
        (
            "ThrottlingException"
            | "Throttling"
            | "TooManyRequestsException"
            | "LimitExceededException"
            | "RequestLimitExceeded",
            _,
        ) => AccountError::Throttled,
        // A session that ended is answered with 403 too, and begins anew by itself.
        (
            "ExpiredTokenException"
            | "ExpiredToken"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "UnrecognizedClientException",
            _,
        ) => AccountError::Failed,
        (
            "AccessDeniedException"
            | "AccessDenied"
            | "UnauthorizedException"
            | "UnauthorizedOperation",
            _,
        )
        | (_, 403) => AccountError::Denied,
        (_, 404) => AccountError::NotFound,
        (_, 429) => AccountError::Throttled,
        _ => AccountError::Failed,
    }
}

#[cfg(test)]
mod tests {
    use alerting::AccountError::{self, Denied, Failed, NotFound, Throttled};

    use super::of_service;

    #[test]
    fn what_an_answer_means() {
        let table: [(Option<&str>, u16, AccountError); 14] = [
            (Some("AccessDeniedException"), 400, Denied),
            (None, 403, Denied),
            (Some("ResourceNotFoundException"), 400, NotFound),
            (Some("NotFoundException"), 404, NotFound),
            (None, 404, NotFound),
            (Some("ThrottlingException"), 400, Throttled),
            (Some("TooManyRequestsException"), 429, Throttled),
            (Some("LimitExceededException"), 400, Throttled),
            (None, 429, Throttled),
            (Some("ExpiredTokenException"), 403, Failed),
            (Some("UnrecognizedClientException"), 403, Failed),
            (Some("UnauthorizedException"), 401, Denied),
            (Some("InvalidParameterException"), 400, Failed),
            (Some("ServiceUnavailableException"), 503, Failed),
        ];
        for (code, status, wanted) in table {
            assert_eq!(of_service(code, status), wanted, "{code:?} {status}");
        }
    }
}
