//! Shapes that a pattern alone cannot tell: addresses, card numbers, randomness.

use std::net::Ipv6Addr;

use super::REDACTED;
use crate::access::is_uuid;

/// An IPv6 address keeps its first 48 bits. Without a digit it is more likely a path in code.
pub(super) fn without_host(found: &str) -> Option<String> {
    // A colon after an address is the sentence's.
    let (address, colon) = match found.strip_suffix(':') {
        Some(address) if !address.ends_with(':') => (address, ":"),
        _ => (found, ""),
    };
    let has_digit = address.contains(|character: char| character.is_ascii_digit());
    let [a, b, c, ..] = address.parse::<Ipv6Addr>().ok().filter(|_| has_digit)?.segments();
    Some(format!("{a:x}:{b:x}:{c:x}:x{colon}"))
}

/// Payment cards go, in one run of digits or in groups; other numbers, such as ids and times, stay.
pub(super) fn without_cards(found: &str) -> Option<String> {
    let mut shown = String::with_capacity(found.len());
    let mut rest = found;
    let mut has_card = false;
    while !rest.is_empty() {
        if let Some(length) = card_at_start(rest) {
            shown.push_str(REDACTED);
            rest = &rest[length..];
            has_card = true;
        }
        let next = rest.find([' ', '-']).map_or(rest.len(), |at| at + 1);
        shown.push_str(&rest[..next]);
        rest = &rest[next..];
    }
    has_card.then_some(shown)
}

/// The length of a card number at the beginning of groups of digits, which ends where a group does.
fn card_at_start(groups: &str) -> Option<usize> {
    let mut digits = Vec::with_capacity(20);
    let mut card = None;
    for (at, byte) in groups.bytes().enumerate() {
        if !byte.is_ascii_digit() {
            continue;
        }
        digits.push(u32::from(byte - b'0'));
        if digits.len() > 19 {
            break;
        }
        let ends = !groups.as_bytes().get(at + 1).is_some_and(u8::is_ascii_digit);
        // Thirteen digits that begin with 1 are milliseconds since 1970.
        let is_time = digits.len() == 13 && digits[0] == 1;
        if ends && digits.len() >= 13 && !is_time && passes_luhn(&digits) {
            card = Some(at + 1);
        }
    }
    card
}

fn passes_luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| match (place % 2, digit * 2) {
            (1, double) if double > 9 => double - 9,
            (1, double) => double,
            _ => digit,
        })
        .sum();
    sum > 0 && sum.is_multiple_of(10)
}

/// Whether a long word is hexadecimal or base64; paths, names and request ids are not. Randomness shows
/// in how often neighbours change between digits, small and capital letters.
pub(super) fn is_random(word: &str) -> bool {
    if is_uuid(word) {
        return false;
    }
    let bytes = word.as_bytes();
    let longest_hex =
        bytes.split(|byte| !byte.is_ascii_hexdigit()).map(<[u8]>::len).max().unwrap_or(0);
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    let changes = bytes.windows(2).filter(|pair| kind(pair[0]) != kind(pair[1]));
    let changes = changes.filter(|pair| kind(pair[0]) != 3 && kind(pair[1]) != 3).count();
    // A secret key of AWS has 40 characters, and one in a thousand has no digit.
    let is_secret_key = bytes.len() == 40 && bytes.iter().any(u8::is_ascii_digit);
    let threshold = if is_secret_key { 25 } else { 45 };
    longest_hex >= 32 || changes * 100 >= bytes.len() * threshold
}
