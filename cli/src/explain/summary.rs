//! Counts by cause, and their course over time, in bounded memory.

use std::io::{self, Write};

use diagnosis::{Cause, Diagnosis, Line, Timestamp, catalogue};

use super::timeline::Timeline;
use crate::output::style;

/// Where a cause's course begins, and how wide its name is: a line has 80 characters.
const INDENT: usize = 9;
const NAME: usize = 33;

/// What was counted.
pub(super) struct Summary {
    lines: u64,
    requests: u64,
    errors: u64,
    causes: [u64; Cause::COUNT],
    timeline: Timeline,
}

impl Default for Summary {
    fn default() -> Self {
        Self {
            lines: 0,
            requests: 0,
            errors: 0,
            causes: [0; Cause::COUNT],
            timeline: Timeline::default(),
        }
    }
}

impl Summary {
    pub(super) fn add_line(&mut self) {
        self.lines += 1;
    }

    pub(super) const fn lines(&self) -> u64 {
        self.lines
    }

    /// A request, by all its lines.
    pub(super) fn add_request(&mut self, cause: Cause, time: Option<Timestamp>) {
        self.requests += u64::from(cause != Cause::Unknown);
        self.add_cause(cause, time);
    }

    fn add_cause(&mut self, cause: Cause, time: Option<Timestamp>) {
        self.causes[cause.index()] += 1;
        if cause.is_error() {
            self.errors += 1;
            if let Some(time) = time {
                self.timeline.add(time, cause);
            }
        }
    }

    /// A line that belongs to no request.
    pub(super) fn add_unread(&mut self, cause: Cause) {
        self.causes[cause.index()] += 1;
    }

    /// A line that is judged alone: only an access record stands for a request.
    pub(super) fn add_alone(
        &mut self,
        diagnosis: &Diagnosis<'_>,
        line: &Line<'_>,
        time: Option<Timestamp>,
    ) {
        let is_request = matches!(line, Line::Access(_)) && diagnosis.cause != Cause::Unknown;
        self.requests += u64::from(is_request);
        self.add_cause(diagnosis.cause, time);
    }

    /// Every cause but `none`, most frequent first.
    fn causes(&self) -> Vec<(Cause, u64)> {
        let mut causes: Vec<(Cause, u64)> = Cause::ALL
            .iter()
            .map(|&cause| (cause, self.causes[cause.index()]))
            .filter(|&(cause, count)| count > 0 && cause != Cause::None)
            .collect();
        causes.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
        causes
    }

    pub(super) fn object(&self) -> serde_json::Value {
        let causes: Vec<serde_json::Value> = self
            .causes()
            .into_iter()
            .map(|(cause, count)| serde_json::json!({"cause": cause, "count": count}))
            .collect();
        serde_json::json!({
            "lines": self.lines,
            "requests": self.requests,
            "errors": self.errors,
            "causes": causes,
        })
    }

    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        let (strong, faint) = (style::STRONG, style::FAINT);
        let share = self.errors as f64 * 100.0 / (self.requests.max(1)) as f64;
        writeln!(
            out,
            "\n{strong}{} of {} requests failed ({share:.1} %){strong:#}{faint}, {} lines{faint:#}",
            self.errors, self.requests, self.lines
        )?;
        for (cause, count) in self.causes() {
            let title = catalogue::entry(cause).map_or(of_no_request(cause), |entry| entry.title);
            writeln!(out, "{count:>7}  {strong}{title}{strong:#}")?;
            self.course(out, cause)?;
        }
        if let Some(width) = self.timeline.width() {
            let scale = format!("a column is {width}, UTC");
            let axis = self.timeline.axis();
            writeln!(out, "{:INDENT$}{faint}{scale:<NAME$}{axis}{faint:#}", "")?;
        }
        Ok(())
    }

    /// The cause's name, and its course where there is one.
    fn course(&self, out: &mut impl Write, cause: Cause) -> io::Result<()> {
        let faint = style::FAINT;
        write!(out, "{:INDENT$}{faint}{cause}{faint:#}", "")?;
        let blocks = self.timeline.blocks(cause);
        if cause.is_error() && self.timeline.width().is_some() {
            let color = style::of_fault(catalogue::entry(cause).map(|entry| entry.fault));
            let gap = NAME - cause.as_str().len();
            write!(out, "{:gap$}{color}{}{color:#}", "", blocks.trim_end())?;
        }
        writeln!(out)
    }

    /// A sentence about lines that say nothing, where there are any.
    pub(super) fn unread(&self) -> Option<String> {
        let unparseable = self.causes[Cause::Unparseable.index()];
        let unknown = self.causes[Cause::Unknown.index()];
        (unparseable + unknown > 0).then(|| {
            format!(
                "of {} lines {unparseable} could not be read and {unknown} tell nothing about a request",
                self.lines
            )
        })
    }
}

/// Lines that speak of no request have no entry in the catalogue.
const fn of_no_request(cause: Cause) -> &'static str {
    match cause {
        Cause::Unparseable => "Lines that break off or cannot be read",
        _ => "Lines that tell nothing about a request",
    }
}
