//! Which APIs fail in a run, when, how, and under which rules.

use alerting::Rules;
use alerting::rules::Document;
use fastrand::Rng;

use crate::traffic::FIRST_MINUTE;

/// How requests fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Failure {
    /// 502: the integration's code failed. Critical.
    Code,
    /// 504: the integration took too long. Critical.
    Timeout,
    /// 429: the rate limit of the stage. A warning, which any caller can provoke.
    Throttled,
    /// 429: the quota of an API key. A warning.
    Quota,
}

impl Failure {
    pub(crate) const ALL: [Self; 4] = [Self::Code, Self::Timeout, Self::Throttled, Self::Quota];

    pub(crate) const fn is_critical(self) -> bool {
        matches!(self, Self::Code | Self::Timeout)
    }
}

/// A source that fails for some minutes.
#[derive(Debug, Clone)]
pub(crate) struct Trouble {
    pub(crate) source: usize,
    /// The first minute.
    pub(crate) from: i64,
    /// The minute after the last one.
    pub(crate) until: i64,
    /// Errors in each minute.
    pub(crate) errors: i64,
    pub(crate) failure: Failure,
}

/// The rules that a run begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleSet {
    BuiltIn,
    /// The same errors are a warning at five and critical at thirty.
    Rising,
}

const RISING: &str = r#"
version = 1
[channels]
critical = ["slack", "sms", "email"]
warning = ["slack", "email"]
info = ["slack"]

[[rule]]
name = "many-errors"
match = { fault = ["backend-code", "backend-capacity", "aws-network"], not_cause = ["gateway-throttled"] }
window = "5m"
min_errors = 30
severity = "critical"

[[rule]]
name = "some-errors"
match = { fault = ["backend-code", "backend-capacity", "aws-network"], not_cause = ["gateway-throttled"] }
window = "5m"
min_errors = 5
severity = "warning"

[[rule]]
name = "quota"
match = { family = ["quota-exceeded"] }
min_errors = 10
severity = "warning"

[[rule]]
name = "throttling"
match = { family = ["throttled"] }
min_errors = 20
severity = "warning"
"#;

impl RuleSet {
    pub(crate) fn rules(self) -> Rules {
        Document::read(self.text()).unwrap().rules
    }

    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::BuiltIn => include_str!("../../src/rules/built_in.toml"),
            Self::Rising => RISING,
        }
    }

    /// A minute with so many critical failures crosses the threshold by itself, whatever the rest of
    /// the traffic is.
    pub(crate) const fn surely_critical(self) -> i64 {
        match self {
            Self::BuiltIn => OUTAGE_ERRORS,
            Self::Rising => 30,
        }
    }
}

/// More errors in a minute than any built-in rule on the server's errors asks for.
pub(crate) const OUTAGE_ERRORS: i64 = 12;

/// And more than any on throttling asks for.
const THROTTLED_ERRORS: i64 = 25;

/// What happens in a run.
#[derive(Debug)]
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) sources: usize,
    /// Minutes with traffic.
    pub(crate) minutes: i64,
    pub(crate) rules: RuleSet,
    pub(crate) troubles: Vec<Trouble>,
}

impl Scenario {
    pub(crate) fn chosen(rng: &mut Rng) -> Self {
        match rng.u8(..100) {
            0..30 => single_minutes(rng),
            30..45 => latecomer(rng),
            45..57 => warnings_first(rng),
            57..69 => throttled_first(rng),
            69..84 => rising(rng),
            84..90 => lasting(rng),
            90..97 => mixed(rng),
            97..99 => crowd(60, rng),
            _ => crowd(200, rng),
        }
    }

    fn new(name: &'static str, sources: usize, minutes: i64) -> Self {
        Self { name, sources, minutes, rules: RuleSet::BuiltIn, troubles: Vec::new() }
    }

    /// `source` fails in the minutes `from..until` of the run.
    fn fails(&mut self, source: usize, minutes: (i64, i64), errors: i64, failure: Failure) {
        let (from, until) = (FIRST_MINUTE + minutes.0, FIRST_MINUTE + minutes.1);
        self.troubles.push(Trouble { source, from, until, errors, failure });
    }
}

fn critical(rng: &mut Rng) -> Failure {
    [Failure::Code, Failure::Timeout][rng.usize(..2)]
}

