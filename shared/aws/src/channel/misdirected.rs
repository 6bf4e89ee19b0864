//! A message on the wrong channel.

use alerting::{ChannelId, Content, Remedy, SendError};

/// A message that was rendered for another kind of channel.
pub(super) fn misdirected(content: &Content, channel: &ChannelId) -> SendError {
    let reason = format!("a message for {:?} cannot go to {:?}", content.kind(), channel.kind);
    SendError::with(reason, Remedy::GiveUp)
}
