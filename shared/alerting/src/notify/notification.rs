//! What was decided about an incident: a notification with its messages, or a hold.

use diagnosis::Timestamp;
use serde::{Serialize, Serializer};

use crate::incident::{Event, Hold, Reason};
use crate::notify::channel::Content;
use crate::notify::facts::IncidentView;

/// Something to announce, and the messages that announce it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Notification {
    /// When it was decided.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// Why it is announced.
    pub reason: Reason,
    /// To which incident.
    pub incident: IncidentView,
    /// One message per kind of channel.
    pub messages: Vec<Content>,
}

/// A notification that was not sent, and why not.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// When it was held back.
    pub at: Timestamp,
    /// Why.
    pub hold: Hold,
    /// What would have been announced.
    pub reason: Reason,
    /// Of which incident.
    pub incident: IncidentView,
}

/// Beside notifications, where `event` tells them apart.
impl Serialize for Held {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Line<'a> {
            at: Timestamp,
            event: &'static str,
            hold: Hold,
            reason: &'a Reason,
            incident: &'a IncidentView,
        }
        let Self { at, hold, reason, incident } = self;
        Line { at: *at, event: "held", hold: *hold, reason, incident }.serialize(serializer)
    }
}
