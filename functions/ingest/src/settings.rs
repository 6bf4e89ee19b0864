//! What the function is told when it is deployed.

use alerting::{Accepted, Rules};
use aws::{BadVariable, Stack, Variables};

/// The function's settings.
pub(crate) struct Settings {
    /// Ledger and channels.
    pub(crate) stack: Stack,
    /// What the engine takes in, and its thresholds.
    pub(crate) engine: alerting::Settings,
}

impl Settings {
    /// Reads, beside what all functions read, `GATEWATCH_LOG_GROUPS` (the log groups whose batches are
    /// taken in), `GATEWATCH_OWN_LOG_GROUPS` and `AWS_LAMBDA_LOG_GROUP_NAME` (those that Gatewatch
    /// itself writes to, never taken in).
    pub(crate) fn from_variables<F>(variables: &Variables<F>) -> Result<Self, BadVariable>
    where
        F: Fn(&str) -> Option<String>,
    {
        let stack = Stack::from_variables(variables)?;
        // A function that takes nothing in would look healthy.
        variables.required("GATEWATCH_LOG_GROUPS")?;
        let configured = variables.list("GATEWATCH_LOG_GROUPS")?;
        let mut own: Vec<String> = variables.list("GATEWATCH_OWN_LOG_GROUPS")?;
        own.extend(variables.optional("AWS_LAMBDA_LOG_GROUP_NAME"));
        let engine = alerting::Settings {
            account: stack.account.clone(),
            accepted: Accepted::LogGroups { configured, own },
            region: stack.region.clone(),
            rules: Rules::built_in_for(stack.log_mode),
            log_mode: stack.log_mode,
        };
        Ok(Self { stack, engine })
    }
}

#[cfg(test)]
mod tests {
    use alerting::Accepted;
    use aws::Variables;

    use super::Settings;

    const SET: [(&str, &str); 6] = [
        ("AWS_LAMBDA_FUNCTION_NAME", "ingest"),
        ("GATEWATCH_TABLE", "table"),
        ("GATEWATCH_ACCOUNT", "123456789012"),
        ("GATEWATCH_LOG_GROUPS", "/shop,API-Gateway-Execution-Logs_a1b2c3d4e5/prod"),
        ("GATEWATCH_OWN_LOG_GROUPS", "/gatewatch/a/ingest,/gatewatch/a/sweep"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/ingest"),
    ];

    /// The settings, with one variable left out.
    fn settings(without: &str) -> Result<Settings, String> {
        let variables = Variables::new(|name| {
            let found = SET.iter().find(|(set, _)| *set == name && name != without);
            found.map(|(_, value)| (*value).to_owned())
        });
        Settings::from_variables(&variables).map_err(|error| error.to_string())
    }

    #[test]
    fn configured_groups_are_taken_in_and_own_ones_never() {
        let wanted = Accepted::LogGroups {
            configured: ["/shop", "API-Gateway-Execution-Logs_a1b2c3d4e5/prod"]
                .map(str::to_owned)
                .into(),
            own: ["/gatewatch/a/ingest", "/gatewatch/a/sweep", "/aws/lambda/ingest"]
                .map(str::to_owned)
                .into(),
        };
        let settings = settings("").unwrap();
        assert_eq!(settings.engine.accepted, wanted);
        assert_eq!(settings.engine.account, "123456789012");
        assert_eq!(settings.stack.table, "table");
    }

    #[test]
    fn what_is_missing_is_named() {
        for name in ["GATEWATCH_TABLE", "GATEWATCH_ACCOUNT", "GATEWATCH_LOG_GROUPS"] {
            let error = settings(name).err().unwrap();
            assert_eq!(error, format!("the environment variable {name} is not set"));
        }
        assert!(settings("GATEWATCH_OWN_LOG_GROUPS").is_ok());
    }
}
