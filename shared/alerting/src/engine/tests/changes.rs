//! Days of one incident: it grows, sharpens, comes back, comes and goes, lasts.

use diagnosis::{Cause, Timestamp};

use super::*;
use crate::rules::{Rule, Severity};
use crate::{Acknowledgement, IncidentId};

use Event::{Opened, Reminded, Resolved, Updated};

fn rule(name: &str, min_errors: u64, severity: Severity) -> Rule {
    Rule { name: name.to_owned(), min_errors, severity, ..Rule::default() }
}

fn rules(rules: Vec<Rule>) -> Rules {
    Rules { rules, ..Rules::built_in() }
}

#[test]
fn tenfold_errors_are_an_update_at_most_once_in_five_minutes() {
    let world = world();
    // 10, then 100 a minute for an hour: 510 after five minutes, then not before 5,100
    let told = world.minutes(60, |minute| if minute == 0 { 10 } else { 100 });
    assert_eq!(told, [(0, Opened), (5, Updated), (51, Updated)]);
}

#[test]
fn a_long_outage_is_told_of_every_four_hours() {
    let world = world();
    let told = world.minutes(6 * 60, |_| 10);
    // 10, 100, 1,000 errors; then every four hours
    assert_eq!(
        told,
        [(0, Opened), (9, Updated), (99, Updated), (339, Reminded)],
        "the reminder counts from what was told last"
    );
    // somebody looks after it: no more reminders
    let incident = world.incidents().remove(0);
    let acknowledge = |who| ready(world.engine.acknowledge(&source(), &incident.id, who)).unwrap();
    let Acknowledgement::Done(by_ann) = acknowledge("ann") else { panic!("she was first") };
    assert_eq!((by_ann.by.as_str(), by_ann.at), ("ann", world.clock.get()));
    assert_eq!(acknowledge("bob"), Acknowledgement::Already(by_ann), "both see who was first");
    assert_eq!(world.minutes(5 * 60, |_| 10), []);
    let told = world.minutes(12, |_| 0);
    assert_eq!(told, [(9, Resolved)]);
    let over = acknowledge("bob");
    assert!(matches!(over, Acknowledgement::Resolved(_)), "{over:?}");
    let other = IncidentId::new(ACCOUNT, &source(), Cause::RouteNotFound, 1);
    let unknown = ready(world.engine.acknowledge(&source(), &other, "bob")).unwrap();
    assert_eq!(unknown, Acknowledgement::Unknown);
}

#[test]
fn a_graver_rule_makes_it_more_urgent_and_calls_more_channels() {
    let world = world_under(rules(vec![
        rule("some", 10, Severity::Warning),
        rule("many", 90, Severity::Critical),
    ]));
    // At minute 3 many fail in five minutes.
    let mut told = Vec::new();
    for errors in [10, 10, 10, 70, 0, 0, 10, 10] {
        told.extend(world.minute(errors, 20));
    }
    let told: Vec<_> = told
        .iter()
        .map(|told| (told.event, told.incident.severity, told.incident.rule.as_str()))
        .collect();
    assert_eq!(told, [(Opened, Severity::Warning, "some"), (Updated, Severity::Critical, "many")]);
    assert_eq!(world.sms.sent.borrow().len(), 1, "a warning sends none");
    assert_eq!(world.incidents().len(), 1);
}

#[test]
fn a_rise_in_severity_is_announced_by_the_next_sweep_however_late_its_lines_are() {
    for minutes_late in [0, 1, 6, 14] {
        let world = world_under(rules(vec![
            rule("some", 10, Severity::Warning),
            rule("many", 90, Severity::Critical),
        ]));
        assert_eq!(world.minute(10, 20).len(), 1);
        for _ in 0..minutes_late {
            world.minute(5, 20);
        }
        let counts = crate::MinuteCounts {
            requests: 80,
            causes: [(Cause::IntegrationTimeout, 80)].into(),
            ..crate::MinuteCounts::default()
        };
        let minute = world.clock.get().minute() - minutes_late;
        let batch = crate::BatchId(99);
        ready(world.engine.ledger().add_counts(&source(), minute, batch, &counts)).unwrap();
        let told = world.sweep_minutes(1);
        let [told] = &told[..] else { panic!("{minutes_late} minutes late: {told:?}") };
        assert_eq!((told.event, told.incident.severity), (Updated, Severity::Critical));
        assert_eq!(world.sms.sent.borrow().len(), 1, "phones had not heard of it");
    }
}

