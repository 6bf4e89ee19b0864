//! The message attributes of the alert topic, for subscriptions that want a part of it only.
//! <https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html>

use std::collections::BTreeMap;

use crate::notify::{Facts, sanitized};

/// Names may come from a log; SNS counts attributes into its 256 KB.
const MAX_VALUE: usize = 200;

/// What is known of `severity`, `cause`, `event`, `api` and `stage`. SNS refuses empty values.
pub(in crate::notify) fn of(facts: &Facts) -> BTreeMap<String, String> {
    let incident = &facts.incident;
    let api = incident.api_name.as_deref().or(incident.api_id.as_deref());
    let known = [
        ("severity", Some(incident.severity.as_str())),
        ("cause", Some(incident.cause.as_str())),
        ("event", Some(facts.event.as_str())),
        ("api", api),
        ("stage", incident.stage.as_deref()),
    ];
    known
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), printable(value?)?)))
        .collect()
}

fn printable(value: &str) -> Option<String> {
    let value = sanitized::text(value, MAX_VALUE);
    (!value.trim().is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use diagnosis::Cause;

    use super::of;
    use crate::incident::Event;
    use crate::notify::sample;

    #[test]
    fn subscriptions_can_filter_by_what_is_known() {
        let mut known = sample::facts(Event::Resolved, Cause::IntegrationTimeout);
        known.incident.api_name = None;
        known.incident.api_id = Some("a1b2c3d4e5".to_owned());
        known.incident.stage = Some("prod".to_owned());
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(
            of(&known).into_iter().collect::<Vec<_>>(),
            [
                pair("api", "a1b2c3d4e5"),
                pair("cause", "integration-timeout"),
                pair("event", "resolved"),
                pair("severity", "critical"),
                pair("stage", "prod"),
            ]
        );
        // SNS takes no empty value, and no name from a log is trusted to be short or plain
        known.incident.api_id = Some("\u{202E}a\nb".repeat(200));
        known.incident.stage = Some(" \u{200B}".to_owned());
        let found = of(&known);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!(found["api"].starts_with("a ba b") && found["api"].chars().count() <= 200);
    }
}