/// A few sources, of which most fail for a minute.
fn single_minutes(rng: &mut Rng) -> Scenario {
    let mut it = Scenario::new("single minutes", [1, 2, 3, 5][rng.usize(..4)], 8);
    for source in 0..it.sources {
        if rng.u8(..3) > 0 {
            let minute = rng.i64(2..7);
            it.fails(source, (minute, minute + 1), OUTAGE_ERRORS, Failure::Code);
        }
    }
    it
}

/// Several fail from one minute on; another crosses its threshold some minutes later.
fn latecomer(rng: &mut Rng) -> Scenario {
    let first = rng.usize(3..7);
    let mut it = Scenario::new("latecomer", first + 1, 30);
    let cause = critical(rng);
    let errors = if rng.bool() { OUTAGE_ERRORS } else { 50 };
    for source in 0..first {
        it.fails(source, (2, rng.i64(3..28)), errors, cause);
    }
    let late = if rng.bool() { 14 } else { rng.i64(3..24) };
    let other = if rng.bool() { cause } else { critical(rng) };
    it.fails(first, (late, late + rng.i64(1..5)), OUTAGE_ERRORS, other);
    it
}

/// Warnings use up what there is of slots, and a critical incident follows at once.
fn warnings_first(rng: &mut Rng) -> Scenario {
    let warned = rng.usize(3..7);
    let mut it = Scenario::new("warnings first", warned + rng.usize(1..3), 12);
    for source in 0..warned {
        it.fails(source, (2, rng.i64(3..10)), 15, Failure::Quota);
    }
    for source in warned..it.sources {
        let minute = rng.i64(2..8);
        it.fails(source, (minute, minute + rng.i64(1..4)), OUTAGE_ERRORS, critical(rng));
    }
    it
}

/// Callers provoke 429s on several APIs, and a critical incident follows.
fn throttled_first(rng: &mut Rng) -> Scenario {
    let throttled = rng.usize(3..7);
    let mut it = Scenario::new("throttled first", throttled + 1, 14);
    for source in 0..throttled {
        it.fails(source, (2, rng.i64(3..10)), THROTTLED_ERRORS, Failure::Throttled);
    }
    let minute = rng.i64(3..10);
    it.fails(throttled, (minute, minute + rng.i64(1..4)), OUTAGE_ERRORS, critical(rng));
    it
}

/// A warning becomes critical.
fn rising(rng: &mut Rng) -> Scenario {
    let mut it = Scenario::new("rising", rng.usize(1..6), 16);
    it.rules = RuleSet::Rising;
    for source in 0..it.sources {
        let (warned, cause) = (rng.i64(2..6), critical(rng));
        let worse = warned + rng.i64(1..6);
        it.fails(source, (warned, worse), 6, cause);
        if rng.u8(..4) > 0 {
            it.fails(source, (worse, worse + rng.i64(1..4)), 40, cause);
        }
    }
    it
}

/// One or two fail for long, with pauses.
fn lasting(rng: &mut Rng) -> Scenario {
    let mut it = Scenario::new("lasting", rng.usize(1..3), 38);
    for source in 0..it.sources {
        let mut minute = 2;
        while minute < 34 {
            let until = (minute + rng.i64(1..12)).min(37);
            it.fails(source, (minute, until), OUTAGE_ERRORS, Failure::Code);
            minute = until + rng.i64(1..20);
        }
    }
    it
}

/// Anything on anything.
fn mixed(rng: &mut Rng) -> Scenario {
    let mut it = Scenario::new("mixed", rng.usize(4..10), 24);
    for source in 0..it.sources {
        let minute = rng.i64(2..20);
        let until = (minute + rng.i64(1..8)).min(23);
        let (errors, failure) = match rng.u8(..5) {
            0 => (THROTTLED_ERRORS, Failure::Throttled),
            1 => (15, Failure::Quota),
            _ => (rng.i64(OUTAGE_ERRORS..30), critical(rng)),
        };
        it.fails(source, (minute, until), errors, failure);
    }
    it
}

/// Very many at once.
fn crowd(sources: usize, rng: &mut Rng) -> Scenario {
    let mut it = Scenario::new("crowd", sources, 9);
    let cause = critical(rng);
    let one_cause = rng.bool();
    let spread = rng.i64(1..4);
    for source in 0..sources {
        let minute = 2 + rng.i64(0..spread);
        let cause = if one_cause { cause } else { critical(rng) };
        it.fails(source, (minute, minute + 1), OUTAGE_ERRORS, cause);
    }
    it
}
