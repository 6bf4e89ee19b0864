//! The ledger in memory, behind calls that fail.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use alerting::{
    AuthoritativeLog, BatchId, Breakdown, ChannelId, ChannelState, Committed, Counters, Exemplar,
    IncidentId, InventoryRefresh, Lease, Ledger, LedgerError, LiveSource, LogGroupInventory,
    MinuteCounts, OpenIncident, OutboxKey, OutboxRow, Recorded, RulesDocument, Settlement,
    Severity, Silence, SilentSource, SmsGrant, SmsLimits, SmsMessage, Source, SourceState,
    Transition, UnreadableRow,
};
use diagnosis::{Cause, Timestamp};

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

/// A port whose calls go through to the ledger in memory, and what is written out in full.
macro_rules! port {
    ($port:ident { $(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)* } $($more:tt)*) => {
        impl $port for Shared {
            $(
                async fn $name(&self, $($argument: $type),*) -> Result<$answer, LedgerError> {
                    self.call(|| ready(self.world.ledger.$name($($argument),*))).await
                }
            )*
            $($more)*
        }
    };
}

port! { Ledger {
    fn register_source(source: &Source, log: AuthoritativeLog, group: &str, minute: i64) -> AuthoritativeLog;
    fn live_sources(since: i64) -> Vec<LiveSource>;
    fn silent_sources(before: i64) -> Vec<SilentSource>;
    fn keep_silent_source(source: &Source, last_minute: i64, until: Timestamp) -> ();
    fn add_breakdown(source: &Source, minute: i64, batch: BatchId, details: &Breakdown) -> Recorded;
    fn put_exemplar(source: &Source, minute: i64, place: u8, exemplar: &Exemplar) -> ();
    fn counters(source: &Source, from: i64, to: i64) -> Counters;
    fn breakdown(source: &Source, from: i64, to: i64) -> Breakdown;
    fn exemplars(source: &Source, from: i64, to: i64) -> Vec<Exemplar>;
    fn state(source: &Source) -> SourceState;
    fn open_incidents() -> Vec<OpenIncident>;
    fn pending(channel: &ChannelId, after: Option<&OutboxKey>, limit: usize) -> Vec<OutboxRow>;
    fn last_sent(channel: &ChannelId, incident: &IncidentId) -> u64;
    fn give_back(channel: &ChannelId, incident: &IncidentId, holder: &str) -> ();
    fn channel(channel: &ChannelId) -> ChannelState;
    fn pause(channel: &ChannelId, until: Timestamp, because: &str) -> ();
    fn park(channel: &ChannelId, until: Timestamp, parkings: u32, because: &str) -> ();
    fn unpark(channel: &ChannelId, parkings: u32) -> ();
    fn take_sms(channel: &ChannelId, at: Timestamp, message: SmsMessage<'_>, limits: SmsLimits) -> SmsGrant;
    fn take_slot(source: &Source, severity: Severity, places: u8, now: Timestamp, until: Timestamp) -> bool;
    fn first_time(request: &str, holder: &str, now: Timestamp, until: Timestamp) -> bool;
    fn forget_interaction(request: &str) -> ();
    fn silences(now: Timestamp) -> Vec<Silence>;
    fn add_silence(silence: &Silence) -> Option<Silence>;
    fn end_silence(id: &str, now: Timestamp) -> Option<Silence>;
    fn record_cause(source: &Source, cause: Cause, minute: i64) -> ();
    fn causes_seen(source: &Source, since: i64) -> BTreeMap<Cause, i64>;
    fn breakdown_by_minute(source: &Source, from: i64, to: i64) -> BTreeMap<i64, Breakdown>;
    fn log_group(log_group: &str) -> Option<LogGroupInventory>;
    fn store_log_group(log_group: &str, known: &LogGroupInventory) -> ();
    fn forget_log_group(log_group: &str) -> ();
    fn inventory_refresh() -> Option<InventoryRefresh>;
    fn store_inventory_refresh(pass: &InventoryRefresh) -> Committed;
    fn store_rules(document: &RulesDocument) -> ();
    fn stored_rules() -> Option<RulesDocument>;
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

    async fn commit(&self, transition: &Transition) -> Result<Committed, LedgerError> {
        if self.world.mutation == Some(Mutation::SendBeforeCommit) {
            for row in &transition.outbox {
                self.world.receive(&row.channel, &row.incident, row.seq, &row.content);
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
        rows: &[OutboxRow],
        holder: &str,
        settlement: Settlement,
    ) -> Result<(), LedgerError> {
        self.call(|| {
            if matches!(settlement, Settlement::Done { .. }) {
                for row in rows {
                    self.world.note_settled(row);
                }
            }
            ready(self.world.ledger.settle(rows, holder, settlement))
        })
        .await
    }

    fn unreadable_rows(&self) -> Vec<UnreadableRow> {
        self.world.ledger.unreadable_rows()
    }
}
