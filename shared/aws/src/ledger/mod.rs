//! The ledger on DynamoDB: one table with `pk` and `sk`, whose rows expire by `ttl`.
//!
//! The trap is in the word *expire*: DynamoDB deletes a row some days after its time, and until then
//! every read returns it and every condition sees it. So all reads go through [`table::Table::query`],
//! which leaves out what is expired, and no condition takes an expired row for a living one.
//!
//! What it costs, in units of an on-demand table (a write unit: 1 KB, twice in a transaction; a read
//! unit: 4 KB, consistent):
//!
//! | path | costs |
//! | --- | --- |
//! | counters of a batch | 1 write per source and minute, up to about 110 batches per shard and minute |
//! | its breakdown | 1 to 5 writes per source and minute with errors, by the item's size |
//! | its exemplars | 1 write each, taken places included; one per cause, minute and environment |
//! | noting a log of a source | 1 write, whether or not it had been noted; one per minute and environment |
//! | counters of a window | 1 read per 4 KB: about 25 items of 150 bytes |
//! | which log counts | 1 read, only where an execution log has counted something |
//! | noting a cause | 1 write, once an hour per cause; 2 where it is new |
//! | causes seen of a source | 1 read: 67 causes of 100 bytes are 2 |
//! | keeping rules | 1 write per KB, when they change |
//! | reading them | 1 read per 4 KB, once a minute per environment |
//! | a look at a log group's stages | 1 read per 4 KB, about 30 stages, once a minute per environment and group |
//! | keeping them | 1 write per KB, about 8 stages, when they change and once a day |
//! | a refresh of the inventory | 1 read per 4 KB a minute; 1 write per KB in each minute in which it is on: 1 or 2 for a few APIs, up to 350 for thousands of stages |
//! | state of a source | 1 read |
//! | a transition | 2 writes per row, usually 12: version, incident, open source, one per channel |
//! | an opening, besides | 3 reads: silences, the storm, slots; 1 write for a slot |
//! | a sweep, besides | 4 reads: silences, unfinished transitions, and twice the open incidents (5 of them to a read unit) |
//! | a look for silent sources | 4 reads, or 1 per 4 KB of registered sources, every five minutes; 1 write for each silence |
//! | a look at a channel | 1 read for its state, and 1 per 4 KB of what is pending |
//! | the oldest message | 1 read per 4 KB of the messages of incidents that opened before it was written, if anything is pending: usually 1 page of 25 messages |
//! | a button pressed, besides | 1 write |
//! | a message sent | 1 write for the lease, 4 to settle, and 2 for each message that it supersedes; 1 read for the channel and 1 or 2 for the message; an SMS 2 writes more |
//!
//! Versions share the table while a stack is updated or rolled back. What an older version does to a newer row:
//! an incident's JSON keeps what it does not know, and so do rows that are updated in place (versions, sources,
//! leases, channels, counters). Attributes beside the JSON of an incident, of its open row or of a log group are
//! lost when an older version writes the row, so a version that adds something puts it into the JSON. A row
//! that cannot be read is set aside and reported; nothing deletes it.
//!
//! [`alerting::MemoryLedger::metered`] counts the same units without a table, and a test holds it to what
//! a table says.

mod attachment;
mod breakdown;
mod causes_seen;
mod channels;
mod counters;
mod errors;
mod exemplars;
mod incidents;
mod interactions;
mod inventory;
mod item;
mod keys;
mod limits;
mod outbox;
mod rules;
mod silences;
mod slots;
mod sources;
mod split;
mod table;
mod transaction;
mod update;

use std::collections::BTreeMap;
use std::sync::Arc;

use alerting::{
    Attachment, AuthoritativeLog, BatchId, Breakdown, ChannelId, ChannelState, Clock, Committed,
    Counters, Exemplar, IncidentId, InventoryRefresh, Lease, Ledger, LedgerError, LiveSource,
    LogGroupInventory, MinuteCounts, OpenIncident, OutboxKey, OutboxRow, Recorded, RulesDocument,
    Settlement, Severity, Silence, SilentSource, SmsGrant, SmsLimits, SmsMessage, Source,
    SourceState, Transition, UnreadableRow,
};
use diagnosis::{Cause, Timestamp};

