//! Passes.

use diagnosis::Timestamp;

use crate::source::Source;
use crate::store::memory::state::MemoryLedger;

pub(super) fn take_slot(
    ledger: &MemoryLedger,
    source: &Source,
    places: u8,
    now: Timestamp,
    until: Timestamp,
) -> bool {
    let passes = &mut ledger.inner.borrow_mut().passes;
    passes.retain(|(_, until)| *until > now);
    if passes.iter().any(|(holder, _)| holder == source) {
        return true;
    }
    let free = passes.len() < usize::from(places);
    if free {
        passes.push((source.clone(), until));
    }
    free
}
