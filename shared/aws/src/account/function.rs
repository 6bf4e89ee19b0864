//! What Lambda knows of a function.

use alerting::{AccountError, Clock, Function};
use serde::Deserialize;

use super::call::Caller;
use crate::Clients;
use crate::service::{Call, Service};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Configuration {
    logging_config: Option<LoggingConfig>,
    timeout: Option<u32>,
    memory_size: Option<u32>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LoggingConfig {
    log_group: Option<String>,
}

/// <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>
pub(super) async fn configuration<K: Clock>(
    clients: &Clients,
    name: &str,
    caller: &Caller<'_, K>,
) -> Result<Function, AccountError> {
    let path = ["2015-03-31", "functions", name, "configuration"];
    let answer: Configuration = caller.ask(clients, &Call::get(Service::Lambda, &path)).await?;
    let log_group = answer.logging_config.and_then(|logging| logging.log_group);
    let unknown = Function::named(name);
    Ok(Function {
        log_group: log_group.unwrap_or(unknown.log_group),
        name: unknown.name,
        timeout_seconds: answer.timeout,
        memory_mb: answer.memory_size,
    })
}
