//! Cause cards: the first request of each cause is explained in full, later ones take a line.

use std::collections::BTreeSet;
use std::io::{self, Write};

use diagnosis::{
    Cause,
    catalogue::{self, Placeholders},
};

use super::Explained;
use crate::output::{style, wrap};

const WIDTH: usize = 76;

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

/// `line 3  502 POST /orders  Lambda function raised an error (high)`.
fn headline(out: &mut impl Write, request: &Explained) -> io::Result<()> {
    let (faint, strong) = (style::FAINT, style::STRONG);
    let title = catalogue::entry(request.cause).map_or(request.cause.as_str(), |entry| entry.title);
    write!(out, "{faint}line {}{faint:#}  ", request.line)?;
    if let Some(status) = request.status {
        let color = style::of_status(status);
        write!(out, "{color}{status}{color:#} ")?;
    }
    if let Some(route) = &request.route {
        write!(out, "{route}  ")?;
    }
    let color = style::of_confidence(request.confidence);
    writeln!(out, "{strong}{title}{strong:#} {color}({}){color:#}", request.confidence)
}

fn explanation(out: &mut impl Write, request: &Explained) -> io::Result<()> {
    let faint = style::FAINT;
    let Some(entry) = catalogue::entry(request.cause) else { return Ok(()) };
    let mut paragraph = |label: &str, text: &str| -> io::Result<()> {
        for (number, line) in wrap(text, WIDTH - 11).iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            writeln!(out, "    {faint}{label:<9}{faint:#}{line}")?;
        }
        Ok(())
    };
    paragraph("cause", &format!("{}: {}", entry.cause, entry.explanation))?;
    for evidence in &request.evidence {
        paragraph("evidence", &format!("{} = {}", evidence.field, evidence.text))?;
    }
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
