//! Each call of the port, handed on to the file that keeps what it is about.

use std::collections::BTreeMap;

use diagnosis::{Cause, Timestamp};

use crate::attachment::Attachment;
use crate::counting::{AuthoritativeLog, BatchId, Breakdown, Counters, Exemplar, MinuteCounts};
use crate::incident::{IncidentId, OpenIncident, Silence, SourceState};
use crate::inventory::{InventoryRefresh, LogGroupInventory};
use crate::notify::ChannelId;
use crate::rules::Severity;
use crate::source::Source;
use crate::store::memory::state::MemoryLedger;
use crate::store::memory::{
    channels, counting, incidents, interactions, inventory, outbox, rules, silences, slots,
    unreadable,
};
use crate::store::{
    ChannelState, Committed, Lease, Ledger, LedgerError, LiveSource, OutboxKey, OutboxRow,
    Recorded, RulesDocument, Settlement, SilentSource, SmsGrant, SmsLimits, SmsMessage, Transition,
    UnreadableRow,
};

impl Ledger for MemoryLedger {
    async fn register_source(
        &self,
        source: &Source,
        log: AuthoritativeLog,
        log_group: &str,
        minute: i64,
    ) -> Result<AuthoritativeLog, LedgerError> {
        Ok(counting::register_source(self, source, log, log_group, minute))
    }

    async fn live_sources(&self, since: i64) -> Result<Vec<LiveSource>, LedgerError> {
        Ok(counting::live_sources(self, since))
    }

    async fn silent_sources(&self, before: i64) -> Result<Vec<SilentSource>, LedgerError> {
        Ok(counting::silent_sources(self, before))
    }

    async fn keep_silent_source(
        &self,
        source: &Source,
        last_minute: i64,
        until: Timestamp,
    ) -> Result<(), LedgerError> {
        counting::keep_silent_source(self, source, last_minute, until);
        Ok(())
    }

    async fn add_counts(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        counts: &MinuteCounts,
    ) -> Result<Recorded, LedgerError> {
        Ok(counting::add_counts(self, source, minute, batch, counts))
    }

    async fn add_breakdown(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        breakdown: &Breakdown,
    ) -> Result<Recorded, LedgerError> {
        Ok(counting::add_breakdown(self, source, minute, batch, breakdown))
    }

    async fn put_exemplar(
        &self,
        source: &Source,
        minute: i64,
        place: u8,
        exemplar: &Exemplar,
    ) -> Result<(), LedgerError> {
        counting::put_exemplar(self, source, minute, place, exemplar);
        Ok(())
    }

    async fn counters(&self, source: &Source, from: i64, to: i64) -> Result<Counters, LedgerError> {
        Ok(counting::counters(self, source, from, to))
    }

