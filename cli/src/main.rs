//! `gatewatch`: says why Amazon API Gateway requests fail, from their logs. Asks AWS only for the logs that
//! it is told to fetch, and where a command is about a deployed stack.

#[cfg(feature = "aws")]
mod account;
mod args;
mod causes;
mod explain;
mod failure;
mod format;
mod input;
mod output;
mod preview;
mod progress;
mod replay;
mod rules;
#[cfg(feature = "aws")]
mod test_alert;

use std::process::ExitCode;

use clap::Parser as _;

use args::{Arguments, Command};
use failure::Failure;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    arguments.color.write_global();
    let outcome = match &arguments.command {
        Command::Explain(options) => done(explain::run(options)),
        Command::Replay(options) => done(replay::run(options)),
        Command::Preview(options) => done(preview::run(options)),
        #[cfg(feature = "aws")]
        Command::TestAlert(options) => test_alert::run(options),
        Command::Causes(options) => done(causes::run(options)),
        Command::Rules(options) => rules::run(options),
        Command::Format(options) => done(format::run(options)),
    };
    match outcome {
        Ok(code) => code,
        // Whoever read our output has seen enough.
        Err(Failure::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
            ExitCode::SUCCESS
        }
        Err(failure) => {
            output::complain(&failure);
            ExitCode::from(2)
        }
    }
}

fn done(outcome: Result<(), Failure>) -> Result<ExitCode, Failure> {
    outcome.map(|()| ExitCode::SUCCESS)
}
