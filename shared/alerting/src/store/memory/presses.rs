//! Signed requests that were carried out.

use diagnosis::Timestamp;

use crate::store::memory::state::MemoryLedger;

pub(super) fn first_time(
    ledger: &MemoryLedger,
    request: &str,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
) -> bool {
    let presses = &mut ledger.inner.borrow_mut().presses;
    presses.retain(|_, (_, until)| *until > now);
    let first = presses.entry(request.to_owned()).or_insert((holder.to_owned(), until));
    first.0 == holder
}

pub(super) fn forget_press(ledger: &MemoryLedger, request: &str) {
    ledger.inner.borrow_mut().presses.remove(request);
}
