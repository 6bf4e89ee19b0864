//! A few failed requests per minute and cause, kept to show.
//!
//! Costs: keeping one is 1 write unit per KB, be its place taken or not; reading is 1 read unit per 4 KB,
//! and 1 more where there are some of an execution log.

use alerting::{AuthoritativeLog, Clock, EXECUTION_PLACES, Exemplar, LedgerError, Source};

use super::errors;
use super::item::{self, Item, TTL};
use super::keys::{self, Key};
use super::sources;
use super::table::Table;

const EXEMPLAR: &str = "exemplar";

/// Who comes first stays: a taken place is no error.
pub(super) async fn put<K: Clock>(
    table: &Table<K>,
    source: &Source,
    minute: i64,
    place: u8,
    exemplar: &Exemplar,
) -> Result<(), LedgerError> {
    let key = Key {
        pk: keys::exemplars(source),
        sk: keys::minute_and_place(minute, exemplar.cause, place),
    };
    let json = serde_json::to_string(exemplar).map_err(|_| errors::unwritable("an exemplar"))?;
    let mut row = item::keyed(key);
    row.insert(EXEMPLAR.to_owned(), item::text(json));
    row.insert(TTL.to_owned(), item::seconds(table.counted_until()));
    table.put_new(row).await.map(|_| ())
}

pub(super) async fn read<K: Clock>(
    table: &Table<K>,
    source: &Source,
    from: i64,
    to: i64,
) -> Result<Vec<Exemplar>, LedgerError> {
    let mut rows = table.minutes(&keys::exemplars(source), from, to).await?;
    if rows.iter().any(is_of_execution)
        && sources::authoritative_log(table, source, to).await? == AuthoritativeLog::Access
    {
        rows.retain(|row| !is_of_execution(row));
    }
    let mut found: Vec<(Option<i64>, Exemplar)> = Vec::new();
    for row in &rows {
        match of_row(row) {
            Some(exemplar) => found.push(exemplar),
            None => table.set_aside("exemplar", &source.to_string(), row),
        }
    }
    // The keys sort causes by name; places are in order already.
    found.sort_by_key(|(minute, exemplar)| (*minute, exemplar.cause));
    Ok(found.into_iter().map(|(_, exemplar)| exemplar).collect())
}

fn is_of_execution(row: &Item) -> bool {
    let place = item::get_text(row, "sk").and_then(keys::place);
    place.is_some_and(|place| place >= EXECUTION_PLACES)
}

/// `None` for what this version cannot read: an alert can do without an example.
fn of_row(row: &Item) -> Option<(Option<i64>, Exemplar)> {
    let minute = item::get_text(row, "sk").and_then(keys::minute);
    let exemplar = serde_json::from_str(item::get_text(row, EXEMPLAR)?).ok()?;
    Some((minute, exemplar))
}
