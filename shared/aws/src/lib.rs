//! The outside world: the ledger on DynamoDB, the channels on Slack and SNS, secrets in SSM, logs,
//! metrics and the clock.
//!
//! Nothing here decides anything about causes or incidents; it carries out what `alerting` asks for, and
//! says what can be tried again. No client is built before it is used: a batch without errors starts
//! neither SNS nor SSM, and parses no certificates for Slack.

mod account;
pub mod answer_url;
pub mod channel;
mod clients;
mod clock;
pub mod environment;
mod error_text;
#[cfg(test)]
mod fake_aws;
pub mod functions;
#[cfg(test)]
mod generated_docs;
mod ledger;
mod logging;
pub mod metrics;
mod program;
mod random;
pub mod service;
mod stack;
pub mod telemetry;

pub use account::{
    AccountLogGroups, AccountStages, AwsAccount, CallFailure, CloudWatchRequests, FoundGroup,
    LogPage, LogPages, PageEvent, PageOf,
};
pub use channel::AwsChannel;
pub use clients::Clients;
pub use clock::SystemClock;
pub use environment::{BadVariable, Variable, Variables};
pub use ledger::DynamoLedger;
pub use logging::start_logging;
pub use program::Program;
pub use stack::{SlackBotSettings, Stack};
