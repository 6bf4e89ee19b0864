//! Which sources are live, and how they are told apart.

use crate::counting::AuthoritativeLog::{Access, Execution};
use crate::source::Source;
use crate::store::contract::now;
use crate::store::contract::samples::{
    QUOTA, TIMED_OUT, batch, commit, counts, errors, incident, live, minute, resolved, source,
};
use crate::store::{Committed, Ledger};

pub async fn a_source_is_live_since_its_minute_and_once<L: Ledger>(ledger: &L, prefix: &str) {
    let sources: Vec<Source> = (0..9).map(|n| source(&format!("{prefix}/{n}"))).collect();
    for source in sources.iter().rev() {
        for at in [minute() - 1, minute(), minute()] {
            ledger.register_source(source, Access, "/shop", at).await.unwrap();
        }
    }
    let all: Vec<(Source, String)> =
        sources.into_iter().map(|source| (source, "/shop".to_owned())).collect();
    for since in [minute() - 15, minute()] {
        assert_eq!(live(ledger, prefix, since).await, all, "each once, in order");
    }
    assert_eq!(live(ledger, prefix, minute() + 1).await, []);
}

pub async fn an_earlier_note_takes_nothing_back<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    ledger.register_source(&source, Access, "/shop", minute()).await.unwrap();
    ledger.register_source(&source, Access, "/shop", minute() - 5).await.unwrap();
    assert_eq!(live(ledger, prefix, minute()).await.len(), 1);
}

pub async fn a_note_tells_which_log_counts<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    for (log, at, counting) in [
        (Execution, 0, Execution),
        (Execution, 0, Execution),
        (Access, 1, Access),
        (Access, 1, Access),
        (Execution, 0, Access),
        (Execution, 61, Access),
        (Execution, 62, Execution),
        (Access, 62, Access),
        // an earlier note takes nothing back
        (Access, 2, Access),
        (Execution, 122, Access),
    ] {
        let found = ledger.register_source(&source, log, "/shop", minute() + at).await.unwrap();
        assert_eq!(found, counting, "{log:?} after {at} minutes");
    }
}

pub async fn a_live_source_shows_the_log_group_that_counts<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    for (log, group, shown) in [
        (Execution, "/execution", "/execution"),
        (Access, "/access", "/access"),
        (Execution, "/execution", "/access"),
    ] {
        ledger.register_source(&source, log, group, minute()).await.unwrap();
        assert_eq!(live(ledger, prefix, minute()).await, [(source.clone(), shown.to_owned())]);
    }
}

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
    ledger.register_source(&source, Access, "/shop", minute()).await.unwrap();
    assert_eq!(live(ledger, prefix, minute()).await.len(), 1);

    commit(ledger, 1, &resolved(&opened, now()), Vec::new()).await;
    assert_eq!(live(ledger, prefix, far).await, []);
    assert_eq!(live(ledger, prefix, minute()).await.len(), 1, "lines came lately");
}

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

pub async fn names_with_marks_are_kept_apart<L: Ledger>(ledger: &L, prefix: &str) {
    let groups =
        ["a#b", "a%23b", "a%2523b", "a", "a#", "#a", "a b", "a\u{e9}\u{1f980}", "a/b", "A"];
    let named = |name: &str| Source::LogGroup(format!("{prefix} {name}"));
    let minute = minute();
    for (n, name) in groups.iter().enumerate() {
        let source = named(name);
        let requests = n as u64 + 1;
        ledger.register_source(&source, Access, name, minute).await.unwrap();
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
