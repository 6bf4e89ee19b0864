//! The decision: which cause a line speaks for.
//!
//! Each module looks at one kind of evidence and offers the same function, `judge`. The chains in
//! [`access_record`], [`execution`] and [`lambda`] are the order of trust; the first that has an opinion
//! wins. Texts are matched in the field or place that API Gateway or Lambda writes them to, never in the
//! whole line: a path, a user agent or a body may hold any of them.

mod cors;
mod error_message;
mod execution;
mod hidden;
mod integration_error;
mod integration_status;
mod lambda;
mod latency;
mod phases;
mod response_type;
mod route;
mod status;
mod texts;
mod untouched;

use crate::{AccessRecord, Cause, Confidence, Field, Line};

/// Where a piece of evidence stood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvidenceField {
    /// A `$context` variable of an access log.
    Context(Field),
    /// A line of an execution log.
    ExecutionLog,
    /// A line of a function's log.
    LambdaLog,
    /// The figures that Lambda reports of an invocation.
    Report,
}

impl EvidenceField {
    /// The name after `$context.`, or that of the log.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Context(field) => field.context_name(),
            Self::ExecutionLog => "execution log",
            Self::LambdaLog => "Lambda log",
            Self::Report => "REPORT",
        }
    }
}

/// The field and text that decided a cause, as logged: redact before it leaves the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence<'a> {
    /// The field.
    pub field: EvidenceField,
    /// Its value, not redacted.
    pub text: &'a str,
}

/// Why one request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis<'a> {
    /// The cause.
    pub cause: Cause,
    /// How sure that is.
    pub confidence: Confidence,
    /// What decided it, strongest first.
    pub evidence: Vec<Evidence<'a>>,
}

impl<'a> Diagnosis<'a> {
    pub(crate) const fn new(cause: Cause, confidence: Confidence) -> Self {
        Self { cause, confidence, evidence: Vec::new() }
    }

    const fn high(cause: Cause) -> Self {
        Self::new(cause, Confidence::High)
    }

    const fn medium(cause: Cause) -> Self {
        Self::new(cause, Confidence::Medium)
    }

    const fn low(cause: Cause) -> Self {
        Self::new(cause, Confidence::Low)
    }

    /// Adds the field's value to the evidence, where there is one and it is not there yet.
    fn because(mut self, record: &'a AccessRecord<'_>, field: Field) -> Self {
        let field_of_evidence = EvidenceField::Context(field);
        if let Some(text) = record.get(field)
            && self.evidence.iter().all(|known| known.field != field_of_evidence)
        {
            self.evidence.push(Evidence { field: field_of_evidence, text });
        }
        self
    }

    /// Adds a text of a log to the evidence.
    fn told_in(mut self, field: EvidenceField, text: &'a str) -> Self {
        if !text.is_empty() {
            self.evidence.push(Evidence { field, text });
        }
        self
    }
}

/// One kind of evidence's opinion of a record.
type Judge = for<'a> fn(&'a AccessRecord<'_>) -> Option<Diagnosis<'a>>;

/// The kinds of evidence, most trustworthy first.
const JUDGES: [Judge; 9] = [
    cors::judge,
    integration_error::judge,
    response_type::judge,
    phases::judge,
    integration_status::judge,
    error_message::judge,
    untouched::judge,
    latency::judge,
    route::judge,
];

/// Diagnoses one line by itself.
pub fn line<'a>(line: &'a Line<'_>) -> Diagnosis<'a> {
    match line {
        Line::Access(record) => access_record(record),
        Line::Execution(line) => execution::line(line),
        Line::Lambda(line) => lambda::line(line),
        Line::Foreign => Diagnosis::low(Cause::Unknown),
        Line::Unreadable => Diagnosis::low(Cause::Unparseable),
    }
}

/// Diagnoses one request by its access record.
pub fn access_record<'a>(record: &'a AccessRecord<'_>) -> Diagnosis<'a> {
    // A gateway response may carry any status, 200 included, and so may a firewall's: but only a failed
    // request has a type, or was blocked.
    let answered_well = record.status().is_some_and(|status| status < 400);
    if answered_well && record.response_type().is_none() && !phases::blocked_by_waf(record) {
        return match hidden::judge(record) {
            Some(failure) => failure.because(record, Field::Status),
            None => latency::of_success(record),
        };
    }
    JUDGES
        .iter()
        .find_map(|judge| judge(record))
        .unwrap_or_else(|| status::judge(record))
        .because(record, Field::Status)
}

#[cfg(test)]
mod tests;
