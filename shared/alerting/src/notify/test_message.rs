//! What a test says: that it is one, on which stack, and that nobody has to do anything. It looks like
//! no alert, so that nobody who is woken by it takes it for one.

use std::collections::BTreeMap;

use diagnosis::{Timestamp, redact};

use crate::notify::sms::{self, gsm7};
use crate::notify::{ChannelKind, Content, slack};

/// CloudFormation's limit.
const MAX_STACK: usize = 128;

/// A longer name leaves too little of a text message for the rest.
const STACK_SEPTETS: usize = 60;

/// What it is, in a line; `sms` has no room for more.
const TITLE: &str = "TEST: Gatewatch can reach you here";

/// The test for a kind of channel, of the stack with this name.
pub fn test_alert(kind: ChannelKind, stack: &str, at: Timestamp) -> Content {
    let stack = redact::truncate(&redact::printable(stack), MAX_STACK);
    let time = at.hour_and_minute();
    match kind {
        ChannelKind::Slack => Content::Slack { body: in_slack(&stack, at) },
        ChannelKind::SlackBot => Content::SlackBot { message: in_slack(&stack, at), reply: None },
        ChannelKind::Sms => {
            let stack = gsm7::fit(&stack, STACK_SEPTETS);
            let body = format!("{TITLE}. Nothing is wrong. Stack {stack}, {time} UTC.");
            Content::Sms { body: gsm7::fit(&body, sms::SEGMENT_SEPTETS) }
        }
        ChannelKind::Email => Content::Email {
            subject: TITLE.to_owned(),
            body: format!(
                "{}\n\n{}\n\nStack {stack}, {} {time} UTC\n",
                sentences(),
                "Subscriptions with a filter get only what they ask for: this message has the\n\
                 attribute event = test, and no other.",
                day(at),
            ),
            attributes: BTreeMap::from([("event".to_owned(), "test".to_owned())]),
        },
    }
}

fn in_slack(stack: &str, at: Timestamp) -> serde_json::Value {
    let small_print = format!("Stack {stack} · {} {} UTC", day(at), at.hour_and_minute());
    slack::notice(&format!("🔔 {TITLE}"), &sentences().replace('\n', " "), &small_print)
}

fn sentences() -> &'static str {
    "Somebody ran `gatewatch test-alert` to see whether alerts arrive. Nothing is\n\
     wrong, and there is nothing to do: real alerts come the same way."
}

/// `2025-03-12`.
fn day(at: Timestamp) -> String {
    at.to_string().chars().take(10).collect()
}

#[cfg(test)]
mod tests {
    use diagnosis::Timestamp;

    use super::test_alert;
    use crate::notify::{ChannelKind, Content, septets};

    /// 2025-03-12T09:14:00Z
    fn at() -> Timestamp {
        Timestamp::from_millis(1_741_770_840_000)
    }

    const KINDS: [ChannelKind; 4] =
        [ChannelKind::Slack, ChannelKind::SlackBot, ChannelKind::Sms, ChannelKind::Email];

    #[test]
    fn each_channel_gets_its_own() {
        let tests = KINDS.map(|kind| test_alert(kind, "gatewatch", at()));
        insta::assert_json_snapshot!(tests);
    }

    #[test]
    fn whatever_the_stack_is_called_it_stays_within_the_limits() {
        for stack in ["", &"gatewatch-".repeat(100), "<!channel> `x` 😀\r\n\u{202E}{{{{"] {
            for kind in KINDS {
                let test = test_alert(kind, stack, at());
                assert_eq!(test.kind(), kind);
                match test {
                    Content::Slack { body: message } | Content::SlackBot { message, .. } => {
                        crate::notify::tests::check::check_slack(&message);
                        assert!(!message.to_string().contains("action_id"), "nothing to press");
                    }
                    Content::Sms { body } => {
                        assert!(septets(&body).is_some_and(|count| count <= 160), "{body}");
                        assert!(body.ends_with("09:14 UTC."), "{body}");
                    }
                    Content::Email { subject, body, attributes } => {
                        crate::notify::tests::check::check_email(&subject, &body);
                        assert_eq!(
                            attributes.into_iter().collect::<Vec<_>>(),
                            [("event".to_owned(), "test".to_owned())]
                        );
                    }
                }
            }
        }
    }
}
