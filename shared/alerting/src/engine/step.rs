//! A decided step of an incident, ready to be committed.

use crate::incident::Incident;
use crate::incident::notify_policy::Decision;
use crate::incident::reason::Evaluated;

/// An incident as it is from now on, and whether people are notified of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) incident: Incident,
    /// `None` where nothing is to be decided: work in progress is written down.
    pub(super) decision: Option<Decision>,
    /// What the rule found that opened it.
    pub(super) evaluated: Option<Evaluated>,
}

impl Step {
    /// A step that is only written down.
    pub(super) const fn silent(incident: Incident) -> Self {
        Self { incident, decision: None, evaluated: None }
    }

    /// Whether there is anything to commit.
    pub(super) fn changes(&self, before: &Incident) -> bool {
        matches!(self.decision, Some(Decision::Announce(_))) || self.incident != *before
    }
}
