//! When many sources fail at once: the first few are told one by one, the others by one incident over all
//! of them.

use crate::clock::Clock;
use crate::engine::core::Engine;
use crate::engine::transition::Outcome;
use crate::incident::next::Step;
use crate::incident::storm::{self, PASS_MS, PASSES, StormStep};
use crate::incident::{Event, Fits, Incident, OpenIncident, Silence};
use crate::notify::{Channel, Facts, Notification};
use crate::source::Source;
use crate::store::{Ledger, LedgerError};

/// How often a decision is made anew after somebody else's got in between.
const MAX_TRIES: u32 = 5;

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Whether a new incident may be told by itself.
    pub(super) async fn may_tell(&self, incident: &Incident) -> Result<bool, LedgerError> {
        let now = self.clock.now();
        let storm = self.ledger.state(&Source::Everywhere).await?;
        if storm::takes_in(&storm, incident.cause, now) {
            return Ok(false);
        }
        self.ledger.take_pass(&incident.source, PASSES, now, now.plus_millis(PASS_MS)).await
    }

    /// Tells of those that say nothing themselves, while they are open.
    pub(super) async fn judge_storm(
        &self,
        silences: &[Silence],
    ) -> Result<Vec<Notification>, LedgerError> {
        let mut told = Vec::new();
        for _ in 0..MAX_TRIES {
            let now = self.clock.now();
            let open = self.ledger.open_incidents().await?;
            let members: Vec<&OpenIncident> = open.iter().filter(|open| open.in_storm).collect();
            if members.is_empty() && !open.iter().any(|open| open.source == Source::Everywhere) {
                return Ok(told);
            }
            let on: Vec<&Silence> = silences.iter().filter(|silence| silence.is_on(now)).collect();
            let mut audible: Vec<&OpenIncident> = Vec::new();
            for member in members.iter().copied() {
                if !self.is_hidden(member, &on).await {
                    audible.push(member);
                }
            }
            let state = self.ledger.state(&Source::Everywhere).await?;
            let (account, rules) = (&self.settings.account, self.rules());
            let outcome = match storm::next(account, &state, members.len(), &audible, &rules, now) {
                None => return Ok(told),
                Some(StormStep::Alone(member)) => self.tell_alone(&member).await?,
                Some(StormStep::Change(step)) => {
                    self.commit_storm(*step, &audible, state.version).await?
                }
            };
            if let Outcome::Done(notification) = outcome {
                told.extend(notification.map(|told| *told));
            }
        }
        Ok(told)
    }

    /// Whether a silence is about a member.
    async fn is_hidden(&self, member: &OpenIncident, silences: &[&Silence]) -> bool {
        let causes = [member.cause, member.opening_cause];
        let name = if silences.iter().all(|silence| silence.scope.api.is_empty()) {
            None
        } else {
            self.api_name(&member.source, &member.log_group).await
        };
        let (name, group) = (name.as_deref(), &member.log_group);
        let hides =
            |silence: &&Silence| silence.fits(&member.source, name, group, causes) == Fits::Yes;
        silences.iter().any(hides)
    }

    /// Commits a storm's step. Its numbers come from its members' rows: it has no counters.
    async fn commit_storm(
        &self,
        mut step: Step,
        audible: &[&OpenIncident],
        read_version: u64,
    ) -> Result<Outcome, LedgerError> {
        if let Some(members) = &mut step.incident.course.members {
            self.name_places(&mut members.top, audible).await;
        }
        let Step { incident, tell: Some(telling) } = step else {
            return self.commit(step, read_version).await;
        };
        let now = self.clock.now();
        let mut facts = Facts::of_storm(&telling, now, &incident, audible, self.world());
        self.name_places(&mut facts.storm, audible).await;
        self.commit_told(incident, &telling, facts, read_version).await
    }

    /// Tells of an incident that was kept for a storm which did not come.
    async fn tell_alone(&self, member: &OpenIncident) -> Result<Outcome, LedgerError> {
        let state = self.ledger.state(&member.source).await?;
        let held = state.open().find(|incident| incident.id == member.id && !incident.is_told());
        let Some(mut incident) = held.cloned() else { return Ok(Outcome::Conflict) };
        incident.course.in_storm = false;
        let tell = Some(Event::Opened.into());
        self.commit(Step { incident, tell }, state.version).await
    }
}
