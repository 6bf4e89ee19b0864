//! What is told about an incident: the facts, before they become messages.

use diagnosis::{Cause, Confidence, Family, Timestamp, catalogue};
use serde::Serialize;

use crate::counting::{Breakdown, Counters, Exemplar};
use crate::evidence::{Finding, Gap};
use crate::incident::notify_policy::Announcement;
use crate::incident::{Change, Event, Incident, IncidentId, StormMember, Totals};
use crate::rules::evaluation::listed;
use crate::rules::{LogMode, Severity};

/// One minute of an incident, for its sparkline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MinuteOfIncident {
    /// Minutes since the epoch.
    pub minute: i64,
    /// Errors that belong to the incident.
    pub errors: u64,
    /// All requests of the source.
    pub requests: u64,
}

/// The caller with the most failed requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopCaller {
    /// What kind of identity it is, and so much of it as may be shown: `API key …k3x9`.
    pub name: String,
    /// Its failed requests.
    pub errors: u64,
    /// The failed requests whose caller is known.
    pub of: u64,
}

/// Errors of one cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CauseErrors {
    /// The cause.
    pub cause: Cause,
    /// Its errors.
    pub errors: u64,
}

/// Errors of one route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteErrors {
    /// The route.
    pub route: String,
    /// Its errors.
    pub errors: u64,
}

/// An incident as its notifications show it. Numbers count from the first minute of the window that
/// opened it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IncidentView {
    /// Its id.
    pub id: IncidentId,
    /// The rule that opened it.
    pub rule: String,
    /// How urgent it is.
    pub severity: Severity,
    /// A log group that its lines came from.
    pub log_group: Option<String>,
    /// The API's id.
    pub api_id: Option<String>,
    /// The API's name.
    pub api_name: Option<String>,
    /// The stage.
    pub stage: Option<String>,
    /// The cause.
    pub cause: Cause,
    /// The kind of error it means.
    pub family: Option<Family>,
    /// How sure the cause is.
    pub confidence: Confidence,
    /// The causes with at least a tenth of the errors, the shown one first.
    pub causes: Vec<CauseErrors>,
    /// Failed requests.
    pub errors: u64,
    /// All requests; `None` where healthy lines are not delivered.
    pub requests: Option<u64>,
    /// Different callers of failed requests, estimated.
    pub callers: Option<u64>,
    /// Routes of failed requests, most errors first.
    pub routes: Vec<RouteErrors>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was resolved.
    pub resolved_at: Option<Timestamp>,
}

/// Everything a message may show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// What happened.
    pub event: Event,
    /// When it came to be told.
    pub at: Timestamp,
    /// The incident.
    pub incident: IncidentView,
    /// A request that failed for the shown cause.
    pub exemplar: Option<Exemplar>,
    /// The first minute of the window that opened the incident: numbers count from here.
    pub window_start: Timestamp,
    /// The first minute with an error.
    pub first_error: Timestamp,
    /// The last minute with an error.
    pub last_error: Timestamp,
    /// Whether its lines arrived too late for an alert: nothing was sent of it before.
    pub arrived_late: bool,
    /// The most errors in one minute.
    pub peak: u64,
    /// The AWS region, for links.
    pub region: Option<String>,
    /// The name of the function behind the failing route, where other logs name it.
    pub function: Option<String>,
    /// What other logs know of it.
    pub finding: Option<Finding>,
    /// What would have told more and is not there, most telling first.
    pub gaps: Vec<Gap>,
    /// Why it is told again; `None` for what is no update.
    pub change: Option<Change>,
    /// The last minutes since the window that opened it began, oldest first.
    pub minutes: Vec<MinuteOfIncident>,
    /// The caller with the most failed requests, where callers are known.
    pub top_caller: Option<TopCaller>,
    /// Who has said that they are looking after it.
    pub acknowledged_by: Option<String>,
    /// Whether it comes and goes.
    pub flapping: bool,
    /// The sources that fail together, the most urgent and those with the most errors first; empty for an
    /// incident of one source. When it is over, those whose end no message has said.
    pub storm: Vec<StormMember>,
    /// Those that no message has named before, at most 40.
    pub joined: Vec<StormMember>,
    /// Of an update: those that are over, at most 40.
    pub ended: Vec<StormMember>,
    /// Of a storm: whether phones get this.
    pub texts: Texts,
    /// How many sources failed together at most; 0 for an incident of one source.
    pub storm_sources: u64,
}

