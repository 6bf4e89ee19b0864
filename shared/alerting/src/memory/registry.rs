//! What is known of log groups.

use super::MemoryLedger;
use super::meter::Meter;
use crate::inventory::{KnownLogGroup, RegistryPass};
use crate::ledger::{Committed, LedgerError, Registry};

impl Registry for MemoryLedger {
    async fn log_group(&self, log_group: &str) -> Result<Option<KnownLogGroup>, LedgerError> {
        let mut inner = self.inner.borrow_mut();
        let known = inner.log_groups.get(log_group).cloned();
        let bytes = known.as_ref().map_or(0, json_bytes);
        inner.metered(|meter| meter.read(bytes));
        Ok(known)
    }

    async fn keep_log_group(
        &self,
        log_group: &str,
        known: &KnownLogGroup,
    ) -> Result<(), LedgerError> {
        let mut inner = self.inner.borrow_mut();
        inner.metered(|meter| meter.write(json_bytes(known), 1));
        inner.log_groups.insert(log_group.to_owned(), known.clone());
        Ok(())
    }

    async fn forget_log_group(&self, log_group: &str) -> Result<(), LedgerError> {
        let mut inner = self.inner.borrow_mut();
        inner.metered(Meter::write_small);
        inner.log_groups.remove(log_group);
        Ok(())
    }

    async fn registry_pass(&self) -> Result<Option<RegistryPass>, LedgerError> {
        let mut inner = self.inner.borrow_mut();
        let pass = inner.registry_pass.clone();
        let bytes = pass.as_ref().map_or(0, json_bytes);
        inner.metered(|meter| meter.read(bytes));
        Ok(pass)
    }

    async fn keep_registry_pass(&self, pass: &RegistryPass) -> Result<Committed, LedgerError> {
        let mut inner = self.inner.borrow_mut();
        inner.metered(|meter| meter.write(json_bytes(pass), 1));
        let version = inner.registry_pass.as_ref().map_or(0, |pass| pass.version);
        if pass.version != version + 1 {
            return Ok(Committed::Conflict);
        }
        inner.registry_pass = Some(pass.clone());
        Ok(Committed::Done)
    }
}

fn json_bytes(value: &impl serde::Serialize) -> usize {
    serde_json::to_string(value).map_or(0, |json| json.len())
}
