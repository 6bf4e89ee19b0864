//! What rules need besides counters: causes seen, details by minute, and the last good rules.

use std::collections::BTreeMap;

use diagnosis::Cause;

use super::MemoryLedger;
use super::counting::range;
use super::meter::Meter;
use crate::counting::Details;
use crate::ledger::{
    CausesSeen, KeptRules, LedgerError, MinuteDetails, NEW_AFTER_MINUTES, RulesDocument,
};
use crate::source::Source;

/// The minutes that a cause was first and last seen in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    first: i64,
    pub(super) last: i64,
}

impl CausesSeen for MemoryLedger {
    async fn note_cause(
        &self,
        source: &Source,
        cause: Cause,
        minute: i64,
    ) -> Result<(), LedgerError> {
        let mut inner = self.inner.borrow_mut();
        inner.metered(Meter::write_small);
        let now = Seen { first: minute, last: minute };
        let seen = inner.causes_seen.entry((source.clone(), cause)).or_insert(now);
        if seen.last < minute - NEW_AFTER_MINUTES {
            *seen = now;
        }
        seen.last = seen.last.max(minute);
        Ok(())
    }

    async fn causes_seen(
        &self,
        source: &Source,
        since: i64,
    ) -> Result<BTreeMap<Cause, i64>, LedgerError> {
        let mut inner = self.inner.borrow_mut();
        inner.metered(|meter| meter.read(0));
        let of_source = inner.causes_seen.iter().filter(|((of, _), _)| of == source);
        Ok(of_source
            .filter(|(_, seen)| seen.last >= since)
            .map(|((_, cause), seen)| (*cause, seen.first))
            .collect())
    }
}

impl MinuteDetails for MemoryLedger {
    async fn details_by_minute(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<BTreeMap<i64, Details>, LedgerError> {
        let inner = self.inner.borrow();
        let minutes = range(&inner.details, source, from, to);
        Ok(minutes.map(|(minute, (_, details))| (minute, details.clone())).collect())
    }
}

impl KeptRules for MemoryLedger {
    async fn keep_rules(&self, document: &RulesDocument) -> Result<(), LedgerError> {
        self.inner.borrow_mut().rules = Some(document.clone());
        Ok(())
    }

    async fn kept_rules(&self) -> Result<Option<RulesDocument>, LedgerError> {
        let mut inner = self.inner.borrow_mut();
        inner.metered(|meter| meter.read(0));
        Ok(inner.rules.clone())
    }
}
