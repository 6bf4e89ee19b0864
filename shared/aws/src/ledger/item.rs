//! Rows, attribute by attribute.

use std::collections::HashMap;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use diagnosis::Timestamp;

use super::keys::Key;

/// A row as DynamoDB gives and takes it.
pub(super) type Item = HashMap<String, AttributeValue>;

/// When a row expires: epoch seconds.
pub(super) const TTL: &str = "ttl";

pub(super) const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// A row with nothing but its key.
pub(super) fn keyed(key: Key) -> Item {
    HashMap::from([("pk".to_owned(), text(key.pk)), ("sk".to_owned(), text(key.sk))])
}

pub(super) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(super) fn number(value: impl ToString + Copy) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(super) fn bytes(value: &[u8]) -> AttributeValue {
    AttributeValue::B(Blob::new(value))
}

pub(super) fn set_of_bytes<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> AttributeValue {
    AttributeValue::Bs(values.into_iter().map(Blob::new).collect())
}

/// `at` as [`TTL`] wants it.
pub(super) fn seconds(at: Timestamp) -> AttributeValue {
    number(at.as_millis() / 1_000)
}

pub(super) fn get_text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name)?.as_s().ok().map(String::as_str)
}

pub(super) fn get_number<T: std::str::FromStr>(item: &Item, name: &str) -> Option<T> {
    as_number(item.get(name)?)
}

pub(super) fn as_number<T: std::str::FromStr>(value: &AttributeValue) -> Option<T> {
    value.as_n().ok()?.parse().ok()
}

pub(super) fn get_time(item: &Item, name: &str) -> Option<Timestamp> {
    get_number(item, name).map(Timestamp::from_millis)
}

/// Whether a row's time has passed, deleted or not.
pub(super) fn is_expired(item: &Item, now: Timestamp) -> bool {
    get_number::<i64>(item, TTL).is_some_and(|ttl| ttl <= now.as_millis() / 1_000)
}

#[cfg(test)]
mod tests {
    use diagnosis::Timestamp;

    use super::{Item, TTL, is_expired, number, seconds, text};

    #[test]
    fn a_row_expires_in_its_second() {
        let now = Timestamp::from_millis(1_741_770_847_999);
        for (ttl, expired) in [
            (Some(number(1_741_770_846)), true),
            (Some(number(1_741_770_847)), true),
            (Some(number(1_741_770_848)), false),
            (Some(seconds(now.plus_millis(1))), false),
            // a row without a time stays
            (None, false),
            (Some(text("soon")), false),
        ] {
            let item: Item = ttl.iter().map(|ttl| (TTL.to_owned(), ttl.clone())).collect();
            assert_eq!(is_expired(&item, now), expired, "{ttl:?}");
        }
    }
}
