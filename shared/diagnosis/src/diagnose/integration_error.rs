//! `$context.integration.error`: API Gateway's own sentence about the integration. It refines every
//! response type that an integration can lead to.

use super::{Diagnosis, texts};
use crate::{AccessRecord, Field};

pub(super) fn judge<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let text = record.get(Field::IntegrationError)?;
    // Lambda's own sentence may stand there alone, without the gateway's around it.
    let (cause, confidence) = texts::of_gateway(text).or_else(|| texts::of_message(text))?;
    Some(
        Diagnosis::new(cause, confidence)
            .because(record, Field::IntegrationError)
            .because(record, Field::ErrorResponseType),
    )
}

#[cfg(test)]
mod tests {
    use crate::{Cause, Confidence, Reader};

    #[test]
    fn lambdas_own_sentence_counts_where_it_stands_alone() {
        let found = |key: &str, text: &str| {
            let line = format!(r#"{{"status":"502","{key}":"{text}"}}"#);
            let record = Reader::default().read(&line).unwrap();
            super::judge(&record).map(|diagnosis| (diagnosis.cause, diagnosis.confidence))
        };
        let timed_out = Cause::LambdaTimedOut;
        for (key, text, wanted) in [
            (
                "integrationErrorMessage",
                "2025-03-12T09:14:07Z 71952965-d5cc-4974-ae08-6e2138b2275c Task timed out after 3.00 seconds",
                Some((timed_out, Confidence::High)),
            ),
            (
                "integrationErrorMessage",
                "Task timed out after 3.00 seconds",
                Some((timed_out, Confidence::Medium)),
            ),
            // look-alikes: within another sentence, in another field
            ("integrationErrorMessage", "order 7: Task timed out after 3.00 seconds", None),
            ("userAgent", "Task timed out after 3.00 seconds", None),
            ("path", "/Task timed out after 3.00 seconds", None),
        ] {
            assert_eq!(found(key, text), wanted, "{key} {text}");
        }
    }
}
