use std::cell::Cell;

use diagnosis::Timestamp;

use crate::engine::{Accepted, Engine, Settings};
use crate::notify::{Channel, ChannelId, Delivery, SendError, Sent};
use crate::rules::{LogMode, Rules};
use crate::store::contract::ready;
use crate::store::{Ledger as _, MemoryLedger, RulesDocument};

/// Nothing is sent here.
#[derive(Debug)]
struct Nobody(ChannelId);

impl Channel for Nobody {
    fn id(&self) -> &ChannelId {
        &self.0
    }

    async fn send(&self, _delivery: Delivery<'_>) -> Result<Sent, SendError> {
        Ok(Sent::default())
    }
}

fn engine<K: Fn() -> Timestamp>(clock: K, log_mode: LogMode) -> Engine<MemoryLedger, Nobody, K> {
    let settings = Settings {
        account: "123456789012".to_owned(),
        accepted: Accepted::Everything,
        region: None,
        rules: Rules::built_in_for(log_mode),
        log_mode,
    };
    Engine::new(MemoryLedger::default(), Vec::new(), clock, settings).with_stored_rules()
}

fn at_zero() -> Timestamp {
    Timestamp::from_millis(0)
}

fn names<K: Fn() -> Timestamp>(engine: &Engine<MemoryLedger, Nobody, K>) -> Vec<String> {
    engine.rules().rules.iter().map(|rule| rule.name.clone()).collect()
}

fn document(names: &[&str]) -> String {
    let rules: Vec<String> =
        names.iter().map(|name| format!("[[rule]]\nname = \"{name}\"\n")).collect();
    format!("version = 1\n{}", rules.concat())
}

#[test]
fn good_rules_are_in_force_at_once_and_kept() {
    let engine = engine(at_zero, LogMode::All);
    assert_eq!(names(&engine)[0], "server-errors", "the built-in ones before");
    let adoption = ready(engine.adopt_rules(&document(&["mine"]))).unwrap();
    assert!(adoption.adopted && adoption.is_news && adoption.problems.is_empty());
    assert_eq!(names(&engine), ["mine"]);
    let kept = ready(engine.ledger().stored_rules()).unwrap().unwrap();
    assert_eq!(kept.text, document(&["mine"]));
    assert!(!ready(engine.adopt_rules(&document(&["mine"]))).unwrap().is_news);
}

#[test]
fn one_bad_rule_costs_one_rule() {
    let engine = engine(at_zero, LogMode::All);
    let adoption = ready(engine.adopt_rules(&document(&["one", "BAD", "two"]))).unwrap();
    assert!(adoption.adopted);
    assert_eq!((adoption.problems.len(), names(&engine)), (1, vec!["one".into(), "two".into()]));
}

#[test]
fn a_bad_document_leaves_the_last_good_one_in_force() {
    let engine = engine(at_zero, LogMode::All);
    ready(engine.adopt_rules(&document(&["good"]))).unwrap();
    for bad in ["", "version = 2", "version = 1", "no [toml", &document(&["BAD"])] {
        let adoption = ready(engine.adopt_rules(bad)).unwrap();
        assert!(!adoption.adopted && !adoption.problems.is_empty(), "{bad}");
        assert_eq!(names(&engine), ["good"], "{bad}");
        let kept = ready(engine.ledger().stored_rules()).unwrap().unwrap();
        assert_eq!(kept.text, document(&["good"]), "{bad}");
    }
    // and it is still in force after a cold start
    let again =
        Engine { in_force: crate::engine::caches::InForce::new(Rules::built_in()), ..engine };
    ready(again.refresh_rules());
    assert_eq!(names(&again), ["good"]);
}

#[test]
fn kept_rules_are_looked_up_once_a_minute() {
    let now = Cell::new(0);
    let engine = engine(|| Timestamp::from_millis(now.get()), LogMode::All);
    let refreshed = |at: i64| {
        now.set(at);
        ready(engine.refresh_rules());
        names(&engine)[0].clone()
    };
    let keep = |name: &str| {
        let document = RulesDocument { text: document(&[name]), stored_at: at_zero() };
        ready(engine.ledger().store_rules(&document)).unwrap();
    };
    assert_eq!(refreshed(0), "server-errors", "nothing is kept");
    keep("first");
    assert_eq!(refreshed(59_999), "server-errors");
    assert_eq!(refreshed(60_000), "first");
    keep("second");
    assert_eq!(refreshed(60_001), "first");
    assert_eq!(refreshed(1_000), "second", "the clock was set back");
    keep("NOT-GOOD");
    assert_eq!(refreshed(600_000), "second", "what a newer version kept");
}

#[test]
fn without_a_parameter_kept_rules_are_not_in_force() {
    let engine = Engine { has_stored_rules: false, ..engine(at_zero, LogMode::All) };
    let document = RulesDocument { text: document(&["old"]), stored_at: at_zero() };
    ready(engine.ledger().store_rules(&document)).unwrap();
    ready(engine.refresh_rules());
    assert_eq!(names(&engine)[0], "server-errors");
}

#[test]
fn with_failures_only_rules_that_compare_are_not_in_force() {
    let rate = "[[rule]]\nname = \"rate\"\nmin_rate = 0.1\nmin_requests = 9\n";
    let engine = engine(at_zero, LogMode::Errors);
    let adoption = ready(engine.adopt_rules(&format!("{}{rate}", document(&["count"])))).unwrap();
    assert!(adoption.adopted && adoption.problems.is_empty());
    assert_eq!((adoption.skipped.len(), names(&engine)), (1, vec!["count".into()]));
    // if nothing else is left, what was in force stays
    let adoption = ready(engine.adopt_rules(&format!("version = 1\n{rate}"))).unwrap();
    assert!(!adoption.adopted && adoption.problems.len() == 1);
    assert_eq!(names(&engine), ["count"]);
}
