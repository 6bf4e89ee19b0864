use std::collections::BTreeMap;

use diagnosis::{Cause, Confidence, Timestamp};

use crate::counting::{Breakdown, Counters, MinuteCounts, RouteKey};
use crate::incident::{History, Incident, IncidentId, SourceState};
use crate::rules::evaluation::{Observed, Opening, holding, openings};
use crate::rules::{
    CountBy, Document, Glob, Matcher, PAST_MINUTES, Rate, Rule, RuleKind, Rules, Severity,
};
use crate::source::Source;

const T: Cause = Cause::LambdaTimedOut;
const M: Cause = Cause::LambdaMalformedResponse;
const Q: Cause = Cause::UsagePlanQuotaExceeded;

/// A minute, its requests and its errors by cause.
type Minute<'a> = (i64, u64, &'a [(Cause, u64)]);

fn counters(minutes: &[Minute<'_>]) -> Counters {
    let mut counters = Counters::default();
    for (minute, requests, causes) in minutes {
        let causes = causes.iter().copied().collect();
        counters
            .add(*minute, &MinuteCounts { requests: *requests, causes, ..MinuteCounts::default() });
    }
    counters
}

/// A log group with these counters, of which nothing else was read.
const fn observed(counters: &Counters) -> Observed<'_> {
    static GROUP: Source = Source::LogGroup(String::new());
    static ROUTES: BTreeMap<i64, Breakdown> = BTreeMap::new();
    static FIRST_SEEN: BTreeMap<Cause, i64> = BTreeMap::new();
    Observed {
        source: &GROUP,
        api_name: None,
        counters,
        read_from: 0,
        routes: &ROUTES,
        first_seen: &FIRST_SEEN,
    }
}

/// Rules with the usual channels.
fn rules(rules: Vec<Rule>) -> Rules {
    Rules { channels: Rules::default_channels(), rules }
}

fn named(name: &str) -> Rule {
    Rule { name: name.to_owned(), ..Rule::default() }
}

/// Each opening's rule and leading cause.
fn due(rules: &Rules, observed: Observed<'_>, minute: i64) -> Vec<(String, Cause)> {
    openings(rules, observed, &SourceState::default(), minute..=minute, 0)
        .into_iter()
        .map(|opening| (opening.rule, opening.leading))
        .collect()
}

