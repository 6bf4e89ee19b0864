//! Counts by cause, in bounded memory.

use std::io::{self, Write};

use diagnosis::{Cause, Diagnosis, Line, catalogue};

use crate::output::style;

/// What was counted.
pub(super) struct Summary {
    lines: u64,
    requests: u64,
    errors: u64,
    causes: [u64; Cause::COUNT],
}

impl Default for Summary {
    fn default() -> Self {
        Self { lines: 0, requests: 0, errors: 0, causes: [0; Cause::COUNT] }
    }
}

impl Summary {
    pub(super) fn add_line(&mut self) {
        self.lines += 1;
    }

    /// A request, by all its lines.
    pub(super) fn add_request(&mut self, cause: Cause) {
        self.requests += u64::from(cause != Cause::Unknown);
        self.errors += u64::from(cause.is_error());
        self.causes[cause.index()] += 1;
    }

    /// A line that belongs to no request.
    pub(super) fn add_unread(&mut self, cause: Cause) {
        self.causes[cause.index()] += 1;
    }

    /// A line that is judged alone: only an access record stands for a request.
    pub(super) fn add_alone(&mut self, diagnosis: &Diagnosis<'_>, line: &Line<'_>) {
        let is_request = matches!(line, Line::Access(_)) && diagnosis.cause != Cause::Unknown;
        self.requests += u64::from(is_request);
        self.errors += u64::from(diagnosis.cause.is_error());
        self.causes[diagnosis.cause.index()] += 1;
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
            let title = catalogue::entry(cause).map_or("", |entry| entry.title);
            writeln!(out, "  {count:>7}  {cause:<34} {faint}{title}{faint:#}")?;
        }
        Ok(())
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
