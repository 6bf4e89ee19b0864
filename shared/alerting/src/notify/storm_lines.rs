//! Many sources that fail at the same time: announced together, the worst and the newest by name.

use diagnosis::Cause;

use crate::incident::{Change, Event, MAX_LISTED, MAX_NAMED, StormMember};
use crate::notify::numbers::counted;
use crate::notify::{Facts, sanitized, words};

/// Sources that have a line of their own.
const MAX_LINES: usize = 10;

/// Names of further sources are cut, since many of them share a paragraph.
const MAX_SHORT_NAME: usize = 60;

/// What so many failures at once mean.
pub(super) const EXPLANATION: &str = "APIs that fail together mostly share what broke: a \
    deployment, a limit of the account, a service that all of them call, or AWS itself. Look there \
    first.";

/// Lists every open incident, where a message cannot. The table is the stack's output `TableName`.
pub(super) const LIST_COMMAND: &str = "aws dynamodb query --table-name TableName \
    --key-condition-expression 'pk = :open' --expression-attribute-values '{\":open\":{\"S\":\"S#open\"}}'";

/// One of the sources: its place, and what is wrong with it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The API and its stage, or the log group.
    pub(super) place: String,
    /// `Lambda function timed out, 371 errors`.
    pub(super) what: String,
}

/// The sources as a message names them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lines {
    /// The first ten.
    pub(super) first: Vec<Line>,
    /// Only the names of further ones.
    pub(super) names: Vec<String>,
    /// How many there are beside these.
    pub(super) more: u64,
    /// The command that lists them, where there are too many to name.
    pub(super) command: Option<&'static str>,
}

/// What one message says: first what no message has named before, then the worst of the others. A message
/// that more sources have joined names only those, one that some are over only these, and the last one all
/// that are left.
pub(super) fn lines(facts: &Facts) -> Lines {
    if facts.ends_some() {
        return Lines { more: 0, ..of(facts, &facts.ended.iter().collect::<Vec<_>>()) };
    }
    if words::is_over(facts) {
        return of(facts, &facts.storm.iter().take(MAX_LISTED).collect::<Vec<_>>());
    }
    let is_named = |member: &&StormMember| facts.joined.iter().any(|it| it.place == member.place);
    let only_joined = matches!(facts.change, Some(Change::Joined { .. }));
    let others = facts.storm.iter().filter(|member| !is_named(member));
    let room = if only_joined { 0 } else { MAX_LINES.saturating_sub(facts.joined.len()) };
    let members: Vec<&StormMember> = facts.joined.iter().chain(others.take(room)).collect();
    if members.is_empty() { top(facts) } else { of(facts, &members) }
}

/// What a message says that is edited as the storm goes on: the worst, unless it is the first that names
/// them.
pub(super) fn living(facts: &Facts) -> Lines {
    if facts.event == Event::Opened { lines(facts) } else { top(facts) }
}

fn top(facts: &Facts) -> Lines {
    of(facts, &facts.storm.iter().take(MAX_LINES).collect::<Vec<_>>())
}

/// The names of the worst, for a text message, and the cause that it gives: theirs. Two where both have it.
pub(super) fn worst(facts: &Facts) -> (Vec<String>, Cause) {
    let members = if facts.event == Event::Resolved { &facts.storm } else { joined_or_all(facts) };
    let cause = members.first().map_or(facts.incident.cause, |member| member.cause);
    let same = members.iter().take(2).filter(|member| member.cause == cause);
    (same.map(|member| sanitized::text(&member.place, MAX_SHORT_NAME)).collect(), cause)
}

fn joined_or_all(facts: &Facts) -> &[StormMember] {
    if facts.joined.is_empty() { &facts.storm } else { &facts.joined }
}

fn of(facts: &Facts, members: &[&StormMember]) -> Lines {
    let (first, rest) = members.split_at(members.len().min(MAX_LINES));
    let more = facts.failing_sources().saturating_sub(members.len() as u64);
    let is_too_many = facts.failing_sources() > MAX_NAMED as u64 && !words::is_over(facts);
    Lines {
        first: first
            .iter()
            .map(|member| Line {
                place: sanitized::text(&member.place, words::MAX_NAME),
                what: format!(
                    "{}, {}",
                    words::title(member.cause),
                    counted(member.errors, "error")
                ),
            })
            .collect(),
        names: rest.iter().map(|member| sanitized::text(&member.place, MAX_SHORT_NAME)).collect(),
        more,
        command: is_too_many.then_some(LIST_COMMAND),
    }
}
