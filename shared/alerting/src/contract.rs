//! What every ledger promises, as tests: each function checks the promise that it is named for.
//!
//! [`ledger_contract!`](crate::ledger_contract) makes a `#[test]` of each. A ledger may be shared by all
//! of them: everything a function writes is named after its `prefix`. All times lie around [`now`], far
//! in the future, so that no row expires by the real clock while a test runs; a ledger that has a clock
//! must be given one that shows [`now`].

#![allow(clippy::missing_panics_doc, clippy::unwrap_used, reason = "these are tests")]

use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use diagnosis::{Cause, Confidence, Timestamp};

use crate::channel::{ChannelId, Content};
use crate::details::{CALLER_BUCKETS, Details, Exemplar, RouteKey};
use crate::incident::{Incident, IncidentId, SourceState};
use crate::ledger::{
    BatchId, Committed, Lease, Ledger, OutboxRow, Recorded, SHARDS, Settlement, Transition,
};
use crate::rules::Severity;
use crate::source::Source;
use crate::window::{CauseCounts, MinuteCounts};

const TIMED_OUT: Cause = Cause::LambdaTimedOut;
const QUOTA: Cause = Cause::UsagePlanQuotaExceeded;
const NO_ROWS: [u64; 0] = [];

/// A `#[test]` for each promise. `$ledger` is a future that makes a ledger, run anew for each test, and
/// `$block_on` runs a future to its end: for a ledger whose futures are ready at once,
/// [`ready`](crate::contract::ready) will do.
#[macro_export]
macro_rules! ledger_contract {
    ($ledger:expr, $block_on:expr) => {
        $crate::ledger_contract! { @each $ledger, $block_on;
            a_redelivered_batch_changes_no_counter,
            a_redelivered_batch_changes_no_detail,
            batches_of_a_minute_add_up_whatever_their_shard,
            details_of_a_minute_add_up_whatever_their_shard,
            counters_are_read_by_minute_both_ends_included,
            details_are_read_by_minute_both_ends_included,
            a_range_that_ends_before_it_begins_is_empty,
            every_cause_can_be_counted_at_once,
            details_of_any_size_are_kept_whole_and_once,
            the_first_name_of_a_path_bucket_is_kept,
            the_first_exemplar_in_a_place_is_kept,
            exemplars_come_by_minute_then_cause_then_place,
            a_source_is_live_since_its_minute_and_once,
            an_earlier_note_takes_nothing_back,
            a_source_with_an_open_incident_is_live_however_old,
            a_source_is_live_until_its_last_incident_is_resolved,
            the_version_goes_up_with_each_commit,
            a_stale_commit_changes_nothing,
            the_same_transition_twice_is_a_conflict,
            a_commit_brings_all_its_rows,
            the_state_holds_open_and_just_resolved_incidents,
            a_new_incident_does_not_replace_the_one_before_it,
            sources_do_not_see_each_others_incidents,
            rows_are_owed_by_incident_and_number_up_to_a_limit,
            channels_do_not_see_each_others_rows,
            a_lease_keeps_others_out_until_it_ends,
            a_holder_may_take_its_lease_again,
            leases_are_per_incident_and_channel,
            a_sent_row_is_owed_no_more,
            a_failed_row_stays_owed_for_later,
            a_row_is_settled_once,
            who_lost_its_lease_settles_nothing,
            an_older_row_does_not_take_the_last_number_back,
            names_with_marks_are_kept_apart,
        }
    };
    (@each $ledger:expr, $block_on:expr; $($promise:ident,)+) => {
        $(
            #[test]
            fn $promise() {
                ($block_on)(async {
                    let ledger = ($ledger).await;
                    $crate::contract::$promise(&ledger, stringify!($promise)).await;
                });
            }
        )+
    };
}

/// What the clock of a ledger under test shows: 2100-01-01.
pub fn now() -> Timestamp {
    Timestamp::from_millis(4_102_444_800_000)
}

/// Runs a future that never waits.
pub fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("a future that waits needs a runtime"),
    }
}

fn source(prefix: &str) -> Source {
    Source::LogGroup(format!("/{prefix}"))
}

fn minute() -> i64 {
    now().minute()
}

/// The `n`th batch that falls into a shard.
fn batch(shard: u8, n: u64) -> BatchId {
    BatchId((u64::from(shard) << 60) | n)
}