#[test]
fn a_sharpened_cause_is_told_under_the_same_incident() {
    let world = world();
    let vague =
        |count: i64, at| -> Vec<String> { (0..count).map(|n| line(at + n, 504, "")).collect() };
    let opened = world.ingest(&payload(&vague(10, START))).notifications.remove(0);
    assert_eq!(opened.incident.cause, Cause::GatewayTimeoutUnattributed);
    let mut told = Vec::new();
    for minute in 1..8 {
        told.extend(world.sweep_minutes(1));
        let at = START + minute * MINUTE;
        let lines = [vague(4, at), timeouts(2, at)].concat();
        told.extend(world.ingest(&payload(&lines)).notifications);
    }
    let [sharper] = &told[..] else { panic!("{told:?}") };
    assert_eq!((sharper.event, sharper.incident.cause), (Updated, Cause::IntegrationTimeout));
    assert_eq!(sharper.incident.id, opened.incident.id);
    assert_eq!(sharper.incident.causes[0].cause, Cause::IntegrationTimeout);
    assert_eq!(world.incidents()[0].opening_cause, Cause::GatewayTimeoutUnattributed);
}

#[test]
fn what_comes_back_within_half_an_hour_is_the_same_incident() {
    for (pause, events, incidents) in [
        (25, &[Opened, Resolved, Updated, Resolved][..], 1),
        (39, &[Opened, Resolved, Updated, Resolved], 1),
        (45, &[Opened, Resolved, Opened, Resolved], 2),
    ] {
        let world = world();
        let told = world.minutes(pause + 20, |minute| u64::from(minute % pause == 0) * 10);
        let found: Vec<Event> = told.iter().map(|(_, event)| *event).collect();
        assert_eq!(found, events, "{told:?}");
        assert_eq!(world.incidents().len(), incidents, "after {pause} minutes");
    }
}

#[test]
fn phones_that_were_texted_the_end_are_texted_the_reopening() {
    let world = world();
    let told = world.minutes(40, |minute| u64::from(minute % 25 == 0) * 10);
    let found: Vec<Event> = told.iter().map(|(_, event)| *event).collect();
    assert_eq!(found, [Opened, Resolved, Updated, Resolved]);
    let texts: Vec<String> = world.sms.sent.borrow().iter().map(text).collect();
    let states = ["CRITICAL a1b2", "RESOLVED a1b2", "CRITICAL, REOPENED a1b2", "RESOLVED a1b2"];
    assert_eq!(texts.len(), states.len(), "{texts:?}");
    for (text, state) in texts.iter().zip(states) {
        assert!(text.starts_with(state), "{text}");
    }
}

