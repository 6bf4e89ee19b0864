//! What happens under a silence, and when it ends.

use super::*;
use crate::incident::{Scope, Silence};

use Event::{Opened, Resolved, Updated};

impl<K: Clock> World<K> {
    fn silence(&self, scope: Scope, minutes: i64) -> Silence {
        let now = self.clock.get();
        let silence = Silence::new(scope, now, now.plus_millis(minutes * MINUTE), "ann").unwrap();
        assert_eq!(ready(self.engine.silence(&silence)).unwrap(), None);
        silence
    }
}

fn route(route: &str) -> Scope {
    Scope { route: vec![route.to_owned()], ..Scope::default() }
}

fn cause(cause: &str) -> Scope {
    Scope { cause: vec![cause.to_owned()], ..Scope::default() }
}

#[test]
fn what_opens_under_a_silence_is_told_when_it_ends_and_only_then() {
    for scope in [
        Scope::default(),
        Scope { api: vec!["a1b2*".to_owned()], ..Scope::default() },
        Scope { stage: vec!["prod".to_owned()], ..Scope::default() },
        cause("integration-timeout"),
        route("POST /orders"),
    ] {
        let world = world();
        world.silence(scope.clone(), 30);
        let told = world.minutes(40, |_| 10);
        assert_eq!(told, [(29, Opened)], "{scope:?}");
        assert_eq!(world.incidents().len(), 1);
        assert_eq!(world.slack_messages(), 1);
    }
}

#[test]
fn a_silence_for_something_else_changes_nothing() {
    for scope in [
        Scope { api: vec!["other".to_owned()], ..Scope::default() },
        Scope { stage: vec!["dev".to_owned()], ..Scope::default() },
        cause("lambda-timed-out"),
        route("GET /cart"),
    ] {
        let world = world();
        world.silence(scope.clone(), 30);
        assert_eq!(world.minutes(3, |_| 10), [(0, Opened)], "{scope:?}");
    }
}

#[test]
fn what_is_over_before_its_silence_ends_is_never_told() {
    let world = world();
    world.silence(Scope::default(), 60);
    assert_eq!(world.minutes(90, |minute| u64::from(minute < 5) * 10), []);
    let incidents = world.incidents();
    assert_eq!((incidents.len(), incidents[0].is_open(), incidents[0].seq), (1, false, 0));
    assert_eq!(ready(world.engine.ledger().silences(world.clock.get())).unwrap(), []);
}

#[test]
fn a_silence_holds_updates_and_reminders_and_lets_a_resolution_through() {
    let world = world();
    world.minute(10, 20);
    world.silence(Scope::default(), 6 * 60);
    assert_eq!(world.minutes(5 * 60, |_| 10), [], "neither an update nor a reminder");
    let told = world.minutes(61, |_| 10);
    assert_eq!(told, [(59, Updated)], "what was held is told once");
    world.silence(Scope::default(), 60);
    assert_eq!(world.minutes(15, |_| 0), [(9, Resolved)], "they know of it");
}

#[test]
fn a_new_route_breaks_out_of_a_silence_for_another() {
    let world = world();
    world.silence(route("POST /orders"), 60);
    assert_eq!(world.minutes(3, |_| 10), []);
    let at = world.clock.get().as_millis();
    let cart: Vec<String> =
        timeouts(3, at).iter().map(|line| line.replace("/orders", "/cart")).collect();
    world.ingest(&payload(&cart));
    let told = world.sweep_minutes(1);
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].event, told[0].incident.errors), (Opened, 33));
}

#[test]
fn of_two_who_end_a_silence_one_is_first() {
    let world = world();
    let silence = world.silence(Scope::default(), 60);
    let same = Silence { author: "bob".to_owned(), ..silence.clone() };
    assert_eq!(ready(world.engine.silence(&same)).unwrap(), Some(silence.clone()));
    assert_eq!(world.minutes(3, |_| 10), []);
    let end = || ready(world.engine.end_silence(&silence.id)).unwrap();
    assert_eq!(end(), Some(silence.clone()));
    assert_eq!(end(), None);
    assert_eq!(world.minutes(2, |_| 10), [(0, Opened)]);
}
