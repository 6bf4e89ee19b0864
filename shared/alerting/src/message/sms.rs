//! The text message: one GSM-7 segment, ids and counts only, nothing a caller wrote.

use super::gsm7;
use super::words;
use crate::notification::{Event, Facts};

/// What one segment holds.
pub(super) const SEGMENT_SEPTETS: usize = 160;

/// A place longer than this leaves too little for the rest.
const PLACE_SEPTETS: usize = 45;

pub(super) fn text(facts: &Facts) -> String {
    let incident = &facts.incident;
    let place = gsm7::fit(&words::place(facts), PLACE_SEPTETS);
    let numbers = incident.requests.map_or_else(
        || format!("{} failed", incident.errors),
        |requests| format!("{}/{requests} failed", incident.errors),
    );
    let begin = format!(
        "{} {place}: {}",
        words::state(facts).to_uppercase(),
        words::status_and_title(facts)
    );
    let end = match facts.event {
        Event::Opened | Event::Updated | Event::Reminded => {
            format!(", {numbers}. Gatewatch {}", incident.id)
        }
        Event::Resolved => {
            format!(", {numbers}, {}. Gatewatch {}", words::lasted(facts), incident.id)
        }
    };
    // The numbers and the id are worth more than the end of a long title.
    let room = SEGMENT_SEPTETS.saturating_sub(gsm7::septets(&end).unwrap_or(0));
    gsm7::fit(&format!("{}{end}", gsm7::fit(&begin, room)), SEGMENT_SEPTETS)
}
