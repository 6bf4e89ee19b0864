//! What people tell the engine: that they look after an incident, and that they want silence.

use diagnosis::Timestamp;

use crate::clock::Clock;
use crate::engine::Engine;
use crate::incident::{Acknowledged, Incident, IncidentId, Silence};
use crate::notify::Channel;
use crate::source::Source;
use crate::store::{Ledger, LedgerError};

use crate::engine::transition::Outcome;

/// How often a decision is made anew after somebody else's got in between.
const MAX_TRIES: u32 = 8;

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
        for _ in 0..MAX_TRIES {
            let state = self.ledger.state(source).await?;
            let known = state.incidents.iter().find(|known| known.id == *incident);
            let Some(known) = known else { return Ok(Acknowledgement::Unknown) };
            if let Some(resolved_at) = known.resolved_at {
                return Ok(Acknowledgement::Resolved(resolved_at));
            }
            if let Some(first) = &known.history.acknowledged {
                return Ok(Acknowledgement::Already(first.clone()));
            }
            let by = who.chars().take(MAX_NAME_CHARS).collect();
            let acknowledged = Acknowledged { by, at: self.clock.now() };
            let mut incident: Incident = known.clone();
            incident.history.acknowledged = Some(acknowledged.clone());
            if let Outcome::Done(_) = self.commit_shown(incident, state.version, None).await? {
                return Ok(Acknowledgement::Done(acknowledged));
            }
        }
        let reason = "a source changed whenever an incident was to be acknowledged".to_owned();
        Err(LedgerError { reason, retryable: true })
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
