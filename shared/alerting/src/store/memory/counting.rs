//! Counters, breakdown and exemplars.

use std::collections::BTreeMap;

use diagnosis::{Cause, Timestamp};

use crate::counting::{
    AuthoritativeLog, BatchId, Breakdown, Counters, Exemplar, MinuteCounts, REGISTERED_MINUTES,
    RegisteredLogs,
};
use crate::source::Source;
use crate::store::memory::meter::Meter;
use crate::store::memory::state::{MemoryLedger, Place};
use crate::store::{EXECUTION_PLACES, LiveSource, Recorded, SilentSource};

/// Noted sources are spread over four partitions, beside those with open incidents.
const REGISTRATION_QUERIES: usize = 5;

/// The entries of one source from minute `from` to minute `to`, by minute.
pub(super) fn range<'a, V>(
    map: &'a BTreeMap<Place, V>,
    source: &Source,
    from: i64,
    to: i64,
) -> impl Iterator<Item = (i64, &'a V)> {
    // A range that ends before it begins would panic.
    let places = (source.clone(), from)..=(source.clone(), to.max(from));
    map.range(places).map(|((_, minute), value)| (*minute, value)).filter(move |(at, _)| *at <= to)
}

impl MemoryLedger {
    fn authoritative_log(&self, source: &Source, now: i64) -> AuthoritativeLog {
        let inner = self.inner.borrow();
        inner
            .sources
            .get(source)
            .map_or(AuthoritativeLog::Execution, |noted| noted.authoritative_log(now))
    }
}

pub(super) fn register_source(
    ledger: &MemoryLedger,
    source: &Source,
    log: AuthoritativeLog,
    log_group: &str,
    minute: i64,
) -> AuthoritativeLog {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(|meter| meter.note(source, log_group));
    let noted = inner.sources.entry(source.clone()).or_default();
    noted.note(log, log_group, minute);
    let authoritative = noted.authoritative_log(minute);
    inner.kept_silent.remove(source);
    authoritative
}

pub(super) fn silent_sources(ledger: &MemoryLedger, before: i64) -> Vec<SilentSource> {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(|meter| (1..REGISTRATION_QUERIES).for_each(|_| meter.read(0)));
    let silent = |(source, logs): (&Source, &RegisteredLogs)| {
        let last = logs.last_minute().filter(|last| *last < before)?;
        let registered = Timestamp::of_minute(last + REGISTERED_MINUTES);
        let kept = inner.kept_silent.get(source).copied();
        Some(SilentSource {
            source: source.clone(),
            logs: logs.clone(),
            registered_until: kept.unwrap_or(registered),
        })
    };
    inner.sources.iter().filter_map(silent).collect()
}

pub(super) fn keep_silent_source(
    ledger: &MemoryLedger,
    source: &Source,
    last_minute: i64,
    until: Timestamp,
) {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(Meter::write_small);
    let last = inner.sources.get(source).and_then(RegisteredLogs::last_minute);
    if last == Some(last_minute) {
        inner.kept_silent.insert(source.clone(), until);
    }
}

pub(super) fn live_sources(ledger: &MemoryLedger, since: i64) -> Vec<LiveSource> {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(|meter| (0..REGISTRATION_QUERIES).for_each(|_| meter.read(0)));
    inner.meet_open_incidents();
    let mut live: BTreeMap<Source, String> = inner
        .incidents
        .values()
        .flat_map(BTreeMap::values)
        .filter(|incident| incident.is_open())
        .map(|incident| (incident.source.clone(), incident.log_group.clone()))
        .collect();
    for (source, noted) in &inner.sources {
        let log_group = noted.log_group().filter(|_| noted.last_minute() >= Some(since));
        live.extend(log_group.map(|log_group| (source.clone(), log_group.to_owned())));
    }
    live.into_iter().map(|(source, log_group)| LiveSource { source, log_group }).collect()
}

pub(super) fn add_counts(
    ledger: &MemoryLedger,
    source: &Source,
    minute: i64,
    batch: BatchId,
    counts: &MinuteCounts,
) -> Recorded {
    let mut inner = ledger.inner.borrow_mut();
    let (batches, sum) = inner.counts.entry((source.clone(), minute)).or_default();
    let is_new = batches.insert(batch);
    if is_new {
        sum.add(counts);
    }
    inner.metered(|meter| meter.add_counts((source, minute), batch, counts, is_new));
    if !is_new {
        return Recorded::Duplicate;
    }
    Recorded::New
}

pub(super) fn add_breakdown(
    ledger: &MemoryLedger,
    source: &Source,
    minute: i64,
    batch: BatchId,
    breakdown: &Breakdown,
) -> Recorded {
    let mut inner = ledger.inner.borrow_mut();
    let (batches, sum) = inner.breakdown.entry((source.clone(), minute)).or_default();
    let is_new = batches.insert(batch);
    if is_new {
        sum.add(breakdown);
    }
    inner.metered(|meter| meter.add_breakdown((source, minute), batch, breakdown, is_new));
    if !is_new {
        return Recorded::Duplicate;
    }
    Recorded::New
}

pub(super) fn put_exemplar(
    ledger: &MemoryLedger,
    source: &Source,
    minute: i64,
    place: u8,
    exemplar: &Exemplar,
) {
    let key = (source.clone(), minute, exemplar.cause, place);
    let mut inner = ledger.inner.borrow_mut();
    let is_new = !inner.exemplars.contains_key(&key);
    inner.metered(|meter| meter.put_exemplar((source, minute), exemplar, is_new));
    inner.exemplars.entry(key).or_insert_with(|| exemplar.clone());
}

pub(super) fn counters(ledger: &MemoryLedger, source: &Source, from: i64, to: i64) -> Counters {
    ledger.inner.borrow_mut().metered(|meter| meter.read_counters(source, from, to));
    let mut counters = Counters::default();
    for (minute, (_, counts)) in range(&ledger.inner.borrow().counts, source, from, to) {
        counters.add(minute, counts);
    }
    counters.counted_by(ledger.authoritative_log(source, to))
}

pub(super) fn breakdown(ledger: &MemoryLedger, source: &Source, from: i64, to: i64) -> Breakdown {
    ledger.inner.borrow_mut().metered(|meter| meter.read_details(source, from, to));
    let mut sum = Breakdown::default();
    for (_, (_, breakdown)) in range(&ledger.inner.borrow().breakdown, source, from, to) {
        sum.add(breakdown);
    }
    sum.counted_by(ledger.authoritative_log(source, to))
}

pub(super) fn exemplars(
    ledger: &MemoryLedger,
    source: &Source,
    from: i64,
    to: i64,
) -> Vec<Exemplar> {
    ledger.inner.borrow_mut().metered(|meter| meter.read_exemplars(source, from, to));
    ledger.inner.borrow_mut().meet_exemplars(source, from, to);
    let log = ledger.authoritative_log(source, to);
    let inner = ledger.inner.borrow();
    let wanted = |(of, minute, _, place): &&(Source, i64, Cause, u8)| {
        of == source
            && (from..=to).contains(minute)
            && (log == AuthoritativeLog::Execution || *place < EXECUTION_PLACES)
    };
    inner
        .exemplars
        .iter()
        .filter(|(key, _)| wanted(key))
        .map(|(_, exemplar)| exemplar.clone())
        .collect()
}
