//! Silences.

use diagnosis::Timestamp;

use super::MemoryLedger;
use crate::incident::Silence;
use crate::ledger::{LedgerError, Silences};

impl Silences for MemoryLedger {
    async fn silences(&self, now: Timestamp) -> Result<Vec<Silence>, LedgerError> {
        let mut inner = self.inner.borrow_mut();
        inner.metered(|meter| meter.read(0));
        Ok(inner.silences.values().filter(|silence| silence.is_on(now)).cloned().collect())
    }

    async fn add_silence(&self, silence: &Silence) -> Result<Option<Silence>, LedgerError> {
        let silences = &mut self.inner.borrow_mut().silences;
        let known = silences.get(&silence.id).filter(|known| known.is_on(silence.since)).cloned();
        if known.is_none() {
            silences.insert(silence.id.clone(), silence.clone());
        }
        Ok(known)
    }

    async fn end_silence(&self, id: &str, now: Timestamp) -> Result<Option<Silence>, LedgerError> {
        let ended = self.inner.borrow_mut().silences.remove(id);
        Ok(ended.filter(|silence| silence.is_on(now)))
    }
}
