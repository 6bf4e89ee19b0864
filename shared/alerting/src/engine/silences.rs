//! Whether a silence matches an incident: asked for every incident, alone or in a group.

use diagnosis::{Cause, Timestamp};

use crate::clock::Clock;
use crate::engine::core::Engine;
use crate::incident::{Fits, Incident, OpenIncident, Silence};
use crate::notify::Channel;
use crate::source::Source;
use crate::store::{Ledger, LedgerError};

/// How silences match an incident, before its routes are read.
enum Matches<'s> {
    Yes,
    No,
    /// If all its routes match one of these.
    ByRoutes(Vec<&'s Silence>),
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Whether a silence matches an incident.
    pub(super) async fn is_silenced(
        &self,
        incident: &Incident,
        silences: &[Silence],
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let causes = [incident.cause, incident.opening_cause];
        let (source, group) = (&incident.source, &incident.log_group);
        match self.matches(silences, source, group, causes, now).await {
            Matches::Yes => Ok(true),
            Matches::No => Ok(false),
            Matches::ByRoutes(silences) => self.routes_match(incident, &silences, now).await,
        }
    }

    /// Whether a silence matches a member of a group. Its row is read only where its routes decide.
    pub(super) async fn is_member_silenced(
        &self,
        member: &OpenIncident,
        silences: &[Silence],
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let causes = [member.cause, member.opening_cause];
        let (source, group) = (&member.source, &member.log_group);
        match self.matches(silences, source, group, causes, now).await {
            Matches::Yes => Ok(true),
            Matches::No => Ok(false),
            Matches::ByRoutes(silences) => {
                let state = self.ledger.state(source).await?;
                let incident = state.incidents.iter().find(|incident| incident.id == member.id);
                match incident {
                    Some(incident) => self.routes_match(incident, &silences, now).await,
                    None => Ok(false),
                }
            }
        }
    }

    async fn matches<'s>(
        &self,
        silences: &'s [Silence],
        source: &Source,
        log_group: &str,
        causes: [Cause; 2],
        now: Timestamp,
    ) -> Matches<'s> {
        let mut by_routes = Vec::new();
        for silence in silences.iter().filter(|silence| silence.is_on(now)) {
            let name = match silence.scope.api[..] {
                [] => None,
                _ => self.api_name(source, log_group).await,
            };
            match silence.fits(source, name.as_deref(), log_group, causes) {
                Fits::Yes => return Matches::Yes,
                Fits::No => {}
                Fits::ByRoutes => by_routes.push(silence),
            }
        }
        if by_routes.is_empty() { Matches::No } else { Matches::ByRoutes(by_routes) }
    }

    async fn routes_match(
        &self,
        incident: &Incident,
        silences: &[&Silence],
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let minute = now.minute();
        let from = incident.exact_from(minute);
        let breakdown = self.ledger.breakdown(&incident.source, from, minute).await?;
        let routes = breakdown.top_routes(|cause| incident.covered.contains(&cause));
        Ok(silences.iter().any(|silence| silence.fits_routes(&routes)))
    }
}
