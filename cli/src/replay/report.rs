//! What a replay shows: one object per notification, or a timeline that a person can read.

use std::collections::BTreeMap;
use std::io::Write;

use alerting::{
    Event, Held, Hold, IncidentId, IncidentView, Notification, Reason, SmsLimited, View,
};
use diagnosis::Timestamp;

use super::batches::Recording;
use crate::args::Output;
use crate::failure::Failure;
use crate::output::{json_line, slack, style, wrap};
use crate::preview;

const WIDTH: usize = 76;

/// Prints notifications as they come.
pub(super) struct Report<W> {
    output: Output,
    /// Whether holds are printed as well.
    decisions: bool,
    out: W,
    told: u64,
    messages: BTreeMap<&'static str, u64>,
    open: BTreeMap<IncidentId, String>,
    /// The last notification of each incident, without its messages: a text message over the limit is held
    /// for the same reason.
    last: BTreeMap<IncidentId, (Reason, IncidentView)>,
}

impl<W: Write> Report<W> {
    pub(super) fn new(output: Output, decisions: bool, out: W) -> Self {
        let (messages, open, last) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { output, decisions, out, told: 0, messages, open, last }
    }

    pub(super) fn tell(&mut self, notifications: &[Notification]) -> Result<(), Failure> {
        for notification in notifications {
            self.told += 1;
            for message in &notification.messages {
                *self.messages.entry(message.kind().name()).or_default() += 1;
            }
            let incident = &notification.incident;
            match notification.event {
                Event::Resolved => self.open.remove(&incident.id),
                Event::Opened | Event::Updated | Event::Reminded => {
                    self.open.insert(incident.id.clone(), incident.cause.to_string())
                }
            };
            if self.decisions {
                let last = (notification.reason.clone(), incident.clone());
                self.last.insert(incident.id.clone(), last);
            }
            match self.output {
                Output::Json => json_line(&mut self.out, notification)?,
                Output::Text => self.draw(notification)?,
            }
        }
        Ok(())
    }

    /// Prints what was held back, where that is asked for.
    pub(super) fn held(
        &mut self,
        held: &[Held],
        sms_limited: &[SmsLimited],
        at: Timestamp,
    ) -> Result<(), Failure> {
        if !self.decisions {
            return Ok(());
        }
        let over_limit = sms_limited.iter().filter_map(|limited| {
            let (last, incident) = self.last.get(&limited.incident)?.clone();
            let reason = limited.reason.as_deref().cloned().unwrap_or(last);
            Some(Held { at, hold: Hold::SmsLimit, reason, incident })
        });
        let held: Vec<Held> = held.iter().cloned().chain(over_limit).collect();
        for held in &held {
            match self.output {
                Output::Json => json_line(&mut self.out, held)?,
                Output::Text => {
                    let (strong, faint) = (style::STRONG, style::FAINT);
                    let Held { at, hold, reason, incident } = held;
                    writeln!(
                        self.out,
                        "{strong}{at}{strong:#}  {faint}held ({hold}): {}, {}, incident {}{faint:#}\n",
                        reason.change, incident.cause, incident.id
                    )?;
                }
            }
        }
        Ok(())
    }

    fn draw(&mut self, notification: &Notification) -> Result<(), Failure> {
        let incident = &notification.incident;
        let (strong, faint) = (style::STRONG, style::FAINT);
        let (word, color) = match notification.event {
            Event::Opened => ("opened", style::of_severity(incident.severity)),
            Event::Updated => ("updated", style::of_severity(incident.severity)),
            Event::Reminded => ("reminded", style::of_severity(incident.severity)),
            Event::Resolved => ("resolved", style::GOOD),
        };
        writeln!(
            self.out,
            "{strong}{}{strong:#}  {color}{word}{color:#}  {} {faint}({} confidence, {}, incident {}){faint:#}\n",
            notification.at,
            incident.cause,
            incident.confidence,
            incident.severity.as_str(),
            incident.id
        )?;
        for message in &notification.messages {
            for view in message.view() {
                match &view {
                    View::Blocks { label, message } => {
                        writeln!(self.out, "  {faint}{label}{faint:#}")?;
                        slack::draw(&mut self.out, message)?;
                    }
                    View::Text { label, subject: Some(subject), .. } => {
                        writeln!(self.out, "\n  {faint}{label}{faint:#} {subject}")?;
                    }
                    View::Text { subject: None, body, .. } => {
                        writeln!(self.out, "\n  {faint}{}{faint:#}", preview::label(&view))?;
                        for line in wrap(body, WIDTH) {
                            writeln!(self.out, "  {faint}│{faint:#} {line}")?;
                        }
                    }
                }
            }
        }
        writeln!(self.out)?;
        Ok(())
    }

    pub(super) fn finish(&mut self, recording: &Recording) -> Result<(), Failure> {
        if self.output == Output::Text {
            self.closing(recording)?;
        }
        self.out.flush()?;
        Ok(())
    }

    fn closing(&mut self, recording: &Recording) -> Result<(), Failure> {
        let strong = style::STRONG;
        let span =
            recording.span.map_or_else(String::new, |(first, last)| format!(", {first} to {last}"));
        writeln!(
            self.out,
            "{strong}{} lines in {} batches{span}{strong:#}",
            recording.lines,
            recording.batches.len()
        )?;
        let sent: Vec<String> =
            self.messages.iter().map(|(kind, count)| format!("{count} by {kind}")).collect();
        match self.told {
            0 => writeln!(self.out, "Nobody would have been disturbed.")?,
            told => writeln!(self.out, "{told} notifications: {}.", sent.join(", "))?,
        }
        if !self.open.is_empty() {
            let open: Vec<String> =
                self.open.iter().map(|(id, cause)| format!("{cause} ({id})")).collect();
            writeln!(self.out, "Still open: {}. --drain lets the clock run on.", open.join(", "))?;
        }
        Ok(())
    }
}
