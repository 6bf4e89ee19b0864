//! Settings from the environment variables that the template sets.

use alerting::{Accepted, Rules};
use aws::{BadVariable, Stack, Variable, Variables};

/// The function's settings.
pub(crate) struct Settings {
    /// The settings that all functions share.
    pub(crate) stack: Stack,
    /// The log groups that are refused, and the rules.
    pub(crate) engine: alerting::Settings,
}

impl Settings {
    /// Reads the environment variables.
    pub(crate) fn from_variables<F>(variables: &Variables<F>) -> Result<Self, BadVariable>
    where
        F: Fn(Variable) -> Option<String>,
    {
        let stack = Stack::from_variables(variables)?;
        let mut own: Vec<String> = variables.list(Variable::OwnLogGroups)?;
        own.extend(variables.optional(Variable::LogGroupName));
        let engine = alerting::Settings {
            account: stack.account.clone(),
            accepted: Accepted::Watched { own },
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

    use alerting::Accepted;
    use aws::{Program, Variable, Variables};

    use super::Settings;

    const SET: [(Variable, &str); 5] = [
        (Variable::FunctionName, "ingest"),
        (Variable::Table, "table"),
        (Variable::Account, "123456789012"),
        (Variable::OwnLogGroups, "/gatewatch/a/ingest,/gatewatch/a/sweep"),
        (Variable::LogGroupName, "/aws/lambda/ingest"),
    ];

    /// The settings if one variable is left out.
    fn settings(without: Option<Variable>) -> Result<Settings, String> {
        let variables = Variables::new(|variable| {
            let mut set = SET.iter().filter(|(set, _)| Some(*set) != without);
            set.find(|(set, _)| *set == variable).map(|(_, value)| (*value).to_owned())
        });
        Settings::from_variables(&variables).map_err(|error| error.to_string())
    }

    #[test]
    fn own_log_groups_are_never_taken_in() {
        let wanted = Accepted::Watched {
            own: ["/gatewatch/a/ingest", "/gatewatch/a/sweep", "/aws/lambda/ingest"]
                .map(str::to_owned)
                .into(),
        };
        let settings = settings(None).unwrap();
        assert_eq!(settings.engine.accepted, wanted);
        assert_eq!(settings.engine.account, "123456789012");
        assert_eq!(settings.stack.table, "table");
    }

    #[test]
    fn what_is_missing_is_named() {
        for variable in [Variable::Table, Variable::Account] {
            let error = settings(Some(variable)).err().unwrap();
            let name = variable.row().name;
            assert_eq!(error, format!("the environment variable {name} is not set"));
        }
        assert!(settings(Some(Variable::OwnLogGroups)).is_ok());
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
        let listed = listed.filter(|variable| variable.row().read_by.contains(&Program::Ingest));
        assert_eq!(read.take(), listed.collect());
    }
}
