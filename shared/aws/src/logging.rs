//! The functions' own log: JSON lines, never a line of what they read.

use std::panic::PanicHookInfo;
use std::sync::atomic::{AtomicU32, Ordering};

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Ours.
const CRATES: [&str; 6] = ["alerting", "aws", "diagnosis", "ingest", "sweep", "respond"];

/// Starts logging at the level that Lambda's logging configuration sets (`AWS_LAMBDA_LOG_LEVEL`), else
/// `INFO`; libraries are heard from `WARN` on, because the SDK logs whole requests below that. Panics
/// are logged by their place alone.
pub fn start_logging() {
    let level = std::env::var("AWS_LAMBDA_LOG_LEVEL")
        .ok()
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::INFO);
    let filter = Targets::new()
        .with_default(LevelFilter::WARN)
        .with_targets(CRATES.map(|name| (name, level)))
        // For its span, which holds the request id. Below INFO it logs payloads.
        .with_target("lambda_runtime", level.min(LevelFilter::INFO));
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_span_list(false);
    // Only a test can have started logging before.
    let _ = tracing_subscriber::registry().with(filter).with(lines).try_init();
    std::panic::set_hook(Box::new(log_panic));
}

/// A line that makes a rule panic may come thousands of times.
const MOST_PANICS_LOGGED: u32 = 20;

/// The default hook would print the message, which may quote the log line that caused it.
fn log_panic(info: &PanicHookInfo<'_>) {
    static LOGGED: AtomicU32 = AtomicU32::new(0);
    if LOGGED.fetch_add(1, Ordering::Relaxed) >= MOST_PANICS_LOGGED {
        return;
    }
    let place = info.location().map(ToString::to_string);
    tracing::error!(place, "panicked");
}
