//! What happens next to an open incident. Pure: the ledger is asked before and changed after.
//!
//! What has changed and what has been told are kept apart. A change is taken over as soon as it is seen;
//! telling it may have to wait, for the pause between two updates or for the end of a silence, and what is
//! still untold then is told. So nothing is lost by waiting.

use diagnosis::{Cause, Timestamp, catalogue};

use super::{FLAPPING_AFTER_RETURNS, Incident, Limits};
use crate::counting::{CauseCounts, Counters};
use crate::incident::{Change, Event};
use crate::rules::{Rule, Rules, leading};

/// An incident that comes back so soon after its resolution goes on.
pub(crate) const REOPENS_WITHIN_MS: i64 = 30 * MINUTE_MS;

/// A flapping incident is over after so many quiet minutes at least; each time that it comes back from
/// that, twice as many …
const QUIET_AFTER_FLAPPING_MINUTES: i64 = 30;

/// … up to so many.
const MOST_QUIET_MINUTES: i64 = 120;

/// Two updates are so far apart at least.
const UPDATE_PAUSE_MS: i64 = 5 * MINUTE_MS;

/// So many times the errors told last are worth an update.
const GROWN_TIMES: u64 = 10;

/// An incident whose last error is so old is closed without a word: the sweep stood still, or the table
/// was restored from a backup, and nobody wants to hear of it now.
const HISTORY_AFTER_MINUTES: i64 = 24 * 60;

const MINUTE_MS: i64 = 60_000;

/// What is seen of an open incident.
#[derive(Debug)]
pub(crate) struct Observed<'a> {
    /// Its counters, from [`Incident::read_from`] on.
    pub(crate) counters: &'a Counters,
    /// A rule of higher severity that holds over its causes.
    pub(crate) worse: Option<&'a Rule>,
    /// Whether a silence keeps it from being told.
    pub(crate) silenced: bool,
    /// Whether it waits for a storm to tell of it, and none has yet.
    pub(crate) unheard: bool,
}

/// Something to tell of an incident.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Telling {
    pub(crate) event: Event,
    pub(crate) change: Option<Change>,
}

/// An incident as it is from now on, and what is to be told of it. Nothing to tell is a change that is
/// only kept.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Step {
    pub(crate) incident: Incident,
    pub(crate) tell: Option<Telling>,
}

impl From<Event> for Telling {
    fn from(event: Event) -> Self {
        Self { event, change: None }
    }
}

impl From<Change> for Telling {
    fn from(change: Change) -> Self {
        Self { event: Event::Updated, change: Some(change) }
    }
}

impl Incident {
    /// The first minute of the counters that [`next`] must see.
    pub(crate) fn read_from(&self, rules: &Rules, minute: i64) -> i64 {
        self.counted_from().min(minute - 2 * self.quiet_minutes(&self.rule_in(rules)))
    }

    /// How many quiet minutes resolve it.
    fn quiet_minutes(&self, rule: &Rule) -> i64 {
        if !self.is_flapping() {
            return rule.clear_after_minutes;
        }
        let further = (self.course.returns - FLAPPING_AFTER_RETURNS).min(8);
        let quiet = (QUIET_AFTER_FLAPPING_MINUTES << further).min(MOST_QUIET_MINUTES);
        quiet.max(rule.clear_after_minutes)
    }

    /// Whether it was resolved so short a time ago that the same problem continues it.
    pub(crate) fn may_reopen(&self, cause: Cause, now: Timestamp) -> bool {
        let soon =
            |resolved: Timestamp| now.as_millis() - resolved.as_millis() <= REOPENS_WITHIN_MS;
        self.resolved_at.is_some_and(soon) && self.covered.contains(&cause)
    }

    /// The same incident, open again. Who looked after it thought that it was over.
    pub(crate) fn reopened(&self, covered: &[Cause], rule: &Rule, now: Timestamp) -> Self {
        let mut incident = self.clone();
        incident.resolved_at = None;
        incident.course.since = Some(now);
        incident.course.returns += 1;
        incident.course.acknowledged = None;
        incident.course.in_storm = false;
        incident.course.lookup = incident.course.lookup.of_return();
        for cause in covered {
            if !incident.covered.contains(cause) {
                incident.covered.push(*cause);
            }
        }
        if rule.severity > incident.severity {
            incident.take_over(rule);
        }
        incident
    }

    pub(super) fn take_over(&mut self, rule: &Rule) {
        self.rule.clone_from(&rule.name);
        self.severity = rule.severity;
        self.course.limits = Some(Limits::from(rule));
    }
}

