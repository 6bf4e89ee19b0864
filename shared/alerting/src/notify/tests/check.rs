//! The limits that hold for every message, whatever it tells.

use diagnosis::catalogue;
use serde_json::Value;

use crate::notify::{ChannelKind, Content, Facts, render, sample_message, septets};

/// Where a link may lead.
const HOSTS: [&str; 2] =
    ["https://eu-west-1.console.aws.amazon.com/", "https://docs.aws.amazon.com/"];

/// A message larger than this would be a burden to read and to keep.
const MAX_BYTES: usize = 40_000;

/// Everything about all messages of these facts; returns all that people would read.
pub(super) fn all(facts: &Facts) -> Vec<String> {
    let messages = ChannelKind::ALL.iter().map(|kind| render(*kind, facts));
    let living = sample_message(ChannelKind::Slack, facts, true);
    let mut read = Vec::new();
    for message in messages.chain(living) {
        limits(&message);
        strings(&serde_json::to_value(&message).unwrap(), &mut read);
    }
    read
}

/// The limits of the message's channel. A new kind does not compile without its own.
pub(in crate::notify) fn limits(message: &Content) {
    match message {
        Content::Slack { body } => check_slack(body),
        Content::SlackBot { message, reply } => {
            check_slack(message);
            reply.iter().for_each(check_slack);
        }
        Content::Sms { body } => check_sms(body),
        Content::Email { subject, body, .. } => check_email(subject, body),
    }
}

/// <https://docs.slack.dev/reference/block-kit/blocks>
fn check_slack(message: &Value) {
    assert!(message.to_string().len() < MAX_BYTES);
    let text = message["text"].as_str().unwrap();
    assert!((1..=4_000).contains(&text.chars().count()));
    assert!(!text.contains(['<', '>']), "no mention and no link: {text}");
    assert!(!text.contains("://"), "{text}");
    assert_eq!(message["unfurl_links"], false);
    assert_eq!(message["unfurl_media"], false);
    let blocks = message["blocks"].as_array().unwrap();
    assert!((1..=50).contains(&blocks.len()));
    for block in blocks {
        match block["type"].as_str().unwrap() {
            "header" => check_plain(&block["text"], 150),
            "context" => {
                let elements = block["elements"].as_array().unwrap();
                assert!((1..=10).contains(&elements.len()));
                for element in elements {
                    check_plain(element, 2_000);
                }
            }
            "actions" => check_buttons(block["elements"].as_array().unwrap()),
            "rich_text" => {
                let elements = block["elements"].as_array().unwrap();
                assert!(!elements.is_empty());
                elements.iter().for_each(check_rich);
            }
            other => panic!("an unexpected block: {other}"),
        }
    }
}

/// Text that Slack does not parse.
fn check_plain(text: &Value, most: usize) {
    assert_eq!(text["type"], "plain_text");
    assert_eq!(text["emoji"], false);
    assert!((1..=most).contains(&text["text"].as_str().unwrap().chars().count()), "{text}");
}

fn check_buttons(buttons: &[Value]) {
    assert!((1..=25).contains(&buttons.len()));
    for button in buttons {
        assert_eq!(button["type"], "button");
        check_plain(&button["text"], 75);
        assert!(button["action_id"].as_str().unwrap().len() <= 255);
        check_url(button["url"].as_str().unwrap());
    }
}

fn check_url(url: &str) {
    assert!(url.len() <= 3_000);
    assert!(HOSTS.iter().any(|host| url.starts_with(host)), "{url}");
    assert!(
        url.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>|\"`\\".contains(&byte)),
        "{url}"
    );
}

/// Text only: the elements that mention somebody or link somewhere are others.
fn check_rich(element: &Value) {
    match element["type"].as_str().unwrap() {
        "rich_text_section" | "rich_text_preformatted" | "rich_text_list" => {
            let elements = element["elements"].as_array().unwrap();
            assert!(!elements.is_empty(), "{element}");
            elements.iter().for_each(check_rich);
        }
        "text" => {
            let length = element["text"].as_str().unwrap().chars().count();
            assert!((1..=3_000).contains(&length), "{element}");
        }
        other => panic!("an unexpected element: {other}"),
    }
}

fn check_sms(body: &str) {
    assert!(septets(body).is_some_and(|count| (1..=160).contains(&count)), "{body}");
}

fn check_email(subject: &str, body: &str) {
    assert!((1..100).contains(&subject.len()), "{subject}");
    assert!(subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{subject}");
    assert!(body.len() < MAX_BYTES, "SNS takes 256 KB");
    assert!(!body.contains(|c: char| c.is_control() && c != '\n'), "{body}");
    for line in body.lines() {
        if line.starts_with("https://") {
            check_url(line);
        } else {
            assert!(line.split_whitespace().all(|word| !word.contains("://") || is_ours(word)));
        }
        // Commands, links and what has no blank in it are not broken.
        let wraps = line.trim_start().contains(' ') && !line.starts_with("     ");
        assert!(!wraps || line.chars().count() <= 78 || long_word(line), "{line}");
    }
}

/// An address that a step of the catalogue names, as an example.
fn is_ours(word: &str) -> bool {
    let word = word.trim_matches('`');
    catalogue::entries().iter().flat_map(|entry| entry.next_steps).any(|step| step.contains(word))
}

fn long_word(line: &str) -> bool {
    line.split_whitespace().any(|word| word.chars().count() > 40)
}

fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| strings(value, found)),
        Value::Object(object) => object.values().for_each(|value| strings(value, found)),
        _ => {}
    }
}
