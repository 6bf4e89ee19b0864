//! The message to the alert topic: plain text for people.

use std::fmt::Write as _;

use diagnosis::redact;

use super::{links, words};
use crate::notification::{Event, Facts};

/// SNS takes subjects of fewer than 100 characters.
const MAX_SUBJECT: usize = 99;

pub(super) fn subject(facts: &Facts) -> String {
    let state = words::state(facts).to_uppercase();
    let subject = format!("{state}: {} on {}", words::status_and_title(facts), words::place(facts));
    subject
        .chars()
        .map(|character| if (' '..='~').contains(&character) { character } else { '?' })
        .take(MAX_SUBJECT)
        .collect()
}

pub(super) fn body(facts: &Facts) -> String {
    let mut body = String::new();
    let mut line = |text: &str| {
        let _ = writeln!(body, "{}", redact::printable(text));
    };
    line(&format!("{} on {}", words::status_and_title(facts), words::place(facts)));
    if let Some(routes) = words::routes(facts, 5) {
        line(&format!("Routes: {routes}"));
    }
    let since = facts.first_error.hour_and_minute();
    match facts.event {
        Event::Opened | Event::Updated | Event::Reminded => {
            line(&format!("{} since {since} UTC.", words::share(facts)));
        }
        Event::Resolved => line(&format!(
            "Resolved after {}: {}, at most {} in one minute.",
            words::lasted(facts),
            words::share(facts),
            facts.peak
        )),
    }
    line("");
    if let Some(entry) = words::entry(facts) {
        line(&format!(
            "Likely cause ({} confidence): {}",
            facts.incident.confidence, entry.explanation
        ));
    }
    if facts.event == Event::Opened {
        details(facts, &mut line);
    }
    line("");
    line(&format!("Incident {}, rule {}", facts.incident.id, facts.incident.rule));
    body
}

fn details(facts: &Facts, line: &mut impl FnMut(&str)) {
    if let Some(exemplar) = &facts.exemplar {
        for (field, text) in &exemplar.evidence {
            line(&format!("Evidence: {field} = {text}"));
        }
    }
    if let Some(entry) = words::entry(facts) {
        line(&format!("At fault: {}", words::fault(entry.fault)));
        line(&format!(
            "Should callers retry? {}: {}",
            words::retry(entry.retry),
            entry.retry_reason
        ));
    }
    if let Some(hint) = words::missing_fields(facts) {
        line(&hint);
    }
    line("");
    for (number, step) in words::next_steps(facts).iter().enumerate() {
        line(&format!("{}. {step}", number + 1));
    }
    if let Some(id) = facts.exemplar.as_ref().and_then(|exemplar| exemplar.request_id.as_ref()) {
        line(&format!("For example request {id}"));
    }
    if let Some(link) = links::logs_insights(facts) {
        line(&format!("These lines: {link}"));
    }
}
