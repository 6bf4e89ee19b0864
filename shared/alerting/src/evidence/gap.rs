//! What would have told more, and is not there.

use serde::{Deserialize, Serialize};

/// Something that was asked in vain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// Why it did not tell.
    pub gap: GapKind,
    /// The log group or function that it is about, where one is known.
    pub name: Option<String>,
}

/// Why a log did not tell more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GapKind {
    /// The function's log group does not exist: its role may not write, or it was deleted.
    NoFunctionLog,
    /// Gatewatch may not read the function's log group.
    FunctionLogDenied,
    /// The stage writes no execution log.
    ExecutionLogOff,
    /// Gatewatch may not read the execution log.
    ExecutionLogDenied,
    /// Gatewatch may not ask which function answers the route, or for its log group.
    FunctionDenied,
    /// The access log does not say which API it is of, so nothing leads to a function.
    NoApi,
    /// What answers the route is no function, so no log of the account tells of it.
    NoFunction,
    /// The function's log was read, and tells of no failure of these requests.
    SilentFunctionLog,
    /// AWS did not answer in time, or asked for fewer calls.
    NoAnswer,
}

impl GapKind {
    /// Whether the API's owner can do something about it.
    pub const fn can_be_mended(self) -> bool {
        match self {
            Self::NoFunctionLog
            | Self::FunctionLogDenied
            | Self::ExecutionLogOff
            | Self::ExecutionLogDenied
            | Self::FunctionDenied
            | Self::NoApi => true,
            Self::NoFunction | Self::SilentFunctionLog | Self::NoAnswer => false,
        }
    }

    /// About nothing that has a name.
    pub const fn alone(self) -> Gap {
        Gap { gap: self, name: None }
    }

    /// About this log group or function.
    pub fn of(self, name: &str) -> Gap {
        Gap { gap: self, name: Some(name.to_owned()) }
    }
}
