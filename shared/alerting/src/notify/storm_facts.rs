//! The facts of a storm: they come from its members' rows, since it has no counters of its own.

use diagnosis::Timestamp;

use crate::counting::CauseCounts;
use crate::incident::notify_policy::Announcement;
use crate::incident::storm::{by_cause, shown};
use crate::incident::{
    Change, Event, Incident, Members, OpenIncident, StormMember, shown_as, sources,
};
use crate::notify::{CauseErrors, Facts, IncidentView, Texts, World};
use crate::rules::evaluation::listed;

/// What one message about a storm adds to those before it.
#[derive(Debug, Default)]
pub(crate) struct Listing<'a> {
    /// Members that it names first.
    pub(crate) newly: Vec<&'a OpenIncident>,
    /// Members whose end it says.
    pub(crate) ended: Vec<StormMember>,
    /// Whether phones get it.
    pub(crate) texts: Texts,
}

impl Texts {
    /// Whether phones get what is announced of a storm: its beginning and its end, and in between only what
    /// counts more members, at most every ten minutes. `all_named` is whether other channels have had the
    /// names of all of them.
    pub(crate) fn of_storm(
        storm: &Incident,
        announcement: &Announcement,
        all_named: bool,
        now: Timestamp,
    ) -> Self {
        let Some(members) = &storm.history.members else { return Self::No };
        let is_due = members.text_is_due(now);
        match (announcement.event, &announcement.change) {
            (Event::Opened, _) | (Event::Updated, Some(Change::Reopened { .. })) => Self::Also,
            (Event::Resolved, _) if members.texted_at.is_some() => Self::Also,
            (Event::Updated, Some(Change::Joined { .. })) if is_due && all_named => Self::Only,
            (Event::Updated, Some(Change::Joined { .. })) if is_due => Self::Also,
            (Event::Updated | Event::Reminded | Event::Resolved, _) => Self::No,
        }
    }
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
            ended: listing.ended.clone(),
            texts: listing.texts,
            // Those that fail now, or failed at most where it is over.
            storm_sources: match audible.len() {
                0 => members.map_or(1, Members::ended_sources).max(1),
                _ => sources(audible.iter().copied()),
            },
            ..Self::of_row(announcement, at, incident, world)
        }
    }
}
