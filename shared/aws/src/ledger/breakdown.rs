//! Routes and callers of failed requests, by source and minute.
//!
//! Attributes: `r:<cause>:<template>` and `p:<cause>:<path bucket>` count errors, `q:<path bucket>` is
//! the first path seen in a bucket, `c` the set of caller buckets (2 bytes each), `k` the errors whose
//! caller is known, `t:<bucket>` those of the top callers in a bucket and `w:<bucket>` the first
//! caller's name, `x:<cause>:<template>` what an execution log tells of, `b` the guards.
//!
//! Costs: adding is 1 write unit per KB of the row for each part, so usually 1, and 2 to 5 where a source
//! has many routes and callers; reading is 1 read unit per 4 KB of all rows, and 1 more where rows hold
//! an `x:`. Breakdown are read for messages only.
//!
//! A batch may have more to add than one expression takes. It is cut into parts, always in the same
//! places, and each part is guarded by itself: a redelivery after a crash adds exactly the parts that are
//! missing.

use std::collections::BTreeMap;

use alerting::{BatchId, Breakdown, Clock, LedgerError, Recorded, RouteCounts, RouteKey, Source};
use diagnosis::Cause;

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::{self, Item};
use super::keys::{self, Key};
use super::sources;
use super::table::Table;
use super::update::{Clause, Update, guard};

const CALLERS: &str = "c";
const WITH_CALLER: &str = "k";

pub(super) async fn add<K: Clock>(
    table: &Table<K>,
    source: &Source,
    minute: i64,
    batch: BatchId,
    breakdown: &Breakdown,
) -> Result<Recorded, LedgerError> {
    let key = Key { pk: keys::breakdown(source), sk: keys::minute_and_shard(minute, batch) };
    let mut recorded = Recorded::Duplicate;
    for (place, part) in parts(breakdown).into_iter().enumerate() {
        if table.add_once(key.clone(), part, guard(batch, place)).await? == Recorded::New {
            recorded = Recorded::New;
        }
    }
    Ok(recorded)
}

/// The updates that add `breakdown`, each small enough for one expression. The order and the cuts depend
/// on nothing but the breakdown.
fn parts(breakdown: &Breakdown) -> Vec<Update> {
    let mut clauses: Vec<Clause> = Vec::new();
    for ((cause, route), count) in &breakdown.routes {
        clauses.push(Clause::Add(route_name("r", *cause, route), item::number(count)));
    }
    for ((cause, route), count) in &breakdown.execution {
        clauses.push(Clause::Add(route_name("x", *cause, route), item::number(count)));
    }
    for (bucket, name) in &breakdown.path_names {
        clauses.push(Clause::SetOnce(format!("q:{bucket}"), item::text(name)));
    }
    if !breakdown.callers.is_empty() {
        let buckets: Vec<[u8; 2]> =
            breakdown.callers.iter().map(|bucket| bucket.to_be_bytes()).collect();
        let buckets = item::set_of_bytes(buckets.iter().map(|bucket| &bucket[..]));
        clauses.push(Clause::Add(CALLERS.to_owned(), buckets));
    }
    if breakdown.with_caller > 0 {
        clauses.push(Clause::Add(WITH_CALLER.to_owned(), item::number(breakdown.with_caller)));
    }
    for (bucket, busy) in &breakdown.top_callers {
        clauses.push(Clause::Add(format!("t:{bucket}"), item::number(busy.errors)));
        clauses.push(Clause::SetOnce(format!("w:{bucket}"), item::text(&busy.name)));
    }

    Update::parts(clauses)
}

/// `prefix` is that of a template; paths are counted for access logs only.
fn route_name(prefix: &str, cause: Cause, route: &RouteKey) -> String {
    match route {
        RouteKey::Template(name) => format!("{prefix}:{cause}:{name}"),
        RouteKey::PathBucket(bucket) => format!("p:{cause}:{bucket}"),
    }
}

pub(super) async fn read<K: Clock>(
    table: &Table<K>,
    source: &Source,
    from: i64,
    to: i64,
) -> Result<Breakdown, LedgerError> {
    let mut sum = Breakdown::default();
    for row in table.minutes(&keys::breakdown(source), from, to).await? {
        sum.add(&of_row(&row));
    }
    if sum.execution.is_empty() {
        return Ok(sum);
    }
    Ok(sum.counted_by(sources::authoritative_log(table, source, to).await?))
}

