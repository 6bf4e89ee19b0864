//! A living message, and what people press in it.

use super::*;
use crate::incident::{Action, Target};
use crate::{InteractionOutcome, InteractionReport};

use Action::{Acknowledge, SilenceForADay, SilenceForAnHour};

/// A world whose Slack is a bot's.
fn with_bot() -> World<impl Clock> {
    with_bot_and(|| {})
}

/// A world whose Slack is a bot's, in which something happens whenever the engine looks at the clock.
pub(super) fn with_bot_and(looked: impl Fn()) -> World<impl Clock> {
    let mut world = world();
    let id = ChannelId::only(ChannelKind::SlackBot);
    let bot =
        Recorder { id, sent: Rc::default(), failing: Rc::default(), rested_ms: Rc::default() };
    world.slack = bot.clone();
    let World { engine, clock, slack, sms, step } = world;
    let now = Rc::clone(&clock);
    let settings = engine.settings.clone();
    let channels = vec![bot, sms.clone()];
    let clock_of_engine = move || {
        looked();
        now.get()
    };
    let engine = Engine::new(MemoryLedger::default(), channels, clock_of_engine, settings);
    World { engine: engine.with_buttons(true), clock, slack, sms, step }
}

impl<K: Clock> World<K> {
    fn target(&self) -> Target {
        let incident = &self.incidents()[0];
        Target { incident: incident.id.clone(), source: incident.source.clone() }
    }

    pub(super) fn press(&self, action: Action, who: &str) -> InteractionReport {
        let target = self.target();
        self.with_invocation(|call| ready(self.engine.press(action, &target, who, call))).unwrap()
    }

    /// What the bot was given: the living message and the reply, as text.
    pub(super) fn living(&self) -> Vec<(String, Option<String>)> {
        let sent = self.slack.sent.borrow();
        let text = |content: &Content| match content {
            Content::SlackBot { message, reply } => {
                (message.to_string(), reply.as_ref().map(ToString::to_string))
            }
            other => panic!("{other:?}"),
        };
        sent.iter().map(text).collect()
    }
}

fn buttons(message: &str) -> Vec<&'static str> {
    let ids = Action::ALL.into_iter().map(Action::id);
    ids.filter(|id| message.contains(&format!("\"action_id\":\"{id}\""))).collect()
}

#[test]
fn rules_say_slack_and_mean_the_bot() {
    let world = with_bot();
    world.ingest(&outage());
    let living = world.living();
    assert_eq!(living.len(), 1);
    assert_eq!(living[0].1, None, "nothing has happened yet");
    assert_eq!(buttons(&living[0].0), ["acknowledge", "silence-1h", "silence-24h"]);
    assert!(living[0].0.contains(&world.target().to_string()));
}

#[test]
fn without_somebody_who_answers_there_are_no_buttons() {
    let world = with_bot();
    let World { engine, clock, slack, sms, step } = world;
    let world = World { engine: engine.with_buttons(false), clock, slack, sms, step };
    world.ingest(&outage());
    assert_eq!(buttons(&world.living()[0].0), Vec::<&str>::new());
}

#[test]
fn an_acknowledgement_edits_the_message_and_tells_nobody_else() {
    let world = with_bot();
    world.ingest(&outage());
    let (sms, seq) = (world.sms.sent.borrow().len(), world.incidents()[0].seq);

    let report = world.press(Acknowledge, "ann");

    assert_eq!((report.pressed, report.delivery.sent), (InteractionOutcome::Acknowledged, 1));
    let living = world.living();
    let (message, reply) = living.last().unwrap();
    assert!(message.contains("ann is looking after it"), "{message}");
    assert_eq!((buttons(message), reply), (vec!["silence-1h", "silence-24h"], &None));
    assert_eq!(world.incidents()[0].seq, seq + 1);
    assert_eq!(world.sms.sent.borrow().len(), sms);

    let InteractionOutcome::AcknowledgedBefore(first) = world.press(Acknowledge, "bob").pressed
    else {
        panic!("bob was second");
    };
    assert_eq!(first.by, "ann");
    assert_eq!(world.living().len(), living.len(), "nothing new to show");
}

#[test]
fn the_end_turns_the_message_green_and_keeps_who_looked_after_it() {
    let world = with_bot();
    world.ingest(&outage());
    world.press(Acknowledge, "ann");
    world.sweep_minutes(20);
    let (message, reply) = world.living().pop().unwrap();
    assert!(message.contains("Resolved") && message.contains("ann is looking after it"));
    assert!(reply.is_some_and(|reply| reply.contains("Resolved")));
    assert_eq!(buttons(&message), Vec::<&str>::new());
    let edits = world.living().len();
    for action in Action::ALL {
        assert!(matches!(world.press(action, "bob").pressed, InteractionOutcome::Over(_)));
    }
    assert_eq!(world.living().len(), edits);
}