fn counts(requests: u64, causes: &[(Cause, u64)]) -> MinuteCounts {
    MinuteCounts { requests, causes: causes.iter().copied().collect() }
}

fn template(name: &str) -> RouteKey {
    RouteKey::Template(name.to_owned())
}

fn details(routes: &[(Cause, RouteKey, u64)], callers: &[u16]) -> Details {
    Details {
        routes: routes.iter().map(|(cause, key, n)| ((*cause, key.clone()), *n)).collect(),
        path_names: BTreeMap::new(),
        callers: callers.iter().copied().collect(),
    }
}

fn exemplar(cause: Cause, request_id: &str) -> Exemplar {
    Exemplar {
        cause,
        confidence: Confidence::High,
        time: now(),
        request_id: Some(request_id.to_owned()),
        route: Some("POST /orders \u{2603}".to_owned()),
        status: Some(504),
        latency_ms: None,
        evidence: vec![("$context.status".to_owned(), "504".to_owned())],
        api_type: Some("REST".to_owned()),
        missing_fields: Vec::new(),
        filter: r#"status in [504, "504"]"#.to_owned(),
    }
}

fn incident(source: &Source, cause: Cause, minute: i64) -> Incident {
    Incident {
        id: IncidentId::new("123456789012", source, cause, minute),
        source: source.clone(),
        log_group: "/shop".to_owned(),
        rule: "server-errors".to_owned(),
        severity: Severity::Critical,
        opening_cause: cause,
        cause,
        confidence: Confidence::Medium,
        covered: vec![cause, Cause::GatewayTimeoutUnattributed],
        window_start: minute - 4,
        opened_at: Timestamp::of_minute(minute),
        resolved_at: None,
        seq: 1,
    }
}

fn resolved(incident: &Incident, at: Timestamp) -> Incident {
    Incident { resolved_at: Some(at), seq: incident.seq + 1, ..incident.clone() }
}

/// A channel that only the test with this prefix uses.
fn channel(prefix: &str, which: u8) -> ChannelId {
    ChannelId::sms(format!("+{which} {prefix}"))
}

fn row(channel: &ChannelId, incident: &Incident, seq: u64) -> OutboxRow {
    OutboxRow {
        incident: incident.id.clone(),
        seq,
        channel: channel.to_string(),
        content: Content::Slack {
            body: serde_json::json!({"text": format!("number {seq} \u{2603}")}),
        },
        created_at: now(),
        due: now().plus_millis(1),
        attempts: 0,
    }
}

async fn commit<L: Ledger>(
    ledger: &L,
    read_version: u64,
    incident: &Incident,
    outbox: Vec<OutboxRow>,
) -> Committed {
    let transition = Transition { read_version, incident: incident.clone(), outbox };
    ledger.commit(&transition).await.unwrap()
}

/// Opens an incident that owes the rows with these numbers.
async fn owing<L: Ledger>(ledger: &L, prefix: &str, channel: &ChannelId, seqs: &[u64]) -> Incident {
    let opened = incident(&source(prefix), TIMED_OUT, minute());
    let rows = seqs.iter().map(|&seq| row(channel, &opened, seq)).collect();
    assert_eq!(commit(ledger, 0, &opened, rows).await, Committed::Done);
    opened
}

async fn owed<L: Ledger>(ledger: &L, channel: &ChannelId) -> Vec<u64> {
    ledger.owed(channel, 100).await.unwrap().iter().map(|row| row.seq).collect()
}

/// Takes a lease for a minute from [`now`] on.
async fn lease<L: Ledger>(
    ledger: &L,
    channel: &ChannelId,
    incident: &Incident,
    holder: &str,
) -> Option<Lease> {
    let until = now().plus_millis(60_000);
    ledger.lease(channel, &incident.id, holder, now(), until).await.unwrap()
}

/// The log groups that live sources of this test carry, in the order they came in.
async fn live<L: Ledger>(ledger: &L, prefix: &str, since: i64) -> Vec<(Source, String)> {
    let live = ledger.live_sources(since).await.unwrap();
    let of_test = |source: &Source| source.to_string().contains(prefix);
    live.into_iter()
        .filter(|live| of_test(&live.source))
        .map(|live| (live.source, live.log_group))
        .collect()
}

async fn errors<L: Ledger>(ledger: &L, source: &Source, from: i64, to: i64) -> (u64, CauseCounts) {
    let counters = ledger.counters(source, from, to).await.unwrap();
    (counters.requests(0, i64::MAX), counters.errors(0, i64::MAX, |_, _| true))
}

