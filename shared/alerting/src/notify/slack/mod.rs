//! Slack, by incoming webhook: Block Kit. The bot's messages are made of the same parts.

mod annotate;
mod blocks;
mod escape;
mod parts;
mod render;

use diagnosis::Timestamp;
use serde_json::Value;

use crate::notify::channel::{Content, Remedy, SendError};
use crate::notify::delivery_note::DeliveryNote;
use crate::notify::facts::Facts;
use crate::notify::format::{ChannelFormat, View};
use crate::notify::test_message::{SENTENCES, TITLE};

pub(super) use annotate::annotate;
pub(super) use blocks::MAX_BLOCKS;
pub use escape::escape;
pub(super) use render::{living, message};

/// What to do about a message that Slack refuses in every form.
pub(super) const REFUSED: &str =
    "Slack took neither the message nor its plain line: please report it.";

/// Slack, by incoming webhook.
pub(super) struct Webhook;

impl ChannelFormat for Webhook {
    fn name(&self) -> &'static str {
        "Slack"
    }

    fn render(&self, facts: &Facts) -> Content {
        Content::Slack { body: message(facts) }
    }

    /// Everything about the incident, and on top how it stands: what changed, who has acknowledged it,
    /// or that it is over.
    fn living(&self, facts: &Facts) -> Option<Content> {
        Some(Content::Slack { body: living(facts) })
    }

    fn annotate(&self, content: &Content, note: &DeliveryNote) -> Content {
        match content {
            Content::Slack { body } => Content::Slack { body: annotate(body, &note.text()) },
            other => other.clone(),
        }
    }

    fn test_message(&self, stack: &str, at: Timestamp) -> Content {
        Content::Slack { body: test_message(stack, at) }
    }

    fn accepted(&self) -> &'static str {
        "ok"
    }

    fn hint(&self, error: &SendError) -> &'static str {
        match error.remedy {
            Remedy::Park => {
                "The webhook does not serve any more: make a new one in Slack and put it into the \
                 SSM parameter (docs/slack.md)."
            }
            Remedy::GiveUp => REFUSED,
            Remedy::Retry | Remedy::Wait(_) => {
                "Look at what the SSM parameter SlackWebhookParameter holds, and at https://slack-status.com; \
                 then try again."
            }
        }
    }

    fn view<'c>(&self, content: &'c Content) -> Vec<View<'c>> {
        match content {
            Content::Slack { body } => vec![View::Blocks { label: "Slack", message: body }],
            _ => Vec::new(),
        }
    }
}

/// The test as Slack's message.
pub(super) fn test_message(stack: &str, at: Timestamp) -> Value {
    let small_print = format!("Stack {stack} · {}", at.date_and_minute());
    render::notice(&format!("🔔 {TITLE}"), &SENTENCES.replace('\n', " "), &small_print)
}
