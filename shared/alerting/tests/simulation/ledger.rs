//! The ledger in memory, behind calls that fail.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use alerting::{
    BatchId, ChannelId, Committed, Counters, Counting, CountingLog, Details, Exemplar, IncidentId,
    Incidents, Lease, LedgerError, LiveSource, MinuteCounts, Outbox, OutboxRow, Recorded,
    Settlement, Source, SourceState, Transition,
};
use diagnosis::Timestamp;

use crate::executor::ready;
use crate::mutations::Mutation;
use crate::world::World;

/// One invocation environment's way to the ledger that all share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) world: Rc<World>,
    pub(crate) sharding: Rc<RefCell<GrowingShards>>,
}

/// What a ledger knows whose shard count grows: the batches that each item holds.
#[derive(Default)]
pub(crate) struct GrowingShards {
    items: BTreeMap<(Source, i64, u64), BTreeSet<BatchId>>,
    batches: BTreeMap<(Source, i64), u64>,
    written: u64,
}

impl GrowingShards {
    /// The id under which the ledger is to count the batch; `None` where the item it falls into now has
    /// it already.
    fn fresh_id(&mut self, source: &Source, minute: i64, batch: BatchId) -> Option<BatchId> {
        let batches = self.batches.entry((source.clone(), minute)).or_default();
        let shards = 1 + *batches;
        let item =
            self.items.entry((source.clone(), minute, (batch.0 >> 32) % shards)).or_default();
        item.insert(batch).then(|| {
            *batches += 1;
            self.written += 1;
            BatchId(self.written)
        })
    }
}

impl Shared {
    /// A call: it may be overtaken or cut off on both sides of its effect, refused before, and
    /// unanswered after.
    async fn call<T>(
        &self,
        effect: impl FnOnce() -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let world = &self.world;
        world.pause().await;
        let failure = |reason: &str| LedgerError { reason: reason.to_owned(), retryable: true };
        if world.is_bad() && world.chance(world.faults.throttled) {
            return Err(failure("throttled"));
        }
        let answer = effect();
        world.pause().await;
        if world.is_bad() && world.chance(world.faults.answer_lost) {
            return Err(failure("no answer"));
        }
        answer
    }
}

impl Counting for Shared {
    async fn note_source(
        &self,
        source: &Source,
        log: CountingLog,
        log_group: &str,
        minute: i64,
    ) -> Result<CountingLog, LedgerError> {
        self.call(|| ready(self.world.ledger.note_source(source, log, log_group, minute))).await
    }

    async fn live_sources(&self, since: i64) -> Result<Vec<LiveSource>, LedgerError> {
        self.call(|| ready(self.world.ledger.live_sources(since))).await
    }

    async fn add_counts(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        counts: &MinuteCounts,
    ) -> Result<Recorded, LedgerError> {
        self.call(|| {
            self.world.note_counted(batch);
            let batch = if self.world.mutation == Some(Mutation::GrowingShardCount) {
                match self.sharding.borrow_mut().fresh_id(source, minute, batch) {
                    Some(fresh) => fresh,
                    None => return Ok(Recorded::Duplicate),
                }
            } else {
                batch
            };
            ready(self.world.ledger.add_counts(source, minute, batch, counts))
        })
        .await
    }

    async fn add_details(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        details: &Details,
    ) -> Result<Recorded, LedgerError> {
        self.call(|| ready(self.world.ledger.add_details(source, minute, batch, details))).await
    }

    async fn put_exemplar(
        &self,
        source: &Source,
        minute: i64,
        place: u8,
        exemplar: &Exemplar,
    ) -> Result<(), LedgerError> {
        self.call(|| ready(self.world.ledger.put_exemplar(source, minute, place, exemplar))).await
    }

    async fn counters(&self, source: &Source, from: i64, to: i64) -> Result<Counters, LedgerError> {
        self.call(|| ready(self.world.ledger.counters(source, from, to))).await
    }

    async fn details(&self, source: &Source, from: i64, to: i64) -> Result<Details, LedgerError> {
        self.call(|| ready(self.world.ledger.details(source, from, to))).await
    }

    async fn exemplars(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<Vec<Exemplar>, LedgerError> {
        self.call(|| ready(self.world.ledger.exemplars(source, from, to))).await
    }
}

impl Incidents for Shared {
    async fn state(&self, source: &Source) -> Result<SourceState, LedgerError> {
        self.call(|| ready(self.world.ledger.state(source))).await
    }

    async fn commit(&self, transition: &Transition) -> Result<Committed, LedgerError> {
        if self.world.mutation == Some(Mutation::SendBeforeCommit) {
            for row in &transition.outbox {
                let channel = row.channel.parse().unwrap();
                self.world.receive(&channel, &row.incident, row.seq, &row.content);
            }
        }
        self.call(|| {
            let committed = ready(self.world.ledger.commit(transition))?;
            if committed == Committed::Done {
                self.world.note_commit(transition);
            }
            Ok(committed)
        })
        .await
    }
}

impl Outbox for Shared {
    async fn owed(&self, channel: &ChannelId, limit: usize) -> Result<Vec<OutboxRow>, LedgerError> {
        self.call(|| ready(self.world.ledger.owed(channel, limit))).await
    }

    async fn lease(
        &self,
        channel: &ChannelId,
        incident: &IncidentId,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, LedgerError> {
        let now = if self.world.mutation == Some(Mutation::NoLease) {
            // All leases that anybody holds are over by then.
            until.plus_millis(1)
        } else {
            now
        };
        self.call(|| ready(self.world.ledger.lease(channel, incident, holder, now, until))).await
    }

    async fn settle(
        &self,
        row: &OutboxRow,
        holder: &str,
        settlement: Settlement,
    ) -> Result<(), LedgerError> {
        self.call(|| {
            if matches!(settlement, Settlement::Done { .. }) {
                self.world.note_settled(row);
            }
            ready(self.world.ledger.settle(row, holder, settlement))
        })
        .await
    }
}
