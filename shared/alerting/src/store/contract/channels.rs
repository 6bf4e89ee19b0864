//! What is known of channels.

use diagnosis::Timestamp;

use crate::notify::ChannelId;
use crate::store::contract::now;
use crate::store::contract::samples::channel;
use crate::store::{ChannelState, Ledger, SmsGrant, SmsLimits, SmsMessage};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

fn after(seconds: i64) -> Timestamp {
    now().plus_millis(seconds * 1_000)
}

pub async fn a_channel_is_open_until_something_is_known<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    let state = ledger.channel(&channel).await.unwrap();
    assert_eq!(state, ChannelState::default());
    assert_eq!(state.closed_until(now()), None);
}

pub async fn a_pause_is_never_shortened<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    for (asked, reason, known, because) in [
        (30, "a", 30, "a"),
        (10, "b", 30, "a"),
        (30, "c", 30, "a"),
        (31, "d", 31, "d"),
        (-5, "e", 31, "d"),
    ] {
        ledger.pause(&channel, after(asked), reason).await.unwrap();
        let state = ledger.channel(&channel).await.unwrap();
        let wanted = ChannelState {
            paused_until: Some(after(known)),
            because: Some(because.to_owned()),
            ..ChannelState::default()
        };
        assert_eq!(state, wanted, "asked for {asked}");
        assert_eq!(state.closed_until(now()), Some(after(known)));
        assert_eq!(state.closed_until(after(known)), None);
    }
}

pub async fn a_parking_is_never_shortened<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    for (asked, parkings, known) in [(600, 1, (600, 1)), (500, 7, (600, 1)), (1_200, 2, (1_200, 2))]
    {
        ledger.park(&channel, after(asked), parkings, "archived").await.unwrap();
        let state = ledger.channel(&channel).await.unwrap();
        assert_eq!((state.parked_until, state.parkings), (Some(after(known.0)), known.1));
        assert_eq!(state.because.as_deref(), Some("archived"));
    }
}

pub async fn a_channel_that_works_again_is_open<L: Ledger>(ledger: &L, prefix: &str) {
    let channel = channel(prefix, 1);
    ledger.unpark(&channel, 0).await.unwrap();
    ledger.pause(&channel, after(30), "slow down").await.unwrap();
    ledger.park(&channel, after(600), 2, "archived").await.unwrap();
    // somebody whose message went out before it was parked again
    ledger.unpark(&channel, 1).await.unwrap();
    assert_eq!(ledger.channel(&channel).await.unwrap().parkings, 2);
    for _ in 0..2 {
        ledger.unpark(&channel, 2).await.unwrap();
        let state = ledger.channel(&channel).await.unwrap();
        assert_eq!((state.parkings, state.parked_until), (0, None));
        assert_eq!(state.paused_until, Some(after(30)), "a pause is another thing");
    }
    ledger.park(&channel, after(300), 1, "archived").await.unwrap();
    assert_eq!(ledger.channel(&channel).await.unwrap().parked_until, Some(after(300)));
}

pub async fn channels_do_not_see_each_others_state<L: Ledger>(ledger: &L, prefix: &str) {
    let (one, other) = (channel(prefix, 1), channel(prefix, 2));
    ledger.pause(&one, after(30), "slow down").await.unwrap();
    ledger.park(&one, after(30), 1, "archived").await.unwrap();
    assert_eq!(ledger.channel(&other).await.unwrap(), ChannelState::default());
}

/// A limit for all numbers that no test reaches, since all tests of a ledger share it.
const IN_ALL: u32 = 1_000_000;

const fn opening(name: &str) -> SmsMessage<'_> {
    SmsMessage { name, critical_opening: true }
}

const fn other(name: &str) -> SmsMessage<'_> {
    SmsMessage { name, critical_opening: false }
}

