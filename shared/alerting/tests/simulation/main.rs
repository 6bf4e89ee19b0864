//! The engine in a world that fails wherever it can, under a virtual clock.
//!
//! Every run is made from a seed: the traffic, its batches, the order in which invocations take their
//! steps, and every fault. Calls to the ledger and to the channels are points at which an invocation may
//! be overtaken, refused, cut off before or after the call took effect, or lose its answer. Then the
//! faults end, the clock runs on, and the invariants of [`invariants`] must hold.
//!
//! `SIMULATION_SEED=n` replays one run and prints what happened in it, `SIMULATION_RUNS=n` asks for more
//! of them than the tests do.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "a replayed run is there to be read")]

mod account;
mod channels;
mod executor;
mod faults;
mod invariants;
mod ledger;
mod mutations;
mod run;
mod traffic;
mod world;

use mutations::Mutation;
use run::{Outcome, run};

/// How many seeds one test goes through, unless `SIMULATION_RUNS` says otherwise.
const RUNS: u64 = 600;

/// How many seeds a mutation is given to be caught in.
const RUNS_FOR_A_MUTATION: u64 = 400;

fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

/// Runs the seeds of one part of several, so that the test runner may spread them.
fn runs(part: u64, parts: u64) {
    if let Some(seed) = number("SIMULATION_SEED") {
        let outcome = run(seed, None);
        println!("{}", outcome.story);
        outcome.assert_no_violation(seed);
        return;
    }
    let all = number("SIMULATION_RUNS").unwrap_or(RUNS * parts);
    let mut told = 0;
    for seed in (part..all).step_by(parts as usize) {
        let outcome = run(seed, None);
        outcome.assert_no_violation(seed);
        told += outcome.told;
    }
    println!("{} runs, {told} messages", all / parts);
    assert!(told > 0, "a world in which nothing is told proves nothing");
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

/// A simulation that no mistake can make fail would prove nothing.
#[track_caller]
fn is_caught(mutation: Mutation, wanted: &str) {
    let caught = (0..RUNS_FOR_A_MUTATION)
        .flat_map(|seed| run(seed, Some(mutation)).violations)
        .any(|violation| violation.starts_with(wanted));
    assert!(caught, "{mutation:?} broke no promise {wanted}");
}

#[test]
fn it_is_noticed_when_a_duplicate_batch_is_not_judged() {
    is_caught(Mutation::EarlyReturnOnADuplicate, "I2");
}

#[test]
fn it_is_noticed_when_messages_are_sent_before_the_commit() {
    is_caught(Mutation::SendBeforeCommit, "I5");
}

#[test]
fn it_is_noticed_when_nobody_holds_a_lease() {
    is_caught(Mutation::NoLease, "I4");
}

#[test]
fn it_is_noticed_when_the_number_of_shards_grows() {
    is_caught(Mutation::GrowingShardCount, "I1");
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
