//! Silences.

use diagnosis::Timestamp;

use crate::incident::Silence;
use crate::store::memory::state::MemoryLedger;

pub(super) fn silences(ledger: &MemoryLedger, now: Timestamp) -> Vec<Silence> {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(|meter| meter.read(0));
    inner.meet_silences();
    inner.silences.values().filter(|silence| silence.is_on(now)).cloned().collect()
}

pub(super) fn add_silence(ledger: &MemoryLedger, silence: &Silence) -> Option<Silence> {
    let silences = &mut ledger.inner.borrow_mut().silences;
    let known = silences.get(&silence.id).filter(|known| known.is_on(silence.since)).cloned();
    if known.is_none() {
        silences.insert(silence.id.clone(), silence.clone());
    }
    known
}

pub(super) fn end_silence(ledger: &MemoryLedger, id: &str, now: Timestamp) -> Option<Silence> {
    let ended = ledger.inner.borrow_mut().silences.remove(id);
    ended.filter(|silence| silence.is_on(now))
}
