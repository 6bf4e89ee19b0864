//! Facts become messages. Rendering is pure and bounded: every channel's limits hold whatever a log
//! held, and everything that came from a log is redacted and made harmless here, whatever was done to it
//! before.

mod channel;
mod delivery_note;
mod email;
mod evidence_lines;
mod facts;
mod format;
mod links;
mod notification;
mod numbers;
mod render;
pub mod sample;
mod sanitized;
mod slack;
pub(crate) mod slack_bot;
mod sms;
mod sns;
mod sparkline;
mod steps;
mod stored_size;
mod storm_facts;
mod storm_lines;
mod story;
mod test_message;
mod words;

pub use channel::{
    Audience, Channel, ChannelId, ChannelKind, Content, Delivery, NotAChannel, Remedy, SendError,
    Sent,
};
pub use delivery_note::{DeliveryNote, SmsLimitNote};
pub use facts::{
    CauseErrors, Facts, IncidentView, MAX_MINUTES, MinuteOfIncident, RouteErrors, Texts, TopCaller,
};
pub use format::View;
pub use notification::{Held, Notification};
pub use render::{render, sample_message};
pub use slack::escape as slack_escape;
pub use sms::septets;
pub use test_message::test_alert;

pub(crate) use facts::{Numbers, World};
pub(crate) use storm_facts::Listing;

#[cfg(test)]
mod tests;
