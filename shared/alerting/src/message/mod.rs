//! Facts become messages. Rendering is pure and bounded: every channel's limits hold whatever a log
//! held, and everything that came from a log was redacted before and is escaped here.

mod email;
mod gsm7;
mod links;
mod slack;
mod sms;
mod words;

use crate::channel::{ChannelKind, Content};
use crate::notification::Facts;

pub use gsm7::septets;

/// The message for a kind of channel.
pub fn render(kind: ChannelKind, facts: &Facts) -> Content {
    match kind {
        ChannelKind::Slack => Content::Slack { body: slack::message(facts) },
        ChannelKind::Sms => Content::Sms { body: sms::text(facts) },
        ChannelKind::Email => {
            Content::Email { subject: email::subject(facts), body: email::body(facts) }
        }
    }
}

#[cfg(test)]
mod tests;
