//! When many sources fail at once: the first few are told one by one, the others by one incident over all
//! of them.

use crate::clock::Clock;
use crate::engine::core::Engine;
use crate::engine::decisions::Decisions;
use crate::engine::step::Step;
use crate::engine::transition::Outcome;
use crate::incident::notify_policy::Decision;
use crate::incident::storm::{self, StormStep};
use crate::incident::{Event, OpenIncident, Reason, Silence};
use crate::notify::{Channel, Facts};
use crate::source::Source;
use crate::store::{Ledger, LedgerError};

/// How often a decision is made anew after somebody else's got in between.
const MAX_TRIES: u32 = 5;

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Tells of those that say nothing themselves, while they are open.
    pub(super) async fn evaluate_storm(
        &self,
        silences: &[Silence],
    ) -> Result<Decisions, LedgerError> {
        let mut made = Decisions::default();
        for _ in 0..MAX_TRIES {
            let now = self.clock.now();
            let open = self.ledger.open_incidents().await?;
            let members: Vec<&OpenIncident> = open.iter().filter(|open| open.in_storm).collect();
            if members.is_empty() && !open.iter().any(|open| open.source == Source::Everywhere) {
                return Ok(made);
            }
            let mut audible: Vec<&OpenIncident> = Vec::new();
            for member in members.iter().copied() {
                if !self.is_member_silenced(member, silences, now).await? {
                    audible.push(member);
                }
            }
            let state = self.ledger.state(&Source::Everywhere).await?;
            let (account, rules) = (&self.settings.account, self.rules());
            let outcome = match storm::next(account, &state, members.len(), &audible, &rules, now) {
                None => return Ok(made),
                Some(StormStep::Alone(member)) => self.notify_alone(&member).await?,
                Some(StormStep::Change(proposal)) => {
                    let step = self.decide(*proposal, false).await?;
                    let before = state.open().next();
                    if before.is_some_and(|before| !step.changes(before)) {
                        made.held.extend(self.held(&step).await?);
                        return Ok(made);
                    }
                    self.commit_storm(step, &audible, state.version).await?
                }
            };
            if let Outcome::Done(committed) = outcome {
                made.take(committed);
            }
        }
        Ok(made)
    }

    /// Commits a storm's step. Its numbers come from its members' rows: it has no counters.
    async fn commit_storm(
        &self,
        mut step: Step,
        audible: &[&OpenIncident],
        read_version: u64,
    ) -> Result<Outcome, LedgerError> {
        if let Some(members) = &mut step.incident.history.members {
            self.name_scopes(&mut members.top, audible).await;
        }
        let Some(Decision::Announce(announcement)) = &step.decision else {
            return self.commit_held(step, read_version).await;
        };
        let (now, incident) = (self.clock.now(), &step.incident);
        let mut facts = Facts::of_storm(announcement, now, incident, audible, self.world());
        self.name_scopes(&mut facts.storm, audible).await;
        let reason = Reason::of_group(announcement.reason_change(), incident);
        self.commit_announced(step.incident, facts, reason, read_version).await
    }

    /// Tells of an incident that was kept for a storm which did not come.
    async fn notify_alone(&self, member: &OpenIncident) -> Result<Outcome, LedgerError> {
        let state = self.ledger.state(&member.source).await?;
        let held =
            state.open().find(|incident| incident.id == member.id && !incident.is_notified());
        let Some(mut incident) = held.cloned() else { return Ok(Outcome::Conflict) };
        incident.history.in_storm = false;
        self.commit(Step::announcing(incident, Event::Opened), state.version).await
    }
}
