//! The numbers of an incident that may outlive its counters.
//!
//! Counters expire after three days, and reading days of them every minute would cost more than all
//! counting. So the minutes that lie some hours back are summed up in the incident's row, and only those
//! after them are read. What comes in later than that for a summed-up minute is still in the counters, and
//! in what is told as long as the whole incident can be read.

use serde::{Deserialize, Serialize};

use super::Incident;
use crate::counting::{CauseCounts, Counters};

/// Minutes are summed up once the oldest that is still read is so old …
const READ_AT_MOST_MINUTES: i64 = 3 * 60;

/// … up to so long ago.
const READ_AT_LEAST_MINUTES: i64 = 60;

/// An incident that began so long ago is told from the counters alone: all of them are still there.
const WHOLE_FOR_MINUTES: i64 = 60 * 60;

/// Sums over the minutes of an incident.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// The minutes before this one are in the sums; 0 for none.
    pub before: i64,
    /// Errors by cause.
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

    /// These, and what the counters hold of the incident before the minute `until`.
    fn and(&self, incident: &Incident, counters: &Counters, until: i64) -> Self {
        let mut totals = self.clone();
        let from = incident.window_start.max(self.before);
        for (&minute, counts) in counters.between(from, until.saturating_sub(1)) {
            totals.requests += counts.requests;
            let mut of_minute = 0;
            for (&cause, &count) in &counts.causes {
                if count > 0 && incident.covered.contains(&cause) {
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

impl Incident {
    /// The first minute that its counters must be read from.
    pub(crate) fn counted_from(&self) -> i64 {
        self.window_start.max(self.course.totals.before)
    }

    /// Its numbers, with counters since [`Incident::counted_from`].
    pub(crate) fn totals(&self, counters: &Counters) -> Totals {
        self.course.totals.and(self, counters, i64::MAX)
    }

    /// The first minute to read counters from to tell its numbers exactly, late lines included.
    pub(crate) fn told_from(&self, minute: i64) -> i64 {
        if self.is_whole(minute) { self.window_start } else { self.counted_from() }
    }

    /// Its numbers, with counters since [`Incident::told_from`].
    pub(crate) fn told_totals(&self, counters: &Counters, minute: i64) -> Totals {
        if !self.is_whole(minute) {
            return self.totals(counters);
        }
        let none = Totals { callers: self.course.totals.callers, ..Totals::default() };
        none.and(self, counters, i64::MAX)
    }

    /// Sums up the minutes that lie too far back to be read every minute.
    pub(crate) fn sum_up(&mut self, counters: &Counters, minute: i64) {
        if minute - self.counted_from() > READ_AT_MOST_MINUTES {
            let until = minute - READ_AT_LEAST_MINUTES;
            self.course.totals = self.course.totals.and(self, counters, until);
        }
    }

    const fn is_whole(&self, minute: i64) -> bool {
        minute - self.window_start <= WHOLE_FOR_MINUTES
    }
}
