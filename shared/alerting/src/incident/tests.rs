//! What happens next to an incident, as truth tables.

use diagnosis::{Cause, Confidence, Timestamp};

use super::{Acknowledged, History, Incident, IncidentId, LastNotification};
use crate::counting::{Counters, MinuteCounts};
use crate::incident::Hold;
use crate::incident::next::{Conditions, Proposal, next};
use crate::incident::notify_policy::{Announcement, Circumstances, Decision, Slot, decide};
use crate::incident::{Change, Event};
use crate::rules::{Matcher, Rule, Rules, Severity};
use crate::source::Source;

const VAGUE: Cause = Cause::GatewayTimeoutUnattributed;
const NETWORK: Cause = Cause::IntegrationNetworkFailure;
const SLOW: Cause = Cause::IntegrationTimeout;

/// When the incident opened and was told.
const OPENED: i64 = 29_029_514;

fn rules() -> Rules {
    let rule = |name: &str, min_errors, severity| Rule {
        name: name.to_owned(),
        matcher: Matcher::default(),
        min_errors,
        severity,
        ..Rule::default()
    };
    Rules {
        channels: Rules::default_channels(),
        rules: vec![rule("some", 10, Severity::Warning), rule("many", 100, Severity::Critical)],
    }
}

/// Told when it opened, of ten errors.
fn incident() -> Incident {
    let source = Source::LogGroup("/shop".to_owned());
    Incident {
        id: IncidentId::new("1", &source, VAGUE, OPENED),
        source,
        log_group: "/shop".to_owned(),
        rule: "some".to_owned(),
        severity: Severity::Warning,
        opening_cause: VAGUE,
        cause: VAGUE,
        confidence: Confidence::Low,
        covered: vec![VAGUE, NETWORK, SLOW],
        window_start: OPENED - 4,
        opened_at: Timestamp::of_minute(OPENED),
        resolved_at: None,
        seq: 1,
        history: History {
            notified: Some(LastNotification {
                at: Timestamp::of_minute(OPENED),
                errors: 10,
                cause: VAGUE,
                severity: Severity::Warning,
                returns: 0,
                sources: 0,
                findings: 0,
                gaps: false,
            }),
            ..History::default()
        },
    }
}

/// Minutes after the opening, and what was counted in them.
fn counters(minutes: &[(i64, &[(Cause, u64)])]) -> Counters {
    let mut counters = Counters::default();
    for (minute, causes) in minutes {
        let causes = causes.iter().copied().collect();
        counters.add(
            OPENED + minute,
            &MinuteCounts { requests: 1_000, causes, ..MinuteCounts::default() },
        );
    }
    counters
}

/// The event and change that are told so many minutes after the opening; `Ok(None)` for a silent change,
/// `Err` for none at all.
fn told(
    incident: &Incident,
    counters: &Counters,
    minutes: i64,
    silenced: bool,
) -> Result<Option<(Event, Option<Change>)>, ()> {
    let conditions = Conditions { counters, worse: None, silenced, unheard: false, alerted: false };
    let now = Timestamp::of_minute(OPENED + minutes);
    let proposal = next(incident, &conditions, &rules(), now).ok_or(())?;
    match decided(&proposal, silenced, now) {
        Decision::Announce(Announcement { event, change }) => Ok(Some((event, change))),
        Decision::Hold(..) if proposal.incident == *incident => Err(()),
        Decision::Hold(..) => Ok(None),
    }
}

fn decided(proposal: &Proposal, silenced: bool, now: Timestamp) -> Decision {
    let Proposal { incident, errors, remind_every_minutes, late, .. } = proposal;
    let at = Circumstances {
        errors: *errors,
        remind_every_minutes: *remind_every_minutes,
        silenced,
        late: *late,
        slot: Slot::Free,
        joined: 0,
        left: 0,
        handed_over: false,
    };
    decide(incident, &at, now)
}

fn with(change: impl Fn(&mut Incident)) -> Incident {
    let mut incident = incident();
    change(&mut incident);
    incident
}

