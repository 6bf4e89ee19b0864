//! Incidents and their versions.

use super::MemoryLedger;
use crate::incident::{OpenIncident, SourceState};
use crate::ledger::{Committed, Incidents, LedgerError, Transition};
use crate::source::Source;

impl Incidents for MemoryLedger {
    async fn state(&self, source: &Source) -> Result<SourceState, LedgerError> {
        let mut inner = self.inner.borrow_mut();
        inner.metered(|meter| meter.read(0));
        let incidents = inner.incidents.get(source);
        let incidents =
            incidents.map(|known| known.values().cloned().collect()).unwrap_or_default();
        Ok(SourceState { version: inner.versions.get(source).copied().unwrap_or(0), incidents })
    }

    async fn commit(&self, transition: &Transition) -> Result<Committed, LedgerError> {
        let mut inner = self.inner.borrow_mut();
        let incident = &transition.incident;
        let version = inner.versions.entry(incident.source.clone()).or_default();
        if *version != transition.read_version {
            return Ok(Committed::Conflict);
        }
        *version += 1;
        let of_source = inner.incidents.entry(incident.source.clone()).or_default();
        of_source.insert(incident.id.clone(), incident.clone());
        for row in &transition.outbox {
            inner.outbox.insert((row.channel.clone(), row.place()), row.clone());
        }
        Ok(Committed::Done)
    }

    async fn open_incidents(&self) -> Result<Vec<OpenIncident>, LedgerError> {
        let mut inner = self.inner.borrow_mut();
        inner.metered(|meter| meter.read(0));
        let incidents = inner.incidents.values().flat_map(|known| known.values());
        Ok(incidents.filter(|incident| incident.is_open()).map(OpenIncident::from).collect())
    }
}
