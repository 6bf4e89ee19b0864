//! A few failed requests per minute and cause, kept to show.

use alerting::{Clock, Exemplar, LedgerError, Source};

use super::errors;
use super::item::{self, Item, TTL};
use super::keys::{self, Key};
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
    let json = serde_json::to_string(exemplar).map_err(|_| errors::unreadable("an exemplar"))?;
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
    let rows = table.minutes(&keys::exemplars(source), from, to).await?;
    let mut found: Vec<(Option<i64>, Exemplar)> = rows.iter().filter_map(of_row).collect();
    // The keys sort causes by name; places are in order already.
    found.sort_by_key(|(minute, exemplar)| (*minute, exemplar.cause));
    Ok(found.into_iter().map(|(_, exemplar)| exemplar).collect())
}

/// `None` for what this version cannot read: an alert can do without an example.
fn of_row(row: &Item) -> Option<(Option<i64>, Exemplar)> {
    let minute = item::get_text(row, "sk").and_then(keys::minute);
    let exemplar = serde_json::from_str(item::get_text(row, EXEMPLAR)?).ok()?;
    Some((minute, exemplar))
}
