//! One batch: from the raw event to metrics.

use alerting::{Channel, Clock, Engine, IngestReport, Invocation, Ledger, LedgerError, hash};
use aws::metrics::{self, Of};
use aws::telemetry;
use diagnosis::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde_json::value::RawValue;

/// Takes in an event. It comes as raw JSON: whatever is no batch must be counted, not refused, because
/// Lambda would only bring it again. An error means that bringing it again can help.
pub(crate) async fn handle<L: Ledger, C: Channel, K: Clock>(
    engine: &Engine<L, C, K>,
    clock: impl Clock,
    stack: &str,
    event: LambdaEvent<Box<RawValue>>,
) -> Result<(), Diagnostic> {
    let payload = event.payload.get().as_bytes();
    let deadline = Timestamp::from_millis(event.context.deadline as i64);
    let invocation = Invocation { id: &event.context.request_id, deadline };
    let report = engine.ingest(payload, invocation).await.map_err(failure)?;
    log_unreadable(&report, payload);
    telemetry::log_decisions(&report.notifications);
    let function = Of::Function(&event.context.env_config.function_name);
    metrics::count(clock.now(), function, &counts(&report));
    let delivery = telemetry::log_delivery(&report.delivery);
    metrics::count(clock.now(), Of::Stack(stack), &delivery);
    Ok(())
}

/// Enough to find the batch again, and nothing of what is in it. A refused batch is only counted: if it
/// came from our own log group, a line about it would bring the next.
fn log_unreadable(report: &IngestReport, payload: &[u8]) {
    if let Some(why) = &report.unreadable_because {
        let hash = format!("{:016x}", hash::of(&[payload]));
        tracing::warn!(%why, bytes = payload.len(), hash, "a batch cannot be read");
    }
}

fn counts(report: &IngestReport) -> Vec<(&'static str, u64)> {
    let lines = &report.lines;
    vec![
        ("Lines", lines.lines),
        ("Requests", lines.requests),
        ("Errors", lines.errors),
        ("PartLines", lines.parts),
        ("JoinedRequests", lines.joined_requests),
        ("JoinedErrors", lines.joined_errors),
        ("RequestsCountedElsewhere", report.requests_counted_elsewhere),
        ("UnknownLines", lines.unknown),
        ("UnparseableLines", lines.unparseable),
        ("PanickedLines", lines.panicked),
        ("LateLines", lines.late),
        ("FutureLines", lines.future),
        ("ControlBatches", report.control_batches),
        ("RefusedBatches", report.refused_batches),
        ("UnreadableBatches", report.unreadable_batches),
        ("BrokenBatches", report.broken_batches),
        ("DuplicateWrites", report.duplicate_writes),
    ]
}

/// What Lambda shows of an error.
fn failure(error: LedgerError) -> Diagnostic {
    Diagnostic { error_type: "LedgerError".to_owned(), error_message: error.reason }
}
