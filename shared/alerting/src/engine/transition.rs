//! Committing a step: the changed incident and the messages it owes, in one transaction.

use diagnosis::Timestamp;

use crate::clock::Clock;
use crate::counting::confidence_of;
use crate::engine::Engine;
use crate::incident::next::{Step, Telling};
use crate::incident::{Incident, Told};
use crate::notify::{Channel, Facts, Notification, Numbers, World};
use crate::store::{Committed, Ledger, LedgerError, Transition};

/// How a commit ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It took place, and this is to be told.
    Done(Option<Box<Notification>>),
    /// Somebody else was first: read again and decide anew.
    Conflict,
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Commits a step of a source's incident.
    pub(super) async fn commit(
        &self,
        step: Step,
        read_version: u64,
    ) -> Result<Outcome, LedgerError> {
        let Step { mut incident, tell } = step;
        let Some(telling) = tell else {
            let transition = Transition { read_version, incident, outbox: Vec::new() };
            return Ok(match self.ledger.commit(&transition).await? {
                Committed::Done => Outcome::Done(None),
                Committed::Conflict => Outcome::Conflict,
            });
        };
        let now = self.clock.now();
        let facts = self.facts(&mut incident, &telling, now).await?;
        self.commit_told(incident, &telling, facts, read_version).await
    }

    /// Commits an incident with the messages that tell these facts.
    pub(super) async fn commit_told(
        &self,
        mut incident: Incident,
        telling: &Telling,
        facts: Facts,
        read_version: u64,
    ) -> Result<Outcome, LedgerError> {
        let now = facts.at;
        incident.seq += 1;
        incident.course.told = Some(Told {
            at: now,
            errors: facts.incident.errors,
            cause: incident.cause,
            severity: incident.severity,
            returns: incident.course.returns,
            sources: facts.storm_sources,
            findings: incident.course.lookup.findings,
            missing: !facts.missing.is_empty(),
        });
        let messages = self.render(&facts);
        let outbox = self.owe(&incident, &facts, &messages, now);
        let transition = Transition { read_version, incident, outbox };
        if self.ledger.commit(&transition).await? == Committed::Conflict {
            return Ok(Outcome::Conflict);
        }
        let incident = facts.incident;
        let notification = Notification { at: now, event: telling.event, incident, messages };
        Ok(Outcome::Done(Some(Box::new(notification))))
    }

    /// What is told of an incident. Its numbers go into its row, since they may outlive the counters.
    pub(super) async fn facts(
        &self,
        incident: &mut Incident,
        telling: &Telling,
        now: Timestamp,
    ) -> Result<Facts, LedgerError> {
        let minute = now.minute();
        let from = incident.told_from(minute);
        let counters = self.ledger.counters(&incident.source, from, minute).await?;
        let details = self.ledger.details(&incident.source, from, minute).await?;
        let exemplars = self.ledger.exemplars(&incident.source, from, minute).await?;
        let found = incident.course.lookup.finding.as_ref().filter(|it| it.cause == incident.cause);
        if let Some(finding) = found {
            incident.confidence = finding.confidence;
        } else if exemplars.iter().any(|exemplar| exemplar.cause == incident.cause) {
            incident.confidence = confidence_of(&exemplars, incident.cause);
        }
        let mut totals = incident.told_totals(&counters, minute);
        totals.callers = totals.callers.max(details.caller_count());
        incident.course.totals.callers = totals.callers;
        incident.course.errors = totals.error_count();
        let numbers = Numbers { totals: &totals, counters: &counters, details: &details };
        let mut facts = Facts::gather(telling, now, incident, &numbers, &exemplars, self.world());
        facts.incident.api_name = self.api_name(&incident.source, &incident.log_group).await;
        Ok(facts)
    }

    pub(super) fn world(&self) -> World<'_> {
        World { region: self.settings.region.as_deref(), log_mode: self.settings.log_mode }
    }
}
