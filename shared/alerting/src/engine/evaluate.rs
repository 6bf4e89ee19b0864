//! Judging a source: its state and its counters are read, the next step is decided, the step is committed
//! if nobody else changed the source meanwhile, and so on until nothing is left to do.

use std::ops::RangeInclusive;

use diagnosis::Timestamp;

use crate::clock::Clock;
use crate::engine::Engine;
use crate::engine::observe::Reading;
use crate::engine::scope::{Extent, Place, Standing};
use crate::engine::transition::Outcome;
use crate::incident::next::{self, Observed, Step};
use crate::incident::{Event, Fits, Incident, Silence, SourceState, storm};
use crate::notify::{Channel, Notification};
use crate::rules::{Rule, Rules, evaluation};
use crate::store::{Ledger, LedgerError};

/// Steps of one source in one call, decisions that somebody else overtook included. The next call goes on.
const MAX_STEPS: u32 = 12;

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Opens what is due in windows that end in one of `minutes`, and goes on with what is open.
    pub(super) async fn judge(
        &self,
        place: Place<'_>,
        minutes: RangeInclusive<i64>,
        extent: Extent<'_>,
    ) -> Result<Vec<Notification>, LedgerError> {
        let rules = self.rules();
        let mut told = Vec::new();
        for _ in 0..MAX_STEPS {
            // The state is read before the counters: an incident that is missed here ends in a conflict.
            let state = self.ledger.state(place.source).await?;
            let from = counters_from(&rules, &state, &minutes, extent);
            let mut reading = self.observe(&rules, place, from, &minutes).await?;
            let step = match self.due(&rules, &mut reading, &state, &minutes).await? {
                Some(opening) => {
                    let counters = reading.counters();
                    Some(self.open(place, &rules, &state, counters, &opening, extent).await?)
                }
                None => self.go_on(&rules, &state, &reading, &minutes, extent).await?,
            };
            let Some(step) = step else {
                let Extent::All(standing) = extent else { return Ok(told) };
                if self.show_moved(&state, reading.counters(), standing).await? {
                    continue;
                }
                return Ok(told);
            };
            if let Outcome::Done(notification) = self.commit(step, state.version).await? {
                told.extend(notification.map(|told| *told));
            }
        }
        Ok(told)
    }

    /// The next step of an open incident, if one has any.
    async fn go_on(
        &self,
        rules: &Rules,
        state: &SourceState,
        reading: &Reading,
        minutes: &RangeInclusive<i64>,
        extent: Extent<'_>,
    ) -> Result<Option<Step>, LedgerError> {
        let Extent::All(Standing { silences, storm }) = extent else { return Ok(None) };
        let now = self.clock.now();
        for incident in state.open() {
            let observed = Observed {
                counters: reading.counters(),
                worse: worse(rules, incident, reading, *minutes.end()),
                silenced: self.is_silenced(incident, silences, now).await?,
                unheard: storm::is_unheard(storm, incident),
            };
            let Some(step) = next::next(incident, &observed, rules, now) else { continue };
            return Ok(Some(self.admitted(step).await?));
        }
        Ok(None)
    }

    /// Whether a silence keeps an incident from being told.
    pub(super) async fn is_silenced(
        &self,
        incident: &Incident,
        silences: &[Silence],
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let mut by_routes = Vec::new();
        for silence in silences.iter().filter(|silence| silence.is_on(now)) {
            let causes = [incident.cause, incident.opening_cause];
            let name = match silence.scope.api[..] {
                [] => None,
                _ => self.api_name(&incident.source, &incident.log_group).await,
            };
            match silence.fits(&incident.source, name.as_deref(), &incident.log_group, causes) {
                Fits::Yes => return Ok(true),
                Fits::No => {}
                Fits::ByRoutes => by_routes.push(silence),
            }
        }
        if by_routes.is_empty() {
            return Ok(false);
        }
        let minute = now.minute();
        let from = incident.told_from(minute);
        let details = self.ledger.details(&incident.source, from, minute).await?;
        let routes = details.top_routes(|cause| incident.covered.contains(&cause));
        Ok(by_routes.iter().any(|silence| silence.fits_routes(&routes)))
    }

    /// The same step, unless it would tell of a new incident while too many others are being told: then
    /// the storm tells of it.
    pub(super) async fn admitted(&self, mut step: Step) -> Result<Step, LedgerError> {
        let opens = step.tell.as_ref().is_some_and(|tell| tell.event == Event::Opened);
        if opens && !self.may_tell(&step.incident).await? {
            step.incident.course.in_storm = true;
            step.tell = None;
        }
        Ok(step)
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

/// A rule of higher severity that holds over the causes of the incident.
fn worse<'r>(
    rules: &'r Rules,
    incident: &Incident,
    reading: &Reading,
    minute: i64,
) -> Option<&'r Rule> {
    let holding =
        evaluation::holding(rules, reading.observed(), &incident.covered, minute..=minute);
    holding.into_iter().find(|rule| rule.severity > incident.severity)
}