/// Whether phones get a message about a storm. There may be many of these, and a phone gets few.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Texts {
    /// Only other channels get it.
    #[default]
    No,
    /// Phones get it as well.
    Also,
    /// Others have had it: it is about what phones have not been told.
    Only,
}

/// Where a storm's facts and every other incident's come from alike.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World<'a> {
    /// The AWS region, for links.
    pub(crate) region: Option<&'a str>,
    /// Whether healthy lines are delivered.
    pub(crate) log_mode: LogMode,
}

/// What was counted of an incident.
#[derive(Debug)]
pub(crate) struct Numbers<'a> {
    /// Sums since its window began.
    pub(crate) totals: &'a Totals,
    /// Minutes since its window began, or the last of them.
    pub(crate) counters: &'a Counters,
    /// Routes and callers of the same minutes.
    pub(crate) breakdown: &'a Breakdown,
}

/// How many minutes a sparkline shows.
pub const MAX_MINUTES: i64 = 30;

impl IncidentView {
    /// What the row of an incident holds, where nothing else is read.
    pub(crate) fn of_row(incident: &Incident) -> Self {
        let errors = incident.history.errors;
        let log_group = Some(&incident.log_group).filter(|name| !name.is_empty());
        Self {
            id: incident.id.clone(),
            rule: incident.rule.clone(),
            severity: incident.severity,
            log_group: log_group.cloned(),
            api_id: incident.source.api_id().map(str::to_owned),
            api_name: None,
            stage: incident.source.stage().map(str::to_owned),
            cause: incident.cause,
            family: catalogue::entry(incident.cause).map(|entry| entry.family),
            confidence: incident.confidence,
            causes: vec![CauseErrors { cause: incident.cause, errors }],
            errors,
            requests: None,
            callers: None,
            routes: Vec::new(),
            opened_at: incident.opened_at,
            resolved_at: incident.resolved_at,
        }
    }
}

impl Facts {
    /// Whether it notifies like an opening: the incident opened, reopened or became more severe.
    pub(crate) const fn opens(&self) -> bool {
        match (self.event, &self.change) {
            (Event::Opened, _)
            | (
                Event::Updated,
                Some(Change::Worse { .. } | Change::Joined { .. } | Change::Reopened { .. }),
            ) => true,
            (Event::Updated | Event::Reminded | Event::Resolved, _) => false,
        }
    }

    /// Whether the incident reopened: the last that people heard is that it had ended.
    pub(crate) const fn reopens(&self) -> bool {
        matches!((self.event, &self.change), (Event::Updated, Some(Change::Reopened { .. })))
    }

    /// Whether it says the end of some members of a group that goes on.
    pub(crate) const fn ends_some(&self) -> bool {
        matches!((self.event, &self.change), (Event::Updated, Some(Change::Left { .. })))
    }

    /// Whether it reports that a critical incident opened, reopened or became critical.
    pub(crate) fn is_critical_opening(&self) -> bool {
        self.opens() && self.incident.severity == Severity::Critical
    }

    /// How many sources there are, those that are not listed included.
    pub(crate) fn failing_sources(&self) -> u64 {
        self.storm_sources.max(self.storm.len() as u64)
    }

    /// What the row of an incident holds, where nothing was counted and nothing else is read.
    pub(crate) fn of_row(
        announcement: &Announcement,
        at: Timestamp,
        incident: &Incident,
        world: World<'_>,
    ) -> Self {
        let began = Timestamp::of_minute(incident.window_start);
        Self {
            event: announcement.event,
            at,
            incident: IncidentView::of_row(incident),
            exemplar: None,
            window_start: began,
            first_error: began,
            last_error: began,
            arrived_late: incident.is_late(),
            peak: 0,
            region: world.region.map(str::to_owned),
            function: None,
            finding: None,
            gaps: Vec::new(),
            change: announcement.change.clone(),
            minutes: Vec::new(),
            top_caller: None,
            acknowledged_by: incident.history.acknowledged.as_ref().map(|who| who.by.clone()),
            flapping: incident.is_flapping(),
            storm: Vec::new(),
            joined: Vec::new(),
            ended: Vec::new(),
            texts: Texts::No,
            storm_sources: 0,
        }
    }

