//! Passes.

use diagnosis::Timestamp;

use super::MemoryLedger;
use crate::ledger::{LedgerError, Passes};
use crate::source::Source;

impl Passes for MemoryLedger {
    async fn take_pass(
        &self,
        source: &Source,
        places: u8,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, LedgerError> {
        let passes = &mut self.inner.borrow_mut().passes;
        passes.retain(|(_, until)| *until > now);
        if passes.iter().any(|(holder, _)| holder == source) {
            return Ok(true);
        }
        let free = passes.len() < usize::from(places);
        if free {
            passes.push((source.clone(), until));
        }
        Ok(free)
    }
}
