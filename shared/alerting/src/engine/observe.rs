//! What the rules in force need to know of a source, and what they make of it.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use diagnosis::Cause;

use crate::clock::Clock;
use crate::counting::{Breakdown, Counters};
use crate::engine::core::Engine;
use crate::engine::extent::Origin;
use crate::incident::SourceState;
use crate::notify::Channel;
use crate::rules::evaluation::{Observed, Opening, openings};
use crate::rules::{PAST_MINUTES, RuleKind, Rules};
use crate::source::Source;
use crate::store::{Ledger, LedgerError, NEW_AFTER_MINUTES};

/// What was read of a source.
#[derive(Debug)]
pub(super) struct Reading {
    source: Source,
    api_name: Option<String>,
    counters: Counters,
    read_from: i64,
    routes: BTreeMap<i64, Breakdown>,
    first_seen: BTreeMap<Cause, i64>,
}

impl Reading {
    /// The counters.
    pub(super) const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// As a verdict wants it.
    pub(super) fn observed(&self) -> Observed<'_> {
        Observed {
            source: &self.source,
            api_name: self.api_name.as_deref(),
            counters: &self.counters,
            read_from: self.read_from,
            routes: &self.routes,
            first_seen: &self.first_seen,
        }
    }
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Reads what judging windows that end in one of `minutes` needs: the counters from the minute `from`
    /// on, and routes and causes seen only where a rule asks for them.
    pub(super) async fn observe(
        &self,
        rules: &Rules,
        Origin { source, log_group }: Origin<'_>,
        from: i64,
        minutes: &RangeInclusive<i64>,
    ) -> Result<Reading, LedgerError> {
        let to = *minutes.end();
        let counters = self.counters_to_evaluate(source, from, minutes).await?;
        let mut reading = Reading {
            source: source.clone(),
            api_name: None,
            counters,
            read_from: from,
            routes: BTreeMap::new(),
            first_seen: BTreeMap::new(),
        };
        if rules.rules.iter().any(|rule| !rule.matcher.api.is_empty()) {
            reading.api_name = self.api_name(source, log_group).await;
        }
        if rules.rules.iter().any(|rule| !rule.matcher.route.is_empty()) {
            reading.routes = self.ledger.breakdown_by_minute(source, from, to).await?;
        }
        if rules.rules.iter().any(|rule| rule.kind == RuleKind::NewCause) {
            reading.first_seen = self.ledger.causes_seen(source, to - NEW_AFTER_MINUTES).await?;
        }
        Ok(reading)
    }

    /// The first incident of a source that is due to open, by errors since the minute `fresh`.
    pub(super) async fn due(
        &self,
        rules: &Rules,
        reading: &mut Reading,
        state: &SourceState,
        minutes: &RangeInclusive<i64>,
        fresh: i64,
    ) -> Result<Option<Opening>, LedgerError> {
        let due = openings(rules, reading.observed(), state, minutes.clone(), fresh);
        let asks_for_the_past = |opening: &Opening| {
            rules.named(&opening.rule).is_some_and(|rule| rule.min_increase.is_some())
        };
        if !due.iter().any(asks_for_the_past) {
            return Ok(due.into_iter().next());
        }
        // Hours of counters are a long read, so they are read only where something is about to open.
        let from = reading.read_from - PAST_MINUTES;
        reading.counters = self.counters_to_evaluate(&reading.source, from, minutes).await?;
        reading.read_from = from;
        let due = openings(rules, reading.observed(), state, minutes.clone(), fresh);
        Ok(due.into_iter().next())
    }
}
