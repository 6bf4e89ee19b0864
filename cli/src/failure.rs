//! What ends a command early. Every one exits with 2.

use std::io;
use std::path::PathBuf;

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("cannot read {path}: {error}")]
    Read { path: PathBuf, error: io::Error },
    #[error("{path} is not a log that can be read: {reason}")]
    Input { path: PathBuf, reason: String },
    #[error(
        "no line of the input says when it happened: replay needs `requestTimeEpoch`, `requestTime` or CloudWatch's timestamp"
    )]
    NoTime,
    #[error("{path} cannot be used as rules: it is longer than {most} bytes")]
    RulesTooLong { path: PathBuf, most: u64 },
    #[error("{path} cannot be used as rules: nothing of it can be read")]
    RulesUnreadable { path: PathBuf },
    #[error("{path} cannot be used as rules:\n{problems}")]
    BadRules { path: PathBuf, problems: String },
    #[error("cannot write the output: {0}")]
    Write(#[from] io::Error),
    #[cfg(feature = "aws")]
    #[error("{0}")]
    Account(String),
    #[error("the engine failed: {0}")]
    Engine(#[from] alerting::LedgerError),
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Aws(#[from] aws::functions::CallError),
}

impl Failure {
    /// Whether the input broke off; what was read before has been read.
    pub(crate) const fn is_of_input(&self) -> bool {
        #[cfg(feature = "aws")]
        if matches!(self, Self::Account(_)) {
            return true;
        }
        matches!(self, Self::Read { .. } | Self::Input { .. })
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::Write(error.into())
    }
}
