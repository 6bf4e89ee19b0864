//! What Lambda knows of a function.

use alerting::{AccountError, Clock, Function};

use super::call::{Caller, once};
use super::errors;
use crate::Clients;

/// <https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html>
pub(super) async fn configuration<K: Clock>(
    clients: &Clients,
    name: &str,
    caller: &Caller<'_, K>,
) -> Result<Function, AccountError> {
    let within = caller.take()?;
    let request = clients.lambda().await.get_function_configuration().function_name(name);
    let answer = once!(aws_sdk_lambda, request, within).map_err(|error| errors::of_call(&error))?;
    let log_group = answer.logging_config().and_then(|logging| logging.log_group());
    let unknown = Function::named(name);
    Ok(Function {
        log_group: log_group.map_or(unknown.log_group, str::to_owned),
        name: unknown.name,
        timeout_seconds: answer.timeout().and_then(|seconds| u32::try_from(seconds).ok()),
        memory_mb: answer.memory_size().and_then(|size| u32::try_from(size).ok()),
    })
}
