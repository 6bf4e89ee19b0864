//! Settings from the environment variables that the template sets.

use alerting::{Accepted, Rules};
use aws::{BadVariable, Stack, Variable, Variables};

/// The function's settings.
pub(crate) struct Settings {
    /// The settings that all functions share.
    pub(crate) stack: Stack,
    /// The engine's settings. This function evaluates no rules.
    pub(crate) engine: alerting::Settings,
}

impl Settings {
    /// Reads the environment variables. The bot and its signing secret are required.
    pub(crate) fn from_variables<F>(variables: &Variables<F>) -> Result<Self, BadVariable>
    where
        F: Fn(Variable) -> Option<String>,
    {
        let stack = Stack::from_variables(variables)?;
        variables.required(Variable::SlackBotTokenParameter)?;
        variables.required(Variable::SlackSigningSecretParameter)?;
        let engine = alerting::Settings {
            account: stack.account.clone(),
            // This function receives no batches.
            accepted: Accepted::Watched { own: Vec::new() },
            region: stack.region.clone(),
            rules: Rules::built_in_for(stack.log_mode),
            log_mode: stack.log_mode,
        };
        Ok(Self { stack, engine })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use aws::{Program, Variable, Variables};

    use super::Settings;

    #[test]
    fn the_bot_and_its_secret_are_required() {
        for (missing, required) in [
            (Variable::SlackBotTokenParameter, true),
            (Variable::SlackSigningSecretParameter, true),
            (Variable::SlackChannel, true),
            (Variable::SlackWebhookParameter, false),
        ] {
            let variables = Variables::new(|variable: Variable| {
                (variable != missing).then(|| variable.row().example.to_owned())
            });
            let found = Settings::from_variables(&variables);
            assert_eq!(found.is_err(), required, "{}", missing.row().name);
        }
    }

    #[test]
    fn it_reads_the_variables_that_are_listed_for_it() {
        // Logging reads its level before there are settings.
        let read = RefCell::new(BTreeSet::from([Variable::LogLevel]));
        let variables = Variables::new(|variable: Variable| {
            read.borrow_mut().insert(variable);
            Some(variable.row().example.to_owned())
        });
        assert!(Settings::from_variables(&variables).is_ok());
        let listed = Variable::ALL.iter().copied();
        let listed = listed.filter(|variable| variable.row().read_by.contains(&Program::Respond));
        assert_eq!(read.take(), listed.collect());
    }
}
