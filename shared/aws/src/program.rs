//! The programs that emit metrics and read environment variables.

use std::fmt;

/// A program of this project, as the documentation names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Program {
    /// The Lambda function that receives batches of log lines.
    Ingest,
    /// The Lambda function that runs every minute.
    Sweep,
    /// The Lambda function behind the buttons in Slack.
    Respond,
    /// The Lambda function that attaches log groups.
    Subscribe,
    /// `gatewatch`.
    CommandLine,
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ingest => "ingest",
            Self::Sweep => "sweep",
            Self::Respond => "respond",
            Self::Subscribe => "subscribe",
            Self::CommandLine => "gatewatch",
        })
    }
}
