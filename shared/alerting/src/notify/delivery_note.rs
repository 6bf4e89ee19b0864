//! What a message says about its own delivery: that it is late and why, that it tells of several things
//! at once, that it may be a repeat. Added when it is sent, because it is not known before.

use diagnosis::{Timestamp, redact};
use serde_json::{Value, json};

use crate::incident::Event;
use crate::notify::Content;
use crate::notify::sms::{SEGMENT_SEPTETS, gsm7};

/// A message is late when it is sent so long after it came to be owed: longer than a sweep or two take.
const LATE_AFTER_MS: i64 = 2 * 60 * 1_000;

/// Slack takes so many blocks.
const MAX_BLOCKS: usize = 50;

/// Slack takes so many characters in `text`, of which the end is worth least.
const MAX_TEXT: usize = 3_000;

/// What is known of a message when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a remark of its own, in any combination"
)]
pub struct Note {
    /// What it tells.
    pub event: Event,
    /// When that came to be told.
    pub told_at: Timestamp,
    /// When the incident was opened.
    pub opened_at: Timestamp,
    /// Whether the channel has not told of the opening, or of what came between.
    pub opening_untold: bool,
    /// How long it, or what it stands for as well, has been owed.
    pub late_ms: i64,
    /// Why it is late.
    pub because: Option<String>,
    /// Whether it may have been sent before.
    pub repeat: bool,
    /// Whether it is sent because others were not.
    pub stands_in: bool,
    /// Whether it is the day's last text message.
    pub sms_limit_reached: bool,
}

impl Note {
    /// What a reader is told, as sentences; empty where there is nothing to say.
    pub fn text(&self) -> String {
        let mut sentences = Vec::new();
        sentences.extend(self.told_together().or_else(|| self.delayed()));
        if self.stands_in {
            sentences.push("Sent here because no other channel has taken it so far.".to_owned());
        }
        if self.repeat {
            sentences.push("(may be a repeat)".to_owned());
        }
        sentences.join(" ")
    }

    fn is_late(&self) -> bool {
        self.late_ms > LATE_AFTER_MS
    }

    /// `Fired 10:45, resolved 10:52 UTC; delivered late because Slack answered 429.`
    fn told_together(&self) -> Option<String> {
        let what = match self.event {
            Event::Resolved => "resolved",
            Event::Updated => "changed",
            Event::Opened | Event::Reminded => return None,
        };
        if !self.opening_untold {
            return None;
        }
        let (fired, then) = self.times();
        let late = if self.is_late() {
            format!("; delivered late{}", self.because())
        } else {
            String::new()
        };
        Some(format!("Fired {fired}, {what} {then} UTC{late}."))
    }

    /// `Delayed: from 10:45 UTC, delivered 12 min late because Slack answered 429.`
    fn delayed(&self) -> Option<String> {
        let minutes = self.late_ms / 60_000;
        let at = self.told_at.hour_and_minute();
        let because = self.because();
        self.is_late()
            .then(|| format!("Delayed: from {at} UTC, delivered {minutes} min late{because}."))
    }

    fn because(&self) -> String {
        let reason = self.because.as_deref().map(redact::printable);
        reason.map_or_else(String::new, |reason| format!(" because {reason}"))
    }

    /// When it fired and what happened then, with the days where they differ.
    fn times(&self) -> (String, String) {
        let clock = |at: Timestamp| at.hour_and_minute();
        let day = |at: Timestamp| at.to_string().chars().take(10).collect::<String>();
        if day(self.opened_at) == day(self.told_at) {
            return (clock(self.opened_at), clock(self.told_at));
        }
        let with_day = |at| format!("{} {}", day(at), clock(at));
        (with_day(self.opened_at), with_day(self.told_at))
    }

    /// The same in as few septets as can be.
    fn suffix(&self) -> String {
        let mut remarks = Vec::new();
        if self.opening_untold && matches!(self.event, Event::Resolved | Event::Updated) {
            remarks.push(format!("fired {}", self.opened_at.hour_and_minute()));
        } else if self.is_late() {
            remarks.push(format!("of {} UTC", self.told_at.hour_and_minute()));
        }
        remarks.extend(self.is_late().then(|| "late".to_owned()));
        remarks.extend(self.repeat.then(|| "may be a repeat".to_owned()));
        let mut suffix = String::new();
        if !remarks.is_empty() {
            suffix = format!(" ({})", remarks.join(", "));
        }
        if self.sms_limit_reached {
            suffix.push_str(" SMS limit reached, see Slack");
        }
        suffix
    }
}

/// The message with its note; unchanged where there is nothing to say. Every channel's limits hold.
pub fn annotate(content: &Content, note: &Note) -> Content {
    let text = note.text();
    match content {
        Content::Sms { body } => Content::Sms { body: sms(body, &note.suffix()) },
        _ if text.is_empty() => content.clone(),
        Content::Slack { body } => Content::Slack { body: slack(body, &text) },
        // An edit repeats nothing, and what it replaces cannot be read beside it.
        Content::SlackBot { message, reply: Some(reply) } => {
            let edit = Note { repeat: false, ..note.clone() }.text();
            let message = if edit.is_empty() { message.clone() } else { slack(message, &edit) };
            Content::SlackBot { message, reply: Some(slack(reply, &text)) }
        }
        Content::SlackBot { message, reply: None } => {
            Content::SlackBot { message: slack(message, &text), reply: None }
        }
        Content::Email { subject, body, attributes } => Content::Email {
            subject: subject.clone(),
            body: format!("{text}\n\n{body}"),
            attributes: attributes.clone(),
        },
    }
}

/// A context block below the header, and the same at the end of what a lock screen shows.
fn slack(message: &Value, note: &str) -> Value {
    let mut message = message.clone();
    if let Some(Value::String(text)) = message.get_mut("text") {
        // A plain_text element is not parsed; this is.
        let escaped = note.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        *text = format!("{} {escaped}", redact::truncate(text, MAX_TEXT));
    }
    if let Some(Value::Array(blocks)) = message.get_mut("blocks") {
        let element = json!({"type": "plain_text", "text": note, "emoji": false});
        // The last block holds the ids; the one before it can be missed most.
        if blocks.len() >= MAX_BLOCKS {
            blocks.truncate(MAX_BLOCKS);
            blocks.remove(MAX_BLOCKS - 2);
        }
        let below_header = blocks.len().min(1);
        blocks.insert(below_header, json!({"type": "context", "elements": [element]}));
    }
    message
}

/// One segment. What stands after the last comma (numbers, the incident's id) is worth more than the
/// end of a long title before it.
fn sms(body: &str, suffix: &str) -> String {
    if suffix.is_empty() {
        return body.to_owned();
    }
    let room = SEGMENT_SEPTETS.saturating_sub(gsm7::septets(suffix).unwrap_or(0));
    let (head, tail) = body.split_at(body.rfind(", ").unwrap_or(body.len()));
    let tail = gsm7::fit(tail, room);
    let head = gsm7::fit(head, room.saturating_sub(gsm7::septets(&tail).unwrap_or(0)));
    gsm7::fit(&format!("{head}{tail}{suffix}"), SEGMENT_SEPTETS)
}

#[cfg(test)]
mod tests;
