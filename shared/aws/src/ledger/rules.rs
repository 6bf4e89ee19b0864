//! The last good rules: one row, which never expires.

use alerting::{Clock, LedgerError, RulesDocument, hash};

use super::item::{self, Item};
use super::keys;
use super::table::Table;

const TEXT: &str = "text";
const STORED_AT: &str = "kept_at";

/// For people who compare: nothing reads it.
const HASH: &str = "hash";

pub(super) async fn keep<K: Clock>(
    table: &Table<K>,
    document: &RulesDocument,
) -> Result<(), LedgerError> {
    let hash = format!("{:016x}", hash::of(&[document.text.as_bytes()]));
    let mut row = item::keyed(keys::rules());
    row.extend([
        (TEXT.to_owned(), item::text(document.text.as_str())),
        (STORED_AT.to_owned(), item::number(document.stored_at.as_millis())),
        (HASH.to_owned(), item::text(hash)),
    ]);
    table.put(row).await
}

pub(super) async fn read<K: Clock>(table: &Table<K>) -> Result<Option<RulesDocument>, LedgerError> {
    let Some(row) = table.get(keys::rules()).await? else { return Ok(None) };
    let document = of_row(&row);
    if document.is_none() {
        table.set_aside("rules", "", &row);
    }
    Ok(document)
}

/// A row that cannot be read is as good as none: the next sweep writes it anew.
fn of_row(row: &Item) -> Option<RulesDocument> {
    let text = item::get_text(row, TEXT)?.to_owned();
    Some(RulesDocument { text, stored_at: item::get_time(row, STORED_AT)? })
}
