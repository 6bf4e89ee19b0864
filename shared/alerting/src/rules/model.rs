//! What a rule says.

use std::collections::BTreeMap;

use diagnosis::Cause;

use super::{Matcher, wilson_lower_bound};
use crate::notify::ChannelKind;

diagnosis::closed_enum! {
    /// How urgent an incident is. Ordered: `Info < Warning < Critical`.
    pub enum Severity as "severity" {
        /// Worth knowing.
        Info = "info",
        /// Worth looking at in working hours.
        Warning = "warning",
        /// Worth waking somebody.
        Critical = "critical",
    }
}

diagnosis::closed_enum! {
    /// What a rule looks for.
    #[derive(Default)]
    pub enum RuleKind as "kind of rule" {
        /// Errors, as many and as large a share as the rule says.
        #[default]
        Count = "count",
        /// A cause that the source has not had in the last 8 days.
        NewCause = "new-cause",
        /// Requests that were answered well, but slowly.
        Latency = "latency",
        /// Log lines that say nothing: of no known format, or broken.
        Unreadable = "unreadable",
    }
}

/// What a rule's threshold is held against.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum CountBy {
    /// The sum of all causes that match.
    #[default]
    Rule,
    /// Each cause by itself.
    Cause,
}

/// The share of requests that must fail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// 0 to 1, judged by its Wilson lower bound.
    pub min_rate: f64,
    /// Fewer requests say nothing about a share.
    pub min_requests: u64,
}

/// A threshold.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Kebab-case, unique.
    pub name: String,
    /// What it looks for.
    pub kind: RuleKind,
    /// Which causes, of which sources.
    pub matcher: Matcher,
    /// What the threshold is held against.
    pub count_by: CountBy,
    /// The window's length: the judged minute and those before it.
    pub window_minutes: i64,
    /// How many errors.
    pub min_errors: u64,
    /// What share, where the rule asks for one.
    pub rate: Option<Rate>,
    /// How many times as large the share of errors must be as in the [`PAST_MINUTES`] before the window,
    /// where the rule asks for that.
    pub min_increase: Option<f64>,
    /// How urgent.
    pub severity: Severity,
    /// How many quiet minutes resolve an incident.
    pub clear_after_minutes: i64,
    /// How many minutes after it was last told an open incident is told again.
    pub remind_every_minutes: i64,
}

/// What is usual for a source is what it had in so many minutes before the window.
pub const PAST_MINUTES: i64 = 3 * 60;

/// A rule that says nothing else resolves after so many quiet minutes.
const CLEAR_AFTER_MINUTES: i64 = 10;

/// A rule that says nothing else reminds every four hours.
const REMIND_EVERY_MINUTES: i64 = 4 * 60;

impl Default for Rule {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: RuleKind::Count,
            matcher: Matcher::default(),
            count_by: CountBy::Rule,
            window_minutes: 5,
            min_errors: 1,
            rate: None,
            min_increase: None,
            severity: Severity::Warning,
            clear_after_minutes: CLEAR_AFTER_MINUTES,
            remind_every_minutes: REMIND_EVERY_MINUTES,
        }
    }
}

impl Rule {
    /// Whether lines of this cause are what the rule counts.
    pub fn is_about(&self, cause: Cause) -> bool {
        match self.kind {
            RuleKind::Count | RuleKind::NewCause => cause.is_error() && self.matcher.matches(cause),
            RuleKind::Latency => cause == Cause::HighLatency,
            RuleKind::Unreadable => matches!(cause, Cause::Unknown | Cause::Unparseable),
        }
    }

    /// Whether each cause is judged alone.
    pub fn is_by_cause(&self) -> bool {
        self.kind == RuleKind::NewCause || self.count_by == CountBy::Cause
    }

    /// Whether the rule can only be judged where healthy requests are delivered too.
    pub fn needs_healthy_lines(&self) -> bool {
        self.rate.is_some() || self.min_increase.is_some() || self.kind == RuleKind::Latency
    }

    /// Whether so many errors are unusual after so many in the past: the share has grown as much as the
    /// rule asks for. A source whose past has too few requests to tell is judged without it.
    pub fn is_unusual(
        &self,
        (errors, requests): (u64, u64),
        (past_errors, past_requests): (u64, u64),
    ) -> bool {
        let Some(min_increase) = self.min_increase else { return true };
        let enough = self.rate.map_or(1, |rate| rate.min_requests.max(1));
        if past_requests < enough || requests == 0 {
            return true;
        }
        let share = errors as f64 / requests as f64;
        let usual = past_errors as f64 / past_requests as f64;
        share >= usual * min_increase
    }

