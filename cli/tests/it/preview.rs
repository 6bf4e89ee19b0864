//! `gatewatch preview`, driven as a user would.

use std::collections::BTreeSet;

use alerting::ChannelKind;
use serde_json::Value;

use crate::common::{refusal, stdout};

fn objects(arguments: &[&str]) -> Vec<Value> {
    let arguments = [&["preview", "--output", "json"], arguments].concat();
    stdout(&arguments, "").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn texts<'a>(objects: &'a [Value], pointer: &str) -> BTreeSet<&'a str> {
    objects.iter().map(|object| object.pointer(pointer).unwrap().as_str().unwrap()).collect()
}

#[test]
fn every_cause_event_and_channel_can_be_seen() {
    let all = objects(&["--cause", "all", "--event", "all", "--channel", "all"]);
    let events = ["acknowledged", "opened", "reminded", "resolved", "storm", "updated"];
    assert_eq!(texts(&all, "/event"), events.into());
    let channels = ChannelKind::named_in_rules().map(ChannelKind::as_str).collect();
    assert_eq!(texts(&all, "/message/channel"), channels);
    let listed = stdout(&["causes", "--output", "json"], "");
    let listed: Vec<Value> =
        listed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut causes = texts(&listed, "/cause");
    causes.insert("unparseable");
    assert_eq!(texts(&all, "/cause"), causes);
}

#[test]
fn one_message_is_shown_where_nothing_else_is_asked_for() {
    let one = objects(&[]);
    assert_eq!(one.len(), 1);
    assert_eq!(one[0]["cause"], "lambda-timed-out");
    assert_eq!(one[0]["event"], "opened");
    assert_eq!(one[0]["message"]["channel"], "slack");
}

#[test]
fn only_slack_edits_its_messages() {
    let acknowledged = objects(&["--event", "acknowledged", "--channel", "all"]);
    assert_eq!(texts(&acknowledged, "/message/channel"), ["slack"].into());
    assert!(acknowledged[0].to_string().contains("Ann is looking after it"));
}

#[test]
fn an_unknown_cause_is_refused() {
    for cause in ["none", "lambda", ""] {
        assert!(
            refusal(&["preview", "--cause", cause], "").contains("gatewatch causes"),
            "{cause}"
        );
    }
    refusal(&["preview", "--html", "--output", "json"], "");
}

#[test]
fn the_page_holds_no_script_and_links_only_to_aws() {
    let arguments = ["preview", "--html", "--cause", "all", "--event", "all", "--channel", "all"];
    let page = stdout(&arguments, "");
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert!(!page.contains("<script") && !page.contains(" src="), "no script and no other file");
    for (at, _) in page.match_indices("href=\"") {
        let target = &page[at + 6..];
        let aws = ["https://eu-west-1.console.aws.amazon.com/", "https://docs.aws.amazon.com/"];
        let ours = aws.iter().chain(&["data:,\""]).any(|page| target.starts_with(page));
        assert!(ours, "{}", &target[..80]);
    }
}

#[test]
fn all_channels_can_be_read_without_colour() {
    let arguments = ["preview", "--channel", "all", "--output", "text", "--color", "never"];
    insta::assert_snapshot!(stdout(&arguments, ""));
}

#[test]
fn a_bots_message_has_buttons_and_a_thread() {
    let told = objects(&["--channel", "slack-bot", "--event", "reminded"]);
    let message = &told[0]["message"];
    assert_eq!(message["channel"], "slack-bot");
    assert!(message["reply"].is_object());
    for button in ["acknowledge", "silence-1h", "silence-24h"] {
        assert!(message["message"].to_string().contains(&format!("\"{button}\"")), "{button}");
    }
    let bot = ["preview", "--channel", "slack-bot", "--event", "reminded"];
    let drawn = stdout(&[&bot[..], &["--output", "text", "--color", "never"]].concat(), "");
    assert!(drawn.contains("[Acknowledge] [Silence 1 h]") && drawn.contains("in its thread"));
    let page = stdout(&[&bot[..], &["--html"]].concat(), "");
    assert!(page.contains("<a>Acknowledge</a>") && page.contains("In its thread"));
    assert!(!page.contains("href=\"\""));
}
