//! What the function is told when it is deployed.

use alerting::{Accepted, Rules};
use aws::{BadVariable, Stack, Variables};

/// The function's settings.
pub(crate) struct Settings {
    /// Ledger and channels.
    pub(crate) stack: Stack,
    /// The engine's thresholds.
    pub(crate) engine: alerting::Settings,
    /// Whether other logs may be asked about failures.
    pub(crate) looks_up: bool,
}

impl Settings {
    /// Reads, beside what all functions read, `GATEWATCH_LOG_GROUPS` and `GATEWATCH_OWN_LOG_GROUPS`: the
    /// log groups whose stages are looked up, and those that never are; without any, none are. And
    /// `GATEWATCH_LOOKS_UP`: set where other logs may be asked about failures.
    pub(crate) fn from_variables<F>(variables: &Variables<F>) -> Result<Self, BadVariable>
    where
        F: Fn(&str) -> Option<String>,
    {
        let stack = Stack::from_variables(variables)?;
        let engine = alerting::Settings {
            account: stack.account.clone(),
            accepted: Accepted::LogGroups {
                configured: variables.list("GATEWATCH_LOG_GROUPS")?,
                own: variables.list("GATEWATCH_OWN_LOG_GROUPS")?,
            },
            region: stack.region.clone(),
            rules: Rules::built_in_for(stack.log_mode),
            log_mode: stack.log_mode,
        };
        let looks_up = variables.optional("GATEWATCH_LOOKS_UP").is_some();
        Ok(Self { stack, engine, looks_up })
    }
}
