//! Slack, by bot token: one message per incident, edited as the incident goes on, and what happened in its
//! thread.

mod render;

use diagnosis::Timestamp;

use crate::notify::channel::{Content, Remedy, SendError};
use crate::notify::delivery_note::DeliveryNote;
use crate::notify::facts::Facts;
use crate::notify::format::{ChannelFormat, View};
use crate::notify::slack;

pub(crate) use render::{edit, with_buttons};

/// Slack, by bot token.
pub(super) struct Bot;

impl ChannelFormat for Bot {
    fn name(&self) -> &'static str {
        "Slack"
    }

    fn render(&self, facts: &Facts) -> Content {
        render::content(facts)
    }

    fn living(&self, facts: &Facts) -> Option<Content> {
        Some(render::sample_with_buttons(edit(facts, None), facts))
    }

    fn sample(&self, facts: &Facts) -> Content {
        render::sample_with_buttons(render::content(facts), facts)
    }

    fn annotate(&self, content: &Content, note: &DeliveryNote) -> Content {
        let Content::SlackBot { message, reply } = content else { return content.clone() };
        let text = note.text();
        let Some(reply) = reply else {
            let message = slack::annotate(message, &text);
            return Content::SlackBot { message, reply: None };
        };
        // An edit repeats nothing, and what it replaces cannot be read beside it.
        let edit = DeliveryNote { repeat: false, ..note.clone() }.text();
        let message =
            if edit.is_empty() { message.clone() } else { slack::annotate(message, &edit) };
        Content::SlackBot { message, reply: Some(slack::annotate(reply, &text)) }
    }

    fn test_message(&self, stack: &str, at: Timestamp) -> Content {
        Content::SlackBot { message: slack::test_message(stack, at), reply: None }
    }

    fn accepted(&self) -> &'static str {
        "ok"
    }

    fn hint(&self, error: &SendError) -> &'static str {
        match error.remedy {
            Remedy::Park => {
                "Look whether the bot has the scope chat:write, is a member of the channel, and whether \
                 its token and the channel's id are right (docs/slack.md)."
            }
            Remedy::GiveUp => slack::REFUSED,
            Remedy::Retry | Remedy::Wait(_) => {
                "Look at what the SSM parameter SlackBotTokenParameter holds, and at https://slack-status.com; \
                 then try again."
            }
        }
    }

    fn view<'c>(&self, content: &'c Content) -> Vec<View<'c>> {
        let Content::SlackBot { message, reply } = content else { return Vec::new() };
        let reply =
            reply.iter().map(|reply| View::Blocks { label: "in its thread", message: reply });
        [View::Blocks { label: "Slack, by bot", message }].into_iter().chain(reply).collect()
    }
}
