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

    fn slack_text(&self, at: usize) -> String {
        serde_json::to_string(&self.slack.sent.borrow()[at]).unwrap()
    }

    /// The Slack messages after the first `before`.
    fn slack_since(&self, before: usize) -> Vec<String> {
        (before..self.slack_messages()).map(|at| self.slack_text(at)).collect()
    }

    /// The first Slack message that names a stage: the only API in it, or one of those listed.
    fn first_message_with(&self, name: &str) -> Option<usize> {
        let api = name.trim_end_matches("/prod");
        (0..self.slack_messages()).find(|at| self.slack_text(*at).contains(api))
    }

    /// Counts errors of these APIs each minute and sweeps, for so many minutes; returns after how many
    /// minutes the stage was first named.
    fn minutes_until_named(&self, failing: &[(u64, Cause, u64)], name: &str) -> Option<i64> {
        (1..=15).find(|_| {
            for (n, cause, errors) in failing {
                self.count(&stage(*n), *cause, *errors);
            }
            self.sweep();
            let is_named = self.first_message_with(name).is_some();
            self.advance(MINUTE);
            is_named
        })
    }

    fn open(&self) -> usize {
        let open: Vec<LiveSource> = ready(self.engine.ledger().live_sources(i64::MAX)).unwrap();
        open.len()
    }
}

/// How a message names a stage.
fn stage_name(n: u64) -> String {
    format!("api{n:05}/prod")
}

fn events(told: &[Notification]) -> Vec<Event> {
    told.iter().map(|told| told.event).collect()
}

#[test]
fn two_thousand_sources_at_once_are_eight_messages() {
    const SOURCES: u64 = 2_000;
    let world = world();
    world.count_each(0..SOURCES, 10);
    let told = world.sweep().notifications;
    let wanted = [[Opened; 4], [Updated; 4]].concat();
    assert_eq!(events(&told), wanted, "three by themselves, the others together, 40 a message");
    assert_eq!((world.slack_messages(), world.sms.sent.borrow().len()), (8, 4));
    let named = (0..SOURCES).filter(|n| world.first_message_with(&stage_name(*n)).is_some());
    assert_eq!(named.count(), 203);
    let with_command = (0..8).filter(|at| world.slack_text(*at).contains("aws dynamodb query"));
    assert_eq!(with_command.count(), 5, "for those that no message names");
    let storm = &told[3].incident;
    assert_eq!((storm.cause, storm.severity), (Cause::LambdaThrottled, Severity::Critical));
    assert_eq!((storm.requests, storm.callers, storm.api_id.as_deref()), (None, None, None));
    let known = world.storm()[0].history.members.clone().unwrap();
    assert_eq!(known.count, SOURCES - 3);
    assert_eq!((known.top.len(), known.top[0].errors), (200, 10 + SOURCES - 1));
    assert_eq!(known.top[0].place, format!("api{:05}/prod", SOURCES - 1));
    assert_eq!(world.open() as u64, SOURCES + 1);
    // More of the same repeats nothing. Quiet resolves each of the four, and who was named is named again.
    let told = world.sweep_minutes(10);
    assert_eq!(events(&told), []);
    let before = world.slack_messages();
    let told = world.sweep_minutes(2);
    let wanted = [&[Resolved; 3][..], &[Updated; 4], &[Resolved]].concat();
    assert_eq!(events(&told), wanted);
    assert_eq!((told[7].incident.id.as_str(), world.open()), (storm.id.as_str(), 0));
    let ends = world.slack_since(before);
    let is_named = |n: &u64| ends.iter().any(|text| text.contains(&format!("api{n:05}")));
    assert_eq!((0..SOURCES).filter(is_named).count(), 203);
    assert_eq!(
        world.sms.sent.borrow().len(),
        8,
        "one for the beginning and one for the end of each"
    );
}

#[test]
fn a_storm_that_grows_is_updated_and_takes_in_who_fails_for_its_reason() {
    let world = world();
    world.count_each(0..10, 10);
    assert_eq!(events(&world.sweep().notifications), [Opened; 4]);
    let mut told = Vec::new();
    for minute in 1..=12 {
        world.advance(MINUTE);
        world.count_each(0..if minute < 8 { 30 } else { 130 }, 10);
        let of_storm = |told: &Notification| told.incident.id == world.storm()[0].id;
        let notifications = world.sweep().notifications;
        told.extend(notifications.iter().filter(|it| of_storm(it)).map(|it| (minute, it.event)));
    }
    // Minute 6 and later: slots are free again, but the storm is on.
    let wanted = [(1, Updated), (8, Updated), (8, Updated), (8, Updated), (10, Updated)];
    assert_eq!(told, wanted, "20, then 100 more, 40 in a message, then many more errors");
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
            assert_eq!(messages, 8, "three by themselves, then five messages of 40");
        }
        if world.open() as u64 == SOURCES + 1 {
            break;
        }
        assert!(sweep < 14, "{} of {SOURCES}", world.open());
        world.clock.set(began.plus_millis(MINUTE));
    }
    assert!(messages <= 10, "{messages}");
}

