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
    let slots = &mut ledger.inner.borrow_mut().slots;
    slots.retain(|(_, until)| *until > now);
    if slots.iter().any(|(holder, _)| holder == source) {
        return true;
    }
    let free = slots.len() < usize::from(places);
    if free {
        slots.push((source.clone(), until));
    }
    free
}
