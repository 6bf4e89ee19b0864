//! Messages owed, and leases.

use std::ops::Bound;

use diagnosis::Timestamp;

use crate::incident::IncidentId;
use crate::notify::ChannelId;
use crate::store::memory::state::{HeldLease, MemoryLedger};
use crate::store::{Lease, OutboxKey, OutboxRow, Settlement};

pub(super) fn pending(
    ledger: &MemoryLedger,
    channel: &ChannelId,
    after: Option<&OutboxKey>,
    limit: usize,
) -> Vec<OutboxRow> {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(|meter| meter.read(0));
    inner.meet_messages(channel);
    let from = match after {
        Some(place) => Bound::Excluded((channel.clone(), place.clone())),
        None => Bound::Included((channel.clone(), OutboxKey::first())),
    };
    let rows = inner.outbox.range((from, Bound::Unbounded)).map(|(_, row)| row);
    rows.take_while(|row| row.channel == *channel).take(limit).cloned().collect()
}

pub(super) fn last_sent(ledger: &MemoryLedger, channel: &ChannelId, incident: &IncidentId) -> u64 {
    let inner = ledger.inner.borrow();
    let lease = inner.leases.get(&(channel.clone(), incident.clone()));
    lease.map_or(0, |lease| lease.last_sent)
}

pub(super) fn lease(
    ledger: &MemoryLedger,
    channel: &ChannelId,
    incident: &IncidentId,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
) -> Option<Lease> {
    let mut inner = ledger.inner.borrow_mut();
    let lease = inner.leases.entry((channel.clone(), incident.clone())).or_default();
    let taken = lease.holder.as_ref().is_some_and(|(by, end)| by != holder && *end > now);
    if taken {
        return None;
    }
    let abandoned = lease.holder.replace((holder.to_owned(), until)).is_some();
    let HeldLease { last_sent, unsure, .. } = *lease;
    Some(Lease { last_sent, message_ref: lease.message_ref.clone(), abandoned, unsure })
}

pub(super) fn give_back(
    ledger: &MemoryLedger,
    channel: &ChannelId,
    incident: &IncidentId,
    holder: &str,
) {
    let mut inner = ledger.inner.borrow_mut();
    let lease = inner.leases.entry((channel.clone(), incident.clone())).or_default();
    lease.holder = lease.holder.take().filter(|(by, _)| by != holder);
}

pub(super) fn settle(
    ledger: &MemoryLedger,
    rows: &[OutboxRow],
    holder: &str,
    settlement: Settlement,
) {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
    let mut inner = ledger.inner.borrow_mut();
    let lease = inner.leases.entry((first.channel.clone(), first.incident.clone())).or_default();
    if lease.holder.as_ref().is_none_or(|(by, _)| by != holder) {
        return;
    }
    lease.holder = None;
    let unsure = settlement == Settlement::MayHaveArrived;
    if unsure || matches!(settlement, Settlement::Done { .. }) {
        lease.last_sent = lease.last_sent.max(last.seq);
        lease.unsure = unsure;
    }
    if let Settlement::Done { message_ref: Some(message_ref) } = &settlement {
        lease.message_ref = Some(message_ref.clone());
    }
    let key = |row: &OutboxRow| (row.channel.clone(), row.key());
    match settlement {
        Settlement::Done { .. } | Settlement::Dropped | Settlement::MayHaveArrived => {
            for row in rows {
                inner.outbox.remove(&key(row));
            }
        }
        Settlement::RetryAt { due, failure } => {
            if let Some(kept) = inner.outbox.get_mut(&key(first)) {
                kept.due = due;
                kept.attempts += 1;
                kept.failure = Some(failure);
            }
        }
    }
}
