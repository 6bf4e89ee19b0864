//! What counters mean under the rules: which incidents are due to open, and which rules hold over an open
//! one. Pure.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use diagnosis::Cause;
use diagnosis::catalogue;

use crate::counting::{Breakdown, CauseCounts, Counters};
use crate::incident::SourceState;
use crate::rules::{PAST_MINUTES, Rule, RuleKind, Rules, leading};
use crate::source::Source;

/// A cause with at least this share of an incident's errors is named in it.
const LISTED_SHARE: f64 = 0.1;

/// Every line of an execution log is one that tells no request by itself.
const EXECUTION_LOGS: &str = "API-Gateway-Execution-Logs_";

/// What is known of a source: what the judged windows hold, and what the rules in force need besides.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Observed<'a> {
    /// The source.
    pub(crate) source: &'a Source,
    /// The name of its API, where that is known.
    pub(crate) api_name: Option<&'a str>,
    /// Its counters.
    pub(crate) counters: &'a Counters,
    /// The first minute that the counters were read from. Where they do not reach back to a rule's past,
    /// the rule is judged without it.
    pub(crate) read_from: i64,
    /// Routes by minute; read for rules on `route` only.
    pub(crate) routes: &'a BTreeMap<i64, Breakdown>,
    /// When each cause was first seen, of those seen in the last 8 days; read for rules on new causes
    /// only.
    pub(crate) first_seen: &'a BTreeMap<Cause, i64>,
}

/// An incident that is due to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Opening {
    /// The rule that holds.
    pub(crate) rule: String,
    /// The judged minute.
    pub(crate) minute: i64,
    /// The first minute of its window.
    pub(crate) window_start: i64,
    /// The cause that names it.
    pub(crate) leading: Cause,
    /// The causes whose errors belong to it.
    pub(crate) covered: Vec<Cause>,
    /// The errors that the rule counts in its window.
    pub(crate) errors: u64,
    /// Requests in the window, or lines for a rule about lines.
    pub(crate) requests: u64,
}

/// The incidents that are due to open, judging each of the `minutes` in turn. Errors that an incident
/// already covers open nothing, nor does a window without an error since the minute `fresh`: lines that
/// come so late are history. Where several rules hold, the highest severity and then the first in the
/// file opens.
pub(crate) fn openings(
    rules: &Rules,
    observed: Observed<'_>,
    state: &SourceState,
    minutes: RangeInclusive<i64>,
    fresh: i64,
) -> Vec<Opening> {
    let mut found: Vec<Opening> = Vec::new();
    for minute in minutes {
        loop {
            let covered_by_new: BTreeSet<Cause> =
                found.iter().flat_map(|opening| opening.covered.iter().copied()).collect();
            let free = |at: i64, cause: Cause| {
                !state.covers(cause, at) && !covered_by_new.contains(&cause)
            };
            let due = rules.rules.iter().filter_map(|rule| {
                let found = evaluate(rule, observed, minute, fresh, free)?;
                Some((rule, found))
            });
            // The first of the most severe: `max_by_key` would take the last.
            let best = due
                .reduce(|best, next| if next.0.severity > best.0.severity { next } else { best });
            let Some((_, opening)) = best else { break };
            found.push(opening);
        }
    }
    found
}

/// The rules that hold over the causes of an incident in windows that end in one of `minutes`, the
/// highest severity first and then the first in the file: an open incident is as urgent as the first.
pub(crate) fn holding<'r>(
    rules: &'r Rules,
    observed: Observed<'_>,
    covered: &[Cause],
    minutes: RangeInclusive<i64>,
) -> Vec<&'r Rule> {
    let of_incident = |_, cause| covered.contains(&cause);
    let holds = |rule: &&Rule| {
        minutes
            .clone()
            .any(|minute| evaluate(rule, observed, minute, i64::MIN, of_incident).is_some())
    };
    let mut holding: Vec<&Rule> = rules.rules.iter().filter(holds).collect();
    holding.sort_by_key(|rule| std::cmp::Reverse(rule.severity));
    holding
}

/// The errors of a source by cause that `free` accepts, in the first window that ends in one of `minutes` and
/// over which a rule holds.
pub(crate) fn errors_that_hold(
    rule: &Rule,
    observed: Observed<'_>,
    mut minutes: RangeInclusive<i64>,
    free: impl Fn(i64, Cause) -> bool + Copy,
) -> Option<CauseCounts> {
    let found = minutes.find_map(|minute| evaluate(rule, observed, minute, i64::MIN, free))?;
    let window = found.window_start..=found.minute;
    Some(errors(rule, observed, window, |at, cause| rule.is_about(cause) && free(at, cause)))
}

