//! From counters to transitions: what is due to open, and what is over.

use std::ops::RangeInclusive;

use diagnosis::{Cause, Confidence, Timestamp};

use super::Engine;
use crate::channel::Channel;
use crate::clock::Clock;
use crate::details::Exemplar;
use crate::incident::{Incident, IncidentId};
use crate::ledger::{Committed, Ledger, LedgerError, Transition};
use crate::notification::{Event, Facts, Notification};
use crate::rules::LogMode;
use crate::source::Source;
use crate::verdict::Opening;

/// How often a decision is made anew after somebody else's transition got in between.
const MAX_TRIES: u32 = 5;

/// What is being judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) source: &'a Source,
    pub(super) log_group: &'a str,
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Opens what is due in windows that end in one of `minutes`.
    pub(super) async fn open_due(
        &self,
        place: Place<'_>,
        minutes: RangeInclusive<i64>,
    ) -> Result<Vec<Notification>, LedgerError> {
        let rules = self.rules();
        let mut told = Vec::new();
        for _ in 0..MAX_TRIES {
            // The state is read before the counters: an incident that is missed here ends in a conflict.
            let state = self.ledger.state(place.source).await?;
            let due = self.due(&rules, place, &state, minutes.clone()).await?;
            let Some(opening) = due.first() else { return Ok(told) };
            let incident = self.opened(place, opening).await?;
            told.extend(self.commit(Event::Opened, incident, state.version).await?);
        }
        Ok(told)
    }

    /// The incident that an opening makes.
    async fn opened(&self, place: Place<'_>, opening: &Opening) -> Result<Incident, LedgerError> {
        let exemplars =
            self.ledger.exemplars(place.source, opening.window_start, opening.minute).await?;
        let severity = self
            .rules()
            .named(&opening.rule)
            .map_or(crate::Severity::Warning, |rule| rule.severity);
        Ok(Incident {
            id: IncidentId::new(
                &self.settings.account,
                place.source,
                opening.leading,
                opening.minute,
            ),
            source: place.source.clone(),
            log_group: place.log_group.to_owned(),
            rule: opening.rule.clone(),
            severity,
            opening_cause: opening.leading,
            cause: opening.leading,
            confidence: confidence(&exemplars, opening.leading),
            covered: opening.covered.clone(),
            window_start: opening.window_start,
            opened_at: self.clock.now(),
            resolved_at: None,
            seq: 1,
        })
    }

    /// Resolves the open incidents of a source that have been quiet for long enough.
    pub(super) async fn resolve_due(
        &self,
        place: Place<'_>,
    ) -> Result<Vec<Notification>, LedgerError> {
        let mut told = Vec::new();
        for _ in 0..MAX_TRIES {
            let state = self.ledger.state(place.source).await?;
            let now = self.clock.now();
            let mut over = None;
            for incident in state.open() {
                if self.is_over(incident, now).await? {
                    over = Some(incident.clone());
                    break;
                }
            }
            let Some(incident) = over else { return Ok(told) };
            let resolved = Incident { resolved_at: Some(now), seq: incident.seq + 1, ..incident };
            told.extend(self.commit(Event::Resolved, resolved, state.version).await?);
        }
        Ok(told)
    }

    /// Whether an incident is over: no error for the rule's quiet period (so many whole minutes and the
    /// one that is running), or only a few over twice that time, as a busy source always has.
    async fn is_over(&self, incident: &Incident, now: Timestamp) -> Result<bool, LedgerError> {
        let rules = self.rules();
        let Some(rule) = rules.named(&incident.rule) else { return Ok(true) };
        let minute = now.minute();
        let quiet_since = minute - rule.clear_after_minutes;
        let few_since = minute - 2 * rule.clear_after_minutes;
        let counters = self.ledger.counters(&incident.source, few_since, minute).await?;
        let errors_since = |from| -> u64 {
            counters
                .errors(from, minute, |_, cause| incident.covered.contains(&cause))
                .values()
                .sum()
        };
        let few = || rule.is_quiet(errors_since(few_since), counters.requests(few_since, minute));
        Ok(errors_since(quiet_since) == 0 || few())
    }

    /// Commits a changed incident with the messages it owes. `None`: somebody else was first.
    async fn commit(
        &self,
        event: Event,
        incident: Incident,
        read_version: u64,
    ) -> Result<Option<Notification>, LedgerError> {
        let now = self.clock.now();
        let (from, to) = (incident.window_start, now.minute());
        let counters = self.ledger.counters(&incident.source, from, to).await?;
        let details = self.ledger.details(&incident.source, from, to).await?;
        let exemplars = self.ledger.exemplars(&incident.source, from, to).await?;
        let region = self.settings.region.as_deref();
        let mut facts =
            Facts::gather(event, now, &incident, &counters, &details, &exemplars, region);
        if self.log_mode == LogMode::Errors {
            facts.incident.requests = None;
        }
        let messages = self.render(&facts);
        let outbox = self.owe(&incident, &facts, &messages, now);
        let transition = Transition { read_version, incident, outbox };
        if self.ledger.commit(&transition).await? == Committed::Conflict {
            return Ok(None);
        }
        Ok(Some(Notification { at: now, event, incident: facts.incident, messages }))
    }
}

/// How sure the shown cause is: as sure as its surest request.
fn confidence(exemplars: &[Exemplar], cause: Cause) -> Confidence {
    exemplars
        .iter()
        .filter(|exemplar| exemplar.cause == cause)
        .map(|exemplar| exemplar.confidence)
        .max()
        .unwrap_or(Confidence::Low)
}
