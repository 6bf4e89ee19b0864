//! The Lambda function that receives batches of log lines: counts causes, opens incidents, sends messages.

mod handler;
mod report;
mod settings;

use std::sync::Arc;

use aws::{Clients, SystemClock, Variables};
use lambda_runtime::{run, service_fn};

use crate::settings::Settings;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let variables = Variables::of_process();
    aws::start_logging(&variables);
    let Settings { stack, engine } = Settings::from_variables(&variables)?;
    let clients = Arc::new(Clients::default());
    let engine = stack.engine(&clients, engine);
    // Boxed, because the compiler gives up on the nested type of runtime, engine, ledger and SDK.
    let handle = |event| Box::pin(handler::handle(&engine, SystemClock, &stack.metrics, event));
    run(service_fn(handle)).await.map_err(anyhow::Error::from_boxed)
}