/// Whether a rule holds in the window that ends with `minute`, over the lines that `wanted` accepts.
fn evaluate(
    rule: &Rule,
    observed: Observed<'_>,
    minute: i64,
    fresh: i64,
    wanted: impl Fn(i64, Cause) -> bool,
) -> Option<Opening> {
    if !is_about(rule, observed) {
        return None;
    }
    let window_start = minute - rule.window_minutes + 1;
    let is_new = |cause| {
        rule.kind != RuleKind::NewCause
            || observed.first_seen.get(&cause).is_none_or(|&first| first >= window_start)
    };
    let wanted = |at: i64, cause: Cause| rule.is_about(cause) && is_new(cause) && wanted(at, cause);
    let recent = errors(rule, observed, fresh.max(window_start)..=minute, wanted);
    if recent.is_empty() {
        return None;
    }
    let found = errors(rule, observed, window_start..=minute, wanted);
    let requests = requests(rule, observed, window_start..=minute);
    let holds = |errors: u64, causes: &[Cause]| {
        rule.holds(errors, requests)
            && is_unusual(rule, observed, window_start, (errors, requests), causes)
    };
    let alone =
        |&(cause, errors): &(Cause, u64)| recent.contains_key(&cause) && holds(errors, &[cause]);
    let (leading, together) = if rule.is_by_cause() {
        let found: CauseCounts = found.into_iter().filter(alone).collect();
        let leading = leading(&found)?;
        (leading, CauseCounts::from([(leading, found[&leading])]))
    } else {
        let causes: Vec<Cause> = found.keys().copied().collect();
        let all = holds(found.values().sum(), &causes).then_some(found)?;
        (leading(&all)?, all)
    };
    let mut covered = covered(leading, &together);
    if rule.kind == RuleKind::Unreadable {
        covered = vec![Cause::Unparseable, Cause::Unknown];
    }
    let errors = together.values().sum();
    let rule = rule.name.clone();
    Some(Opening { rule, minute, window_start, leading, covered, errors, requests })
}

/// Whether a rule is about a source at all.
fn is_about(rule: &Rule, observed: Observed<'_>) -> bool {
    let of_kind = rule.kind != RuleKind::Unreadable
        || !matches!(observed.source, Source::LogGroup(name) if name.starts_with(EXECUTION_LOGS));
    of_kind && rule.matcher.matches_source(observed.source, observed.api_name)
}

/// What a rule counts, by cause.
fn errors(
    rule: &Rule,
    observed: Observed<'_>,
    minutes: RangeInclusive<i64>,
    wanted: impl Fn(i64, Cause) -> bool,
) -> CauseCounts {
    let (from, to) = minutes.into_inner();
    if rule.matcher.route.is_empty() {
        return observed.counters.errors(from, to, wanted);
    }
    let mut errors = CauseCounts::new();
    // A range that ends before it begins would panic.
    for (&minute, breakdown) in observed.routes.range(from..=to.max(from)) {
        for (cause, route, count) in breakdown.errors_by_route() {
            if minute <= to && wanted(minute, cause) && rule.matcher.matches_route(route) {
                *errors.entry(cause).or_default() += count;
            }
        }
    }
    errors
}

/// What a rule's share is a share of: requests, or lines for one about lines.
fn requests(rule: &Rule, observed: Observed<'_>, minutes: RangeInclusive<i64>) -> u64 {
    let (from, to) = minutes.into_inner();
    let requests = observed.counters.requests(from, to);
    if rule.kind != RuleKind::Unreadable {
        return requests;
    }
    let unread = observed.counters.errors(from, to, |_, cause| rule.is_about(cause));
    let told = requests + unread.values().sum::<u64>();
    // Lines that name a stage are requests of that stage, and only lines of the log group here.
    told.max(observed.counters.lines(from, to))
}

/// Whether errors of these causes are unusual beside what the source had before the window.
fn is_unusual(
    rule: &Rule,
    observed: Observed<'_>,
    window_start: i64,
    now: (u64, u64),
    causes: &[Cause],
) -> bool {
    let past = window_start - PAST_MINUTES..=window_start - 1;
    if observed.read_from > *past.start() {
        return true;
    }
    let errors = errors(rule, observed, past.clone(), |_, cause| causes.contains(&cause));
    rule.is_unusual(now, (errors.values().sum(), requests(rule, observed, past)))
}

/// The causes that belong to an incident: the leading one, what it may turn out to be, and those with a
/// share worth naming. A cause with a smaller share stays free to open an incident of its own.
fn covered(leading: Cause, errors: &CauseCounts) -> Vec<Cause> {
    let may_be = catalogue::entry(leading).map_or(&[][..], |entry| entry.may_be);
    let mut covered = vec![leading];
    covered.extend(listed(errors).into_iter().map(|(cause, _)| cause).filter(|&c| c != leading));
    for &cause in may_be {
        if !covered.contains(&cause) {
            covered.push(cause);
        }
    }
    covered
}

/// The causes with at least a tenth of the errors, most errors first.
pub(crate) fn listed(errors: &CauseCounts) -> Vec<(Cause, u64)> {
    let total: u64 = errors.values().sum();
    let mut listed: Vec<(Cause, u64)> = errors
        .iter()
        .filter(|&(_, &count)| count as f64 >= total as f64 * LISTED_SHARE)
        .map(|(&cause, &count)| (cause, count))
        .collect();
    listed.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.is_unattributed().cmp(&b.0.is_unattributed())));
    listed
}

#[cfg(test)]
mod tests;
