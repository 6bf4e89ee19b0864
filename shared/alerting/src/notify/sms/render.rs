//! The text message: one GSM-7 segment of ids, counts, times and the cause's title; nothing that a
//! caller wrote.

use crate::notify::sms::gsm7;
use crate::notify::{Facts, storm_lines, story, words};

/// What one segment holds.
pub(in crate::notify) const SEGMENT_SEPTETS: usize = 160;

/// A place longer than this leaves too little for the rest.
const PLACE_SEPTETS: usize = 45;

pub(in crate::notify) fn text(facts: &Facts) -> String {
    let state = words::state(facts).to_uppercase();
    let problem = words::problem(facts);
    let begin = if let Some(place) = words::place(facts) {
        format!("{state} {}: {problem}", gsm7::fit(&place, PLACE_SEPTETS))
    } else {
        let count = words::count_of_apis(facts);
        let (names, cause) = storm_lines::worst(facts);
        format!("{state}: {count}: {}: {}", fitting(&names), words::title(cause))
    };
    let numbers = words::short_share(facts);
    let id = &facts.incident.id;
    let end = if words::is_over(facts) {
        format!(", {numbers}, lasted {}. Gatewatch {id}", story::lasted(facts))
    } else {
        let since = facts.first_error.hour_and_minute();
        format!(", {numbers} since {since} UTC. Gatewatch {id}")
    };
    // The numbers and the id are worth more than the end of a long title.
    let end = gsm7::fit(&end, SEGMENT_SEPTETS);
    let room = SEGMENT_SEPTETS.saturating_sub(gsm7::septets(&end).unwrap_or(0));
    format!("{}{end}", gsm7::fit(&begin, room))
}

/// The worst APIs of a storm: two if both names fit, whole.
fn fitting(names: &[String]) -> String {
    let both = names.join(", ");
    if gsm7::septets(&both).is_some_and(|septets| septets <= PLACE_SEPTETS) {
        return both;
    }
    names.first().map_or_else(String::new, |name| gsm7::fit(name, PLACE_SEPTETS))
}
