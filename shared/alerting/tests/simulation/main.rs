//! The engine in a world that fails wherever it can, under a virtual clock.
//!
//! Every run is made from a seed: the scenario and its traffic, the batches, the order in which invocations
//! take their steps, what people press, and every fault. Calls to the ledger, the channels and the account
//! are points at which an invocation may be overtaken, refused, cut off before or after the call took
//! effect, or lose its answer. Each seed switches a random subset of the faults on ([`faults`]), a third of
//! them none at all. Then the faults end, the clock runs on until everything is over, and the
//! invariants of [`invariants`] must hold. The invariants know the engine from outside only: from the
//! transitions that it commits and the text of the messages that arrive.
//!
//! `SIMULATION_SEED=n` replays one run and prints what happened in it, `SIMULATION_RUNS=n` sets the number
//! of seeds, and with `SIMULATION_KEEP_GOING` all seeds that fail are listed. Each part prints how many
//! critical incidents its runs held and the longest time until one was named.
//!
//! The ledger in memory never deletes a row, as if the TTL were days late. It holds no raw rows: how rows of
//! other versions are read is tested on DynamoDB's own, and here a row of each kind cannot be read.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "a replayed run is there to be read")]

mod account;
mod bound;
mod channels;
mod ends;
mod episodes;
mod executor;
mod faults;
mod invariants;
mod ledger;
mod mutations;
mod people;
mod run;
mod scenario;
mod summary;
mod traffic;
mod world;

use mutations::Mutation;
use run::{Outcome, run};
use summary::Summary;

/// How many seeds one test goes through, unless `SIMULATION_RUNS` says otherwise.
const RUNS: u64 = 120;

/// How many seeds a mutation is given to be caught in.
const RUNS_FOR_A_MUTATION: u64 = 200;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Runs the seeds of one part of several, so that the test runner may spread them.
fn runs(part: u64, parts: u64) {
    if let Some(seed) = number("SIMULATION_SEED") {
        let outcome = run(seed, None);
        println!("{}", outcome.story);
        println!("{:?}", outcome.bound);
        outcome.assert_no_violation(seed);
        return;
    }
    let all = number("SIMULATION_RUNS").unwrap_or(RUNS * parts);
    let mut sum = Summary::default();
    for seed in (part..all).step_by(parts as usize) {
        let outcome = run(seed, None);
        if !sum.goes_on_after_failures {
            outcome.assert_no_violation(seed);
        }
        sum.add(seed, &outcome);
    }
    println!("{sum}");
    assert!(sum.messages > 0, "a world in which no message arrives proves nothing");
    assert!(sum.failed.is_empty(), "{} seeds failed", sum.failed.len());
}

#[test]
fn the_invariants_hold_in_the_first_part_of_the_seeds() {
    runs(0, 4);
}

#[test]
fn the_invariants_hold_in_the_second_part_of_the_seeds() {
    runs(1, 4);
}

#[test]
fn the_invariants_hold_in_the_third_part_of_the_seeds() {
    runs(2, 4);
}

#[test]
fn the_invariants_hold_in_the_fourth_part_of_the_seeds() {
    runs(3, 4);
}

/// A simulation that no mistake can make fail would prove nothing. The seed that catches it must hold
/// without it.
#[track_caller]
fn is_caught(mutation: Mutation, invariant: &str) {
    let breaks = |seed, mutation| {
        let of = |violation: &String| violation.split(':').next() == Some(invariant);
        run(seed, mutation).violations.iter().any(of)
    };
    let caught =
        (0..RUNS_FOR_A_MUTATION).any(|seed| breaks(seed, Some(mutation)) && !breaks(seed, None));
    assert!(caught, "{mutation:?} does not violate {invariant}");
}

#[test]
fn it_is_noticed_when_the_number_of_shards_grows() {
    is_caught(Mutation::GrowingShardCount, "I1");
}

#[test]
fn it_is_noticed_when_a_duplicate_batch_is_not_evaluated() {
    is_caught(Mutation::EarlyReturnOnADuplicate, "I2");
}

#[test]
fn it_is_noticed_when_an_opening_is_recorded_as_sent_and_was_not() {
    is_caught(Mutation::LostOpening, "I3");
}

#[test]
fn it_is_noticed_when_nobody_holds_a_lease() {
    is_caught(Mutation::NoLease, "I4");
}

#[test]
fn it_is_noticed_when_messages_are_sent_before_the_commit() {
    is_caught(Mutation::SendBeforeCommit, "I5");
}

#[test]
fn it_is_noticed_when_evidence_is_shown_as_it_came() {
    is_caught(Mutation::RawEvidence, "I6");
}

#[test]
fn it_is_noticed_when_a_conflict_is_taken_for_an_error() {
    is_caught(Mutation::ConflictIsAnError, "I7");
}

#[test]
fn it_is_noticed_when_a_message_is_due_after_three_minutes() {
    is_caught(Mutation::LateRows, "I8");
}

#[test]
fn it_is_noticed_when_the_counters_of_an_open_incident_are_stale() {
    is_caught(Mutation::StaleCounters, "I9");
}

#[test]
fn it_is_noticed_when_a_resolution_owes_no_messages() {
    is_caught(Mutation::SilentResolution, "I10");
}

#[test]
fn it_is_noticed_when_the_end_of_some_members_of_a_group_owes_no_messages() {
    is_caught(Mutation::SilentRecovery, "I10");
}

#[test]
fn the_same_seed_is_the_same_story() {
    let story = |seed| {
        let Outcome { story, .. } = run(seed, None);
        story
    };
    assert_eq!(story(7), story(7));
    assert_ne!(story(7), story(8));
}
