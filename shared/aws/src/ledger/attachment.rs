//! Which log groups the stack watches: one row that holds JSON, without an end.
//!
//! A row that cannot be read, of a later release, counts as none; the next change writes over it.

use alerting::{Attachment, Clock, Committed, LedgerError};

use super::errors;
use super::item::{self, Item};
use super::keys;
use super::table::{Condition, Table, Written};

const WATCHED: &str = "watched";
const VERSION: &str = "version";

pub(super) async fn read<K: Clock>(table: &Table<K>) -> Result<Option<Attachment>, LedgerError> {
    let Some(row) = table.get(keys::attachment()).await? else { return Ok(None) };
    let read = of_row(&row);
    if read.is_none() {
        table.set_aside("attachment", "", &row);
    }
    Ok(read)
}

fn of_row(row: &Item) -> Option<Attachment> {
    serde_json::from_str(item::get_text(row, WATCHED)?).ok()
}

pub(super) async fn store<K: Clock>(
    table: &Table<K>,
    attachment: &Attachment,
) -> Result<Committed, LedgerError> {
    let json =
        serde_json::to_string(attachment).map_err(|_| errors::unwritable("an attachment"))?;
    let mut row = item::keyed(keys::attachment());
    row.extend([
        (WATCHED.to_owned(), item::text(json)),
        (VERSION.to_owned(), item::number(attachment.version)),
    ]);
    let before = if attachment.version > 1 {
        Some(attachment.version - 1)
    } else {
        match table.get(keys::attachment()).await? {
            Some(row) if of_row(&row).is_some() => return Ok(Committed::Conflict),
            Some(row) => item::get_number(&row, VERSION),
            None => None,
        }
    };
    let condition = match before {
        Some(before) => Condition::new("#version = :before").value(":before", item::number(before)),
        None => Condition::new("attribute_not_exists(#version)"),
    };
    Ok(match table.put_if(row, condition.name("#version", VERSION)).await? {
        Written::Done(_) => Committed::Done,
        Written::ConditionFailed => Committed::Conflict,
    })
}