/// See the name.
pub async fn a_redelivered_batch_changes_no_counter<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let counts = counts(100, &[(TIMED_OUT, 7), (QUOTA, 2)]);
    for (n, recorded) in
        [Recorded::New, Recorded::Duplicate, Recorded::Duplicate].iter().enumerate()
    {
        let found = ledger.add_counts(&source, minute(), batch(3, 1), &counts).await.unwrap();
        assert_eq!(found, *recorded, "delivery {n}");
        let (requests, causes) = errors(ledger, &source, minute(), minute()).await;
        assert_eq!((requests, causes), (100, counts.causes.clone()), "delivery {n}");
    }
    // The same batch has a part in another minute, which is not a redelivery of this one.
    let found = ledger.add_counts(&source, minute() + 1, batch(3, 1), &counts).await.unwrap();
    assert_eq!(found, Recorded::New);
}

/// See the name.
pub async fn a_redelivered_batch_changes_no_detail<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let part = details(&[(TIMED_OUT, template("POST /orders"), 3)], &[1, 1_023]);
    for recorded in [Recorded::New, Recorded::Duplicate, Recorded::Duplicate] {
        let found = ledger.add_details(&source, minute(), batch(15, 1), &part).await.unwrap();
        assert_eq!(found, recorded);
        assert_eq!(ledger.details(&source, minute(), minute()).await.unwrap(), part);
    }
    // Counters and details of a batch are written one after the other: neither hides the other.
    let counts = counts(3, &[(TIMED_OUT, 3)]);
    let found = ledger.add_counts(&source, minute(), batch(15, 1), &counts).await.unwrap();
    assert_eq!(found, Recorded::New);
}

/// See the name.
pub async fn batches_of_a_minute_add_up_whatever_their_shard<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    for shard in 0..SHARDS {
        for n in 0..3 {
            assert_eq!(batch(shard, n).shard(), shard);
            let counts = counts(10, &[(TIMED_OUT, 2), (QUOTA, n)]);
            ledger.add_counts(&source, minute(), batch(shard, n), &counts).await.unwrap();
        }
    }
    let batches = u64::from(SHARDS) * 3;
    let (requests, causes) = errors(ledger, &source, minute(), minute()).await;
    assert_eq!(requests, 10 * batches);
    assert_eq!(causes, CauseCounts::from([(TIMED_OUT, 2 * batches), (QUOTA, batches)]));
}

/// See the name.
pub async fn details_of_a_minute_add_up_whatever_their_shard<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let routes = [(TIMED_OUT, template("GET /a:b"), 2), (QUOTA, template("GET /a:b"), 1)];
    for shard in 0..SHARDS {
        let part = details(&routes, &[7, u16::from(shard) + 100]);
        ledger.add_details(&source, minute(), batch(shard, 1), &part).await.unwrap();
    }
    let sum = ledger.details(&source, minute(), minute()).await.unwrap();
    let shards = u64::from(SHARDS);
    let callers: Vec<u16> = std::iter::once(7).chain(100..100 + u16::from(SHARDS)).collect();
    let wanted =
        [(TIMED_OUT, template("GET /a:b"), 2 * shards), (QUOTA, template("GET /a:b"), shards)];
    assert_eq!(sum, details(&wanted, &callers));
}

/// See the name.
pub async fn counters_are_read_by_minute_both_ends_included<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    for (place, at) in (minute()..minute() + 5).enumerate() {
        let counts = counts(1, &[(TIMED_OUT, 10_u64.pow(place as u32))]);
        ledger.add_counts(&source, at, batch(place as u8, 1), &counts).await.unwrap();
    }
    for (from, to, wanted) in
        [(1, 3, 1_110), (0, 4, 11_111), (2, 2, 100), (-9, 0, 1), (4, 9, 10_000)]
    {
        let (_, causes) = errors(ledger, &source, minute() + from, minute() + to).await;
        assert_eq!(causes, CauseCounts::from([(TIMED_OUT, wanted)]), "{from} to {to}");
    }
    let counters = ledger.counters(&source, minute(), minute() + 4).await.unwrap();
    for at in 0..5 {
        assert_eq!(counters.requests(minute() + at, minute() + at), 1, "each in its own minute");
    }
}

