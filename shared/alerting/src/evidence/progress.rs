//! How far the search for evidence has got, and its limits.

use diagnosis::Timestamp;
use serde::{Deserialize, Serialize};

use crate::evidence::{Finding, Function, Gap, GapKind};
use crate::lenient;

/// So often an incident is looked into. The first time its function may not have written yet.
const MAX_ROUNDS: u32 = 2;

/// All rounds of an incident together make so many calls …
pub(crate) const MAX_CALLS: u32 = 6;

/// … and last so long.
pub(crate) const MAX_MS: i64 = 5_000;

/// CloudWatch shows most lines within seconds; those of a function that was stopped come last.
const NEXT_ROUND_MS: i64 = 50_000;

/// Longer where AWS asked for fewer calls, or did not answer.
const AFTER_REFUSAL_MS: i64 = 120_000;

/// How far the looking into an incident has got.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct EvidenceProgress {
    /// Rounds that were begun: who dies in one has had it.
    pub rounds: u32,
    /// Calls that were made.
    pub calls: u32,
    /// How long they took, in milliseconds.
    pub spent_ms: i64,
    /// The function behind the route, once it is known: the next round need not ask for it.
    #[serde(deserialize_with = "lenient::or_default")]
    pub function: Option<Function>,
    /// Lambda's ids of the requests, once the execution log has told them.
    pub invocations: Vec<String>,
    /// How many findings there were.
    pub findings: u32,
    /// When the next round may begin.
    pub next_at: Option<Timestamp>,
    /// What was found.
    #[serde(deserialize_with = "lenient::or_default")]
    pub finding: Option<Finding>,
    /// What stood in the way of finding more, most telling first.
    #[serde(rename = "missing", deserialize_with = "lenient::known_items")]
    pub gaps: Vec<Gap>,
    /// Whether that is to be told by itself: nothing was found, and people have not heard it lately.
    #[serde(rename = "tells_missing")]
    pub announces_gaps: bool,
}

/// What one round came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Round {
    pub(crate) finding: Option<Finding>,
    pub(crate) gaps: Vec<Gap>,
    pub(crate) function: Option<Function>,
    pub(crate) invocations: Vec<String>,
    /// Something did not answer that may answer later.
    pub(crate) was_refused: bool,
    pub(crate) calls: u32,
    pub(crate) spent_ms: i64,
}

impl EvidenceProgress {
    /// Whether a round may begin.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        !self.is_over() && self.next_at.is_none_or(|at| at <= now)
    }

    /// Whether no round is left.
    pub(crate) fn is_over(&self) -> bool {
        self.finding.as_ref().is_some_and(|finding| finding.is_complete)
            || self.rounds >= MAX_ROUNDS
            || self.calls >= MAX_CALLS
            || self.spent_ms >= MAX_MS
    }

    /// What is left of it once the incident has come back: the new failures may be others.
    pub(crate) fn of_return(&self) -> Self {
        Self { function: self.function.clone(), findings: self.findings, ..Self::default() }
    }

    /// Begins a round.
    pub(crate) fn begin(&mut self, now: Timestamp) {
        self.rounds += 1;
        self.next_at = Some(now.plus_millis(NEXT_ROUND_MS));
    }

    /// What an earlier round has heard of the execution log that will not change by the next.
    pub(crate) fn no_execution_log(&self) -> Option<&Gap> {
        self.gaps.iter().find(|missing| {
            matches!(missing.gap, GapKind::ExecutionLogOff | GapKind::ExecutionLogDenied)
        })
    }

    /// Takes in what a round came to. `recently_reported`: what people have already heard to be missing.
    pub(crate) fn end(&mut self, round: Round, now: Timestamp, recently_reported: &[Gap]) {
        self.calls += round.calls;
        self.spent_ms += round.spent_ms;
        if round.was_refused {
            self.next_at = Some(now.plus_millis(AFTER_REFUSAL_MS));
        }
        self.function = round.function.or(self.function.take());
        self.invocations = round.invocations;
        if round.finding.is_some() && round.finding != self.finding {
            self.finding = round.finding;
            self.findings += 1;
        }
        self.gaps = round.gaps;
        // The function's log tells most, so that is what people hear of first.
        self.gaps.sort_by_key(|gap| gap.gap);
        let can_be_mended = self.gaps.iter().any(|gap| gap.gap.can_be_mended());
        let is_news = self.gaps.iter().any(|missing| !recently_reported.contains(missing));
        self.announces_gaps = self.finding.is_none() && self.is_over() && can_be_mended && is_news;
    }
}
