//! Which sources the sweep looks at: those with lines of late, those with an open incident, and those that
//! have fallen silent.
//!
//! The row of a noted source holds, for each kind of log, when lines of it came in last and from which
//! log group. Noting one kind leaves what is known of the other, and the answer shows both, so that
//! whoever notes learns which log counts without a read of its own.
//!
//! It also holds the hours of the last day with lines, in an attribute for each hour of the day: 24 of some
//! 8 bytes, which leaves the row of names of usual length in one write unit.

use std::collections::BTreeMap;

use alerting::{
    ActiveHours, AuthoritativeLog, Clock, Incident, LedgerError, LiveSource, OpenIncident,
    REGISTERED_MINUTES, RegisteredLogs, SilentSource, Source,
};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use diagnosis::Timestamp;

use super::errors;
use super::item::{self, Item, TTL};
use super::keys;
use super::table::Table;
use super::update::Update;

const SOURCE: &str = "source";
const LOG_GROUP: &str = "log_group";

/// In the row of an open source: what is known of its incident.
const OPEN: &str = "open";

/// The attribute of an hour's slot.
fn name_of_slot(slot: usize) -> String {
    format!("h{slot}")
}

/// The attributes of a kind of log: its last minute, and its log group.
const fn names(log: AuthoritativeLog) -> (&'static str, &'static str) {
    match log {
        AuthoritativeLog::Access => ("minute", LOG_GROUP),
        AuthoritativeLog::Execution => ("x_minute", "x_log_group"),
    }
}

pub(super) async fn note<K: Clock>(
    table: &Table<K>,
    source: &Source,
    log: AuthoritativeLog,
    log_group: &str,
    minute: i64,
) -> Result<AuthoritativeLog, LedgerError> {
    let until = Timestamp::of_minute(minute + REGISTERED_MINUTES);
    let hour = ActiveHours::hour(minute);
    let (minute_of_log, group_of_log) = names(log);
    let update = Update::default()
        .set(SOURCE, item::text(source.to_string()))
        .set(group_of_log, item::text(log_group))
        .set(minute_of_log, item::number(minute))
        .set(name_of_slot(ActiveHours::slot(hour)), item::number(hour))
        .set(TTL, item::seconds(until))
        .with_name("#minute", minute_of_log)
        .with_value(":minute", item::number(minute));
    // A condition that fails is as good: somebody noted this minute or a later one.
    let condition = "attribute_not_exists(#minute) OR #minute < :minute";
    let row = table.update_and_see(keys::registered_source(source), &update, condition).await?;
    Ok(noted(&row).authoritative_log(minute))
}

/// The log that counts the requests of a source in the minutes up to `now`.
pub(super) async fn authoritative_log<K: Clock>(
    table: &Table<K>,
    source: &Source,
    now: i64,
) -> Result<AuthoritativeLog, LedgerError> {
    let row = table.get(keys::registered_source(source)).await?;
    Ok(noted(&row.unwrap_or_default()).authoritative_log(now))
}

fn noted(row: &Item) -> RegisteredLogs {
    let mut noted = RegisteredLogs::default();
    for log in [AuthoritativeLog::Access, AuthoritativeLog::Execution] {
        let (minute, log_group) = names(log);
        if let (Some(minute), Some(log_group)) =
            (item::get_number(row, minute), item::get_text(row, log_group))
        {
            noted.note(log, log_group, minute);
        }
    }
    // Rows of versions that kept no hours have those of their last lines.
    for slot in (0..ActiveHours::SLOTS).map(name_of_slot) {
        if let Some(hour) = item::get_number(row, &slot) {
            noted.hours.note(hour);
        }
    }
    noted
}