use crate::clients::Clients;
use crate::clock::SystemClock;

/// The ledger on DynamoDB.
#[derive(Debug)]
pub struct DynamoLedger<K = SystemClock> {
    table: table::Table<K>,
}

impl<K: Clock> DynamoLedger<K> {
    /// A ledger in this table. The clock tells which rows are expired.
    pub fn new(clients: Arc<Clients>, table: String, clock: K) -> Self {
        Self { table: table::Table::new(clients, table, clock) }
    }

    /// The write units that counting has taken so far, as DynamoDB tells them. Transactions and writes
    /// whose condition failed are not among them.
    pub fn written_units(&self) -> u64 {
        self.table.written_units()
    }
}

impl<K: Clock> Ledger for DynamoLedger<K> {
    async fn register_source(
        &self,
        source: &Source,
        log: AuthoritativeLog,
        log_group: &str,
        minute: i64,
    ) -> Result<AuthoritativeLog, LedgerError> {
        sources::note(&self.table, source, log, log_group, minute).await
    }

    async fn live_sources(&self, since: i64) -> Result<Vec<LiveSource>, LedgerError> {
        if let Err(error) = split::finish_all(&self.table).await {
            // It holds up nothing else, and is tried again when this is.
            tracing::error!(%error, "an unfinished transition could not be finished");
        }
        sources::live(&self.table, since).await
    }

    async fn silent_sources(&self, before: i64) -> Result<Vec<SilentSource>, LedgerError> {
        sources::silent(&self.table, before).await
    }

    async fn keep_silent_source(
        &self,
        source: &Source,
        last_minute: i64,
        until: Timestamp,
    ) -> Result<(), LedgerError> {
        sources::keep_silent(&self.table, source, last_minute, until).await
    }

    async fn add_counts(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        counts: &MinuteCounts,
    ) -> Result<Recorded, LedgerError> {
        counters::add(&self.table, source, minute, batch, counts).await
    }

    async fn add_breakdown(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        breakdown: &Breakdown,
    ) -> Result<Recorded, LedgerError> {
        breakdown::add(&self.table, source, minute, batch, breakdown).await
    }

    async fn put_exemplar(
        &self,
        source: &Source,
        minute: i64,
        place: u8,
        exemplar: &Exemplar,
    ) -> Result<(), LedgerError> {
        exemplars::put(&self.table, source, minute, place, exemplar).await
    }

    async fn counters(&self, source: &Source, from: i64, to: i64) -> Result<Counters, LedgerError> {
        counters::read(&self.table, source, from, to).await
    }

