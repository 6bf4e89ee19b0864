//! An outage whose log lines arrived so late that it was over before anybody could be alerted.
//!
//! A page would wake somebody for nothing, and silence would hide it. So it is kept as an incident of its own,
//! held back while more of its lines may arrive, and reported once as an outage that was over.

use diagnosis::Timestamp;

use crate::counting::{Counters, LATE_AFTER_MINUTES};
use crate::incident::{Incident, SourceState};

/// Errors so many minutes before its first and after its last one still belong to it: batches do not arrive in
/// order.
const GAP_MINUTES: i64 = 15;

/// So near to an outage that people were alerted of, it is a part of that.
const ADJOINS_MINUTES: i64 = 5;

/// It is reported so many minutes after its last lines arrived …
const WAITS_MINUTES: i64 = 10;

/// … and so many after it was found at the latest.
const WAITS_AT_MOST_MINUTES: i64 = 60;

/// The first minute whose lines are not late at `now`.
pub(crate) const fn fresh_from(now: Timestamp) -> i64 {
    now.minute() - LATE_AFTER_MINUTES
}

impl Incident {
    /// Whether its lines arrived too late for an alert.
    pub(crate) const fn is_late(&self) -> bool {
        self.history.late_before.is_some()
    }

    /// The first minute after those that it is about. Errors since then are no part of it.
    pub(crate) fn ends_before(&self) -> i64 {
        let after_last = self.history.late_last.map(|last| last + 1);
        after_last.or(self.history.late_before).unwrap_or(i64::MAX)
    }

    /// The first minute whose lines were not late when the last of its lines arrived.
    fn arrived_before(&self) -> i64 {
        self.history.late_before.unwrap_or(i64::MAX)
    }

    /// Whether a minute belongs to it, of one whose lines arrived late. Never one whose lines were in time: an
    /// outage then is another.
    pub(super) fn has_late_minute(&self, minute: i64) -> bool {
        let until = self.ends_before().saturating_add(GAP_MINUTES).min(self.arrived_before());
        (self.window_start - GAP_MINUTES..until).contains(&minute)
    }

    /// The same with those of these late minutes, which are in order, that adjoin it and have its errors.
    pub(crate) fn with_late_minutes(
        &self,
        counters: &Counters,
        minutes: &[i64],
        fresh_from: i64,
    ) -> Self {
        let mut longer = self.clone();
        longer.history.late_before = Some(fresh_from.max(self.history.late_before.unwrap_or(0)));
        let errs = |minute: &&i64| self.errors_between(counters, **minute, **minute) > 0;
        for &minute in minutes.iter().rev().filter(errs) {
            if (longer.window_start - GAP_MINUTES..longer.window_start).contains(&minute) {
                longer.window_start = minute;
            }
        }
        for &minute in minutes.iter().filter(errs) {
            let last = longer.ends_before() - 1;
            if (last..=last + GAP_MINUTES).contains(&minute) && minute < fresh_from {
                longer.history.late_last = Some(minute);
            }
        }
        longer
    }

    /// Whether it is time to report it.
    pub(super) fn is_reported_at(&self, minute: i64) -> bool {
        let arrived = self.arrived_before() + LATE_AFTER_MINUTES;
        minute - arrived >= WAITS_MINUTES || minute - self.since().minute() >= WAITS_AT_MOST_MINUTES
    }
}

impl SourceState {
    /// A late incident that is not reported yet, with those of these late minutes that belong to it. `None`: it
    /// has them already.
    pub(crate) fn with_late_minutes(
        &self,
        counters: &Counters,
        minutes: &[i64],
        fresh_from: i64,
    ) -> Option<Incident> {
        self.open().filter(|incident| incident.is_late()).find_map(|incident| {
            let is_of_it = |minute: &&i64| {
                let until = incident.ends_before() + GAP_MINUTES;
                (incident.window_start - GAP_MINUTES..until.min(fresh_from)).contains(*minute)
                    && incident.errors_between(counters, **minute, **minute) > 0
            };
            minutes.iter().find(is_of_it)?;
            let longer = incident.with_late_minutes(counters, minutes, fresh_from);
            (longer != *incident).then_some(longer)
        })
    }

    /// Whether people were alerted of the same causes at the time of a late incident: its lines are then more of
    /// that outage, which nobody wants to hear of again, nor that it ended while it goes on.
    pub(crate) fn alerted_at_the_time_of(&self, late: &Incident) -> bool {
        let from = late.window_start - ADJOINS_MINUTES;
        let until = late.ends_before().saturating_add(ADJOINS_MINUTES);
        self.incidents.iter().filter(|other| !other.is_late()).any(|other| {
            let ends = other.resolved_at.map_or(i64::MAX, Timestamp::minute);
            let is_alike = other.covered.iter().any(|cause| late.covered.contains(cause));
            is_alike && other.window_start < until && ends >= from
        })
    }
}