/// See the name.
pub async fn details_are_read_by_minute_both_ends_included<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    for at in 0..5_u16 {
        let part = details(&[(TIMED_OUT, template("GET /"), 10_u64.pow(at.into()))], &[at]);
        ledger.add_details(&source, minute() + i64::from(at), batch(0, 1), &part).await.unwrap();
    }
    let found = ledger.details(&source, minute() + 1, minute() + 3).await.unwrap();
    assert_eq!(found, details(&[(TIMED_OUT, template("GET /"), 1_110)], &[1, 2, 3]));
}

/// See the name.
pub async fn a_range_that_ends_before_it_begins_is_empty<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let (from, to) = (minute() + 1, minute());
    for at in [from, to] {
        let (counts, details) = (counts(1, &[(TIMED_OUT, 1)]), details(&[], &[1]));
        ledger.add_counts(&source, at, batch(0, 1), &counts).await.unwrap();
        ledger.add_details(&source, at, batch(0, 1), &details).await.unwrap();
        ledger.put_exemplar(&source, at, 0, &exemplar(TIMED_OUT, "r")).await.unwrap();
    }
    assert_eq!(errors(ledger, &source, from, to).await, (0, CauseCounts::new()));
    assert_eq!(ledger.details(&source, from, to).await.unwrap(), Details::default());
    assert_eq!(ledger.exemplars(&source, from, to).await.unwrap(), []);
}

/// See the name.
pub async fn every_cause_can_be_counted_at_once<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let causes: Vec<(Cause, u64)> =
        Cause::ALL.iter().map(|&cause| (cause, 1_000_000 + cause.index() as u64)).collect();
    let all = counts(u64::from(u32::MAX), &causes);
    ledger.add_counts(&source, minute(), batch(0, 1), &all).await.unwrap();
    let (requests, found) = errors(ledger, &source, minute(), minute()).await;
    assert_eq!((requests, found), (all.requests, all.causes));
}

/// See the name.
pub async fn details_of_any_size_are_kept_whole_and_once<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let mut large = Details::default();
    for (place, cause) in Cause::ALL.iter().enumerate() {
        for n in 0..10 {
            let key = template(&format!("GET /{}/{n}", "\u{e9}".repeat(60)));
            large.routes.insert((*cause, key), n + place as u64 + 1);
        }
        large.routes.insert((*cause, RouteKey::PathBucket(place as u8 % 64)), 5);
    }
    large.path_names = (0..64).map(|bucket| (bucket, format!("GET /first/{bucket}"))).collect();
    large.callers = (0..CALLER_BUCKETS).collect();
    for recorded in [Recorded::New, Recorded::Duplicate] {
        let found = ledger.add_details(&source, minute(), batch(9, 1), &large).await.unwrap();
        assert_eq!(found, recorded);
        assert_eq!(ledger.details(&source, minute(), minute()).await.unwrap(), large);
    }
}

/// See the name.
pub async fn the_first_name_of_a_path_bucket_is_kept<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    for (n, name) in ["GET /first", "GET /second"].into_iter().enumerate() {
        let mut part = details(&[(TIMED_OUT, RouteKey::PathBucket(63), 2)], &[]);
        part.path_names.insert(63, name.to_owned());
        ledger.add_details(&source, minute(), batch(4, n as u64), &part).await.unwrap();
    }
    let found = ledger.details(&source, minute(), minute()).await.unwrap();
    assert_eq!(found.top_routes(|_| true), [("GET /first".to_owned(), 4)]);
}

/// See the name.
pub async fn the_first_exemplar_in_a_place_is_kept<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let (first, second) = (exemplar(TIMED_OUT, "first"), exemplar(TIMED_OUT, "second"));
    ledger.put_exemplar(&source, minute(), 0, &first).await.unwrap();
    ledger.put_exemplar(&source, minute(), 0, &second).await.unwrap();
    let kept = ledger.exemplars(&source, minute(), minute()).await.unwrap();
    assert_eq!(kept, std::slice::from_ref(&first));
    // another place is free
    ledger.put_exemplar(&source, minute(), 1, &second).await.unwrap();
    assert_eq!(ledger.exemplars(&source, minute(), minute()).await.unwrap(), [first, second]);
}

