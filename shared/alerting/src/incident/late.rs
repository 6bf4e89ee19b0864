//! An outage whose log lines arrived so late that it was over before anybody could be alerted.
//!
//! A page would wake somebody for nothing, and silence would hide it. So it is kept as an incident of its own,
//! held back while more of its lines may arrive, and reported once as an outage that was over.

use diagnosis::Timestamp;

use crate::counting::{Counters, LATE_AFTER_MINUTES};
use crate::incident::{Incident, SourceState};

/// Minutes before its first error whose errors still belong to it: batches do not arrive in order.
const BEFORE_MINUTES: i64 = 15;

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
        self.history.late_before.unwrap_or(i64::MAX)
    }

    /// Whether a minute belongs to it, of one whose lines arrived late.
    pub(super) fn has_late_minute(&self, minute: i64) -> bool {
        (self.window_start - BEFORE_MINUTES..self.ends_before()).contains(&minute)
    }

    /// Whether it is time to report it.
    pub(super) fn is_reported_at(&self, minute: i64) -> bool {
        let arrived = self.ends_before() + LATE_AFTER_MINUTES;
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
            let is_of_it = |minute: i64| {
                let covered = |_, cause| incident.covered.contains(&cause);
                (incident.window_start - BEFORE_MINUTES..fresh_from).contains(&minute)
                    && !counters.errors(minute, minute, covered).is_empty()
            };
            let first = minutes.iter().copied().find(|minute| is_of_it(*minute))?;
            let mut longer = incident.clone();
            longer.window_start = incident.window_start.min(first);
            longer.history.late_before = Some(fresh_from.max(incident.ends_before()));
            (longer != *incident).then_some(longer)
        })
    }
}
