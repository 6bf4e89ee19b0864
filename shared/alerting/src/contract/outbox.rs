//! Rows owed, and the leases under which they are sent.

use diagnosis::Timestamp;

use super::now;
use super::samples::{
    QUOTA, TIMED_OUT, channel, commit, incident, minute, owed, owing, row, source,
};
use crate::channel::ChannelId;
use crate::incident::Incident;
use crate::ledger::{Lease, Ledger, OutboxRow, Settlement};

const NO_ROWS: [u64; 0] = [];

/// Takes a lease for a minute from [`now`] on.
async fn lease<L: Ledger>(
    ledger: &L,
    channel: &ChannelId,
    incident: &Incident,
    holder: &str,
) -> Option<Lease> {
    let until = now().plus_millis(60_000);
    ledger.lease(channel, &incident.id, holder, now(), until).await.unwrap()
}

pub async fn rows_are_owed_by_incident_and_number_up_to_a_limit<L: Ledger>(
    ledger: &L,
    prefix: &str,
) {
    let channel = channel(prefix, 1);
    let mut wanted = Vec::new();
    for n in 0..3 {
        let opened = incident(&source(&format!("{prefix}/{n}")), TIMED_OUT, minute());
        let rows: Vec<OutboxRow> =
            [10, 2, 1].into_iter().map(|seq| row(&channel, &opened, seq)).collect();
        commit(ledger, 0, &opened, rows.clone()).await;
        wanted.extend(rows);
    }
    wanted.sort_by(|a, b| (&a.incident, a.seq).cmp(&(&b.incident, b.seq)));
    for limit in [0, 1, 4, 9, 1_000] {
        let found = ledger.owed(&channel, limit).await.unwrap();
        assert_eq!(found, wanted[..limit.min(9)], "limit {limit}");
    }
}

pub async fn channels_do_not_see_each_others_rows<L: Ledger>(ledger: &L, prefix: &str) {
    let opened = incident(&source(prefix), TIMED_OUT, minute());
    let channels = [channel(prefix, 1), channel(prefix, 2)];
    let rows = channels.iter().map(|channel| row(channel, &opened, 1)).collect();
    commit(ledger, 0, &opened, rows).await;

    lease(ledger, &channels[0], &opened, "a").await.unwrap();
    ledger
        .settle(&row(&channels[0], &opened, 1), "a", Settlement::Done { place: None })
        .await
        .unwrap();
    assert_eq!(owed(ledger, &channels[0]).await, NO_ROWS);
    assert_eq!(owed(ledger, &channels[1]).await, [1]);
    assert_eq!(owed(ledger, &channel(prefix, 3)).await, NO_ROWS);
}

pub async fn a_lease_keeps_others_out_until_it_ends<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let until = now().plus_millis(60_000);
    let take = async |holder: &str, at: Timestamp| {
        ledger.lease(&channel, &opened.id, holder, at, at.plus_millis(60_000)).await.unwrap()
    };
    assert_eq!(take("a", now()).await, Some(Lease { last_sent: 0, place: None }));
    assert_eq!(take("b", now()).await, None);
    assert_eq!(take("b", until.plus_millis(-1)).await, None);
    assert_eq!(take("b", until.plus_millis(1)).await, Some(Lease { last_sent: 0, place: None }));
    assert_eq!(take("a", until.plus_millis(2)).await, None, "now it is the other's");
}

pub async fn a_holder_may_take_its_lease_again<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let taken = lease(ledger, &channel, &opened, "a").await;
    assert_eq!(lease(ledger, &channel, &opened, "a").await, taken);
    let later = now().plus_millis(30_000);
    let until = now().plus_millis(90_000);
    let extended = ledger.lease(&channel, &opened.id, "a", later, until).await.unwrap();
    assert_eq!(extended, Some(Lease { last_sent: 0, place: None }));
    let first_end = now().plus_millis(61_000);
    let other = ledger.lease(&channel, &opened.id, "b", first_end, until).await.unwrap();
    assert_eq!(other, None, "the second taking extended it");
}

