//! One invocation: from the raw event to metrics.

use alerting::{Channel, Clock, Engine, Invocation, Ledger, LedgerError};
use aws::metrics::Metrics;
use aws::telemetry;
use diagnosis::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::value::RawValue;

use crate::report;

/// Processes one event and emits its metrics. The event stays raw JSON: one that is not a batch is counted
/// and not refused, because Lambda would only retry it. Returns an error if a retry can help.
pub(crate) async fn handle<L: Ledger, C: Channel, K: Clock>(
    engine: &Engine<L, C, K>,
    clock: impl Clock,
    metrics: &Metrics,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<(), Diagnostic> {
    let payload = event.payload.get().as_bytes();
    let deadline = Timestamp::from_millis(event.context.deadline as i64);
    let invocation = Invocation { id: &event.context.request_id, deadline };
    let report = engine.ingest(payload, invocation).await.map_err(failure)?;
    let counts = report::record(&report, payload);
    let unreadable = telemetry::record_unreadable(&engine.unreadable_rows());
    metrics.emit(clock.now(), &[counts, unreadable].concat());
    Ok(())
}

/// The error as Lambda logs it.
fn failure(error: LedgerError) -> Diagnostic {
    Diagnostic { error_type: "LedgerError".to_owned(), error_message: error.reason }
}