/// See the name.
pub async fn exemplars_come_by_minute_then_cause_then_place<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    // Causes in the order of `Cause`, which is not that of their names.
    let places = [
        (0, Cause::RouteNotFound, 0, "outside"),
        (1, Cause::RouteNotFound, 2, "a"),
        (1, Cause::BackendNotFound, 0, "b"),
        (1, Cause::BackendNotFound, 1, "c"),
        (2, Cause::RequestBodyInvalid, 0, "d"),
        (3, Cause::RequestBodyInvalid, 0, "outside"),
    ];
    for (at, cause, place, id) in places.into_iter().rev() {
        ledger.put_exemplar(&source, minute() + at, place, &exemplar(cause, id)).await.unwrap();
    }
    let found = ledger.exemplars(&source, minute() + 1, minute() + 2).await.unwrap();
    let ids: Vec<&str> = found.iter().filter_map(|found| found.request_id.as_deref()).collect();
    assert_eq!(ids, ["a", "b", "c", "d"]);
}

/// See the name.
pub async fn a_source_is_live_since_its_minute_and_once<L: Ledger>(ledger: &L, prefix: &str) {
    let sources: Vec<Source> = (0..9).map(|n| source(&format!("{prefix}/{n}"))).collect();
    for source in sources.iter().rev() {
        for at in [minute() - 1, minute(), minute()] {
            ledger.note_source(source, "/shop", at).await.unwrap();
        }
    }
    let all: Vec<(Source, String)> =
        sources.into_iter().map(|source| (source, "/shop".to_owned())).collect();
    for since in [minute() - 15, minute()] {
        assert_eq!(live(ledger, prefix, since).await, all, "each once, in order");
    }
    assert_eq!(live(ledger, prefix, minute() + 1).await, []);
}

/// See the name.
pub async fn an_earlier_note_takes_nothing_back<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    ledger.note_source(&source, "/shop", minute()).await.unwrap();
    ledger.note_source(&source, "/shop", minute() - 5).await.unwrap();
    assert_eq!(live(ledger, prefix, minute()).await.len(), 1);
}

/// See the name.
pub async fn a_source_with_an_open_incident_is_live_however_old<L: Ledger>(
    ledger: &L,
    prefix: &str,
) {
    let source = source(prefix);
    let far = minute() + 100_000;
    let opened = incident(&source, TIMED_OUT, minute());
    commit(ledger, 0, &opened, Vec::new()).await;
    assert_eq!(live(ledger, prefix, far).await, [(source.clone(), opened.log_group.clone())]);
    // noted as well: still once
    ledger.note_source(&source, "/shop", minute()).await.unwrap();
    assert_eq!(live(ledger, prefix, minute()).await.len(), 1);

    commit(ledger, 1, &resolved(&opened, now()), Vec::new()).await;
    assert_eq!(live(ledger, prefix, far).await, []);
    assert_eq!(live(ledger, prefix, minute()).await.len(), 1, "lines came lately");
}

/// See the name.
pub async fn a_source_is_live_until_its_last_incident_is_resolved<L: Ledger>(
    ledger: &L,
    prefix: &str,
) {
    let source = source(prefix);
    let first = incident(&source, TIMED_OUT, minute());
    let second = incident(&source, QUOTA, minute());
    commit(ledger, 0, &first, Vec::new()).await;
    commit(ledger, 1, &second, Vec::new()).await;
    assert_eq!(live(ledger, prefix, minute()).await.len(), 1);
    commit(ledger, 2, &resolved(&first, now()), Vec::new()).await;
    assert_eq!(live(ledger, prefix, minute()).await.len(), 1, "the second is open");
    commit(ledger, 3, &resolved(&second, now()), Vec::new()).await;
    assert_eq!(live(ledger, prefix, minute()).await, []);
}

/// See the name.
pub async fn the_version_goes_up_with_each_commit<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    assert_eq!(ledger.state(&source).await.unwrap(), SourceState::default());
    let opened = incident(&source, TIMED_OUT, minute());
    for version in 0..3 {
        let changed = Incident { seq: version + 1, ..opened.clone() };
        assert_eq!(commit(ledger, version, &changed, Vec::new()).await, Committed::Done);
        let state = ledger.state(&source).await.unwrap();
        assert_eq!(state, SourceState { version: version + 1, incidents: vec![changed] });
    }
}

