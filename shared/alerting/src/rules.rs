//! Thresholds: which causes, how many, what share, how long.

use std::collections::BTreeMap;

use diagnosis::catalogue;
use diagnosis::{Cause, Family, Fault};
use serde::{Deserialize, Serialize};

use crate::channel::ChannelKind;
use crate::window::CauseCounts;

/// How urgent an incident is. Ordered: `Info < Warning < Critical`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Worth looking at in working hours.
    Warning,
    /// Worth waking somebody.
    Critical,
}

impl Severity {
    /// `critical`, `warning` or `info`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Which causes a rule is about: OR inside a list, AND between lists, an empty list means all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matcher {
    /// Families.
    pub family: Vec<Family>,
    /// Who must act.
    pub fault: Vec<Fault>,
    /// Causes.
    pub cause: Vec<Cause>,
    /// Causes that are left out.
    pub not_cause: Vec<Cause>,
    /// Globs for the API's id or name.
    pub api: Vec<String>,
    /// Globs for the stage.
    pub stage: Vec<String>,
    /// Globs for the route.
    pub route: Vec<String>,
}

/// What a rule looks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RuleKind {
    /// Errors, as many and as large a share as the rule says.
    #[default]
    Count,
    /// A cause that the source has not had in the last 8 days.
    NewCause,
    /// Requests that were answered well, but slowly.
    Latency,
    /// Log lines that say nothing: of no known format, or broken.
    Unreadable,
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

impl Matcher {
    /// Whether the rule is about this cause. `none`, `unknown` and `unparseable` never match.
    pub fn matches(&self, cause: Cause) -> bool {
        let any = |list_is_empty: bool, found: bool| list_is_empty || found;
        catalogue::entry(cause).is_some_and(|entry| {
            any(self.family.is_empty(), self.family.contains(&entry.family))
                && any(self.fault.is_empty(), self.fault.contains(&entry.fault))
                && any(self.cause.is_empty(), self.cause.contains(&cause))
                && !self.not_cause.contains(&cause)
        })
    }
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
    /// How urgent.
    pub severity: Severity,
    /// How many quiet minutes resolve an incident.
    pub clear_after_minutes: i64,
    /// How many minutes after it was last told an open incident is told again.
    pub remind_every_minutes: i64,
}

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
            severity: Severity::Warning,
            clear_after_minutes: CLEAR_AFTER_MINUTES,
            remind_every_minutes: REMIND_EVERY_MINUTES,
        }
    }
}

impl Rule {
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

/// The lower end of the interval that the true share of errors lies in, with 95 % certainty on its side
/// (z = 1.645). One error of one request gives 0.27, so that a quiet night's only request is no outage.
pub fn wilson_lower_bound(errors: u64, requests: u64) -> f64 {
    const Z: f64 = 1.645;
    if requests == 0 {
        return 0.0;
    }
    let n = requests as f64;
    // Errors can outnumber requests where lines come late.
    let share = (errors as f64 / n).min(1.0);
    let centre = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((centre - spread) / (1.0 + Z * Z / n)).max(0.0)
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

    /// The kinds of channels that each severity goes to where a document does not say.
    pub fn default_channels() -> BTreeMap<Severity, Vec<ChannelKind>> {
        use ChannelKind::{Email, Slack, Sms};
        BTreeMap::from([
            (Severity::Critical, vec![Slack, Sms, Email]),
            (Severity::Warning, vec![Slack, Email]),
            (Severity::Info, vec![Slack]),
        ])
    }

    /// The rule of this name.
    pub fn named(&self, name: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.name == name)
    }

    /// The longest window of any rule.
    pub fn longest_window(&self) -> i64 {
        self.rules.iter().map(|rule| rule.window_minutes).max().unwrap_or(1)
    }

