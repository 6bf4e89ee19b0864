//! Many sources that fail at the same time: told once, with the worst of them.

use crate::notify::numbers::counted;
use crate::notify::{Facts, sanitized, words};

/// So many sources are named.
const MAX_NAMED: usize = 10;

/// What so many failures at once mean.
pub(super) const EXPLANATION: &str = "APIs that fail together mostly share what broke: a \
    deployment, a limit of the account, a service that all of them call, or AWS itself. Look there \
    first.";

/// One of the sources: its place, and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The API and its stage, or the log group.
    pub(super) place: String,
    /// `Lambda function timed out, 371 errors`.
    pub(super) what: String,
}

/// The sources with most errors, and how many more there are.
pub(super) fn lines(facts: &Facts) -> (Vec<Line>, u64) {
    let named = facts
        .storm
        .iter()
        .take(MAX_NAMED)
        .map(|member| Line {
            place: sanitized::text(&member.place, words::MAX_NAME),
            what: format!("{}, {}", words::title(member.cause), counted(member.errors, "error")),
        })
        .collect();
    (named, facts.failing_sources().saturating_sub(MAX_NAMED as u64))
}