#[test]
fn a_press_that_slack_does_not_hear_of_is_shown_by_the_sweep() {
    let world = with_bot();
    world.ingest(&outage());
    world.slack.failing.set(true);
    let report = world.press(Acknowledge, "ann");
    assert_eq!((report.pressed, report.delivery.failed), (InteractionOutcome::Acknowledged, 1));
    world.slack.failing.set(false);
    world.sweep_minutes(2);
    assert!(world.living().last().unwrap().0.contains("ann is looking after it"));
    let id = ChannelId::only(ChannelKind::SlackBot);
    assert!(ready(world.engine.ledger().pending(&id, None, 10)).unwrap().is_empty());
}

#[test]
fn a_silence_is_for_this_cause_on_this_stage() {
    for (action, hours) in [(SilenceForAnHour, 1), (SilenceForADay, 24)] {
        let world = with_bot();
        world.ingest(&outage());
        let InteractionOutcome::Silenced(silence) = world.press(action, "ann <!channel>").pressed
        else {
            panic!("not silenced");
        };
        let now = world.clock.get();
        assert_eq!(silence.until, now.plus_millis(hours * 60 * MINUTE));
        let scope = &silence.scope;
        assert_eq!(
            (&scope.api[..], &scope.stage[..]),
            (&["a1b2c3d4e5".to_owned()][..], &["prod".to_owned()][..])
        );
        assert_eq!((scope.cause.len(), scope.route.len()), (1, 0));
        let reply = world.living().pop().unwrap().1.unwrap();
        assert!(reply.contains("ann &lt;!channel&gt; has silenced this until"), "{reply}");

        let InteractionOutcome::SilencedBefore(before) = world.press(action, "bob").pressed else {
            panic!("silenced twice");
        };
        assert_eq!(before, silence);
        assert_eq!(ready(world.engine.ledger().silences(now)).unwrap().len(), 1);
    }
}

#[test]
fn what_is_not_known_cannot_be_pressed() {
    let world = with_bot();
    world.ingest(&outage());
    let target =
        Target { incident: "ba9876543210".parse().unwrap(), source: world.target().source };
    for action in Action::ALL {
        let report =
            world.with_invocation(|call| ready(world.engine.press(action, &target, "ann", call)));
        assert_eq!(report.unwrap().pressed, InteractionOutcome::Unknown);
    }
    let storm = Target { source: Source::Everywhere, ..target };
    let report = world
        .with_invocation(|call| ready(world.engine.press(SilenceForADay, &storm, "ann", call)));
    assert_eq!(report.unwrap().pressed, InteractionOutcome::NotAlone);
}

#[test]
fn reminders_and_what_is_worse_ring_in_the_channel() {
    let world = with_bot();
    for _ in 0..5 * 60 {
        world.minute(10, 20);
    }
    let living = world.living();
    let rings: Vec<bool> = living
        .iter()
        .filter_map(|(_, reply)| reply.as_ref())
        .map(|reply| reply.contains("\"reply_broadcast\":true"))
        .collect();
    assert!(rings.len() > 1 && rings.iter().all(|rings| *rings), "{rings:?}");
    let places = living.iter().filter(|(message, _)| message.contains("reply_broadcast"));
    assert_eq!(places.count(), 0, "an edit cannot ring");
}

#[test]
fn the_message_follows_the_numbers_and_disturbs_nobody() {
    let world = with_bot();
    world.ingest(&outage());
    world.sweep_minutes(1);
    let (before, sms) = (world.living().len(), world.sms.sent.borrow().len());
    // (errors of a minute, whether the message is edited)
    for (errors, edited) in [(20, true), (20, true), (1, false), (0, false), (20, true)] {
        let edits = world.living().len();
        let told = world.minute(errors, 20);
        assert_eq!(told, [], "nothing is told");
        let living = world.living();
        assert_eq!(living.len() - edits, usize::from(edited), "{errors}");
        if edited {
            let (message, reply) = living.last().unwrap();
            assert_eq!(reply, &None, "no reply");
            assert_eq!(buttons(message), ["acknowledge", "silence-1h", "silence-24h"]);
        }
    }
    assert!(world.living().len() > before);
    assert_eq!(world.sms.sent.borrow().len(), sms, "no phone rings");
    let last = world.living().pop().unwrap().0;
    let errors = world.incidents()[0].history.errors.to_string();
    assert!(last.contains(&errors), "{errors} in {last}");
}

