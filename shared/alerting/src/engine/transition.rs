//! Committing a step: the changed incident and the messages it owes, in one transaction.

use diagnosis::Timestamp;

use crate::clock::Clock;
use crate::counting::confidence_of;
use crate::engine::core::Engine;
use crate::engine::decisions::CommitReport;
use crate::engine::step::Step;
use crate::incident::notify_policy::{Announcement, Decision};
use crate::incident::reason::{Evaluated, window_start};
use crate::incident::{Incident, LastNotification, Reason};
use crate::notify::{Channel, Facts, Notification, Numbers, World};
use crate::store::{Committed, Ledger, LedgerError, Transition};

/// How a commit ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It took place, with this to report.
    Done(CommitReport),
    /// Another invocation was first: read again and decide again.
    Conflict,
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Commits a step of a source's incident.
    pub(super) async fn commit(
        &self,
        step: Step,
        read_version: u64,
    ) -> Result<Outcome, LedgerError> {
        let Some(Decision::Announce(announcement)) = &step.decision else {
            return self.commit_held(step, read_version).await;
        };
        let (mut incident, now) = (step.incident.clone(), self.clock.now());
        let (facts, reason) = self.facts(&mut incident, announcement, step.evaluated, now).await?;
        self.commit_announced(incident, facts, reason, read_version).await
    }

    /// Commits an incident that nobody is notified of.
    pub(super) async fn commit_held(
        &self,
        step: Step,
        read_version: u64,
    ) -> Result<Outcome, LedgerError> {
        let incident = step.incident.clone();
        let transition = Transition { read_version, incident, outbox: Vec::new() };
        if self.ledger.commit(&transition).await? == Committed::Conflict {
            return Ok(Outcome::Conflict);
        }
        // A report is no reason to fail what has been committed.
        let held = self.held(&step).await.unwrap_or_default().map(Box::new);
        Ok(Outcome::Done(CommitReport { notification: None, held }))
    }

    /// Commits an incident with the messages that tell these facts.
    pub(super) async fn commit_announced(
        &self,
        mut incident: Incident,
        facts: Facts,
        reason: Reason,
        read_version: u64,
    ) -> Result<Outcome, LedgerError> {
        let now = facts.at;
        incident.seq += 1;
        incident.history.notified = Some(LastNotification {
            at: now,
            errors: facts.incident.errors,
            cause: incident.cause,
            severity: incident.severity,
            returns: incident.history.returns,
            sources: facts.storm_sources,
            findings: incident.history.evidence.findings,
            gaps: !facts.gaps.is_empty(),
        });
        let messages = self.render(&facts);
        let outbox = self.enqueue(&incident, &facts, &reason, &messages, now);
        incident.history.add_channels(outbox.iter().map(|row| row.channel.kind));
        let id = incident.id.clone();
        let transition = Transition { read_version, incident, outbox };
        if self.ledger.commit(&transition).await? == Committed::Conflict {
            return Ok(Outcome::Conflict);
        }
        self.holds.forget(&id);
        let (event, incident) = (facts.event, facts.incident);
        let notification = Notification { at: now, event, reason, incident, messages };
        Ok(Outcome::Done(CommitReport { notification: Some(Box::new(notification)), held: None }))
    }

    /// What is told of an incident. Its numbers go into its row, since they may outlive the counters.
    pub(super) async fn facts(
        &self,
        incident: &mut Incident,
        announcement: &Announcement,
        evaluated: Option<Evaluated>,
        now: Timestamp,
    ) -> Result<(Facts, Reason), LedgerError> {
        let minute = now.minute();
        let rule = incident.rule_in(&self.rules());
        let from = incident.exact_from(minute);
        let counters_from = from.min(window_start(&rule, minute));
        let counters = self.ledger.counters(&incident.source, counters_from, minute).await?;
        let breakdown = self.ledger.breakdown(&incident.source, from, minute).await?;
        let exemplars = self.ledger.exemplars(&incident.source, from, minute).await?;
        let found =
            incident.history.evidence.finding.as_ref().filter(|it| it.cause == incident.cause);
        if let Some(finding) = found {
            incident.confidence = finding.confidence;
        } else if exemplars.iter().any(|exemplar| exemplar.cause == incident.cause) {
            incident.confidence = confidence_of(&exemplars, incident.cause);
        }
        let mut totals = incident.exact_totals(&counters, minute);
        totals.callers = totals.callers.max(breakdown.caller_count());
        incident.history.totals.callers = totals.callers;
        incident.history.errors = totals.error_count();
        let numbers = Numbers { totals: &totals, counters: &counters, breakdown: &breakdown };
        let mut facts =
            Facts::gather(announcement, now, incident, &numbers, &exemplars, self.world());
        facts.incident.api_name = self.api_name(&incident.source, &incident.log_group).await;
        let evaluated =
            evaluated.unwrap_or_else(|| Evaluated::of(incident, &rule, &counters, minute));
        let change = announcement.reason_change();
        let reason = Reason::new(change, &rule, Some(evaluated), self.settings.log_mode);
        Ok((facts, reason))
    }

    pub(super) fn world(&self) -> World<'_> {
        World { region: self.settings.region.as_deref(), log_mode: self.settings.log_mode }
    }
}
