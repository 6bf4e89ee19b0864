//! What is known of each channel, by everybody who sends: whether it is paused or closed, and how many
//! text messages went out today.

use diagnosis::Timestamp;
use serde::{Deserialize, Serialize};

use super::LedgerError;
use crate::notify::ChannelId;

/// Whether a channel may be used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChannelState {
    /// The other side asked for silence until then.
    pub paused_until: Option<Timestamp>,
    /// It is closed (revoked, archived, gone), and is tried again then.
    pub parked_until: Option<Timestamp>,
    /// How often in a row it was found closed; 0 once a message got through.
    pub parkings: u32,
    /// Why it was paused or parked last, in a few words.
    pub because: Option<String>,
}

impl ChannelState {
    /// When the channel may be used again; `None` if it may be now.
    pub fn closed_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.paused_until.max(self.parked_until).filter(|until| *until > now)
    }
}

/// How many text messages may go out on one UTC day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsLimits {
    /// To one number.
    pub per_number: u32,
    /// To all numbers.
    pub in_all: u32,
}

impl Default for SmsLimits {
    fn default() -> Self {
        Self::per_number(20)
    }
}

impl SmsLimits {
    /// So many to one number, and three times as many in all.
    pub const fn per_number(per_number: u32) -> Self {
        Self { per_number, in_all: per_number.saturating_mul(3) }
    }
}

/// Whether one more text message may go out. Ordered from the mildest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SmsGrant {
    /// It may.
    Free,
    /// It may, and is the last of the day.
    Last,
    /// It may not.
    Over,
}

impl SmsGrant {
    /// What the `count`th message of a day gets, which may go out.
    pub const fn of_count(count: u64, limit: u32) -> Self {
        if count >= limit as u64 { Self::Last } else { Self::Free }
    }

    /// The stricter of two.
    #[must_use]
    pub fn strictest(self, other: Self) -> Self {
        self.max(other)
    }
}

/// What is known of channels. Every method is safe to call twice with the same arguments, and by many
/// callers at once: times only move forward.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait Channels {
    /// Whether a channel may be used.
    async fn channel(&self, channel: &ChannelId) -> Result<ChannelState, LedgerError>;

    /// Nothing is to be sent on the channel before `until`. A later time that is known already stays.
    async fn pause(
        &self,
        channel: &ChannelId,
        until: Timestamp,
        because: &str,
    ) -> Result<(), LedgerError>;

    /// The channel is closed for the `parkings`th time in a row, and is to be tried again at `until`. A
    /// later time that is known already stays.
    async fn park(
        &self,
        channel: &ChannelId,
        until: Timestamp,
        parkings: u32,
        because: &str,
    ) -> Result<(), LedgerError>;

    /// A message got through to a channel that had been parked `parkings` times in a row, if nobody has
    /// parked it since.
    async fn unpark(&self, channel: &ChannelId, parkings: u32) -> Result<(), LedgerError>;

    /// Counts one message to a phone on the UTC day of `at`, unless a limit is reached. The same
    /// `message` counts once, however often it is tried.
    async fn take_sms(
        &self,
        channel: &ChannelId,
        at: Timestamp,
        message: &str,
        limits: SmsLimits,
    ) -> Result<SmsGrant, LedgerError>;
}