    /// The rules a new user would keep: failures on the server's side page, quota and throttling warn,
    /// refusals warn only where they are many. Unknown paths are left to the internet's scanners.
    pub fn built_in() -> Self {
        Self {
            channels: Self::default_channels(),
            rules: vec![
                Rule {
                    name: "server-errors".to_owned(),
                    matcher: server_side(),
                    window_minutes: 5,
                    min_errors: 5,
                    rate: Some(Rate { min_rate: 0.01, min_requests: 20 }),
                    severity: Severity::Critical,
                    ..Rule::default()
                },
                // A small API that fails altogether, with too few requests for the rule above.
                Rule {
                    name: "server-errors-low-traffic".to_owned(),
                    matcher: server_side(),
                    window_minutes: 10,
                    min_errors: 5,
                    rate: Some(Rate { min_rate: 0.3, min_requests: 5 }),
                    severity: Severity::Critical,
                    ..Rule::default()
                },
                Rule {
                    name: "quota".to_owned(),
                    matcher: Matcher { family: vec![Family::QuotaExceeded], ..Matcher::default() },
                    window_minutes: 5,
                    min_errors: 10,
                    rate: None,
                    severity: Severity::Warning,
                    ..Rule::default()
                },
                Rule {
                    name: "throttling".to_owned(),
                    matcher: Matcher {
                        family: vec![Family::Throttled],
                        not_cause: vec![Cause::LambdaThrottled],
                        ..Matcher::default()
                    },
                    window_minutes: 5,
                    min_errors: 20,
                    rate: Some(Rate { min_rate: 0.01, min_requests: 20 }),
                    severity: Severity::Warning,
                    ..Rule::default()
                },
                Rule {
                    name: "client-errors".to_owned(),
                    matcher: client_side(),
                    window_minutes: 15,
                    min_errors: 50,
                    rate: Some(Rate { min_rate: 0.25, min_requests: 100 }),
                    severity: Severity::Warning,
                    ..Rule::default()
                },
            ],
        }
    }
}

/// Failures that the API's owner must mend: judged by whose fault they are, since a throttled function
/// is a 500 to its callers and still of the family `throttled`.
fn server_side() -> Matcher {
    Matcher {
        fault: vec![
            Fault::ApiConfiguration,
            Fault::BackendCode,
            Fault::BackendCapacity,
            Fault::AwsNetwork,
        ],
        not_cause: vec![
            // refusals, though the owner may have to change something
            Cause::ApiKeyNotInUsagePlan,
            Cause::CorsPreflightRejected,
            Cause::CustomDomainUnmapped,
            // 429, for the rule on throttling
            Cause::GatewayThrottled,
            Cause::BackendThrottled,
            // no failed request of this API
            Cause::WebsocketConnectionGone,
            Cause::HighLatency,
        ],
        ..Matcher::default()
    }
}

/// Requests that were refused, except those that scanners cause on every public API.
fn client_side() -> Matcher {
    Matcher {
        family: vec![
            Family::BadRequest,
            Family::Unauthorized,
            Family::AccessDenied,
            Family::NotFound,
            Family::MethodNotAllowed,
            Family::PayloadTooLarge,
            Family::UnsupportedMediaType,
        ],
        not_cause: vec![
            Cause::MissingAuthenticationToken,
            Cause::RouteNotFound,
            Cause::WafBlocked,
            Cause::AccessDeniedUnattributed,
            Cause::NotFoundUnattributed,
        ],
        ..Matcher::default()
    }
}

/// The cause that names an incident: most errors, a specific one before an unattributed one.
pub fn leading(errors: &CauseCounts) -> Option<Cause> {
    errors
        .iter()
        .max_by_key(|&(&cause, &count)| {
            (count, !cause.is_unattributed(), std::cmp::Reverse(cause.index()))
        })
        .map(|(&cause, _)| cause)
}

#[cfg(test)]
mod tests {
    use diagnosis::Cause;

    use super::{CauseCounts, Rules, Severity, leading, wilson_lower_bound};

    /// The rule of highest severity that this many errors of one cause, of so many requests, set off.
    fn fired(cause: Cause, errors: u64, requests: u64) -> Option<(String, Severity)> {
        let rules = Rules::built_in().rules;
        rules
            .into_iter()
            .find(|rule| rule.matcher.matches(cause) && rule.holds(errors, requests))
            .map(|rule| (rule.name, rule.severity))
    }

