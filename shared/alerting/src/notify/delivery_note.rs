//! What a message says about its own delivery: that it is late and why, that it tells of several things
//! at once, that it may be a repeat. Added when it is sent, because it is not known before.

use diagnosis::{Timestamp, redact};

use crate::incident::Event;

/// A message is late when it is sent so long after it came to be owed: longer than a sweep or two take.
const LATE_AFTER_MS: i64 = 2 * 60 * 1_000;

/// What is known of a message when it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryNote {
    /// What it tells.
    pub event: Event,
    /// When that came to be told.
    pub notified_at: Timestamp,
    /// When the incident was opened.
    pub opened_at: Timestamp,
    /// Whether the channel has not told of the opening, or of what came between.
    pub opening_unsent: bool,
    /// How long it, or what it stands for as well, has been owed.
    pub late_ms: i64,
    /// Why it is late.
    pub because: Option<String>,
    /// Whether it may have been sent before.
    pub repeat: bool,
    /// Whether it is sent because others were not.
    pub stands_in: bool,
    /// What its phone may still receive today, where that is limited from now on.
    pub sms_limit: Option<SmsLimitNote>,
}

/// What a phone may still receive on the day of a text message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmsLimitNote {
    /// Openings of critical incidents: only the reserved part of the daily limit is left.
    OnlyOpenings,
    /// Nothing: the message is the last of the day.
    Reached,
}

impl SmsLimitNote {
    const fn text(self) -> &'static str {
        match self {
            Self::OnlyOpenings => " SMS limit near: only new criticals now",
            Self::Reached => " SMS limit reached, see Slack",
        }
    }
}

impl DeliveryNote {
    /// What a reader is told, as sentences; empty where there is nothing to say.
    pub fn text(&self) -> String {
        let mut sentences = Vec::new();
        sentences.extend(self.sent_together().or_else(|| self.delayed()));
        if self.stands_in {
            sentences.push("Sent here because no other channel has taken it so far.".to_owned());
        }
        if self.repeat {
            sentences.push("(may be a repeat)".to_owned());
        }
        sentences.join(" ")
    }

    /// Whether there is nothing to say.
    pub(crate) fn is_empty(&self) -> bool {
        self.text().is_empty() && self.suffix().is_empty()
    }

    fn is_late(&self) -> bool {
        self.late_ms > LATE_AFTER_MS
    }

    /// `Fired 10:45, resolved 10:52 UTC; delivered late because Slack answered 429.`
    fn sent_together(&self) -> Option<String> {
        let what = match self.event {
            Event::Resolved => "resolved",
            Event::Updated => "changed",
            Event::Opened | Event::Reminded => return None,
        };
        if !self.opening_unsent {
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
        let at = self.notified_at.hour_and_minute();
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
        let day = Timestamp::date;
        if day(self.opened_at) == day(self.notified_at) {
            return (clock(self.opened_at), clock(self.notified_at));
        }
        let with_day = |at| format!("{} {}", day(at), clock(at));
        (with_day(self.opened_at), with_day(self.notified_at))
    }

    /// The same in as few septets as can be.
    pub(in crate::notify) fn suffix(&self) -> String {
        let mut remarks = Vec::new();
        if self.opening_unsent && matches!(self.event, Event::Resolved | Event::Updated) {
            remarks.push(format!("fired {}", self.opened_at.hour_and_minute()));
        } else if self.is_late() {
            remarks.push(format!("of {} UTC", self.notified_at.hour_and_minute()));
        }
        remarks.extend(self.is_late().then(|| "late".to_owned()));
        remarks.extend(self.repeat.then(|| "may be a repeat".to_owned()));
        let mut suffix = String::new();
        if !remarks.is_empty() {
            suffix = format!(" ({})", remarks.join(", "));
        }
        suffix.push_str(self.sms_limit.map_or("", SmsLimitNote::text));
        suffix
    }
}

#[cfg(test)]
mod tests;
