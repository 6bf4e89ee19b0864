//! What rules need besides counters: causes seen, breakdown by minute, and the last good rules.

use std::collections::BTreeMap;

use diagnosis::Cause;

use crate::counting::Breakdown;
use crate::source::Source;
use crate::store::memory::counting::range;
use crate::store::memory::meter::Meter;
use crate::store::memory::state::{MemoryLedger, Seen};
use crate::store::{NEW_AFTER_MINUTES, RulesDocument};

pub(super) fn record_cause(ledger: &MemoryLedger, source: &Source, cause: Cause, minute: i64) {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(Meter::write_small);
    let now = Seen { first: minute, last: minute };
    let seen = inner.causes_seen.entry((source.clone(), cause)).or_insert(now);
    if seen.last < minute - NEW_AFTER_MINUTES {
        *seen = now;
    }
    seen.last = seen.last.max(minute);
}

pub(super) fn causes_seen(
    ledger: &MemoryLedger,
    source: &Source,
    since: i64,
) -> BTreeMap<Cause, i64> {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(|meter| meter.read(0));
    let of_source = inner.causes_seen.iter().filter(|((of, _), _)| of == source);
    of_source
        .filter(|(_, seen)| seen.last >= since)
        .map(|((_, cause), seen)| (*cause, seen.first))
        .collect()
}

pub(super) fn breakdown_by_minute(
    ledger: &MemoryLedger,
    source: &Source,
    from: i64,
    to: i64,
) -> BTreeMap<i64, Breakdown> {
    let inner = ledger.inner.borrow();
    let minutes = range(&inner.breakdown, source, from, to);
    minutes.map(|(minute, (_, breakdown))| (minute, breakdown.clone())).collect()
}

pub(super) fn store_rules(ledger: &MemoryLedger, document: &RulesDocument) {
    ledger.inner.borrow_mut().rules = Some(document.clone());
}

pub(super) fn stored_rules(ledger: &MemoryLedger) -> Option<RulesDocument> {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(|meter| meter.read(0));
    inner.rules.clone()
}