fn text(content: &Content) -> String {
    match content {
        Content::Sms { body } => body.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_reopening_reaches_everyone_who_was_told_of_the_end_whatever_its_severity_is_now() {
    let world = world_under(Rules {
        rules: vec![rule("some", 10, Severity::Warning), rule("many", 90, Severity::Critical)],
        channels: [
            (Severity::Warning, vec![ChannelKind::Slack]),
            (Severity::Critical, vec![ChannelKind::Sms]),
        ]
        .into(),
    });
    let told = world.minutes(26, |minute| match minute {
        0 => 10,
        25 => 100,
        _ => 0,
    });
    let found: Vec<Event> = told.iter().map(|(_, event)| *event).collect();
    assert_eq!(found, [Opened, Resolved, Updated]);
    assert_eq!(world.incidents()[0].severity, Severity::Critical);
    assert_eq!(world.sms.sent.borrow().len(), 1, "the channel of the new severity");
    assert_eq!(world.slack_messages(), 3, "and at once the one that reported the end");
    // And nothing again after the five minutes in which channels stand in for others.
    assert_eq!(world.minutes(6, |_| 10), []);
    assert_eq!((world.sms.sent.borrow().len(), world.slack_messages()), (1, 3));
    // Both hear of the next end.
    let told = world.minutes(15, |_| 0);
    assert_eq!(told.len(), 1);
    assert_eq!((world.sms.sent.borrow().len(), world.slack_messages()), (2, 4));
}

#[test]
fn a_load_that_swings_around_the_threshold_is_told_a_few_times() {
    // Six hours of a sine around the threshold of five errors in five minutes.
    for (period, most) in [(10.0, 3), (18.0, 7), (40.0, 7), (60.0, 8)] {
        let world = world();
        let wave = |minute: i64| {
            let phase = minute as f64 * std::f64::consts::TAU / period;
            (5.0 * phase.sin()).round().max(0.0) as u64
        };
        let told = world.minutes(6 * 60, wave);
        assert!(told.len() <= most, "every {period} minutes: {told:?}");
        let last = told.last().map(|(_, event)| *event);
        assert_ne!(last, Some(Resolved), "it goes on: {told:?}");
    }
}

#[test]
fn what_comes_back_twice_is_flapping_and_takes_half_an_hour_of_quiet() {
    let world = world();
    let told = world.minutes(3 * 60, |minute| u64::from(minute % 20 == 0) * 10);
    let events: Vec<Event> = told.iter().map(|(_, event)| *event).collect();
    // From its second return on, neither a return nor a resolution is told.
    assert_eq!(events, [Opened, Resolved, Updated, Resolved, Updated], "{told:?}");
    let incident = world.incidents().remove(0);
    assert!(incident.is_flapping() && incident.is_open());
    // The last error was twenty minutes ago.
    assert_eq!(world.minutes(40, |_| 0), [(10, Resolved)]);
    // Whoever still comes back after that must be quiet for longer.
    world.minute(10, 20);
    assert_eq!(world.minutes(70, |_| 0), [(59, Resolved)]);
}

#[test]
fn late_lines_open_nothing_and_are_shown_in_what_is_told_next() {
    let world = world();
    world.ingest(&outage());
    world.sweep_minutes(10);
    // Hours old: before its window, and so not its.
    let old = payload(&timeouts(30, START - 180 * MINUTE));
    assert!(world.ingest(&old).notifications.is_empty());
    // Of its second minute, eighteen minutes late.
    assert!(world.sweep_minutes(10).iter().all(|told| told.event == Resolved));
    let world = super::world();
    world.minute(10, 20);
    for _ in 0..18 {
        world.minute(1, 20);
    }
    let late = world.ingest(&payload(&timeouts(7, START + MINUTE)));
    assert_eq!((late.lines.late, late.notifications.len()), (7, 0));
    let told: Vec<Notification> = (0..25).flat_map(|_| world.minute(0, 20)).collect();
    let [resolved] = &told[..] else { panic!("{told:?}") };
    assert_eq!((resolved.event, resolved.incident.errors), (Resolved, 10 + 18 + 7));
}

#[test]
fn an_incident_of_four_days_still_knows_its_numbers() {
    const MINUTES: i64 = 4 * 24 * 60;
    let world = world();
    let mut told = Vec::new();
    for minute in 0..MINUTES {
        world.count(&source(), Cause::IntegrationTimeout, if minute == 100 { 500 } else { 10 });
        // As rows expire in the real ledger.
        world.engine.ledger().forget_before(world.clock.get().minute() - 3 * 24 * 60);
        // One sweep in ten is enough to see it.
        if minute % 10 == 0 {
            told.extend(world.sweep_minutes(1));
        } else {
            world.advance(MINUTE);
        }
    }
    told.extend(world.sweep_minutes(15));
    let resolved = told.last().unwrap();
    assert_eq!(resolved.event, Resolved);
    let errors = (MINUTES as u64 - 1) * 10 + 500;
    assert_eq!(resolved.incident.errors, errors);
    assert_eq!(resolved.incident.requests, Some(errors + MINUTES as u64 * 20));
    let Some(Content::Slack { body }) = world.slack.sent.borrow().last().cloned() else {
        panic!("no message")
    };
    assert!(body.to_string().contains("at most 500 in one minute"), "{body}");
    assert!(told.len() < 35, "four days of reminders: {}", told.len());
}

#[test]
fn a_table_from_a_backup_closes_its_incidents_without_a_word() {
    let world = world();
    world.ingest(&outage());
    assert_eq!(world.slack_messages(), 1);
    // The sweep of two days later finds the incident as it was, and counters that are history.
    world.advance(48 * 60 * MINUTE);
    assert!(world.sweep().notifications.is_empty());
    assert_eq!((world.incidents()[0].is_open(), world.slack_messages()), (false, 1));
    assert!(world.sweep_minutes(30).is_empty());
}

#[test]
fn an_incident_outlives_its_rule() {
    let mut world = world_under(rules(vec![Rule {
        clear_after_minutes: 20,
        ..rule("some", 10, Severity::Warning)
    }]));
    world.minute(10, 20);
    world.engine.settings.rules.rules.clear();
    let told = world.minutes(30, |_| 0);
    assert_eq!(told, [(19, Resolved)], "after its own quiet period, not at once");
}

#[test]
fn routes_that_a_deployment_renames_resolve_by_quiet() {
    let world = world();
    world.ingest(&outage());
    let told: Vec<Notification> = (1..15)
        .flat_map(|minute| {
            let at = START + minute * MINUTE;
            let lines: Vec<String> =
                healthy(20, at).iter().map(|line| line.replace("/orders", "/v2/orders")).collect();
            world.ingest(&payload(&lines));
            world.sweep_minutes(1)
        })
        .collect();
    let [resolved] = &told[..] else { panic!("{told:?}") };
    assert_eq!(
        (resolved.event, resolved.incident.routes[0].route.as_str()),
        (Resolved, "POST /orders")
    );
}

#[test]
fn a_redelivery_that_is_classified_anew_after_a_deployment_counts_once() {
    fn anew<'a>(line: &'a diagnosis::Line<'_>) -> diagnosis::Diagnosis<'a> {
        let mut diagnosis = diagnosis::diagnose::line(line);
        if diagnosis.cause == Cause::IntegrationTimeout {
            diagnosis.cause = Cause::LambdaTimedOut;
        }
        diagnosis
    }
    let mut world = world();
    world.ingest(&outage());
    world.engine.diagnose = anew;
    assert!(world.ingest(&outage()).notifications.is_empty());
    let counters = ready(world.engine.ledger().counters(&source(), 0, i64::MAX)).unwrap();
    let errors = counters.errors(0, i64::MAX, |_, _| true);
    assert_eq!(errors, [(Cause::IntegrationTimeout, 10)].into());
}

#[test]
fn requests_are_not_known_where_only_failures_are_delivered() {
    let mut world = world();
    world.engine.settings.log_mode = crate::LogMode::Errors;
    let told = world.ingest(&outage()).notifications;
    assert_eq!((told[0].incident.errors, told[0].incident.requests), (10, None));
}

#[test]
fn an_incident_is_told_with_the_time_it_was_committed() {
    let world = world();
    world.ingest(&outage());
    let told = world.incidents()[0].history.notified.clone().unwrap();
    assert_eq!((told.at, told.errors), (Timestamp::from_millis(START), 10));
}

#[test]
fn warnings_of_one_source_are_critical_together_where_a_rule_counts_them_together() {
    let world = world_under(rules(vec![
        rule("some", 10, Severity::Warning),
        rule("many", 50, Severity::Critical),
    ]));
    // Each cause opens a warning of its own, and none has fifty errors in five minutes.
    let causes = [Cause::LambdaTimedOut, Cause::IntegrationTimeout, Cause::BackendUnavailable];
    let mut told = Vec::new();
    for minute in 0..24_usize {
        for (n, cause) in causes.into_iter().enumerate() {
            if minute >= 6 * n {
                world.add_errors(cause, 9, (minute * 10 + n) as u64);
            }
        }
        told.extend(world.sweep_minutes(1));
    }
    let critical: Vec<_> =
        told.iter().filter(|it| it.incident.severity == Severity::Critical).collect();
    assert_eq!(critical.len(), 1, "one of them speaks for the source: {told:?}");
    assert_eq!(critical[0].event, Updated);
    assert_eq!(world.incidents().len(), 3);
}
