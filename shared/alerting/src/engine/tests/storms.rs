//! Many sources at once.

use super::*;
use crate::Severity;
use crate::store::LiveSource;

use Event::{Opened, Resolved, Updated};

fn stage(n: u64) -> Source {
    Source::Stage { api_id: format!("api{n:05}"), stage: "prod".to_owned() }
}

impl<K: Clock> World<K> {
    fn count_each(&self, sources: std::ops::Range<u64>, errors: u64) {
        for n in sources {
            self.count(&stage(n), Cause::LambdaThrottled, errors + n);
        }
    }

    fn storm(&self) -> Vec<crate::Incident> {
        ready(self.engine.ledger().state(&Source::Everywhere)).unwrap().incidents
    }

    fn open(&self) -> usize {
        let open: Vec<LiveSource> = ready(self.engine.ledger().live_sources(i64::MAX)).unwrap();
        open.len()
    }
}

fn events(told: &[Notification]) -> Vec<Event> {
    told.iter().map(|told| told.event).collect()
}

#[test]
fn five_thousand_sources_at_once_are_four_messages() {
    const SOURCES: u64 = 5_000;
    let world = world();
    world.count_each(0..SOURCES, 10);
    let told = world.sweep().notifications;
    assert_eq!(events(&told), [Opened; 4], "three by themselves, the others together");
    assert_eq!((world.slack_messages(), world.sms.sent.borrow().len()), (4, 4));
    let storm = &told[3].incident;
    assert_eq!((storm.cause, storm.severity), (Cause::LambdaThrottled, Severity::Critical));
    assert_eq!((storm.requests, storm.callers, storm.api_id.as_deref()), (None, None, None));
    let known = world.storm()[0].history.members.clone().unwrap();
    assert_eq!(known.count, SOURCES - 3);
    assert_eq!((known.top.len(), known.top[0].errors), (10, 10 + SOURCES - 1));
    assert_eq!(known.top[0].place, format!("api{:05}/prod", SOURCES - 1));
    assert_eq!(world.open() as u64, SOURCES + 1);
    // More of the same repeats nothing, and quiet resolves each of the four once.
    let told = world.sweep_minutes(10);
    assert_eq!(events(&told), []);
    let told = world.sweep_minutes(2);
    assert_eq!(events(&told), [Resolved; 4]);
    assert_eq!((told[3].incident.id.as_str(), world.open()), (storm.id.as_str(), 0));
    assert_eq!(world.sms.sent.borrow().len(), 7, "a storm sends one SMS, when it opens");
}

#[test]
fn a_storm_that_grows_is_updated_and_takes_in_who_fails_for_its_reason() {
    let world = world();
    world.count_each(0..10, 10);
    assert_eq!(events(&world.sweep().notifications), [Opened; 4]);
    // 20 more, then 100 more: told when they are twice as many, at most once in five minutes
    let mut told = Vec::new();
    for minute in 1..=12 {
        world.advance(MINUTE);
        world.count_each(0..if minute < 8 { 30 } else { 130 }, 10);
        told.extend(world.sweep().notifications.into_iter().map(|told| (minute, told.event)));
    }
    // Minute 6 and later: passes are free again, but the storm is on.
    let storm: Vec<_> = told.iter().filter(|(_, event)| *event != Opened).collect();
    assert_eq!(told.len(), storm.len(), "nobody is told alone: {told:?}");
    let updates: Vec<i64> =
        told.iter().filter(|(_, e)| *e == Updated).map(|(minute, _)| *minute).collect();
    assert!(updates.contains(&5) && updates.contains(&10), "{told:?}");
    assert_eq!(world.storm()[0].history.members.as_ref().unwrap().count, 127);
}

#[test]
fn a_fourth_problem_without_company_is_told_by_itself_within_two_minutes() {
    let world = world();
    world.count_each(0..3, 10);
    assert_eq!(events(&world.sweep().notifications), [Opened; 3]);
    world.advance(30_000);
    world.count(&stage(9), Cause::LambdaTimedOut, 10);
    let told = world.sweep_minutes(2);
    assert_eq!(events(&told), [Opened]);
    assert_eq!(told[0].incident.api_id.as_deref(), Some("api00009"));
    assert!(world.storm().is_empty());
    let told = world.sweep_minutes(12);
    assert_eq!(events(&told), [Resolved; 4]);
}

#[test]
fn a_storm_of_days_swallows_no_other_problem() {
    let world = world();
    world.count_each(0..10, 10);
    world.sweep();
    // One of its members goes on.
    for _ in 0..60 {
        world.advance(MINUTE);
        world.count_each(9..10, 10);
        world.sweep();
    }
    assert_eq!(world.open(), 2, "the member and the storm");
    for (n, cause) in [(50, Cause::LambdaTimedOut), (51, Cause::LambdaThrottled)] {
        world.count(&stage(n), cause, 10);
        let told = world.sweep().notifications;
        let told: Vec<_> = told.iter().filter(|told| told.event == Opened).collect();
        assert_eq!(told.len(), 1, "{cause}");
        assert_eq!(told[0].incident.api_id.as_deref(), stage(n).api_id());
    }
}

#[test]
fn a_sweep_without_time_for_all_sources_ends_in_time_and_starves_none() {
    const SOURCES: u64 = 1_000;
    // Whoever looks at the clock finds that 5 ms have passed.
    let world = world_with(Rules::built_in(), |clock| clock.set(clock.get().plus_millis(5)));
    world.count_each(0..SOURCES, 10);
    let mut messages = 0;
    for sweep in 1.. {
        let began = world.clock.get();
        let report = world.sweep();
        let took = world.clock.get().as_millis() - began.as_millis();
        assert!(took < 22_000, "{took} ms");
        messages += report.notifications.len();
        if sweep == 1 {
            assert!(report.unevaluated_sources > SOURCES / 10, "{}", report.unevaluated_sources);
            assert_eq!(messages, 4);
        }
        if world.open() as u64 == SOURCES + 1 {
            break;
        }
        assert!(sweep < 14, "{} of {SOURCES}", world.open());
        world.clock.set(began.plus_millis(MINUTE));
    }
    assert!(messages <= 6, "{messages}");
}
