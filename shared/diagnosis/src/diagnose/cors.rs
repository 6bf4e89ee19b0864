//! A browser's preflight that was refused. It comes first: whatever refused it, an `OPTIONS` request
//! that needs a credential is a matter of CORS. A firewall's block and the backend's own answer are
//! not.

use super::{Diagnosis, error_message, integration_status, phases};
use crate::{AccessRecord, Cause, Field};

pub(super) fn judge<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    if record.get(Field::HttpMethod) != Some("OPTIONS") {
        return None;
    }
    let status = record.status().filter(|status| matches!(status, 401 | 403 | 404))?;
    if status == 404 {
        // An HTTP API without CORS has no route for a preflight; elsewhere 404 is the backend's word.
        return error_message::no_route(record).then(|| {
            Diagnosis::medium(Cause::CorsPreflightRejected)
                .because(record, Field::HttpMethod)
                .because(record, Field::RouteKey)
        });
    }
    let blocked = record.response_type() == Some("WAF_FILTERED") || phases::blocked_by_waf(record);
    let by_backend = integration_status::field_with(record, status).is_some();
    if blocked || by_backend {
        return None;
    }
    let refused_by_gateway = record.response_type().is_some() || record.error_message().is_some();
    let diagnosis = if refused_by_gateway {
        Diagnosis::high(Cause::CorsPreflightRejected)
    } else {
        Diagnosis::medium(Cause::CorsPreflightRejected)
    };
    Some(
        diagnosis
            .because(record, Field::HttpMethod)
            .because(record, Field::ErrorResponseType)
            .because(record, Field::ErrorMessage),
    )
}
