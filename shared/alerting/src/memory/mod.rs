//! The ledger for replay and tests: all of it in memory, with the semantics of the real one.

mod channels;
mod counting;
mod incidents;
mod meter;
mod outbox;
mod passes;
mod presses;
mod registry;
mod rules;
mod silences;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use diagnosis::{Cause, Timestamp};

use crate::counting::{Details, Exemplar, MinuteCounts, NotedLogs};
use crate::incident::{Incident, IncidentId, Silence};
use crate::inventory::{KnownLogGroup, RegistryPass};
use crate::ledger::{
    BatchId, ChannelState, NEW_AFTER_MINUTES, OutboxPlace, OutboxRow, RulesDocument,
};
use crate::source::Source;

use meter::Meter;
pub use meter::Units;

/// A ledger in memory. Single-threaded; its futures are ready at once.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    inner: RefCell<Inner>,
}

type Place = (Source, i64);

#[derive(Debug, Default)]
struct Inner {
    sources: BTreeMap<Source, NotedLogs>,
    counts: BTreeMap<Place, (BTreeSet<BatchId>, MinuteCounts)>,
    details: BTreeMap<Place, (BTreeSet<BatchId>, Details)>,
    exemplars: BTreeMap<(Source, i64, Cause, u8), Exemplar>,
    versions: BTreeMap<Source, u64>,
    incidents: BTreeMap<Source, BTreeMap<IncidentId, Incident>>,
    silences: BTreeMap<String, Silence>,
    passes: Vec<(Source, Timestamp)>,
    /// Who was first, and until when that is remembered.
    presses: BTreeMap<String, (String, Timestamp)>,
    outbox: BTreeMap<(String, OutboxPlace), OutboxRow>,
    leases: BTreeMap<(String, IncidentId), HeldLease>,
    causes_seen: BTreeMap<(Source, Cause), rules::Seen>,
    rules: Option<RulesDocument>,
    log_groups: BTreeMap<String, KnownLogGroup>,
    registry_pass: Option<RegistryPass>,
    meter: Option<Meter>,
    channels: BTreeMap<String, ChannelState>,
    /// By day, and by number or `None` for all of them.
    sms: BTreeMap<(i64, Option<String>), BTreeSet<String>>,
}

impl Inner {
    /// Meters a call, where that is asked for.
    fn metered(&mut self, call: impl FnOnce(&mut Meter)) {
        self.meter.as_mut().map(call);
    }
}

#[derive(Debug, Default)]
struct HeldLease {
    holder: Option<(String, Timestamp)>,
    last_sent: u64,
    place: Option<String>,
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
        inner.metered(|meter| meter.forget_before(minute));
        for of_source in inner.incidents.values_mut() {
            of_source.retain(|_, incident| {
                incident.resolved_at.is_none_or(|resolved| resolved.minute() >= minute)
            });
        }
        inner.causes_seen.retain(|_, seen| seen.last >= minute - NEW_AFTER_MINUTES);
    }
}