#[test]
fn what_is_told_of_an_open_incident() {
    let some: &[(Cause, u64)] = &[(VAGUE, 9)];
    let untold = with(|i| {
        i.seq = 0;
        i.history.notified = None;
    });
    let worse = with(|i| i.severity = Severity::Critical);
    let back = with(|i| i.history.returns = 1);
    let acknowledged = with(|i| {
        let at = i.opened_at;
        i.history.acknowledged = Some(Acknowledged { by: "ann".to_owned(), at });
    });
    let stormy = with(|i| {
        i.seq = 0;
        i.history = History { in_storm: true, errors: 99, ..History::default() };
    });
    let older = with(|i| i.history = History::default());
    let updated = |change| Ok(Some((Event::Updated, Some(change))));
    let is = |event| Ok(Some((event, None)));
    let grown = updated(Change::Grown { from: 10 });
    let worse_than = updated(Change::Worse { from: Severity::Warning });
    for (what, incident, minutes, errors, silenced, wanted) in [
        ("nothing new", &incident(), 5, 9, false, Err(())),
        ("ninefold", &incident(), 5, 90, false, Err(())),
        ("tenfold", &incident(), 5, 91, false, grown.clone()),
        ("tenfold, too soon", &incident(), 4, 500, false, Err(())),
        ("tenfold, silenced", &incident(), 5, 91, true, Err(())),
        ("more urgent", &worse, 5, 9, false, worse_than.clone()),
        ("more urgent and more", &worse, 5, 500, false, worse_than.clone()),
        ("more urgent, just after an update", &worse, 1, 9, false, worse_than.clone()),
        ("more urgent, silenced", &worse, 5, 9, true, Err(())),
        ("back", &back, 1, 9, false, updated(Change::Reopened { times: 1 })),
        ("back, silenced", &back, 1, 9, true, Err(())),
        ("untold", &untold, 0, 9, false, is(Event::Opened)),
        ("untold, silenced", &untold, 0, 9, true, Err(())),
        ("untold, told by the storm", &stormy, 1, 9, false, Err(())),
        ("untold, told by the storm, twice as many", &stormy, 1, 198, false, Ok(None)),
        ("before the reminder", &incident(), 239, 9, false, Ok(None)),
        ("the reminder", &incident(), 240, 9, false, is(Event::Reminded)),
        ("the reminder, acknowledged", &acknowledged, 240, 9, false, Ok(None)),
        ("the reminder, silenced", &incident(), 240, 9, true, Ok(None)),
        ("acknowledged, but tenfold", &acknowledged, 240, 100, false, grown),
        ("of an older version", &older, 5, 9_999, false, Err(())),
        ("of an older version, the reminder", &older, 240, 9, false, is(Event::Reminded)),
    ] {
        // Errors go on, so that it is not over.
        let counts = counters(&[(minutes - 1, &[(VAGUE, errors)]), (minutes, some)]);
        // Where only the reading of old minutes changes, that is no news.
        assert_eq!(told(incident, &counts, minutes, silenced), wanted, "{what}");
    }
}

#[test]
fn when_it_is_over() {
    let flapping = with(|i| i.history.returns = 2);
    let returned = with(|i| i.history.since = Some(Timestamp::of_minute(OPENED + 15)));
    let ruleless = with(|i| i.rule = "gone".to_owned());
    for (what, incident, last_error, errors, minutes, over) in [
        ("too soon", &incident(), 0, 10, 10, false),
        ("ten whole quiet minutes", &incident(), 0, 10, 11, true),
        ("an error in the tenth", &incident(), 1, 10, 11, false),
        // under half of ten in twenty minutes
        ("a few errors go on", &incident(), 11, 4, 21, true),
        ("half the threshold", &incident(), 11, 5, 21, false),
        ("flapping, ten quiet minutes", &flapping, 0, 10, 11, false),
        ("flapping, thirty", &flapping, 0, 10, 30, false),
        ("flapping, thirty whole ones", &flapping, 0, 10, 31, true),
        ("just back", &returned, 0, 10, 25, false),
        ("back for ten minutes", &returned, 0, 10, 26, true),
        ("its rule is gone", &ruleless, 0, 10, 10, false),
        ("its rule is gone, and it is quiet", &ruleless, 0, 10, 11, true),
    ] {
        let counts = counters(&[(last_error, &[(VAGUE, errors)])]);
        let told = told(incident, &counts, minutes, false);
        let resolved = told == Ok(Some((Event::Resolved, None)));
        assert_eq!(resolved, over, "{what}: {told:?}");
    }
}

#[test]
fn who_hears_that_it_is_over() {
    let untold = with(|i| i.seq = 0);
    let day = 24 * 60;
    let resolved = Ok(Some((Event::Resolved, None)));
    for (what, incident, last_error, minutes, silenced, wanted) in [
        ("told", &incident(), 0, 11, false, resolved.clone()),
        ("told, then silenced", &incident(), 0, 11, true, resolved.clone()),
        ("untold", &untold, 0, 11, false, Ok(None)),
        ("seen a day ago", &incident(), 5, 5 + day, false, resolved),
        ("seen longer ago: history", &incident(), 5, 6 + day, false, Ok(None)),
    ] {
        let counts = counters(&[(last_error, &[(VAGUE, 10)])]);
        assert_eq!(told(incident, &counts, minutes, silenced), wanted, "{what}");
    }
}

