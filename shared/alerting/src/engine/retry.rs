//! Changing one incident while other invocations change the same source.

use crate::clock::Clock;
use crate::engine::core::Engine;
use crate::incident::{Incident, IncidentId, SourceState};
use crate::notify::Channel;
use crate::source::Source;
use crate::store::{Ledger, LedgerError};

/// Other invocations may get in between 8 times. Then a later invocation decides.
const MAX_TRIES: u32 = 8;

/// How a change of an incident ended.
#[derive(Debug)]
pub(super) enum Changed<T> {
    /// It was committed, or nothing was to be done.
    Done(T),
    /// There is no such incident, or it was forgotten.
    Unknown,
    /// Other invocations changed the source each time.
    Overtaken,
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Reads an incident with its source's state and has `attempt` decide and commit. `None` from
    /// `attempt` is a conflict: the incident is read again and decided again.
    pub(super) async fn change_incident<T>(
        &self,
        source: &Source,
        id: &IncidentId,
        attempt: impl AsyncFn(SourceState, Incident) -> Result<Option<T>, LedgerError>,
    ) -> Result<Changed<T>, LedgerError> {
        for _ in 0..MAX_TRIES {
            let state = self.ledger.state(source).await?;
            let incident = state.incidents.iter().find(|incident| incident.id == *id).cloned();
            let Some(incident) = incident else { return Ok(Changed::Unknown) };
            if let Some(done) = attempt(state, incident).await? {
                return Ok(Changed::Done(done));
            }
        }
        Ok(Changed::Overtaken)
    }
}
