//! Counters, breakdown and exemplars.

use diagnosis::Cause;

use crate::counting::{
    AuthoritativeLog, Breakdown, CALLER_BUCKETS, CallerBucket, CauseCounts, MinuteCounts,
    RequestCounts, RouteKey, SHARDS,
};
use crate::source::Source;
use crate::store::contract::samples::{
    QUOTA, TIMED_OUT, batch, counts, errors, exemplar, minute, source,
};
use crate::store::{EXECUTION_PLACES, Ledger, Recorded};

fn template(name: &str) -> RouteKey {
    RouteKey::Template(name.to_owned())
}

fn breakdown(routes: &[(Cause, RouteKey, u64)], callers: &[u16]) -> Breakdown {
    Breakdown {
        routes: routes.iter().map(|(cause, key, n)| ((*cause, key.clone()), *n)).collect(),
        callers: callers.iter().copied().collect(),
        ..Breakdown::default()
    }
}

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

pub async fn a_redelivered_batch_changes_no_detail<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let part = breakdown(&[(TIMED_OUT, template("POST /orders"), 3)], &[1, 1_023]);
    for recorded in [Recorded::New, Recorded::Duplicate, Recorded::Duplicate] {
        let found = ledger.add_breakdown(&source, minute(), batch(15, 1), &part).await.unwrap();
        assert_eq!(found, recorded);
        assert_eq!(ledger.breakdown(&source, minute(), minute()).await.unwrap(), part);
    }
    // Counters and breakdown of a batch are written one after the other: neither hides the other.
    let counts = counts(3, &[(TIMED_OUT, 3)]);
    let found = ledger.add_counts(&source, minute(), batch(15, 1), &counts).await.unwrap();
    assert_eq!(found, Recorded::New);
}

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

pub async fn details_of_a_minute_add_up_whatever_their_shard<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let routes = [(TIMED_OUT, template("GET /a:b"), 2), (QUOTA, template("GET /a:b"), 1)];
    for shard in 0..SHARDS {
        let part = breakdown(&routes, &[7, u16::from(shard) + 100]);
        ledger.add_breakdown(&source, minute(), batch(shard, 1), &part).await.unwrap();
    }
    let sum = ledger.breakdown(&source, minute(), minute()).await.unwrap();
    let shards = u64::from(SHARDS);
    let callers: Vec<u16> = std::iter::once(7).chain(100..100 + u16::from(SHARDS)).collect();
    let wanted =
        [(TIMED_OUT, template("GET /a:b"), 2 * shards), (QUOTA, template("GET /a:b"), shards)];
    assert_eq!(sum, breakdown(&wanted, &callers));
}

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

pub async fn details_are_read_by_minute_both_ends_included<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    for at in 0..5_u16 {
        let part = breakdown(&[(TIMED_OUT, template("GET /"), 10_u64.pow(at.into()))], &[at]);
        ledger.add_breakdown(&source, minute() + i64::from(at), batch(0, 1), &part).await.unwrap();
    }
    let found = ledger.breakdown(&source, minute() + 1, minute() + 3).await.unwrap();
    assert_eq!(found, breakdown(&[(TIMED_OUT, template("GET /"), 1_110)], &[1, 2, 3]));
}

pub async fn a_range_that_ends_before_it_begins_is_empty<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let (from, to) = (minute() + 1, minute());
    for at in [from, to] {
        let (counts, breakdown) = (counts(1, &[(TIMED_OUT, 1)]), breakdown(&[], &[1]));
        ledger.add_counts(&source, at, batch(0, 1), &counts).await.unwrap();
        ledger.add_breakdown(&source, at, batch(0, 1), &breakdown).await.unwrap();
        ledger.put_exemplar(&source, at, 0, &exemplar(TIMED_OUT, "r")).await.unwrap();
    }
    assert_eq!(errors(ledger, &source, from, to).await, (0, CauseCounts::new()));
    assert_eq!(ledger.breakdown(&source, from, to).await.unwrap(), Breakdown::default());
    assert_eq!(ledger.exemplars(&source, from, to).await.unwrap(), []);
}

