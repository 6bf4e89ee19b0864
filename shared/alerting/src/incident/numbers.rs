//! The numbers of an incident: which minutes of counters they are read from, and what they come to.

use crate::counting::Counters;
use crate::incident::{Incident, Totals};

/// Minutes are summed up once the oldest that is still read is so old …
const READ_AT_MOST_MINUTES: i64 = 3 * 60;

/// … up to so long ago.
const READ_AT_LEAST_MINUTES: i64 = 60;

/// An incident that began so long ago is told from the counters alone: all of them are still there.
const WHOLE_FOR_MINUTES: i64 = 60 * 60;

impl Incident {
    /// The errors of its causes in these minutes, both included.
    pub(crate) fn errors_between(&self, counters: &Counters, from: i64, to: i64) -> u64 {
        counters.errors(from, to, |_, cause| self.covered.contains(&cause)).values().sum()
    }

    /// The first minute that its counters must be read from.
    pub(crate) fn counted_from(&self) -> i64 {
        self.window_start.max(self.history.totals.before)
    }

    /// Its numbers, with counters since [`Incident::counted_from`].
    pub(crate) fn totals(&self, counters: &Counters) -> Totals {
        self.history.totals.and(self.window_start, &self.covered, counters, self.ends_before())
    }

    /// The first minute to read counters from to tell its numbers exactly, late lines included.
    pub(crate) fn exact_from(&self, minute: i64) -> i64 {
        if self.is_whole(minute) { self.window_start } else { self.counted_from() }
    }

    /// Its numbers, with counters since [`Incident::exact_from`].
    pub(crate) fn exact_totals(&self, counters: &Counters, minute: i64) -> Totals {
        if !self.is_whole(minute) {
            return self.totals(counters);
        }
        let none = Totals { callers: self.history.totals.callers, ..Totals::default() };
        none.and(self.window_start, &self.covered, counters, self.ends_before())
    }

    /// Sums up the minutes that lie too far back to be read every minute.
    pub(crate) fn sum_up(&mut self, counters: &Counters, minute: i64) {
        if minute - self.counted_from() > READ_AT_MOST_MINUTES {
            let until = minute - READ_AT_LEAST_MINUTES;
            self.history.totals =
                self.history.totals.and(self.window_start, &self.covered, counters, until);
        }
    }

    const fn is_whole(&self, minute: i64) -> bool {
        minute - self.window_start <= WHOLE_FOR_MINUTES
    }
}
