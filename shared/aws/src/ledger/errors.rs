//! What an error means: whether trying again can help. Pure functions of what the SDK says.

use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};

use alerting::LedgerError;

use crate::error_text;

/// Codes of what stays wrong however often it is tried. Everything else may pass: throttling and
/// failures of the service by themselves, a missing permission or table when somebody mends it. Until
/// then Lambda's retries end in the bucket of failed batches, from where they can be fed in again.
const PERMANENT: [&str; 6] = [
    "IdempotentParameterMismatchException",
    "ItemCollectionSizeLimitExceededException",
    "SerializationException",
    "TransactionCanceledException",
    "UnknownOperationException",
    "ValidationException",
];

/// Whether a service's error code means that trying again can help.
pub(super) fn is_retryable(code: Option<&str>) -> bool {
    code.is_none_or(|code| !PERMANENT.contains(&code))
}

/// The ledger's error for a call that failed.
pub(super) fn of_call<E, R>(error: &SdkError<E, R>) -> LedgerError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    match error {
        SdkError::ServiceError(context) => {
            let (code, message) = (context.err().code(), context.err().message());
            LedgerError {
                reason: error_text::of_service(code, message),
                retryable: is_retryable(code),
            }
        }
        SdkError::ConstructionFailure(_) => {
            LedgerError { reason: error_text::innermost(error), retryable: false }
        }
        _ => LedgerError { reason: error_text::innermost(error), retryable: true },
    }
}

/// Something that has no JSON.
pub(super) fn unwritable(what: &str) -> LedgerError {
    LedgerError { reason: format!("{what} cannot be written as JSON"), retryable: false }
}

/// Why a transaction did not happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Cancelled {
    /// A condition did not hold: somebody else was first.
    ConditionFailed,
    /// It met another write to the same row. Trying again soon helps.
    Busy,
    /// Anything else.
    Failed(LedgerError),
}

/// What the reasons of a cancelled transaction come to, one code per action (`None` for those that had
/// no part in it). Whether a condition failed counts most: no retry changes that.
pub(super) fn of_cancellation<'a>(codes: impl IntoIterator<Item = Option<&'a str>>) -> Cancelled {
    let codes: Vec<&str> = codes.into_iter().flatten().filter(|code| *code != "None").collect();
    let has = |wanted: &str| codes.contains(&wanted);
    if has("ConditionalCheckFailed") {
        return Cancelled::ConditionFailed;
    }
    let permanent = ["ValidationError", "ItemCollectionSizeLimitExceeded"];
    let retryable = !permanent.iter().any(|code| has(code));
    if retryable && has("TransactionConflict") {
        return Cancelled::Busy;
    }
    let reason = format!("transaction cancelled: {}", codes.join(", "));
    Cancelled::Failed(LedgerError { reason: error_text::short(&reason), retryable })
}

#[cfg(test)]
mod tests {
    use alerting::LedgerError;
    use aws_sdk_dynamodb::error::{ErrorMetadata, SdkError};
    use aws_sdk_dynamodb::operation::query::QueryError;

    use super::{Cancelled, is_retryable, of_call, of_cancellation};

    #[test]
    fn which_errors_are_worth_another_try() {
        for (code, retryable) in [
            ("ProvisionedThroughputExceededException", true),
            ("ThrottlingException", true),
            ("RequestLimitExceeded", true),
            ("InternalServerError", true),
            ("TransactionConflictException", true),
            ("TransactionInProgressException", true),
            ("ExpiredTokenException", true),
            // somebody can mend these, and the batch must still be there then
            ("AccessDeniedException", true),
            ("ResourceNotFoundException", true),
            ("ValidationException", false),
            ("SerializationException", false),
            ("ItemCollectionSizeLimitExceededException", false),
        ] {
            assert_eq!(is_retryable(Some(code)), retryable, "{code}");
        }
        assert!(is_retryable(None));
    }

    #[test]
    fn an_error_of_the_service_is_quoted() {
        let metadata =
            ErrorMetadata::builder().code("ValidationException").message("no\nsuch").build();
        let error: SdkError<QueryError, ()> =
            SdkError::service_error(QueryError::generic(metadata), ());
        let wanted =
            LedgerError { reason: "ValidationException: no such".to_owned(), retryable: false };
        assert_eq!(of_call(&error), wanted);
    }

    #[test]
    fn an_error_on_the_way_says_what_happened() {
        let timeout: SdkError<QueryError, ()> = SdkError::timeout_error("took too long");
        let error = of_call(&timeout);
        assert_eq!((error.reason.as_str(), error.retryable), ("took too long", true));
        let unsent: SdkError<QueryError, ()> = SdkError::construction_failure("no key");
        assert!(!of_call(&unsent).retryable);
    }

    #[test]
    fn what_cancels_a_transaction() {
        let failed = |reason: &str, retryable| {
            Cancelled::Failed(LedgerError {
                reason: format!("transaction cancelled: {reason}"),
                retryable,
            })
        };
        let (condition, busy) = ("ConditionalCheckFailed", "TransactionConflict");
        for (codes, wanted) in [
            (vec![Some("None"), Some(condition)], Cancelled::ConditionFailed),
            (vec![Some(busy), Some(condition)], Cancelled::ConditionFailed),
            (vec![Some(busy), Some("None"), None], Cancelled::Busy),
            (vec![Some(busy), Some("ThrottlingError")], Cancelled::Busy),
            (vec![Some("ThrottlingError")], failed("ThrottlingError", true)),
            (
                vec![Some("ProvisionedThroughputExceeded")],
                failed("ProvisionedThroughputExceeded", true),
            ),
            (vec![Some("ValidationError"), Some("None")], failed("ValidationError", false)),
            (
                vec![Some(busy), Some("ValidationError")],
                failed(&format!("{busy}, ValidationError"), false),
            ),
        ] {
            assert_eq!(of_cancellation(codes.iter().copied()), wanted, "{codes:?}");
        }
    }
}
