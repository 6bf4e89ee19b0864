//! Whether a channel may be used: shared by everybody who sends.

use diagnosis::Timestamp;
use serde::{Deserialize, Serialize};

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
