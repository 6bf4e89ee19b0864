//! The ledger in memory, behind calls that fail.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use alerting::{
    Attachment, AuthoritativeLog, BatchId, Breakdown, ChannelId, ChannelState, Committed, Content,
    Counters, Event, Exemplar, IncidentId, InventoryRefresh, Lease, Ledger, LedgerError,
    LiveSource, LogGroupInventory, MinuteCounts, OpenIncident, OutboxKey, OutboxRow, Recorded,
    RulesDocument, Settlement, Severity, Silence, SilentSource, SmsGrant, SmsLimits, SmsMessage,
    Source, SourceState, Transition, UnreadableRow,
};
use diagnosis::{Cause, Timestamp};

use crate::executor::ready;
use crate::faults::Down;
use crate::mutations::Mutation;
use crate::traffic::{MINUTE_MS, SECRET};
use crate::world::{Shown, World, ends_some};

/// What the ledger says where trying again does not help.
pub(crate) const REFUSED: &str = "ValidationException";

/// What it says of a row that it cannot read.
pub(crate) const UNREADABLE: &str = "a row does not hold an incident";

/// The longest pause that a channel may ask for.
const LONGEST_PAUSE_MS: i64 = 15 * MINUTE_MS;

/// The longest rest of a channel that was found closed.
const LONGEST_PARKING_MS: i64 = 60 * MINUTE_MS;

/// One invocation environment's way to the ledger that all share.
#[derive(Clone)]
pub(crate) struct Shared {
    pub(crate) world: Rc<World>,
    pub(crate) sharding: Rc<RefCell<GrowingShards>>,
    /// What a cache holds that nothing refreshes.
    pub(crate) stale: Rc<RefCell<BTreeMap<Source, Counters>>>,
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
    fn is_mutated(&self, mutation: Mutation) -> bool {
        self.world.mutation == Some(mutation)
    }

    /// The engine leaves a channel alone that has refused a message; an honest one does so only as long
    /// as the documentation says.
    fn closed_until(&self, channel: &ChannelId, until: Timestamp, at_most: i64) {
        let latest = self.world.now().plus_millis(at_most);
        self.world.hit(until.min(latest), Some(channel));
    }

    /// A call: it may be overtaken or cut off on both sides of its effect, refused before, and
    /// unanswered after.
    async fn call<T>(
        &self,
        effect: impl FnOnce() -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        self.call_about(None, effect).await
    }

    /// The same of a call that reads or writes one source's rows.
    async fn call_about<T>(
        &self,
        source: Option<&Source>,
        effect: impl FnOnce() -> Result<T, LedgerError>,
    ) -> Result<T, LedgerError> {
        let world = &self.world;
        world.pause().await;
        let failure = |reason: &str| LedgerError { reason: reason.to_owned(), retryable: true };
        if world.is_down(Down::Ledger) {
            world.hit_for_a_minute();
            return Err(failure("down"));
        }
        if source.is_some_and(|source| world.is_hot(source)) {
            world.hit_for_a_minute();
            return Err(failure("throttled, as half of the rows are"));
        }
        if world.is_bad() && world.chance(world.faults.permanent) {
            world.hit_for_a_minute();
            if let Some(source) = source {
                world.note_refused(source);
            }
            return Err(LedgerError { reason: REFUSED.to_owned(), retryable: false });
        }
        if world.is_bad() && world.chance(world.faults.throttled) {
            world.hit_for_a_minute();
            return Err(failure("throttled"));
        }
        let answer = effect();
        world.pause().await;
        if world.is_bad() && world.chance(world.faults.answer_lost) {
            world.hit_for_a_minute();
            return Err(failure("no answer"));
        }
        answer
    }
}

