//! A failure that the gateway did not produce: the response type is logged, and it is `-`. Six months of
//! a busy API's traffic confirm the rule (<https://github.com/DataBiosphere/azul/issues/7470>). Where the
//! format lacks the field, nothing follows.

use super::{Diagnosis, integration_status};
use crate::{AccessRecord, ApiType, Field};

pub(super) fn judge<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let status = record.status().filter(|status| *status >= 400)?;
    let silent = record.logs(Field::ErrorResponseType)
        && record.get(Field::ErrorResponseType).is_none()
        && record.error_message().is_none()
        && record.get(Field::IntegrationError).is_none();
    if !silent || super::latency::judge(record).is_some() {
        return None;
    }
    let cause = integration_status::cause_of(record, status);
    // HTTP APIs leave the type out of some answers of their own.
    let diagnosis = if record.api_type() == Some(ApiType::Rest) {
        Diagnosis::high(cause)
    } else {
        Diagnosis::medium(cause)
    };
    Some(diagnosis)
}
