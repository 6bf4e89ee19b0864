//! Who gets a turn when messages fail, and how long the oldest has waited.

use std::collections::BTreeSet;

use diagnosis::Timestamp;

use super::{HOUR, MINUTE, SECOND, START, World, incident, sweep, usual};
use crate::clock::Clock;
use crate::engine::deliver::DeliveryRun;
use crate::incident::Event::Opened;
use crate::incident::Incident;
use crate::rules::Severity;
use crate::store::Ledger as _;
use crate::store::contract::ready;

/// Incidents of which the channel refuses every message.
fn refuse_always<K: Clock>(world: &World<K>, incidents: &[Incident]) {
    world.slack.refused.borrow_mut().extend(incidents.iter().map(|of| of.id.to_string()));
}

fn taken<K: Clock>(world: &World<K>) -> Vec<String> {
    world.slack.taken.borrow().iter().map(|(_, id, _)| id.clone()).collect()
}

/// Sweeps, one a minute, until a message of the incident has gone out.
fn sweeps_until_sent<K: Clock>(world: &World<K>, wanted: &Incident, at_most: i64) -> Option<i64> {
    let start = (world.clock.get().as_millis() - START) / MINUTE;
    (1..=at_most).find(|sweeps| {
        world.at((start + sweeps - 1) * MINUTE);
        world.sweep();
        taken(world).contains(&wanted.id.to_string())
    })
}

#[test]
fn messages_behind_some_that_always_fail_get_their_turn_within_a_bounded_number_of_sweeps() {
    // Three attempts that fail in a row end a run, so the first run tries three.
    for (failing, at_most) in [(1, 1), (2, 1), (3, 2), (6, 3), (15, 6), (60, 21)] {
        let world = usual();
        let bad: Vec<Incident> = (0..failing).map(|n| incident(n, n as i64)).collect();
        refuse_always(&world, &bad);
        for bad in &bad {
            world.enqueue(&world.slack, bad, 1, Opened);
        }
        let good = incident(1_000, HOUR);
        world.enqueue(&world.slack, &good, 1, Opened);
        let sweeps = sweeps_until_sent(&world, &good, 60);
        assert!(
            sweeps.is_some_and(|sweeps| sweeps <= at_most),
            "{failing} failing: {sweeps:?} sweeps"
        );
    }
}

#[test]
fn a_new_message_does_not_wait_for_those_that_have_failed_before() {
    for failing in [3, 15, 60, 200] {
        let world = usual();
        let bad: Vec<Incident> = (0..failing).map(|n| incident(n, n as i64)).collect();
        refuse_always(&world, &bad);
        for bad in &bad {
            world.enqueue(&world.slack, bad, 1, Opened);
        }
        world.sweep_until(90 * MINUTE);
        let good = incident(1_000, 90 * MINUTE);
        world.enqueue(&world.slack, &good, 1, Opened);
        world.at(91 * MINUTE);
        world.sweep();
        assert_eq!(taken(&world), [good.id.to_string()], "{failing} failing");
    }
}

#[test]
fn a_message_that_failed_once_gets_another_turn_among_many_that_always_fail() {
    let world = usual();
    let bad: Vec<Incident> = (0..60).map(|n| incident(n, n as i64)).collect();
    // The one that recovers is the last of them.
    let recovers = incident(1_000, HOUR);
    refuse_always(&world, &bad);
    refuse_always(&world, std::slice::from_ref(&recovers));
    for owing in bad.iter().chain([&recovers]) {
        world.enqueue(&world.slack, owing, 1, Opened);
    }
    world.sweep_until(60 * MINUTE);
    world.slack.refused.borrow_mut().remove(&recovers.id.to_string());
    // 61 messages, three attempts a sweep.
    let sweeps = sweeps_until_sent(&world, &recovers, 60);
    assert!(sweeps.is_some_and(|sweeps| sweeps <= 22), "{sweeps:?}");
}

#[test]
fn while_new_messages_come_every_minute_those_that_failed_are_tried_again() {
    let world = usual();
    let back = incident(0, 0);
    refuse_always(&world, std::slice::from_ref(&back));
    world.enqueue(&world.slack, &back, 1, Opened);
    world.sweep();
    world.slack.refused.borrow_mut().clear();
    // A sweep has time for five of the ten that come.
    world.slack.takes_ms.set(4 * SECOND);
    for minute in 1..=4 {
        world.at(minute * MINUTE);
        for n in 0..10 {
            let opened_at = minute * MINUTE + n;
            world.enqueue(&world.slack, &incident(opened_at as u64, opened_at), 1, Opened);
        }
        world.sweep();
    }
    assert!(taken(&world).contains(&back.id.to_string()));
}

#[test]
fn messages_of_critical_incidents_go_first() {
    let world = usual();
    let of = |n: u64, severity| Incident { severity, ..incident(n, n as i64) };
    let incidents = [
        of(1, Severity::Warning),
        of(2, Severity::Info),
        of(3, Severity::Critical),
        of(4, Severity::Warning),
        of(5, Severity::Critical),
    ];
    for incident in &incidents {
        world.enqueue(&world.slack, incident, 1, Opened);
    }
    let critical = incidents.iter().filter(|of| of.severity == Severity::Critical);
    let critical: BTreeSet<_> = critical.map(|of| of.id.clone()).collect();
    let run = DeliveryRun { critical, ..sweep() };
    world.invoke(|invocation| ready(world.engine.deliver(&run, invocation)));
    let wanted = [2, 4, 0, 1, 3].map(|at| incidents[at].id.to_string());
    assert_eq!(taken(&world), wanted, "then the oldest");
}

/// Makes each incident owe a message since its time, on a channel that is closed.
fn pending_since(opened_and_pending: &[(i64, i64)]) -> World<impl Clock> {
    let world = usual();
    let until = Timestamp::from_millis(START + 24 * HOUR);
    ready(world.engine.ledger.pause(&world.slack.id, until, "closed")).unwrap();
    for (n, (opened_at, pending_since)) in opened_and_pending.iter().enumerate() {
        world.at(*pending_since);
        world.enqueue(&world.slack, &incident(n as u64, *opened_at), 1, Opened);
    }
    world
}

#[test]
fn the_oldest_message_is_found_wherever_it_lies() {
    let late = |n: i64| (n * SECOND, HOUR);
    for (what, rows, oldest) in [
        ("none", vec![], None),
        ("one", vec![(0, 10 * SECOND)], Some(10 * SECOND)),
        ("the first", vec![(0, 5 * SECOND), (SECOND, 6 * SECOND)], Some(5 * SECOND)),
        ("the second", vec![(0, 6 * SECOND), (SECOND, 5 * SECOND)], Some(5 * SECOND)),
        (
            "behind a page of old incidents with new messages",
            (0..40).map(late).chain([(50 * SECOND, 60 * SECOND)]).collect(),
            Some(60 * SECOND),
        ),
        (
            "behind ten pages",
            (0..250).map(late).chain([(300 * SECOND, 301 * SECOND)]).collect(),
            Some(301 * SECOND),
        ),
    ] {
        let world = pending_since(&rows);
        world.at(2 * HOUR);
        let counts = world.sweep();
        assert_eq!(counts.oldest_pending_ms, oldest.map(|at| 2 * HOUR - at), "{what}");
    }
}
