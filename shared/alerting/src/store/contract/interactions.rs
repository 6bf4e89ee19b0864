//! Signed requests.

use crate::store::Ledger;
use crate::store::contract::now;

pub async fn a_request_is_carried_out_for_who_is_first<L: Ledger>(ledger: &L, prefix: &str) {
    let until = now().plus_millis(600_000);
    for (which, holder, first) in [
        ("a", "one", true),
        // as when an answer is lost
        ("a", "one", true),
        ("a", "two", false),
        ("b", "two", true),
        ("a", "two", false),
        ("b", "one", false),
    ] {
        let request = format!("{prefix} {which}");
        let found = ledger.first_time(&request, holder, now(), until).await.unwrap();
        assert_eq!(found, first, "{which} {holder}");
    }
}

pub async fn a_request_that_is_forgotten_may_come_again<L: Ledger>(ledger: &L, prefix: &str) {
    let until = now().plus_millis(600_000);
    assert!(ledger.first_time(prefix, "one", now(), until).await.unwrap());
    for _ in 0..2 {
        ledger.forget_interaction(prefix).await.unwrap();
    }
    assert!(ledger.first_time(prefix, "two", now(), until).await.unwrap());
    assert!(!ledger.first_time(prefix, "one", now(), until).await.unwrap());
}
