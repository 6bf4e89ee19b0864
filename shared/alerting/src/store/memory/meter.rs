//! What the same calls would cost on DynamoDB: request units by the sizes of the rows.
//!
//! An update pays for its whole row, 1 write unit per KB; a consistent query pays for all rows it reads
//! together, 1 read unit per 4 KB, and at least 1. The rows are those that the adapter for DynamoDB
//! writes, which tests there hold this to. Sizes:
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html>
//!
//! Metered is what happens for batches and in every sweep. What happens for incidents is seldom enough
//! to cost nothing.

use std::collections::BTreeMap;

use crate::counting::{
    ActiveHours, BatchId, Breakdown, CauseCounts, Exemplar, MinuteCounts, RequestCounts,
    RouteCounts, RouteKey,
};
use crate::source::Source;

/// Request units of an on-demand table.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Units {
    /// Write units.
    pub written: u64,
    /// Read units, consistent.
    pub read: u64,
}

impl Units {
    /// What they cost in US dollars, in us-east-1: $0.625 and $0.125 per million.
    /// <https://aws.amazon.com/dynamodb/pricing/on-demand/>
    pub fn dollars(self) -> f64 {
        (self.written as f64 * 0.625 + self.read as f64 * 0.125) / 1e6
    }
}

impl std::ops::Sub for Units {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { written: self.written - other.written, read: self.read - other.read }
    }
}

/// A row's place: its source, minute and shard, or the exemplar's number.
type Place = (Source, i64, u8);

/// What a row holds beside its counts: the guards of what it has counted, 8 bytes each.
#[derive(Debug, Clone, Default)]
struct Row<T> {
    counts: T,
    guards: usize,
}

/// Keeps the rows' contents, to know their sizes.
#[derive(Debug, Default)]
pub(super) struct Meter {
    units: Units,
    counters: BTreeMap<Place, Row<MinuteCounts>>,
    breakdown: BTreeMap<Place, Row<Breakdown>>,
    /// The bytes of each source's and minute's exemplars.
    exemplars: BTreeMap<(Source, i64), usize>,
    largest: usize,
}

/// An expression is cut where it gets longer.
const MAX_EXPRESSION: usize = 3_500;

impl Meter {
    pub(super) const fn units(&self) -> Units {
        self.units
    }

    pub(super) const fn largest_row(&self) -> usize {
        self.largest
    }

    pub(super) fn forget_before(&mut self, minute: i64) {
        self.counters.retain(|(_, at, _), _| *at >= minute);
        self.breakdown.retain(|(_, at, _), _| *at >= minute);
        self.exemplars.retain(|(_, at), _| *at >= minute);
    }

    pub(super) fn write(&mut self, bytes: usize, times: usize) {
        self.largest = self.largest.max(bytes);
        self.units.written += bytes.div_ceil(1_024).max(1) as u64 * times as u64;
    }

    /// A row of a few short attributes.
    pub(super) fn write_small(&mut self) {
        self.write(0, 1);
    }

    /// A query or a get that reads rows of so many bytes.
    pub(super) fn read(&mut self, bytes: usize) {
        self.units.read += bytes.div_ceil(4_096).max(1) as u64;
    }

    pub(super) fn note(&mut self, source: &Source, log_group: &str) {
        let name = source.to_string();
        let bytes = key(3, name.len()) + text("source", &name) + text("log_group", log_group);
        // All hours of a day: the row of a source that is always busy.
        let hours = (0..ActiveHours::SLOTS).map(|slot| number(&format!("h{slot}"), 483_825));
        self.write(bytes + number("minute", 29_029_514) + hours.sum::<usize>() + TTL, 1);
    }

    pub(super) fn add_counts(
        &mut self,
        (source, minute): (&Source, i64),
        batch: BatchId,
        counts: &MinuteCounts,
        is_new: bool,
    ) {
        let row = self.counters.entry((source.clone(), minute, batch.shard())).or_default();
        if is_new {
            row.counts.add(counts);
            row.guards += 1;
        }
        let bytes = counter_row(source, row);
        self.write(bytes, 1);
    }

    pub(super) fn add_breakdown(
        &mut self,
        (source, minute): (&Source, i64),
        batch: BatchId,
        breakdown: &Breakdown,
        is_new: bool,
    ) {
        let parts = expression(breakdown).div_ceil(MAX_EXPRESSION).max(1);
        let row = self.breakdown.entry((source.clone(), minute, batch.shard())).or_default();
        if is_new {
            row.counts.add(breakdown);
            row.guards += parts;
        }
        let bytes = details_row(source, row);
        self.write(bytes, parts);
    }

