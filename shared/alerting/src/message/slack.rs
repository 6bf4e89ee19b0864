//! The Slack message: Block Kit for an incoming webhook.
//! <https://api.slack.com/reference/block-kit/blocks>
//!
//! What came from a log stands in `plain_text` or preformatted text, which Slack does not parse, or is
//! escaped; `verbatim` keeps Slack from turning words into links and mentions.

use diagnosis::redact;
use serde_json::{Value, json};

use super::{links, words};
use crate::notification::{Event, Facts};

/// Slack's limits, in characters.
const MAX_HEADER: usize = 150;
const MAX_SECTION: usize = 3_000;
const MAX_FIELD: usize = 2_000;

/// Lines of evidence longer than this together are cut.
const MAX_EVIDENCE: usize = 1_200;

pub(super) fn message(facts: &Facts) -> Value {
    let blocks = match facts.event {
        Event::Opened | Event::Updated | Event::Reminded => opened(facts),
        Event::Resolved => resolved(facts),
    };
    json!({
        "text": fallback(facts),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

pub(super) fn living(facts: &Facts) -> Value {
    message(facts)
}

/// What a phone's lock screen shows.
fn fallback(facts: &Facts) -> String {
    let text = format!(
        "{} {}: {} on {}: {}",
        words::sign(facts),
        words::state(facts).to_uppercase(),
        words::status_and_title(facts),
        words::place(facts),
        words::share(facts)
    );
    escape(&redact::truncate(&text, 300))
}

fn opened(facts: &Facts) -> Vec<Value> {
    let mut blocks = vec![header(facts), place(facts)];
    if let Some(entry) = words::entry(facts) {
        blocks.push(section(&format!(
            "*Likely cause* ({} confidence): {}",
            facts.incident.confidence,
            escape(entry.explanation)
        )));
    }
    blocks.extend(evidence(facts));
    if let Some(entry) = words::entry(facts) {
        blocks.push(section(&format!(
            "*At fault*: {}\n*Should callers retry?* {}: {}",
            words::fault(entry.fault),
            words::retry(entry.retry),
            escape(entry.retry_reason)
        )));
    }
    if let Some(hint) = words::missing_fields(facts) {
        blocks.push(section(&format!(":information_source: {}", escape(&hint))));
    }
    blocks.extend(next_steps(facts));
    blocks.extend(link(facts));
    blocks.push(context(facts));
    blocks
}

fn resolved(facts: &Facts) -> Vec<Value> {
    let mut blocks = vec![
        header(facts),
        section(&format!(
            "*{}* is quiet again after {}: {}, at most {} in one minute.",
            escape(&redact::truncate(&words::place(facts), 300)),
            words::lasted(facts),
            words::share(facts),
            facts.peak
        )),
    ];
    blocks.extend(link(facts));
    blocks.push(context(facts));
    blocks
}

fn header(facts: &Facts) -> Value {
    let text = match facts.event {
        Event::Opened | Event::Updated | Event::Reminded => {
            format!("{} {}", words::sign(facts), words::status_and_title(facts))
        }
        Event::Resolved => {
            format!("{} Resolved: {}", words::sign(facts), words::status_and_title(facts))
        }
    };
    json!({"type": "header", "text": plain(&text, MAX_HEADER)})
}

/// Where, what share, and which routes.
fn place(facts: &Facts) -> Value {
    let incident = &facts.incident;
    let mut fields = Vec::new();
    let mut field = |name: &str, value: &str| {
        let text = format!("*{name}*\n{}", escape(&redact::truncate(value, MAX_FIELD / 8)));
        fields.push(mrkdwn(&text));
    };
    match incident.api_name.as_ref().or(incident.api_id.as_ref()) {
        Some(api) => field("API", api),
        None => field("Log group", incident.log_group.as_deref().unwrap_or("unknown")),
    }
    if let Some(stage) = &incident.stage {
        field("Stage", stage);
    }
    if let Some(routes) = words::routes(facts, 3) {
        field("Routes", &routes);
    }
    let since = facts.first_error.hour_and_minute();
    field("Failing", &format!("{} since {since} UTC", words::share(facts)));
    json!({"type": "section", "fields": fields})
}

/// The fields that decided the cause, in text that Slack does not parse.
fn evidence(facts: &Facts) -> Option<Value> {
    let exemplar = facts.exemplar.as_ref()?;
    let lines: Vec<String> =
        exemplar.evidence.iter().map(|(field, text)| format!("{field} = {text}")).collect();
    let text = redact::truncate(&lines.join("\n"), MAX_EVIDENCE);
    (!text.is_empty()).then(|| {
        json!({
            "type": "rich_text",
            "elements": [{
                "type": "rich_text_preformatted",
                "elements": [{"type": "text", "text": text}],
            }],
        })
    })
}

fn next_steps(facts: &Facts) -> Option<Value> {
    let steps = words::next_steps(facts);
    let numbered: Vec<String> = steps
        .iter()
        .enumerate()
        .map(|(at, step)| format!("{}. {}", at + 1, escape(step)))
        .collect();
    (!numbered.is_empty()).then(|| section(&format!("*Next*\n{}", numbered.join("\n"))))
}

fn link(facts: &Facts) -> Option<Value> {
    let url = links::logs_insights(facts)?;
    let text = format!("<{url}|Open these lines in Logs Insights>");
    (text.chars().count() <= MAX_SECTION).then(|| section(&text))
}

fn context(facts: &Facts) -> Value {
    let incident = &facts.incident;
    let mut parts = vec![format!("Incident {}", incident.id), format!("rule {}", incident.rule)];
    if let Some(id) = facts.exemplar.as_ref().and_then(|exemplar| exemplar.request_id.as_ref()) {
        parts.push(format!("request {id}"));
    }
    json!({"type": "context", "elements": [plain(&parts.join(" · "), MAX_FIELD)]})
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": mrkdwn(text)})
}

fn mrkdwn(text: &str) -> Value {
    json!({"type": "mrkdwn", "text": redact::truncate(text, MAX_SECTION), "verbatim": true})
}

fn plain(text: &str, most: usize) -> Value {
    json!({"type": "plain_text", "text": redact::truncate(text, most), "emoji": false})
}

/// Slack's three control characters, the ampersand first.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
