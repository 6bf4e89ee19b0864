//! Counters, details and exemplars.

use std::collections::BTreeMap;

use diagnosis::Cause;

use super::{MemoryLedger, Place};
use crate::details::{Details, Exemplar};
use crate::ledger::{BatchId, Counting, LedgerError, LiveSource, Recorded};
use crate::source::Source;
use crate::window::{Counters, MinuteCounts};

/// The entries of one source from minute `from` to minute `to`, by minute.
fn range<'a, V>(
    map: &'a BTreeMap<Place, V>,
    source: &Source,
    from: i64,
    to: i64,
) -> impl Iterator<Item = (i64, &'a V)> {
    // A range that ends before it begins would panic.
    let places = (source.clone(), from)..=(source.clone(), to.max(from));
    map.range(places).map(|((_, minute), value)| (*minute, value)).filter(move |(at, _)| *at <= to)
}

impl Counting for MemoryLedger {
    async fn note_source(
        &self,
        source: &Source,
        log_group: &str,
        minute: i64,
    ) -> Result<(), LedgerError> {
        let mut inner = self.inner.borrow_mut();
        let noted =
            inner.sources.entry(source.clone()).or_insert_with(|| (log_group.to_owned(), minute));
        if minute >= noted.1 {
            *noted = (log_group.to_owned(), minute);
        }
        Ok(())
    }

    async fn live_sources(&self, since: i64) -> Result<Vec<LiveSource>, LedgerError> {
        let inner = self.inner.borrow();
        let mut live: BTreeMap<Source, String> = inner
            .incidents
            .values()
            .flat_map(BTreeMap::values)
            .filter(|incident| incident.is_open())
            .map(|incident| (incident.source.clone(), incident.log_group.clone()))
            .collect();
        for (source, (log_group, minute)) in &inner.sources {
            if *minute >= since {
                live.insert(source.clone(), log_group.clone());
            }
        }
        Ok(live.into_iter().map(|(source, log_group)| LiveSource { source, log_group }).collect())
    }

    async fn add_counts(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        counts: &MinuteCounts,
    ) -> Result<Recorded, LedgerError> {
        let mut inner = self.inner.borrow_mut();
        let (batches, sum) = inner.counts.entry((source.clone(), minute)).or_default();
        if !batches.insert(batch) {
            return Ok(Recorded::Duplicate);
        }
        sum.add(counts);
        Ok(Recorded::New)
    }

    async fn add_details(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        details: &Details,
    ) -> Result<Recorded, LedgerError> {
        let mut inner = self.inner.borrow_mut();
        let (batches, sum) = inner.details.entry((source.clone(), minute)).or_default();
        if !batches.insert(batch) {
            return Ok(Recorded::Duplicate);
        }
        sum.add(details);
        Ok(Recorded::New)
    }

    async fn put_exemplar(
        &self,
        source: &Source,
        minute: i64,
        place: u8,
        exemplar: &Exemplar,
    ) -> Result<(), LedgerError> {
        let key = (source.clone(), minute, exemplar.cause, place);
        self.inner.borrow_mut().exemplars.entry(key).or_insert_with(|| exemplar.clone());
        Ok(())
    }

    async fn counters(&self, source: &Source, from: i64, to: i64) -> Result<Counters, LedgerError> {
        let mut counters = Counters::default();
        for (minute, (_, counts)) in range(&self.inner.borrow().counts, source, from, to) {
            counters.add(minute, counts);
        }
        Ok(counters)
    }

    async fn details(&self, source: &Source, from: i64, to: i64) -> Result<Details, LedgerError> {
        let mut sum = Details::default();
        for (_, (_, details)) in range(&self.inner.borrow().details, source, from, to) {
            sum.add(details);
        }
        Ok(sum)
    }

    async fn exemplars(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<Vec<Exemplar>, LedgerError> {
        let inner = self.inner.borrow();
        let wanted = |(of, minute, _, _): &&(Source, i64, Cause, u8)| {
            of == source && (from..=to).contains(minute)
        };
        Ok(inner
            .exemplars
            .iter()
            .filter(|(key, _)| wanted(key))
            .map(|(_, exemplar)| exemplar.clone())
            .collect())
    }
}
