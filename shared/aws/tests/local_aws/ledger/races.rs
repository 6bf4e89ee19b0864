//! Many writers at once.

use std::sync::Arc;

use alerting::contract::now;
use alerting::{
    Committed, Incident, Ledger as _, Recorded, Settlement, SmsGrant, SmsLimits, SmsMessage,
    Transition,
};
use diagnosis::{Cause, Timestamp};
use tokio::task::JoinSet;

use super::samples::{batch, breakdown, channel, counts, exemplar, incident, opening, source};
use crate::local::{block_on, ledger};

type LocalLedger = aws::DynamoLedger<fn() -> Timestamp>;

const WRITERS: u64 = 8;

/// Runs the same work on [`WRITERS`] tasks at once, each with a number and a ledger of its own, and
/// returns what they came to.
async fn at_once<F, T>(work: impl Fn(u64, Arc<LocalLedger>) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let mut tasks = JoinSet::new();
    for writer in 0..WRITERS {
        let ledger = Arc::new(ledger(now as fn() -> Timestamp).await);
        tasks.spawn(work(writer, ledger));
    }
    tasks.join_all().await
}

#[test]
fn batches_that_come_at_once_and_repeatedly_are_counted_once_each() {
    const SHARED: u64 = 32;
    const OWN: u64 = 16;
    block_on(async {
        let source = source("batches_at_once");
        let at = now().minute();
        let of = source.clone();
        let new = at_once(move |writer, ledger| {
            let source = of.clone();
            async move {
                let mut new = 0;
                // Every writer brings the first ones, in another order each, and then some of its own.
                let shared = (0..SHARED).map(|n| (n * 5 + writer * 7) % SHARED);
                let own = (0..OWN).map(|n| 1_000 * (writer + 1) + n);
                for n in shared.chain(own) {
                    let counts = counts(10, n % 3);
                    let recorded = ledger.add_counts(&source, at, batch(n), &counts).await.unwrap();
                    new += u64::from(recorded == Recorded::New);
                    ledger.add_breakdown(&source, at, batch(n), &breakdown(3)).await.unwrap();
                }
                new
            }
        })
        .await;
        let batches = SHARED + WRITERS * OWN;
        assert_eq!(new.iter().sum::<u64>(), batches);
        let ledger = ledger(now).await;
        let counters = ledger.counters(&source, at, at).await.unwrap();
        assert_eq!(counters.requests(at, at), 10 * batches);
        let all =
            (0..SHARED).chain((1..=WRITERS).flat_map(|w| (0..OWN).map(move |n| 1_000 * w + n)));
        let errors = counters.errors(at, at, |_, _| true);
        assert_eq!(errors[&Cause::LambdaTimedOut], all.map(|n| n % 3).sum::<u64>());
        let breakdown = ledger.breakdown(&source, at, at).await.unwrap();
        assert_eq!(breakdown.routes.len(), 3);
        assert!(breakdown.routes.values().all(|count| *count == batches));
    });
}

#[test]
fn of_transitions_at_the_same_version_one_takes_place() {
    const ROUNDS: u64 = 10;
    block_on(async {
        let test = "transitions_at_once";
        let ledger = ledger(now).await;
        for version in 0..ROUNDS {
            let done = at_once(move |writer, ledger| async move {
                let first = opening(test);
                let incident =
                    Incident { seq: version + 1, rule: writer.to_string(), ..first.incident };
                let mut rows = first.outbox;
                rows[0].seq = version + 1;
                rows[0].attempts = writer as u32;
                let transition = Transition { read_version: version, incident, outbox: rows };
                (writer, ledger.commit(&transition).await.unwrap())
            })
            .await;
            let winners: Vec<u64> = done
                .into_iter()
                .filter(|(_, committed)| *committed == Committed::Done)
                .map(|(writer, _)| writer)
                .collect();
            let state = ledger.state(&source(test)).await.unwrap();
            let pending = ledger.pending(&channel(test), None, 100).await.unwrap();
            assert_eq!(state.version, version + 1);
            assert_eq!(pending.len() as u64, version + 1);
            // The incident and the row are the same writer's.
            let last = pending.last().unwrap();
            assert_eq!(winners, [u64::from(last.attempts)], "version {version}");
            assert_eq!(state.incidents[0].rule, winners[0].to_string());
        }
    });
}