/// See the name.
pub async fn a_stale_commit_changes_nothing<L: Ledger>(ledger: &L, prefix: &str) {
    let (source, channel) = (source(prefix), channel(prefix, 1));
    let opened = incident(&source, TIMED_OUT, minute());
    commit(ledger, 0, &opened, vec![row(&channel, &opened, 1)]).await;
    let before = ledger.state(&source).await.unwrap();

    let over = resolved(&opened, now());
    let other = incident(&source, QUOTA, minute());
    for (stale, version) in [(&over, 0), (&over, 2), (&other, 0), (&other, 7)] {
        let rows = vec![row(&channel, stale, 2), row(&channel, stale, 3)];
        assert_eq!(commit(ledger, version, stale, rows).await, Committed::Conflict, "{version}");
    }
    assert_eq!(ledger.state(&source).await.unwrap(), before);
    assert_eq!(owed(ledger, &channel).await, [1]);
    assert_eq!(live(ledger, prefix, minute()).await.len(), 1, "the incident is still open");
}

/// See the name.
pub async fn the_same_transition_twice_is_a_conflict<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let again = commit(ledger, 0, &opened, vec![row(&channel, &opened, 1)]).await;
    assert_eq!(again, Committed::Conflict);
    assert_eq!(owed(ledger, &channel).await, [1]);
    assert_eq!(ledger.state(&opened.source).await.unwrap().version, 1);
}

/// See the name.
pub async fn a_commit_brings_all_its_rows<L: Ledger>(ledger: &L, prefix: &str) {
    let opened = incident(&source(prefix), TIMED_OUT, minute());
    let channels: Vec<ChannelId> = (0..12).map(|n| channel(prefix, n)).collect();
    let rows: Vec<OutboxRow> = channels.iter().map(|channel| row(channel, &opened, 1)).collect();
    assert_eq!(commit(ledger, 0, &opened, rows.clone()).await, Committed::Done);
    for (channel, row) in channels.iter().zip(rows) {
        assert_eq!(ledger.owed(channel, 10).await.unwrap(), [row], "as it was committed");
    }
}

/// See the name.
pub async fn the_state_holds_open_and_just_resolved_incidents<L: Ledger>(ledger: &L, prefix: &str) {
    const ALMOST_AN_HOUR: i64 = 59 * 60_000;
    let source = source(prefix);
    let opened = incident(&source, TIMED_OUT, minute() - 500);
    let over =
        resolved(&incident(&source, QUOTA, minute() - 300), now().plus_millis(-ALMOST_AN_HOUR));
    commit(ledger, 0, &opened, Vec::new()).await;
    commit(ledger, 1, &over, Vec::new()).await;
    let state = ledger.state(&source).await.unwrap();
    assert_eq!(state.open().collect::<Vec<_>>(), [&opened]);
    assert!(state.incidents.contains(&over), "late lines must still find it");
    assert_eq!(state.incidents.len(), 2);
}

/// See the name.
pub async fn a_new_incident_does_not_replace_the_one_before_it<L: Ledger>(
    ledger: &L,
    prefix: &str,
) {
    let source = source(prefix);
    let first = incident(&source, TIMED_OUT, minute() - 30);
    let over = resolved(&first, Timestamp::of_minute(minute() - 10));
    let second = incident(&source, TIMED_OUT, minute());
    commit(ledger, 0, &first, Vec::new()).await;
    commit(ledger, 1, &over, Vec::new()).await;
    commit(ledger, 2, &second, Vec::new()).await;
    let state = ledger.state(&source).await.unwrap();
    assert_eq!(state.open().collect::<Vec<_>>(), [&second]);
    assert!(state.incidents.contains(&over), "late lines must still find it");
}

/// See the name.
pub async fn sources_do_not_see_each_others_incidents<L: Ledger>(ledger: &L, prefix: &str) {
    let (one, other) = (source(prefix), source(&format!("{prefix}/other")));
    for source in [&one, &other] {
        let opened = incident(source, TIMED_OUT, minute());
        assert_eq!(commit(ledger, 0, &opened, Vec::new()).await, Committed::Done);
        let state = ledger.state(source).await.unwrap();
        assert_eq!(state, SourceState { version: 1, incidents: vec![opened] });
    }
}