#[test]
fn a_rule_that_is_gone_is_remembered() {
    let quota = Rule { clear_after_minutes: 60, min_errors: 100, ..Rule::default() };
    let remembered = with(|i| {
        i.rule = "gone".to_owned();
        i.history.limits = Some((&quota).into());
    });
    let counts = counters(&[(0, &[(VAGUE, 50)])]);
    for (minutes, wanted) in [(30, Err(())), (60, Err(())), (61, Ok(Some((Event::Resolved, None))))]
    {
        assert_eq!(told(&remembered, &counts, minutes, false), wanted, "{minutes}");
    }
}

#[test]
fn an_unattributed_cause_gives_way_to_what_most_turned_out_to_be() {
    let minute = Timestamp::of_minute(OPENED + 5);
    for (what, causes, shown) in [
        ("nothing known", &[(VAGUE, 50)][..], VAGUE),
        ("one is known", &[(VAGUE, 50), (NETWORK, 1)], NETWORK),
        ("most of the known ones", &[(VAGUE, 50), (NETWORK, 3), (SLOW, 2)], NETWORK),
        ("as many as others", &[(VAGUE, 50), (NETWORK, 2), (SLOW, 2)], VAGUE),
        ("what is not this incident's", &[(VAGUE, 50), (Cause::RouteNotFound, 40)], VAGUE),
    ] {
        let counts = counters(&[(5, causes)]);
        let conditions = Conditions {
            counters: &counts,
            worse: None,
            silenced: false,
            unheard: false,
            alerted: false,
        };
        let step = next(&incident(), &conditions, &rules(), minute);
        let changed = step.map_or_else(incident, |step| step.incident);
        assert_eq!(changed.cause, shown, "{what}");
        assert_eq!((changed.opening_cause, changed.id), (VAGUE, incident().id), "{what}");
    }
}

#[test]
fn a_change_that_a_silence_held_back_is_announced_later_though_it_has_passed() {
    // More urgent for a moment, one minute after it was announced, under a silence.
    let rules = rules();
    let counts = counters(&[(1, &[(VAGUE, 20)])]);
    let conditions = Conditions {
        counters: &counts,
        worse: rules.named("many"),
        silenced: true,
        unheard: false,
        alerted: false,
    };
    let now = Timestamp::of_minute(OPENED + 1);
    let step = next(&incident(), &conditions, &rules, now).unwrap();
    let wanted = Change::Worse { from: Severity::Warning };
    let held = Decision::Hold(Hold::Silenced, wanted.clone().into());
    assert_eq!(decided(&step, true, now), held);
    assert_eq!(step.incident.severity, Severity::Critical);
    assert_eq!(step.incident.rule, "many");
    let later = counters(&[(1, &[(VAGUE, 20)]), (5, &[(VAGUE, 1)])]);
    assert_eq!(told(&step.incident, &later, 5, false), Ok(Some((Event::Updated, Some(wanted)))));
}

#[test]
fn numbers_outlive_the_counters() {
    // Ten errors a minute for ten hours, of which the counters keep four.
    let mut incident = incident();
    let mut counts = Counters::default();
    for minute in 0..600 {
        let causes = [(VAGUE, if minute == 7 { 99 } else { 10 })].into();
        counts.add(
            OPENED + minute,
            &MinuteCounts { requests: 1_000, causes, ..MinuteCounts::default() },
        );
        incident.sum_up(&counts, OPENED + minute);
        let read = OPENED + minute - incident.counted_from();
        assert!(read <= 180, "{read} minutes to read");
        if minute % 60 == 59 {
            let kept: Vec<(i64, MinuteCounts)> = counts
                .between(OPENED + minute - 240, i64::MAX)
                .map(|(&minute, counts)| (minute, counts.clone()))
                .collect();
            counts = Counters::default();
            for (minute, kept) in &kept {
                counts.add(*minute, kept);
            }
        }
    }
    let totals = incident.totals(&counts);
    assert_eq!((totals.error_count(), totals.requests, totals.peak), (6_089, 600_000, 99));
    assert_eq!((totals.first_error, totals.last_error), (Some(OPENED), Some(OPENED + 599)));
}

#[test]
fn a_row_of_the_version_before_is_read() {
    let mut row = serde_json::to_value(incident()).unwrap();
    row.as_object_mut().unwrap().remove("course");
    let read: Incident = serde_json::from_value(row).unwrap();
    assert_eq!(read, with(|i| i.history = History::default()));
    assert!(read.is_notified());
    // and one that has a part of it
    let mut row = serde_json::to_value(incident()).unwrap();
    row["course"] = serde_json::json!({"returns": 1, "cause_of_tomorrow": true});
    let read: Incident = serde_json::from_value(row).unwrap();
    assert_eq!(read.history, History { returns: 1, ..History::default() });
}
