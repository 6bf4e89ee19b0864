//! `$context.integration.error`: API Gateway's own sentence about the integration. It refines every
//! response type that an integration can lead to.

use super::{Diagnosis, texts};
use crate::{AccessRecord, Field};

pub(super) fn judge<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let text = record.get(Field::IntegrationError)?;
    let (cause, confidence) = texts::of_gateway(text)?;
    Some(
        Diagnosis::new(cause, confidence)
            .because(record, Field::IntegrationError)
            .because(record, Field::ErrorResponseType),
    )
}
