//! Slots.

use diagnosis::Timestamp;

use crate::rules::Severity;
use crate::source::Source;
use crate::store::memory::state::MemoryLedger;

pub(super) fn take_slot(
    ledger: &MemoryLedger,
    (source, severity): (&Source, Severity),
    places: u8,
    now: Timestamp,
    until: Timestamp,
) -> bool {
    let slots = &mut ledger.inner.borrow_mut().slots;
    slots.retain(|(.., until)| *until > now);
    let taken: Vec<&Source> =
        slots.iter().filter(|(_, of, _)| *of == severity).map(|(holder, ..)| holder).collect();
    if taken.contains(&source) {
        return true;
    }
    let free = taken.len() < usize::from(places);
    if free {
        slots.push((source.clone(), severity, until));
    }
    free
}
