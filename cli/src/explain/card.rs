//! Cause cards: the first request of each cause is explained in full, later ones take a line.

use std::collections::BTreeSet;
use std::io::{self, Write};

use diagnosis::{
    Cause,
    catalogue::{self, Placeholders},
    redact,
};

use super::explained::Explained;
use crate::output::{style, wrap, wrap_all};

/// Fits a terminal of 80 columns.
const WIDTH: usize = 78;

/// A longer route is cut: `--output json` has it whole.
const MAX_ROUTE: usize = 60;

/// Behind the label.
const TEXT_WIDTH: usize = WIDTH - 13;

/// Prints cards, and remembers which causes have been explained.
#[derive(Default)]
pub(super) struct Cards {
    explained: BTreeSet<Cause>,
}

impl Cards {
    pub(super) fn print(&mut self, out: &mut impl Write, request: &Explained) -> io::Result<()> {
        headline(out, request)?;
        if self.explained.insert(request.cause) {
            explanation(out, request)?;
        }
        Ok(())
    }
}

/// `line 3  502 POST /orders  Lambda function raised an error (high)`, on two lines where that is long.
fn headline(out: &mut impl Write, request: &Explained) -> io::Result<()> {
    let (faint, strong) = (style::FAINT, style::STRONG);
    let title = catalogue::entry(request.cause).map_or(request.cause.as_str(), |entry| entry.title);
    let number = format!("line {}  ", request.line);
    let status = request.status.map_or_else(String::new, |status| format!("{status} "));
    let route = request
        .route
        .as_deref()
        .map_or_else(String::new, |route| format!("{}  ", redact::truncate(route, MAX_ROUTE)));
    let confidence = format!("({})", request.confidence);
    let width: usize = [&number, &status, &route, title, &confidence]
        .iter()
        .map(|part| part.chars().count())
        .sum();

    let color = style::of_status(request.status.unwrap_or_default());
    write!(out, "{faint}{number}{faint:#}{color}{status}{color:#}")?;
    if width + 1 > WIDTH {
        write!(out, "{}\n    ", route.trim_end())?;
    } else {
        write!(out, "{route}")?;
    }
    let color = style::of_confidence(request.confidence);
    writeln!(out, "{strong}{title}{strong:#} {color}{confidence}{color:#}")
}

fn explanation(out: &mut impl Write, request: &Explained) -> io::Result<()> {
    let faint = style::FAINT;
    let Some(entry) = catalogue::entry(request.cause) else { return Ok(()) };
    let mut lines = |label: &str, lines: &[String]| -> io::Result<()> {
        for (number, line) in lines.iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            writeln!(out, "    {faint}{label:<9}{faint:#}{line}")?;
        }
        Ok(())
    };
    let said = |text: &str| wrap_all(text, TEXT_WIDTH);
    lines("request", &said(&which(request)))?;
    lines("cause", &wrap(&format!("{}: {}", entry.cause, entry.explanation), TEXT_WIDTH))?;
    for (number, evidence) in request.evidence.iter().enumerate() {
        let label = if number == 0 { "evidence" } else { "" };
        lines(label, &said(&format!("{} = {}", evidence.field, evidence.text)))?;
    }
    // What is ours to say holds commands and links, which break when they are broken.
    let mut paragraph = |label: &str, text: &str| lines(label, &wrap(text, TEXT_WIDTH));
    paragraph("fault", entry.fault.as_str())?;
    paragraph("retry", &format!("{}: {}", entry.retry, entry.retry_reason))?;
    let function = request.log_group.as_deref().and_then(|name| name.strip_prefix("/aws/lambda/"));
    let known = Placeholders {
        api: request.api_id.as_deref(),
        stage: request.stage.as_deref(),
        route: request.route.as_deref(),
        function,
    };
    for (number, step) in entry.steps(known).iter().enumerate() {
        let label = if number == 0 { "next" } else { "" };
        paragraph(label, &format!("{}. {step}", number + 1))?;
    }
    writeln!(out)
}

/// What the line says of which request it was, and when; empty where it says neither.
fn which(request: &Explained) -> String {
    let mut parts = Vec::new();
    if let Some(id) = &request.request_id {
        parts.push(id.clone());
    }
    if let Some(time) = request.time {
        parts.push(format!("at {time}"));
    }
    if let Some(latency) = request.latency_ms {
        parts.push(format!("took {latency} ms"));
    }
    parts.join(", ")
}
