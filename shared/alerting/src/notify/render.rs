//! From a kind of channel to its folder. A kind that is left out does not compile.

use crate::notify::channel::{ChannelKind, Content};
use crate::notify::delivery_note::DeliveryNote;
use crate::notify::facts::Facts;
use crate::notify::format::{ChannelFormat, View};
use crate::notify::{email, slack, slack_bot, sms};

impl ChannelKind {
    /// What it is called in a sentence: `Slack`, `SMS`, `email`.
    pub fn name(self) -> &'static str {
        self.format().name()
    }

    /// How this kind of channel renders.
    pub(crate) const fn format(self) -> &'static dyn ChannelFormat {
        match self {
            Self::Slack => &slack::Webhook,
            Self::SlackBot => &slack_bot::Bot,
            Self::Sms => &sms::Phone,
            Self::Email => &email::Topic,
        }
    }
}

impl Content {
    /// What it consists of, for people who look at it.
    pub fn view(&self) -> Vec<View<'_>> {
        self.kind().format().view(self)
    }

    /// The message with what is known about its delivery; unchanged where there is nothing to say.
    /// Every channel's limits hold.
    #[must_use]
    pub fn annotated(&self, note: &DeliveryNote) -> Self {
        if note.is_empty() { self.clone() } else { self.kind().format().annotate(self, note) }
    }
}

/// The message for a kind of channel.
pub fn render(kind: ChannelKind, facts: &Facts) -> Content {
    kind.format().render(facts)
}

/// A made-up incident's message with everything that it may hold, buttons included; `living` as it looks
/// once it was edited in place, `None` for channels that edit nothing.
pub fn sample_message(kind: ChannelKind, facts: &Facts, living: bool) -> Option<Content> {
    if living { kind.format().living(facts) } else { Some(kind.format().sample(facts)) }
}
