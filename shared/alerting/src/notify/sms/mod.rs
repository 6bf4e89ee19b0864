//! The text message: one GSM-7 segment of ids, counts, times and the cause's title; nothing that a
//! caller wrote.

pub(super) mod gsm7;
mod render;

pub use gsm7::septets;
pub(super) use render::{SEGMENT_SEPTETS, text};
