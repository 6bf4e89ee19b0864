//! One sweep: from the schedule's event to metrics.

use alerting::{Channel, Clock, Engine, Invocation, Ledger, LedgerError};
use aws::channel::ReadSecret;
use aws::metrics::{self, Of};
use aws::telemetry;
use diagnosis::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::de::IgnoredAny;

use crate::rules;

/// Sweeps. What the schedule says in its event does not matter. An error is logged and counted by
/// Lambda; the next minute's sweep does the work.
pub(crate) async fn handle<L: Ledger, C: Channel, K: Clock>(
    engine: &Engine<L, C, K>,
    rules: Option<&impl ReadSecret>,
    clock: impl Clock,
    stack: &str,
    event: LambdaEvent<IgnoredAny>,
) -> Result<(), Diagnostic> {
    let deadline = Timestamp::from_millis(event.context.deadline as i64);
    let invocation = Invocation { id: &event.context.request_id, deadline };
    let bad_rules = match rules {
        Some(parameter) => rules::adopt(engine, parameter).await,
        None => 0,
    };
    let report = engine.sweep(invocation).await.map_err(failure)?;
    telemetry::log_decisions(&report.notifications);
    if report.failed_sources > 0 {
        tracing::warn!(sources = report.failed_sources, "sources could not be judged");
    }
    let counts = [
        // Its absence is what shows that the sweep is dead.
        ("Sweeps", 1),
        ("LiveSources", report.sources),
        ("FailedSources", report.failed_sources),
        ("BadRules", bad_rules),
        ("UnjudgedSources", report.unjudged_sources),
    ];
    let function = Of::Function(&event.context.env_config.function_name);
    metrics::count(clock.now(), function, &counts);
    let delivery = telemetry::log_delivery(&report.delivery);
    metrics::count(clock.now(), Of::Stack(stack), &delivery);
    Ok(())
}

/// What Lambda shows of an error.
fn failure(error: LedgerError) -> Diagnostic {
    Diagnostic { error_type: "LedgerError".to_owned(), error_message: error.reason }
}
