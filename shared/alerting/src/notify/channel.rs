//! Ways to reach people, as the engine sees them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::incident::IncidentId;

diagnosis::closed_enum! {
    /// A kind of channel. Its folder beside this file says how it renders.
    pub enum ChannelKind as "channel" {
        /// Slack, by incoming webhook.
        Slack = "slack",
        /// Slack, by bot token: one message per incident, edited as the incident goes on.
        SlackBot = "slack-bot",
        /// Text messages, published directly to a phone number.
        Sms = "sms",
        /// Everything that is subscribed to the alert topic.
        Email = "email",
    }
}

impl ChannelKind {
    /// The kind that rules files name: `slack` stands for the webhook and the bot.
    #[must_use]
    pub const fn in_rules(self) -> Self {
        match self {
            Self::SlackBot => Self::Slack,
            Self::Slack | Self::Sms | Self::Email => self,
        }
    }

    /// The kinds that rules files name, each once, in order.
    pub fn named_in_rules() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|kind| kind.in_rules() == *kind)
    }
}

/// One channel: its kind and, where there are several of a kind, which one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChannelId {
    /// The kind.
    pub kind: ChannelKind,
    /// The phone number; `None` for kinds of which there is one.
    pub address: Option<String>,
}

impl ChannelId {
    /// The only channel of a kind.
    pub const fn only(kind: ChannelKind) -> Self {
        Self { kind, address: None }
    }

    /// The kind's name, which may be logged; an address may not.
    pub const fn kind_name(&self) -> &'static str {
        self.kind.as_str()
    }

    /// A phone.
    pub const fn sms(phone_number: String) -> Self {
        Self { kind: ChannelKind::Sms, address: Some(phone_number) }
    }
}

/// `slack`, `slack-bot`, `email`, or `sms:<phone number>`; round-trips.
impl fmt::Display for ChannelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            None => f.write_str(self.kind_name()),
            Some(address) => write!(f, "{}:{address}", self.kind_name()),
        }
    }
}

/// Text that is no [`ChannelId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a channel")]
pub struct NotAChannel;

impl FromStr for ChannelId {
    type Err = NotAChannel;

    fn from_str(id: &str) -> Result<Self, NotAChannel> {
        let (kind, address) = match id.split_once(':') {
            None => (id, None),
            Some((kind, address)) => (kind, Some(address.to_owned())),
        };
        let kind = kind.parse().map_err(|_| NotAChannel)?;
        Ok(Self { kind, address })
    }
}

/// As its text, which is what rows hold.
impl Serialize for ChannelId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ChannelId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = Cow::<'de, str>::deserialize(deserializer)?;
        id.parse().map_err(de::Error::custom)
    }
}

/// A rendered message, ready to send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "channel", rename_all = "lowercase")]
pub enum Content {
    /// The JSON body of an incoming webhook.
    Slack {
        /// Slack's message.
        body: serde_json::Value,
    },
    /// What a bot posts and edits.
    #[serde(rename = "slack-bot")]
    SlackBot {
        /// The living message: how the incident stands, in full.
        message: serde_json::Value,
        /// What goes into its thread where the message is edited: what has happened.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reply: Option<serde_json::Value>,
    },
    /// One GSM-7 segment.
    Sms {
        /// The text.
        body: String,
    },
    /// A message to the alert topic.
    Email {
        /// Under 100 printable ASCII characters.
        subject: String,
        /// Plain text.
        body: String,
        /// What subscriptions can filter by: severity, cause, event and, where known, API and stage.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        attributes: BTreeMap<String, String>,
    },
}

impl Content {
    /// The kind of channel it is for.
    pub const fn kind(&self) -> ChannelKind {
        match self {
            Self::Slack { .. } => ChannelKind::Slack,
            Self::SlackBot { .. } => ChannelKind::SlackBot,
            Self::Sms { .. } => ChannelKind::Sms,
            Self::Email { .. } => ChannelKind::Email,
        }
    }
}

/// A message on its way.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// What to send.
    pub content: &'a Content,
    /// The incident that it tells of.
    pub incident: &'a IncidentId,
    /// Its number among the incident's notifications.
    pub seq: u64,
    /// Where this channel keeps the incident's message, as it said when it sent the one before: for
    /// channels that edit one living message.
    pub message_ref: Option<&'a str>,
    /// Whether it names members of a group that no other message names: nothing of it may be left out.
    pub names_members: bool,
}

impl<'a> Delivery<'a> {
    /// A message that stands by itself: nothing was sent before it.
    pub const fn alone(content: &'a Content, incident: &'a IncidentId, seq: u64) -> Self {
        Self { content, incident, seq, message_ref: None, names_members: false }
    }
}

/// What a channel says of a message that it took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sent {
    /// Where the incident's message is kept, for the deliveries that follow.
    pub message_ref: Option<String>,
}

/// What to do about a message that did not go out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// Try again after a pause that grows.
    Retry,
    /// Send nothing on this channel for so many milliseconds: the other side asked for it.
    Wait(i64),
    /// The channel is closed (revoked, archived, gone): try again from time to time, and say so.
    Park,
    /// This message is never going to be taken.
    GiveUp,
}

/// Why a message did not go out. The text never holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct SendError {
    /// What the other side said, or what stood in the way.
    pub reason: String,
    /// What to do about it.
    pub remedy: Remedy,
    /// Whether it may have gone out all the same: there was no answer.
    pub may_have_arrived: bool,
}

impl SendError {
    /// A failure that trying again may mend.
    pub fn new(reason: impl Into<String>) -> Self {
        Self::with(reason, Remedy::Retry)
    }

    /// A failure with something else to do about it.
    pub fn with(reason: impl Into<String>, remedy: Remedy) -> Self {
        Self { reason: reason.into(), remedy, may_have_arrived: false }
    }
}

impl SendError {
    /// The same failure, of a message that may have gone out all the same.
    #[must_use]
    pub fn that_may_have_arrived(self) -> Self {
        Self { may_have_arrived: true, ..self }
    }
}

/// Who gets what is sent on a channel that others subscribe to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Audience {
    /// Subscriptions that are confirmed.
    pub confirmed: u64,
    /// Subscriptions whose owner has not confirmed them: they get nothing.
    pub pending: u64,
}

/// A way to reach people.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait Channel {
    /// Which channel this is.
    fn id(&self) -> &ChannelId;

    /// Sends one message. `Ok` means that the other side took it.
    async fn send(&self, delivery: Delivery<'_>) -> Result<Sent, SendError>;

    /// Who gets what it sends; `None` where that is not for others to decide. Only a test asks.
    async fn audience(&self) -> Result<Option<Audience>, SendError> {
        Ok(None)
    }

    /// Forgets what was read before, such as a secret: the next message uses what is stored now. Only a test
    /// asks.
    fn forget(&self) {}

    /// Waits so many milliseconds, since other sides limit how fast messages may follow each other. Returns
    /// at once where time is not real.
    async fn rest(&self, _millis: u64) {}
}
