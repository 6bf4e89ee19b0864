//! In which order the sweep looks at sources, so that none waits for ever.
//!
//! There may be more sources than one sweep has time for. Each sweep begins somewhere else: by the golden
//! ratio, which spreads any run of beginnings evenly. If a sweep gets through one source in `n`, every
//! source is looked at within about `2.7 n` sweeps, and nothing has to be kept for that.

/// The fractional part of the golden ratio, in 64ths of bits.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Turns a list so that it begins where the sweep of this minute does.
pub(super) fn turned<T>(mut list: Vec<T>, minute: i64) -> Vec<T> {
    let place = u128::from((minute as u64).wrapping_mul(GOLDEN));
    let begin = (place * list.len() as u128) >> 64;
    list.rotate_left(begin as usize);
    list
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::turned;

    #[test]
    fn everything_is_looked_at_within_a_bounded_number_of_sweeps() {
        for (sources, per_sweep) in [(1, 1), (7, 3), (100, 10), (5_000, 700), (5_000, 50)] {
            for first in [0, 29_029_514, i64::from(u32::MAX)] {
                let sweeps = sources as i64 * 27 / per_sweep as i64 / 10 + 1;
                let seen: BTreeSet<usize> = (first..first + sweeps)
                    .flat_map(|minute| {
                        turned((0..sources).collect(), minute).into_iter().take(per_sweep)
                    })
                    .collect();
                assert_eq!(seen.len(), sources, "{per_sweep} of {sources} in {sweeps} sweeps");
            }
        }
    }

    #[test]
    fn nothing_is_turned_into_nothing() {
        assert!(turned(Vec::<u8>::new(), 5).is_empty());
    }
}
