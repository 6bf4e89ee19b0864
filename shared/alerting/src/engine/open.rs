//! Opening an incident, or going on with one that was resolved a short time ago.

use diagnosis::{Cause, Timestamp};

use crate::clock::Clock;
use crate::counting::Counters;
use crate::counting::confidence_of;
use crate::engine::core::Engine;
use crate::engine::extent::{Extent, Origin};
use crate::engine::step::Step;
use crate::incident::next::Proposal;
use crate::incident::reason::Evaluated;
use crate::incident::{History, Incident, IncidentId, Limits, Silence, SourceState};
use crate::notify::Channel;
use crate::rules::evaluation::Opening;
use crate::rules::{Rule, Rules};
use crate::store::{Ledger, LedgerError};

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// The step that an opening leads to.
    pub(super) async fn open(
        &self,
        origin: Origin<'_>,
        rules: &Rules,
        state: &SourceState,
        counters: &Counters,
        opening: &Opening,
        extent: Extent<'_>,
    ) -> Result<Step, LedgerError> {
        let now = self.clock.now();
        let rule = rules.named(&opening.rule).cloned().unwrap_or_default();
        let incident = match recent(state, opening.leading, now) {
            Some(recent) => recent.reopened(&opening.covered, &rule, now),
            None => self.opened(origin, opening, &rule).await?,
        };
        let errors = incident.totals(counters).error_count();
        let silences = match extent {
            Extent::All(standing) => Some(standing.silences),
            Extent::Openings => None,
        };
        self.step_of_opening(incident, opening, &rule, errors, silences).await
    }

    /// The step that opens `incident` with so many errors, announced or held. Silences are read where they are
    /// not known.
    pub(super) async fn step_of_opening(
        &self,
        mut incident: Incident,
        opening: &Opening,
        rule: &Rule,
        errors: u64,
        silences: Option<&[Silence]>,
    ) -> Result<Step, LedgerError> {
        let now = self.clock.now();
        incident.history.errors = errors;
        let known;
        let silences = if let Some(silences) = silences {
            silences
        } else {
            known = self.ledger.silences(now).await?;
            &known
        };
        let is_silent = self.is_silenced(&incident, silences, now).await?;
        let evaluated = Evaluated { errors: opening.errors, requests: opening.requests };
        let proposal = Proposal {
            evaluated: Some(evaluated),
            ..Proposal::new(incident, errors, rule.remind_every_minutes)
        };
        self.decide(proposal, is_silent).await
    }

    /// A new incident.
    pub(super) async fn opened(
        &self,
        origin: Origin<'_>,
        opening: &Opening,
        rule: &Rule,
    ) -> Result<Incident, LedgerError> {
        let exemplars =
            self.ledger.exemplars(origin.source, opening.window_start, opening.minute).await?;
        Ok(Incident {
            id: IncidentId::new(
                &self.settings.account,
                origin.source,
                opening.leading,
                opening.minute,
            ),
            source: origin.source.clone(),
            log_group: origin.log_group.to_owned(),
            rule: opening.rule.clone(),
            severity: rule.severity,
            opening_cause: opening.leading,
            cause: opening.leading,
            confidence: confidence_of(&exemplars, opening.leading),
            covered: opening.covered.clone(),
            window_start: opening.window_start,
            opened_at: self.clock.now(),
            resolved_at: None,
            seq: 0,
            history: History { limits: Some(Limits::from(rule)), ..History::default() },
        })
    }
}

/// The incident that an opening with this cause continues.
fn recent(state: &SourceState, cause: Cause, now: Timestamp) -> Option<&Incident> {
    let recent = state.incidents.iter().filter(|incident| incident.may_reopen(cause, now));
    recent.max_by_key(|incident| incident.resolved_at)
}
