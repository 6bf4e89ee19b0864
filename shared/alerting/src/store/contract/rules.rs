//! What rules need besides counters.

use std::collections::BTreeMap;

use diagnosis::Cause;

use crate::counting::{Breakdown, RouteKey};
use crate::source::Source;
use crate::store::contract::now;
use crate::store::contract::samples::{QUOTA, TIMED_OUT, batch, minute, source};
use crate::store::{Ledger, NEW_AFTER_MINUTES, RulesDocument};

async fn seen<L: Ledger>(ledger: &L, source: &Source) -> Vec<(Cause, i64)> {
    let since = minute() - NEW_AFTER_MINUTES;
    ledger.causes_seen(source, since).await.unwrap().into_iter().collect()
}

pub async fn a_cause_is_first_seen_once<L: Ledger>(ledger: &L, prefix: &str) {
    let (source, at) = (source(prefix), minute());
    assert_eq!(seen(ledger, &source).await, []);
    // The last comes late, and the one before it twice.
    for minute in [at - 90, at - 30, at, at, at - 60] {
        ledger.record_cause(&source, TIMED_OUT, minute).await.unwrap();
        assert_eq!(seen(ledger, &source).await, [(TIMED_OUT, at - 90)], "{minute}");
    }
    // A minute before the first is not worth another row.
    ledger.record_cause(&source, TIMED_OUT, at - 100).await.unwrap();
    assert_eq!(seen(ledger, &source).await, [(TIMED_OUT, at - 90)]);
}

pub async fn a_cause_unseen_for_eight_days_is_new_again<L: Ledger>(ledger: &L, prefix: &str) {
    let (source, at) = (source(prefix), minute());
    for (cause, ago, first) in
        [(TIMED_OUT, NEW_AFTER_MINUTES + 1, at), (QUOTA, NEW_AFTER_MINUTES, at - NEW_AFTER_MINUTES)]
    {
        ledger.record_cause(&source, cause, at - ago).await.unwrap();
        ledger.record_cause(&source, cause, at).await.unwrap();
        assert!(seen(ledger, &source).await.contains(&(cause, first)), "{cause}");
    }
}

pub async fn causes_last_seen_too_long_ago_are_left_out<L: Ledger>(ledger: &L, prefix: &str) {
    let (source, at) = (source(prefix), minute());
    ledger.record_cause(&source, TIMED_OUT, at - 60).await.unwrap();
    ledger.record_cause(&source, QUOTA, at - 30).await.unwrap();
    for (since, causes) in
        [(at - 60, vec![TIMED_OUT, QUOTA]), (at - 59, vec![QUOTA]), (at - 29, vec![])]
    {
        let found = ledger.causes_seen(&source, since).await.unwrap();
        let mut wanted = causes;
        wanted.sort();
        assert_eq!(found.into_keys().collect::<Vec<_>>(), wanted, "{since}");
    }
}

pub async fn sources_do_not_see_each_others_causes<L: Ledger>(ledger: &L, prefix: &str) {
    let (one, other) = (source(prefix), source(&format!("{prefix}#other")));
    ledger.record_cause(&one, TIMED_OUT, minute()).await.unwrap();
    ledger.record_cause(&other, QUOTA, minute()).await.unwrap();
    assert_eq!(seen(ledger, &one).await, [(TIMED_OUT, minute())]);
    assert_eq!(seen(ledger, &other).await, [(QUOTA, minute())]);
}

pub async fn details_are_read_minute_by_minute<L: Ledger>(ledger: &L, prefix: &str) {
    let (source, at) = (source(prefix), minute());
    let breakdown = |name: &str, count: u64| Breakdown {
        routes: [((TIMED_OUT, RouteKey::PathBucket(7)), count)].into(),
        path_names: [(7, name.to_owned())].into(),
        ..Breakdown::default()
    };
    for (minute, shard, name, count) in [
        (at - 3, 0, "GET /a", 1),
        (at - 2, 1, "GET /b", 2),
        (at - 2, 2, "GET /c", 3),
        (at, 3, "GET /d", 4),
    ] {
        let breakdown = breakdown(name, count);
        ledger.add_breakdown(&source, minute, batch(shard, 1), &breakdown).await.unwrap();
    }
    let found = ledger.breakdown_by_minute(&source, at - 2, at).await.unwrap();
    let counts: BTreeMap<i64, u64> = found
        .iter()
        .map(|(minute, breakdown)| {
            (*minute, breakdown.errors_by_route().map(|found| found.2).sum())
        })
        .collect();
    assert_eq!(counts, BTreeMap::from([(at - 2, 5), (at, 4)]));
    let names: Vec<&str> = found[&at].errors_by_route().map(|found| found.1).collect();
    assert_eq!(names, ["GET /d"]);
    assert!(ledger.breakdown_by_minute(&source, at, at - 1).await.unwrap().is_empty());
}

/// The only promise that touches the rules: there is one document for all of a ledger.
pub async fn the_rules_kept_last_are_kept<L: Ledger>(ledger: &L, prefix: &str) {
    for text in
        ["version = 1\n# \u{2603}\n".to_owned(), format!("# {prefix}\n{}", "x".repeat(8_000))]
    {
        for stored_at in [now(), now().plus_millis(1)] {
            let document = RulesDocument { text: text.clone(), stored_at };
            ledger.store_rules(&document).await.unwrap();
            assert_eq!(ledger.stored_rules().await.unwrap(), Some(document));
        }
    }
}
