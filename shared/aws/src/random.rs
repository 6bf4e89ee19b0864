//! A little randomness, for names that nobody else makes up and for pauses that do not meet.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// A number that differs with each call, in each process. Not for secrets.
pub(crate) fn number() -> u64 {
    // The standard library seeds its hash maps from the system, differently each time.
    RandomState::new().hash_one(0_u8)
}

/// A pause before try number `tries` (from 1): 20 ms, doubling, and up to as much again at random, so
/// that two writers that got in each other's way do not do it again.
pub(crate) fn pause(tries: u32) -> Duration {
    let base = 20_u64 << tries.saturating_sub(1).min(5);
    Duration::from_millis(base + number() % base)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{number, pause};

    #[test]
    fn numbers_differ() {
        let numbers: BTreeSet<u64> = (0..1_000).map(|_| number()).collect();
        assert_eq!(numbers.len(), 1_000);
    }

    #[test]
    fn pauses_grow_and_end_somewhere() {
        for (tries, from, below) in [(0, 20, 40), (1, 20, 40), (3, 80, 160), (99, 640, 1_280)] {
            for _ in 0..100 {
                let millis = pause(tries).as_millis();
                assert!((from..below).contains(&millis), "{tries}: {millis}");
            }
        }
    }
}
