//! The Lambda function that attaches log groups: CloudFormation calls it when the stack changes, and a
//! schedule for log groups that were created later.

mod answer;
mod handler;
mod report;
mod request;
mod settings;

use std::sync::Arc;

use aws::{AccountLogGroups, Clients, DynamoLedger, SystemClock, Variables};
use lambda_runtime::{run, service_fn};

use crate::handler::World;
use crate::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let variables = Variables::of_process();
    aws::start_logging(&variables);
    let Settings { table, metrics, wanted } = Settings::from_variables(&variables)?;
    let clients = Arc::new(Clients::default());
    let world = World {
        ledger: &DynamoLedger::new(Arc::clone(&clients), table, SystemClock),
        groups: &AccountLogGroups::new(Arc::clone(&clients)),
        clock: SystemClock,
        wanted: &wanted,
        metrics: &metrics,
    };
    // Boxed, because the compiler gives up on the nested type of runtime, ledger and SDK.
    let handle = |event| Box::pin(world.handle(event));
    run(service_fn(handle)).await.map_err(anyhow::Error::from_boxed)
}
