//! What counters mean under the rules: which incidents are due to open. Pure.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use diagnosis::Cause;
use diagnosis::catalogue;

use crate::incident::SourceState;
use crate::rules::{Rule, Rules, leading};
use crate::window::{CauseCounts, Counters};

/// A cause with at least this share of an incident's errors is named in it.
const LISTED_SHARE: f64 = 0.1;

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
}

/// The incidents that are due to open, judging each of the `minutes` in turn. Errors that an incident
/// already covers open nothing, nor does a window without an error since the minute `fresh`: lines that
/// come so late are history. Where several rules hold, the highest severity and then the first in the
/// file opens.
pub(crate) fn openings(
    rules: &Rules,
    counters: &Counters,
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
            let best = rules
                .rules
                .iter()
                .enumerate()
                .filter_map(|(place, rule)| {
                    Some((place, rule, judge(rule, counters, minute, fresh, free)?))
                })
                .max_by_key(|(place, rule, _)| (rule.severity, std::cmp::Reverse(*place)));
            let Some((_, _, opening)) = best else { break };
            found.push(opening);
        }
    }
    found
}

/// Whether a rule holds in the window that ends with `minute`.
fn judge(
    rule: &Rule,
    counters: &Counters,
    minute: i64,
    fresh: i64,
    free: impl Fn(i64, Cause) -> bool,
) -> Option<Opening> {
    let window_start = minute - rule.window_minutes + 1;
    let wanted = |at: i64, cause: Cause| rule.matcher.matches(cause) && free(at, cause);
    if counters.errors(fresh.max(window_start), minute, wanted).is_empty() {
        return None;
    }
    let errors = counters.errors(window_start, minute, wanted);
    let total: u64 = errors.values().sum();
    if !rule.holds(total, counters.requests(window_start, minute)) {
        return None;
    }
    let leading = leading(&errors)?;
    Some(Opening {
        rule: rule.name.clone(),
        minute,
        window_start,
        leading,
        covered: covered(leading, &errors),
    })
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
mod tests {
    use diagnosis::{Cause, Confidence, Timestamp};

    use super::{Opening, openings};
    use crate::incident::{Incident, IncidentId, SourceState};
    use crate::rules::{Rules, Severity};
    use crate::source::Source;
    use crate::window::{Counters, MinuteCounts};

    const T: Cause = Cause::LambdaTimedOut;
    const M: Cause = Cause::LambdaMalformedResponse;
    const Q: Cause = Cause::UsagePlanQuotaExceeded;

    /// A minute, its requests and its errors by cause.
    type Minute<'a> = (i64, u64, &'a [(Cause, u64)]);

    fn counters(minutes: &[Minute<'_>]) -> Counters {
        let mut counters = Counters::default();
        for (minute, requests, causes) in minutes {
            let causes = causes.iter().copied().collect();
            let counts = MinuteCounts { requests: *requests, causes, ..MinuteCounts::default() };
            counters.add(*minute, &counts);
        }
        counters
    }

    fn open(
        counters: &Counters,
        state: &SourceState,
        minutes: std::ops::RangeInclusive<i64>,
    ) -> Vec<Opening> {
        openings(&Rules::built_in(), counters, state, minutes, 0)
    }

    fn state(covered: &[Cause], window_start: i64, resolved: Option<i64>) -> SourceState {
        let source = Source::LogGroup("g".to_owned());
        let incident = Incident {
            id: IncidentId::new("1", &source, covered[0], window_start),
            source,
            log_group: "g".to_owned(),
            rule: "server-errors".to_owned(),
            severity: Severity::Critical,
            opening_cause: covered[0],
            cause: covered[0],
            confidence: Confidence::High,
            covered: covered.to_vec(),
            window_start,
            opened_at: Timestamp::of_minute(window_start),
            resolved_at: resolved.map(Timestamp::of_minute),
            seq: 1,
        };
        SourceState { version: 1, incidents: vec![incident] }
    }

    #[test]
    fn errors_of_several_minutes_add_up_to_an_opening() {
        let counts = counters(&[(10, 50, &[(T, 2)]), (12, 50, &[(T, 1)]), (14, 50, &[(T, 2)])]);
        let found = open(&counts, &SourceState::default(), 10..=14);
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].rule.as_str(), found[0].minute, found[0].leading),
            ("server-errors", 14, T)
        );
        assert_eq!(found[0].window_start, 10);
        // the same errors, too far apart
        let counts = counters(&[(10, 50, &[(T, 2)]), (15, 50, &[(T, 3)])]);
        assert!(open(&counts, &SourceState::default(), 10..=15).is_empty());
    }

    #[test]
    fn causes_that_a_rule_sums_open_one_incident_together() {
        let counts = counters(&[(10, 100, &[(T, 3), (M, 3)])]);
        let found = open(&counts, &SourceState::default(), 10..=10);
        assert_eq!(found.len(), 1);
        assert!(found[0].covered.contains(&T) && found[0].covered.contains(&M));
    }

    #[test]
    fn different_problems_open_different_incidents() {
        let counts = counters(&[(10, 100, &[(T, 10), (Q, 20)])]);
        let rules: Vec<String> =
            open(&counts, &SourceState::default(), 10..=10).into_iter().map(|o| o.rule).collect();
        assert_eq!(rules, ["server-errors", "quota"], "the highest severity first");
    }

    #[test]
    fn an_open_incident_opens_nothing_again() {
        let counts = counters(&[(10, 100, &[(T, 10)]), (11, 100, &[(T, 50)])]);
        assert!(open(&counts, &state(&[T], 6, None), 10..=11).is_empty());
        assert_eq!(open(&counts, &state(&[M], 6, None), 10..=11).len(), 1);
    }

    #[test]
    fn an_unattributed_incident_takes_in_what_it_may_turn_out_to_be() {
        let vague = Cause::BadGatewayUnattributed;
        let counts = counters(&[(10, 100, &[(vague, 10)])]);
        let found = open(&counts, &SourceState::default(), 10..=10);
        assert!(found[0].covered.contains(&Cause::LambdaFunctionError));
    }

    #[test]
    fn lines_that_come_late_do_not_reopen_what_is_resolved() {
        let counts = counters(&[(10, 100, &[(T, 10)]), (40, 100, &[(T, 10)])]);
        let resolved = state(&[T], 6, Some(25));
        assert!(open(&counts, &resolved, 10..=25).is_empty());
        assert_eq!(open(&counts, &resolved, 26..=40).len(), 1);
    }

    #[test]
    fn a_window_without_a_fresh_error_is_history() {
        let counts = counters(&[(10, 100, &[(T, 10)])]);
        let due = |fresh| {
            openings(&Rules::built_in(), &counts, &SourceState::default(), 10..=14, fresh).len()
        };
        assert_eq!((due(10), due(11)), (1, 0));
    }

    #[test]
    fn a_cause_with_a_small_share_stays_free() {
        let counts = counters(&[(10, 1_000, &[(T, 300), (M, 4)])]);
        let found = open(&counts, &SourceState::default(), 10..=10);
        assert_eq!(found.len(), 1);
        assert!(!found[0].covered.contains(&M));
    }
}
