//! Days in the life of an on-call team: what happened at the gateway, and whom the built-in rules woke.
//!
//! Each day is played through the real engine, batch by batch and minute by minute. A real incident must
//! be told once, with its cause, within two minutes of being what a person would call broken; nothing
//! else may be told; and an incident may cost no more than three messages.
//!
//! `make days` prints them as a table.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the table is there to be read")]

mod calendar;
mod day;
mod lines;
mod play;
mod score;

use calendar::DAYS;
use score::Score;

/// Plays the days of one part of several, so that the test runner may spread them.
fn days(part: usize, parts: usize) {
    let scores: Vec<Score> =
        DAYS.iter().skip(part).step_by(parts).map(|(name, day)| Score::of(name, &day())).collect();
    println!("{}", score::table(&scores));
    let wrong: Vec<&str> =
        scores.iter().flat_map(|score| &score.complaints).map(String::as_str).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_incident_of_the_odd_days_is_told_once_and_nothing_else() {
    days(0, 2);
}

#[test]
fn every_incident_of_the_even_days_is_told_once_and_nothing_else() {
    days(1, 2);
}
