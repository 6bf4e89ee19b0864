//! Lines that arrive more than 15 minutes late.

use diagnosis::Cause;

use super::{MINUTE, START, World, healthy, payload, ready, timeouts, world};
use crate::clock::Clock;
use crate::incident::{Event, Hold, ReasonChange, Scope, Silence};
use crate::notify::{Content, Notification};

/// Four of ten requests failed in one minute, so many minutes ago.
fn late_batch<K: Clock>(world: &World<K>, minutes_ago: i64) -> String {
    let at = world.clock.get().as_millis() - minutes_ago * MINUTE;
    payload(&[timeouts(40, at), healthy(60, at)].concat())
}

fn texts<K: Clock>(world: &World<K>) -> Vec<String> {
    let sent = world.slack.sent.borrow();
    let text = |content: &Content| match content {
        Content::Slack { body } => body.to_string(),
        other => panic!("{other:?}"),
    };
    sent.iter().map(text).collect()
}

fn events(told: &[Notification]) -> Vec<Event> {
    told.iter().map(|told| told.event).collect()
}

#[test]
fn an_outage_whose_lines_arrive_late_is_reported_once_and_never_by_sms() {
    let world = world();
    let report = world.ingest(&late_batch(&world, 20));
    assert!(report.notifications.is_empty());
    let [held] = &report.held[..] else { panic!("{:?}", report.held) };
    assert_eq!((held.hold, held.reason.change), (Hold::Late, ReasonChange::Opened));

    assert!(world.sweep_minutes(9).is_empty(), "more of its lines may arrive");
    let told = world.sweep_minutes(60);
    let [ended] = &told[..] else { panic!("{told:?}") };
    assert_eq!((ended.event, ended.incident.cause), (Event::Resolved, Cause::IntegrationTimeout));
    assert_eq!((ended.incident.errors, ended.incident.requests), (40, Some(100)));
    assert_eq!(world.sms.sent.borrow().len(), 0);
    let [text] = &texts(&world)[..] else { panic!("one message") };
    assert!(text.contains("Ended, logs arrived late"), "{text}");
    assert!(text.contains("At 08:54 UTC 40 of 100 requests failed (40.0 %)"), "{text}");

    let again = world.ingest(&late_batch(&world, 20 + 69));
    assert!(again.notifications.is_empty() && world.sweep_minutes(60).is_empty(), "told before");
}

#[test]
fn an_outage_in_many_late_batches_is_one_report_in_whatever_order_they_arrive() {
    let world = world();
    for minutes_ago in [22, 20, 25] {
        assert!(world.ingest(&late_batch(&world, minutes_ago)).notifications.is_empty());
    }
    assert!(world.sweep_minutes(5).is_empty());
    world.ingest(&late_batch(&world, 24));
    assert!(world.sweep_minutes(9).is_empty(), "the last lines arrived 9 minutes ago");
    let told = world.sweep_minutes(60);
    assert_eq!(events(&told), [Event::Resolved]);
    assert_eq!(told[0].incident.errors, 160);
    assert!(texts(&world)[0].contains("From 08:49 to 08:55 UTC 160 of 400 requests failed"));
}

#[test]
fn lines_that_are_always_late_are_reported_within_an_hour() {
    let world = world();
    let mut told = Vec::new();
    for _ in 0..70 {
        told.extend(world.ingest(&late_batch(&world, 20)).notifications);
        told.extend(world.sweep_minutes(1));
    }
    assert_eq!(events(&told), [Event::Resolved]);
    assert_eq!(world.sms.sent.borrow().len(), 0);
}

#[test]
fn an_outage_now_is_alerted_while_a_late_one_waits() {
    let world = world();
    world.ingest(&late_batch(&world, 20));
    world.advance(MINUTE);
    let at = world.clock.get().as_millis();
    let alerted = world.ingest(&payload(&timeouts(10, at)));
    assert_eq!(events(&alerted.notifications), [Event::Opened]);
    assert_eq!(alerted.notifications[0].incident.errors, 10);
    assert_eq!(world.sms.sent.borrow().len(), 1);

    let told = world.sweep_minutes(60);
    let late: Vec<_> = told.iter().filter(|told| told.incident.errors == 40).collect();
    assert_eq!(late.len(), 1, "{told:?}");
    assert_eq!(events(&told), [Event::Resolved, Event::Resolved]);
}

#[test]
fn late_lines_of_an_outage_that_was_alerted_are_not_reported_again() {
    let world = world();
    world.ingest(&payload(&timeouts(10, START)));
    let told = world.sweep_minutes(20);
    assert_eq!(events(&told), [Event::Resolved]);
    let late = payload(&timeouts(50, START + 1_000));
    assert!(world.ingest(&late).notifications.is_empty());
    assert!(world.sweep_minutes(60).is_empty());
}

#[test]
fn a_late_report_is_about_its_own_minutes_alone() {
    let world = world();
    // A few errors that are no outage, an hour after it and half an hour before its lines arrive.
    let few = |minutes_ago: i64| {
        let at = START - minutes_ago * MINUTE;
        payload(&[timeouts(2, at), healthy(98, at)].concat())
    };
    world.ingest(&few(30));
    world.ingest(&late_batch(&world, 90));
    world.ingest(&few(45));
    let told = world.sweep_minutes(60);
    assert_eq!(events(&told), [Event::Resolved]);
    assert_eq!((told[0].incident.errors, told[0].incident.requests), (40, Some(100)));
    let [text] = &texts(&world)[..] else { panic!("one message") };
    assert!(text.contains("At 07:44 UTC 40 of 100 requests failed (40.0 %)"), "{text}");
}

#[test]
fn late_lines_of_an_outage_that_goes_on_do_not_say_that_it_ended() {
    let world = world();
    // What was held up arrives oldest first.
    for minutes_ago in [22, 19, 16] {
        assert!(world.ingest(&late_batch(&world, minutes_ago)).notifications.is_empty());
    }
    let alerted = world.ingest(&late_batch(&world, 10));
    assert_eq!(events(&alerted.notifications), [Event::Opened]);
    let mut told = Vec::new();
    for _ in 0..40 {
        told.extend(world.ingest(&late_batch(&world, 0)).notifications);
        told.extend(world.sweep_minutes(1));
    }
    assert!(events(&told).iter().all(|event| *event != Event::Resolved), "{told:?}");
    let told = world.sweep_minutes(60);
    assert_eq!(events(&told), [Event::Resolved]);
}

#[test]
fn lines_of_hours_ago_are_counted_only() {
    let world = world();
    let report = world.ingest(&late_batch(&world, 121));
    assert!(report.held.is_empty() && world.sweep_minutes(60).is_empty());
    assert!(!world.ingest(&late_batch(&world, 119)).held.is_empty());
}

#[test]
fn an_outage_under_a_silence_is_not_reported_late() {
    let world = world();
    let now = world.clock.get();
    let until = now.plus_millis(120 * MINUTE);
    let silence = Silence::new(Scope::default(), now, until, "ann").unwrap();
    assert_eq!(ready(world.engine.silence(&silence)).unwrap(), None);
    world.ingest(&late_batch(&world, 20));
    assert!(world.sweep_minutes(60).is_empty());
}

#[test]
fn few_errors_in_late_lines_are_no_outage() {
    let world = world();
    let at = START - 20 * MINUTE;
    let report = world.ingest(&payload(&[timeouts(2, at), healthy(100, at)].concat()));
    assert!(report.held.is_empty() && world.sweep_minutes(30).is_empty());
}