#[test]
fn a_critical_that_joins_a_storm_is_named_by_the_next_sweep() {
    for (cause, errors) in [
        (Cause::LambdaThrottled, 12),
        (Cause::LambdaThrottled, 50),
        (Cause::LambdaTimedOut, 12),
        (Cause::LambdaTimedOut, 50),
    ] {
        let world = world();
        let mut failing: Vec<_> = (0..5).map(|n| (n, Cause::LambdaThrottled, errors)).collect();
        assert_eq!(world.minutes_until_named(&failing, &stage_name(4)), Some(1));
        for _ in 0..11 {
            world.minutes_until_named(&failing, "api00000");
        }
        failing.push((99, cause, errors));
        assert_eq!(world.minutes_until_named(&failing, &stage_name(99)), Some(1), "{cause}");
    }
}

#[test]
fn two_hundred_criticals_at_once_are_named_by_one_sweep_in_messages_of_forty() {
    let world = world();
    world.count_each(0..200, 10);
    world.sweep();
    for n in 0..200 {
        assert!(world.first_message_with(&stage_name(n)).is_some(), "{n}");
    }
    for at in 0..world.slack_messages() {
        let text = world.slack_text(at);
        let named = (0..200).filter(|n| text.contains(&stage_name(*n))).count();
        assert!(named <= 40, "{named} in one message");
    }
    assert_eq!(world.slack_messages(), 8);
    assert_eq!(world.slack.rested_ms.get(), 7_000, "one message a second");
    let largest = world.first_message_with(&stage_name(196)).unwrap();
    let smallest = world.first_message_with(&stage_name(3)).unwrap();
    assert!(largest < smallest, "the largest first");
    // Nothing new, nothing said.
    world.advance(MINUTE);
    world.count_each(0..200, 10);
    assert!(events(&world.sweep().notifications).is_empty());
}

#[test]
fn lists_of_members_reach_a_channel_that_was_closed_for_a_while() {
    let world = world();
    world.slack.failing.set(true);
    world.count_each(0..100, 10);
    world.sweep();
    assert_eq!(world.slack_messages(), 0);
    world.slack.failing.set(false);
    for _ in 0..10 {
        world.advance(MINUTE);
        world.count_each(0..100, 10);
        world.sweep();
    }
    for n in 0..100 {
        assert!(world.first_message_with(&stage_name(n)).is_some(), "{n}");
    }
}

#[test]
fn warnings_take_no_slot_of_a_critical_and_no_storm_of_them_takes_one_in() {
    for warnings in [3, 10] {
        let world = world();
        let mut failing: Vec<_> = (0..warnings).map(|n| (n, Cause::GatewayThrottled, 50)).collect();
        world.minutes_until_named(&failing, "api00000");
        world.count(&stage(99), Cause::LambdaTimedOut, 10);
        let told = world.sweep().notifications;
        let critical: Vec<_> =
            told.iter().filter(|it| it.incident.severity == Severity::Critical).collect();
        assert_eq!(critical.len(), 1, "{warnings} warnings");
        assert_eq!(critical[0].incident.api_id.as_deref(), Some("api00099"));
        failing.push((99, Cause::LambdaTimedOut, 10));
        let last = format!("{:?}", world.sms.sent.borrow().last());
        assert!(last.contains("api00099") && last.contains("Lambda function timed out"), "{last}");
    }
}

#[test]
fn a_text_message_of_a_storm_names_the_worst_and_its_cause() {
    let world = world();
    world.count_each(0..10, 10);
    world.sweep();
    let texts = world.sms.sent.borrow();
    let of_storm = texts.iter().find(|text| format!("{text:?}").contains("APIs"));
    let Some(Content::Sms { body }) = of_storm else { panic!("{texts:?}") };
    assert!(body.starts_with("CRITICAL: 7 APIs fail: api00009/prod, api00008/prod: "), "{body}");
    assert!(
        body.contains("concurrency limit") && crate::notify::septets(body) <= Some(160),
        "{body}"
    );
}