/// The next step of an incident; `None` if it stays as it is.
pub(crate) fn next(
    incident: &Incident,
    observed: &Observed<'_>,
    rules: &Rules,
    now: Timestamp,
) -> Option<Step> {
    if !incident.is_open() {
        return None;
    }
    let rule = incident.rule_in(rules);
    let minute = now.minute();
    let mut next = incident.clone();
    if is_over(incident, observed.counters, &rule, minute) {
        next.resolved_at = Some(now);
        let is_history = is_history(incident, observed.counters, &rule, minute);
        if observed.unheard && !observed.silenced && !is_history {
            // Over before anybody heard of it, as when no sweep ran: it stays until it is told.
            return None;
        }
        let tell = incident.is_told() && !is_history;
        return Some(Step { incident: next, tell: tell.then(|| Event::Resolved.into()) });
    }
    let totals = incident.totals(observed.counters);
    let errors = totals.error_count();
    next.cause = sharpened(incident.cause, &totals.errors);
    if let Some(worse) = observed.worse {
        next.take_over(worse);
    }
    next.sum_up(observed.counters, minute);
    let told_by_storm = incident.course.in_storm && !incident.is_told();
    let tell = if observed.silenced || told_by_storm {
        None
    } else {
        telling(&next, errors, next.rule_in(rules).remind_every_minutes, now)
    };
    // The storm reads its members' errors from their rows; doublings are enough for it.
    if told_by_storm && errors >= 2 * incident.course.errors {
        next.course.errors = errors;
    }
    (tell.is_some() || next != *incident).then_some(Step { incident: next, tell })
}

/// What is to be told of an open incident that nothing keeps from being told.
pub(crate) fn telling(
    incident: &Incident,
    errors: u64,
    remind_every_minutes: i64,
    now: Timestamp,
) -> Option<Telling> {
    if !incident.is_told() {
        return Some(Event::Opened.into());
    }
    let told = incident.told();
    let silent_for = now.as_millis() - told.at.as_millis();
    // Not held back: the last that people heard is that it was over.
    if incident.course.returns > told.returns {
        return Some(Change::Reopened { times: incident.course.returns }.into());
    }
    // Nor is what other logs have told: it comes once, and is what whoever looks at it waits for.
    let lookup = &incident.course.lookup;
    if lookup.findings > told.findings {
        let sharpened = Change::Sharpened { from: told.cause };
        let change = if incident.cause == told.cause { Change::Explained } else { sharpened };
        return Some(change.into());
    }
    if lookup.tells_missing && !told.missing {
        return Some(Change::Unexplained.into());
    }
    if silent_for >= UPDATE_PAUSE_MS {
        if incident.severity > told.severity {
            return Some(Change::Worse { from: told.severity }.into());
        }
        if incident.cause != told.cause {
            return Some(Change::Sharpened { from: told.cause }.into());
        }
        if told.errors > 0 && errors >= told.errors.saturating_mul(GROWN_TIMES) {
            return Some(Change::Grown { from: told.errors }.into());
        }
    }
    let due = silent_for >= remind_every_minutes.saturating_mul(MINUTE_MS);
    (due && incident.course.acknowledged.is_none()).then(|| Event::Reminded.into())
}

/// Whether it is over: no error for the quiet period (so many whole minutes and the one that is running),
/// or under half of its threshold over twice that time, as a busy source always has. Never before it has
/// been open for that long: its lines may be late.
fn is_over(incident: &Incident, counters: &Counters, rule: &Rule, minute: i64) -> bool {
    let quiet = incident.quiet_minutes(rule);
    let (quiet_since, few_since) = (minute - quiet, minute - 2 * quiet);
    if incident.since().minute() >= quiet_since {
        return false;
    }
    let errors_since = |from| -> u64 {
        counters.errors(from, minute, |_, cause| incident.covered.contains(&cause)).values().sum()
    };
    errors_since(quiet_since) == 0
        || rule.is_quiet(errors_since(few_since), counters.requests(few_since, minute))
}

/// Whether its last error is too old to speak of.
fn is_history(incident: &Incident, counters: &Counters, rule: &Rule, minute: i64) -> bool {
    let last_error = incident.totals(counters).last_error.unwrap_or(0);
    let last_seen = last_error.max(incident.since().minute());
    minute - last_seen > HISTORY_AFTER_MINUTES.max(2 * incident.quiet_minutes(rule))
}

/// The cause to show: an unattributed one gives way to what it turned out to be, if most of the errors
/// with a known cause have that one.
fn sharpened(cause: Cause, errors: &CauseCounts) -> Cause {
    if !cause.is_unattributed() {
        return cause;
    }
    let may_be = catalogue::entry(cause).map_or(&[][..], |entry| entry.may_be);
    let specific: CauseCounts = errors
        .iter()
        .filter(|(cause, _)| !cause.is_unattributed())
        .map(|(&cause, &count)| (cause, count))
        .collect();
    let all: u64 = specific.values().sum();
    leading(&specific)
        .filter(|found| may_be.contains(found) && specific[found] * 2 > all)
        .unwrap_or(cause)
}
