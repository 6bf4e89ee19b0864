//! Which causes a source has had of late: a row per cause with the minutes it was `first` and `last` seen
//! in. Both conditions compare minutes and not the clock, so that an expired row needs no thought: it is
//! one whose `last` is too long ago.

use std::collections::BTreeMap;

use alerting::{Clock, LedgerError, NEW_AFTER_MINUTES, Source};
use aws_sdk_dynamodb::types::ReturnValue;
use diagnosis::{Cause, Timestamp};

use super::item::{self, Item, TTL};
use super::keys::{self, Key};
use super::table::{Table, Written};
use super::update::Update;

const FIRST: &str = "first";
const LAST: &str = "last";

pub(super) async fn note<K: Clock>(
    table: &Table<K>,
    source: &Source,
    cause: Cause,
    minute: i64,
) -> Result<(), LedgerError> {
    let key = Key { pk: keys::causes_seen(source), sk: cause.to_string() };
    // A minute longer: a row must be there as long as it says that its cause is not new.
    let until = Timestamp::of_minute(minute + NEW_AFTER_MINUTES + 1);
    let seen = Update::default()
        .set(LAST, item::number(minute))
        .set(TTL, item::seconds(until))
        .with_name("#last", LAST)
        .with_value(":oldest", item::number(minute - NEW_AFTER_MINUTES));
    let again = seen.clone().with_value(":minute", item::number(minute));
    let condition = "#last BETWEEN :oldest AND :minute";
    if table.update(key.clone(), &again, condition, ReturnValue::None).await?
        == Written::ConditionFailed
    {
        // New, or new again. If that is not so either, a later minute was noted before.
        let first = seen.set(FIRST, item::number(minute));
        let condition = "attribute_not_exists(#last) OR #last < :oldest";
        table.update(key, &first, condition, ReturnValue::None).await?;
    }
    Ok(())
}

pub(super) async fn read<K: Clock>(
    table: &Table<K>,
    source: &Source,
    since: i64,
) -> Result<BTreeMap<Cause, i64>, LedgerError> {
    let rows = table.query(&keys::causes_seen(source), None).await?;
    let lately = |row: &&Item| item::get_number::<i64>(row, LAST).is_some_and(|at| at >= since);
    Ok(rows.iter().filter(lately).filter_map(of_row).collect())
}

/// A cause that only a newer version knows is none that this one could judge.
fn of_row(row: &Item) -> Option<(Cause, i64)> {
    Some((item::get_text(row, "sk")?.parse().ok()?, item::get_number(row, FIRST)?))
}
