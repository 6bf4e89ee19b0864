//! Which sources are live, and how they are told apart.

use diagnosis::Timestamp;

use crate::counting::AuthoritativeLog::{Access, Execution};
use crate::counting::{ActiveHours, REGISTERED_MINUTES};
use crate::source::Source;
use crate::store::contract::now;
use crate::store::contract::samples::{
    QUOTA, TIMED_OUT, batch, commit, counts, errors, incident, live, minute, resolved, source,
};
use crate::store::{Committed, Ledger, SilentSource};

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

/// The silent sources of this test: each with its last minute, and the hours of the day before that had lines.
async fn silent<L: Ledger>(ledger: &L, prefix: &str, before: i64) -> Vec<(Source, i64, usize)> {
    let own = |silent: &SilentSource| silent.source.to_string().contains(prefix);
    let all = ledger.silent_sources(before).await.unwrap().into_iter().filter(own);
    all.map(|silent| {
        let last = silent.logs.last_minute().unwrap();
        let hours = silent.logs.hours.in_day_until(ActiveHours::hour(last));
        (silent.source, last, hours)
    })
    .collect()
}

pub async fn a_source_is_silent_until_lines_of_any_log_come<L: Ledger>(ledger: &L, prefix: &str) {
    let sources: Vec<Source> = (0..9).map(|n| source(&format!("{prefix}/{n}"))).collect();
    for source in sources.iter().rev() {
        ledger.register_source(source, Access, "/shop", minute()).await.unwrap();
    }
    assert_eq!(silent(ledger, prefix, minute()).await, []);
    let all: Vec<_> = sources.iter().map(|source| (source.clone(), minute(), 1)).collect();
    assert_eq!(silent(ledger, prefix, minute() + 1).await, all, "each once, in order");
    ledger.register_source(&sources[0], Execution, "/x", minute() + 1).await.unwrap();
    assert_eq!(silent(ledger, prefix, minute() + 1).await, all[1..]);
}

pub async fn the_hours_in_which_lines_came_are_remembered_for_a_day<L: Ledger>(
    ledger: &L,
    prefix: &str,
) {
    let source = source(prefix);
    let first = minute() - minute() % 60;
    for (minutes_later, log, hours) in [
        (0, Access, 1),
        (1, Access, 1),
        (60, Execution, 2),
        (120, Access, 3),
        (5 * 60, Access, 4),
        // an earlier minute takes nothing back
        (61, Access, 4),
        // the first hour is a day ago
        (24 * 60, Access, 4),
        (29 * 60, Execution, 2),
        (100 * 60, Access, 1),
    ] {
        ledger.register_source(&source, log, "/shop", first + minutes_later).await.unwrap();
        let found = silent(ledger, prefix, i64::MAX).await;
        assert_eq!(found[0].2, hours, "{log:?} after {minutes_later} minutes");
    }
}

pub async fn a_silent_source_is_kept_unless_lines_have_come<L: Ledger>(ledger: &L, prefix: &str) {
    let source = source(prefix);
    let registered = Timestamp::of_minute(minute() + REGISTERED_MINUTES);
    let until = Timestamp::of_minute(minute() + 8 * 24 * 60);
    let until_when = async || {
        let all = ledger.silent_sources(i64::MAX).await.unwrap();
        all.into_iter().find(|silent| silent.source == source).map(|found| found.registered_until)
    };
    ledger.keep_silent_source(&source, minute(), until).await.unwrap();
    assert_eq!(until_when().await, None, "a source that nobody registered");
    ledger.register_source(&source, Access, "/shop", minute() - 3).await.unwrap();
    ledger.register_source(&source, Execution, "/x", minute()).await.unwrap();
    assert_eq!(until_when().await, Some(registered));
    ledger.keep_silent_source(&source, minute() - 3, until).await.unwrap();
    assert_eq!(until_when().await, Some(registered), "lines have come since");
    ledger.keep_silent_source(&source, minute(), until).await.unwrap();
    assert_eq!(until_when().await, Some(until));
    ledger.register_source(&source, Access, "/shop", minute()).await.unwrap();
    assert_eq!(until_when().await, Some(registered), "lines have come");
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
