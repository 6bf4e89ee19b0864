//! Incidents, each changed together with the messages it owes.

use super::{Committed, LedgerError, OutboxRow};
use crate::incident::{Incident, OpenIncident, SourceState};
use crate::source::Source;

/// An incident's change and the messages that it owes: one transaction.
#[derive(Debug, Clone)]
pub struct Transition {
    /// The version of the source that the decision was made on.
    pub read_version: u64,
    /// The incident as it is from now on.
    pub incident: Incident,
    /// The messages it owes, one row per channel. May be empty.
    pub outbox: Vec<OutboxRow>,
}

/// The incidents of every source. Every method is safe to call twice with the same arguments, and by many
/// callers at once.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait Incidents {
    /// The source's incidents: the open ones, and those resolved in the last hours.
    async fn state(&self, source: &Source) -> Result<SourceState, LedgerError>;

    /// Changes an incident and adds its outbox rows, all or nothing, if the source still has the
    /// version that was read.
    async fn commit(&self, transition: &Transition) -> Result<Committed, LedgerError>;

    /// The open incidents of all sources, by source and id. One that was committed by a version that
    /// did not keep this may be missing.
    async fn open_incidents(&self) -> Result<Vec<OpenIncident>, LedgerError>;
}
