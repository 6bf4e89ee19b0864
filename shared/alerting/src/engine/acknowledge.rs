//! What people tell the engine: that they look after an incident, and that they want silence.

use diagnosis::Timestamp;

use crate::clock::Clock;
use crate::engine::Engine;
use crate::engine::retry::Changed;
use crate::incident::{Acknowledged, IncidentId, Silence};
use crate::notify::Channel;
use crate::source::Source;
use crate::store::{Ledger, LedgerError};

use crate::engine::transition::Outcome;

/// A longer name is cut.
const MAX_NAME_CHARS: usize = 200;

/// What acknowledging an incident came to. Of two people at once, both see who was first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acknowledgement {
    /// It is acknowledged, from now on.
    Done(Acknowledged),
    /// Somebody was first.
    Already(Acknowledged),
    /// It is over.
    Resolved(Timestamp),
    /// There is no such incident, or it was forgotten.
    Unknown,
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Notes that somebody looks after an incident: it is reminded of no more until it comes back. Living
    /// messages say who it is.
    pub async fn acknowledge(
        &self,
        source: &Source,
        incident: &IncidentId,
        who: &str,
    ) -> Result<Acknowledgement, LedgerError> {
        let changed = self
            .change_incident(source, incident, async |state, mut incident| {
                if let Some(resolved_at) = incident.resolved_at {
                    return Ok(Some(Acknowledgement::Resolved(resolved_at)));
                }
                if let Some(first) = incident.history.acknowledged {
                    return Ok(Some(Acknowledgement::Already(first)));
                }
                let by = who.chars().take(MAX_NAME_CHARS).collect();
                let acknowledged = Acknowledged { by, at: self.clock.now() };
                incident.history.acknowledged = Some(acknowledged.clone());
                let outcome = self.commit_interaction(incident, state.version, None).await?;
                let done = Acknowledgement::Done(acknowledged);
                Ok(matches!(outcome, Outcome::Done(_)).then_some(done))
            })
            .await?;
        match changed {
            Changed::Done(acknowledgement) => Ok(acknowledgement),
            Changed::Unknown => Ok(Acknowledgement::Unknown),
            Changed::Overtaken => {
                let reason = "a source changed whenever an incident was to be acknowledged";
                Err(LedgerError { reason: reason.to_owned(), retryable: true })
            }
        }
    }

    /// Begins a silence. Returns the one that is on already for the same scope, if there is one; nothing
    /// changes then.
    pub async fn silence(&self, silence: &Silence) -> Result<Option<Silence>, LedgerError> {
        self.ledger.add_silence(silence).await
    }

    /// Ends a silence before its time. Returns it; `None` if it was over, or somebody else was first.
    pub async fn end_silence(&self, id: &str) -> Result<Option<Silence>, LedgerError> {
        self.ledger.end_silence(id, self.clock.now()).await
    }
}
