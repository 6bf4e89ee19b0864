//! The inventory: a row per log group, which expires a week after it was written last, and one row
//! for the refresh.
//!
//! Each holds JSON as one attribute: nothing looks inside but the inventory itself. A row that cannot be
//! read, from a version that has since been rolled back, is as good as none.

use alerting::{
    Clock, Committed, INVENTORY_TTL_MS, InventoryRefresh, LedgerError, LogGroupInventory,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::errors;
use super::item::{self, DAY_MS, Item, TTL};
use super::keys;
use super::table::{Condition, Table, Written};

const STAGES: &str = "stages";
const PASS: &str = "pass";
const VERSION: &str = "version";

/// A refresh that nobody goes on with for so long is of no use any more.
const REFRESH_TTL_MS: i64 = 7 * DAY_MS;

pub(super) async fn log_group<K: Clock>(
    table: &Table<K>,
    name: &str,
) -> Result<Option<LogGroupInventory>, LedgerError> {
    let Some(row) = table.get(keys::log_group(name)).await? else { return Ok(None) };
    let known = of_row(&row, STAGES);
    if known.is_none() {
        table.set_aside("log group", name, &row);
    }
    Ok(known)
}

pub(super) async fn store_log_group<K: Clock>(
    table: &Table<K>,
    name: &str,
    known: &LogGroupInventory,
) -> Result<(), LedgerError> {
    let mut row = item::keyed(keys::log_group(name));
    row.insert(STAGES.to_owned(), item::text(json(known)?));
    let until = known.refreshed_at.plus_millis(INVENTORY_TTL_MS);
    row.insert(TTL.to_owned(), item::seconds(until));
    table.put(row).await
}

pub(super) async fn forget_log_group<K: Clock>(
    table: &Table<K>,
    name: &str,
) -> Result<(), LedgerError> {
    table.take(keys::log_group(name)).await.map(|_| ())
}

pub(super) async fn refresh<K: Clock>(
    table: &Table<K>,
) -> Result<Option<InventoryRefresh>, LedgerError> {
    let Some(row) = table.get(keys::inventory_refresh()).await? else { return Ok(None) };
    let version = item::get_number(&row, VERSION).unwrap_or(0);
    // One that cannot be read is begun anew, in its place.
    Ok(of_row::<InventoryRefresh>(&row, PASS).or_else(|| {
        table.set_aside("list of stages", "", &row);
        let mut first = InventoryRefresh::first(table.now());
        first.version = version;
        Some(first)
    }))
}

pub(super) async fn store_refresh<K: Clock>(
    table: &Table<K>,
    refresh: &InventoryRefresh,
) -> Result<Committed, LedgerError> {
    let mut row = item::keyed(keys::inventory_refresh());
    row.extend([
        (PASS.to_owned(), item::text(json(refresh)?)),
        (VERSION.to_owned(), item::number(refresh.version)),
        (TTL.to_owned(), item::seconds(refresh.started_at.plus_millis(REFRESH_TTL_MS))),
    ]);
    // An expired row counts as none, of which 0 was read.
    let condition = if refresh.version <= 1 {
        Condition::new("attribute_not_exists(#version) OR #ttl <= :now")
    } else {
        Condition::new("#version = :before AND #ttl > :now")
            .value(":before", item::number(refresh.version - 1))
    };
    let condition = condition.name("#version", VERSION).expiry(table.now());
    let written = table.put_if(row, condition).await?;
    Ok(match written {
        Written::Done(_) => Committed::Done,
        Written::ConditionFailed => Committed::Conflict,
    })
}

fn json(value: &impl Serialize) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|_| errors::unwritable("what is known of stages"))
}

fn of_row<T: DeserializeOwned>(row: &Item, name: &str) -> Option<T> {
    serde_json::from_str(item::get_text(row, name)?).ok()
}
