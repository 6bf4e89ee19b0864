//! One sweep: from the schedule's event to metrics.

use alerting::{
    Account, Channel, Clock, Engine, Invocation, Ledger, LedgerError, LookupReport, RegistryReport,
    Stages,
};
use aws::channel::ReadSecret;
use aws::metrics::{self, Of};
use aws::telemetry;
use diagnosis::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent};
use serde::de::IgnoredAny;

use crate::rules;

/// What the sweep asks beside its ledger.
#[derive(Debug)]
pub(crate) struct Asked<'a, R, S, A> {
    /// The parameter that holds the user's rules.
    pub(crate) rules: Option<&'a R>,
    /// The account's stages.
    pub(crate) stages: &'a S,
    /// What other logs know of a failure; `None` where they are not to be asked.
    pub(crate) account: Option<&'a A>,
}

impl<R, S, A> Clone for Asked<'_, R, S, A> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R, S, A> Copy for Asked<'_, R, S, A> {}

/// Sweeps. What the schedule says in its event does not matter. An error is logged and counted by
/// Lambda; the next minute's sweep does the work.
pub(crate) async fn handle<L: Ledger, C: Channel, K: Clock>(
    engine: &Engine<L, C, K>,
    asked: Asked<'_, impl ReadSecret, impl Stages, impl Account>,
    clock: impl Clock,
    stack: &str,
    event: LambdaEvent<IgnoredAny>,
) -> Result<(), Diagnostic> {
    let deadline = Timestamp::from_millis(event.context.deadline as i64);
    let invocation = Invocation { id: &event.context.request_id, deadline };
    let bad_rules = match asked.rules {
        Some(parameter) => rules::adopt(engine, parameter).await,
        None => 0,
    };
    let report = engine.sweep(invocation).await.map_err(failure)?;
    telemetry::log_decisions(&report.notifications);
    if report.failed_sources > 0 {
        tracing::warn!(sources = report.failed_sources, "sources could not be judged");
    }
    // After everything that anybody waits for, with the time that is left.
    let lookup = match asked.account {
        Some(account) => engine.look_up(account, invocation).await,
        None => LookupReport::default(),
    };
    telemetry::log_decisions(&lookup.notifications);
    let registry = engine.refresh_registry(asked.stages, invocation).await;
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
    let function = Of::Function(&event.context.env_config.function_name);
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

/// What Lambda shows of an error.
fn failure(error: LedgerError) -> Diagnostic {
    Diagnostic { error_type: "LedgerError".to_owned(), error_message: error.reason }
}
