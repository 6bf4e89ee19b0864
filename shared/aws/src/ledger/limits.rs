//! DynamoDB's limits, and how writes are cut to stay within them.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html>

use aws_sdk_dynamodb::types::AttributeValue;

use super::item::Item;

/// A transaction takes at most 100 actions.
pub(super) const MAX_ACTIONS: usize = 100;

/// A transaction takes at most 4 MB of items. Cut below that: an item also counts as it was before.
pub(super) const MAX_TRANSACTION_BYTES: usize = 3_500_000;

/// What a small row, such as a lease, is taken for.
pub(super) const SMALL_ROW_BYTES: usize = 4_096;

/// The room that is left in a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Room {
    actions: usize,
    bytes: usize,
}

impl Room {
    pub(super) const TRANSACTION: Self =
        Self { actions: MAX_ACTIONS, bytes: MAX_TRANSACTION_BYTES };

    /// The room that so many actions on so many bytes leave.
    pub(super) const fn without(self, actions: usize, bytes: usize) -> Self {
        Self {
            actions: self.actions.saturating_sub(actions),
            bytes: self.bytes.saturating_sub(bytes),
        }
    }

    const fn holds(self, actions: usize, bytes: usize) -> bool {
        actions <= self.actions && bytes <= self.bytes
    }
}

/// Cuts a list into consecutive parts that each fit the room, where each member takes some actions and some
/// bytes. A member that no room holds is a part of its own, for DynamoDB to refuse. There is always a part.
pub(super) fn parts<T>(
    list: Vec<T>,
    room: Room,
    actions: usize,
    bytes: impl Fn(&T) -> usize,
) -> Vec<Vec<T>> {
    let mut parts = vec![Vec::new()];
    let mut left = room;
    for member in list {
        let size = bytes(&member);
        if !left.holds(actions, size) && parts.last().is_some_and(|part| !part.is_empty()) {
            parts.push(Vec::new());
            left = room;
        }
        left = left.without(actions, size);
        if let Some(part) = parts.last_mut() {
            part.push(member);
        }
    }
    parts
}

/// The size of an item as DynamoDB counts it, or a little more: names and values, and a few bytes for each.
pub(super) fn item_bytes(item: &Item) -> usize {
    const EACH: usize = 3;
    item.iter().map(|(name, value)| name.len() + value_bytes(value) + EACH).sum()
}

fn value_bytes(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::Bs(set) => set.iter().map(|bytes| bytes.as_ref().len()).sum(),
        AttributeValue::Bool(_) => 1,
        // No row of the ledger holds any other kind.
        _ => SMALL_ROW_BYTES,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::item::{Item, number, set_of_bytes, text};
    use super::{MAX_ACTIONS, MAX_TRANSACTION_BYTES, Room, item_bytes, parts};

    #[test]
    fn parts_end_at_the_edge_of_each_limit() {
        let whole = MAX_TRANSACTION_BYTES;
        let room = Room::TRANSACTION;
        for (what, list, room, actions, wanted) in [
            ("nothing", vec![], room, 1, vec![0]),
            ("a hundred actions", vec![1; 100], room, 1, vec![100]),
            ("one more", vec![1; 101], room, 1, vec![100, 1]),
            ("fifty pairs", vec![1; 50], room, 2, vec![50]),
            ("one pair more", vec![1; 51], room, 2, vec![50, 1]),
            ("beside three", vec![1; 98], room.without(3, 0), 1, vec![97, 1]),
            ("all bytes", vec![whole - 1, 1], room, 1, vec![2]),
            ("one byte more", vec![whole, 1], room, 1, vec![1, 1]),
            ("beside ten bytes", vec![whole - 10, 1], room.without(1, 10), 1, vec![1, 1]),
            ("too large for any", vec![1, whole + 1, 1], room, 1, vec![1, 1, 1]),
            ("too large at first", vec![whole + 1, 1], room, 1, vec![1, 1]),
        ] {
            let found: Vec<usize> =
                parts(list, room, actions, |size| *size).iter().map(Vec::len).collect();
            assert_eq!(found, wanted, "{what}");
        }
    }

    proptest! {
        #[test]
        fn every_part_fits_and_nothing_is_lost(
            sizes in prop::collection::vec(0..400_000_usize, 0..400),
            fixed in 0..5_usize,
            actions in 1..3_usize,
        ) {
            let room = Room::TRANSACTION.without(fixed, fixed * 4_096);
            let cut = parts(sizes.clone(), room, actions, |size| *size);
            for part in &cut {
                prop_assert!(fixed + part.len() * actions <= MAX_ACTIONS);
                prop_assert!(fixed * 4_096 + part.iter().sum::<usize>() <= MAX_TRANSACTION_BYTES);
            }
            prop_assert!(cut.len() == 1 || cut.iter().all(|part| !part.is_empty()));
            prop_assert_eq!(cut.concat(), sizes);
        }
    }

    #[test]
    fn the_size_of_an_item_is_that_of_its_names_and_values() {
        let item: Item = [
            ("pk".to_owned(), text("a\u{2603}")),
            ("n".to_owned(), number(12_345)),
            ("b".to_owned(), set_of_bytes([&[1_u8; 8][..], &[2; 8]])),
        ]
        .into();
        assert_eq!(item_bytes(&item), (2 + 4 + 3) + (1 + 5 + 3) + (1 + 16 + 3));
    }
}