pub async fn every_cause_can_be_counted_at_once<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let causes: Vec<(Cause, u64)> =
        Cause::ALL.iter().map(|&cause| (cause, 1_000_000 + cause.index() as u64)).collect();
    let all = counts(u64::from(u32::MAX), &causes);
    ledger.add_counts(&source, minute(), batch(0, 1), &all).await.unwrap();
    let (requests, found) = errors(ledger, &source, minute(), minute()).await;
    assert_eq!((requests, found), (all.requests, all.causes));
}

pub async fn every_cause_of_both_logs_can_be_counted_at_once<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let causes: CauseCounts = Cause::ALL.iter().map(|&cause| (cause, 1_000_000)).collect();
    let both = MinuteCounts {
        requests: 9,
        causes: causes.clone(),
        execution: RequestCounts { requests: 4, causes: causes.clone() },
        ..MinuteCounts::default()
    };
    for recorded in [Recorded::New, Recorded::Duplicate] {
        let found = ledger.add_counts(&source, minute(), batch(0, 1), &both).await.unwrap();
        assert_eq!(found, recorded);
    }
    for (log, requests, times) in
        [(AuthoritativeLog::Execution, 13, 2), (AuthoritativeLog::Access, 9, 1)]
    {
        ledger.register_source(&source, log, "/x", minute()).await.unwrap();
        let wanted = causes.iter().map(|(&cause, errors)| (cause, errors * times)).collect();
        assert_eq!(errors(ledger, &source, minute(), minute()).await, (requests, wanted));
    }
}

pub async fn details_of_any_size_are_kept_whole_and_once<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let mut large = Breakdown::default();
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
        let found = ledger.add_breakdown(&source, minute(), batch(9, 1), &large).await.unwrap();
        assert_eq!(found, recorded);
        assert_eq!(ledger.breakdown(&source, minute(), minute()).await.unwrap(), large);
    }
}

pub async fn the_first_name_of_a_path_bucket_is_kept<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    for (n, name) in ["GET /first", "GET /second"].into_iter().enumerate() {
        let mut part = breakdown(&[(TIMED_OUT, RouteKey::PathBucket(63), 2)], &[]);
        part.path_names.insert(63, name.to_owned());
        ledger.add_breakdown(&source, minute(), batch(4, n as u64), &part).await.unwrap();
    }
    let found = ledger.breakdown(&source, minute(), minute()).await.unwrap();
    assert_eq!(found.top_routes(|_| true), [("GET /first".to_owned(), 4)]);
}

pub async fn the_busiest_callers_add_up_by_bucket<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let busy = |errors, name: &str| CallerBucket { errors, name: name.to_owned() };
    let batches = [
        [(0, busy(3, "API key \u{2026}k3x9")), (63, busy(1, "one address"))],
        [(0, busy(2, "one principal")), (7, busy(9, "API key \u{2026}aaaa"))],
    ];
    for (n, top_callers) in batches.into_iter().enumerate() {
        let part =
            Breakdown { top_callers: top_callers.into(), with_caller: 12, ..Breakdown::default() };
        for _ in 0..2 {
            // one shard: all of it in one item
            ledger.add_breakdown(&source, minute(), batch(1, n as u64), &part).await.unwrap();
        }
    }
    let found = ledger.breakdown(&source, minute(), minute()).await.unwrap();
    let wanted = [
        (0, busy(5, "API key \u{2026}k3x9")),
        (7, busy(9, "API key \u{2026}aaaa")),
        (63, busy(1, "one address")),
    ];
    assert_eq!((found.top_callers.clone(), found.with_caller), (wanted.into(), 24));
    assert_eq!(found.top_caller().map(|busy| busy.errors), Some(9));
}

pub async fn lines_among_which_some_cannot_be_read_are_counted<L: Ledger>(
    ledger: &L,
    prefix: &str,
) {
    let source = source(prefix);
    for n in 0..3 {
        let causes = [(Cause::Unparseable, 2)];
        let counts = MinuteCounts { lines: 50, ..counts(0, &causes) };
        ledger.add_counts(&source, minute(), batch(n, 1), &counts).await.unwrap();
    }
    let found = ledger.counters(&source, minute(), minute()).await.unwrap();
    assert_eq!((found.lines(minute(), minute()), found.requests(minute(), minute())), (150, 0));
}