#[test]
fn a_growing_storm_sends_a_text_message_at_most_every_ten_minutes() {
    let world = world();
    let mut texts = Vec::new();
    for minute in 0..40 {
        // Three more APIs fail each minute, for 25 minutes.
        world.count_each(0..10 + 3 * minute.min(25), 10);
        let before = world.sms.sent.borrow().len();
        world.sweep();
        texts.extend(std::iter::repeat_n(minute, world.sms.sent.borrow().len() - before));
        world.advance(MINUTE);
    }
    assert_eq!(texts, [0, 0, 0, 0, 10, 20, 30], "three by themselves, then the storm");
    let last = format!("{:?}", world.sms.sent.borrow().last());
    assert!(last.contains("82 APIs"), "all of them are counted: {last}");
}

impl<K: Clock> World<K> {
    /// Counts so many errors of a cause for these APIs each minute, and sweeps.
    fn fail(&self, sources: std::ops::Range<u64>, cause: Cause, errors: u64, minutes: i64) {
        for _ in 0..minutes {
            for n in sources.clone() {
                self.count(&stage(n), cause, errors);
            }
            self.sweep();
            self.advance(MINUTE);
        }
    }

    fn texts(&self) -> Vec<String> {
        let body = |content: &Content| match content {
            Content::Sms { body } => body.clone(),
            other => panic!("{other:?}"),
        };
        self.sms.sent.borrow().iter().map(body).collect()
    }
}

#[test]
fn a_group_that_has_ended_is_not_reopened_by_other_failures() {
    let world = world();
    world.fail(0..6, Cause::LambdaTimedOut, 10, 5);
    world.sweep_minutes(14);
    assert!(world.storm()[0].resolved_at.is_some());
    let texts = world.texts().len();
    // Anybody can cause these.
    world.fail(10..16, Cause::GatewayThrottled, 50, 5);
    assert_eq!(world.texts().len(), texts, "no phone is texted: {:?}", world.texts().last());
    world.fail(20..25, Cause::IntegrationTimeout, 10, 2);
    let of_group = world.texts().into_iter().skip(texts).find(|text| text.contains("APIs fail"));
    let of_group = of_group.unwrap();
    assert!(
        of_group.starts_with("CRITICAL: 2 APIs fail: api00024/prod, api00023/prod: "),
        "{of_group}"
    );
    assert!(!of_group.contains("Lambda function timed out"), "{of_group}");
}

#[test]
fn a_group_that_fails_again_is_reopened_with_the_numbers_of_now() {
    let world = world();
    world.fail(0..9, Cause::LambdaTimedOut, 10, 5);
    world.sweep_minutes(14);
    world.fail(30..35, Cause::LambdaTimedOut, 10, 1);
    world.sweep_minutes(1);
    let groups = world.storm();
    assert_eq!(groups.len(), 1);
    let members = groups[0].history.members.as_ref().unwrap();
    assert_eq!((groups[0].history.returns, members.count, members.errors), (1, 2, 20));
    let reopened = world.texts().into_iter().find(|text| text.contains("REOPENED"));
    assert!(reopened.is_some_and(|text| text.contains("2 APIs fail")), "{:?}", world.texts());
}

#[test]
fn a_critical_group_ends_when_only_warnings_are_left() {
    let world = world();
    world.fail(0..6, Cause::LambdaTimedOut, 10, 3);
    for _ in 0..30 {
        world.fail(10..16, Cause::GatewayThrottled, 50, 1);
    }
    let texts = world.texts();
    let end = texts.iter().find(|text| text.starts_with("RESOLVED: 3 APIs failed"));
    let end = end.unwrap_or_else(|| panic!("{texts:?}"));
    assert!(!end.contains("api0001"), "these still fail: {end}");
}

#[test]
fn the_end_of_a_group_names_nobody_who_fails_again() {
    let world = world();
    world.fail(0..6, Cause::LambdaTimedOut, 10, 5);
    // One is well, and fails again long after the group took in new members.
    world.fail(0..5, Cause::LambdaTimedOut, 10, 20);
    world.fail(0..6, Cause::LambdaTimedOut, 10, 5);
    world.fail(5..6, Cause::LambdaTimedOut, 10, 20);
    let group = world.storm().remove(0);
    assert!(!group.is_open());
    let texts = world.texts();
    let end = texts.iter().find(|text| text.starts_with("RESOLVED: ") && text.contains("APIs"));
    let end = end.unwrap_or_else(|| panic!("{texts:?}"));
    // Its first end was said before, and what fails now is an incident of its own.
    assert!(end.starts_with("RESOLVED: 3 APIs failed: ") && !end.contains("api00005"), "{end}");
}

