//! A failure behind a good status. Gateway responses may have any status, and an integration that is no
//! proxy answers 200 where nobody has mapped its errors; what API Gateway says of the failure stays.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/handle-errors-in-lambda-integration.html>

use super::{Diagnosis, error_message, integration_error};
use crate::{AccessRecord, Confidence};

pub(super) fn judge<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let told = integration_error::judge(record).or_else(|| error_message::judge(record))?;
    // The caller may have been well served all the same.
    Some(Diagnosis { confidence: told.confidence.min(Confidence::Medium), ..told })
}
