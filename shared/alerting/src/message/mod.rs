//! Facts become messages. Rendering is pure and bounded: every channel's limits hold whatever a log
//! held, and everything that came from a log was redacted before and is escaped here.

mod attributes;
mod email;
mod gsm7;
mod links;
pub mod note;
mod slack;
mod slack_bot;
mod sms;
mod words;

use crate::channel::{ChannelKind, Content};
use crate::notification::Facts;

pub use gsm7::septets;

/// The message for a kind of channel.
pub fn render(kind: ChannelKind, facts: &Facts) -> Content {
    match kind {
        ChannelKind::Slack => Content::Slack { body: slack::message(facts) },
        ChannelKind::SlackBot => slack_bot::content(facts),
        ChannelKind::Sms => Content::Sms { body: sms::text(facts) },
        ChannelKind::Email => {
            let (subject, body) = (email::subject(facts), email::body(facts));
            Content::Email { subject, body, attributes: attributes::of(facts) }
        }
    }
}

#[cfg(test)]
mod tests;
