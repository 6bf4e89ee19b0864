//! The facts of a storm: they come from its members' rows, since it has no counters of its own.

use diagnosis::Timestamp;

use crate::counting::CauseCounts;
use crate::incident::notify_policy::Announcement;
use crate::incident::storm::{by_cause, shown, shown_as};
use crate::incident::{Incident, OpenIncident};
use crate::notify::{CauseErrors, Facts, IncidentView, Texts, World};
use crate::rules::evaluation::listed;

/// What one message about a storm adds to those before it.
#[derive(Debug, Default)]
pub(crate) struct Listing<'a> {
    /// Members that it names first.
    pub(crate) newly: Vec<&'a OpenIncident>,
    /// Whether phones get it.
    pub(crate) texts: Texts,
}

impl Facts {
    /// Gathers what is to be told of a storm over these members.
    pub(crate) fn of_storm(
        announcement: &Announcement,
        at: Timestamp,
        incident: &Incident,
        audible: &[&OpenIncident],
        listing: &Listing<'_>,
        world: World<'_>,
    ) -> Self {
        let members = incident.history.members.as_ref();
        let top = members.map(|members| members.top.clone()).unwrap_or_default();
        let of_top = || -> CauseCounts {
            top.iter().fold(CauseCounts::new(), |mut errors, member| {
                *errors.entry(member.cause).or_default() += member.errors;
                errors
            })
        };
        let errors = if audible.is_empty() { of_top() } else { by_cause(audible) };
        let mut causes = listed(&errors);
        causes.sort_by_key(|(cause, _)| *cause != incident.cause);
        let view = IncidentView {
            log_group: None,
            causes: causes
                .into_iter()
                .map(|(cause, errors)| CauseErrors { cause, errors })
                .collect(),
            errors: members.map_or(0, |members| members.errors),
            ..IncidentView::of_row(incident)
        };
        Self {
            incident: view,
            storm: if audible.is_empty() { top } else { shown(audible) },
            joined: listing.newly.iter().map(|member| shown_as(member)).collect(),
            texts: listing.texts,
            storm_sources: members.map_or(0, |members| members.count),
            ..Self::of_row(announcement, at, incident, world)
        }
    }
}
