//! The message attributes of the alert topic, for subscriptions that want a part of it only.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>

use std::collections::BTreeMap;

use diagnosis::redact;

use crate::notification::{Event, Facts};

/// Names may come from a log; SNS counts attributes into its 256 KB.
const MAX_VALUE: usize = 200;

/// What is known of `severity`, `cause`, `event`, `api` and `stage`. SNS refuses empty values.
pub(super) fn of(facts: &Facts) -> BTreeMap<String, String> {
    let incident = &facts.incident;
    let event = match facts.event {
        Event::Opened => "opened",
        Event::Updated => "updated",
        Event::Reminded => "reminded",
        Event::Resolved => "resolved",
    };
    let api = incident.api_name.as_deref().or(incident.api_id.as_deref());
    let known = [
        ("severity", Some(incident.severity.as_str())),
        ("cause", Some(incident.cause.as_str())),
        ("event", Some(event)),
        ("api", api),
        ("stage", incident.stage.as_deref()),
    ];
    known
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), printable(value?)?)))
        .collect()
}

fn printable(value: &str) -> Option<String> {
    let value = redact::truncate(&redact::printable(value), MAX_VALUE);
    (!value.trim().is_empty()).then_some(value)
}