#[test]
fn one_sender_gets_the_lease() {
    block_on(async {
        let channel = channel("lease_at_once");
        let id = incident(&source("lease_at_once"), Cause::LambdaTimedOut).id;
        for round in 0..10 {
            let start = now().plus_millis(round * 120_000);
            let (channel, id) = (channel.clone(), id.clone());
            let leases = at_once(move |writer, ledger| {
                let (channel, id) = (channel.clone(), id.clone());
                async move {
                    let (holder, until) = (writer.to_string(), start.plus_millis(60_000));
                    ledger.lease(&channel, &id, &holder, start, until).await.unwrap()
                }
            })
            .await;
            assert_eq!(leases.iter().flatten().count(), 1, "round {round}");
        }
    });
}

#[test]
fn one_exemplar_gets_the_place() {
    block_on(async {
        let at = now().minute();
        at_once(move |writer, ledger| async move {
            let exemplar = exemplar(&writer.to_string());
            ledger.put_exemplar(&source("place_at_once"), at, 0, &exemplar).await.unwrap();
        })
        .await;
        let ledger = ledger(now).await;
        let found = ledger.exemplars(&source("place_at_once"), at, at).await.unwrap();
        assert_eq!(found.len(), 1);
    });
}

#[test]
fn of_pauses_asked_for_at_once_the_longest_stays() {
    block_on(async {
        let channel = channel("pauses_at_once");
        let of = channel.clone();
        at_once(move |writer, ledger| {
            let channel = of.clone();
            async move {
                for n in 0..10 {
                    let seconds = (n * 7 + writer * 13) % 80;
                    let until = now().plus_millis(seconds as i64 * 1_000);
                    ledger.pause(&channel, until, "slow down").await.unwrap();
                    ledger.park(&channel, until, writer as u32 + 1, "archived").await.unwrap();
                }
            }
        })
        .await;
        let longest = (0..WRITERS).flat_map(|w| (0..10).map(move |n| (n * 7 + w * 13) % 80)).max();
        let until = longest.map(|seconds| now().plus_millis(seconds as i64 * 1_000));
        let state = ledger(now).await.channel(&channel).await.unwrap();
        assert_eq!((state.paused_until, state.parked_until), (until, until));
    });
}

#[test]
fn of_text_messages_at_once_as_many_go_out_as_may() {
    block_on(async {
        let limits = SmsLimits { per_number: 10, in_all: 1_000_000 };
        let of = channel("sms_at_once");
        let grants = at_once(move |writer, ledger| {
            let channel = of.clone();
            async move {
                let mut grants = Vec::new();
                for n in 0..5 {
                    let message = format!("{writer}-{n}");
                    let message = SmsMessage { name: &message, critical_opening: true };
                    let grant = ledger.take_sms(&channel, now(), message, limits).await.unwrap();
                    // the same one, tried again by somebody
                    let again = ledger.take_sms(&channel, now(), message, limits).await.unwrap();
                    assert_eq!(grant == SmsGrant::Over, again == SmsGrant::Over);
                    grants.push(grant);
                }
                grants
            }
        })
        .await;
        let count = |wanted| grants.iter().flatten().filter(|grant| **grant == wanted).count();
        assert_eq!((count(SmsGrant::Free), count(SmsGrant::Last)), (9, 1));
        assert_eq!(count(SmsGrant::Over) as u64, 5 * WRITERS - 10);
    });
}

#[test]
fn of_senders_at_once_each_row_is_sent_by_one() {
    block_on(async {
        let first = opening("senders_at_once");
        ledger(now).await.commit(&first).await.unwrap();
        let (channel, row) = (channel("senders_at_once"), first.outbox[0].clone());
        let sent = at_once(move |writer, ledger| {
            let (channel, row) = (channel.clone(), row.clone());
            async move {
                let (holder, until) = (writer.to_string(), now().plus_millis(60_000));
                let mut sent = 0;
                for _ in 0..20 {
                    let lease =
                        ledger.lease(&channel, &row.incident, &holder, now(), until).await.unwrap();
                    if lease.is_none() {
                        continue;
                    }
                    let rows = ledger.pending(&channel, None, 9).await.unwrap();
                    sent += rows.len();
                    let done = Settlement::Done { message_ref: None };
                    ledger.settle(&rows, &holder, done).await.unwrap();
                    ledger.give_back(&channel, &row.incident, &holder).await.unwrap();
                }
                sent
            }
        })
        .await;
        assert_eq!(sent.iter().sum::<usize>(), 1, "{sent:?}");
    });
}