#[test]
fn a_few_more_errors_are_shown_after_ten_minutes() {
    let world = with_bot();
    world.ingest(&outage());
    world.minute(1_000, 20);
    // ten times as many are told, five minutes after the opening
    while world.minute(1, 20).is_empty() {}
    let edits = world.living().len();
    for _ in 0..9 {
        world.minute(1, 20);
    }
    assert_eq!(world.living().len(), edits);
    world.minute(1, 20);
    assert_eq!(world.living().len(), edits + 1);
}

#[test]
fn one_edit_waits_however_long_the_channel_fails() {
    let world = with_bot();
    world.ingest(&outage());
    world.sweep_minutes(1);
    let id = ChannelId::only(ChannelKind::SlackBot);
    let pending = || ready(world.engine.ledger().pending(&id, None, 100)).unwrap().len();
    world.slack.failing.set(true);
    for _ in 0..15 {
        world.minute(5, 20);
        assert!(pending() <= 1, "{}", pending());
    }
    assert_eq!(pending(), 1);
    world.slack.failing.set(false);
    world.sweep_minutes(6);
    assert_eq!(pending(), 0);
    let last = world.living().pop().unwrap();
    assert_eq!(last.1, None, "and says nothing of being late");
    assert!(!last.0.contains("delivered late") && !last.0.contains("repeat)"), "{}", last.0);
}

#[test]
fn what_is_silenced_or_told_by_no_bot_is_not_edited() {
    let silenced = with_bot();
    silenced.ingest(&outage());
    silenced.press(SilenceForAnHour, "ann");
    let edits = silenced.living().len();
    silenced.minute(100, 20);
    assert_eq!(silenced.living().len(), edits);

    let by_webhook = world();
    by_webhook.ingest(&outage());
    by_webhook.sweep_minutes(1);
    let (sent, seq) = (by_webhook.slack_messages(), by_webhook.incidents()[0].seq);
    by_webhook.minute(100, 20);
    assert_eq!((by_webhook.slack_messages(), by_webhook.incidents()[0].seq), (sent, seq));
}

#[test]
fn the_first_message_about_a_storm_names_as_many_as_any_other() {
    let world = with_bot();
    for n in 0..43 {
        let source = Source::Stage { api_id: format!("api{n:05}"), stage: "prod".to_owned() };
        world.count(&source, Cause::LambdaThrottled, 10 + n);
    }
    world.sweep();
    let text: String = world.living().iter().map(|(message, _)| message.as_str()).collect();
    for n in 0..43 {
        assert!(
            text.contains(&format!("api{n:05}/prod")) || text.contains(&format!("api{n:05}\"")),
            "{n}"
        );
    }
}

#[test]
fn a_message_about_a_storm_is_edited_as_it_moves_and_names_who_joins() {
    let world = with_bot();
    let stage = |n| Source::Stage { api_id: format!("api{n:05}"), stage: "prod".to_owned() };
    let count_each = |sources: std::ops::Range<u64>, errors: u64| {
        for n in sources {
            world.count(&stage(n), Cause::LambdaThrottled, errors);
        }
    };
    count_each(0..6, 10);
    world.sweep();
    let sent = world.living().len();
    assert_eq!(sent, 4, "three by themselves, three together");
    // Twice the errors: an edit. One more API: a reply that the channel hears of.
    world.advance(MINUTE);
    count_each(0..6, 50);
    let told = world.sweep().notifications;
    assert!(told.is_empty(), "{told:?}");
    let living = world.living();
    let edits: Vec<_> = living[sent..].iter().filter(|(text, _)| text.contains("APIs")).collect();
    assert_eq!(edits.len(), 1, "{living:?}");
    assert!(edits[0].1.is_none() && edits[0].0.contains("60 errors"), "{edits:?}");
    world.advance(MINUTE);
    count_each(0..7, 10);
    world.sweep();
    let living = world.living();
    let of_storm = living.iter().rev().find(|(text, _)| text.contains("APIs fail"));
    let Some((text, Some(reply))) = of_storm else { panic!("{of_storm:?}") };
    assert!(reply.contains("reply_broadcast") && reply.contains("api00006"), "{reply}");
    assert!(!reply.contains("api00005") && text.contains("api00005"), "{text}");
}
