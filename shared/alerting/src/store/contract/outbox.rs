//! Rows owed, and the leases under which they are sent.

use diagnosis::Timestamp;

use crate::incident::Incident;
use crate::notify::{ChannelId, ChannelKind};
use crate::store::contract::now;
use crate::store::contract::samples::{
    QUOTA, TIMED_OUT, channel, commit, failure, incident, minute, owing, pending, retry_at, row,
    sent, source,
};
use crate::store::{Condition, Lease, Ledger, MAX_SETTLED, OutboxKey, OutboxRow, Settlement};

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
    wanted.sort_by_key(OutboxRow::key);
    for limit in [0, 1, 4, 9, 1_000] {
        let found = ledger.pending(&channel, None, limit).await.unwrap();
        assert_eq!(found, wanted[..limit.min(9)], "limit {limit}");
    }
}

pub async fn channels_do_not_see_each_others_rows<L: Ledger>(ledger: &L, prefix: &str) {
    let opened = incident(&source(prefix), TIMED_OUT, minute());
    let channels = [channel(prefix, 1), channel(prefix, 2)];
    let rows = channels.iter().map(|channel| row(channel, &opened, 1)).collect();
    commit(ledger, 0, &opened, rows).await;

    lease(ledger, &channels[0], &opened, "a").await.unwrap();
    ledger.settle(&[row(&channels[0], &opened, 1)], "a", sent()).await.unwrap();
    assert_eq!(pending(ledger, &channels[0]).await, NO_ROWS);
    assert_eq!(pending(ledger, &channels[1]).await, [1]);
    assert_eq!(pending(ledger, &channel(prefix, 3)).await, NO_ROWS);
}

pub async fn a_lease_keeps_others_out_until_it_ends<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let until = now().plus_millis(60_000);
    let take = async |holder: &str, at: Timestamp| {
        ledger.lease(&channel, &opened.id, holder, at, at.plus_millis(60_000)).await.unwrap()
    };
    assert_eq!(take("a", now()).await, Some(Lease::default()));
    assert_eq!(take("b", now()).await, None);
    assert_eq!(take("b", until.plus_millis(-1)).await, None);
    // who lets it end unsettled may have sent something
    let abandoned = Lease { abandoned: true, ..Lease::default() };
    assert_eq!(take("b", until.plus_millis(1)).await, Some(abandoned));
    assert_eq!(take("a", until.plus_millis(2)).await, None, "now it is the other's");
}

pub async fn a_holder_may_take_its_lease_again<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let taken = lease(ledger, &channel, &opened, "a").await;
    assert_eq!(taken, Some(Lease::default()));
    let abandoned = Some(Lease { abandoned: true, ..Lease::default() });
    assert_eq!(lease(ledger, &channel, &opened, "a").await, abandoned);
    let later = now().plus_millis(30_000);
    let until = now().plus_millis(90_000);
    let extended = ledger.lease(&channel, &opened.id, "a", later, until).await.unwrap();
    assert_eq!(extended, abandoned);
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
    ledger.settle(&[row(&channel, &opened, 1)], "a", sent()).await.unwrap();
    assert_eq!(pending(ledger, &channel).await, [2]);
    let next = lease(ledger, &channel, &opened, "b").await;
    assert_eq!(next, Some(Lease { last_sent: 1, ..Lease::default() }), "the lease was given back");
}

pub async fn a_failed_row_stays_owed_for_later<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let mut wanted = row(&channel, &opened, 1);
    for attempt in 1..=2 {
        lease(ledger, &channel, &opened, "a").await.unwrap();
        let due = now().plus_millis(5_000 * i64::from(attempt));
        ledger.settle(std::slice::from_ref(&wanted), "a", retry_at(due)).await.unwrap();
        wanted = OutboxRow { due, attempts: attempt, failure: Some(failure()), ..wanted };
        assert_eq!(ledger.pending(&channel, None, 10).await.unwrap(), [wanted.clone()]);
    }
    let next = lease(ledger, &channel, &opened, "b").await;
    assert_eq!(next, Some(Lease::default()), "the lease was given back");
}