    async fn breakdown(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<Breakdown, LedgerError> {
        breakdown::read(&self.table, source, from, to).await
    }

    async fn exemplars(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<Vec<Exemplar>, LedgerError> {
        exemplars::read(&self.table, source, from, to).await
    }

    async fn state(&self, source: &Source) -> Result<SourceState, LedgerError> {
        incidents::state(&self.table, source).await
    }

    async fn commit(&self, transition: &Transition) -> Result<Committed, LedgerError> {
        incidents::commit(&self.table, transition).await
    }

    async fn open_incidents(&self) -> Result<Vec<OpenIncident>, LedgerError> {
        sources::open_incidents(&self.table).await
    }

    async fn take_slot(
        &self,
        source: &Source,
        severity: Severity,
        places: u8,
        _now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, LedgerError> {
        slots::take(&self.table, source, severity, places, until).await
    }

    async fn first_time(
        &self,
        request: &str,
        holder: &str,
        _now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, LedgerError> {
        interactions::first_time(&self.table, request, holder, until).await
    }

    async fn forget_interaction(&self, request: &str) -> Result<(), LedgerError> {
        interactions::forget(&self.table, request).await
    }

    async fn silences(&self, now: Timestamp) -> Result<Vec<Silence>, LedgerError> {
        silences::read(&self.table, now).await
    }

    async fn add_silence(&self, silence: &Silence) -> Result<Option<Silence>, LedgerError> {
        silences::add(&self.table, silence).await
    }

    async fn end_silence(&self, id: &str, now: Timestamp) -> Result<Option<Silence>, LedgerError> {
        silences::end(&self.table, id, now).await
    }

    async fn pending(
        &self,
        channel: &ChannelId,
        after: Option<&OutboxKey>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, LedgerError> {
        outbox::pending(&self.table, channel, after, limit).await
    }

    async fn last_sent(
        &self,
        channel: &ChannelId,
        incident: &IncidentId,
    ) -> Result<u64, LedgerError> {
        outbox::last_sent(&self.table, channel, incident).await
    }

    async fn lease(
        &self,
        channel: &ChannelId,
        incident: &IncidentId,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, LedgerError> {
        outbox::lease(&self.table, channel, incident, holder, now, until).await
    }

    async fn give_back(
        &self,
        channel: &ChannelId,
        incident: &IncidentId,
        holder: &str,
    ) -> Result<(), LedgerError> {
        outbox::give_back(&self.table, channel, incident, holder).await
    }

    async fn settle(
        &self,
        rows: &[OutboxRow],
        holder: &str,
        settlement: Settlement,
    ) -> Result<(), LedgerError> {
        outbox::settle(&self.table, rows, holder, settlement).await
    }

    async fn channel(&self, channel: &ChannelId) -> Result<ChannelState, LedgerError> {
        channels::state(&self.table, channel).await
    }

    async fn pause(
        &self,
        channel: &ChannelId,
        until: Timestamp,
        because: &str,
    ) -> Result<(), LedgerError> {
        channels::pause(&self.table, channel, until, because).await
    }

    async fn park(
        &self,
        channel: &ChannelId,
        until: Timestamp,
        parkings: u32,
        because: &str,
    ) -> Result<(), LedgerError> {
        channels::park(&self.table, channel, until, parkings, because).await
    }

    async fn unpark(&self, channel: &ChannelId, parkings: u32) -> Result<(), LedgerError> {
        channels::unpark(&self.table, channel, parkings).await
    }

    async fn take_sms(
        &self,
        channel: &ChannelId,
        at: Timestamp,
        message: SmsMessage<'_>,
        limits: SmsLimits,
    ) -> Result<SmsGrant, LedgerError> {
        channels::take_sms(&self.table, channel, at, message, limits).await
    }

    async fn record_cause(
        &self,
        source: &Source,
        cause: Cause,
        minute: i64,
    ) -> Result<(), LedgerError> {
        causes_seen::note(&self.table, source, cause, minute).await
    }

    async fn causes_seen(
        &self,
        source: &Source,
        since: i64,
    ) -> Result<BTreeMap<Cause, i64>, LedgerError> {
        causes_seen::read(&self.table, source, since).await
    }

    async fn breakdown_by_minute(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<BTreeMap<i64, Breakdown>, LedgerError> {
        breakdown::read_by_minute(&self.table, source, from, to).await
    }

    async fn log_group(&self, log_group: &str) -> Result<Option<LogGroupInventory>, LedgerError> {
        inventory::log_group(&self.table, log_group).await
    }

    async fn store_log_group(
        &self,
        log_group: &str,
        known: &LogGroupInventory,
    ) -> Result<(), LedgerError> {
        inventory::store_log_group(&self.table, log_group, known).await
    }

    async fn forget_log_group(&self, log_group: &str) -> Result<(), LedgerError> {
        inventory::forget_log_group(&self.table, log_group).await
    }

    async fn inventory_refresh(&self) -> Result<Option<InventoryRefresh>, LedgerError> {
        inventory::refresh(&self.table).await
    }

    async fn store_inventory_refresh(
        &self,
        refresh: &InventoryRefresh,
    ) -> Result<Committed, LedgerError> {
        inventory::store_refresh(&self.table, refresh).await
    }

    async fn attachment(&self) -> Result<Option<Attachment>, LedgerError> {
        attachment::read(&self.table).await
    }

    async fn store_attachment(&self, attachment: &Attachment) -> Result<Committed, LedgerError> {
        attachment::store(&self.table, attachment).await
    }

    async fn store_rules(&self, document: &RulesDocument) -> Result<(), LedgerError> {
        rules::keep(&self.table, document).await
    }

    async fn stored_rules(&self) -> Result<Option<RulesDocument>, LedgerError> {
        rules::read(&self.table).await
    }

    fn unreadable_rows(&self) -> Vec<UnreadableRow> {
        self.table.unreadable_rows()
    }
}
