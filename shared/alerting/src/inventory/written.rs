//! Which rows were written, and with what: a hash of each log group's name, and one of its row. 32 hex
//! digits a row instead of names of up to 512 characters.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serializer, de};

const DIGITS: usize = 16;

pub(super) fn serialize<S: Serializer>(
    rows: &BTreeMap<u64, u64>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let digits =
        rows.iter().flat_map(|(name, row)| [format!("{name:016x}"), format!("{row:016x}")]);
    serializer.serialize_str(&digits.collect::<String>())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<u64, u64>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let number = |at: usize| {
        let digits = text.get(at..at + DIGITS)?;
        u64::from_str_radix(digits, 16).ok()
    };
    (0..text.len())
        .step_by(2 * DIGITS)
        .map(|at| number(at).zip(number(at + DIGITS)))
        .collect::<Option<_>>()
        .ok_or_else(|| de::Error::custom("not hashes"))
}
