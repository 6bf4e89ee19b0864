//! The numbers of an incident that may outlive its counters.
//!
//! Counters expire after three days, and reading days of them every minute would cost more than all
//! counting. So the minutes that lie some hours back are summed up in the incident's row, and only those
//! after them are read. What comes in later than that for a summed-up minute is still in the counters, and
//! in what is told as long as the whole incident can be read.

use diagnosis::Cause;
use serde::{Deserialize, Serialize};

use crate::counting::{CauseCounts, Counters};

/// Sums over the minutes of an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// The minutes before this one are in the sums; 0 for none.
    pub before: i64,
    /// Errors by cause.
    #[serde(deserialize_with = "crate::lenient::cause_counts")]
    pub errors: CauseCounts,
    /// All requests of the source.
    pub requests: u64,
    /// The most errors in one minute.
    pub peak: u64,
    /// The first minute with an error.
    pub first_error: Option<i64>,
    /// The last minute with an error.
    pub last_error: Option<i64>,
    /// Callers of failed requests, as many as were told at most.
    pub callers: u64,
}

impl Totals {
    /// All errors.
    pub fn error_count(&self) -> u64 {
        self.errors.values().sum()
    }

    /// These, and what the counters hold of an incident's causes before the minute `until`.
    pub(super) fn and(
        &self,
        window_start: i64,
        covered: &[Cause],
        counters: &Counters,
        until: i64,
    ) -> Self {
        let mut totals = self.clone();
        let from = window_start.max(self.before);
        for (&minute, counts) in counters.between(from, until.saturating_sub(1)) {
            totals.requests += counts.requests;
            let mut of_minute = 0;
            for (&cause, &count) in &counts.causes {
                if count > 0 && covered.contains(&cause) {
                    *totals.errors.entry(cause).or_default() += count;
                    of_minute += count;
                }
            }
            if of_minute > 0 {
                totals.peak = totals.peak.max(of_minute);
                totals.first_error = totals.first_error.or(Some(minute));
                totals.last_error = Some(minute);
            }
        }
        totals.before = self.before.max(until);
        totals
    }
}
