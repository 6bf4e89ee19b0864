//! What one batch adds to the counters: see [`BatchCounts::of`].

use std::collections::BTreeMap;

use crate::counting::top_callers::CallersOfBatch;
use crate::counting::{AuthoritativeLog, BatchId, Breakdown, Exemplar, MinuteCounts};
use crate::source::Source;

/// What became of a batch's lines. Each is one of `requests`, `parts`, `unknown` and `unparseable`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// All lines.
    pub lines: u64,
    /// Lines of an access log that tell how a request ended.
    pub requests: u64,
    /// Requests of those that failed.
    pub errors: u64,
    /// Lines of an execution log or of a function's log, of which a request has many.
    pub parts: u64,
    /// Requests that only such lines tell the end of.
    pub joined_requests: u64,
    /// Requests of those that failed.
    pub joined_errors: u64,
    /// Lines of other systems, or without a verdict.
    pub unknown: u64,
    /// Lines that cannot be read.
    pub unparseable: u64,
    /// Lines, among the unparseable, on which our own code panicked.
    pub panicked: u64,
    /// Lines older than may open an incident.
    pub late: u64,
    /// Lines whose time lies ahead, counted as of now.
    pub future: u64,
}

/// What one batch adds to one minute of one source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchMinute {
    /// Its counters.
    pub counts: MinuteCounts,
    /// Routes and callers of its failed requests.
    pub breakdown: Breakdown,
    /// A few of its failed requests.
    pub exemplars: Vec<Exemplar>,
    /// A few of the failed requests that an execution log tells of.
    pub execution_exemplars: Vec<Exemplar>,
    pub(super) callers: CallersOfBatch,
}

impl BatchMinute {
    /// The log that its lines show to be there.
    pub const fn log(&self) -> AuthoritativeLog {
        if self.counts.requests > 0 {
            AuthoritativeLog::Access
        } else {
            AuthoritativeLog::Execution
        }
    }

    /// Drops what the source's access log counts already. Returns how many requests that were.
    pub(crate) fn leave_to(&mut self, counting: AuthoritativeLog) -> u64 {
        if counting == AuthoritativeLog::Execution {
            return 0;
        }
        self.execution_exemplars.clear();
        self.breakdown.execution.clear();
        std::mem::take(&mut self.counts.execution).requests
    }

    /// Whether it holds a request that failed.
    pub(super) fn has_errors(&self) -> bool {
        let counts = &self.counts;
        counts.causes.keys().chain(counts.execution.causes.keys()).any(|cause| cause.is_error())
    }
}

/// What one batch adds to the counters.
#[derive(Debug)]
pub struct BatchCounts {
    /// The batch's id.
    pub batch: BatchId,
    /// By source and minute.
    pub minutes: BTreeMap<(Source, i64), BatchMinute>,
    /// What became of its lines.
    pub lines: LineCounts,
    /// The batch broke off: events after the last one that was read are lost.
    pub broke_off: bool,
}

impl BatchCounts {
    /// The minutes of a source that hold errors.
    pub fn minutes_with_errors(&self) -> BTreeMap<Source, Vec<i64>> {
        let mut minutes: BTreeMap<Source, Vec<i64>> = BTreeMap::new();
        for ((source, minute), part) in &self.minutes {
            if part.has_errors() {
                minutes.entry(source.clone()).or_default().push(*minute);
            }
        }
        minutes
    }
}
