//! The port to everything that is kept between invocations: counters, incidents, the outbox and what channels,
//! rules and log groups are known to be. [`MemoryLedger`](crate::MemoryLedger) is the adapter for replay and
//! tests, DynamoDB the one for AWS. Both pass [`contract`](crate::contract).

use std::collections::BTreeMap;

use diagnosis::{Cause, Timestamp};

use crate::attachment::Attachment;
use crate::counting::{
    AuthoritativeLog, BatchId, Breakdown, Counters, Exemplar, MinuteCounts, RegisteredLogs,
};
use crate::incident::{IncidentId, OpenIncident, Silence, SourceState};
use crate::inventory::{InventoryRefresh, LogGroupInventory};
use crate::notify::ChannelId;
use crate::rules::Severity;
use crate::source::Source;
use crate::store::{
    ChannelState, Lease, OutboxKey, OutboxRow, RulesDocument, Settlement, SmsGrant, SmsLimits,
    SmsMessage, Transition, UnreadableRow,
};

/// A cause that a source has not had for 8 days is new to it, so that what happens once a week is not.
pub const NEW_AFTER_MINUTES: i64 = 8 * 24 * 60;

/// Exemplars in this place and later ones are of an execution log.
pub const EXECUTION_PLACES: u8 = 128;

/// A source that lines came from lately, or that has an open incident.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiveSource {
    /// The source.
    pub source: Source,
    /// A log group that its lines came from.
    pub log_group: String,
}

/// A source that no lines have come from of late, and that is still registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SilentSource {
    /// The source.
    pub source: Source,
    /// Its logs, and its hours with lines.
    pub logs: RegisteredLogs,
    /// When its registration ends.
    pub registered_until: Timestamp,
}

/// Whether a write was new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It was counted.
    New,
    /// This batch had been counted already; nothing changed.
    Duplicate,
}

/// Whether a transition took place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    /// It did.
    Done,
    /// Somebody else changed the source since it was read: read it again and decide anew.
    Conflict,
}

/// Why the ledger did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("ledger: {reason}")]
pub struct LedgerError {
    /// What stood in the way.
    pub reason: String,
    /// Whether trying again can help.
    pub retryable: bool,
}

