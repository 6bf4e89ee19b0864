//! Which sources the sweep looks at: those with lines of late, and those with an open incident.

use std::collections::BTreeMap;

use alerting::{Clock, Incident, LedgerError, LiveSource, OpenIncident, Source};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use diagnosis::Timestamp;

use super::errors;
use super::item::{self, Item, TTL};
use super::keys;
use super::table::Table;
use super::update::Update;

const SOURCE: &str = "source";
const LOG_GROUP: &str = "log_group";
const MINUTE: &str = "minute";

/// In the row of an open source: what is known of its incident.
const OPEN: &str = "open";

/// How long after its minute a noted source is kept; the port asks for 15 minutes.
const NOTED_FOR_MS: i64 = 60 * 60 * 1_000;

pub(super) async fn note<K: Clock>(
    table: &Table<K>,
    source: &Source,
    log_group: &str,
    minute: i64,
) -> Result<(), LedgerError> {
    let until = Timestamp::of_minute(minute).plus_millis(NOTED_FOR_MS);
    let update = Update::default()
        .set(SOURCE, item::text(source.to_string()))
        .set(LOG_GROUP, item::text(log_group))
        .set(MINUTE, item::number(minute))
        .set(TTL, item::seconds(until))
        .with_name("#minute", MINUTE)
        .with_value(":minute", item::number(minute));
    // A condition that fails is as good: somebody noted this minute or a later one.
    let condition = "attribute_not_exists(#minute) OR #minute < :minute";
    let key = keys::noted_source(source);
    table.update(key, &update, condition, ReturnValue::None).await.map(|_| ())
}

pub(super) async fn live<K: Clock>(
    table: &Table<K>,
    since: i64,
) -> Result<Vec<LiveSource>, LedgerError> {
    let shards: Vec<String> = (0..keys::SOURCE_SHARDS).map(keys::source_shard).collect();
    let mut live: BTreeMap<Source, String> = BTreeMap::new();
    live.extend(table.query(keys::OPEN_SOURCES, None).await?.iter().filter_map(of_row));
    for shard in &shards {
        let rows = table.query(shard, None).await?;
        let lately =
            |row: &&Item| item::get_number::<i64>(row, MINUTE).is_some_and(|at| at >= since);
        live.extend(rows.iter().filter(lately).filter_map(of_row));
    }
    Ok(live.into_iter().map(|(source, log_group)| LiveSource { source, log_group }).collect())
}

/// The row that an incident has while it is open.
pub(super) fn open_row(incident: &Incident) -> Result<Item, LedgerError> {
    let json = serde_json::to_string(&OpenIncident::from(incident))
        .map_err(|_| errors::unreadable("an open incident"))?;
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
    let mut open: Vec<OpenIncident> = rows
        .iter()
        .filter_map(|row| serde_json::from_str(item::get_text(row, OPEN)?).ok())
        .collect();
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
    let source = item::get_text(row, SOURCE)?.parse().ok()?;
    Some((source, item::get_text(row, LOG_GROUP)?.to_owned()))
}
