//! Transitions, and the state that they leave.

use diagnosis::Timestamp;

use crate::incident::{
    Acknowledged, History, Incident, LastNotification, OpenIncident, SourceState,
};
use crate::notify::ChannelId;
use crate::store::contract::now;
use crate::store::contract::samples::{
    QUOTA, TIMED_OUT, channel, commit, incident, live, minute, owing, pending, resolved, row,
    source,
};
use crate::store::{Committed, Ledger, OutboxRow};

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
    assert_eq!(pending(ledger, &channel).await, [1]);
    assert_eq!(live(ledger, prefix, minute()).await.len(), 1, "the incident is still open");
}

pub async fn the_same_transition_twice_is_a_conflict<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let again = commit(ledger, 0, &opened, vec![row(&channel, &opened, 1)]).await;
    assert_eq!(again, Committed::Conflict);
    assert_eq!(pending(ledger, &channel).await, [1]);
    assert_eq!(ledger.state(&opened.source).await.unwrap().version, 1);
}

pub async fn a_commit_brings_all_its_rows<L: Ledger>(ledger: &L, prefix: &str) {
    let opened = incident(&source(prefix), TIMED_OUT, minute());
    let channels: Vec<ChannelId> = (0..12).map(|n| channel(prefix, n)).collect();
    let rows: Vec<OutboxRow> = channels.iter().map(|channel| row(channel, &opened, 1)).collect();
    assert_eq!(commit(ledger, 0, &opened, rows.clone()).await, Committed::Done);
    for (channel, row) in channels.iter().zip(rows) {
        assert_eq!(ledger.pending(channel, None, 10).await.unwrap(), [row], "as it was committed");
    }
}

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

pub async fn sources_do_not_see_each_others_incidents<L: Ledger>(ledger: &L, prefix: &str) {
    let (one, other) = (source(prefix), source(&format!("{prefix}/other")));
    for source in [&one, &other] {
        let opened = incident(source, TIMED_OUT, minute());
        assert_eq!(commit(ledger, 0, &opened, Vec::new()).await, Committed::Done);
        let state = ledger.state(source).await.unwrap();
        assert_eq!(state, SourceState { version: 1, incidents: vec![opened] });
    }
}

pub async fn open_incidents_are_known_until_they_are_resolved<L: Ledger>(ledger: &L, prefix: &str) {
    let known = async || -> Vec<OpenIncident> {
        let open = ledger.open_incidents().await.unwrap();
        open.into_iter().filter(|open| open.source.to_string().contains(prefix)).collect()
    };
    let (one, other) = (source(&format!("{prefix}/1")), source(&format!("{prefix}/2")));
    // Whatever happens to it: held for a storm, told, acknowledged, back again.
    let held = Incident {
        seq: 0,
        history: History { in_storm: true, errors: 7, ..History::default() },
        ..incident(&one, TIMED_OUT, minute())
    };
    let told = LastNotification {
        at: now(),
        errors: 70,
        cause: TIMED_OUT,
        severity: held.severity,
        returns: 1,
        sources: 0,
        findings: 0,
        gaps: false,
    };
    let back = Incident {
        history: History {
            notified: Some(told),
            since: Some(now()),
            returns: 2,
            acknowledged: Some(Acknowledged { by: "somebody".to_owned(), at: now() }),
            errors: 90,
            ..History::default()
        },
        ..incident(&one, TIMED_OUT, minute())
    };
    let second = incident(&other, QUOTA, minute());
    for (version, of, changed, wanted) in [
        (0, &one, &held, vec![&held]),
        (0, &other, &second, vec![&held, &second]),
        (1, &one, &back, vec![&back, &second]),
        (2, &one, &resolved(&back, now()), vec![&second]),
        (3, &one, &back, vec![&back, &second]),
    ] {
        assert_eq!(commit(ledger, version, changed, Vec::new()).await, Committed::Done);
        assert_eq!(
            ledger.state(of).await.unwrap().incidents,
            std::slice::from_ref(changed),
            "as it was"
        );
        let wanted: Vec<OpenIncident> = wanted.into_iter().map(OpenIncident::from).collect();
        assert_eq!(known().await, wanted);
    }
}
