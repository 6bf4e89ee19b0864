//! The functions' own log: JSON lines, without any text from the log lines that the functions read.

use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicU32, Ordering};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::environment::{Variable, Variables};

/// The crates of this project.
const CRATES: [&str; 6] = ["alerting", "aws", "diagnosis", "ingest", "sweep", "respond"];

/// Starts logging. Libraries log from `WARN` on, because below that the SDK logs whole requests. A panic is
/// logged with its location only.
pub fn start_logging<F>(variables: &Variables<F>)
where
    F: Fn(Variable) -> Option<String>,
{
    let level = level(variables);
    let filter = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(CRATES.map(|name| (name, level)))
        // For its span, which has the request id. Below INFO it logs payloads.
        .with_target("lambda_runtime", level.min(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false);
    // It fails only if a test has started logging before.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    std::panic::set_hook(Box::new(log_panic));
}

/// The level that Lambda's logging configuration sets, else `INFO`.
fn level<F>(variables: &Variables<F>) -> LevelFilter
where
    F: Fn(Variable) -> Option<String>,
{
    let level = variables.parsed(Variable::LogLevel).ok().flatten();
    level.unwrap_or(LevelFilter::INFO)
}

/// At most 20 panics are logged per process: the log line that causes one may come thousands of times.
const MAX_PANICS_LOGGED: u32 = 20;

/// Logs the location of a panic. The default hook would print its message, which may quote the log line that
/// caused it.
fn log_panic(info: &PanicHookInfo<'_>) {
    static LOGGED: AtomicU32 = AtomicU32::new(0);
    if LOGGED.fetch_add(1, Ordering::Relaxed) >= MAX_PANICS_LOGGED {
        return;
    }
    let place = info.location().map(ToString::to_string);
    tracing::error!(place, "panicked");
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::filter::LevelFilter;

    use super::level;
    use crate::environment::{Variable, Variables};

    #[test]
    fn the_level_is_lambdas() {
        for (value, wanted) in [
            ("", LevelFilter::INFO),
            ("TRACE", LevelFilter::TRACE),
            ("ERROR", LevelFilter::ERROR),
            ("FATAL", LevelFilter::INFO),
        ] {
            let variables = Variables::new(|variable| {
                (variable == Variable::LogLevel).then(|| value.to_owned())
            });
            assert_eq!(level(&variables), wanted, "{value}");
        }
    }
}
