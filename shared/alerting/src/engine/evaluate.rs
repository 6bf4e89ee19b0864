//! Judging a source: its state and its counters are read, the next step is decided, the step is committed
//! if nobody else changed the source meanwhile, and so on until nothing is left to do.

use std::cmp::Reverse;
use std::ops::RangeInclusive;

use crate::clock::Clock;
use crate::counting::LATE_AFTER_MINUTES;
use crate::engine::Engine;
use crate::engine::decisions::{Decisions, Effect};
use crate::engine::extent::{Extent, Origin, Standing};
use crate::engine::observe::Reading;
use crate::engine::step::Step;
use crate::engine::transition::Outcome;
use crate::incident::next::{self, Conditions};
use crate::incident::{Incident, SourceState, storm};
use crate::notify::Channel;
use crate::rules::{Rule, Rules, evaluation};
use crate::store::{Ledger, LedgerError};

/// Steps of one source in one call, decisions that somebody else overtook included. The next call goes on.
pub(super) const MAX_STEPS: u32 = 12;

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Opens what is due in windows that end in one of `minutes`, and goes on with what is open.
    pub(super) async fn evaluate(
        &self,
        origin: Origin<'_>,
        minutes: RangeInclusive<i64>,
        extent: Extent<'_>,
    ) -> Result<Decisions, LedgerError> {
        let rules = self.rules();
        let fresh = minutes.end() - LATE_AFTER_MINUTES;
        let mut made = Decisions::default();
        for _ in 0..MAX_STEPS {
            // The state is read before the counters: an incident that is missed here ends in a conflict.
            let state = self.ledger.state(origin.source).await?;
            let from = counters_from(&rules, &state, &minutes, extent);
            let mut reading = self.observe(&rules, origin, from, &minutes).await?;
            let step = match self.due(&rules, &mut reading, &state, &minutes, fresh).await? {
                Some(opening) => {
                    let counters = reading.counters();
                    Some(self.open(origin, &rules, &state, counters, &opening, extent).await?)
                }
                None => self.go_on(&rules, &state, &reading, &minutes, extent, &mut made).await?,
            };
            let Some(step) = step else {
                let Extent::All(standing) = extent else { return Ok(made) };
                if self.show_live_edit(&state, reading.counters(), standing).await? {
                    continue;
                }
                return Ok(made);
            };
            let effect = Effect::between(&state, &step.incident);
            if let Outcome::Done(committed) = self.commit(step, state.version).await? {
                made.take(committed);
                made.count(effect);
            }
        }
        Ok(made)
    }

    /// The next step of an open incident, if one has any.
    async fn go_on(
        &self,
        rules: &Rules,
        state: &SourceState,
        reading: &Reading,
        minutes: &RangeInclusive<i64>,
        extent: Extent<'_>,
        made: &mut Decisions,
    ) -> Result<Option<Step>, LedgerError> {
        let Extent::All(Standing { silences, storm }) = extent else { return Ok(None) };
        let now = self.clock.now();
        for incident in state.open() {
            let silenced = self.is_silenced(incident, silences, now).await?;
            let conditions = Conditions {
                counters: reading.counters(),
                worse: worse(rules, state, incident, reading, minutes)
                    .filter(|_| !incident.is_late()),
                silenced,
                unheard: storm::is_unheard(storm, incident),
                alerted: incident.is_late() && state.alerted_at_the_time_of(incident),
            };
            let Some(proposal) = next::next(incident, &conditions, rules, now) else { continue };
            let step = self.decide(proposal, silenced).await?;
            if step.changes(incident) {
                return Ok(Some(step));
            }
            made.held.extend(self.held(&step).await?);
        }
        Ok(None)
    }
}

/// The first minute whose counters the judgement needs.
fn counters_from(
    rules: &Rules,
    state: &SourceState,
    minutes: &RangeInclusive<i64>,
    extent: Extent<'_>,
) -> i64 {
    let windows = minutes.start() - rules.longest_window() + 1;
    match extent {
        Extent::Openings => windows,
        Extent::All(_) => state
            .open()
            .map(|incident| incident.read_from(rules, *minutes.end()))
            .fold(windows, i64::min),
    }
}

/// A rule of higher severity that holds over the causes of the incident, in any window that ends in one of
/// these minutes since it began: lines may be late, and sweeps missing. Or over all causes of the source,
/// where each alone has too few errors: then it is about the incident that has the most of them. Errors of
/// an incident that is as urgent do not count, and while the rule has opened or raised another one, that one
/// speaks for the source.
fn worse<'r>(
    rules: &'r Rules,
    state: &SourceState,
    incident: &Incident,
    reading: &Reading,
    minutes: &RangeInclusive<i64>,
) -> Option<&'r Rule> {
    let minutes = incident.window_start.max(*minutes.start())..=*minutes.end();
    let observed = reading.observed();
    let by_itself = evaluation::holding(rules, observed, &incident.covered, minutes.clone());
    let by_itself = by_itself.into_iter().find(|rule| rule.severity > incident.severity);
    if by_itself.is_some() {
        return by_itself;
    }
    let open: Vec<&Incident> = state.open().filter(|other| !other.is_late()).collect();
    rules.rules.iter().filter(|rule| rule.severity > incident.severity).find(|rule| {
        let is_as_urgent = |other: &Incident| other.severity >= rule.severity;
        if open.iter().any(|other| is_as_urgent(other) && other.rule == rule.name) {
            return false;
        }
        let free = |at, cause| {
            !state.incidents.iter().any(|other| is_as_urgent(other) && other.covers(cause, at))
        };
        let Some(errors) = evaluation::errors_that_hold(rule, observed, minutes.clone(), free)
        else {
            return false;
        };
        let errors_of = |incident: &Incident| -> u64 {
            incident.covered.iter().filter_map(|cause| errors.get(cause)).sum()
        };
        let raisable = open.iter().filter(|other| !is_as_urgent(other) && errors_of(other) > 0);
        let most = raisable.max_by_key(|other| (errors_of(other), Reverse(&other.id)));
        most.is_some_and(|most| most.id == incident.id)
    })
}