pub async fn leases_are_per_incident_and_channel<L: Ledger>(ledger: &L, prefix: &str) {
    let (one, other) = (channel(prefix, 1), channel(prefix, 2));
    let first = incident(&source(prefix), TIMED_OUT, minute());
    let second = incident(&source(prefix), QUOTA, minute());
    assert!(lease(ledger, &one, &first, "a").await.is_some());
    assert!(lease(ledger, &one, &second, "b").await.is_some());
    assert!(lease(ledger, &other, &first, "c").await.is_some());
    assert!(lease(ledger, &one, &first, "d").await.is_none());
}

pub async fn a_sent_row_is_owed_no_more<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1, 2]).await;
    lease(ledger, &channel, &opened, "a").await.unwrap();
    ledger.settle(&row(&channel, &opened, 1), "a", Settlement::Done { place: None }).await.unwrap();
    assert_eq!(owed(ledger, &channel).await, [2]);
    let next = lease(ledger, &channel, &opened, "b").await;
    assert_eq!(next, Some(Lease { last_sent: 1, place: None }), "the lease was given back");
}

pub async fn a_failed_row_stays_owed_for_later<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let mut wanted = row(&channel, &opened, 1);
    for attempt in 1..=2 {
        lease(ledger, &channel, &opened, "a").await.unwrap();
        let due = now().plus_millis(5_000 * i64::from(attempt));
        ledger.settle(&wanted, "a", Settlement::RetryAt(due)).await.unwrap();
        wanted = OutboxRow { due, attempts: attempt, ..wanted };
        assert_eq!(ledger.owed(&channel, 10).await.unwrap(), [wanted.clone()]);
    }
    let next = lease(ledger, &channel, &opened, "b").await;
    assert_eq!(next, Some(Lease { last_sent: 0, place: None }), "the lease was given back");
}

pub async fn a_row_is_settled_once<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let failed = row(&channel, &opened, 1);
    let due = now().plus_millis(5_000);
    lease(ledger, &channel, &opened, "a").await.unwrap();
    for _ in 0..2 {
        ledger.settle(&failed, "a", Settlement::RetryAt(due)).await.unwrap();
    }
    assert_eq!(ledger.owed(&channel, 10).await.unwrap()[0].attempts, 1);

    lease(ledger, &channel, &opened, "a").await.unwrap();
    for _ in 0..2 {
        ledger.settle(&failed, "a", Settlement::Done { place: None }).await.unwrap();
    }
    // a row that is gone does not come back
    lease(ledger, &channel, &opened, "a").await.unwrap();
    ledger.settle(&failed, "a", Settlement::RetryAt(due)).await.unwrap();
    assert_eq!(owed(ledger, &channel).await, NO_ROWS);
    let next = lease(ledger, &channel, &opened, "b").await;
    assert_eq!(next, Some(Lease { last_sent: 1, place: None }), "the lease was given back");
}

pub async fn who_lost_its_lease_settles_nothing<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let owed_row = row(&channel, &opened, 1);
    let later = now().plus_millis(61_000);
    lease(ledger, &channel, &opened, "slow").await.unwrap();
    let until = later.plus_millis(60_000);
    let taken = ledger.lease(&channel, &opened.id, "quick", later, until).await.unwrap();
    assert!(taken.is_some());
    for settlement in [Settlement::Done { place: None }, Settlement::RetryAt(later)] {
        for holder in ["slow", "stranger"] {
            ledger.settle(&owed_row, holder, settlement.clone()).await.unwrap();
        }
    }
    assert_eq!(ledger.owed(&channel, 10).await.unwrap(), std::slice::from_ref(&owed_row));
    let third = ledger.lease(&channel, &opened.id, "third", later, until).await.unwrap();
    assert_eq!(third, None, "the lease is still held");
    ledger.settle(&owed_row, "quick", Settlement::Done { place: None }).await.unwrap();
    assert_eq!(owed(ledger, &channel).await, NO_ROWS);
}

pub async fn an_older_row_does_not_take_the_last_number_back<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1, 2]).await;
    for seq in [2, 1] {
        lease(ledger, &channel, &opened, "a").await.unwrap();
        ledger
            .settle(&row(&channel, &opened, seq), "a", Settlement::Done { place: None })
            .await
            .unwrap();
    }
    assert_eq!(owed(ledger, &channel).await, NO_ROWS);
    assert_eq!(
        lease(ledger, &channel, &opened, "b").await,
        Some(Lease { last_sent: 2, place: None })
    );
}
