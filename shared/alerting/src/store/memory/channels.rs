//! What is known of channels.

use std::collections::BTreeMap;

use diagnosis::Timestamp;

use crate::notify::ChannelId;
use crate::store::memory::state::MemoryLedger;
use crate::store::{ChannelState, SmsCount, SmsGrant, SmsLimits, SmsMessage};

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

impl MemoryLedger {
    fn change_channel(&self, channel: &ChannelId, change: impl FnOnce(&mut ChannelState)) {
        change(self.inner.borrow_mut().channels.entry(channel.to_string()).or_default());
    }
}

pub(super) fn channel(ledger: &MemoryLedger, channel: &ChannelId) -> ChannelState {
    let mut inner = ledger.inner.borrow_mut();
    inner.metered(|meter| meter.read(0));
    let known = inner.channels.get(&channel.to_string()).cloned();
    known.unwrap_or_default()
}

pub(super) fn pause(ledger: &MemoryLedger, channel: &ChannelId, until: Timestamp, because: &str) {
    ledger.change_channel(channel, |state| {
        if state.paused_until < Some(until) {
            state.paused_until = Some(until);
            state.because = Some(because.to_owned());
        }
    });
}

pub(super) fn park(
    ledger: &MemoryLedger,
    channel: &ChannelId,
    until: Timestamp,
    parkings: u32,
    because: &str,
) {
    ledger.change_channel(channel, |state| {
        if state.parked_until < Some(until) {
            state.parked_until = Some(until);
            state.parkings = parkings;
            state.because = Some(because.to_owned());
        }
    });
}

pub(super) fn unpark(ledger: &MemoryLedger, channel: &ChannelId, parkings: u32) {
    ledger.change_channel(channel, |state| {
        if state.parkings == parkings {
            state.parkings = 0;
            state.parked_until = None;
        }
    });
}

pub(super) fn take_sms(
    ledger: &MemoryLedger,
    channel: &ChannelId,
    at: Timestamp,
    message: SmsMessage<'_>,
    limits: SmsLimits,
) -> SmsGrant {
    let day = at.as_millis().div_euclid(DAY_MS);
    let number = channel.to_string();
    let in_all = format!("{number} {}", message.name);
    let sms = &mut ledger.inner.borrow_mut().sms;
    sms.retain(|(of, _), _| *of >= day - 1);
    let of_number = sms.entry((day, Some(number))).or_default();
    let mut grant = take(of_number, message, limits.per_number);
    if grant != SmsGrant::Over {
        let of_all = sms.entry((day, None)).or_default();
        let message = SmsMessage { name: &in_all, ..message };
        grant = grant.strictest(take(of_all, message, limits.in_all));
    }
    grant
}

/// `taken` has the names of the day's messages, and whether each is an opening of a critical incident.
fn take(taken: &mut BTreeMap<String, bool>, message: SmsMessage<'_>, limit: u32) -> SmsGrant {
    let count = |taken: &BTreeMap<String, bool>| SmsCount {
        all: taken.len() as u64,
        unreserved: taken.values().filter(|critical_opening| !**critical_opening).count() as u64,
    };
    if !taken.contains_key(message.name) {
        let before = count(taken);
        let unreserved = u64::from(SmsLimits::unreserved(limit));
        if before.all >= u64::from(limit)
            || (!message.critical_opening && before.unreserved >= unreserved)
        {
            return SmsGrant::Over;
        }
        taken.insert(message.name.to_owned(), message.critical_opening);
    }
    count(taken).grant(message, limit)
}
