//! A change of an incident, committed together with its outbox rows.

use crate::incident::Incident;
use crate::store::OutboxRow;

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
