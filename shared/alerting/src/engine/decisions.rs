//! What an evaluation came to: notifications, what was held back, and incidents that began and ended.

use crate::incident::{Incident, SourceState};
use crate::notify::{Held, Notification};

/// What was decided and committed.
#[derive(Debug, Default)]
pub(super) struct Decisions {
    pub(super) notifications: Vec<Notification>,
    pub(super) held: Vec<Held>,
    pub(super) opened: u64,
    pub(super) resolved: u64,
}

/// What one commit did to an incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    Opened,
    Resolved,
    Other,
}

impl Effect {
    /// What becomes of an incident of this source.
    pub(super) fn between(state: &SourceState, incident: &Incident) -> Self {
        match state.incidents.iter().find(|known| known.id == incident.id) {
            None => Self::Opened,
            Some(known) if known.is_open() && !incident.is_open() => Self::Resolved,
            Some(_) => Self::Other,
        }
    }
}

/// What a commit has left to report.
#[derive(Debug, Default)]
pub(super) struct CommitReport {
    pub(super) notification: Option<Box<Notification>>,
    pub(super) held: Option<Box<Held>>,
}

impl Decisions {
    pub(super) fn take(&mut self, report: CommitReport) {
        self.notifications.extend(report.notification.map(|notification| *notification));
        self.held.extend(report.held.map(|held| *held));
    }

    pub(super) const fn count(&mut self, effect: Effect) {
        match effect {
            Effect::Opened => self.opened += 1,
            Effect::Resolved => self.resolved += 1,
            Effect::Other => {}
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.notifications.extend(other.notifications);
        self.held.extend(other.held);
        self.opened += other.opened;
        self.resolved += other.resolved;
    }
}
