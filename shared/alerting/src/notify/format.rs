//! What a kind of channel brings along: how it renders, what it adds to a late message, how it is tested and
//! what to do where it fails. Each folder beside this file implements [`ChannelFormat`] once.

use diagnosis::Timestamp;
use serde_json::Value;

use crate::notify::channel::{Content, SendError};
use crate::notify::delivery_note::DeliveryNote;
use crate::notify::facts::{Facts, Texts};

/// A kind of channel. Pure: sending is the adapter's.
pub(crate) trait ChannelFormat {
    /// What it is called in a sentence: `Slack`, `email`.
    fn name(&self) -> &'static str;

    /// The message that tells these facts.
    fn render(&self, facts: &Facts) -> Content;

    /// The message as it looks once it was edited in place; `None` for channels that edit nothing.
    fn living(&self, _facts: &Facts) -> Option<Content> {
        None
    }

    /// A made-up incident's message, as `gatewatch preview` shows it.
    fn sample(&self, facts: &Facts) -> Content {
        self.render(facts)
    }

    /// Whether the channel is notified of this at all.
    fn wants(&self, facts: &Facts) -> bool {
        facts.texts != Texts::Only
    }

    /// The message with what is known about its delivery. Called where there is something to say.
    fn annotate(&self, content: &Content, note: &DeliveryNote) -> Content;

    /// A test message from the stack of this name, which looks like no alert.
    fn test_message(&self, stack: &str, at: Timestamp) -> Content;

    /// What the other side's yes is worth.
    fn accepted(&self) -> &'static str;

    /// What to do where a test message was not taken.
    fn hint(&self, error: &SendError) -> &'static str;

    /// What a message consists of, for people who look at it on a terminal or a page.
    fn view<'c>(&self, content: &'c Content) -> Vec<View<'c>>;
}

/// A part of a message as `gatewatch preview` and `gatewatch replay` show it.
#[derive(Debug, Clone, PartialEq)]
pub enum View<'a> {
    /// Slack's blocks.
    Blocks {
        /// What it is: `Slack`, `in its thread`.
        label: &'static str,
        /// Slack's message.
        message: &'a Value,
    },
    /// Plain text.
    Text {
        /// What it is: `SMS`.
        label: &'static str,
        /// How large it is: `120 of 160 septets`.
        size: Option<String>,
        /// The subject, where there is one.
        subject: Option<&'a str>,
        /// The text.
        body: &'a str,
    },
}