/// See the name.
pub async fn rows_are_owed_by_incident_and_number_up_to_a_limit<L: Ledger>(
    ledger: &L,
    prefix: &str,
) {
    let channel = channel(prefix, 1);
    let mut wanted = Vec::new();
    for n in 0..3 {
        let opened = incident(&source(&format!("{prefix}/{n}")), TIMED_OUT, minute());
        let rows: Vec<OutboxRow> =
            [10, 2, 1].into_iter().map(|seq| row(&channel, &opened, seq)).collect();
        commit(ledger, 0, &opened, rows.clone()).await;
        wanted.extend(rows);
    }
    wanted.sort_by(|a, b| (&a.incident, a.seq).cmp(&(&b.incident, b.seq)));
    for limit in [0, 1, 4, 9, 1_000] {
        let found = ledger.owed(&channel, limit).await.unwrap();
        assert_eq!(found, wanted[..limit.min(9)], "limit {limit}");
    }
}

/// See the name.
pub async fn channels_do_not_see_each_others_rows<L: Ledger>(ledger: &L, prefix: &str) {
    let opened = incident(&source(prefix), TIMED_OUT, minute());
    let channels = [channel(prefix, 1), channel(prefix, 2)];
    let rows = channels.iter().map(|channel| row(channel, &opened, 1)).collect();
    commit(ledger, 0, &opened, rows).await;

    lease(ledger, &channels[0], &opened, "a").await.unwrap();
    ledger.settle(&row(&channels[0], &opened, 1), "a", Settlement::Done).await.unwrap();
    assert_eq!(owed(ledger, &channels[0]).await, NO_ROWS);
    assert_eq!(owed(ledger, &channels[1]).await, [1]);
    assert_eq!(owed(ledger, &channel(prefix, 3)).await, NO_ROWS);
}

/// See the name.
pub async fn a_lease_keeps_others_out_until_it_ends<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let until = now().plus_millis(60_000);
    let take = async |holder: &str, at: Timestamp| {
        ledger.lease(&channel, &opened.id, holder, at, at.plus_millis(60_000)).await.unwrap()
    };
    assert_eq!(take("a", now()).await, Some(Lease { last_sent: 0 }));
    assert_eq!(take("b", now()).await, None);
    assert_eq!(take("b", until.plus_millis(-1)).await, None);
    assert_eq!(take("b", until.plus_millis(1)).await, Some(Lease { last_sent: 0 }));
    assert_eq!(take("a", until.plus_millis(2)).await, None, "now it is the other's");
}

/// See the name.
pub async fn a_holder_may_take_its_lease_again<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let taken = lease(ledger, &channel, &opened, "a").await;
    assert_eq!(lease(ledger, &channel, &opened, "a").await, taken);
    let later = now().plus_millis(30_000);
    let until = now().plus_millis(90_000);
    let extended = ledger.lease(&channel, &opened.id, "a", later, until).await.unwrap();
    assert_eq!(extended, Some(Lease { last_sent: 0 }));
    let first_end = now().plus_millis(61_000);
    let other = ledger.lease(&channel, &opened.id, "b", first_end, until).await.unwrap();
    assert_eq!(other, None, "the second taking extended it");
}

/// See the name.
pub async fn leases_are_per_incident_and_channel<L: Ledger>(ledger: &L, prefix: &str) {
    let (one, other) = (channel(prefix, 1), channel(prefix, 2));
    let first = incident(&source(prefix), TIMED_OUT, minute());
    let second = incident(&source(prefix), QUOTA, minute());
    assert!(lease(ledger, &one, &first, "a").await.is_some());
    assert!(lease(ledger, &one, &second, "b").await.is_some());
    assert!(lease(ledger, &other, &first, "c").await.is_some());
    assert!(lease(ledger, &one, &first, "d").await.is_none());
}

/// See the name.
pub async fn a_sent_row_is_owed_no_more<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1, 2]).await;
    lease(ledger, &channel, &opened, "a").await.unwrap();
    ledger.settle(&row(&channel, &opened, 1), "a", Settlement::Done).await.unwrap();
    assert_eq!(owed(ledger, &channel).await, [2]);
    let next = lease(ledger, &channel, &opened, "b").await;
    assert_eq!(next, Some(Lease { last_sent: 1 }), "the lease was given back");
}

/// See the name.
pub async fn a_failed_row_stays_owed_for_later<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let mut wanted = row(&channel, &opened, 1);
    for attempt in 1..=2 {
        lease(ledger, &channel, &opened, "a").await.unwrap();
        let due = now().plus_millis(5_000 * i64::from(attempt));
        ledger.settle(&wanted, "a", Settlement::RetryAt(due)).await.unwrap();
        wanted = OutboxRow { due, attempts: attempt, ..wanted };
        assert_eq!(ledger.owed(&channel, 10).await.unwrap(), [wanted.clone()]);
    }
    let next = lease(ledger, &channel, &opened, "b").await;
    assert_eq!(next, Some(Lease { last_sent: 0 }), "the lease was given back");
}

