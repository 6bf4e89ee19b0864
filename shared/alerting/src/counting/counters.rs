//! Counters by minute, and sums over them.

use std::collections::BTreeMap;

use diagnosis::Cause;

use crate::counting::AuthoritativeLog;

/// Errors by cause. Causes without errors are absent.
pub type CauseCounts = BTreeMap<Cause, u64>;

/// Requests and what became of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// Requests, failed ones included.
    pub requests: u64,
    /// Failures by cause.
    pub causes: CauseCounts,
}

/// What happened in one minute of one source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MinuteCounts {
    /// Requests, failed ones included.
    pub requests: u64,
    /// Lines by cause, `none` left out.
    pub causes: CauseCounts,
    /// Of a log group's batches that hold lines which cannot be read: all their lines, whatever they
    /// are counted for. 0 where every line is read.
    pub lines: u64,
    /// The same requests as an execution log tells of them. They count only where no access log does:
    /// see [`AuthoritativeLog`].
    pub execution: RequestCounts,
}

impl MinuteCounts {
    /// Adds another part of the same minute.
    pub fn add(&mut self, other: &Self) {
        self.requests += other.requests;
        add_causes(&mut self.causes, &other.causes);
        self.lines += other.lines;
        self.execution.requests += other.execution.requests;
        add_causes(&mut self.execution.causes, &other.execution.causes);
    }

    /// Leaves what `log` counts: what the execution log tells is dropped, or counted.
    pub fn counted_by(&mut self, log: AuthoritativeLog) {
        let execution = std::mem::take(&mut self.execution);
        if log == AuthoritativeLog::Execution {
            self.requests += execution.requests;
            add_causes(&mut self.causes, &execution.causes);
        }
    }
}

fn add_causes(sum: &mut CauseCounts, other: &CauseCounts) {
    for (&cause, &count) in other {
        *sum.entry(cause).or_default() += count;
    }
}

/// The counters of one source by minute since the epoch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counters {
    minutes: BTreeMap<i64, MinuteCounts>,
}

impl Counters {
    /// Adds a part of a minute.
    pub fn add(&mut self, minute: i64, counts: &MinuteCounts) {
        self.minutes.entry(minute).or_default().add(counts);
    }

    /// Adds the counters of other minutes, or other parts of the same.
    pub fn add_all(&mut self, other: &Self) {
        for (minute, counts) in &other.minutes {
            self.add(*minute, counts);
        }
    }

    /// Whether any of it comes from an execution log and is still to be counted or dropped.
    pub fn has_execution(&self) -> bool {
        self.minutes.values().any(|counts| counts.execution != RequestCounts::default())
    }

    /// Leaves what `log` counts.
    #[must_use]
    pub fn counted_by(mut self, log: AuthoritativeLog) -> Self {
        self.minutes.values_mut().for_each(|counts| counts.counted_by(log));
        self
    }

    /// Lines from minute `from` to minute `to`, both included: see [`MinuteCounts::lines`].
    pub fn lines(&self, from: i64, to: i64) -> u64 {
        self.between(from, to).map(|(_, counts)| counts.lines).sum()
    }

    /// Requests from minute `from` to minute `to`, both included.
    pub fn requests(&self, from: i64, to: i64) -> u64 {
        self.between(from, to).map(|(_, counts)| counts.requests).sum()
    }

    /// Errors by cause from minute `from` to minute `to`, both included, of the causes (by minute) that
    /// `wanted` accepts.
    pub fn errors(&self, from: i64, to: i64, wanted: impl Fn(i64, Cause) -> bool) -> CauseCounts {
        let mut errors = CauseCounts::new();
        for (&minute, counts) in self.between(from, to) {
            for (&cause, &count) in &counts.causes {
                if count > 0 && wanted(minute, cause) {
                    *errors.entry(cause).or_default() += count;
                }
            }
        }
        errors
    }

    /// The minutes from `from` to `to`, both included, that anything was counted in.
    pub(crate) fn between(
        &self,
        from: i64,
        to: i64,
    ) -> impl Iterator<Item = (&i64, &MinuteCounts)> {
        // A range that ends before it begins would panic.
        self.minutes.range(from..=to.max(from)).filter(move |(minute, _)| **minute <= to)
    }
}
