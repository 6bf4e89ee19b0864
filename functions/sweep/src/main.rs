//! The Lambda function that runs every minute: evaluates live sources, resolves incidents, sends pending
//! messages. On request it sends a test alert instead.

mod command;
mod handler;
mod report;
mod rules;
mod settings;

use std::sync::Arc;

use aws::channel::{AwsChannel, SnsTopic};
use aws::{AccountStages, AwsAccount, Clients, CloudWatchRequests, SystemClock, Variables};
use lambda_runtime::{run, service_fn};

use crate::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let variables = Variables::of_process();
    aws::start_logging(&variables);
    let Settings { stack, engine, looks_up, ops_topic_arn } = Settings::from_variables(&variables)?;
    let clients = Arc::new(Clients::default());
    let engine = stack.engine(&clients, engine);
    let rules = stack.rules(&clients);
    let stages = AccountStages::new(Arc::clone(&clients), SystemClock);
    let account = looks_up.then(|| AwsAccount::new(Arc::clone(&clients), SystemClock));
    let requests = CloudWatchRequests::new(Arc::clone(&clients), SystemClock);
    let operations =
        ops_topic_arn.map(|arn| AwsChannel::Email(SnsTopic::new(Arc::clone(&clients), arn)));
    // Boxed, because the compiler gives up on the nested type of runtime, engine, ledger and SDK.
    let outside = handler::Outside {
        rules: rules.as_ref(),
        stages: &stages,
        account: account.as_ref(),
        requests: &requests,
        operations: operations.as_ref(),
    };
    let handle =
        |event| Box::pin(handler::handle(&engine, outside, SystemClock, &stack.metrics, event));
    run(service_fn(handle)).await.map_err(anyhow::Error::from_boxed)
}
