//! The order in which incidents get an attempt on a channel: pure, and from nothing but their rows.
//!
//! New messages go first, those of critical incidents before others, then the oldest. After each three of
//! them one message that has failed before gets a turn: of these the one that has been due for longest. A
//! message that fails again is due later than all that wait, so each gets its turn: with `n` of them due, after
//! `n` attempts at most. Messages of critical incidents and others take turns there.

use std::collections::VecDeque;

use diagnosis::Timestamp;

use crate::store::OutboxKey;

/// New messages between two that have failed before.
const NEW_IN_A_ROW: usize = 3;

/// An incident with a message that is due on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Waiting {
    /// The place before its rows.
    pub(super) key: OutboxKey,
    /// When its first message was due.
    pub(super) due: Timestamp,
    /// Whether an attempt to send that message has failed.
    pub(super) has_failed: bool,
    /// Whether it is open and critical.
    pub(super) is_critical: bool,
}

/// Puts incidents into the order of their attempts.
pub(super) fn fair(waiting: Vec<Waiting>) -> Vec<Waiting> {
    let (mut failed, mut new): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|w| w.has_failed);
    new.sort_by(|a, b| (!a.is_critical, &a.key).cmp(&(!b.is_critical, &b.key)));
    failed.sort_by(|a, b| (a.due, &a.key).cmp(&(b.due, &b.key)));
    let (critical, others) = failed.into_iter().partition(|waiting| waiting.is_critical);
    interleaved(new, NEW_IN_A_ROW, interleaved(critical, 1, others))
}

/// After each `several` of the first list one of the second, and then what is left.
fn interleaved(first: Vec<Waiting>, several: usize, second: Vec<Waiting>) -> Vec<Waiting> {
    let mut all = Vec::with_capacity(first.len() + second.len());
    let (mut first, mut second) = (VecDeque::from(first), VecDeque::from(second));
    while !first.is_empty() || !second.is_empty() {
        all.extend(first.drain(..several.min(first.len())));
        all.extend(second.pop_front());
    }
    all
}

#[cfg(test)]
mod tests {
    use diagnosis::{Cause, Timestamp};

    use super::{Waiting, fair};
    use crate::incident::IncidentId;
    use crate::source::Source;
    use crate::store::OutboxKey;

    /// An incident that opened at `n`; `due` if its message has failed, and is due again then.
    fn waiting(n: i64, due: Option<i64>, is_critical: bool) -> Waiting {
        let opened_at = Timestamp::from_millis(n);
        let id = IncidentId::new("1", &Source::Everywhere, Cause::Unknown, n);
        Waiting {
            key: OutboxKey::before_incident(opened_at, id),
            due: Timestamp::from_millis(due.unwrap_or(n)),
            has_failed: due.is_some(),
            is_critical,
        }
    }

    fn new(n: i64) -> Waiting {
        waiting(n, None, false)
    }

    fn failed(n: i64, due: i64) -> Waiting {
        waiting(n, Some(due), false)
    }

    fn critical(waiting: Waiting) -> Waiting {
        Waiting { is_critical: true, ..waiting }
    }

    #[test]
    fn the_order_of_attempts() {
        for (what, given, wanted) in [
            ("none", vec![], vec![]),
            ("the oldest first", vec![new(2), new(1), new(3)], vec![1, 2, 3]),
            ("critical first", vec![new(1), critical(new(3)), critical(new(2))], vec![2, 3, 1]),
            ("new before failed", vec![failed(1, 9), new(2)], vec![2, 1]),
            ("due for longest", vec![failed(1, 9), failed(2, 7), failed(3, 8)], vec![2, 3, 1]),
            (
                "one failed after three new",
                (1..=7).map(new).chain([failed(8, 8), failed(9, 9), failed(10, 10)]).collect(),
                vec![1, 2, 3, 8, 4, 5, 6, 9, 7, 10],
            ),
            (
                "failed ones take turns",
                vec![
                    failed(1, 1),
                    failed(2, 2),
                    critical(failed(3, 3)),
                    critical(failed(4, 4)),
                    critical(failed(5, 5)),
                ],
                vec![3, 1, 4, 2, 5],
            ),
            ("critical and new before all", vec![critical(failed(1, 1)), new(2)], vec![2, 1]),
        ] {
            let order: Vec<i64> =
                fair(given).iter().map(|waiting| waiting.key.opened_at.as_millis()).collect();
            assert_eq!(order, wanted, "{what}");
        }
    }
}
