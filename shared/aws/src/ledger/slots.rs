//! Slots: a few places of each severity for the sources that are announced by themselves when many fail at
//! once.
//!
//! A question costs one read, taking a slot one write more. Only openings ask.

use alerting::{Clock, LedgerError, Severity, Source};
use diagnosis::Timestamp;

use super::item::{self, TTL};
use super::keys::{self, Key, SLOTS};
use super::table::{Table, Written};

const SOURCE: &str = "source";

pub(super) async fn take<K: Clock>(
    table: &Table<K>,
    source: &Source,
    severity: Severity,
    places: u8,
    until: Timestamp,
) -> Result<bool, LedgerError> {
    let source = source.to_string();
    let rows = table.query(SLOTS, None).await?;
    let holder = |key: &Key| {
        let row = rows.iter().find(|row| item::get_text(row, "sk") == Some(key.sk.as_str()))?;
        item::get_text(row, SOURCE)
    };
    let keys: Vec<Key> = (0..places).map(|place| keys::slot(severity, place)).collect();
    if keys.iter().any(|key| holder(key) == Some(source.as_str())) {
        return Ok(true);
    }
    let free: Vec<Key> = keys.into_iter().filter(|key| holder(key).is_none()).collect();
    for key in free {
        let mut row = item::keyed(key);
        row.insert(SOURCE.to_owned(), item::text(source.as_str()));
        row.insert(TTL.to_owned(), item::seconds(until));
        // A place that somebody else has taken meanwhile is theirs; there may be another.
        if let Written::Done(_) = table.put_new(row).await? {
            return Ok(true);
        }
    }
    Ok(false)
}