pub async fn a_row_is_settled_once<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let failed = row(&channel, &opened, 1);
    let due = now().plus_millis(5_000);
    lease(ledger, &channel, &opened, "a").await.unwrap();
    for _ in 0..2 {
        ledger.settle(std::slice::from_ref(&failed), "a", retry_at(due)).await.unwrap();
    }
    assert_eq!(ledger.pending(&channel, None, 10).await.unwrap()[0].attempts, 1);

    lease(ledger, &channel, &opened, "a").await.unwrap();
    for _ in 0..2 {
        ledger.settle(std::slice::from_ref(&failed), "a", sent()).await.unwrap();
    }
    // a row that is gone does not come back
    lease(ledger, &channel, &opened, "a").await.unwrap();
    ledger.settle(std::slice::from_ref(&failed), "a", retry_at(due)).await.unwrap();
    assert_eq!(pending(ledger, &channel).await, NO_ROWS);
    let next = lease(ledger, &channel, &opened, "b").await;
    assert_eq!(next, Some(Lease { last_sent: 1, ..Lease::default() }), "the lease was given back");
}

pub async fn who_lost_its_lease_settles_nothing<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    let pending_row = row(&channel, &opened, 1);
    let later = now().plus_millis(61_000);
    lease(ledger, &channel, &opened, "slow").await.unwrap();
    let until = later.plus_millis(60_000);
    let taken = ledger.lease(&channel, &opened.id, "quick", later, until).await.unwrap();
    assert!(taken.is_some());
    for settlement in [sent(), retry_at(later)] {
        for holder in ["slow", "stranger"] {
            ledger
                .settle(std::slice::from_ref(&pending_row), holder, settlement.clone())
                .await
                .unwrap();
        }
    }
    assert_eq!(
        ledger.pending(&channel, None, 10).await.unwrap(),
        std::slice::from_ref(&pending_row)
    );
    let third = ledger.lease(&channel, &opened.id, "third", later, until).await.unwrap();
    assert_eq!(third, None, "the lease is still held");
    ledger.settle(std::slice::from_ref(&pending_row), "quick", sent()).await.unwrap();
    assert_eq!(pending(ledger, &channel).await, NO_ROWS);
}

pub async fn an_older_row_does_not_take_the_last_number_back<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1, 2]).await;
    for seq in [2, 1] {
        lease(ledger, &channel, &opened, "a").await.unwrap();
        ledger.settle(&[row(&channel, &opened, seq)], "a", sent()).await.unwrap();
    }
    assert_eq!(pending(ledger, &channel).await, NO_ROWS);
    assert_eq!(
        lease(ledger, &channel, &opened, "b").await,
        Some(Lease { last_sent: 2, ..Lease::default() })
    );
}

pub async fn rows_lie_by_opening_then_incident_then_number<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let mut places = Vec::new();
    for (n, opened) in [(0, 7), (1, -3), (2, 7), (3, 0)] {
        let opened = Incident {
            opened_at: now().plus_millis(opened * 1_000),
            ..incident(&source(&format!("{prefix}/{n}")), TIMED_OUT, minute())
        };
        let rows: Vec<OutboxRow> =
            [2, 11, 1].into_iter().map(|seq| row(&channel, &opened, seq)).collect();
        places.extend(rows.iter().map(OutboxRow::key));
        commit(ledger, 0, &opened, rows).await;
    }
    places.sort();
    let found = ledger.pending(&channel, None, 100).await.unwrap();
    assert_eq!(found.iter().map(OutboxRow::key).collect::<Vec<_>>(), places);
    // page by page, whatever their size
    for size in [1, 5, 12] {
        let mut paged: Vec<OutboxKey> = Vec::new();
        loop {
            let page = ledger.pending(&channel, paged.last(), size).await.unwrap();
            paged.extend(page.iter().map(OutboxRow::key));
            if page.len() < size {
                break;
            }
        }
        assert_eq!(paged, places, "pages of {size}");
    }
    let before = OutboxKey::before_incident(places[3].opened_at, places[3].incident.clone());
    let from = ledger.pending(&channel, Some(&before), 1).await.unwrap();
    assert_eq!(from[0].key(), places[3]);
}

pub async fn rows_are_settled_together<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let seqs: Vec<u64> = (1..=MAX_SETTLED as u64).collect();
    let opened = owing(ledger, prefix, &channel, &[1, 2]).await;
    for (version, half) in seqs[2..].chunks(40).enumerate() {
        let rows = half.iter().map(|&seq| row(&channel, &opened, seq)).collect();
        commit(ledger, version as u64 + 1, &opened, rows).await;
    }
    let rows: Vec<OutboxRow> = seqs.iter().map(|&seq| row(&channel, &opened, seq)).collect();
    let retry = retry_at(now().plus_millis(5_000));
    lease(ledger, &channel, &opened, "a").await.unwrap();
    ledger.settle(&rows, "a", retry).await.unwrap();
    let found = ledger.pending(&channel, None, 100).await.unwrap();
    let attempts: Vec<u32> = found.iter().map(|row| row.attempts).collect();
    assert_eq!((attempts[0], attempts[1..].iter().sum()), (1, 0), "the others wait for the first");
    lease(ledger, &channel, &opened, "a").await.unwrap();
    ledger.settle(&rows, "a", sent()).await.unwrap();
    assert_eq!(pending(ledger, &channel).await, NO_ROWS);
    let wanted = Lease { last_sent: MAX_SETTLED as u64, ..Lease::default() };
    assert_eq!(lease(ledger, &channel, &opened, "b").await, Some(wanted));
}

