//! Messages owed, and leases.

use diagnosis::Timestamp;

use super::MemoryLedger;
use crate::channel::ChannelId;
use crate::incident::IncidentId;
use crate::ledger::{Lease, LedgerError, Outbox, OutboxRow, Settlement};

impl Outbox for MemoryLedger {
    async fn owed(&self, channel: &ChannelId, limit: usize) -> Result<Vec<OutboxRow>, LedgerError> {
        let channel = channel.to_string();
        let mut inner = self.inner.borrow_mut();
        inner.metered(|meter| meter.read(0));
        let rows = inner.outbox.values().filter(|row| row.channel == channel);
        Ok(rows.take(limit).cloned().collect())
    }

    async fn lease(
        &self,
        channel: &ChannelId,
        incident: &IncidentId,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, LedgerError> {
        let mut inner = self.inner.borrow_mut();
        let lease = inner.leases.entry((channel.to_string(), incident.clone())).or_default();
        let taken = lease.holder.as_ref().is_some_and(|(by, end)| by != holder && *end > now);
        if taken {
            return Ok(None);
        }
        lease.holder = Some((holder.to_owned(), until));
        Ok(Some(Lease { last_sent: lease.last_sent, place: lease.place.clone() }))
    }

    async fn settle(
        &self,
        row: &OutboxRow,
        holder: &str,
        settlement: Settlement,
    ) -> Result<(), LedgerError> {
        let mut inner = self.inner.borrow_mut();
        let lease = inner.leases.entry((row.channel.clone(), row.incident.clone())).or_default();
        if lease.holder.as_ref().is_none_or(|(by, _)| by != holder) {
            return Ok(());
        }
        lease.holder = None;
        let key = (row.channel.clone(), row.incident.clone(), row.seq);
        match settlement {
            Settlement::Done { place } => {
                lease.last_sent = lease.last_sent.max(row.seq);
                lease.place = place.or_else(|| lease.place.take());
                inner.outbox.remove(&key);
            }
            Settlement::RetryAt(due) => {
                if let Some(kept) = inner.outbox.get_mut(&key) {
                    kept.due = due;
                    kept.attempts += 1;
                }
            }
        }
        Ok(())
    }
}
