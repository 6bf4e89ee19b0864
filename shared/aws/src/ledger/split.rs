//! Transitions that are too large for one transaction.
//!
//! The outbox rows that do not fit are first put aside, under a partition key that nothing delivers from.
//! The transaction then changes the incident, adds the rows that fit, and marks the transition as
//! unfinished. Only what carries such a mark is moved to the outbox, so no notification goes out without
//! its incident. And whatever carries one is finished: by the writer itself, by the next reader of the
//! source, which therefore never decides beside an unfinished transition, or by the sweep. A row is moved by
//! a transaction that deletes the row put aside, so it is moved once. Rows of a writer that died before its
//! transaction expire.

use alerting::{Clock, LedgerError};

use super::item::{self, DAY_MS, Item, TTL};
use super::keys::{self, Key};
use super::limits::{self, Room, SMALL_ROW_BYTES};
use super::table::Table;
use super::transaction::Outcome;

const TO_PK: &str = "to_pk";
const TO_SK: &str = "to_sk";

/// Longer than a notification is ever pending.
const KEPT_FOR_MS: i64 = 3 * DAY_MS;

/// How often rows are read again that somebody else moves at the same time.
const MAX_READS: u32 = 5;

/// Puts rows aside for a commit that is about to happen.
pub(super) async fn put_aside<K: Clock>(
    table: &Table<K>,
    commit: &str,
    rows: Vec<Item>,
) -> Result<(), LedgerError> {
    for (number, row) in rows.into_iter().enumerate() {
        table.put(aside(table, commit, number, row)).await?;
    }
    Ok(())
}

/// The row that marks a transition as unfinished.
pub(super) fn mark<K: Clock>(table: &Table<K>, commit: &str) -> Item {
    let mut mark = item::keyed(keys::unfinished(commit));
    mark.insert(TTL.to_owned(), item::seconds(table.now().plus_millis(KEPT_FOR_MS)));
    mark
}

/// Moves the rows of a commit that took place to the outbox. Does nothing for one that is finished.
pub(super) async fn finish<K: Clock>(table: &Table<K>, commit: &str) -> Result<(), LedgerError> {
    for _ in 0..MAX_READS {
        let mut rows = Vec::new();
        for row in table.query(&keys::put_aside(commit), None).await? {
            match restored(row.clone()) {
                Some(row) => rows.push(row),
                None => table.set_aside("message of a large transition", commit, &row),
            }
        }
        if rows.is_empty() {
            return table.take(keys::unfinished(commit)).await.map(|_| ());
        }
        for part in limits::parts(rows, Room::TRANSACTION, 2, moved_bytes) {
            let mut transaction = table.transaction();
            for (aside, pending) in part {
                transaction = transaction.delete_existing(aside)?.put(pending)?;
            }
            if transaction.run().await? == Outcome::ConditionFailed {
                break;
            }
        }
    }
    let reason = "others moved the same notifications whenever they were read".to_owned();
    Err(LedgerError { reason, retryable: true })
}

/// Finishes what other invocations left unfinished. One that fails holds up no other.
pub(super) async fn finish_all<K: Clock>(table: &Table<K>) -> Result<(), LedgerError> {
    let mut first_error = Ok(());
    for mark in table.query(keys::UNFINISHED, None).await? {
        if let Some(commit) = item::get_text(&mark, "sk") {
            first_error = first_error.and(finish(table, commit).await);
        }
    }
    first_error
}

fn aside<K: Clock>(table: &Table<K>, commit: &str, number: usize, row: Item) -> Item {
    let mut aside = row;
    let place = Key { pk: keys::put_aside(commit), sk: format!("{number:05}") };
    for (name, to, value) in [("pk", TO_PK, place.pk), ("sk", TO_SK, place.sk)] {
        if let Some(before) = aside.insert(name.to_owned(), item::text(value)) {
            aside.insert(to.to_owned(), before);
        }
    }
    aside.insert(TTL.to_owned(), item::seconds(table.now().plus_millis(KEPT_FOR_MS)));
    aside
}

/// Both the row that is deleted and the one that is put count.
fn moved_bytes((_, pending): &(Key, Item)) -> usize {
    2 * limits::item_bytes(pending) + SMALL_ROW_BYTES
}

/// The key of a row put aside, and the row as it belongs into the outbox, where it never expires.
fn restored(mut row: Item) -> Option<(Key, Item)> {
    row.remove(TTL);
    let (partition, sort) = (row.remove(TO_PK)?, row.remove(TO_SK)?);
    let pk = row.insert("pk".to_owned(), partition)?.as_s().ok()?.clone();
    let sk = row.insert("sk".to_owned(), sort)?.as_s().ok()?.clone();
    Some((Key { pk, sk }, row))
}