pub async fn a_dropped_row_was_not_sent<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1, 2]).await;
    lease(ledger, &channel, &opened, "a").await.unwrap();
    ledger.settle(&[row(&channel, &opened, 1)], "a", Settlement::Dropped).await.unwrap();
    assert_eq!(pending(ledger, &channel).await, [2]);
    assert_eq!(ledger.last_sent(&channel, &opened.id).await.unwrap(), 0);
    let next = lease(ledger, &channel, &opened, "b").await;
    assert_eq!(next, Some(Lease::default()), "the lease was given back");
    ledger.settle(&[row(&channel, &opened, 2)], "b", sent()).await.unwrap();
    assert_eq!(ledger.last_sent(&channel, &opened.id).await.unwrap(), 2);
    assert_eq!(
        ledger.last_sent(&ChannelId::only(ChannelKind::Email), &opened.id).await.unwrap(),
        0
    );
}

pub async fn a_lease_that_is_given_back_is_free_and_not_abandoned<L: Ledger>(
    ledger: &L,
    prefix: &str,
) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1]).await;
    ledger.give_back(&channel, &opened.id, "nobody").await.unwrap();
    lease(ledger, &channel, &opened, "a").await.unwrap();
    ledger.give_back(&channel, &opened.id, "stranger").await.unwrap();
    assert_eq!(lease(ledger, &channel, &opened, "b").await, None, "it is not the stranger's");
    for _ in 0..2 {
        ledger.give_back(&channel, &opened.id, "a").await.unwrap();
    }
    assert_eq!(lease(ledger, &channel, &opened, "b").await, Some(Lease::default()));
    ledger.settle(&[], "b", sent()).await.unwrap();
    assert_eq!(lease(ledger, &channel, &opened, "c").await, None, "no rows settle nothing");
}

pub async fn what_may_have_arrived_counts_as_sent<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1, 2]).await;
    for (seq, settlement, unsure) in [(1, Settlement::MayHaveArrived, true), (2, sent(), false)] {
        lease(ledger, &channel, &opened, "a").await.unwrap();
        ledger.settle(&[row(&channel, &opened, seq)], "a", settlement).await.unwrap();
        let after = lease(ledger, &channel, &opened, "b").await;
        assert_eq!(after, Some(Lease { last_sent: seq, unsure, ..Lease::default() }));
        ledger.give_back(&channel, &opened.id, "b").await.unwrap();
    }
    assert_eq!(ledger.pending(&channel, None, 9).await.unwrap(), []);
}

pub async fn where_a_message_is_kept_is_remembered<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = owing(ledger, prefix, &channel, &[1, 2, 3]).await;
    for (seq, place, known) in
        [(1, Some("C1/1.5"), "C1/1.5"), (2, None, "C1/1.5"), (3, Some("C1/2"), "C1/2")]
    {
        lease(ledger, &channel, &opened, "a").await.unwrap();
        let done = Settlement::Done { message_ref: place.map(str::to_owned) };
        ledger.settle(&[row(&channel, &opened, seq)], "a", done).await.unwrap();
        let lease = lease(ledger, &channel, &opened, "b").await.unwrap();
        assert_eq!((lease.last_sent, lease.message_ref.as_deref()), (seq, Some(known)));
        ledger.give_back(&channel, &opened.id, "b").await.unwrap();
    }
}

pub async fn conditions_are_kept<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let opened = incident(&source(prefix), TIMED_OUT, minute());
    let elsewhere =
        vec![ChannelId::only(ChannelKind::Slack), ChannelId::sms("+12025550123".to_owned())];
    let rows = vec![
        OutboxRow { condition: Condition::UnlessSentOn(elsewhere), ..row(&channel, &opened, 1) },
        OutboxRow { condition: Condition::IfToldBefore, ..row(&channel, &opened, 2) },
    ];
    commit(ledger, 0, &opened, rows.clone()).await;
    assert_eq!(ledger.pending(&channel, None, 9).await.unwrap(), rows);
}
