//! What holds for any lines in any order, however often and in whatever pieces they come.

use std::collections::BTreeMap;

use diagnosis::{Timestamp, diagnose};
use proptest::prelude::*;

use super::{Event, NOW, batch};
use crate::counting::{BatchCounts, LineCounts, MinuteCounts};
use crate::source::Source;
use crate::store::contract::ready;
use crate::store::{Ledger as _, MemoryLedger};

/// Lines of all kinds, dated, so that no line's time is that of another.
fn any_event() -> impl Strategy<Value = Event> {
    let record = (0..4_u8, 0..40_u32, 0..3_u8).prop_map(|(kind, caller, api)| {
        let (status, more) = match kind {
            0 => ("200", ""),
            1 => ("504", r#","error.responseType":"INTEGRATION_TIMEOUT""#),
            2 => ("404", ""),
            _ => ("", ""),
        };
        format!(
            r#"{{"apiId":"a1b2c3d4e{api}","stage":"prod","resourcePath":"/r{kind}","status":"{status}","apiKeyId":"key000000{caller:02}"{more}}}"#
        )
    });
    let other = prop::sample::select(&["", "no log of ours", "{\"status\":", "\u{0}"][..]);
    let line = prop_oneof![8 => record, 1 => other.prop_map(str::to_owned)];
    (line, 0..4_i64).prop_map(|(line, minute)| (Some(NOW - minute * 60_000), line))
}

fn batch_counts(events: &[Event]) -> BatchCounts {
    BatchCounts::of(&batch("/shop", events), Timestamp::from_millis(NOW), diagnose::line, None)
}

/// What a batch adds to the ledger's numbers.
type Sums = BTreeMap<(Source, i64), (MinuteCounts, crate::Breakdown)>;

fn sums(batch_counts: &BatchCounts) -> Sums {
    let part = |part: &crate::BatchMinute| (part.counts.clone(), part.breakdown.clone());
    batch_counts.minutes.iter().map(|(place, minute)| (place.clone(), part(minute))).collect()
}

/// What the ledger holds of the sources that the events are of.
fn held(ledger: &MemoryLedger, wanted: &Sums) -> Sums {
    let mut held = Sums::new();
    for (source, minute) in wanted.keys() {
        let counters = ready(ledger.counters(source, *minute, *minute)).unwrap();
        let counts = MinuteCounts {
            requests: counters.requests(*minute, *minute),
            causes: counters.errors(*minute, *minute, |_, _| true),
            lines: counters.lines(*minute, *minute),
            ..MinuteCounts::default()
        };
        let breakdown = ready(ledger.breakdown(source, *minute, *minute)).unwrap();
        held.insert((source.clone(), *minute), (counts, breakdown));
    }
    held
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_order_of_dated_lines_does_not_matter(
        (events, shuffled) in prop::collection::vec(any_event(), 0..60)
            .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
    ) {
        let (one, other) = (batch_counts(&events), batch_counts(&shuffled));
        prop_assert_eq!(one.lines, other.lines);
        prop_assert_eq!(sums(&one), sums(&other));
        let LineCounts { lines, requests, parts, unknown, unparseable, .. } = one.lines;
        prop_assert_eq!(requests + parts + unknown + unparseable, lines);
    }

    #[test]
    fn batches_count_the_same_however_often_and_in_whatever_order_they_come(
        batches in prop::collection::vec(prop::collection::vec(any_event(), 1..8), 1..8),
        deliveries in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
    ) {
        // Event ids are unique in CloudWatch: batches of the same lines are still two batches.
        let tallies: Vec<BatchCounts> = batches
            .iter()
            .enumerate()
            .map(|(n, events)| {
                let mut batch_counts = batch_counts(events);
                batch_counts.batch.0 = batch_counts.batch.0.wrapping_add(n as u64);
                batch_counts
            })
            .collect();
        let mut wanted = Sums::new();
        for batch_counts in &tallies {
            for (place, (counts, breakdown)) in sums(batch_counts) {
                let sum = wanted.entry(place).or_default();
                sum.0.add(&counts);
                sum.1.add(&breakdown);
            }
        }
        let ledger = MemoryLedger::default();
        let again = deliveries.iter().map(|at| at.index(tallies.len()));
        for at in again.chain(0..tallies.len()) {
            let batch_counts = &tallies[at];
            for ((source, minute), part) in &batch_counts.minutes {
                ready(ledger.add_counts(source, *minute, batch_counts.batch, &part.counts)).unwrap();
                ready(ledger.add_breakdown(source, *minute, batch_counts.batch, &part.breakdown)).unwrap();
            }
        }
        // The first name of a bucket of callers is whoever came first.
        let without_names = |mut sums: Sums| {
            for (_, breakdown) in sums.values_mut() {
                breakdown.top_callers.values_mut().for_each(|busy| busy.name.clear());
            }
            sums
        };
        prop_assert_eq!(without_names(held(&ledger, &wanted)), without_names(wanted));
    }

    #[test]
    fn a_batch_that_is_cut_in_two_counts_the_same_requests(
        events in prop::collection::vec(any_event(), 1..40),
        cut in any::<prop::sample::Index>(),
    ) {
        let cut = cut.index(events.len());
        let mut halves = BTreeMap::new();
        for half in [&events[..cut], &events[cut..]] {
            for (place, part) in &batch_counts(half).minutes {
                let sum: &mut MinuteCounts = halves.entry(place.clone()).or_default();
                sum.add(&part.counts);
            }
        }
        let whole = batch_counts(&events);
        for (place, part) in &whole.minutes {
            let half = halves.remove(place).unwrap_or_default();
            prop_assert_eq!(&half.causes, &part.counts.causes);
            prop_assert_eq!(half.requests, part.counts.requests);
            // Lines are counted where some cannot be read, so by the batch.
            prop_assert!(half.lines <= whole.lines.lines);
        }
        prop_assert!(halves.is_empty());
    }
}
