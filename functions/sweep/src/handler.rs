//! One invocation: a sweep, from the schedule's event to metrics, or a test alert.

use alerting::{
    Account, Channel, Clock, Engine, EvidenceReport, Invocation, Ledger, LedgerError,
    RequestMetrics, Stages, TestReport,
};
use aws::channel::ReadSecret;
use aws::metrics::Metrics;
use aws::telemetry;
use diagnosis::Timestamp;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::Value;

use crate::command::Command;
use crate::{report, rules};

/// The other sources that the sweep reads from.
#[derive(Debug)]
pub(crate) struct Outside<'a, R, S, A, Q, C> {
    /// The parameter that holds the user's rules.
    pub(crate) rules: Option<&'a R>,
    /// The account's stages.
    pub(crate) stages: &'a S,
    /// Other logs, to be searched for evidence; `None` if that is turned off.
    pub(crate) account: Option<&'a A>,
    /// API Gateway's own count of requests.
    pub(crate) requests: &'a Q,
    /// Where alarms about Gatewatch itself go.
    pub(crate) operations: Option<&'a C>,
}

impl<R, S, A, Q, C> Clone for Outside<'_, R, S, A, Q, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, S, A, Q, C> Copy for Outside<'_, R, S, A, Q, C> {}

/// Runs what the event asks for. Returns the answer of each channel for a test alert, `None` for a sweep.
pub(crate) async fn handle<L: Ledger, C: Channel, K: Clock>(
    engine: &Engine<L, C, K>,
    outside: Outside<'_, impl ReadSecret, impl Stages, impl Account, impl RequestMetrics, C>,
    clock: impl Clock,
    metrics: &Metrics,
    event: LambdaEvent<Value>,
) -> Result<Option<TestReport>, Diagnostic> {
    match Command::read(&event.payload) {
        Command::Sweep => {
            sweep(engine, outside, clock, metrics, &event.context).await.map(|()| None)
        }
        Command::TestAlert => {
            let (stack, operations) = (&metrics.stack, outside.operations);
            Ok(Some(test_alert(engine, stack, operations, &event.context).await))
        }
    }
}

/// Sends a test message through each channel. Counts nothing: alarms are about alerts.
async fn test_alert<L: Ledger, C: Channel, K: Clock>(
    engine: &Engine<L, C, K>,
    stack: &str,
    operations: Option<&C>,
    context: &Context,
) -> TestReport {
    let report = engine.test_alert(stack, operations, invocation(context)).await;
    for tested in &report.channels {
        let (channel, ok, answer) = (&tested.channel, tested.ok, &tested.answer);
        tracing::info!(channel, ok, answer, "a channel was tested");
    }
    report
}

/// Sweeps. What fails does not keep the rest from being done; Lambda logs and counts it as an error then.
async fn sweep<L: Ledger, C: Channel, K: Clock>(
    engine: &Engine<L, C, K>,
    outside: Outside<'_, impl ReadSecret, impl Stages, impl Account, impl RequestMetrics, C>,
    clock: impl Clock,
    metrics: &Metrics,
    context: &Context,
) -> Result<(), Diagnostic> {
    let bad_rules = match outside.rules {
        Some(parameter) => rules::adopt(engine, parameter).await,
        None => 0,
    };
    let report = engine.sweep(invocation(context)).await;
    let swept = report::record_sweep(&report, bad_rules);
    // After the alerts, in the time that is left.
    let evidence = match outside.account {
        Some(account) => engine.gather_evidence(account, invocation(context)).await,
        None => EvidenceReport::default(),
    };
    let evidence = report::record_evidence(&evidence);
    let inventory = engine.refresh_inventory(outside.stages, invocation(context)).await;
    let inventory = report::record_inventory(&inventory);
    let subscriptions = engine.check_subscriptions(outside.requests, invocation(context)).await;
    let subscriptions = report::record_subscriptions(&subscriptions);
    let unreadable = telemetry::record_unreadable(&engine.unreadable_rows());
    let counts = [swept, evidence, inventory, subscriptions, unreadable].concat();
    metrics.emit(clock.now(), &counts);
    report.failure.map_or(Ok(()), |error| Err(failure(error)))
}

fn invocation(context: &Context) -> Invocation<'_> {
    let deadline = Timestamp::from_millis(context.deadline as i64);
    Invocation { id: &context.request_id, deadline }
}

/// The error as Lambda logs it.
fn failure(error: LedgerError) -> Diagnostic {
    Diagnostic { error_type: "LedgerError".to_owned(), error_message: error.reason }
}

#[cfg(test)]
mod tests;
