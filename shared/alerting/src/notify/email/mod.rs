//! The message to the alert topic: plain text for people, in the order of the Slack message.

mod attributes;
mod command;
mod render;
mod wrap;

pub(super) use attributes::of as attributes;
pub(super) use render::{body, subject};
