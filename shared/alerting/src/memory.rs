//! The ledger for replay and tests: all of it in memory, with the semantics of the real one.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use diagnosis::{Cause, Timestamp};

use crate::channel::ChannelId;
use crate::details::{Details, Exemplar};
use crate::incident::{Incident, IncidentId, SourceState};
use crate::ledger::{
    BatchId, Committed, Lease, Ledger, LedgerError, LiveSource, OutboxRow, Recorded, Settlement,
    Transition,
};
use crate::source::Source;
use crate::window::{Counters, MinuteCounts};

/// A ledger in memory. Single-threaded; its futures are ready at once.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    inner: RefCell<Inner>,
}

type Place = (Source, i64);

#[derive(Debug, Default)]
struct Inner {
    sources: BTreeMap<Source, (String, i64)>,
    counts: BTreeMap<Place, (BTreeSet<BatchId>, MinuteCounts)>,
    details: BTreeMap<Place, (BTreeSet<BatchId>, Details)>,
    exemplars: BTreeMap<(Source, i64, Cause, u8), Exemplar>,
    versions: BTreeMap<Source, u64>,
    incidents: BTreeMap<(Source, IncidentId), Incident>,
    outbox: BTreeMap<(String, IncidentId, u64), OutboxRow>,
    leases: BTreeMap<(String, IncidentId), HeldLease>,
}

#[derive(Debug, Default)]
struct HeldLease {
    holder: Option<(String, Timestamp)>,
    last_sent: u64,
}

impl MemoryLedger {
    /// How many messages are owed on all channels.
    pub fn owed_in_all(&self) -> usize {
        self.inner.borrow().outbox.len()
    }

    /// Forgets counters and resolved incidents older than `minute`, so that a long replay stays in bounded memory. The real
    /// ledger's rows expire by themselves.
    pub fn forget_before(&self, minute: i64) {
        let mut inner = self.inner.borrow_mut();
        inner.counts.retain(|(_, at), _| *at >= minute);
        inner.details.retain(|(_, at), _| *at >= minute);
        inner.exemplars.retain(|(_, at, _, _), _| *at >= minute);
        inner
            .incidents
            .retain(|_, kept| kept.resolved_at.is_none_or(|resolved| resolved.minute() >= minute));
    }
}

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

impl Ledger for MemoryLedger {
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

    async fn state(&self, source: &Source) -> Result<SourceState, LedgerError> {
        let inner = self.inner.borrow();
        let incidents = inner.incidents.values().filter(|i| i.source == *source).cloned().collect();
        Ok(SourceState { version: inner.versions.get(source).copied().unwrap_or(0), incidents })
    }

    async fn commit(&self, transition: &Transition) -> Result<Committed, LedgerError> {
        let mut inner = self.inner.borrow_mut();
        let incident = &transition.incident;
        let version = inner.versions.entry(incident.source.clone()).or_default();
        if *version != transition.read_version {
            return Ok(Committed::Conflict);
        }
        *version += 1;
        inner.incidents.insert((incident.source.clone(), incident.id.clone()), incident.clone());
        for row in &transition.outbox {
            let key = (row.channel.clone(), row.incident.clone(), row.seq);
            inner.outbox.insert(key, row.clone());
        }
        Ok(Committed::Done)
    }

    async fn owed(&self, channel: &ChannelId, limit: usize) -> Result<Vec<OutboxRow>, LedgerError> {
        let channel = channel.to_string();
        let inner = self.inner.borrow();
        let rows = inner.outbox.values().filter(|row| row.channel == channel);
        Ok(rows.take(limit).cloned().collect())
    }

    async fn lease(
        &self,
        channel: &ChannelId,
        incident: &IncidentId,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, LedgerError> {
        let mut inner = self.inner.borrow_mut();
        let lease = inner.leases.entry((channel.to_string(), incident.clone())).or_default();
        let taken = lease.holder.as_ref().is_some_and(|(by, end)| by != holder && *end > now);
        if taken {
            return Ok(None);
        }
        lease.holder = Some((holder.to_owned(), until));
        Ok(Some(Lease { last_sent: lease.last_sent }))
    }

    async fn settle(
        &self,
        row: &OutboxRow,
        holder: &str,
        settlement: Settlement,
    ) -> Result<(), LedgerError> {
        let mut inner = self.inner.borrow_mut();
        let lease = inner.leases.entry((row.channel.clone(), row.incident.clone())).or_default();
        if lease.holder.as_ref().is_none_or(|(by, _)| by != holder) {
            return Ok(());
        }
        lease.holder = None;
        let key = (row.channel.clone(), row.incident.clone(), row.seq);
        match settlement {
            Settlement::Done => {
                lease.last_sent = lease.last_sent.max(row.seq);
                inner.outbox.remove(&key);
            }
            Settlement::RetryAt(due) => {
                if let Some(kept) = inner.outbox.get_mut(&key) {
                    kept.due = due;
                    kept.attempts += 1;
                }
            }
        }
        Ok(())
    }
}
