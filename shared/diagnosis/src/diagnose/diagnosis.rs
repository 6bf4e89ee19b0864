//! What a diagnosis says: the cause, how sure it is, and the evidence.

use crate::{AccessRecord, Cause, Confidence, Field};

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

    pub(super) const fn high(cause: Cause) -> Self {
        Self::new(cause, Confidence::High)
    }

    pub(super) const fn medium(cause: Cause) -> Self {
        Self::new(cause, Confidence::Medium)
    }

    pub(super) const fn low(cause: Cause) -> Self {
        Self::new(cause, Confidence::Low)
    }

    /// Adds the field's value to the evidence, where there is one and it is not there yet.
    pub(super) fn because(mut self, record: &'a AccessRecord<'_>, field: Field) -> Self {
        let field_of_evidence = EvidenceField::Context(field);
        if let Some(text) = record.get(field)
            && self.evidence.iter().all(|known| known.field != field_of_evidence)
        {
            self.evidence.push(Evidence { field: field_of_evidence, text });
        }
        self
    }

    /// Adds a text of a log to the evidence.
    pub(super) fn told_in(mut self, field: EvidenceField, text: &'a str) -> Self {
        if !text.is_empty() {
            self.evidence.push(Evidence { field, text });
        }
        self
    }
}
