//! Which log lines reach Gatewatch.

use std::fmt;
use std::str::FromStr;

/// What the subscription filter passes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LogMode {
    /// Every line.
    #[default]
    All,
    /// Lines of failures only: how many requests there were is not known.
    Errors,
}

impl LogMode {
    /// `all` or `errors`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Errors => "errors",
        }
    }
}

impl fmt::Display for LogMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Text that is no [`LogMode`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a log mode is all or errors")]
pub struct NotALogMode;

impl FromStr for LogMode {
    type Err = NotALogMode;

    fn from_str(text: &str) -> Result<Self, NotALogMode> {
        [Self::All, Self::Errors].into_iter().find(|mode| mode.as_str() == text).ok_or(NotALogMode)
    }
}