    async fn breakdown(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<Breakdown, LedgerError> {
        Ok(counting::breakdown(self, source, from, to))
    }

    async fn exemplars(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<Vec<Exemplar>, LedgerError> {
        Ok(counting::exemplars(self, source, from, to))
    }

    async fn breakdown_by_minute(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<BTreeMap<i64, Breakdown>, LedgerError> {
        Ok(rules::breakdown_by_minute(self, source, from, to))
    }

    async fn record_cause(
        &self,
        source: &Source,
        cause: Cause,
        minute: i64,
    ) -> Result<(), LedgerError> {
        rules::record_cause(self, source, cause, minute);
        Ok(())
    }

    async fn causes_seen(
        &self,
        source: &Source,
        since: i64,
    ) -> Result<BTreeMap<Cause, i64>, LedgerError> {
        Ok(rules::causes_seen(self, source, since))
    }

    async fn state(&self, source: &Source) -> Result<SourceState, LedgerError> {
        Ok(incidents::state(self, source))
    }

    async fn commit(&self, transition: &Transition) -> Result<Committed, LedgerError> {
        Ok(incidents::commit(self, transition))
    }

    async fn open_incidents(&self) -> Result<Vec<OpenIncident>, LedgerError> {
        Ok(incidents::open_incidents(self))
    }

    async fn pending(
        &self,
        channel: &ChannelId,
        after: Option<&OutboxKey>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, LedgerError> {
        Ok(outbox::pending(self, channel, after, limit))
    }

    async fn last_sent(
        &self,
        channel: &ChannelId,
        incident: &IncidentId,
    ) -> Result<u64, LedgerError> {
        Ok(outbox::last_sent(self, channel, incident))
    }

    async fn lease(
        &self,
        channel: &ChannelId,
        incident: &IncidentId,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, LedgerError> {
        Ok(outbox::lease(self, channel, incident, holder, now, until))
    }

    async fn give_back(
        &self,
        channel: &ChannelId,
        incident: &IncidentId,
        holder: &str,
    ) -> Result<(), LedgerError> {
        outbox::give_back(self, channel, incident, holder);
        Ok(())
    }

    async fn settle(
        &self,
        rows: &[OutboxRow],
        holder: &str,
        settlement: Settlement,
    ) -> Result<(), LedgerError> {
        outbox::settle(self, rows, holder, settlement);
        Ok(())
    }

    async fn channel(&self, channel: &ChannelId) -> Result<ChannelState, LedgerError> {
        Ok(channels::channel(self, channel))
    }

    async fn pause(
        &self,
        channel: &ChannelId,
        until: Timestamp,
        because: &str,
    ) -> Result<(), LedgerError> {
        channels::pause(self, channel, until, because);
        Ok(())
    }

    async fn park(
        &self,
        channel: &ChannelId,
        until: Timestamp,
        parkings: u32,
        because: &str,
    ) -> Result<(), LedgerError> {
        channels::park(self, channel, until, parkings, because);
        Ok(())
    }

    async fn unpark(&self, channel: &ChannelId, parkings: u32) -> Result<(), LedgerError> {
        channels::unpark(self, channel, parkings);
        Ok(())
    }

    async fn take_sms(
        &self,
        channel: &ChannelId,
        at: Timestamp,
        message: SmsMessage<'_>,
        limits: SmsLimits,
    ) -> Result<SmsGrant, LedgerError> {
        Ok(channels::take_sms(self, channel, at, message, limits))
    }

    async fn take_slot(
        &self,
        source: &Source,
        severity: Severity,
        places: u8,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, LedgerError> {
        Ok(slots::take_slot(self, (source, severity), places, now, until))
    }

    async fn silences(&self, now: Timestamp) -> Result<Vec<Silence>, LedgerError> {
        Ok(silences::silences(self, now))
    }

    async fn add_silence(&self, silence: &Silence) -> Result<Option<Silence>, LedgerError> {
        Ok(silences::add_silence(self, silence))
    }

    async fn end_silence(&self, id: &str, now: Timestamp) -> Result<Option<Silence>, LedgerError> {
        Ok(silences::end_silence(self, id, now))
    }

    async fn first_time(
        &self,
        request: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, LedgerError> {
        Ok(interactions::first_time(self, request, holder, now, until))
    }

    async fn forget_interaction(&self, request: &str) -> Result<(), LedgerError> {
        interactions::forget_interaction(self, request);
        Ok(())
    }

    async fn store_rules(&self, document: &RulesDocument) -> Result<(), LedgerError> {
        rules::store_rules(self, document);
        Ok(())
    }

    async fn stored_rules(&self) -> Result<Option<RulesDocument>, LedgerError> {
        Ok(rules::stored_rules(self))
    }

    async fn log_group(&self, log_group: &str) -> Result<Option<LogGroupInventory>, LedgerError> {
        Ok(inventory::log_group(self, log_group))
    }

    async fn store_log_group(
        &self,
        log_group: &str,
        known: &LogGroupInventory,
    ) -> Result<(), LedgerError> {
        inventory::store_log_group(self, log_group, known);
        Ok(())
    }

    async fn forget_log_group(&self, log_group: &str) -> Result<(), LedgerError> {
        inventory::forget_log_group(self, log_group);
        Ok(())
    }

    async fn inventory_refresh(&self) -> Result<Option<InventoryRefresh>, LedgerError> {
        Ok(inventory::inventory_refresh(self))
    }

    async fn store_inventory_refresh(
        &self,
        refresh: &InventoryRefresh,
    ) -> Result<Committed, LedgerError> {
        Ok(inventory::store_inventory_refresh(self, refresh))
    }

    async fn attachment(&self) -> Result<Option<Attachment>, LedgerError> {
        Ok(inventory::attachment(self))
    }

    async fn store_attachment(&self, attachment: &Attachment) -> Result<Committed, LedgerError> {
        Ok(inventory::store_attachment(self, attachment))
    }

    fn unreadable_rows(&self) -> Vec<UnreadableRow> {
        unreadable::unreadable_rows(self)
    }
}
