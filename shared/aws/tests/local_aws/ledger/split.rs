//! Transitions and settlements that take more than one transaction, and writers that die between two.

use std::sync::atomic::{AtomicUsize, Ordering};

use alerting::contract::now;
use alerting::{Committed, Content, Ledger as _, OutboxRow, Settlement, Transition};

use super::fault_proxy::Fault;
use super::faults::through;
use super::samples::{channel, opening, source};
use crate::local::{block_on, ledger};

/// An opening with so many rows on one channel.
fn large(test: &str, rows: u64) -> Transition {
    let opening = opening(test);
    let row = opening.outbox[0].clone();
    let outbox = (1..=rows).map(|seq| OutboxRow { seq, ..row.clone() }).collect();
    Transition { outbox, ..opening }
}

#[test]
fn a_transition_of_any_size_is_committed_whole() {
    block_on(async {
        let ledger = ledger(now).await;
        for rows in [97, 98, 250] {
            let test = format!("large {rows}");
            let transition = large(&test, rows);
            assert_eq!(ledger.commit(&transition).await, Ok(Committed::Done), "{rows}");
            assert_eq!(ledger.commit(&transition).await, Ok(Committed::Conflict), "{rows}");
            let pending = ledger.pending(&channel(&test), None, 999).await.unwrap();
            assert_eq!(pending, transition.outbox, "{rows}");
            assert_eq!(ledger.state(&source(&test)).await.unwrap().version, 1);
        }
        // Few rows, and too many bytes.
        let test = "large bytes";
        let body = Content::Sms { body: "x".repeat(250_000) };
        let mut transition = large(test, 20);
        for row in &mut transition.outbox {
            row.content = body.clone();
        }
        assert_eq!(ledger.commit(&transition).await, Ok(Committed::Done));
        assert_eq!(ledger.pending(&channel(test), None, 99).await.unwrap(), transition.outbox);
    });
}

/// Who finishes what a dead writer left.
#[derive(Debug, Clone, Copy)]
enum Finisher {
    Sweep,
    Reader,
}

#[test]
fn a_writer_that_dies_within_a_large_transition_loses_nothing_and_sends_nothing_uncommitted() {
    // 101 rows are 5 more than fit: 5 rows put aside, the transaction, and what finishes it.
    const ROWS: u64 = 101;
    block_on(async {
        let (mut committed, mut uncommitted) = (0, 0);
        for died_at in 0..12 {
            for (finisher, arrives) in [(Finisher::Sweep, false), (Finisher::Reader, true)] {
                let test = format!("dies {died_at} {finisher:?} {arrives}");
                let transition = large(&test, ROWS);
                let dying = through(move |n, _| match n {
                    n if n < died_at => Fault::None,
                    n if n == died_at && arrives => Fault::LoseAnswer,
                    _ => Fault::Lose,
                });
                let _ = dying.await.commit(&transition).await;

                let ledger = ledger(now).await;
                let pending = async || ledger.pending(&channel(&test), None, 999).await.unwrap();
                let left = pending().await;
                match finisher {
                    Finisher::Sweep => drop(ledger.live_sources(0).await.unwrap()),
                    Finisher::Reader => drop(ledger.state(&source(&test)).await.unwrap()),
                }
                let finished = pending().await;
                if ledger.state(&source(&test)).await.unwrap().version == 0 {
                    uncommitted += 1;
                    assert_eq!((left, finished), (vec![], vec![]), "{test}");
                    // Another invocation decides anew; the dead one's rows stay where they are.
                    let again = ledger.commit(&transition).await;
                    assert_eq!(again, Ok(Committed::Done), "{test}");
                } else {
                    committed += 1;
                    assert_eq!(finished, transition.outbox, "{test}");
                }
                ledger.live_sources(0).await.unwrap();
                assert_eq!(pending().await, transition.outbox, "{test}");
            }
        }
        assert!(committed > 4 && uncommitted > 4, "{committed} committed, {uncommitted} not");
    });
}

