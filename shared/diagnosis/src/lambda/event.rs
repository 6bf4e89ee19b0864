//! One line of a function's log, and what it tells.

use std::borrow::Cow;

use super::FunctionError;
use crate::Timestamp;

/// One line of a function's log.
#[derive(Debug, Clone, PartialEq)]
pub struct LambdaLine<'a> {
    /// The id that Lambda gave the invocation: `$context.integration.requestId`.
    pub request_id: Option<Cow<'a, str>>,
    /// When, where the line itself says so.
    pub time: Option<Timestamp>,
    /// What it tells.
    pub event: LambdaEvent<'a>,
}

/// What a line of a function's log tells.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum LambdaEvent<'a> {
    /// The invocation begins.
    Start,
    /// The invocation is over; its report follows.
    End,
    /// `REPORT`, `platform.report`: the invocation's figures.
    Report(Report<'a>),
    /// `platform.runtimeDone`: how the runtime ended the invocation.
    Done(Report<'a>),
    /// `INIT_REPORT`, `platform.initReport`: how the function's start went.
    Init(Report<'a>),
    /// A row of the service without a verdict.
    Notice,
    /// A sentence of the service about a failed invocation, such as `Task timed out after 3.00 seconds`.
    Service(Cow<'a, str>),
    /// An error of the function.
    Error(FunctionError<'a>),
    /// A row of the function's own log.
    Said {
        /// Whether it was logged as an error.
        as_error: bool,
        /// Its text.
        text: Cow<'a, str>,
    },
}

/// The figures of an invocation or of a function's start. What a row does not tell is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report<'a> {
    /// The row itself.
    pub text: &'a str,
    /// How it ended, in the service's word: `success`, `failure`, `error`, `timeout`.
    pub status: Option<Cow<'a, str>>,
    /// Such as `Runtime.ExitError`.
    pub error_type: Option<Cow<'a, str>>,
    /// Milliseconds.
    pub duration_ms: Option<f64>,
    /// Milliseconds.
    pub billed_duration_ms: Option<f64>,
    /// Milliseconds that the start took, where there was one.
    pub init_duration_ms: Option<f64>,
    /// Megabytes.
    pub memory_size_mb: Option<f64>,
    /// Megabytes.
    pub max_memory_used_mb: Option<f64>,
    /// `init` or `invoke`: whether the start happened ahead of an invocation or within it.
    pub phase: Option<Cow<'a, str>>,
}

impl Report<'_> {
    /// Whether the invocation needed all the memory it has.
    pub fn used_all_memory(&self) -> bool {
        match (self.max_memory_used_mb, self.memory_size_mb) {
            // Ninety-nine of a hundred: the last megabyte is seldom reported as used.
            (Some(used), Some(size)) => size > 0.0 && used >= size * 0.99,
            _ => false,
        }
    }
}
