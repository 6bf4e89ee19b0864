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
    let interactions = &mut ledger.inner.borrow_mut().interactions;
    interactions.retain(|_, (_, until)| *until > now);
    let first = interactions.entry(request.to_owned()).or_insert((holder.to_owned(), until));
    first.0 == holder
}

pub(super) fn forget_interaction(ledger: &MemoryLedger, request: &str) {
    ledger.inner.borrow_mut().interactions.remove(request);
}