pub async fn text_messages_are_counted_by_number_and_day<L: Ledger>(ledger: &L, prefix: &str) {
    let (one, two) = (channel(prefix, 1), channel(prefix, 2));
    let limits = SmsLimits { per_number: 3, in_all: IN_ALL };
    let take = async |channel: &ChannelId, day: i64, message: &str| {
        let at = now().plus_millis(day * DAY_MS);
        ledger.take_sms(channel, at, opening(message), limits).await.unwrap()
    };
    for (channel, day, message, wanted) in [
        (&one, 0, "a", SmsGrant::Free),
        (&one, 0, "b", SmsGrant::Free),
        // the same message is counted once
        (&one, 0, "b", SmsGrant::Free),
        (&two, 0, "b", SmsGrant::Free),
        (&one, 0, "c", SmsGrant::Last),
        (&one, 0, "d", SmsGrant::Over),
        (&one, 0, "e", SmsGrant::Over),
        // and may be tried again though the limit is reached
        (&one, 0, "c", SmsGrant::Last),
        (&two, 0, "c", SmsGrant::Free),
        (&one, 1, "d", SmsGrant::Free),
    ] {
        assert_eq!(take(channel, day, message).await, wanted, "{message} on day {day}");
    }
}

pub async fn text_messages_are_counted_over_all_numbers<L: Ledger>(ledger: &L, prefix: &str) {
    // A day that no other test uses.
    let at = now().plus_millis(20 * DAY_MS);
    let limits = SmsLimits { per_number: 9, in_all: 3 };
    for (number, wanted) in
        [(1, SmsGrant::Free), (2, SmsGrant::Free), (3, SmsGrant::Last), (4, SmsGrant::Over)]
    {
        let channel = channel(prefix, number);
        let grant = ledger.take_sms(&channel, at, opening("a"), limits).await.unwrap();
        assert_eq!(grant, wanted, "number {number}");
    }
}

pub async fn a_quarter_of_the_text_messages_is_reserved<L: Ledger>(ledger: &L, prefix: &str) {
    // Six of a phone's eight, and nine of the twelve of all phones, may be anything.
    let limits = SmsLimits { per_number: 8, in_all: 12 };
    let at = now().plus_millis(40 * DAY_MS);
    let (one, two) = (channel(prefix, 1), channel(prefix, 2));
    for (channel, message, wanted) in [
        (&one, opening("a"), SmsGrant::Free),
        (&one, other("b"), SmsGrant::Free),
        (&one, other("c"), SmsGrant::Free),
        (&one, other("d"), SmsGrant::Free),
        (&one, other("e"), SmsGrant::Free),
        (&one, other("f"), SmsGrant::Free),
        (&one, other("g"), SmsGrant::LastUnreserved),
        (&one, other("h"), SmsGrant::Over),
        // tried again, neither takes a second one
        (&one, other("g"), SmsGrant::LastUnreserved),
        (&one, other("h"), SmsGrant::Over),
        (&one, opening("i"), SmsGrant::Last),
        (&one, opening("j"), SmsGrant::Over),
        (&one, other("b"), SmsGrant::Last),
        // eight in all so far, six of them no openings; refused messages are not among them
        (&two, other("b"), SmsGrant::Free),
        (&two, other("c"), SmsGrant::Free),
        (&two, other("d"), SmsGrant::LastUnreserved),
        (&two, other("e"), SmsGrant::Over),
        (&two, opening("f"), SmsGrant::Last),
        (&two, opening("g"), SmsGrant::Over),
    ] {
        let grant = ledger.take_sms(channel, at, message, limits).await.unwrap();
        assert_eq!(grant, wanted, "{message:?} to {channel}");
    }
}

pub async fn openings_leave_the_rest_to_any_message<L: Ledger>(ledger: &L, prefix: &str) {
    let limits = SmsLimits { per_number: 4, in_all: IN_ALL };
    let channel = channel(prefix, 1);
    for (message, wanted) in [
        (opening("a"), SmsGrant::Free),
        (opening("b"), SmsGrant::Free),
        (opening("c"), SmsGrant::Free),
        (other("d"), SmsGrant::Last),
        (other("e"), SmsGrant::Over),
    ] {
        let grant = ledger.take_sms(&channel, now(), message, limits).await.unwrap();
        assert_eq!(grant, wanted, "{message:?}");
    }
}