fn open(
    counters: &Counters,
    state: &SourceState,
    minutes: std::ops::RangeInclusive<i64>,
) -> Vec<Opening> {
    openings(&Rules::built_in(), observed(counters), state, minutes, 0)
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
        history: History::default(),
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
        let state = SourceState::default();
        openings(&Rules::built_in(), observed(&counts), &state, 10..=14, fresh).len()
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

#[test]
fn by_cause_each_is_judged_alone() {
    let counts = counters(&[(10, 1_000, &[(T, 30), (M, 20), (Q, 19)])]);
    let both = Rule { min_errors: 20, ..named("sum") };
    let each = Rule { count_by: CountBy::Cause, ..both.clone() };
    assert_eq!(due(&rules(vec![both]), observed(&counts), 10), [("sum".to_owned(), T)]);
    let each = rules(vec![each]);
    let found = openings(&each, observed(&counts), &SourceState::default(), 10..=10, 0);
    let led: Vec<Cause> = found.iter().map(|opening| opening.leading).collect();
    assert_eq!(led, [T, M], "and 19 are not 20");
    assert!(!found[0].covered.contains(&M));
}

#[test]
fn of_rules_that_hold_the_most_severe_opens_then_the_first() {
    use Severity::{Critical, Info, Warning};
    let counts = counters(&[(10, 100, &[(T, 10)])]);
    let order = |list: &[(&str, Severity)]| {
        let list = list.iter().map(|&(name, severity)| Rule { severity, ..named(name) }).collect();
        due(&rules(list), observed(&counts), 10).remove(0).0
    };
    assert_eq!(order(&[("a", Info), ("b", Critical), ("c", Critical), ("d", Warning)]), "b");
    assert_eq!(order(&[("a", Warning), ("b", Warning)]), "a");
}

#[test]
fn a_rule_is_about_the_sources_it_names() {
    let counts = counters(&[(10, 100, &[(T, 10)])]);
    let stage = Source::Stage { api_id: "a1b2c3d4e5".to_owned(), stage: "prod".to_owned() };
    let group = Source::LogGroup("/shop".to_owned());
    let globs = |pattern: &str| vec![Glob::new(pattern)];
    for (matcher, of_stage, of_group) in [
        (Matcher { api: globs("a1*"), ..Matcher::default() }, true, false),
        (Matcher { api: globs("shop"), ..Matcher::default() }, true, false),
        (Matcher { stage: globs("dev"), ..Matcher::default() }, false, false),
        (Matcher { api: globs("*"), stage: globs("*"), ..Matcher::default() }, true, true),
    ] {
        let rules = rules(vec![Rule { matcher, ..named("r") }]);
        let of_source = |source, api_name| {
            !due(&rules, Observed { source, api_name, ..observed(&counts) }, 10).is_empty()
        };
        assert_eq!(of_source(&stage, Some("shop")), of_stage, "{rules:?}");
        assert_eq!(of_source(&group, None), of_group, "{rules:?}");
    }
}

fn routes(minutes: &[(i64, &str, u64)]) -> BTreeMap<i64, Breakdown> {
    let mut routes: BTreeMap<i64, Breakdown> = BTreeMap::new();
    for (minute, route, count) in minutes {
        let key = (T, RouteKey::Template((*route).to_owned()));
        routes.entry(*minute).or_default().routes.insert(key, *count);
    }
    routes
}

#[test]
fn a_rule_on_a_route_counts_that_route_in_its_window() {
    let counts = counters(&[(6, 100, &[(T, 9)]), (10, 100, &[(T, 9)])]);
    let routes = routes(&[
        (5, "POST /orders", 9),
        (6, "POST /orders", 4),
        (10, "POST /orders", 5),
        (10, "GET /health", 4),
        (11, "POST /orders", 9),
    ]);
    for (pattern, min_errors, holds) in [
        ("POST /orders", 9, true),
        ("POST /orders", 10, false),
        ("* /orders*", 9, true),
        ("GET *", 4, true),
        ("GET *", 5, false),
        ("DELETE *", 1, false),
    ] {
        let matcher = Matcher { route: vec![Glob::new(pattern)], ..Matcher::default() };
        let rules = rules(vec![Rule { matcher, min_errors, ..named("r") }]);
        let found = due(&rules, Observed { routes: &routes, ..observed(&counts) }, 10);
        assert_eq!(!found.is_empty(), holds, "{pattern} {min_errors}");
    }
}

#[test]
fn a_cause_is_new_if_it_was_first_seen_in_the_window() {
    let counts = counters(&[(10, 100, &[(T, 3), (M, 3)])]);
    let rules = rules(vec![Rule { kind: RuleKind::NewCause, min_errors: 3, ..named("new") }]);
    for (first_seen, wanted) in [
        (&[(T, 10), (M, 5)][..], &[T][..]),
        (&[(T, 6), (M, 10)], &[T, M]),
        (&[(T, 5), (M, 5)], &[]),
        // not noted yet: the judge came first
        (&[(M, 5)], &[T]),
    ] {
        let first_seen: BTreeMap<Cause, i64> = first_seen.iter().copied().collect();
        let observed = Observed { first_seen: &first_seen, ..observed(&counts) };
        let mut found: Vec<Cause> =
            due(&rules, observed, 10).into_iter().map(|due| due.1).collect();
        found.sort_unstable_by_key(|cause| *cause != T);
        assert_eq!(found, wanted, "{first_seen:?}");
    }
}

#[test]
fn slow_answers_are_for_latency_rules_alone() {
    let slow = Cause::HighLatency;
    let counts = counters(&[(10, 100, &[(slow, 50)])]);
    let rate = Some(Rate { min_rate: 0.3, min_requests: 100 });
    for (kind, holds) in [
        (RuleKind::Latency, true),
        (RuleKind::Count, false),
        (RuleKind::NewCause, false),
        (RuleKind::Unreadable, false),
    ] {
        let rules = rules(vec![Rule { kind, rate, ..named("r") }]);
        assert_eq!(!due(&rules, observed(&counts), 10).is_empty(), holds, "{kind:?}");
    }
}

#[test]
fn unreadable_lines_are_a_share_of_all_lines() {
    let (broken, other) = (Cause::Unparseable, Cause::Unknown);
    let rate = Some(Rate { min_rate: 0.5, min_requests: 50 });
    let rules =
        rules(vec![Rule { kind: RuleKind::Unreadable, min_errors: 40, rate, ..named("r") }]);
    for (requests, lines, leading) in [
        (0, &[(broken, 50)][..], Some(broken)),
        (20, &[(broken, 50), (other, 10)], Some(broken)),
        (20, &[(broken, 10), (other, 60)], Some(other)),
        (60, &[(broken, 50), (other, 10)], None),
        (0, &[(broken, 39)], None),
        (0, &[(broken, 40)], None),
        (60, &[(T, 60)], None),
    ] {
        let counts = counters(&[(10, requests, lines)]);
        let found = openings(&rules, observed(&counts), &SourceState::default(), 10..=10, 0);
        assert_eq!(found.first().map(|opening| opening.leading), leading, "{requests} {lines:?}");
        for opening in &found {
            assert_eq!(opening.covered, [broken, other], "both are one problem");
        }
        let execution = Source::LogGroup("API-Gateway-Execution-Logs_a1/prod".to_owned());
        let found = due(&rules, Observed { source: &execution, ..observed(&counts) }, 10);
        assert_eq!(found, [], "lines of an execution log tell no request each");
    }
}

#[test]
fn errors_that_are_usual_for_the_source_open_nothing() {
    let refused = Cause::RequestBodyInvalid;
    let minute = 1_000;
    let past = minute - 15;
    for (usual, opens) in [((1_000, 300), false), ((1_000, 50), true), ((50, 50), true)] {
        let (requests, errors) = usual;
        let counts = counters(&[
            (past - PAST_MINUTES, 9_000, &[(refused, 9_000)]),
            (past, requests, &[(refused, errors)]),
            (minute, 300, &[(refused, 150)]),
        ]);
        let seen = observed(&counts);
        let found = due(&Rules::built_in(), seen, minute);
        assert_eq!(!found.is_empty(), opens, "{usual:?}");
        let unread = Observed { read_from: past, ..seen };
        assert_eq!(due(&Rules::built_in(), unread, minute).len(), 1, "without its past");
    }
}

#[test]
fn an_open_incident_is_as_urgent_as_the_rules_that_hold_over_it() {
    let text = r#"
version = 1
[[rule]]
name = "few"
min_errors = 5
[[rule]]
name = "many"
min_errors = 50
severity = "critical"
[[rule]]
name = "more"
min_errors = 60
severity = "critical"
"#;
    let rules = Document::read(text).unwrap().rules;
    let hold = |causes: &[(Cause, u64)], minutes: std::ops::RangeInclusive<i64>| -> Vec<String> {
        let counts = counters(&[(10, 100, causes)]);
        let holding = holding(&rules, observed(&counts), &[T], minutes);
        holding.into_iter().map(|rule| rule.name.clone()).collect()
    };
    for (errors, wanted) in
        [(4, &[][..]), (5, &["few"]), (50, &["many", "few"]), (60, &["many", "more", "few"])]
    {
        assert_eq!(hold(&[(T, errors)], 10..=10), wanted, "{errors}");
        assert_eq!(hold(&[(T, errors)], 12..=13), wanted, "in a later window");
        assert_eq!(hold(&[(T, errors)], 15..=15), [""; 0], "the window has passed");
    }
    assert_eq!(hold(&[(Q, 60)], 10..=10), [""; 0], "another problem");
}
