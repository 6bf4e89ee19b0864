//! Lines that arrive too late for an alert: an outage among them is kept, and the sweep reports it.

use crate::clock::Clock;
use crate::counting::Counters;
use crate::engine::core::Engine;
use crate::engine::decisions::{Decisions, Effect};
use crate::engine::evaluate::MAX_STEPS;
use crate::engine::extent::Origin;
use crate::engine::step::Step;
use crate::engine::transition::Outcome;
use crate::incident::fresh_from;
use crate::notify::Channel;
use crate::rules::Rules;
use crate::rules::evaluation::Opening;
use crate::store::{Ledger, LedgerError};

/// Of a batch's late minutes with errors, those of its last hour are evaluated.
const SPAN_MINUTES: i64 = 60;

/// Older lines are counted only: an incident is remembered for two hours, and whether people were alerted of an
/// outage before that is not known.
const KNOWN_MINUTES: i64 = 2 * 60;

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Opens what is due in windows of late minutes, which are in order and have errors of a batch. What opens is
    /// held back.
    pub(super) async fn evaluate_late(
        &self,
        origin: Origin<'_>,
        minutes: &[i64],
    ) -> Result<Decisions, LedgerError> {
        let (rules, now) = (self.rules(), self.clock.now());
        let mut made = Decisions::default();
        let Some(&last) = minutes.last() else { return Ok(made) };
        let oldest = (last - SPAN_MINUTES).max(now.minute() - KNOWN_MINUTES);
        let Some(&first) = minutes.iter().find(|minute| **minute > oldest) else { return Ok(made) };
        let windows = first..=(last + rules.longest_window()).min(fresh_from(now)) - 1;
        for _ in 0..MAX_STEPS {
            let state = self.ledger.state(origin.source).await?;
            let from = first - rules.longest_window() + 1;
            let mut reading = self.observe(&rules, origin, from, &windows).await?;
            let longer = state.with_late_minutes(reading.counters(), minutes, fresh_from(now));
            let step = match longer {
                Some(incident) => Step::silent(incident),
                None => match self.due(&rules, &mut reading, &state, &windows, first).await? {
                    Some(opening) => {
                        self.open_late(origin, &rules, &opening, reading.counters(), minutes)
                            .await?
                    }
                    None => return Ok(made),
                },
            };
            let effect = Effect::between(&state, &step.incident);
            if let Outcome::Done(committed) = self.commit(step, state.version).await? {
                made.take(committed);
                made.count(effect);
            }
        }
        Ok(made)
    }

    async fn open_late(
        &self,
        origin: Origin<'_>,
        rules: &Rules,
        opening: &Opening,
        counters: &Counters,
        minutes: &[i64],
    ) -> Result<Step, LedgerError> {
        let rule = rules.named(&opening.rule).cloned().unwrap_or_default();
        let mut incident = self.opened(origin, opening, &rule).await?;
        incident.history.late_last = Some(opening.minute);
        let incident = incident.with_late_minutes(counters, minutes, fresh_from(self.clock.now()));
        self.step_of_opening(incident, opening, &rule, opening.errors, None).await
    }
}