/// See the name.
pub async fn a_row_is_settled_once<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let failed = row(&channel, &opened, 1);
    let due = now().plus_millis(5_000);
    lease(ledger, &channel, &opened, "a").await.unwrap();
    for _ in 0..2 {
        ledger.settle(&failed, "a", Settlement::RetryAt(due)).await.unwrap();
    }
    assert_eq!(ledger.owed(&channel, 10).await.unwrap()[0].attempts, 1);

    lease(ledger, &channel, &opened, "a").await.unwrap();
    for _ in 0..2 {
        ledger.settle(&failed, "a", Settlement::Done).await.unwrap();
    }
    // a row that is gone does not come back
    lease(ledger, &channel, &opened, "a").await.unwrap();
    ledger.settle(&failed, "a", Settlement::RetryAt(due)).await.unwrap();
    assert_eq!(owed(ledger, &channel).await, NO_ROWS);
    let next = lease(ledger, &channel, &opened, "b").await;
    assert_eq!(next, Some(Lease { last_sent: 1 }), "the lease was given back");
}

/// See the name.
pub async fn who_lost_its_lease_settles_nothing<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let owed_row = row(&channel, &opened, 1);
    let later = now().plus_millis(61_000);
    lease(ledger, &channel, &opened, "slow").await.unwrap();
    let until = later.plus_millis(60_000);
    let taken = ledger.lease(&channel, &opened.id, "quick", later, until).await.unwrap();
    assert!(taken.is_some());
    for settlement in [Settlement::Done, Settlement::RetryAt(later)] {
        for holder in ["slow", "stranger"] {
            ledger.settle(&owed_row, holder, settlement).await.unwrap();
        }
    }
    assert_eq!(ledger.owed(&channel, 10).await.unwrap(), std::slice::from_ref(&owed_row));
    let third = ledger.lease(&channel, &opened.id, "third", later, until).await.unwrap();
    assert_eq!(third, None, "the lease is still held");
    ledger.settle(&owed_row, "quick", Settlement::Done).await.unwrap();
    assert_eq!(owed(ledger, &channel).await, NO_ROWS);
}

/// See the name.
pub async fn an_older_row_does_not_take_the_last_number_back<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1, 2]).await;
    for seq in [2, 1] {
        lease(ledger, &channel, &opened, "a").await.unwrap();
        ledger.settle(&row(&channel, &opened, seq), "a", Settlement::Done).await.unwrap();
    }
    assert_eq!(owed(ledger, &channel).await, NO_ROWS);
    assert_eq!(lease(ledger, &channel, &opened, "b").await, Some(Lease { last_sent: 2 }));
}

/// See the name.
pub async fn names_with_marks_are_kept_apart<L: Ledger>(ledger: &L, prefix: &str) {
    let groups =
        ["a#b", "a%23b", "a%2523b", "a", "a#", "#a", "a b", "a\u{e9}\u{1f980}", "a/b", "A"];
    let named = |name: &str| Source::LogGroup(format!("{prefix} {name}"));
    let minute = minute();
    for (n, name) in groups.iter().enumerate() {
        let source = named(name);
        let requests = n as u64 + 1;
        ledger.note_source(&source, name, minute).await.unwrap();
        ledger.add_counts(&source, minute, batch(0, 1), &counts(requests, &[])).await.unwrap();
        let opened = incident(&source, TIMED_OUT, minute);
        assert_eq!(commit(ledger, 0, &opened, Vec::new()).await, Committed::Done, "{name}");
    }
    for (n, name) in groups.iter().enumerate() {
        let source = named(name);
        let (requests, _) = errors(ledger, &source, minute, minute).await;
        assert_eq!(requests, n as u64 + 1, "{name}");
        let state = ledger.state(&source).await.unwrap();
        assert_eq!(state.incidents, [incident(&source, TIMED_OUT, minute)], "{name}");
    }
    let mut wanted: Vec<(Source, String)> =
        groups.iter().map(|name| (named(name), (*name).to_owned())).collect();
    wanted.sort();
    assert_eq!(live(ledger, prefix, minute).await, wanted);
}