    /// Gathers what is to be told of an incident.
    pub(crate) fn gather(
        announcement: &Announcement,
        at: Timestamp,
        incident: &Incident,
        numbers: &Numbers<'_>,
        exemplars: &[Exemplar],
        world: World<'_>,
    ) -> Self {
        let Numbers { totals, counters, breakdown } = numbers;
        let covered = |cause: Cause| incident.covered.contains(&cause);
        let mut causes = listed(&totals.errors);
        causes.sort_by_key(|(cause, _)| *cause != incident.cause);
        let evidence = &incident.history.evidence;
        let finding = evidence.finding.as_ref().filter(|finding| finding.cause == incident.cause);
        let view = IncidentView {
            causes: causes
                .into_iter()
                .map(|(cause, errors)| CauseErrors { cause, errors })
                .collect(),
            errors: totals.error_count(),
            requests: (world.log_mode == LogMode::All).then_some(totals.requests),
            callers: Some(totals.callers),
            routes: breakdown
                .top_routes(covered)
                .into_iter()
                .map(|(route, errors)| RouteErrors { route, errors })
                .collect(),
            ..IncidentView::of_row(incident)
        };
        Self {
            event: announcement.event,
            at,
            incident: view,
            exemplar: exemplar(exemplars, incident, finding),
            window_start: Timestamp::of_minute(incident.window_start),
            first_error: Timestamp::of_minute(totals.first_error.unwrap_or(incident.window_start)),
            last_error: Timestamp::of_minute(totals.last_error.unwrap_or(incident.window_start)),
            arrived_late: incident.is_late(),
            peak: totals.peak,
            region: world.region.map(str::to_owned),
            function: finding.and_then(|finding| finding.function.clone()),
            finding: finding.cloned(),
            gaps: evidence.gaps.clone(),
            change: announcement.change.clone(),
            minutes: minutes(incident, counters, at.minute().min(incident.ends_before() - 1)),
            top_caller: breakdown.top_caller().map(|busy| TopCaller {
                name: busy.name.clone(),
                errors: busy.errors,
                of: breakdown.with_caller,
            }),
            acknowledged_by: incident.history.acknowledged.as_ref().map(|who| who.by.clone()),
            flapping: incident.is_flapping(),
            storm: Vec::new(),
            joined: Vec::new(),
            ended: Vec::new(),
            texts: Texts::No,
            storm_sources: 0,
        }
    }
}

/// A request that failed for the shown cause, with what decided it.
fn exemplar(
    exemplars: &[Exemplar],
    incident: &Incident,
    finding: Option<&Finding>,
) -> Option<Exemplar> {
    let same = exemplars.iter().find(|kept| kept.cause == incident.cause);
    let Some(finding) = finding else { return same.cloned() };
    // Its own log knew less of it, and under another cause.
    let of_it = || exemplars.iter().find(|kept| incident.covered.contains(&kept.cause));
    let kept = same.or_else(of_it)?.clone();
    Some(Exemplar {
        cause: finding.cause,
        confidence: finding.confidence,
        evidence: finding.evidence.clone(),
        missing_fields: Vec::new(),
        ..kept
    })
}

/// The last minutes of an incident up to `last`, those without a request included.
fn minutes(incident: &Incident, counters: &Counters, last: i64) -> Vec<MinuteOfIncident> {
    let first = incident.window_start.max(last - MAX_MINUTES + 1);
    let covered = |_, cause| incident.covered.contains(&cause);
    (first..=last)
        .map(|minute| MinuteOfIncident {
            minute,
            errors: counters.errors(minute, minute, covered).values().sum(),
            requests: counters.requests(minute, minute),
        })
        .collect()
}
