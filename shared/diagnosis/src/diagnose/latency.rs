//! Latencies near the gateway's limit. REST and WebSocket APIs give up after 29 s by default and answer
//! 504; HTTP APIs after 30 s and answer 503.
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>

use super::Diagnosis;
use crate::{AccessRecord, ApiType, Cause, Confidence, Field};

const REST_LIMIT_MS: u32 = 28_900;
const HTTP_LIMIT_MS: u32 = 29_900;

/// A success this slow is four fifths of the way to the gateway's limit.
const SLOW_MS: u32 = 23_000;

pub(super) fn judge<'a>(record: &'a AccessRecord<'_>) -> Option<Diagnosis<'a>> {
    let limit = match record.status()? {
        504 => REST_LIMIT_MS,
        503 if record.api_type() != Some(ApiType::Rest) => HTTP_LIMIT_MS,
        _ => return None,
    };
    let field = [Field::IntegrationLatency, Field::ResponseLatency]
        .into_iter()
        .find(|&field| record.number(field).is_some_and(|latency| latency >= limit))?;
    Some(Diagnosis::medium(Cause::IntegrationTimeout).because(record, field))
}

/// A request that was answered well, be it slowly.
pub(super) fn of_success<'a>(record: &'a AccessRecord<'_>) -> Diagnosis<'a> {
    let slow = record.latency_ms().is_some_and(|latency| latency >= SLOW_MS);
    if slow {
        return Diagnosis::medium(Cause::HighLatency)
            .because(record, Field::ResponseLatency)
            .because(record, Field::IntegrationLatency);
    }
    Diagnosis::new(Cause::None, Confidence::High)
}
