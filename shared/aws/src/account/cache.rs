//! Answers that hold for an hour.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use diagnosis::Timestamp;

/// A deployment that moves a route to another function is known after so long.
const TTL_MS: i64 = 60 * 60 * 1_000;

/// A few answers, by what was asked.
#[derive(Debug)]
pub(super) struct Cache<A, V> {
    kept: Mutex<BTreeMap<A, (Timestamp, V)>>,
    most: usize,
}

impl<A: Ord + Clone, V: Clone> Cache<A, V> {
    pub(super) fn of_at_most(most: usize) -> Self {
        Self { kept: Mutex::default(), most }
    }

    /// The answer, if it is not an hour old.
    pub(super) fn get(&self, asked: &A, now: Timestamp) -> Option<V> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, answer) = kept.get(asked)?;
        is_fresh(*since, now).then(|| answer.clone())
    }

    /// Keeps an answer; of too many, the oldest goes.
    pub(super) fn put(&self, asked: A, answer: V, now: Timestamp) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|_, (since, _)| is_fresh(*since, now));
        kept.insert(asked, (now, answer));
        while kept.len() > self.most {
            let oldest = kept.iter().min_by_key(|(_, (since, _))| *since);
            let Some(oldest) = oldest.map(|(asked, _)| asked.clone()) else { break };
            kept.remove(&oldest);
        }
    }
}

fn is_fresh(since: Timestamp, now: Timestamp) -> bool {
    now < since.plus_millis(TTL_MS)
}

#[cfg(test)]
mod tests {
    use diagnosis::Timestamp;

    use super::{Cache, TTL_MS};

    #[test]
    fn answers_hold_for_an_hour() {
        let at = Timestamp::from_millis;
        let cache = Cache::of_at_most(2);
        cache.put("a", 1, at(0));
        assert_eq!(cache.get(&"a", at(TTL_MS - 1)), Some(1));
        assert_eq!(cache.get(&"a", at(TTL_MS)), None);
        assert_eq!(cache.get(&"b", at(0)), None);
    }

    #[test]
    fn of_too_many_the_oldest_goes() {
        let at = Timestamp::from_millis;
        let cache = Cache::of_at_most(2);
        for (time, asked) in ["a", "b", "c"].into_iter().enumerate() {
            cache.put(asked, asked, at(time as i64));
        }
        let kept = ["a", "b", "c"].map(|asked| cache.get(&asked, at(9)).is_some());
        assert_eq!(kept, [false, true, true]);
    }
}
