//! What a replay shows: one object per notification, or a timeline that a person can read.

use std::collections::BTreeMap;
use std::io::Write;

use alerting::{Event, IncidentId, Notification, View};

use super::batches::Recording;
use crate::args::Output;
use crate::failure::Failure;
use crate::output::{json_line, slack, style, wrap};
use crate::preview;

const WIDTH: usize = 76;

/// Prints notifications as they come.
pub(super) struct Report<W> {
    output: Output,
    out: W,
    told: u64,
    messages: BTreeMap<&'static str, u64>,
    open: BTreeMap<IncidentId, String>,
}

impl<W: Write> Report<W> {
    pub(super) const fn new(output: Output, out: W) -> Self {
        Self { output, out, told: 0, messages: BTreeMap::new(), open: BTreeMap::new() }
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
            match self.output {
                Output::Json => json_line(&mut self.out, notification)?,
                Output::Text => self.draw(notification)?,
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
