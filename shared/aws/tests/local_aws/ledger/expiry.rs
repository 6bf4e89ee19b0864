//! Rows whose time has passed, before DynamoDB gets round to deleting them.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use alerting::AuthoritativeLog::Access;
use alerting::contract::now;
use alerting::{Breakdown, Committed, Counters, Incident, Ledger as _, Transition};
use diagnosis::{Cause, Timestamp};

use super::samples::{batch, breakdown, channel, counts, exemplar, incident, opening, source};
use crate::local::{block_on, ledger};

const HOUR_MS: i64 = 60 * 60 * 1_000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A clock that the test moves.
#[derive(Clone)]
struct Hands(Arc<AtomicI64>);

impl Hands {
    fn at_now() -> Self {
        Self(Arc::new(AtomicI64::new(now().as_millis())))
    }

    fn advance(&self, millis: i64) {
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    fn clock(&self) -> impl Fn() -> Timestamp + use<> {
        let hands = self.clone();
        move || Timestamp::from_millis(hands.0.load(Ordering::SeqCst))
    }
}

#[test]
fn what_was_counted_is_forgotten_after_three_days() {
    block_on(async {
        let (source, at) = (source("three_days"), now().minute());
        let hands = Hands::at_now();
        let ledger = ledger(hands.clock()).await;
        ledger.add_counts(&source, at, batch(1), &counts(10, 3)).await.unwrap();
        ledger.add_breakdown(&source, at, batch(1), &breakdown(3)).await.unwrap();
        ledger.put_exemplar(&source, at, 0, &exemplar("first")).await.unwrap();

        hands.advance(3 * DAY_MS - 1_000);
        assert_ne!(ledger.counters(&source, at, at).await.unwrap(), Counters::default());
        assert_ne!(ledger.breakdown(&source, at, at).await.unwrap(), Breakdown::default());
        assert_eq!(ledger.exemplars(&source, at, at).await.unwrap().len(), 1);

        hands.advance(1_000);
        assert_eq!(ledger.counters(&source, at, at).await.unwrap(), Counters::default());
        assert_eq!(ledger.breakdown(&source, at, at).await.unwrap(), Breakdown::default());
        assert_eq!(ledger.exemplars(&source, at, at).await.unwrap(), []);
        // An expired row does not hold its place.
        ledger.put_exemplar(&source, at, 0, &exemplar("second")).await.unwrap();
        let found = ledger.exemplars(&source, at, at).await.unwrap();
        assert_eq!(found, [exemplar("second")]);
    });
}

#[test]
fn a_resolved_incident_is_forgotten_after_two_hours_and_an_open_one_never() {
    block_on(async {
        let source = source("two_hours");
        let hands = Hands::at_now();
        let ledger = ledger(hands.clock()).await;
        let open = incident(&source, Cause::LambdaTimedOut);
        let other = incident(&source, Cause::UsagePlanQuotaExceeded);
        let over = Incident { resolved_at: Some(now()), ..other };
        for (read_version, incident) in [(0, &open), (1, &over)] {
            let transition =
                Transition { read_version, incident: incident.clone(), outbox: vec![] };
            assert_eq!(ledger.commit(&transition).await, Ok(Committed::Done));
        }
        hands.advance(2 * HOUR_MS - 1_000);
        assert_eq!(ledger.state(&source).await.unwrap().incidents.len(), 2);
        hands.advance(1_000);
        let state = ledger.state(&source).await.unwrap();
        assert_eq!((state.version, state.incidents), (2, vec![open.clone()]));

        hands.advance(400 * DAY_MS);
        let state = ledger.state(&source).await.unwrap();
        assert_eq!((state.version, state.incidents), (2, vec![open.clone()]));
        let live = ledger.live_sources(now().minute() + 400 * 24 * 60).await.unwrap();
        assert!(live.iter().any(|live| live.source == source));
        // The version goes on from where it was.
        let over = Incident { resolved_at: Some(now()), ..open };
        let transition = Transition { read_version: 2, incident: over, outbox: vec![] };
        assert_eq!(ledger.commit(&transition).await, Ok(Committed::Done));
    });
}

#[test]
fn a_registered_source_is_forgotten_after_six_hours() {
    block_on(async {
        let source = source("noted_an_hour");
        let hands = Hands::at_now();
        let ledger = ledger(hands.clock()).await;
        ledger.register_source(&source, Access, "/shop", now().minute()).await.unwrap();
        for (advance, live) in [(0, true), (6 * HOUR_MS - 2 * 60_000, true), (HOUR_MS, false)] {
            hands.advance(advance);
            let sources = ledger.live_sources(0).await.unwrap();
            assert_eq!(sources.iter().any(|live| live.source == source), live);
        }
        // Expired is not noted: the row takes a new minute.
        ledger.register_source(&source, Access, "/shop", now().minute() + 420).await.unwrap();
        let sources = ledger.live_sources(0).await.unwrap();
        assert!(sources.iter().any(|live| live.source == source));
    });
}

#[test]
fn what_is_owed_is_never_forgotten() {
    block_on(async {
        let hands = Hands::at_now();
        let ledger = ledger(hands.clock()).await;
        ledger.commit(&opening("owed_for_ever")).await.unwrap();
        hands.advance(400 * DAY_MS);
        assert_eq!(ledger.pending(&channel("owed_for_ever"), None, 9).await.unwrap().len(), 1);
    });
}