pub(super) async fn read_by_minute<K: Clock>(
    table: &Table<K>,
    source: &Source,
    from: i64,
    to: i64,
) -> Result<BTreeMap<i64, Breakdown>, LedgerError> {
    let mut minutes: BTreeMap<i64, Breakdown> = BTreeMap::new();
    for row in table.minutes(&keys::breakdown(source), from, to).await? {
        if let Some(minute) = item::get_text(&row, "sk").and_then(keys::minute) {
            minutes.entry(minute).or_default().add(&of_row(&row));
        }
    }
    Ok(minutes)
}

fn of_row(row: &Item) -> Breakdown {
    let mut breakdown = Breakdown::default();
    for (name, value) in row {
        // A cause's slug holds no colon; a route may.
        let mut parts = name.splitn(3, ':');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("r"), Some(cause), Some(route)) => {
                add_route(
                    &mut breakdown.routes,
                    cause,
                    RouteKey::Template(route.to_owned()),
                    value,
                );
            }
            (Some("x"), Some(cause), Some(route)) => {
                let route = RouteKey::Template(route.to_owned());
                add_route(&mut breakdown.execution, cause, route, value);
            }
            (Some("p"), Some(cause), Some(bucket)) => {
                if let Ok(bucket) = bucket.parse() {
                    add_route(&mut breakdown.routes, cause, RouteKey::PathBucket(bucket), value);
                }
            }
            (Some("q"), Some(bucket), None) => {
                if let (Ok(bucket), Ok(path)) = (bucket.parse(), value.as_s()) {
                    breakdown.path_names.insert(bucket, path.clone());
                }
            }
            (Some("t"), Some(bucket), None) => {
                if let Ok(bucket) = bucket.parse() {
                    breakdown.top_callers.entry(bucket).or_default().errors = number(value);
                }
            }
            (Some("w"), Some(bucket), None) => {
                if let (Ok(bucket), Ok(name)) = (bucket.parse(), value.as_s()) {
                    breakdown.top_callers.entry(bucket).or_default().name.clone_from(name);
                }
            }
            (Some(CALLERS), None, None) => {
                let buckets = value.as_bs().map(Vec::as_slice).unwrap_or_default();
                let buckets = buckets.iter().filter_map(|bucket| bucket.as_ref().try_into().ok());
                breakdown.callers.extend(buckets.map(u16::from_be_bytes));
            }
            (Some(WITH_CALLER), None, None) => breakdown.with_caller = number(value),
            _ => {}
        }
    }
    breakdown
}

fn number(value: &AttributeValue) -> u64 {
    item::as_number(value).unwrap_or(0)
}

fn add_route(routes: &mut RouteCounts, cause: &str, route: RouteKey, count: &AttributeValue) {
    // As for counters: a cause that only a newer version knows.
    let cause = cause.parse().unwrap_or(Cause::Unknown);
    *routes.entry((cause, route)).or_default() += number(count);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use alerting::{Breakdown, CALLER_BUCKETS, CallerBucket, RouteKey};
    use diagnosis::Cause;

    use super::super::update::MAX_BYTES;
    use super::parts;

    fn breakdown(routes: usize) -> Breakdown {
        let name = |n| RouteKey::Template(format!("GET /{}/{n:03}", "x".repeat(110)));
        Breakdown {
            routes: (0..routes).map(|n| ((Cause::LambdaTimedOut, name(n)), 1)).collect(),
            path_names: (0..64).map(|bucket| (bucket, "GET /".repeat(24))).collect(),
            callers: (0..CALLER_BUCKETS).collect(),
            with_caller: 5_000,
            top_callers: (0..64).map(|bucket| (bucket, busy())).collect(),
            execution: (0..routes).map(|n| ((Cause::LambdaThrottled, name(n)), 1)).collect(),
        }
    }

    fn busy() -> CallerBucket {
        CallerBucket { errors: 1_000, name: "API key \u{2026}k3x9".to_owned() }
    }

    #[test]
    fn every_part_fits_and_nothing_is_lost() {
        for routes in [0, 1, 19, 20, 21, 1_000] {
            let breakdown = breakdown(routes);
            let parts = parts(&breakdown);
            let mut names = BTreeSet::new();
            for part in &parts {
                assert!(part.bytes() <= MAX_BYTES, "{} bytes", part.bytes());
                names.extend(part.names().into_values());
            }
            assert_eq!(names.len(), 2 * routes + 64 + 2 + 2 * 64, "{routes} routes");
        }
    }

    #[test]
    fn the_same_details_are_cut_in_the_same_places() {
        let expressions = || -> Vec<_> {
            parts(&breakdown(500)).iter().map(|part| (part.expression(), part.names())).collect()
        };
        assert_eq!(expressions(), expressions());
    }

    #[test]
    fn details_of_nothing_are_one_part() {
        assert_eq!(parts(&Breakdown::default()).len(), 1);
    }
}