pub(super) async fn silent<K: Clock>(
    table: &Table<K>,
    before: i64,
) -> Result<Vec<SilentSource>, LedgerError> {
    let mut silent = Vec::new();
    for shard in (0..keys::SOURCE_SHARDS).map(keys::source_shard) {
        for row in table.query(&shard, None).await? {
            let logs = noted(&row);
            let Some(source) = source(&row) else { continue };
            if logs.last_minute().is_some_and(|last| last < before) {
                let ttl: i64 = item::get_number(&row, TTL).unwrap_or_default();
                let registered_until = Timestamp::from_millis(ttl * 1_000);
                silent.push(SilentSource { source, logs, registered_until });
            }
        }
    }
    silent.sort_by(|a, b| a.source.cmp(&b.source));
    Ok(silent)
}

pub(super) async fn keep_silent<K: Clock>(
    table: &Table<K>,
    source: &Source,
    last_minute: i64,
    until: Timestamp,
) -> Result<(), LedgerError> {
    let mut update = Update::default()
        .set(TTL, item::seconds(until))
        .with_value(":minute", item::number(last_minute));
    for (placeholder, log) in
        [("#access", AuthoritativeLog::Access), ("#execution", AuthoritativeLog::Execution)]
    {
        update = update.with_name(placeholder, names(log).0);
    }
    // A comparison with an attribute that the row does not have is false.
    let condition = "(#access = :minute OR #execution = :minute) \
                     AND NOT (#access > :minute) AND NOT (#execution > :minute)";
    let key = keys::registered_source(source);
    table.update(key, &update, condition, ReturnValue::None).await.map(drop)
}

pub(super) async fn live<K: Clock>(
    table: &Table<K>,
    since: i64,
) -> Result<Vec<LiveSource>, LedgerError> {
    let shards: Vec<String> = (0..keys::SOURCE_SHARDS).map(keys::source_shard).collect();
    let mut live: BTreeMap<Source, String> = BTreeMap::new();
    for row in table.query(keys::OPEN_SOURCES, None).await? {
        match of_row(&row) {
            Some((source, log_group)) => {
                live.insert(source, log_group);
            }
            None => table.set_aside("open incident", "", &row),
        }
    }
    for shard in &shards {
        for row in table.query(shard, None).await? {
            let noted = noted(&row);
            let lately = noted.log_group().filter(|_| noted.last_minute() >= Some(since));
            match source(&row) {
                Some(source) => live.extend(lately.map(|group| (source, group.to_owned()))),
                None => table.set_aside("source", "", &row),
            }
        }
    }
    Ok(live.into_iter().map(|(source, log_group)| LiveSource { source, log_group }).collect())
}

/// The row that an incident has while it is open.
pub(super) fn open_row(incident: &Incident) -> Result<Item, LedgerError> {
    let json =
        OpenIncident::to_row(incident).ok_or_else(|| errors::unwritable("an open incident"))?;
    let mut row = item::keyed(keys::open_source(incident));
    row.extend(attributes(&incident.source, &incident.log_group));
    row.insert(OPEN.to_owned(), item::text(json));
    Ok(row)
}

/// A row of a version that did not keep it is left out: no storm told of it.
pub(super) async fn open_incidents<K: Clock>(
    table: &Table<K>,
) -> Result<Vec<OpenIncident>, LedgerError> {
    let rows = table.query(keys::OPEN_SOURCES, None).await?;
    let mut open: Vec<OpenIncident> = Vec::new();
    for row in rows.iter().filter(|row| row.contains_key(OPEN)) {
        match item::get_text(row, OPEN).and_then(OpenIncident::of_row) {
            Some(incident) => open.push(incident),
            None => table.set_aside("open incident", "", row),
        }
    }
    open.sort_by(|a, b| (&a.source, &a.id).cmp(&(&b.source, &b.id)));
    Ok(open)
}

/// The attributes of a row that names a source.
fn attributes(source: &Source, log_group: &str) -> [(String, AttributeValue); 2] {
    [
        (SOURCE.to_owned(), item::text(source.to_string())),
        (LOG_GROUP.to_owned(), item::text(log_group)),
    ]
}

fn of_row(row: &Item) -> Option<(Source, String)> {
    Some((source(row)?, item::get_text(row, LOG_GROUP)?.to_owned()))
}

fn source(row: &Item) -> Option<Source> {
    item::get_text(row, SOURCE)?.parse().ok()
}
