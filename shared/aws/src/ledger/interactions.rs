//! Signed requests that were carried out. Each costs a write, one that comes again a read besides.

use alerting::{Clock, LedgerError};
use diagnosis::Timestamp;

use super::item::{self, TTL};
use super::keys;
use super::table::{Table, Written};

const HOLDER: &str = "holder";

pub(super) async fn first_time<K: Clock>(
    table: &Table<K>,
    request: &str,
    holder: &str,
    until: Timestamp,
) -> Result<bool, LedgerError> {
    let key = keys::press(request);
    let mut row = item::keyed(key.clone());
    row.insert(HOLDER.to_owned(), item::text(holder));
    // Rounded up: the row must not expire before its time.
    row.insert(TTL.to_owned(), item::seconds(until.plus_millis(999)));
    if let Written::Done(_) = table.put_new(row).await? {
        return Ok(true);
    }
    // The first try of this very call may have been written and its answer lost.
    let known = table.get(key).await?;
    Ok(known.is_some_and(|known| item::get_text(&known, HOLDER) == Some(holder)))
}

pub(super) async fn forget<K: Clock>(table: &Table<K>, request: &str) -> Result<(), LedgerError> {
    table.take(keys::press(request)).await.map(|_| ())
}
