//! Requests and answers that get lost, and writers that die half way.

use std::sync::atomic::{AtomicUsize, Ordering};

use alerting::contract::now;
use alerting::{Committed, Failure, Ledger as _, Recorded, Settlement};
use aws::DynamoLedger;
use diagnosis::Timestamp;

use super::fault_proxy::{self, Fault, error};
use super::samples::{batch, breakdown, channel, counts, opening, source};
use crate::local::{block_on, endpoint, ledger, ledger_at};

/// A ledger that speaks through a proxy with this plan.
pub(super) async fn through(
    plan: impl Fn(usize, &str) -> Fault + Send + Sync + 'static,
) -> DynamoLedger<fn() -> Timestamp> {
    let proxy = fault_proxy::start(&endpoint(), plan).await;
    ledger_at(&proxy, now as fn() -> Timestamp).await
}

/// Something happens to the first request with this operation.
fn first(operation: &'static str, fault: fn() -> Fault) -> impl Fn(usize, &str) -> Fault {
    first_few(1, operation, fault)
}

/// Something happens to the first few requests with this operation.
fn first_few(
    few: usize,
    operation: &'static str,
    fault: fn() -> Fault,
) -> impl Fn(usize, &str) -> Fault {
    let count = AtomicUsize::new(0);
    move |_, found| {
        let happens = found == operation && count.fetch_add(1, Ordering::SeqCst) < few;
        if happens { fault() } else { Fault::None }
    }
}

fn no_answer() -> Failure {
    Failure { reason: "no answer".to_owned(), may_have_arrived: true }
}

/// What a transaction is refused with that met another.
fn conflicting() -> Fault {
    let reasons = r#","CancellationReasons":[{"Code":"TransactionConflict"},{"Code":"None"}]"#;
    Fault::AnswerInstead(error("TransactionCanceledException", reasons))
}

#[test]
fn a_count_whose_answer_was_lost_is_counted_once() {
    block_on(async {
        let (source, at) = (source("lost_count"), now().minute());
        let ledger = through(first("UpdateItem", || Fault::LoseAnswer)).await;
        let recorded = ledger.add_counts(&source, at, batch(1), &counts(10, 3)).await.unwrap();
        assert_eq!(recorded, Recorded::Duplicate, "the second try finds the first");
        let counters = ledger.counters(&source, at, at).await.unwrap();
        assert_eq!(counters.requests(at, at), 10);
    });
}

#[test]
fn a_commit_whose_answer_was_lost_took_place() {
    for (name, times, fault) in [
        ("lost", 1, (|| Fault::LoseAnswer) as fn() -> Fault),
        // Later tries meet the first, which is slow, until the SDK gives up. Ours then has a request
        // token of its own, and finds the version changed.
        ("in progress", 3, || Fault::Answer(error("TransactionInProgressException", ""))),
    ] {
        block_on(async {
            let test = format!("lost_commit {name}");
            let ledger = through(first_few(times, "TransactWriteItems", fault)).await;
            assert_eq!(ledger.commit(&opening(&test)).await, Ok(Committed::Done), "{name}");
            assert_eq!(ledger.state(&source(&test)).await.unwrap().version, 1);
            assert_eq!(
                ledger.pending(&channel(&test), None, 9).await.unwrap(),
                opening(&test).outbox
            );
            // and once only
            assert_eq!(ledger.commit(&opening(&test)).await, Ok(Committed::Conflict), "{name}");
        });
    }
}

#[test]
fn transactions_that_meet_others_are_tried_again_for_a_while() {
    block_on(async {
        let ledger = through(|n, _| if n < 4 { conflicting() } else { Fault::None }).await;
        assert_eq!(ledger.commit(&opening("four conflicts")).await, Ok(Committed::Done));

        let ledger = through(|_, _| conflicting()).await;
        let error = ledger.commit(&opening("conflicts for ever")).await.unwrap_err();
        assert!(error.retryable, "{error}");
    });
}

