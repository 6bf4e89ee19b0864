//! What is said about a delivery, and that every limit holds whatever is added.

use std::collections::BTreeMap;

use diagnosis::{Cause, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use crate::incident::Event::{self, Opened, Reminded, Resolved, Updated};
use crate::notify::delivery_note::{DeliveryNote, SmsLimitNote};
use crate::notify::tests::check;
use crate::notify::{ChannelKind, Content, render, sample, septets};

/// 2025-03-12T10:45:00Z
const FIRED: i64 = 1_741_776_300_000;
const MINUTE: i64 = 60_000;

fn note(event: Event) -> DeliveryNote {
    DeliveryNote {
        event,
        notified_at: Timestamp::from_millis(FIRED + 7 * MINUTE),
        opened_at: Timestamp::from_millis(FIRED),
        opening_unsent: false,
        late_ms: 1_000,
        because: None,
        repeat: false,
        stands_in: false,
        sms_limit: None,
    }
}

fn late(event: Event) -> DeliveryNote {
    let because = Some("Slack answered 429".to_owned());
    DeliveryNote { late_ms: 12 * MINUTE, because, ..note(event) }
}

fn sms(body: &str, note: &DeliveryNote) -> String {
    match (Content::Sms { body: body.to_owned() }).annotated(note) {
        Content::Sms { body } => body,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_edit_says_why_it_is_late_and_only_the_reply_may_be_a_repeat() {
    let bot = |reply: Option<&str>| Content::SlackBot {
        message: json!({"text": "living", "blocks": [{"type": "header"}]}),
        reply: reply.map(|text| json!({"text": text})),
    };
    let repeat = DeliveryNote { repeat: true, ..note(Updated) };
    let late_repeat = DeliveryNote { repeat: true, ..late(Updated) };
    for (what, reply, note, message, thread) in [
        ("in time", Some("worse"), note(Updated), "living", Some("worse")),
        ("a repeat", Some("worse"), repeat.clone(), "living", Some("worse (may be a repeat)")),
        ("a repeated opening", None, repeat, "living (may be a repeat)", None),
        (
            "late",
            Some("worse"),
            late_repeat,
            "living Delayed: from 10:52 UTC, delivered 12 min late because Slack answered 429.",
            Some(
                "worse Delayed: from 10:52 UTC, delivered 12 min late because Slack answered 429. \
                 (may be a repeat)",
            ),
        ),
    ] {
        let Content::SlackBot { message: edited, reply: answered } = bot(reply).annotated(&note)
        else {
            panic!("{what}");
        };
        assert_eq!(edited["text"], message, "{what}");
        assert_eq!(answered.as_ref().and_then(|reply| reply["text"].as_str()), thread, "{what}");
    }
}

const SMS: &str = "RESOLVED shop/prod: 504 Backend did not answer in time, 37/412 failed, 25 min. Gatewatch 0123456789ab";

#[test]
fn what_a_reader_is_told() {
    for (note, text, suffix) in [
        (note(Opened), "", ""),
        (DeliveryNote { late_ms: 2 * MINUTE, ..note(Opened) }, "", ""),
        (
            DeliveryNote { notified_at: Timestamp::from_millis(FIRED), ..late(Opened) },
            "Delayed: from 10:45 UTC, delivered 12 min late because Slack answered 429.",
            " (of 10:45 UTC, late)",
        ),
        (
            DeliveryNote { because: None, ..late(Reminded) },
            "Delayed: from 10:52 UTC, delivered 12 min late.",
            " (of 10:52 UTC, late)",
        ),
        (DeliveryNote { repeat: true, ..note(Opened) }, "(may be a repeat)", " (may be a repeat)"),
        (
            DeliveryNote { opening_unsent: true, ..late(Resolved) },
            "Fired 10:45, resolved 10:52 UTC; delivered late because Slack answered 429.",
            " (fired 10:45, late)",
        ),
        (
            DeliveryNote { opening_unsent: true, repeat: true, ..late(Updated) },
            "Fired 10:45, changed 10:52 UTC; delivered late because Slack answered 429. (may be a repeat)",
            " (fired 10:45, late, may be a repeat)",
        ),
        (
            DeliveryNote { opening_unsent: true, ..note(Resolved) },
            "Fired 10:45, resolved 10:52 UTC.",
            " (fired 10:45)",
        ),
        // the days are told where they differ
        (
            DeliveryNote {
                opening_unsent: true,
                opened_at: Timestamp::from_millis(FIRED - 24 * 60 * MINUTE),
                ..note(Resolved)
            },
            "Fired 2025-03-11 10:45, resolved 2025-03-12 10:52 UTC.",
            " (fired 10:45)",
        ),
        (
            DeliveryNote { stands_in: true, ..note(Opened) },
            "Sent here because no other channel has taken it so far.",
            "",
        ),
        (
            DeliveryNote { sms_limit: Some(SmsLimitNote::Reached), ..note(Opened) },
            "",
            " SMS limit reached, see Slack",
        ),
        (
            DeliveryNote { sms_limit: Some(SmsLimitNote::OnlyOpenings), ..note(Resolved) },
            "",
            " SMS limit near: only new criticals now",
        ),
    ] {
        assert_eq!(note.text(), text, "{note:?}");
        assert_eq!(sms(SMS, &note), format!("{SMS}{suffix}"), "{note:?}");
    }
}

#[test]
fn every_kind_of_channel_says_it_and_keeps_its_limits() {
    for event in [Opened, Updated, Reminded, Resolved] {
        for &kind in ChannelKind::ALL {
            let content = render(kind, &sample::facts(event, Cause::LambdaTimedOut));
            let annotated = content.annotated(&late(event));
            assert_ne!(annotated, content, "{kind}");
            check::limits(&annotated);
        }
    }
}

#[test]
fn slack_shows_it_below_the_header_and_on_the_lock_screen() {
    let body = json!({"text": "it <fails>", "blocks": [{"type": "header"}, {"type": "section"}]});
    let note = DeliveryNote { because: Some("<!channel> & co".to_owned()), ..late(Opened) };
    let Content::Slack { body } = (Content::Slack { body }).annotated(&note) else { panic!() };
    assert_eq!(body["blocks"][0]["type"], "header");
    assert_eq!(body["blocks"][1]["type"], "context");
    assert_eq!(
        body["blocks"][1]["elements"][0]["type"], "plain_text",
        "which Slack does not parse"
    );
    assert_eq!(body["blocks"][2]["type"], "section");
    let text = body["text"].as_str().unwrap();
    assert!(text.ends_with("late because &lt;!channel&gt; &amp; co."), "{text}");
    // a message without blocks stays one
    let plain = Content::Slack { body: json!({"text": "it fails"}) };
    let Content::Slack { body } = plain.annotated(&note) else { panic!() };
    assert_eq!(body.get("blocks"), None);
}

#[test]
fn fifty_blocks_stay_fifty_and_the_last_stays_last() {
    for blocks in [2, 49, 50, 51] {
        let all: Vec<_> = (1..=blocks).map(|n| json!({"n": n})).collect();
        let content = Content::Slack { body: json!({"text": "a", "blocks": all}) };
        let Content::Slack { body } = content.annotated(&late(Opened)) else { panic!() };
        let found = body["blocks"].as_array().unwrap();
        assert_eq!(found.len(), (blocks + 1).min(50), "{blocks}");
        assert_eq!(found.last().unwrap()["n"].as_u64(), Some(blocks.min(50) as u64));
    }
}

#[test]
fn email_says_it_first_and_keeps_its_subject_and_attributes() {
    let attributes = BTreeMap::from([("severity".to_owned(), "critical".to_owned())]);
    let content = Content::Email {
        subject: "it fails".to_owned(),
        body: "a\nb".to_owned(),
        attributes: attributes.clone(),
    };
    let wanted = Content::Email {
        subject: "it fails".to_owned(),
        body: format!("{}\n\na\nb", late(Opened).text()),
        attributes,
    };
    assert_eq!(content.annotated(&late(Opened)), wanted);
    assert_eq!(content.annotated(&note(Opened)), content, "nothing to say");
}

#[test]
fn a_long_text_message_keeps_its_end() {
    let long =
        format!("CRITICAL shop/prod: {}, 37/412 failed. Gatewatch 0123456789ab", "x".repeat(200));
    let all = DeliveryNote {
        opening_unsent: true,
        repeat: true,
        sms_limit: Some(SmsLimitNote::Reached),
        ..late(Resolved)
    };
    let text = sms(&long, &all);
    assert_eq!(septets(&text), Some(160), "{text}");
    let end = ", 37/412 failed. Gatewatch 0123456789ab (fired 10:45, late, may be a repeat) SMS limit reached, see Slack";
    assert!(text.starts_with("CRITICAL shop/prod: xx") && text.ends_with(end), "{text}");
}

proptest! {
    #[test]
    fn a_text_message_stays_one_segment(
        body in "\\PC{0,200}",
        flags in any::<[bool; 3]>(),
        limit in prop::sample::select(vec![None, Some(SmsLimitNote::OnlyOpenings), Some(SmsLimitNote::Reached)]),
        reason in any::<String>(),
    ) {
        let note = DeliveryNote {
            opening_unsent: flags[0],
            repeat: flags[1],
            sms_limit: limit,
            because: Some(reason),
            ..if flags[2] { late(Resolved) } else { late(Opened) }
        };
        let text = sms(&body, &note);
        prop_assert!(septets(&text).is_some_and(|count| count <= 160), "{}", text);
    }
}
