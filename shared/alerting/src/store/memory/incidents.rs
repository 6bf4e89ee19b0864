//! Incidents and their versions.

use crate::incident::{OpenIncident, SourceState};
use crate::source::Source;
use crate::store::memory::state::MemoryLedger;
use crate::store::{Committed, Transition};

pub(super) fn state(ledger: &MemoryLedger, source: &Source) -> SourceState {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(|meter| meter.read(0));
    inner.meet_incidents(source);
    let incidents = inner.incidents.get(source);
    let incidents = incidents.map(|known| known.values().cloned().collect()).unwrap_or_default();
    SourceState { version: inner.versions.get(source).copied().unwrap_or(0), incidents }
}

pub(super) fn commit(ledger: &MemoryLedger, transition: &Transition) -> Committed {
    let mut inner = ledger.inner.borrow_mut();
    let incident = &transition.incident;
    let version = inner.versions.entry(incident.source.clone()).or_default();
    if *version != transition.read_version {
        return Committed::Conflict;
    }
    *version += 1;
    let of_source = inner.incidents.entry(incident.source.clone()).or_default();
    of_source.insert(incident.id.clone(), incident.clone());
    for row in &transition.outbox {
        inner.outbox.insert((row.channel.clone(), row.key()), row.clone());
    }
    Committed::Done
}

pub(super) fn open_incidents(ledger: &MemoryLedger) -> Vec<OpenIncident> {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(|meter| meter.read(0));
    inner.meet_open_incidents();
    let incidents = inner.incidents.values().flat_map(|known| known.values());
    incidents.filter(|incident| incident.is_open()).map(OpenIncident::from).collect()
}
