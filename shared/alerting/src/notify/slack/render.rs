//! The Slack message: Block Kit, for webhooks and for `chat.postMessage`.
//!
//! What came from a log stands in rich text or `plain_text`, which Slack shows as it is and never reads
//! as markup: no mention and no link can come of it. Only the line for lock screens is markup to Slack;
//! that one is escaped.

use diagnosis::redact;
use serde_json::{Value, json};

use crate::incident::Event;
use crate::notify::slack::escape::escape;
use crate::notify::slack::{blocks, parts};
use crate::notify::storm_lines::{self, Lines};
use crate::notify::{Facts, words};

/// The message that tells of one event. A reminder and a resolution repeat only what still matters.
pub(in crate::notify) fn message(facts: &Facts) -> Value {
    let blocks = match facts.event {
        _ if facts.storm_sources > 0 => storm(facts, storm_lines::lines(facts)),
        Event::Opened | Event::Updated => full(facts),
        // Nobody has read anything of it.
        Event::Resolved if facts.arrived_late => full(facts),
        Event::Reminded => vec![
            Some(parts::header(facts)),
            parts::story(facts),
            parts::numbers(facts),
            Some(parts::cause(facts)),
            parts::advice(facts),
            Some(parts::next(facts)),
            parts::affected(facts),
            parts::buttons(facts),
            Some(parts::context(facts)),
        ],
        Event::Resolved => vec![
            Some(parts::header(facts)),
            parts::story(facts),
            parts::numbers(facts),
            parts::affected(facts),
            parts::buttons(facts),
            Some(parts::context(facts)),
        ],
    };
    whole(facts, blocks)
}

/// The message that is edited while the incident lives, and after.
pub(in crate::notify) fn living(facts: &Facts) -> Value {
    let blocks = if facts.storm_sources == 0 {
        full(facts)
    } else {
        storm(facts, storm_lines::living(facts))
    };
    whole(facts, blocks)
}

/// Read from the top, for as long as somebody has time: what, how bad, why, whose fault, what to do.
fn full(facts: &Facts) -> Vec<Option<Value>> {
    vec![
        Some(parts::header(facts)),
        parts::story(facts),
        parts::numbers(facts),
        Some(parts::cause(facts)),
        parts::evidence(facts),
        parts::advice(facts),
        Some(parts::next(facts)),
        parts::affected(facts),
        parts::buttons(facts),
        Some(parts::context(facts)),
    ]
}

fn storm(facts: &Facts, lines: Lines) -> Vec<Option<Value>> {
    let advice = (!words::is_over(facts)).then(parts::storm_advice);
    vec![
        Some(parts::header(facts)),
        parts::story(facts),
        parts::numbers(facts),
        Some(parts::storm(lines)),
        advice,
        Some(parts::context(facts)),
    ]
}

/// A message that tells of no incident.
pub(in crate::notify) fn notice(title: &str, text: &str, small_print: &str) -> Value {
    json!({
        "text": escape(title),
        "blocks": [
            blocks::header(title),
            blocks::rich([blocks::paragraph([blocks::Run::plain(text)])]),
            blocks::context(small_print),
        ],
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

fn whole(facts: &Facts, blocks: Vec<Option<Value>>) -> Value {
    let blocks: Vec<Value> = blocks.into_iter().flatten().collect();
    json!({
        "text": lock_screen(facts),
        "blocks": blocks,
        "unfurl_links": false,
        "unfurl_media": false,
    })
}

/// What a phone's lock screen shows.
fn lock_screen(facts: &Facts) -> String {
    let text = format!(
        "{} {}: {}: {}",
        words::sign(facts),
        words::state(facts).to_uppercase(),
        words::problem_and_place(facts),
        words::share(facts)
    );
    escape(&redact::truncate(&text, 300))
}
