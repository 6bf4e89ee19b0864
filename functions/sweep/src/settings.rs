//! Settings from the environment variables that the template sets.

use alerting::{Accepted, Rules};
use aws::{BadVariable, Stack, Variable, Variables};

/// The function's settings.
pub(crate) struct Settings {
    /// The settings that all functions share.
    pub(crate) stack: Stack,
    /// The log groups whose stages are listed, and the rules.
    pub(crate) engine: alerting::Settings,
    /// Whether other logs may be searched for evidence.
    pub(crate) looks_up: bool,
    /// The topic for alarms about Gatewatch itself.
    pub(crate) ops_topic_arn: Option<String>,
}

impl Settings {
    /// Reads the environment variables.
    pub(crate) fn from_variables<F>(variables: &Variables<F>) -> Result<Self, BadVariable>
    where
        F: Fn(Variable) -> Option<String>,
    {
        let stack = Stack::from_variables(variables)?;
        let engine = alerting::Settings {
            account: stack.account.clone(),
            accepted: Accepted::Watched { own: variables.list(Variable::OwnLogGroups)? },
            region: stack.region.clone(),
            rules: Rules::built_in_for(stack.log_mode),
            log_mode: stack.log_mode,
        };
        let looks_up = variables.optional(Variable::LooksUp).is_some();
        let ops_topic_arn = variables.optional(Variable::OpsTopicArn);
        Ok(Self { stack, engine, looks_up, ops_topic_arn })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use aws::{Program, Variable, Variables};

    use super::Settings;

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
        let listed = listed.filter(|variable| variable.row().read_by.contains(&Program::Sweep));
        assert_eq!(read.take(), listed.collect());
    }
}