    /// Whether so many errors of so many requests are too many.
    pub fn holds(&self, errors: u64, requests: u64) -> bool {
        errors >= self.min_errors.max(1)
            && self.rate.is_none_or(|rate| {
                requests >= rate.min_requests
                    && wilson_lower_bound(errors, requests) >= rate.min_rate
            })
    }

    /// Whether so many errors of so many requests, over the quiet period, are few enough to call the
    /// problem over: under half of the threshold, so that a source at the threshold does not flap.
    pub fn is_quiet(&self, errors: u64, requests: u64) -> bool {
        let few = errors * 2 < self.min_errors.max(1);
        few || self.rate.is_some_and(|rate| {
            requests >= rate.min_requests
                && wilson_lower_bound(errors, requests) < rate.min_rate / 2.0
        })
    }
}

/// Rules, and the channels that each severity goes to.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// The kinds of channels that each severity goes to; one that is left out goes to none.
    pub channels: BTreeMap<Severity, Vec<ChannelKind>>,
    /// In order: where several hold, the highest severity and then the first names the incident.
    pub rules: Vec<Rule>,
}

impl Rules {
    /// The kinds of channels that a severity goes to.
    pub fn channels(&self, severity: Severity) -> &[ChannelKind] {
        self.channels.get(&severity).map_or(&[], Vec::as_slice)
    }

    /// The kinds of channels that each severity goes to where a document does not say. A new kind is told
    /// everything: a stack that has only that one must tell somebody.
    pub fn default_channels() -> BTreeMap<Severity, Vec<ChannelKind>> {
        let from = |kind: &ChannelKind| match kind {
            ChannelKind::Sms => Severity::Critical,
            ChannelKind::Email => Severity::Warning,
            _ => Severity::Info,
        };
        let kinds = |severity: &Severity| {
            ChannelKind::named_in_rules().filter(|kind| from(kind) <= *severity).collect()
        };
        Severity::ALL.iter().map(|severity| (*severity, kinds(severity))).collect()
    }

    /// The rule of this name.
    pub fn named(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// The longest window of any rule.
    pub fn longest_window(&self) -> i64 {
        self.rules.iter().map(|rule| rule.window_minutes).max().unwrap_or(1)
    }
}

#[cfg(test)]
mod tests {
    use diagnosis::Cause;

    use super::{Rate, Rule, RuleKind};

    #[test]
    fn a_kind_counts_its_own_lines() {
        use RuleKind::{Count, Latency, NewCause, Unreadable};
        for (cause, about) in [
            (Cause::LambdaTimedOut, &[Count, NewCause][..]),
            (Cause::RouteNotFound, &[Count, NewCause]),
            (Cause::HighLatency, &[Latency]),
            (Cause::Unknown, &[Unreadable]),
            (Cause::Unparseable, &[Unreadable]),
            (Cause::None, &[]),
        ] {
            for &kind in RuleKind::ALL {
                let rule = Rule { kind, ..Rule::default() };
                assert_eq!(rule.is_about(cause), about.contains(&kind), "{cause} {kind:?}");
            }
        }
    }

    #[test]
    fn a_problem_is_over_well_under_the_threshold() {
        let rate = Some(Rate { min_rate: 0.01, min_requests: 20 });
        let rule = Rule { min_errors: 5, rate, ..Rule::default() };
        for (errors, requests, quiet) in
            [(0, 0, true), (2, 4, true), (3, 4, false), (3, 1_000, true), (30, 1_000, false)]
        {
            assert_eq!(rule.is_quiet(errors, requests), quiet, "{errors} of {requests}");
        }
    }

    #[test]
    fn what_is_usual_for_a_source_is_no_news() {
        let rate = Some(Rate { min_rate: 0.2, min_requests: 100 });
        let rule = Rule { min_increase: Some(3.0), rate, ..Rule::default() };
        for (now, past, unusual) in [
            ((50, 100), (100, 1_000), true),
            ((31, 100), (100, 1_000), true),
            ((29, 100), (100, 1_000), false),
            // more traffic with the same share is no news
            ((500, 5_000), (100, 1_000), false),
            // a past without errors, with too few requests, or none at all
            ((50, 100), (0, 1_000), true),
            ((50, 100), (99, 99), true),
            ((50, 100), (0, 0), true),
        ] {
            assert_eq!(rule.is_unusual(now, past), unusual, "{now:?} after {past:?}");
        }
        assert!(Rule::default().is_unusual((1, 100), (100, 100)), "not asked for");
    }
}
