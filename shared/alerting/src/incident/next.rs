//! What happens next to an open incident. Pure: the ledger is asked before and changed after.

use diagnosis::{Cause, Timestamp, catalogue};

use crate::counting::{CauseCounts, Counters};
use crate::incident::reason::Evaluated;
use crate::incident::{FLAPPING_AFTER_RETURNS, Incident, Limits};
use crate::rules::{Rule, Rules, leading};

/// An incident that comes back so soon after its resolution goes on.
pub(crate) const REOPENS_WITHIN_MS: i64 = 30 * MINUTE_MS;

/// A flapping incident is over after so many quiet minutes at least; each time that it comes back from
/// that, twice as many …
const QUIET_AFTER_FLAPPING_MINUTES: i64 = 30;

/// … up to so many.
const MOST_QUIET_MINUTES: i64 = 120;

/// An incident whose last error is so old is closed without a word: the sweep stood still, or the table
/// was restored from a backup, and nobody wants to hear of it now.
const HISTORY_AFTER_MINUTES: i64 = 24 * 60;

const MINUTE_MS: i64 = 60_000;

/// What decides how an open incident goes on, besides itself.
#[derive(Debug)]
pub(crate) struct Conditions<'a> {
    /// Its counters, from [`Incident::read_from`] on.
    pub(crate) counters: &'a Counters,
    /// A rule of higher severity that holds over its causes.
    pub(crate) worse: Option<&'a Rule>,
    /// Whether a silence keeps it from being told.
    pub(crate) silenced: bool,
    /// Whether it waits for a storm to tell of it, and none has yet.
    pub(crate) unheard: bool,
    /// Whether its lines arrived late, and people were alerted of the same in time.
    pub(crate) alerted: bool,
}

/// An incident as it is from now on, before anybody has decided whether to notify people of it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Proposal {
    pub(crate) incident: Incident,
    /// Its errors by now.
    pub(crate) errors: u64,
    /// Minutes after which an open incident is announced again.
    pub(crate) remind_every_minutes: i64,
    /// Whether its last error is so old that nobody wants to hear of its end.
    pub(crate) late: bool,
    /// What the rule found that opened it; `None` for what no rule opened just now.
    pub(crate) evaluated: Option<Evaluated>,
    /// Of a group: sources that no message has named, or that no text message has counted though one is due.
    pub(crate) joined: u64,
    /// Of a group: members whose end is to be said now.
    pub(crate) left: u64,
    /// Of a group that is over: what is left of it a group of a higher severity announces, to the same people.
    pub(crate) handed_over: bool,
}

impl Proposal {
    /// A change of an incident that no rule has opened just now.
    pub(crate) const fn new(incident: Incident, errors: u64, remind_every_minutes: i64) -> Self {
        Self {
            incident,
            errors,
            remind_every_minutes,
            late: false,
            evaluated: None,
            joined: 0,
            left: 0,
            handed_over: false,
        }
    }
}

impl Incident {
    /// The first minute of the counters that [`next`] must see.
    pub(crate) fn read_from(&self, rules: &Rules, minute: i64) -> i64 {
        if self.is_late() {
            // Its report is a matter of time alone.
            return minute;
        }
        self.counted_from().min(minute - 2 * self.quiet_minutes(&self.rule_in(rules)))
    }

    /// How many quiet minutes resolve it.
    fn quiet_minutes(&self, rule: &Rule) -> i64 {
        if !self.is_flapping() {
            return rule.clear_after_minutes;
        }
        let further = (self.history.returns - FLAPPING_AFTER_RETURNS).min(8);
        let quiet = (QUIET_AFTER_FLAPPING_MINUTES << further).min(MOST_QUIET_MINUTES);
        quiet.max(rule.clear_after_minutes)
    }

    /// Whether it was resolved so short a time ago that the same problem continues it. Not where a group
    /// announced it, or it was reported late: what fails again is new to people then, with numbers of its own.
    pub(crate) fn may_reopen(&self, cause: Cause, now: Timestamp) -> bool {
        let soon =
            |resolved: Timestamp| now.as_millis() - resolved.as_millis() <= REOPENS_WITHIN_MS;
        let was_in_group = self.history.in_storm && !self.is_notified();
        let was_alerted = !was_in_group && !self.is_late();
        self.resolved_at.is_some_and(soon) && self.covered.contains(&cause) && was_alerted
    }

    /// The same incident, open again. Who looked after it thought that it was over.
    pub(crate) fn reopened(&self, covered: &[Cause], rule: &Rule, now: Timestamp) -> Self {
        let mut incident = self.clone();
        incident.resolved_at = None;
        incident.history.since = Some(now);
        incident.history.returns += 1;
        incident.history.acknowledged = None;
        incident.history.in_storm = false;
        incident.history.evidence = incident.history.evidence.of_return();
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
        self.history.limits = Some(Limits::from(rule));
    }
}

/// An incident as it is from now on; `None` if nothing can happen to it. It may be unchanged: whether people
/// are notified depends on time as well.
pub(crate) fn next(
    incident: &Incident,
    conditions: &Conditions<'_>,
    rules: &Rules,
    now: Timestamp,
) -> Option<Proposal> {
    if !incident.is_open() {
        return None;
    }
    let rule = incident.rule_in(rules);
    let minute = now.minute();
    if incident.is_late() {
        let resolved_at = incident.is_reported_at(minute).then_some(now);
        let next = Incident { resolved_at, ..incident.clone() };
        let over = Proposal::new(next, incident.history.errors, rule.remind_every_minutes);
        return Some(Proposal { late: conditions.alerted, ..over });
    }
    let totals = incident.totals(conditions.counters);
    let errors = totals.error_count();
    let mut next = incident.clone();
    if is_over(incident, conditions.counters, &rule, minute) {
        next.resolved_at = Some(now);
        let late = is_history(incident, conditions.counters, &rule, minute);
        if conditions.unheard && !conditions.silenced && !late {
            // Over before anybody heard of it, as when no sweep ran: it stays until it is announced.
            return None;
        }
        let over = Proposal::new(next, errors, rule.remind_every_minutes);
        return Some(Proposal { late, ..over });
    }
    next.cause = sharpened(incident.cause, &totals.errors);
    if let Some(worse) = conditions.worse {
        next.take_over(worse);
    }
    next.sum_up(conditions.counters, minute);
    // The storm reads its members' errors from their rows; doublings are enough for it.
    let notified_by_storm = incident.history.in_storm && !incident.is_notified();
    if notified_by_storm && errors >= 2 * incident.history.errors {
        next.history.errors = errors;
    }
    let remind_every_minutes = next.rule_in(rules).remind_every_minutes;
    Some(Proposal::new(next, errors, remind_every_minutes))
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
    let errors_since = |from| incident.errors_between(counters, from, minute);
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
