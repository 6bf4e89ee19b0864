//! One invocation: a sweep, from the schedule's event to metrics, or a test of the channels.

use alerting::{
    Account, Channel, Clock, Engine, Invocation, Ledger, LedgerError, LookupReport, RegistryReport,
    Stages, TestReport,
};
use aws::channel::ReadSecret;
use aws::metrics::{self, Of};
use aws::telemetry;
use diagnosis::Timestamp;
use lambda_runtime::{Context, Diagnostic, LambdaEvent};
use serde_json::Value;

use crate::asked::Asked;
use crate::rules;

/// What the sweep asks beside its ledger.
#[derive(Debug)]
pub(crate) struct Outside<'a, R, S, A> {
    /// The parameter that holds the user's rules.
    pub(crate) rules: Option<&'a R>,
    /// The account's stages.
    pub(crate) stages: &'a S,
    /// What other logs know of a failure; `None` where they are not to be asked.
    pub(crate) account: Option<&'a A>,
}

impl<R, S, A> Clone for Outside<'_, R, S, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, S, A> Copy for Outside<'_, R, S, A> {}

/// Does what the event asks for; a test is answered with what each channel said, a sweep with `null`.
pub(crate) async fn handle<L: Ledger, C: Channel, K: Clock>(
    engine: &Engine<L, C, K>,
    outside: Outside<'_, impl ReadSecret, impl Stages, impl Account>,
    clock: impl Clock,
    stack: &str,
    event: LambdaEvent<Value>,
) -> Result<Option<TestReport>, Diagnostic> {
    match Asked::read(&event.payload) {
        Asked::Sweep => sweep(engine, outside, clock, stack, &event.context).await.map(|()| None),
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
    outside: Outside<'_, impl ReadSecret, impl Stages, impl Account>,
    clock: impl Clock,
    stack: &str,
    context: &Context,
) -> Result<(), Diagnostic> {
    let bad_rules = match outside.rules {
        Some(parameter) => rules::adopt(engine, parameter).await,
        None => 0,
    };
    let report = engine.sweep(invocation(context)).await.map_err(failure)?;
    telemetry::log_decisions(&report.notifications);
    if report.failed_sources > 0 {
        tracing::warn!(sources = report.failed_sources, "sources could not be judged");
    }
    // After everything that anybody waits for, with the time that is left.
    let lookup = match outside.account {
        Some(account) => engine.look_up(account, invocation(context)).await,
        None => LookupReport::default(),
    };
    telemetry::log_decisions(&lookup.notifications);
    let registry = engine.refresh_registry(outside.stages, invocation(context)).await;
    log_registry(&registry);
    let counts = [
        // Its absence is what shows that the sweep is dead.
        ("Sweeps", 1),
        ("LiveSources", report.sources),
        ("FailedSources", report.failed_sources),
        ("BadRules", bad_rules),
        ("UnjudgedSources", report.unjudged_sources),
        ("Lookups", lookup.rounds),
        ("LookupCalls", lookup.calls),
        ("LookupFindings", lookup.found),
        ("LookupErrors", lookup.failed),
        ("RegistryCalls", registry.calls),
        ("RegistryErrors", registry.errors),
    ];
    let function = Of::Function(&context.env_config.function_name);
    metrics::count(clock.now(), function, &counts);
    for delivery in [&report.delivery, &lookup.delivery] {
        metrics::count(clock.now(), Of::Stack(stack), &telemetry::log_delivery(delivery));
    }
    Ok(())
}

/// Nothing is lost by any of this: alerts may not call their API by name.
fn log_registry(report: &RegistryReport) {
    if let Some(why) = &report.because {
        tracing::warn!(why, "the account's stages could not all be read or kept");
    }
    if report.cut_stages > 0 {
        tracing::warn!(stages = report.cut_stages, "there was no room for all stages");
    }
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
