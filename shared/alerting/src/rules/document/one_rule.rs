//! One `[[rule]]`.

use std::ops::RangeInclusive;
use std::str::FromStr;

use diagnosis::Cause;
use toml::de::DeTable;

use super::fields::{Fields, Keys};
use super::problem::{Lines, Problem};
use super::words::shown;
use crate::rules::{CountBy, Glob, Matcher, Rate, Rule, RuleKind, Severity};

const KEYS: Keys = Keys {
    of: "a rule",
    known: &[
        "name",
        "match",
        "kind",
        "count_by",
        "window",
        "min_errors",
        "min_rate",
        "min_requests",
        "min_increase",
        "severity",
        "clear_after",
        "remind_every",
    ],
};

const MATCH_KEYS: Keys = Keys {
    of: "`match`",
    known: &["family", "fault", "cause", "not_cause", "api", "stage", "route"],
};

const COUNT_BY: [(&str, CountBy); 2] = [("rule", CountBy::Rule), ("cause", CountBy::Cause)];

/// Counters are kept for days, but all of a window is read whenever it is judged.
const WINDOW_MINUTES: RangeInclusive<i64> = 1..=6 * 60;

const CLEAR_AFTER_MINUTES: RangeInclusive<i64> = 1..=6 * 60;

const REMIND_EVERY_MINUTES: RangeInclusive<i64> = 1..=7 * 24 * 60;

/// More than any source has in a window.
const COUNTS: RangeInclusive<i64> = 1..=1_000_000_000;

const MAX_NAME: usize = 64;

const MAX_GLOB: usize = 256;

/// Reads a rule, or says all that is wrong with it.
pub(super) fn read(
    lines: &Lines<'_>,
    table: &DeTable<'_>,
    begins: usize,
) -> Result<Rule, Vec<Problem>> {
    let mut fields = Fields::new(lines, table, begins);
    let name = name(&mut fields);
    if let Some(name) = &name {
        fields.owned_by(format!("rule `{name}`: "));
    }
    fields.refuse_unknown(KEYS);
    let usual = Rule::default();
    let kind = fields
        .word("kind", &named(RuleKind::ALL.iter().copied(), RuleKind::as_str))
        .unwrap_or(usual.kind);
    let mut rule = Rule {
        name: name.unwrap_or_default(),
        kind,
        matcher: Matcher::default(),
        count_by: fields.word("count_by", &COUNT_BY).unwrap_or(usual.count_by),
        window_minutes: fields.minutes("window", WINDOW_MINUTES).unwrap_or(usual.window_minutes),
        min_errors: fields.whole("min_errors", COUNTS).unwrap_or(usual.min_errors),
        rate: rate(&mut fields),
        min_increase: fields.number("min_increase", 1.0..=1_000.0),
        severity: fields
            .word("severity", &named(Severity::ALL.iter().rev().copied(), Severity::as_str))
            .unwrap_or(usual.severity),
        clear_after_minutes: fields
            .minutes("clear_after", CLEAR_AFTER_MINUTES)
            .unwrap_or(usual.clear_after_minutes),
        remind_every_minutes: fields
            .minutes("remind_every", REMIND_EVERY_MINUTES)
            .unwrap_or(usual.remind_every_minutes),
    };
    if let Some(mut inner) = fields.inner("match") {
        rule.matcher = matcher(&mut inner, kind);
        fields.problems.append(&mut inner.problems);
    }
    refuse_what_does_not_fit(&mut fields, &rule);
    if fields.problems.is_empty() { Ok(rule) } else { Err(fields.problems) }
}

fn name(fields: &mut Fields<'_>) -> Option<String> {
    if !fields.has("name") {
        fields.complain_of("name", "a rule without a `name`");
        return None;
    }
    let name = fields.text("name")?;
    if is_kebab_case(name) {
        return Some(name.to_owned());
    }
    let message = format!(
        "`{}` cannot be a rule's name: up to {MAX_NAME} lower-case letters and digits, joined by -",
        shown(name)
    );
    fields.complain_of("name", message);
    None
}

fn is_kebab_case(name: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    };
    name.len() <= MAX_NAME && name.split('-').all(is_word)
}

fn rate(fields: &mut Fields<'_>) -> Option<Rate> {
    let min_rate = fields.number("min_rate", 0.0..=1.0);
    let min_requests = fields.whole("min_requests", COUNTS);
    if fields.has("min_rate") && !fields.has("min_requests") {
        let message = "`min_rate` needs `min_requests`: a share of few requests says nothing";
        fields.complain_of("min_rate", message);
    }
    Some(Rate { min_rate: min_rate.unwrap_or(0.0), min_requests: min_requests? })
}

/// Values with the names that a document calls them by.
fn named<T: Copy>(
    values: impl Iterator<Item = T>,
    name: fn(T) -> &'static str,
) -> Vec<(&'static str, T)> {
    values.map(|value| (name(value), value)).collect()
}

fn matcher(fields: &mut Fields<'_>, kind: RuleKind) -> Matcher {
    fields.refuse_unknown(MATCH_KEYS);
    if fields.is_empty() {
        return Matcher::default();
    }
    if matches!(kind, RuleKind::Latency | RuleKind::Unreadable) {
        for key in ["family", "fault", "cause", "not_cause", "route"] {
            if fields.has(key) {
                let why = "a rule of this kind is not about failed requests";
                fields.complain_of(key, format!("`{key}` cannot be matched: {why}"));
            }
        }
    }
    Matcher {
        family: fields.narrowed_by("family", id),
        fault: fields.narrowed_by("fault", id),
        cause: fields.narrowed_by("cause", cause),
        not_cause: fields.narrowed_by("not_cause", cause),
        api: fields.narrowed_by("api", glob),
        stage: fields.narrowed_by("stage", glob),
        route: fields.narrowed_by("route", glob),
    }
}

/// One of the ids of a closed enum.
fn id<T: FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: T::Err| shown(&error.to_string()))
}

fn cause(text: &str) -> Result<Cause, String> {
    match id(text)? {
        Cause::HighLatency => {
            Err("`high-latency` is no error: use `kind = \"latency\"`".to_owned())
        }
        Cause::Unknown | Cause::Unparseable => {
            Err(format!("`{text}` is no error: use `kind = \"unreadable\"`"))
        }
        Cause::None => Err("`none` is no error".to_owned()),
        cause => Ok(cause),
    }
}

fn glob(text: &str) -> Result<Glob, String> {
    match text.len() {
        1..=MAX_GLOB => Ok(Glob::new(text)),
        0 => Err("an empty pattern matches nothing".to_owned()),
        _ => Err(format!("a pattern has at most {MAX_GLOB} bytes")),
    }
}

/// Keys that contradict each other.
fn refuse_what_does_not_fit(fields: &mut Fields<'_>, rule: &Rule) {
    if rule.kind != RuleKind::Count && fields.has("count_by") {
        fields.complain_of("count_by", "`count_by` is for `kind = \"count\"` only");
    }
    if rule.matcher.route.is_empty() {
        return;
    }
    for key in ["min_rate", "min_requests", "min_increase"] {
        if fields.has(key) {
            let why = "requests are not counted by route";
            fields.complain_of(key, format!("a rule on `route` takes no `{key}`: {why}"));
        }
    }
}
