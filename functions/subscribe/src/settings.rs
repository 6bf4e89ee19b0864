//! Settings from the environment variables that the template sets.

use alerting::Wanted;
use aws::metrics::Metrics;
use aws::{BadVariable, Variable, Variables};

/// The function's settings.
pub(crate) struct Settings {
    /// The ledger's table.
    pub(crate) table: String,
    /// Names of the function and the stack, as dimensions of metrics.
    pub(crate) metrics: Metrics,
    /// The filter that each attached log group has.
    pub(crate) wanted: Wanted,
}

impl Settings {
    /// Reads the environment variables.
    pub(crate) fn from_variables<F>(variables: &Variables<F>) -> Result<Self, BadVariable>
    where
        F: Fn(Variable) -> Option<String>,
    {
        let stack = variables.optional(Variable::Stack).unwrap_or_else(|| "gatewatch".to_owned());
        let wanted = Wanted {
            // One name for all of them: the alarms on deliveries find them by it. Releases that made them with
            // CloudFormation called theirs otherwise, so that its clean-up removes none of these.
            name: format!("gatewatch-{stack}"),
            pattern: variables.optional(Variable::FilterPattern).unwrap_or_default(),
            destination: variables.required(Variable::IngestArn)?,
        };
        let metrics = Metrics { function: variables.required(Variable::FunctionName)?, stack };
        Ok(Self { table: variables.required(Variable::Table)?, metrics, wanted })
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
        let listed = listed.filter(|variable| variable.row().read_by.contains(&Program::Subscribe));
        assert_eq!(read.take(), listed.collect());
    }
}
