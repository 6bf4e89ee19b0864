//! The text message: one GSM-7 segment of ids, counts, times and the cause's title; nothing that a
//! caller wrote.

mod annotate;
mod gsm7;
mod render;

use diagnosis::Timestamp;

use crate::incident::Event;
use crate::notify::channel::{Content, Remedy, SendError};
use crate::notify::delivery_note::DeliveryNote;
use crate::notify::facts::{Facts, Texts};
use crate::notify::format::{ChannelFormat, View};
use crate::notify::sns;
use crate::notify::test_message::TITLE;

pub use gsm7::septets;

/// A longer name of a stack leaves too little of a text message for the rest.
const STACK_SEPTETS: usize = 60;

/// A phone.
pub(super) struct Phone;

impl ChannelFormat for Phone {
    fn name(&self) -> &'static str {
        "SMS"
    }

    fn render(&self, facts: &Facts) -> Content {
        Content::Sms { body: render::text(facts) }
    }

    /// Openings and resolutions, but not an outage whose lines arrived late; of a storm, when a text is due.
    fn wants(&self, facts: &Facts) -> bool {
        if facts.storm_sources > 0 {
            return facts.texts != Texts::No;
        }
        facts.opens() || (facts.event == Event::Resolved && !facts.arrived_late)
    }

    fn annotate(&self, content: &Content, note: &DeliveryNote) -> Content {
        match content {
            Content::Sms { body } => {
                Content::Sms { body: annotate::annotate(body, &note.suffix()) }
            }
            other => other.clone(),
        }
    }

    fn test_message(&self, stack: &str, at: Timestamp) -> Content {
        let (stack, time) = (gsm7::fit(stack, STACK_SEPTETS), at.hour_and_minute());
        let body = format!("{TITLE}. Nothing is wrong. Stack {stack}, {time} UTC.");
        Content::Sms { body: gsm7::fit(&body, render::SEGMENT_SEPTETS) }
    }

    fn accepted(&self) -> &'static str {
        "taken by SNS; whether it arrives shows on the phone"
    }

    fn hint(&self, error: &SendError) -> &'static str {
        match error.remedy {
            Remedy::Park | Remedy::GiveUp => {
                "Opt-outs, the SMS sandbox and the spending limit are told apart in docs/sms.md."
            }
            Remedy::Retry | Remedy::Wait(_) => sns::RETRY,
        }
    }

    fn view<'c>(&self, content: &'c Content) -> Vec<View<'c>> {
        let Content::Sms { body } = content else { return Vec::new() };
        let septets = septets(body).unwrap_or_default();
        let size = Some(format!("{septets} of {} septets", render::SEGMENT_SEPTETS));
        vec![View::Text { label: "SMS", size, subject: None, body }]
    }
}