/// A port whose calls go through to the ledger in memory, and what is written out in full.
macro_rules! port {
    (
        $port:ident
        { $(fn $of_source:ident(source: &Source $(, $with:ident: $of:ty)*) -> $read:ty;)* }
        { $(fn $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)* }
        $($more:tt)*
    ) => {
        impl $port for Shared {
            $(
                async fn $of_source(&self, source: &Source $(, $with: $of)*) -> Result<$read, LedgerError> {
                    let effect = || ready(self.world.ledger.$of_source(source $(, $with)*));
                    self.call_about(Some(source), effect).await
                }
            )*
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
    fn keep_silent_source(source: &Source, last_minute: i64, until: Timestamp) -> ();
    fn add_breakdown(source: &Source, minute: i64, batch: BatchId, details: &Breakdown) -> Recorded;
    fn put_exemplar(source: &Source, minute: i64, place: u8, exemplar: &Exemplar) -> ();
    fn breakdown(source: &Source, from: i64, to: i64) -> Breakdown;
    fn exemplars(source: &Source, from: i64, to: i64) -> Vec<Exemplar>;
    fn record_cause(source: &Source, cause: Cause, minute: i64) -> ();
    fn causes_seen(source: &Source, since: i64) -> BTreeMap<Cause, i64>;
    fn breakdown_by_minute(source: &Source, from: i64, to: i64) -> BTreeMap<i64, Breakdown>;
    fn take_slot(source: &Source, severity: Severity, places: u8, now: Timestamp, until: Timestamp) -> bool;
} {
    fn live_sources(since: i64) -> Vec<LiveSource>;
    fn silent_sources(before: i64) -> Vec<SilentSource>;
    fn open_incidents() -> Vec<OpenIncident>;
    fn pending(channel: &ChannelId, after: Option<&OutboxKey>, limit: usize) -> Vec<OutboxRow>;
    fn last_sent(channel: &ChannelId, incident: &IncidentId) -> u64;
    fn give_back(channel: &ChannelId, incident: &IncidentId, holder: &str) -> ();
    fn channel(channel: &ChannelId) -> ChannelState;
    fn unpark(channel: &ChannelId, parkings: u32) -> ();
    fn first_time(request: &str, holder: &str, now: Timestamp, until: Timestamp) -> bool;
    fn forget_interaction(request: &str) -> ();
    fn silences(now: Timestamp) -> Vec<Silence>;
    fn log_group(log_group: &str) -> Option<LogGroupInventory>;
    fn store_log_group(log_group: &str, known: &LogGroupInventory) -> ();
    fn forget_log_group(log_group: &str) -> ();
    fn inventory_refresh() -> Option<InventoryRefresh>;
    fn store_inventory_refresh(refresh: &InventoryRefresh) -> Committed;
    fn attachment() -> Option<Attachment>;
    fn store_attachment(attachment: &Attachment) -> Committed;
    fn store_rules(document: &RulesDocument) -> ();
    fn stored_rules() -> Option<RulesDocument>;
}
    async fn state(&self, source: &Source) -> Result<SourceState, LedgerError> {
        self.call_about(Some(source), || {
            if self.world.is_unreadable(source) {
                return Err(LedgerError { reason: UNREADABLE.to_owned(), retryable: false });
            }
            ready(self.world.ledger.state(source))
        })
        .await
    }

    async fn add_silence(&self, silence: &Silence) -> Result<Option<Silence>, LedgerError> {
        self.call(|| {
            let before = ready(self.world.ledger.add_silence(silence))?;
            if before.is_none() {
                self.world.silences.borrow_mut().push((silence.clone(), silence.until));
            }
            Ok(before)
        })
        .await
    }

    async fn end_silence(&self, id: &str, now: Timestamp) -> Result<Option<Silence>, LedgerError> {
        self.call(|| {
            let ended = ready(self.world.ledger.end_silence(id, now))?;
            let mut silences = self.world.silences.borrow_mut();
            if let Some((_, until)) = silences.iter_mut().rev().find(|(known, _)| known.id == id) {
                *until = (*until).min(self.world.now());
            }
            Ok(ended)
        })
        .await
    }

    async fn add_counts(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        counts: &MinuteCounts,
    ) -> Result<Recorded, LedgerError> {
        self.call_about(Some(source), || {
            self.world.note_counted(batch);
            let batch = if self.is_mutated(Mutation::GrowingShardCount) {
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

    async fn pause(
        &self,
        channel: &ChannelId,
        until: Timestamp,
        because: &str,
    ) -> Result<(), LedgerError> {
        self.closed_until(channel, until, LONGEST_PAUSE_MS);
        self.call(|| ready(self.world.ledger.pause(channel, until, because))).await
    }

    async fn park(
        &self,
        channel: &ChannelId,
        until: Timestamp,
        parkings: u32,
        because: &str,
    ) -> Result<(), LedgerError> {
        self.closed_until(channel, until, LONGEST_PARKING_MS);
        self.call(|| ready(self.world.ledger.park(channel, until, parkings, because))).await
    }

    async fn take_sms(
        &self,
        channel: &ChannelId,
        at: Timestamp,
        message: SmsMessage<'_>,
        limits: SmsLimits,
    ) -> Result<SmsGrant, LedgerError> {
        self.call(|| {
            let grant = ready(self.world.ledger.take_sms(channel, at, message, limits))?;
            if grant == SmsGrant::Over {
                self.world.note_sms_over(channel);
            }
            Ok(grant)
        })
        .await
    }

    async fn counters(&self, source: &Source, from: i64, to: i64) -> Result<Counters, LedgerError> {
        self.call_about(Some(source), || {
            let counters = ready(self.world.ledger.counters(source, from, to))?;
            if !self.is_mutated(Mutation::StaleCounters) {
                return Ok(counters);
            }
            let open = ready(self.world.ledger.open_incidents())?;
            let mut stale = self.stale.borrow_mut();
            if !open.iter().any(|open| open.source == *source) {
                stale.remove(source);
                return Ok(counters);
            }
            Ok(stale.entry(source.clone()).or_insert(counters).clone())
        })
        .await
    }

    async fn commit(&self, transition: &Transition) -> Result<Committed, LedgerError> {
        let mut transition = transition.clone();
        let outbox = &mut transition.outbox;
        match self.world.mutation {
            Some(Mutation::SendBeforeCommit) => {
                for row in outbox {
                    self.world.receive(&row.channel, &row.incident, row.seq, &row.content, Shown::default());
                }
            }
            Some(Mutation::LostOpening) => outbox.retain(|row| row.event != Event::Opened),
            Some(Mutation::SilentResolution) => outbox.retain(|row| row.event != Event::Resolved),
            Some(Mutation::SilentRecovery) => {
                outbox.retain(|row| !ends_some(&format!("{:?}", row.content)));
            }
            Some(Mutation::RawEvidence) => {
                for row in outbox {
                    if let Content::Email { body, .. } = &mut row.content {
                        body.push_str(SECRET);
                    }
                }
            }
            Some(Mutation::LateRows) => {
                for row in outbox {
                    row.due = row.due.plus_millis(3 * MINUTE_MS);
                }
            }
            _ => {}
        }
        let source = &transition.incident.source;
        self.call_about(Some(source), || {
            if self.world.is_bad() && self.world.chance(self.world.faults.cancelled) {
                self.world.hit_for_a_minute();
                let reason = "transaction cancelled: ThrottlingError".to_owned();
                return Err(LedgerError { reason, retryable: true });
            }
            let committed = ready(self.world.ledger.commit(&transition))?;
            if committed == Committed::Done {
                self.world.note_commit(&transition);
            } else if self.is_mutated(Mutation::ConflictIsAnError) {
                let reason = "the source has another version".to_owned();
                return Err(LedgerError { reason, retryable: false });
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
        let now = if self.is_mutated(Mutation::NoLease) {
            // All leases that anybody holds are over by then.
            until.plus_millis(1)
        } else {
            now
        };
        let lease = self.call(|| ready(self.world.ledger.lease(channel, incident, holder, now, until))).await?;
        let told = u64::from(self.is_mutated(Mutation::LostOpening));
        Ok(lease.map(|lease| Lease { last_sent: lease.last_sent.max(told), ..lease }))
    }

    async fn settle(
        &self,
        rows: &[OutboxRow],
        holder: &str,
        settlement: Settlement,
    ) -> Result<(), LedgerError> {
        self.call(|| {
            match &settlement {
                Settlement::Done { .. } => {
                    for row in rows {
                        self.world.note_settled(row);
                    }
                }
                Settlement::RetryAt { due, .. } => {
                    if let Some(row) = rows.first() {
                        self.closed_until(&row.channel, *due, LONGEST_PARKING_MS);
                    }
                }
                Settlement::Dropped | Settlement::MayHaveArrived => {}
            }
            ready(self.world.ledger.settle(rows, holder, settlement))
        })
        .await
    }

    fn unreadable_rows(&self) -> Vec<UnreadableRow> {
        self.world.ledger.unreadable_rows()
    }
}
