//! Silences, and slots.

use crate::incident::{Scope, Silence};
use crate::rules::Severity;
use crate::store::Ledger;
use crate::store::contract::now;
use crate::store::contract::samples::source;

const HOUR_MS: i64 = 60 * 60_000;

fn silence(prefix: &str, which: &str, hours: i64) -> Silence {
    let scope = Scope { api: vec![format!("{prefix} {which}")], ..Scope::default() };
    Silence::new(scope, now(), now().plus_millis(hours * HOUR_MS), "somebody").unwrap()
}

/// The silences of this test.
async fn kept<L: Ledger>(ledger: &L, prefix: &str, hours: i64) -> Vec<Silence> {
    let silences = ledger.silences(now().plus_millis(hours * HOUR_MS)).await.unwrap();
    silences.into_iter().filter(|silence| silence.scope.api[0].starts_with(prefix)).collect()
}

pub async fn a_silence_is_kept_until_it_ends<L: Ledger>(ledger: &L, prefix: &str) {
    let (short, long) = (silence(prefix, "short", 1), silence(prefix, "long", 5));
    for added in [&short, &long] {
        assert_eq!(ledger.add_silence(added).await.unwrap(), None);
    }
    let mut both = vec![short, long.clone()];
    both.sort_by(|a, b| a.id.cmp(&b.id));
    assert_eq!(kept(ledger, prefix, 0).await, both, "by id, as they were added");
    assert_eq!(kept(ledger, prefix, 1).await, [long], "it has ended");
    assert_eq!(kept(ledger, prefix, 5).await, []);
}

pub async fn the_same_is_silenced_once<L: Ledger>(ledger: &L, prefix: &str) {
    let first = silence(prefix, "same", 1);
    let second = Silence { author: "somebody else".to_owned(), ..silence(prefix, "same", 2) };
    assert_eq!(ledger.add_silence(&first).await.unwrap(), None);
    assert_eq!(ledger.add_silence(&second).await.unwrap(), Some(first.clone()), "who was first");
    assert_eq!(kept(ledger, prefix, 0).await, [first]);
}

pub async fn a_silence_is_ended_by_the_first<L: Ledger>(ledger: &L, prefix: &str) {
    let added = silence(prefix, "ended", 1);
    ledger.add_silence(&added).await.unwrap();
    assert_eq!(ledger.end_silence(&added.id, now()).await.unwrap(), Some(added.clone()));
    assert_eq!(ledger.end_silence(&added.id, now()).await.unwrap(), None);
    assert_eq!(kept(ledger, prefix, 0).await, []);
    // and may begin anew
    assert_eq!(ledger.add_silence(&added).await.unwrap(), None);
    assert_eq!(kept(ledger, prefix, 0).await, [added]);
}

// The only promise about slots, since all sources share them.
pub async fn slots_go_to_the_first_few_of_each_severity_and_stay_with_them<L: Ledger>(
    ledger: &L,
    prefix: &str,
) {
    let until = now().plus_millis(HOUR_MS);
    for (which, severity, wanted) in [
        ("a", Severity::Warning, true),
        ("b", Severity::Warning, true),
        ("a", Severity::Warning, true),
        ("c", Severity::Warning, true),
        ("d", Severity::Warning, false),
        ("b", Severity::Warning, true),
        ("d", Severity::Warning, false),
        ("d", Severity::Critical, true),
        ("a", Severity::Critical, true),
        ("e", Severity::Info, true),
        ("f", Severity::Critical, true),
        ("g", Severity::Critical, false),
        ("a", Severity::Critical, true),
        ("g", Severity::Warning, false),
    ] {
        let source = source(&format!("{prefix}/{which}"));
        let has_slot = ledger.take_slot(&source, severity, 3, now(), until).await.unwrap();
        assert_eq!(has_slot, wanted, "{which} {severity:?}");
    }
}
