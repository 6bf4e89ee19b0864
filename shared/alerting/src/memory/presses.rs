//! Signed requests that were carried out.

use diagnosis::Timestamp;

use super::MemoryLedger;
use crate::ledger::{LedgerError, Presses};

impl Presses for MemoryLedger {
    async fn first_time(
        &self,
        request: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, LedgerError> {
        let presses = &mut self.inner.borrow_mut().presses;
        presses.retain(|_, (_, until)| *until > now);
        let first = presses.entry(request.to_owned()).or_insert((holder.to_owned(), until));
        Ok(first.0 == holder)
    }

    async fn forget_press(&self, request: &str) -> Result<(), LedgerError> {
        self.inner.borrow_mut().presses.remove(request);
        Ok(())
    }
}