    #[test]
    fn what_the_built_in_rules_disturb_people_for() {
        for (cause, errors, requests, wanted) in [
            // the server's side pages
            (Cause::LambdaTimedOut, 30, 400, Some("server-errors")),
            (Cause::LambdaThrottled, 30, 400, Some("server-errors")),
            (Cause::InternalErrorUnattributed, 30, 400, Some("server-errors")),
            (Cause::LambdaPermissionMissing, 30, 400, Some("server-errors")),
            // a small API that fails altogether pages
            (Cause::LambdaTimedOut, 5, 5, Some("server-errors-low-traffic")),
            // one failure in a quiet night does not
            (Cause::LambdaTimedOut, 1, 1, None),
            (Cause::LambdaTimedOut, 4, 4, None),
            // nor does an ordinary share of a busy day
            (Cause::LambdaTimedOut, 50, 10_000, None),
            // quota and throttling warn
            (Cause::UsagePlanQuotaExceeded, 10, 10_000, Some("quota")),
            (Cause::UsagePlanQuotaExceeded, 9, 10, None),
            (Cause::GatewayThrottled, 40, 1_000, Some("throttling")),
            (Cause::TooManyRequestsUnattributed, 40, 1_000, Some("throttling")),
            // client errors only where they are many
            (Cause::RequestBodyInvalid, 40, 100, None),
            (Cause::RequestBodyInvalid, 80, 200, Some("client-errors")),
            // scanners never
            (Cause::MissingAuthenticationToken, 5_000, 5_000, None),
            (Cause::RouteNotFound, 5_000, 5_000, None),
            (Cause::AccessDeniedUnattributed, 5_000, 5_000, None),
            // nothing is wrong with these
            (Cause::None, 5_000, 5_000, None),
            (Cause::HighLatency, 5_000, 5_000, None),
        ] {
            let name = fired(cause, errors, requests).map(|(name, _)| name);
            assert_eq!(name.as_deref(), wanted, "{errors} {cause} of {requests}");
        }
    }

    #[test]
    fn only_the_servers_side_is_critical() {
        for cause in Cause::ALL {
            if let Some((name, Severity::Critical)) = fired(*cause, 1_000, 1_000) {
                assert!(name.starts_with("server-errors"), "{cause}");
            }
        }
    }

    #[test]
    fn the_lower_bound_is_wary_of_small_numbers() {
        for (errors, requests, bound) in [
            (0, 0, 0.0),
            (0, 10, 0.0),
            (1, 1, 0.27),
            (3, 3, 0.53),
            (5, 10, 0.27),
            (5, 100, 0.025),
            (20, 1_000, 0.014),
            (7, 5, 0.65),
        ] {
            let found = wilson_lower_bound(errors, requests);
            assert!((found - bound).abs() < 0.006, "{errors} of {requests}: {found}");
        }
    }

    #[test]
    fn a_problem_is_over_well_under_the_threshold() {
        let rule = Rules::built_in().rules.remove(0);
        for (errors, requests, quiet) in
            [(0, 0, true), (2, 4, true), (3, 4, false), (3, 1_000, true), (30, 1_000, false)]
        {
            assert_eq!(rule.is_quiet(errors, requests), quiet, "{errors} of {requests}");
        }
    }

    #[test]
    fn the_leading_cause_has_most_errors_and_is_specific_on_a_tie() {
        let counts = |pairs: &[(Cause, u64)]| pairs.iter().copied().collect::<CauseCounts>();
        let (specific, vague) = (Cause::LambdaTimedOut, Cause::BadGatewayUnattributed);
        assert_eq!(leading(&counts(&[])), None);
        assert_eq!(leading(&counts(&[(specific, 3), (vague, 3)])), Some(specific));
        assert_eq!(leading(&counts(&[(specific, 3), (vague, 4)])), Some(vague));
    }
}