/// All that is kept between invocations. Every method is safe to call twice with the same arguments, and by
/// many callers at once.
///
/// Versions share a ledger while a stack is updated. An unknown value is read as `unknown`; a row that cannot be
/// read at all is left out of what a read returns, and reported by [`unreadable_rows`](Self::unreadable_rows). It
/// is never an error: that would stop what has nothing to do with it.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait Ledger {
    // Counting: counters, breakdown and exemplars by source and minute, and which sources are alive.

    /// Notes that lines of a log of `source` came in, for the sweep to look at. The source stays
    /// registered for [`REGISTERED_MINUTES`](crate::REGISTERED_MINUTES) after `minute`. Returns the log that counts the source's requests now,
    /// as far as its notes tell: see [`AuthoritativeLog`].
    async fn register_source(
        &self,
        source: &Source,
        log: AuthoritativeLog,
        log_group: &str,
        minute: i64,
    ) -> Result<AuthoritativeLog, LedgerError>;

    /// The sources noted in `since` or a later minute, and those with an open incident; each once, in
    /// order.
    async fn live_sources(&self, since: i64) -> Result<Vec<LiveSource>, LedgerError>;

    /// The registered sources whose last line came before the minute `before`, whatever log it was of;
    /// each once, in order.
    async fn silent_sources(&self, before: i64) -> Result<Vec<SilentSource>, LedgerError>;

    /// Keeps a silent source registered until `until`, if its last line is still the one of `last_minute`.
    async fn keep_silent_source(
        &self,
        source: &Source,
        last_minute: i64,
        until: Timestamp,
    ) -> Result<(), LedgerError>;

    /// Adds a batch's counts of one minute.
    async fn add_counts(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        counts: &MinuteCounts,
    ) -> Result<Recorded, LedgerError>;

    /// Adds a batch's breakdown of one minute.
    async fn add_breakdown(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        breakdown: &Breakdown,
    ) -> Result<Recorded, LedgerError>;

    /// Keeps a request to show, if `place` (one of a few per minute and cause) is still free. Places from
    /// [`EXECUTION_PLACES`] on are for requests that an execution log tells of.
    async fn put_exemplar(
        &self,
        source: &Source,
        minute: i64,
        place: u8,
        exemplar: &Exemplar,
    ) -> Result<(), LedgerError>;

    /// The counters from minute `from` to minute `to`, both included, of the log that counts in `to`.
    /// Sees every write acknowledged before it began.
    async fn counters(&self, source: &Source, from: i64, to: i64) -> Result<Counters, LedgerError>;

    /// The breakdown of the same minutes.
    async fn breakdown(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<Breakdown, LedgerError>;

    /// The requests kept in the same minutes, oldest minute first.
    async fn exemplars(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<Vec<Exemplar>, LedgerError>;

    /// The breakdown from minute `from` to minute `to`, both included. Minutes without any are absent.
    async fn breakdown_by_minute(
        &self,
        source: &Source,
        from: i64,
        to: i64,
    ) -> Result<BTreeMap<i64, Breakdown>, LedgerError>;

    // Causes seen, for rules on new ones.

    /// Notes that `source` had `cause` in `minute`. A cause that it had not had for
    /// [`NEW_AFTER_MINUTES`] is first seen then; a minute before the last one noted changes nothing.
    async fn record_cause(
        &self,
        source: &Source,
        cause: Cause,
        minute: i64,
    ) -> Result<(), LedgerError>;

    /// The causes that `source` had in the minute `since` or later, with the minute that each was first
    /// seen in.
    async fn causes_seen(
        &self,
        source: &Source,
        since: i64,
    ) -> Result<BTreeMap<Cause, i64>, LedgerError>;

    // Incidents, each changed together with the messages it owes.

    /// The source's incidents: the open ones, and those resolved in the last hours.
    async fn state(&self, source: &Source) -> Result<SourceState, LedgerError>;

    /// Changes an incident and adds its outbox rows, all or nothing, if the source still has the
    /// version that was read.
    async fn commit(&self, transition: &Transition) -> Result<Committed, LedgerError>;

    /// The open incidents of all sources, by source and id. One that was committed by a version that
    /// did not keep this may be missing.
    async fn open_incidents(&self) -> Result<Vec<OpenIncident>, LedgerError>;

    // The outbox and the leases under which its rows are delivered.

    /// The first `limit` rows owed on a channel that lie behind `after`, due or not, in the order of
    /// their [`OutboxKey`].
    async fn pending(
        &self,
        channel: &ChannelId,
        after: Option<&OutboxKey>,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, LedgerError>;

    /// The number of the last notification of an incident that was sent on a channel; 0 for none.
    async fn last_sent(
        &self,
        channel: &ChannelId,
        incident: &IncidentId,
    ) -> Result<u64, LedgerError>;

    /// Takes the right to send an incident's messages on a channel until `until`, unless somebody else
    /// has it at `now`.
    async fn lease(
        &self,
        channel: &ChannelId,
        incident: &IncidentId,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, LedgerError>;

    /// Gives a lease back without having sent anything. Does nothing for a holder that has lost it.
    async fn give_back(
        &self,
        channel: &ChannelId,
        incident: &IncidentId,
        holder: &str,
    ) -> Result<(), LedgerError>;

    /// Ends an attempt to send `rows` (of one incident and channel, in order, [`MAX_SETTLED`] at most)
    /// and gives the lease back. Does nothing for a holder that has lost its lease, or for no rows.
    async fn settle(
        &self,
        rows: &[OutboxRow],
        holder: &str,
        settlement: Settlement,
    ) -> Result<(), LedgerError>;

    // Channels: whether one may be used, and how many text messages went out today. Times only move forward.

    /// Whether a channel may be used.
    async fn channel(&self, channel: &ChannelId) -> Result<ChannelState, LedgerError>;

    /// Nothing is to be sent on the channel before `until`. A later time that is known already stays.
    async fn pause(
        &self,
        channel: &ChannelId,
        until: Timestamp,
        because: &str,
    ) -> Result<(), LedgerError>;

    /// The channel is closed for the `parkings`th time in a row, and is to be tried again at `until`. A
    /// later time that is known already stays.
    async fn park(
        &self,
        channel: &ChannelId,
        until: Timestamp,
        parkings: u32,
        because: &str,
    ) -> Result<(), LedgerError>;

    /// A message got through to a channel that had been parked `parkings` times in a row, if nobody has
    /// parked it since.
    async fn unpark(&self, channel: &ChannelId, parkings: u32) -> Result<(), LedgerError>;

    /// Counts one message to a phone on the UTC day of `at`, unless a limit is reached: that of the phone,
    /// or that of all phones. Messages other than openings of critical incidents count against three
    /// quarters of each limit as well. The same message counts once, however often it is tried.
    async fn take_sms(
        &self,
        channel: &ChannelId,
        at: Timestamp,
        message: SmsMessage<'_>,
        limits: SmsLimits,
    ) -> Result<SmsGrant, LedgerError>;

    // Slots: which sources may notify by themselves while many fail at once.

    /// Whether the source has a slot of this severity at `now`: one it took before, or one of the `places`
    /// that are free, which it then holds until `until`. Each severity has slots of its own.
    async fn take_slot(
        &self,
        source: &Source,
        severity: Severity,
        places: u8,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, LedgerError>;

    // Silences, kept until they end. Of two callers who do the same, one is first.

    /// The silences that have not ended at `now`, by id.
    async fn silences(&self, now: Timestamp) -> Result<Vec<Silence>, LedgerError>;

    /// Adds a silence, unless one of the same scope has not ended when it begins. Returns that one.
    async fn add_silence(&self, silence: &Silence) -> Result<Option<Silence>, LedgerError>;

    /// Ends the silence with this id before its time. Returns it to the one who was first.
    async fn end_silence(&self, id: &str, now: Timestamp) -> Result<Option<Silence>, LedgerError>;

    // Signed requests that were carried out, so that nobody can have one carried out again.

    /// Whether nobody but `holder` has brought the request before. It is remembered until `until`, after
    /// which its signature must be too old to count.
    async fn first_time(
        &self,
        request: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, LedgerError>;

    /// Forgets a request that could not be carried out, so that it may come again.
    async fn forget_interaction(&self, request: &str) -> Result<(), LedgerError>;

    // The last good rules. One document for the whole ledger.

    /// Keeps a document in place of the one before.
    async fn store_rules(&self, document: &RulesDocument) -> Result<(), LedgerError>;

    /// The document that was kept last. Sees every write acknowledged before it began.
    async fn stored_rules(&self) -> Result<Option<RulesDocument>, LedgerError>;

    // The inventory: what is known of log groups.

    /// What is known of a log group. Sees every write acknowledged before it began.
    async fn log_group(&self, log_group: &str) -> Result<Option<LogGroupInventory>, LedgerError>;

    /// Keeps what is known of a log group, in place of what was, until it is older than
    /// [`INVENTORY_TTL_MS`](crate::INVENTORY_TTL_MS).
    async fn store_log_group(
        &self,
        log_group: &str,
        known: &LogGroupInventory,
    ) -> Result<(), LedgerError>;

    /// Forgets a log group.
    async fn forget_log_group(&self, log_group: &str) -> Result<(), LedgerError>;

    /// The refresh that is on, or the last one. There is one for the whole ledger.
    async fn inventory_refresh(&self) -> Result<Option<InventoryRefresh>, LedgerError>;

    /// Keeps how far a refresh is. Its version is one more than that which was read, 1 for the first;
    /// a conflict means that somebody else has changed it meanwhile.
    async fn store_inventory_refresh(
        &self,
        refresh: &InventoryRefresh,
    ) -> Result<Committed, LedgerError>;

    // Which log groups the stack watches. One row for the whole ledger.

    /// What the stack watches, and how far that is attached. `None`: nobody has attached anything.
    async fn attachment(&self) -> Result<Option<Attachment>, LedgerError>;

    /// Keeps it. Its version is one more than that which was read, 1 for the first; a conflict means that
    /// somebody else has changed it meanwhile.
    async fn store_attachment(&self, attachment: &Attachment) -> Result<Committed, LedgerError>;

    // Rows that cannot be read.

    /// The rows that reads have left out since this was last called, each once.
    fn unreadable_rows(&self) -> Vec<UnreadableRow>;
}
