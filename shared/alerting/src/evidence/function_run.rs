//! The figures of the invocation that failed, as Lambda reports them.

use diagnosis::Report;
use serde::{Deserialize, Serialize};

/// One run of a function. What the report did not tell is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionRun {
    /// How long the handler ran, in milliseconds.
    pub duration_ms: Option<u64>,
    /// How long the start before it took, where there was one.
    pub init_ms: Option<u64>,
    /// Memory that the function used at most, in MB.
    pub memory_used_mb: Option<u64>,
    /// Memory that it may use.
    pub memory_mb: Option<u64>,
    /// After so many seconds Lambda stops it.
    pub timeout_seconds: Option<u32>,
}

impl FunctionRun {
    /// Takes what a report tells.
    pub(super) fn take(&mut self, report: &Report<'_>) {
        for (slot, told) in [
            (&mut self.duration_ms, report.duration_ms),
            (&mut self.init_ms, report.init_duration_ms),
            (&mut self.memory_used_mb, report.max_memory_used_mb),
            (&mut self.memory_mb, report.memory_size_mb),
        ] {
            // A log may say anything; nobody runs a function for a century.
            let told = told.filter(|told| (0.0..1e12).contains(told));
            *slot = slot.or(told.map(|told| told.round() as u64));
        }
    }
}
