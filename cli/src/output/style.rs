//! The few colours, by what they mean.

use alerting::Severity;
use anstyle::{AnsiColor, Style};
use diagnosis::{Confidence, Fault};

pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const NOTE: Style = AnsiColor::Cyan.on_default().bold();
pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const CODE: Style = AnsiColor::Cyan.on_default();
pub(crate) const LINK: Style = AnsiColor::Blue.on_default();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();

pub(crate) const fn of_severity(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Info => AnsiColor::Blue.on_default().bold(),
    }
}

pub(crate) const fn of_confidence(confidence: Confidence) -> Style {
    match confidence {
        Confidence::High => AnsiColor::Green.on_default(),
        Confidence::Medium => AnsiColor::Yellow.on_default(),
        Confidence::Low => Style::new().dimmed(),
    }
}

pub(crate) const fn of_status(status: u16) -> Style {
    match status {
        500.. => AnsiColor::Red.on_default().bold(),
        400..=499 => AnsiColor::Yellow.on_default().bold(),
        _ => AnsiColor::Green.on_default(),
    }
}

/// Callers' own faults look like their statuses: yellow.
pub(crate) const fn of_fault(fault: Option<Fault>) -> Style {
    match fault {
        Some(Fault::Client | Fault::CallerConfiguration) => AnsiColor::Yellow.on_default(),
        _ => AnsiColor::Red.on_default(),
    }
}