    pub(super) fn put_exemplar(
        &mut self,
        (source, minute): (&Source, i64),
        exemplar: &Exemplar,
        is_new: bool,
    ) {
        let json = serde_json::to_string(exemplar).map_or(0, |json| json.len());
        let sk = "0029029514##000".len() + exemplar.cause.as_str().len();
        let bytes = key(2 + source.to_string().len(), sk) + "exemplar".len() + json + TTL;
        if is_new {
            *self.exemplars.entry((source.clone(), minute)).or_default() += bytes;
        }
        self.write(bytes, 1);
    }

    pub(super) fn read_counters(&mut self, source: &Source, from: i64, to: i64) {
        let (mut bytes, mut asks) = (0, false);
        for (_, row) in self.counters.range(range(source, from, to)) {
            bytes += counter_row(source, row);
            asks |= row.counts.execution != RequestCounts::default();
        }
        self.read_rows(bytes, asks);
    }

    pub(super) fn read_details(&mut self, source: &Source, from: i64, to: i64) {
        let (mut bytes, mut asks) = (0, false);
        for (_, row) in self.breakdown.range(range(source, from, to)) {
            bytes += details_row(source, row);
            asks |= !row.counts.execution.is_empty();
        }
        self.read_rows(bytes, asks);
    }

    pub(super) fn read_exemplars(&mut self, source: &Source, from: i64, to: i64) {
        let minutes = (source.clone(), from)..=(source.clone(), to.max(from));
        let bytes = self.exemplars.range(minutes).map(|(_, bytes)| bytes).sum();
        self.read_rows(bytes, false);
    }

    /// `asks`: the row that tells which log counts is read besides.
    fn read_rows(&mut self, bytes: usize, asks: bool) {
        self.read(bytes);
        if asks {
            self.read(0);
        }
    }
}

fn range(source: &Source, from: i64, to: i64) -> std::ops::RangeInclusive<Place> {
    (source.clone(), from, 0)..=(source.clone(), to.max(from), u8::MAX)
}

/// `ttl` and its seconds.
const TTL: usize = "ttl".len() + 6;

const fn key(pk: usize, sk: usize) -> usize {
    "pk".len() + pk + "sk".len() + sk
}

const fn text(name: &str, value: &str) -> usize {
    name.len() + value.len()
}

/// A byte for two digits, and one more.
fn number(name: &str, value: u64) -> usize {
    let digits = value.checked_ilog10().map_or(0, |log| log as usize + 1);
    name.len() + 1 + digits.div_ceil(2)
}

fn counter_row(source: &Source, row: &Row<MinuteCounts>) -> usize {
    let counts = &row.counts;
    let mut bytes = minute_row(source, row.guards) + number("requests", counts.requests);
    bytes += causes("n:", &counts.causes);
    if counts.lines > 0 {
        bytes += number("lines", counts.lines);
    }
    if counts.execution.requests > 0 {
        bytes += number("x", counts.execution.requests);
    }
    bytes + causes("x:", &counts.execution.causes)
}

/// Key, expiry and guards of a row of a minute and shard.
fn minute_row(source: &Source, guards: usize) -> usize {
    key(2 + source.to_string().len(), "0029029514#a".len()) + TTL + "b".len() + 8 * guards
}

fn causes(prefix: &str, causes: &CauseCounts) -> usize {
    causes.iter().map(|(cause, count)| prefix.len() + number(cause.as_str(), *count)).sum()
}

fn details_row(source: &Source, row: &Row<Breakdown>) -> usize {
    minute_row(source, row.guards) + attributes(&row.counts, 0, 0)
}

/// The update that adds breakdown: every name and value once, and the clauses around them.
fn expression(breakdown: &Breakdown) -> usize {
    let add = "#a00 :a00, ".len();
    attributes(breakdown, add, "#a00 = if_not_exists(#a00, :a00), ".len())
}

/// The attributes of breakdown, with so many bytes more for each that is added to or set once.
fn attributes(breakdown: &Breakdown, add: usize, set: usize) -> usize {
    let mut bytes = routes(&breakdown.routes, add) + routes(&breakdown.execution, add);
    for (bucket, name) in &breakdown.path_names {
        bytes += text(&format!("q:{bucket}"), name) + set;
    }
    if !breakdown.callers.is_empty() {
        bytes += "c".len() + 2 * breakdown.callers.len() + add;
    }
    if breakdown.with_caller > 0 {
        bytes += number("k", breakdown.with_caller) + add;
    }
    for (bucket, busy) in &breakdown.top_callers {
        bytes += number(&format!("t:{bucket}"), busy.errors) + add;
        bytes += text(&format!("w:{bucket}"), &busy.name) + set;
    }
    bytes
}

fn routes(routes: &RouteCounts, more: usize) -> usize {
    let name = |route: &RouteKey| match route {
        RouteKey::Template(name) => name.len(),
        RouteKey::PathBucket(bucket) => bucket.to_string().len(),
    };
    routes
        .iter()
        .map(|((cause, route), count)| {
            "r::".len() + number(cause.as_str(), *count) + name(route) + more
        })
        .sum()
}
