//! The Lambda function behind the URL that Slack's buttons call: acknowledges and silences incidents.

mod answer;
mod handler;
mod press;
mod report;
mod request;
mod settings;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use alerting::Engine;
use anyhow::Context as _;
use aws::channel::AwsChannel;
use aws::{Clients, SystemClock, Variables};
use lambda_runtime::{run, service_fn};

use crate::handler::World;
use crate::settings::Settings;

/// Time limit of one call to Slack. Slack shows the user a warning after three seconds; an edit that does
/// not finish in time is made by the sweep within a minute.
const SLACK_TIMEOUT: Duration = Duration::from_millis(900);

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let variables = Variables::of_process();
    aws::start_logging(&variables);
    let Settings { stack, engine } = Settings::from_variables(&variables)?;
    let clients = Arc::new(Clients::default());
    let bot = || stack.bot(&clients).map(|bot| bot.within(SLACK_TIMEOUT));
    let (edits, whisper) = bot().zip(bot()).context("the stack has no Slack bot")?;
    let secret = stack.signing_secret(&clients).context("the stack has no signing secret")?;
    let channels = vec![AwsChannel::SlackBot(edits)];
    let engine =
        Engine::new(stack.ledger(&clients), channels, SystemClock, engine).with_buttons(true);
    let world = World {
        engine: &engine,
        clock: SystemClock,
        secret: &secret,
        whisper: &whisper,
        metrics: &stack.metrics,
    };
    // Boxed, because the compiler gives up on the nested type of runtime, engine, ledger and SDK.
    let handle = |event| Box::pin(world.handle(event));
    run(service_fn(handle)).await.map_err(anyhow::Error::from_boxed)
}