#[test]
fn a_notification_that_was_sent_is_not_put_back_by_a_late_finisher() {
    block_on(async {
        let test = "late finisher";
        let transition = large(test, 101);
        let transactions = AtomicUsize::new(0);
        let dying = through(move |_, operation| {
            // It dies after the transaction that commits.
            let dead = transactions.load(Ordering::SeqCst) > 0;
            transactions
                .fetch_add(usize::from(operation == "TransactWriteItems"), Ordering::SeqCst);
            if dead { Fault::Lose } else { Fault::None }
        });
        assert_eq!(dying.await.commit(&transition).await, Ok(Committed::Done));
        let ledger = ledger(now).await;
        assert_eq!(ledger.pending(&channel(test), None, 999).await.unwrap().len(), 96);
        ledger.live_sources(0).await.unwrap();
        let (rows, id) = (&transition.outbox, &transition.incident.id);
        ledger.lease(&channel(test), id, "a", now(), now().plus_millis(60_000)).await.unwrap();
        ledger.settle(rows, "a", Settlement::Done { message_ref: None }).await.unwrap();
        ledger.live_sources(0).await.unwrap();
        ledger.state(&source(test)).await.unwrap();
        assert_eq!(ledger.pending(&channel(test), None, 999).await.unwrap(), []);
    });
}

#[test]
fn rows_of_any_number_and_size_are_settled_together() {
    block_on(async {
        let ledger = ledger(now).await;
        for (rows, bytes) in [(90, 10), (250, 10), (30, 250_000)] {
            for settlement in [Settlement::Done { message_ref: None }, Settlement::Dropped] {
                let sent = matches!(settlement, Settlement::Done { .. });
                let test = format!("settled {rows} {sent}");
                let mut transition = large(&test, rows);
                for row in &mut transition.outbox {
                    row.content = Content::Sms { body: "x".repeat(bytes) };
                }
                ledger.commit(&transition).await.unwrap();
                let (channel, id) = (channel(&test), &transition.incident.id);
                let until = now().plus_millis(60_000);
                ledger.lease(&channel, id, "a", now(), until).await.unwrap();
                ledger.settle(&transition.outbox, "a", settlement).await.unwrap();
                assert_eq!(ledger.pending(&channel, None, 999).await.unwrap(), [], "{test}");
                let lease = ledger.lease(&channel, id, "b", now(), until).await.unwrap().unwrap();
                assert!(!lease.abandoned, "{test}");
                assert_eq!(lease.last_sent, if sent { rows } else { 0 }, "{test}");
            }
        }
    });
}

#[test]
fn a_sender_that_dies_within_a_large_settlement_sends_nothing_again() {
    block_on(async {
        for settled in 1..3 {
            let test = format!("dies settling {settled}");
            let transition = large(&test, 250);
            let direct = ledger(now).await;
            direct.commit(&transition).await.unwrap();
            let (channel, id) = (channel(&test), &transition.incident.id);
            let until = now().plus_millis(60_000);
            direct.lease(&channel, id, "a", now(), until).await.unwrap();
            let dying = through(move |n, _| if n < settled { Fault::None } else { Fault::Lose });
            let done = Settlement::Done { message_ref: None };
            dying.await.settle(&transition.outbox, "a", done).await.unwrap_err();

            // Others keep off while the lease lasts, and then know what was sent.
            assert_eq!(direct.lease(&channel, id, "b", now(), until).await.unwrap(), None);
            let lease = direct.lease(&channel, id, "b", until, until.plus_millis(1)).await.unwrap();
            let lease = lease.unwrap();
            assert!(lease.abandoned);
            assert_eq!(lease.last_sent, 250);
            let left = direct.pending(&channel, None, 999).await.unwrap();
            assert!(!left.is_empty() && left.iter().all(|row| row.seq <= lease.last_sent));
            direct.settle(&left, "b", Settlement::Dropped).await.unwrap();
            assert_eq!(direct.pending(&channel, None, 999).await.unwrap(), []);
        }
    });
}
