//! The one place that asks the notification policy, and remembers what it held back.

use crate::clock::Clock;
use crate::engine::core::Engine;
use crate::engine::step::Step;
use crate::incident::next::Proposal;
use crate::incident::notify_policy::{Announcement, Circumstances, Decision, Slot, decide};
use crate::incident::storm::{self, SLOT_MS, SLOTS};
use crate::incident::{Hold, Incident, Reason};
use crate::notify::{Channel, Held, IncidentView};
use crate::source::Source;
use crate::store::{Ledger, LedgerError};

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Decides whether people are notified of an incident as it is proposed.
    pub(super) async fn decide(
        &self,
        proposal: Proposal,
        silenced: bool,
    ) -> Result<Step, LedgerError> {
        let Proposal {
            mut incident,
            errors,
            remind_every_minutes,
            late,
            evaluated,
            joined,
            left,
            handed_over,
        } = proposal;
        let now = self.clock.now();
        let slot = Slot::Free;
        let mut at = Circumstances {
            errors,
            remind_every_minutes,
            silenced,
            late,
            slot,
            joined,
            left,
            handed_over,
        };
        let mut decision = decide(&incident, &at, now);
        if decision.needs_slot(&incident) {
            at.slot = self.slot(&incident).await?;
            decision = decide(&incident, &at, now);
            // From now on a group announces it.
            incident.history.in_storm = at.slot != Slot::Free;
        }
        Ok(Step { incident, decision: Some(decision), evaluated })
    }

    /// The same for an incident that was kept for a group which did not come: it has waited, and needs no
    /// slot.
    pub(super) fn decide_alone(&self, mut incident: Incident) -> Step {
        incident.history.in_storm = false;
        let rule = incident.rule_in(&self.rules());
        let at = Circumstances {
            errors: incident.history.errors,
            remind_every_minutes: rule.remind_every_minutes,
            // A silenced member is in no group and is never alone.
            silenced: false,
            late: false,
            slot: Slot::Free,
            joined: 0,
            left: 0,
            handed_over: false,
        };
        let decision = Some(decide(&incident, &at, self.clock.now()));
        Step { incident, decision, evaluated: None }
    }

    /// Whether a new incident may be announced by itself. Takes a slot if one is free.
    async fn slot(&self, incident: &Incident) -> Result<Slot, LedgerError> {
        let now = self.clock.now();
        let storm = self.ledger.state(&Source::Everywhere).await?;
        let severity = incident.severity;
        if storm::takes_in(&storm, incident.cause, severity, now) {
            return Ok(Slot::InGroup);
        }
        let until = now.plus_millis(SLOT_MS);
        let is_free = self.ledger.take_slot(&incident.source, severity, SLOTS, now, until).await?;
        Ok(if is_free { Slot::Free } else { Slot::Taken })
    }

    /// What a step holds back, if that is news: the same hold is reported once, not every minute.
    pub(super) async fn held(&self, step: &Step) -> Result<Option<Held>, LedgerError> {
        match &step.decision {
            Some(Decision::Hold(hold, announcement)) => {
                let news = self.holds.is_news(&step.incident.id, *hold, announcement);
                if !news {
                    return Ok(None);
                }
                self.explain_hold(step, *hold, announcement).await.map(Some)
            }
            Some(Decision::Announce(_)) => {
                self.holds.forget(&step.incident.id);
                Ok(None)
            }
            None => Ok(None),
        }
    }

    async fn explain_hold(
        &self,
        step: &Step,
        hold: Hold,
        announcement: &Announcement,
    ) -> Result<Held, LedgerError> {
        let (at, mut incident) = (self.clock.now(), step.incident.clone());
        let change = announcement.held_change(hold);
        if incident.source == Source::Everywhere {
            let reason = Reason::of_group(change, &incident);
            return Ok(Held { at, hold, reason, incident: IncidentView::of_row(&incident) });
        }
        if self.explains_holds {
            let (facts, reason) =
                self.facts(&mut incident, announcement, step.evaluated, at).await?;
            let reason = Reason { change, ..reason };
            return Ok(Held { at, hold, reason, incident: facts.incident });
        }
        // Nothing is read for what is not sent.
        let rule = incident.rule_in(&self.rules());
        let reason = Reason::new(change, &rule, step.evaluated, self.settings.log_mode);
        Ok(Held { at, hold, reason, incident: IncidentView::of_row(&incident) })
    }
}
