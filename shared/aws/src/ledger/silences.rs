//! Silences, under one partition key; each expires when it ends.
//!
//! Reading them costs one read for about ten, adding one a write, ending one a write.

use alerting::{Clock, LedgerError, Silence};
use diagnosis::Timestamp;

use super::errors;
use super::item::{self, Item, TTL};
use super::keys;
use super::table::{Table, Written};

const SILENCE: &str = "silence";

/// Of two who add at once the second may find that the first one's has just ended.
const MAX_TRIES: u32 = 3;

pub(super) async fn read<K: Clock>(
    table: &Table<K>,
    now: Timestamp,
) -> Result<Vec<Silence>, LedgerError> {
    let rows = table.query(keys::SILENCES, None).await?;
    // One that cannot be read silences nothing: better a message too many.
    let read = |row: &Item| of_row(row).or_else(|| set_aside(table, row));
    Ok(rows.iter().filter_map(read).filter(|silence| silence.until > now).collect())
}

pub(super) async fn add<K: Clock>(
    table: &Table<K>,
    silence: &Silence,
) -> Result<Option<Silence>, LedgerError> {
    let key = keys::silence(&silence.id);
    for _ in 0..MAX_TRIES {
        let mut row = item::keyed(key.clone());
        let json = serde_json::to_string(silence).map_err(|_| errors::unwritable("a silence"))?;
        row.insert(SILENCE.to_owned(), item::text(json));
        // Rounded up: the row must not expire before its silence.
        row.insert(TTL.to_owned(), item::seconds(silence.until.plus_millis(999)));
        if let Written::Done(_) = table.put_new(row).await? {
            return Ok(None);
        }
        let known = table.get(key.clone()).await?;
        // The first try of this very call may have been written and its answer lost.
        match known.as_ref().and_then(of_row) {
            Some(known) if known == *silence => return Ok(None),
            Some(known) => return Ok(Some(known)),
            None => {}
        }
    }
    Err(LedgerError {
        reason: "a silence changed whenever it was added".to_owned(),
        retryable: true,
    })
}

pub(super) async fn end<K: Clock>(
    table: &Table<K>,
    id: &str,
    now: Timestamp,
) -> Result<Option<Silence>, LedgerError> {
    let ended = table.take(keys::silence(id)).await?;
    Ok(ended.as_ref().and_then(of_row).filter(|silence| silence.until > now))
}

fn set_aside<K: Clock>(table: &Table<K>, row: &Item) -> Option<Silence> {
    table.set_aside("silence", "", row);
    None
}

fn of_row(row: &Item) -> Option<Silence> {
    serde_json::from_str(item::get_text(row, SILENCE)?).ok()
}
