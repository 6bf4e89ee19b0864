//! Looking into an incident: after people were told, other logs are asked for what they know of it, and
//! whatever makes the alert say more is told as an update.
//!
//! A round is committed as begun before anything is asked: of two sweeps at once one asks, and one that
//! dies costs a round and nothing else. Nothing here fails anything: what could not be asked is one more
//! thing to say.

mod ask;

use diagnosis::Timestamp;

use crate::clock::Clock;
use crate::engine::decisions::CommitReport;
use crate::engine::deliver::{DeliveryCounts, DeliveryRun};
use crate::engine::retry::Changed;
use crate::engine::step::Step;
use crate::engine::transition::Outcome;
use crate::engine::{Engine, Invocation};
use crate::evidence::{Account, EvidencePlan, Gap, MAX_MS, Round};
use crate::incident::next::Proposal;
use crate::incident::{Incident, IncidentId, SourceState};
use crate::notify::{Channel, Held, Notification};
use crate::source::Source;
use crate::store::{Ledger, LedgerError, OutboxKey};

/// So much of an invocation's time is left when a round begins: what it finds must still be sent.
const RESERVE_MS: i64 = MAX_MS + 6_000;

/// Incidents that one sweep looks into. Every call counts against limits of the whole account.
const MAX_INCIDENTS: u64 = 10;

/// What looking into incidents came to.
#[derive(Debug, Clone, Default)]
pub struct EvidenceReport {
    /// Rounds that were made.
    pub rounds: u64,
    /// Calls of AWS's API.
    pub calls: u64,
    /// Rounds that found something.
    pub found: u64,
    /// Incidents that the ledger kept from being looked into.
    pub failed: u64,
    /// What was decided.
    pub notifications: Vec<Notification>,
    /// What was held back, each hold once.
    pub held: Vec<Held>,
    /// What was sent.
    pub delivery: DeliveryCounts,
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Looks into the open incidents whose cause leaves a question, as far as time allows, and sends what
    /// was found. For the sweep, after its own work.
    pub async fn gather_evidence(
        &self,
        account: &impl Account,
        invocation: Invocation<'_>,
    ) -> EvidenceReport {
        let mut report = EvidenceReport::default();
        let Ok(open) = self.ledger.open_incidents().await else {
            report.failed += 1;
            return report;
        };
        let mut sources: Vec<Source> = open
            .into_iter()
            .filter(|open| !open.in_storm && EvidencePlan::left_by(open.cause).is_some())
            .map(|open| open.source)
            .collect();
        sources.dedup();
        for source in sources {
            if self.time_left(invocation) < RESERVE_MS || report.rounds >= MAX_INCIDENTS {
                break;
            }
            if self.look_into(account, &source, &mut report).await.is_err() {
                report.failed += 1;
            }
        }
        if !report.notifications.is_empty() {
            let first = report.notifications.iter().map(OutboxKey::before_notification).collect();
            let attempts = report.notifications.len() as u32;
            let run = DeliveryRun::of(first, attempts);
            report.delivery = self.deliver(&run, invocation).await;
        }
        report
    }

    /// One round for the source's first incident that is due.
    async fn look_into(
        &self,
        account: &impl Account,
        source: &Source,
        report: &mut EvidenceReport,
    ) -> Result<(), LedgerError> {
        let state = self.ledger.state(source).await?;
        let now = self.clock.now();
        let Some(mut incident) = due(&state, now).cloned() else { return Ok(()) };
        incident.history.evidence.begin(now);
        let begun = Step::silent(incident.clone());
        if let Outcome::Conflict = self.commit(begun, state.version).await? {
            // The next sweep decides anew.
            return Ok(());
        }
        let round = self.ask(account, &incident).await?;
        report.rounds += 1;
        report.calls += u64::from(round.calls);
        report.found += u64::from(round.finding.is_some());
        let CommitReport { notification, held } =
            self.conclude(source, &incident.id, &round).await?;
        report.notifications.extend(notification.map(|notification| *notification));
        report.held.extend(held.map(|held| *held));
        Ok(())
    }

    /// Takes what a round came to into the incident, as it is by now.
    async fn conclude(
        &self,
        source: &Source,
        id: &IncidentId,
        round: &Round,
    ) -> Result<CommitReport, LedgerError> {
        let rules = self.rules();
        let changed = self
            .change_incident(source, id, async |state, mut incident| {
                if !incident.is_open() {
                    return Ok(Some(CommitReport::default()));
                }
                let now = self.clock.now();
                incident.history.evidence.end(round.clone(), now, &recently_reported(&state, id));
                if let Some(finding) = &incident.history.evidence.finding {
                    incident.cause = finding.cause;
                    incident.confidence = finding.confidence;
                }
                let silences = self.ledger.silences(now).await?;
                let is_quiet = self.is_silenced(&incident, &silences, now).await?;
                let (errors, rule) = (incident.history.errors, incident.rule_in(&rules));
                let proposal = Proposal::new(incident, errors, rule.remind_every_minutes);
                let step = self.decide(proposal, is_quiet).await?;
                Ok(match self.commit(step, state.version).await? {
                    Outcome::Done(committed) => Some(committed),
                    Outcome::Conflict => None,
                })
            })
            .await?;
        Ok(match changed {
            Changed::Done(committed) => committed,
            Changed::Unknown | Changed::Overtaken => CommitReport::default(),
        })
    }
}

/// The first incident of a source that a round may begin for.
fn due(state: &SourceState, now: Timestamp) -> Option<&Incident> {
    state.open().find(|incident| {
        incident.is_notified()
            && !incident.history.in_storm
            && incident.history.evidence.is_due(now)
            && EvidencePlan::left_by(incident.cause).is_some()
    })
}

/// What people have heard to be missing for other incidents of the source.
fn recently_reported(state: &SourceState, id: &IncidentId) -> Vec<Gap> {
    let others = state.incidents.iter().filter(|other| other.id != *id);
    let told = others.filter(|other| other.history.evidence.announces_gaps);
    told.flat_map(|other| other.history.evidence.gaps.clone()).collect()
}

#[cfg(test)]
mod tests;
