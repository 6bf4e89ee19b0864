//! What the function is told when it is deployed.

use alerting::{Accepted, Rules};
use aws::{BadVariable, Stack, Variables};

/// The function's settings.
pub(crate) struct Settings {
    /// Ledger, bot and secrets.
    pub(crate) stack: Stack,
    /// The engine's; nothing is judged here.
    pub(crate) engine: alerting::Settings,
}

impl Settings {
    /// Reads what all functions read. Of that, the bot and the secret that its app signs with must be
    /// there.
    pub(crate) fn from_variables<F>(variables: &Variables<F>) -> Result<Self, BadVariable>
    where
        F: Fn(&str) -> Option<String>,
    {
        let stack = Stack::from_variables(variables)?;
        variables.required("GATEWATCH_SLACK_BOT_TOKEN_PARAMETER")?;
        variables.required("GATEWATCH_SLACK_SIGNING_SECRET_PARAMETER")?;
        let engine = alerting::Settings {
            account: stack.account.clone(),
            // No batch ever comes here.
            accepted: Accepted::LogGroups { configured: Vec::new(), own: Vec::new() },
            region: stack.region.clone(),
            rules: Rules::built_in_for(stack.log_mode),
            log_mode: stack.log_mode,
        };
        Ok(Self { stack, engine })
    }
}