#[test]
fn details_whose_writer_died_between_two_parts_are_completed_once() {
    block_on(async {
        let at = now().minute();
        let breakdown = breakdown(100);
        for parts_written in 1..4 {
            let source = source(&format!("half_details {parts_written}"));
            let dying =
                through(move |n, _| if n < parts_written { Fault::None } else { Fault::Lose });
            let error =
                dying.await.add_breakdown(&source, at, batch(1), &breakdown).await.unwrap_err();
            assert!(error.retryable, "{error}");

            let ledger = ledger(now).await;
            assert_ne!(ledger.breakdown(&source, at, at).await.unwrap(), breakdown, "it did die");
            for recorded in [Recorded::New, Recorded::Duplicate] {
                let found = ledger.add_breakdown(&source, at, batch(1), &breakdown).await.unwrap();
                assert_eq!(found, recorded);
                assert_eq!(ledger.breakdown(&source, at, at).await.unwrap(), breakdown);
            }
        }
    });
}

#[test]
fn a_lease_whose_answer_was_lost_is_had() {
    block_on(async {
        let (channel, incident) = (channel("lost_lease"), opening("lost_lease").incident);
        let ledger = through(first("UpdateItem", || Fault::LoseAnswer)).await;
        let until = now().plus_millis(60_000);
        let lease = ledger.lease(&channel, &incident.id, "a", now(), until).await.unwrap();
        assert!(lease.is_some());
    });
}

#[test]
fn a_settlement_whose_answer_was_lost_is_settled_once() {
    for settlement in [
        Settlement::Done { message_ref: None },
        Settlement::Dropped,
        Settlement::MayHaveArrived,
        Settlement::RetryAt { due: now().plus_millis(5_000), failure: no_answer() },
    ] {
        block_on(async {
            let test = format!("lost_settlement {settlement:?}");
            let (channel, opening) = (channel(&test), opening(&test));
            let direct = ledger(now).await;
            direct.commit(&opening).await.unwrap();
            let until = now().plus_millis(60_000);
            direct.lease(&channel, &opening.incident.id, "a", now(), until).await.unwrap();

            let ledger = through(first("TransactWriteItems", || Fault::LoseAnswer)).await;
            let done = matches!(settlement, Settlement::Done { .. } | Settlement::MayHaveArrived);
            let retried = matches!(settlement, Settlement::RetryAt { .. });
            ledger.settle(&opening.outbox, "a", settlement.clone()).await.unwrap();
            let attempts: Vec<u32> = ledger
                .pending(&channel, None, 9)
                .await
                .unwrap()
                .iter()
                .map(|row| row.attempts)
                .collect();
            let wanted: &[u32] = if retried { &[1] } else { &[] };
            assert_eq!(attempts, wanted, "{settlement:?}");
            let next =
                direct.lease(&channel, &opening.incident.id, "b", now(), until).await.unwrap();
            let last_sent = u64::from(done);
            assert_eq!(next.map(|lease| lease.last_sent), Some(last_sent), "{settlement:?}");
        });
    }
}

#[test]
fn errors_say_whether_to_try_again() {
    block_on(async {
        let (source, at) = (source("errors"), now().minute());
        for (code, retryable) in [
            ("ProvisionedThroughputExceededException", true),
            ("ThrottlingException", true),
            ("AccessDeniedException", true),
            ("ResourceNotFoundException", true),
            ("ValidationException", false),
        ] {
            let ledger = through(move |_, _| Fault::AnswerInstead(error(code, ""))).await;
            let counted =
                ledger.add_counts(&source, at, batch(1), &counts(1, 1)).await.unwrap_err();
            assert_eq!(counted.retryable, retryable, "{counted}");
            assert!(counted.reason.starts_with("table gatewatch-"), "{counted}");
            let row = format!(", key M#group:/errors: {code}: for a test");
            assert!(counted.reason.ends_with(&row), "{counted}");
            let read = ledger.counters(&source, at, at).await.unwrap_err();
            assert_eq!(read.retryable, retryable, "{read}");
            let committed = ledger.commit(&opening("errors")).await.unwrap_err();
            assert_eq!(committed.retryable, retryable, "{committed}");
            assert!(committed.reason.starts_with("table gatewatch-"), "{committed}");
        }
        let gone = through(|_, _| Fault::Lose).await;
        let error = gone.add_counts(&source, at, batch(1), &counts(1, 1)).await.unwrap_err();
        assert!(error.retryable, "{error}");
        assert!(!error.reason.is_empty());
    });
}
