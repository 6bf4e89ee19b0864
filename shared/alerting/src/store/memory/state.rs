//! What the ledger in memory holds.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use diagnosis::{Cause, Timestamp};

use crate::attachment::Attachment;
use crate::counting::{BatchId, Breakdown, Exemplar, MinuteCounts, RegisteredLogs};
use crate::incident::{Incident, IncidentId, Silence};
use crate::inventory::{InventoryRefresh, LogGroupInventory};
use crate::notify::ChannelId;
use crate::rules::Severity;
use crate::source::Source;
use crate::store::memory::meter::{Meter, Units};
use crate::store::{
    BadRow, ChannelState, NEW_AFTER_MINUTES, OutboxKey, OutboxRow, RulesDocument, UnreadableRow,
};

/// A ledger in memory. Single-threaded; its futures are ready at once.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    pub(super) inner: RefCell<Inner>,
}

pub(super) type Place = (Source, i64);

#[derive(Debug, Default)]
pub(super) struct Inner {
    pub(super) sources: BTreeMap<Source, RegisteredLogs>,
    /// Until when silent sources are kept.
    pub(super) kept_silent: BTreeMap<Source, Timestamp>,
    pub(super) counts: BTreeMap<Place, (BTreeSet<BatchId>, MinuteCounts)>,
    pub(super) breakdown: BTreeMap<Place, (BTreeSet<BatchId>, Breakdown)>,
    pub(super) exemplars: BTreeMap<(Source, i64, Cause, u8), Exemplar>,
    pub(super) versions: BTreeMap<Source, u64>,
    pub(super) incidents: BTreeMap<Source, BTreeMap<IncidentId, Incident>>,
    pub(super) silences: BTreeMap<String, Silence>,
    pub(super) slots: Vec<(Source, Severity, Timestamp)>,
    /// Who was first, and until when that is remembered.
    pub(super) interactions: BTreeMap<String, (String, Timestamp)>,
    pub(super) outbox: BTreeMap<(ChannelId, OutboxKey), OutboxRow>,
    pub(super) leases: BTreeMap<(ChannelId, IncidentId), HeldLease>,
    pub(super) causes_seen: BTreeMap<(Source, Cause), Seen>,
    pub(super) rules: Option<RulesDocument>,
    pub(super) log_groups: BTreeMap<String, LogGroupInventory>,
    pub(super) inventory_refresh: Option<InventoryRefresh>,
    pub(super) attachment: Option<Attachment>,
    pub(super) meter: Option<Meter>,
    pub(super) channels: BTreeMap<String, ChannelState>,
    /// By day, and by number or `None` for all of them.
    pub(super) sms: BTreeMap<(i64, Option<String>), BTreeMap<String, bool>>,
    pub(super) bad_rows: Vec<BadRow>,
    pub(super) set_aside: BTreeSet<UnreadableRow>,
}

impl Inner {
    /// Meters a call, where that is asked for.
    pub(super) fn metered(&mut self, call: impl FnOnce(&mut Meter)) {
        self.meter.as_mut().map(call);
    }
}

#[derive(Debug, Default)]
pub(super) struct HeldLease {
    pub(super) unsure: bool,
    pub(super) holder: Option<(String, Timestamp)>,
    pub(super) last_sent: u64,
    pub(super) message_ref: Option<String>,
}

impl MemoryLedger {
    /// A ledger that also counts what its calls would cost on DynamoDB.
    pub fn metered() -> Self {
        let inner = Inner { meter: Some(Meter::default()), ..Inner::default() };
        Self { inner: RefCell::new(inner) }
    }

    /// The request units so far; none unless it is [`metered`](Self::metered).
    pub fn units(&self) -> Units {
        self.inner.borrow().meter.as_ref().map_or_else(Units::default, Meter::units)
    }

    /// The bytes of the largest row so far; 0 unless it is [`metered`](Self::metered).
    pub fn largest_row(&self) -> usize {
        self.inner.borrow().meter.as_ref().map_or(0, Meter::largest_row)
    }

    /// How many messages are owed on all channels.
    pub fn pending_in_all(&self) -> usize {
        self.inner.borrow().outbox.len()
    }

    /// Forgets counters and resolved incidents older than `minute`, so that a long replay stays in bounded memory. The real
    /// ledger's rows expire by themselves.
    pub fn forget_before(&self, minute: i64) {
        let mut inner = self.inner.borrow_mut();
        inner.counts.retain(|(_, at), _| *at >= minute);
        inner.breakdown.retain(|(_, at), _| *at >= minute);
        inner.exemplars.retain(|(_, at, _, _), _| *at >= minute);
        inner.metered(|meter| meter.forget_before(minute));
        for of_source in inner.incidents.values_mut() {
            of_source.retain(|_, incident| {
                incident.resolved_at.is_none_or(|resolved| resolved.minute() >= minute)
            });
        }
        inner.causes_seen.retain(|_, seen| seen.last >= minute - NEW_AFTER_MINUTES);
    }
}

/// The minutes that a cause was first and last seen in.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) first: i64,
    pub(super) last: i64,
}
