//! What is known of channels: a row for each, and one per day for each phone and for all of them.
//!
//! Times only move forward: whoever asks for less than is known changes nothing, so that the order in
//! which two functions heard the other side does not matter.

use alerting::{
    ChannelId, ChannelState, Clock, LedgerError, SmsCount, SmsGrant, SmsLimits, SmsMessage, hash,
};
use aws_sdk_dynamodb::types::ReturnValue;
use diagnosis::Timestamp;

use super::item::{self, DAY_MS, Item, TTL};
use super::keys::{self, Key};
use super::table::{Table, Written};
use super::update::Update;

const PAUSED: &str = "not_before";
const PARKED: &str = "parked_until";
const PARKINGS: &str = "parkings";
const BECAUSE: &str = "because";

const COUNT: &str = "n";
const MESSAGES: &str = "m";

/// Of those, messages that are no openings of critical incidents.
const UNRESERVED: &str = "o";

/// What is known of a channel is forgotten when nothing has gone wrong for so long.
const INVENTORY_TTL_MS: i64 = 30 * DAY_MS;

pub(super) async fn state<K: Clock>(
    table: &Table<K>,
    channel: &ChannelId,
) -> Result<ChannelState, LedgerError> {
    let row = table.get(keys::channel(channel)).await?.unwrap_or_default();
    Ok(ChannelState {
        paused_until: item::get_time(&row, PAUSED),
        parked_until: item::get_time(&row, PARKED),
        parkings: item::get_number(&row, PARKINGS).unwrap_or(0),
        because: item::get_text(&row, BECAUSE).map(str::to_owned),
    })
}

pub(super) async fn pause<K: Clock>(
    table: &Table<K>,
    channel: &ChannelId,
    until: Timestamp,
    because: &str,
) -> Result<(), LedgerError> {
    let update = Update::default().set(PAUSED, item::number(until.as_millis()));
    forward(table, channel, PAUSED, until, update, because).await
}

pub(super) async fn park<K: Clock>(
    table: &Table<K>,
    channel: &ChannelId,
    until: Timestamp,
    parkings: u32,
    because: &str,
) -> Result<(), LedgerError> {
    let update = Update::default()
        .set(PARKED, item::number(until.as_millis()))
        .set(PARKINGS, item::number(parkings));
    forward(table, channel, PARKED, until, update, because).await
}

/// Updates a channel's row unless the time in `name` is `until` or later.
async fn forward<K: Clock>(
    table: &Table<K>,
    channel: &ChannelId,
    name: &str,
    until: Timestamp,
    update: Update,
    because: &str,
) -> Result<(), LedgerError> {
    let update = update
        .set(BECAUSE, item::text(because))
        .set(TTL, item::seconds(until.plus_millis(INVENTORY_TTL_MS)))
        .with_name("#time", name)
        .with_value(":until", item::number(until.as_millis()));
    let condition = "attribute_not_exists(#time) OR #time < :until";
    table.update(keys::channel(channel), &update, condition, ReturnValue::None).await.map(|_| ())
}

pub(super) async fn unpark<K: Clock>(
    table: &Table<K>,
    channel: &ChannelId,
    parkings: u32,
) -> Result<(), LedgerError> {
    let update = Update::default()
        .remove(PARKED)
        .remove(PARKINGS)
        .with_name("#parkings", PARKINGS)
        .with_value(":parkings", item::number(parkings));
    let key = keys::channel(channel);
    table.update(key, &update, "#parkings = :parkings", ReturnValue::None).await.map(|_| ())
}

/// Counts by number first: whoever has had enough takes nothing from the others.
pub(super) async fn take_sms<K: Clock>(
    table: &Table<K>,
    channel: &ChannelId,
    at: Timestamp,
    message: SmsMessage<'_>,
    limits: SmsLimits,
) -> Result<SmsGrant, LedgerError> {
    let day = at.as_millis().div_euclid(DAY_MS);
    let number = channel.to_string();
    let hash = hash::of(&[number.as_bytes(), message.name.as_bytes()]);
    let of_number = keys::sms_day(Some(channel), day);
    let grant = take(table, of_number, at, message, hash, limits.per_number).await?;
    if grant == SmsGrant::Over {
        return Ok(grant);
    }
    let of_all = keys::sms_day(None, day);
    let of_all = take(table, of_all, at, message, hash, limits.in_all).await?;
    Ok(grant.strictest(of_all))
}

async fn take<K: Clock>(
    table: &Table<K>,
    key: Key,
    at: Timestamp,
    message: SmsMessage<'_>,
    hash: u64,
    limit: u32,
) -> Result<SmsGrant, LedgerError> {
    let unreserved = SmsLimits::unreserved(limit);
    if limit == 0 || (unreserved == 0 && !message.critical_opening) {
        return Ok(SmsGrant::Over);
    }
    let hash = hash.to_be_bytes();
    let mut update = Update::default()
        .add(COUNT, item::number(1))
        .add(MESSAGES, item::set_of_bytes([&hash[..]]))
        .set(TTL, item::seconds(at.plus_millis(3 * DAY_MS)))
        .with_name("#count", COUNT)
        .with_name("#messages", MESSAGES)
        .with_value(":hash", item::bytes(&hash))
        .with_value(":limit", item::number(limit));
    let mut condition =
        "NOT contains(#messages, :hash) AND (attribute_not_exists(#count) OR #count < :limit)"
            .to_owned();
    if !message.critical_opening {
        update = update
            .add(UNRESERVED, item::number(1))
            .with_name("#unreserved", UNRESERVED)
            .with_value(":unreserved", item::number(unreserved));
        condition.push_str(" AND (attribute_not_exists(#unreserved) OR #unreserved < :unreserved)");
    }
    if let Written::Done(row) =
        table.update(key.clone(), &update, &condition, ReturnValue::AllNew).await?
    {
        return Ok(count(&row).grant(message, limit));
    }
    // Counted before, or one too many.
    let row = table.get(key).await?.unwrap_or_default();
    let counted = row.get(MESSAGES).and_then(|set| set.as_bs().ok());
    let counted = counted.is_some_and(|set| set.iter().any(|known| known.as_ref() == hash));
    Ok(if counted { count(&row).grant(message, limit) } else { SmsGrant::Over })
}

/// A row of the version before does not tell the two kinds apart: what it counted is taken for openings.
fn count(row: &Item) -> SmsCount {
    SmsCount {
        all: item::get_number(row, COUNT).unwrap_or(0),
        unreserved: item::get_number(row, UNRESERVED).unwrap_or(0),
    }
}
