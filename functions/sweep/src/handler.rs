//! One invocation: a sweep, from the schedule's event to metrics, or a test of the channels.

use alerting::{Channel, Clock, Engine, Invocation, Ledger, LedgerError, TestReport};
use aws::channel::ReadSecret;
use aws::metrics::{self, Of};
use aws::telemetry;
use diagnosis::Timestamp;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::Value;

use crate::asked::Asked;
use crate::rules;

/// Does what the event asks for; a test is answered with what each channel said, a sweep with `null`.
pub(crate) async fn handle<L: Ledger, C: Channel, K: Clock>(
    engine: &Engine<L, C, K>,
    rules: Option<&impl ReadSecret>,
    clock: impl Clock,
    stack: &str,
    event: LambdaEvent<Value>,
) -> Result<Option<TestReport>, Diagnostic> {
    match Asked::read(&event.payload) {
        Asked::Sweep => sweep(engine, rules, clock, stack, &event.context).await.map(|()| None),
        Asked::TestAlert => Ok(Some(test_alert(engine, stack, &event.context).await)),
    }
}

/// Sends a test through each channel, and counts nothing: alarms are about alerts.
async fn test_alert<L: Ledger, C: Channel, K: Clock>(
    engine: &Engine<L, C, K>,
    stack: &str,
    context: &Context,
) -> TestReport {
    let report = engine.test_alert(stack, invocation(context)).await;
    for tested in &report.channels {
        let (channel, ok, answer) = (&tested.channel, tested.ok, &tested.answer);
        tracing::info!(channel, ok, answer, "a channel was tested");
    }
    report
}

/// Sweeps. An error is logged and counted by Lambda; the next minute's sweep does the work.
async fn sweep<L: Ledger, C: Channel, K: Clock>(
    engine: &Engine<L, C, K>,
    rules: Option<&impl ReadSecret>,
    clock: impl Clock,
    stack: &str,
    context: &Context,
) -> Result<(), Diagnostic> {
    let bad_rules = match rules {
        Some(parameter) => rules::adopt(engine, parameter).await,
        None => 0,
    };
    let report = engine.sweep(invocation(context)).await.map_err(failure)?;
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
    let function = Of::Function(&context.env_config.function_name);
    metrics::count(clock.now(), function, &counts);
    let delivery = telemetry::log_delivery(&report.delivery);
    metrics::count(clock.now(), Of::Stack(stack), &delivery);
    Ok(())
}

fn invocation(context: &Context) -> Invocation<'_> {
    let deadline = Timestamp::from_millis(context.deadline as i64);
    Invocation { id: &context.request_id, deadline }
}

/// What Lambda shows of an error.
fn failure(error: LedgerError) -> Diagnostic {
    Diagnostic { error_type: "LedgerError".to_owned(), error_message: error.reason }
}

#[cfg(test)]
mod tests;