/// Five requests of the access log and, told by an execution log, three that failed.
async fn count_in_both_logs<L: Ledger>(ledger: &L, source: &Source) {
    let execution = RequestCounts { requests: 4, causes: [(Cause::LambdaTimedOut, 3)].into() };
    let told = MinuteCounts { execution, ..MinuteCounts::default() };
    let key = (Cause::LambdaTimedOut, template("POST /a:b"));
    let routes = Breakdown { execution: [(key, 3)].into(), ..Breakdown::default() };
    let (access, part) =
        (counts(5, &[(QUOTA, 1)]), breakdown(&[(QUOTA, template("GET /"), 1)], &[]));
    let place = EXECUTION_PLACES + 1;
    for n in 0..2 {
        ledger.add_counts(source, minute(), batch(2, 1), &told).await.unwrap();
        ledger.add_breakdown(source, minute(), batch(2, 1), &routes).await.unwrap();
        let kept = exemplar(Cause::LambdaTimedOut, "told");
        ledger.put_exemplar(source, minute(), place, &kept).await.unwrap();
        let recorded = ledger.add_counts(source, minute(), batch(2, 2), &access).await.unwrap();
        assert_eq!(recorded == Recorded::New, n == 0);
        ledger.add_breakdown(source, minute(), batch(2, 2), &part).await.unwrap();
        ledger.put_exemplar(source, minute(), 1, &exemplar(QUOTA, "access")).await.unwrap();
    }
}

/// Errors, those of the routes, and the exemplars' ids, as they are read up to `to`.
async fn what_counts<L: Ledger>(
    ledger: &L,
    source: &Source,
    to: i64,
) -> (u64, CauseCounts, Vec<(String, u64)>, Vec<String>) {
    let (requests, causes) = errors(ledger, source, minute(), to).await;
    let routes = ledger.breakdown(source, minute(), to).await.unwrap().top_routes(|_| true);
    let kept = ledger.exemplars(source, minute(), to).await.unwrap();
    (requests, causes, routes, kept.into_iter().filter_map(|kept| kept.request_id).collect())
}

pub async fn an_execution_log_counts_until_an_access_log_is_noted<L: Ledger>(
    ledger: &L,
    prefix: &str,
) {
    let source = source(prefix);
    ledger.register_source(&source, AuthoritativeLog::Execution, "/x", minute()).await.unwrap();
    count_in_both_logs(ledger, &source).await;
    let (requests, causes, routes, kept) = what_counts(ledger, &source, minute()).await;
    assert_eq!((requests, causes), (9, [(QUOTA, 1), (TIMED_OUT, 3)].into()));
    assert_eq!(routes, [("POST /a:b".to_owned(), 3), ("GET /".to_owned(), 1)]);
    let mut kept_of_both = kept;
    kept_of_both.sort();
    assert_eq!(kept_of_both, ["access", "told"]);

    ledger.register_source(&source, AuthoritativeLog::Access, "/a", minute()).await.unwrap();
    let (requests, causes, routes, kept) = what_counts(ledger, &source, minute()).await;
    assert_eq!((requests, causes), (5, [(QUOTA, 1)].into()));
    assert_eq!(routes, [("GET /".to_owned(), 1)]);
    assert_eq!(kept, ["access"]);
}

pub async fn an_execution_log_counts_again_an_hour_after_the_last_line_of_an_access_log<
    L: Ledger,
>(
    ledger: &L,
    prefix: &str,
) {
    let source = source(prefix);
    count_in_both_logs(ledger, &source).await;
    ledger.register_source(&source, AuthoritativeLog::Access, "/a", minute()).await.unwrap();
    for (to, requests) in [(0, 5), (60, 5), (61, 9)] {
        let (found, _, _, _) = what_counts(ledger, &source, minute() + to).await;
        assert_eq!(found, requests, "{to} minutes later");
    }
}

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
