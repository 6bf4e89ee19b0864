//! How long to leave alone what failed. Pure; the jitter is an argument.

use crate::hash;

const SECOND_MS: i64 = 1_000;
const MINUTE_MS: i64 = 60 * SECOND_MS;

/// The first pause of a message after a failure, and the longest; each is twice as long as the one before.
const FIRST_RETRY_MS: i64 = 5 * SECOND_MS;
const LONGEST_RETRY_MS: i64 = 5 * MINUTE_MS;

/// The same for a channel that is closed.
const FIRST_PARKING_MS: i64 = 10 * MINUTE_MS;
const LONGEST_PARKING_MS: i64 = 60 * MINUTE_MS;

/// The longest wait that the other side is believed to want.
const LONGEST_WAIT_MS: i64 = 15 * MINUTE_MS;

/// How long a message that failed `attempts` times before rests. `jitter` adds up to a quarter, so that
/// messages that failed together do not all come back at once.
pub(super) fn retry_ms(attempts: u32, jitter: u8) -> i64 {
    let pause = doubled(FIRST_RETRY_MS, attempts);
    (pause + pause / 4 * i64::from(jitter) / 255).min(LONGEST_RETRY_MS)
}

/// Something like a random number, which only changes with its arguments.
pub(super) fn jitter(invocation: &str, incident: &str, attempts: u32) -> u8 {
    hash::of(&[invocation.as_bytes(), incident.as_bytes(), &attempts.to_be_bytes()]) as u8
}

/// How long a channel rests that was found closed for the `parkings`th time in a row.
pub(super) fn parking_ms(parkings: u32) -> i64 {
    doubled(FIRST_PARKING_MS, parkings.saturating_sub(1)).min(LONGEST_PARKING_MS)
}

/// How long a channel rests whose other side asked for `wait` milliseconds.
pub(super) fn wait_ms(wait: i64) -> i64 {
    wait.clamp(0, LONGEST_WAIT_MS)
}

fn doubled(first: i64, times: u32) -> i64 {
    first.saturating_mul(1 << times.min(16))
}

#[cfg(test)]
mod tests {
    use super::{jitter, parking_ms, retry_ms, wait_ms};

    #[test]
    fn retries_double_from_five_seconds_to_five_minutes() {
        for (attempts, jitter, millis) in [
            (0, 0, 5_000),
            (0, 255, 6_250),
            (1, 0, 10_000),
            (5, 0, 160_000),
            (5, 255, 200_000),
            (6, 0, 300_000),
            (6, 255, 300_000),
            (u32::MAX, 7, 300_000),
        ] {
            assert_eq!(retry_ms(attempts, jitter), millis, "after {attempts}, {jitter}");
        }
    }

    #[test]
    fn parkings_double_from_ten_minutes_to_an_hour() {
        for (parkings, minutes) in [(0, 10), (1, 10), (2, 20), (3, 40), (4, 60), (u32::MAX, 60)] {
            assert_eq!(parking_ms(parkings), minutes * 60_000, "{parkings}");
        }
    }

    #[test]
    fn waits_are_believed_up_to_fifteen_minutes() {
        for (asked, waited) in
            [(i64::MIN, 0), (-1, 0), (0, 0), (30_000, 30_000), (i64::MAX, 900_000)]
        {
            assert_eq!(wait_ms(asked), waited, "{asked}");
        }
    }

    #[test]
    fn jitter_differs_between_incidents_and_not_between_runs() {
        assert_eq!(jitter("a", "b", 1), jitter("a", "b", 1));
        let found: std::collections::BTreeSet<u8> =
            (0..100).map(|n| jitter("a", &n.to_string(), 0)).collect();
        assert!(found.len() > 50, "{found:?}");
    }
}
