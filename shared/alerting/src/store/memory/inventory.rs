//! What is known of log groups.

use crate::attachment::Attachment;
use crate::inventory::{InventoryRefresh, LogGroupInventory};
use crate::store::Committed;
use crate::store::memory::meter::Meter;
use crate::store::memory::state::MemoryLedger;

pub(super) fn log_group(ledger: &MemoryLedger, log_group: &str) -> Option<LogGroupInventory> {
    let mut inner = ledger.inner.borrow_mut();
    let is_bad = inner.meet_log_group(log_group);
    let known = inner.log_groups.get(log_group).filter(|_| !is_bad).cloned();
    let bytes = known.as_ref().map_or(0, json_bytes);
    inner.metered(|meter| meter.read(bytes));
    known
}

pub(super) fn store_log_group(ledger: &MemoryLedger, log_group: &str, known: &LogGroupInventory) {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(|meter| meter.write(json_bytes(known), 1));
    inner.log_groups.insert(log_group.to_owned(), known.clone());
}

pub(super) fn forget_log_group(ledger: &MemoryLedger, log_group: &str) {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(Meter::write_small);
    inner.log_groups.remove(log_group);
}

pub(super) fn inventory_refresh(ledger: &MemoryLedger) -> Option<InventoryRefresh> {
    let mut inner = ledger.inner.borrow_mut();
    let refresh = inner.inventory_refresh.clone();
    let bytes = refresh.as_ref().map_or(0, json_bytes);
    inner.metered(|meter| meter.read(bytes));
    refresh
}

pub(super) fn store_inventory_refresh(
    ledger: &MemoryLedger,
    refresh: &InventoryRefresh,
) -> Committed {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(|meter| meter.write(json_bytes(refresh), 1));
    let version = inner.inventory_refresh.as_ref().map_or(0, |refresh| refresh.version);
    if refresh.version != version + 1 {
        return Committed::Conflict;
    }
    inner.inventory_refresh = Some(refresh.clone());
    Committed::Done
}

pub(super) fn attachment(ledger: &MemoryLedger) -> Option<Attachment> {
    let mut inner = ledger.inner.borrow_mut();
    let attachment = inner.attachment.clone();
    let bytes = attachment.as_ref().map_or(0, json_bytes);
    inner.metered(|meter| meter.read(bytes));
    attachment
}

pub(super) fn store_attachment(ledger: &MemoryLedger, attachment: &Attachment) -> Committed {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(|meter| meter.write(json_bytes(attachment), 1));
    let version = inner.attachment.as_ref().map_or(0, |attachment| attachment.version);
    if attachment.version != version + 1 {
        return Committed::Conflict;
    }
    inner.attachment = Some(attachment.clone());
    Committed::Done
}

fn json_bytes(value: &impl serde::Serialize) -> usize {
    serde_json::to_string(value).map_or(0, |json| json.len())
}