#[test]
fn a_text_message_gives_the_cause_of_those_it_names_and_how_many_fail_now() {
    let world = world();
    world.fail(0..9, Cause::LambdaTimedOut, 10, 3);
    world.sweep_minutes(6);
    // All but two are well again.
    world.fail(0..2, Cause::LambdaTimedOut, 10, 6);
    world.fail(20..24, Cause::IntegrationTimeout, 10, 1);
    world.sweep_minutes(2);
    let texts = world.texts();
    let last = texts.iter().rfind(|text| text.contains("APIs fail")).unwrap();
    assert!(!last.contains("Lambda function timed out") || last.contains("api00000"), "{last}");
    assert!(!last.contains("9 APIs"), "{last}");
}

#[test]
fn beyond_two_hundred_every_channel_hears_how_many_more_fail() {
    let world = world();
    world.fail(0..205, Cause::LambdaTimedOut, 10, 2);
    let before = world.slack_messages();
    for _ in 0..12 {
        world.fail(0..265, Cause::LambdaTimedOut, 10, 1);
    }
    let later = world.slack_since(before);
    assert!(later.iter().any(|text| text.contains("262 APIs")), "{later:?}");
    assert!(later.len() <= 4, "{}", later.len());
}

#[test]
fn who_was_named_in_a_group_is_named_when_it_is_over() {
    let world = world();
    world.fail(0..9, Cause::LambdaTimedOut, 10, 3);
    let before = world.slack_messages();
    // Those below 7 are well again, one after the other; 7 and 8 go on for an hour.
    for n in 0..7 {
        world.fail(n + 1..9, Cause::LambdaTimedOut, 10, 3);
    }
    world.fail(7..9, Cause::LambdaTimedOut, 10, 20);
    let told = world.slack_since(before);
    let recovered: Vec<_> = told.iter().filter(|text| text.contains("recovered")).collect();
    for n in 0..7 {
        let name = stage_name(n);
        let is_end = |text: &&String| text.contains("RESOLVED") || text.contains("recovered");
        assert!(told.iter().filter(is_end).any(|text| text.contains(&name)), "{name}: {told:?}");
    }
    assert!(!recovered.is_empty() && recovered.len() <= 5, "one in five minutes: {recovered:?}");
    assert!(recovered.iter().all(|text| !text.contains("api00008")), "{recovered:?}");
    assert!(world.storm()[0].is_open());
    let before = world.slack_messages();
    world.sweep_minutes(15);
    let end = world.slack_since(before).concat();
    assert!(end.contains("api00008") && !end.contains("api00005"), "{end}");
}

#[test]
fn who_fails_again_after_a_group_said_its_end_is_new() {
    let world = world();
    world.fail(0..6, Cause::LambdaTimedOut, 10, 3);
    world.sweep_minutes(14);
    assert!(!world.storm()[0].is_open());
    let member = (0..6).find(|n| {
        world.texts().iter().all(|text| !text.starts_with(&format!("CRITICAL api{n:05}")))
    });
    let member = member.unwrap();
    let before = world.texts().len();
    world.fail(member..member + 1, Cause::LambdaTimedOut, 7, 1);
    let text = world.texts().split_off(before).concat();
    let start = format!("CRITICAL api{member:05}/prod: ");
    assert!(text.starts_with(&start) && text.contains(" 7/"), "numbers of now: {text}");
}

#[test]
fn a_group_that_no_longer_grows_takes_in_nobody() {
    let world = world();
    world.fail(0..9, Cause::LambdaTimedOut, 10, 3);
    // One goes on for an hour and a half, and others fail for another reason then.
    world.fail(8..9, Cause::LambdaTimedOut, 10, 90);
    let before = world.texts().len();
    world.fail(20..29, Cause::IntegrationTimeout, 10, 2);
    let texts = world.texts().split_off(before);
    let of_group: Vec<_> = texts.iter().filter(|text| text.contains("APIs fail")).collect();
    assert_eq!(of_group.len(), 1, "{texts:?}");
    assert!(of_group[0].starts_with("CRITICAL: 6 APIs fail: "), "{of_group:?}");
    assert!(of_group[0].contains("integration") || of_group[0].contains("Backend"), "{of_group:?}");
    let groups = world.storm();
    assert_eq!(groups.iter().filter(|group| group.is_open()).count(), 2);
    world.sweep_minutes(20);
    let ends = world.texts().split_off(before);
    let ends: Vec<_> = ends.iter().filter(|text| text.starts_with("RESOLVED: ")).collect();
    let of_groups = ends.iter().filter(|text| text.contains("APIs failed"));
    assert_eq!(of_groups.count(), 2, "{ends:?}");
}

