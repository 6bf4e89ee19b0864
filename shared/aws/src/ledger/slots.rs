//! Passes: a few places for the sources that are told of by themselves when many fail at once.
//!
//! A question costs one read, taking a place one write more. Only openings ask.

use alerting::{Clock, LedgerError, Source};
use diagnosis::Timestamp;

use super::item::{self, TTL};
use super::keys::{self, SLOTS};
use super::table::{Table, Written};

const SOURCE: &str = "source";

pub(super) async fn take<K: Clock>(
    table: &Table<K>,
    source: &Source,
    places: u8,
    until: Timestamp,
) -> Result<bool, LedgerError> {
    let source = source.to_string();
    let taken = table.query(SLOTS, None).await?;
    if taken.iter().any(|row| item::get_text(row, SOURCE) == Some(source.as_str())) {
        return Ok(true);
    }
    let keys = (0..places).map(keys::pass);
    for key in keys
        .filter(|key| !taken.iter().any(|row| item::get_text(row, "sk") == Some(key.sk.as_str())))
    {
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
