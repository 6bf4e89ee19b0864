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
//! | counters of a batch | 1 write per source and minute |
//! | its details | 1 to 5 writes per source and minute with errors, by the item's size |
//! | its exemplars | 1 write each, taken places included |
//! | noting a source | 1 write, whether or not it had been noted |
//! | counters of an hour | 1 read per 4 KB: about 20 items of 200 bytes |
//! | state of a source | 1 read |
//! | a transition | 2 writes per row, usually 12: version, incident, open source, one per channel |
//! | a message sent | 1 write for the lease and 4 to settle |
//! | an opening, besides | 3 reads: silences, the storm, passes; 1 write for a pass |
//! | a sweep, besides | 2 reads: silences, open incidents (5 of them to a read unit) |

mod counters;
mod details;
mod errors;
mod exemplars;
mod incidents;
mod item;
mod keys;
mod outbox;
mod passes;
mod silences;
mod sources;
mod table;
mod transaction;
mod update;

use std::sync::Arc;

use alerting::{
    BatchId, ChannelId, Clock, Committed, Counters, Counting, Details, Exemplar, IncidentId,
    Incidents, Lease, LedgerError, LiveSource, MinuteCounts, OpenIncident, Outbox, OutboxRow,
    Passes, Recorded, Settlement, Silence, Silences, Source, SourceState, Transition,
};
use diagnosis::Timestamp;

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
}

impl<K: Clock> Counting for DynamoLedger<K> {
    async fn note_source(
        &self,
        source: &Source,
        log_group: &str,
        minute: i64,
    ) -> Result<(), LedgerError> {
        sources::note(&self.table, source, log_group, minute).await
    }

    async fn live_sources(&self, since: i64) -> Result<Vec<LiveSource>, LedgerError> {
        sources::live(&self.table, since).await
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

    async fn add_details(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        details: &Details,
    ) -> Result<Recorded, LedgerError> {
        details::add(&self.table, source, minute, batch, details).await
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

    async fn details(&self, source: &Source, from: i64, to: i64) -> Result<Details, LedgerError> {
        details::read(&self.table, source, from, to).await
    }

    async fn exemplars(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<Vec<Exemplar>, LedgerError> {
        exemplars::read(&self.table, source, from, to).await
    }
}

impl<K: Clock> Incidents for DynamoLedger<K> {
    async fn state(&self, source: &Source) -> Result<SourceState, LedgerError> {
        incidents::state(&self.table, source).await
    }

    async fn commit(&self, transition: &Transition) -> Result<Committed, LedgerError> {
        incidents::commit(&self.table, transition).await
    }

    async fn open_incidents(&self) -> Result<Vec<OpenIncident>, LedgerError> {
        sources::open_incidents(&self.table).await
    }
}

impl<K: Clock> Passes for DynamoLedger<K> {
    async fn take_pass(
        &self,
        source: &Source,
        places: u8,
        _now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, LedgerError> {
        passes::take(&self.table, source, places, until).await
    }
}

impl<K: Clock> Silences for DynamoLedger<K> {
    async fn silences(&self, now: Timestamp) -> Result<Vec<Silence>, LedgerError> {
        silences::read(&self.table, now).await
    }

    async fn add_silence(&self, silence: &Silence) -> Result<Option<Silence>, LedgerError> {
        silences::add(&self.table, silence).await
    }

    async fn end_silence(&self, id: &str, now: Timestamp) -> Result<Option<Silence>, LedgerError> {
        silences::end(&self.table, id, now).await
    }
}

impl<K: Clock> Outbox for DynamoLedger<K> {
    async fn owed(&self, channel: &ChannelId, limit: usize) -> Result<Vec<OutboxRow>, LedgerError> {
        outbox::owed(&self.table, channel, limit).await
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

    async fn settle(
        &self,
        row: &OutboxRow,
        holder: &str,
        settlement: Settlement,
    ) -> Result<(), LedgerError> {
        outbox::settle(&self.table, row, holder, settlement).await
    }
}