#[test]
fn apis_are_counted_and_not_their_incidents() {
    let world = world();
    world.fail(0..6, Cause::LambdaTimedOut, 10, 1);
    world.fail(3..6, Cause::IntegrationTimeout, 10, 1);
    for text in world.texts().iter().filter(|text| text.contains("APIs fail")) {
        assert!(text.contains(": 3 APIs fail"), "{text}");
    }
}

#[test]
fn beyond_two_hundred_nobody_is_named_later_as_if_new() {
    let world = world();
    world.fail(0..250, Cause::LambdaTimedOut, 10, 2);
    let before = world.slack_messages();
    // They recover, and nothing else fails.
    for well in 1..=10 {
        world.fail(well * 5..250, Cause::LambdaTimedOut, 10, 2);
    }
    let later = world.slack_since(before);
    assert!(!later.iter().any(|text| text.contains("more APIs are failing")), "{later:?}");
}

#[test]
fn a_member_is_named_where_only_phones_hear_of_the_group() {
    let mut rules = Rules::built_in();
    rules.channels.insert(Severity::Critical, vec![ChannelKind::Sms]);
    let world = world_with(rules, |_| ());
    world.fail(0..6, Cause::LambdaTimedOut, 10, 2);
    let before = world.texts().len();
    world.fail(0..7, Cause::LambdaTimedOut, 10, 10);
    let texts = world.texts().split_off(before);
    assert_eq!(texts.len(), 1, "{texts:?}");
    assert!(texts[0].starts_with("CRITICAL, UPDATE: 4 APIs fail: api00006/prod"), "{texts:?}");
}

#[test]
fn a_reopened_group_of_warnings_names_each_once() {
    let world = world();
    world.fail(0..8, Cause::GatewayThrottled, 50, 5);
    world.sweep_minutes(16);
    assert!(!world.storm()[0].is_open());
    world.fail(10..13, Cause::LambdaTimedOut, 10, 1);
    let before = world.slack_messages();
    world.fail(20..28, Cause::GatewayThrottled, 50, 9);
    let told = world.slack_since(before);
    for n in 20..28 {
        let naming = told.iter().filter(|text| text.contains(&stage_name(n))).count();
        assert_eq!(naming, 1, "{n}: {told:?}");
    }
}

#[test]
fn the_end_of_members_that_became_critical_is_said_once() {
    let world = world();
    world.fail(0..8, Cause::GatewayThrottled, 50, 3);
    // All of them become critical.
    world.fail(0..8, Cause::LambdaTimedOut, 10, 4);
    let before = world.slack_messages();
    world.sweep_minutes(20);
    let ends = world.slack_since(before);
    for n in 0..8 {
        let name = stage_name(n);
        let ends = ends.iter().filter(|text| text.contains(&name)).count();
        assert!(ends <= 2, "{name}, of two causes: {ends}");
    }
}

#[test]
fn an_api_has_recovered_when_nothing_as_urgent_fails_there() {
    let world = world();
    world.fail(0..8, Cause::LambdaTimedOut, 10, 3);
    // All have timed out; one goes on to fail for another reason, and one is throttled besides.
    let before = world.slack_messages();
    for minute in 0..30 {
        world.count(&stage(6), Cause::IntegrationTimeout, 10);
        world.count(&stage(7), Cause::GatewayThrottled, 50);
        if minute < 3 {
            world.count(&stage(5), Cause::LambdaTimedOut, 10);
        }
        world.sweep();
        world.advance(MINUTE);
    }
    let told = world.slack_since(before);
    let ends = |name: &str| {
        let is_end = |text: &&String| text.contains("RESOLVED") || text.contains("recovered");
        told.iter().filter(is_end).filter(|text| text.contains(name)).count()
    };
    assert_eq!(ends("api00006"), 0, "it fails: {told:?}");
    assert_eq!(ends("api00007"), 1, "only its critical incident is over: {told:?}");
    assert_eq!(ends("api00005"), 1);
}
