//! Every message of every cause, event and channel. What differs between causes is words, so these
//! are kept as people read them; the JSON that carries them is kept once for each shape.

use diagnosis::Cause;

use crate::incident::Event;
use crate::notify::ChannelKind;
use crate::notify::sample_message;
use crate::notify::tests::{body, drawn, email, slack, sms};
use crate::notify::{Facts, sample};

const EVENTS: [(&str, Event); 3] =
    [("opened", Event::Opened), ("updated", Event::Updated), ("resolved", Event::Resolved)];

fn of_every_cause(event: Event, show: impl Fn(&Facts) -> String) -> String {
    let causes = Cause::ALL.iter().filter(|cause| !matches!(cause, Cause::None | Cause::Unknown));
    let shown = causes
        .map(|&cause| format!("==== {cause}\n{}", show(&sample::facts(event, cause)).trim_end()));
    shown.collect::<Vec<_>>().join("\n")
}

#[test]
fn slack_messages() {
    for (name, event) in EVENTS {
        let shown = of_every_cause(event, |facts| {
            let message = slack(facts);
            format!("{}\n\n{}", message["text"].as_str().unwrap(), drawn(&message))
        });
        insta::assert_snapshot!(format!("slack_{name}"), shown);
    }
}

#[test]
fn text_messages() {
    for (name, event) in EVENTS {
        insta::assert_snapshot!(format!("sms_{name}"), of_every_cause(event, sms));
    }
}

#[test]
fn emails() {
    for (name, event) in EVENTS {
        let shown = of_every_cause(event, |facts| {
            let (subject, body) = email(facts);
            format!("Subject: {subject}\n\n{}", without_queries(&body))
        });
        insta::assert_snapshot!(format!("email_{name}"), shown);
    }
}

/// Links up to their query: what a query holds, the JSON shows.
fn without_queries(body: &str) -> String {
    let lines = body.lines().map(|line| match line.split_once('?') {
        Some((page, _)) if line.starts_with("https://") => page,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_reminder() {
    let facts = sample::facts(Event::Reminded, Cause::LambdaTimedOut);
    let (subject, text) = email(&facts);
    let text = without_queries(&text);
    let shown = format!("{}\n\n{}\n\n{subject}\n\n{text}", drawn(&slack(&facts)), sms(&facts));
    insta::assert_snapshot!("reminded", shown);
}

#[test]
fn the_json_that_slack_gets() {
    for (name, event) in EVENTS {
        let facts = sample::facts(event, Cause::LambdaTimedOut);
        insta::assert_json_snapshot!(format!("json_{name}"), slack(&facts));
    }
    let mut facts = sample::facts(Event::Opened, Cause::LambdaTimedOut);
    facts.acknowledged_by = Some("Ann".to_owned());
    insta::assert_json_snapshot!(
        "json_living_acknowledged",
        body(sample_message(ChannelKind::Slack, &facts, true).unwrap())
    );
    facts.incident.resolved_at = Some(facts.at.plus_millis(1_860_000));
    facts.at = facts.at.plus_millis(1_860_000);
    insta::assert_json_snapshot!(
        "json_living_resolved",
        body(sample_message(ChannelKind::Slack, &facts, true).unwrap())
    );
}

#[test]
fn a_storm() {
    for event in [Event::Opened, Event::Resolved] {
        let facts = sample::storm(event);
        let (subject, text) = email(&facts);
        let shown = format!("{}\n\n{}\n\n{subject}\n\n{text}", drawn(&slack(&facts)), sms(&facts));
        insta::assert_snapshot!(format!("storm_{event:?}").to_lowercase(), shown);
    }
}
