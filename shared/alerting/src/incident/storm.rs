//! A storm: many sources fail at once, and one incident over all of them announces them as a group. Pure.
//!
//! Its members are incidents of one severity that opened while too many others did. They announce nothing
//! themselves, so each must be named in a message of the group: critical ones at once, others within five
//! minutes, in messages of at most 40, up to 200 members. The end of each that was named is said as well, in
//! the end of the group or before. A group that is old or has not grown for a while takes in no more: what
//! fails then is another group.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use diagnosis::{Cause, Confidence, Timestamp};

use super::members::{MAX_LISTED, MAX_NAMED, shown_as, sources};
use super::{History, Incident, IncidentId, Limits, Members, SourceState};
use crate::counting::CauseCounts;
use crate::incident::next::Proposal;
use crate::incident::{OpenIncident, StormMember};
use crate::rules::{Rule, Rules, Severity, leading};
use crate::source::Source;

/// Incidents of one severity that are announced one by one within [`SLOT_MS`]. Further ones are a storm.
pub(crate) const SLOTS: u8 = 3;

/// How long an incident that was announced by itself keeps its slot: 5 minutes.
pub(crate) const SLOT_MS: i64 = 5 * MINUTE_MS;

/// An incident with a cause of the storm joins it for 15 minutes after its last new member …
const JOINS_WITHIN_MS: i64 = 15 * MINUTE_MS;

/// … and for an hour after the storm began.
const JOINS_FOR_MS: i64 = 60 * MINUTE_MS;

/// An incident below critical that has waited a minute for company is announced alone.
const ALONE_AFTER_MS: i64 = MINUTE_MS;

/// Members of a group below critical are named at most every five minutes.
const NAMING_PAUSE_MS: i64 = 5 * MINUTE_MS;

const MINUTE_MS: i64 = 60_000;

/// What happens next to a storm.
#[derive(Debug, PartialEq)]
pub(crate) enum StormStep {
    /// Nobody else has come: this incident is announced by itself after all.
    Alone(OpenIncident),
    /// The storm's own incident may change.
    Change(Box<Proposal>),
}

/// Whether a new incident joins the storm of its severity that is open: it shares one of its causes.
pub(crate) fn takes_in(
    storm: &SourceState,
    cause: Cause,
    severity: Severity,
    now: Timestamp,
) -> bool {
    storm.open().any(|group| {
        group.severity == severity && group.covered.contains(&cause) && is_growing(group, now)
    })
}

/// Whether a group takes in new members.
fn is_growing(group: &Incident, now: Timestamp) -> bool {
    let within = |at: Timestamp, millis: i64| now.as_millis() - at.as_millis() <= millis;
    let grew_at = group.history.members.as_ref().map(|members| members.grew_at);
    within(group.since(), JOINS_FOR_MS) && grew_at.is_some_and(|at| within(at, JOINS_WITHIN_MS))
}

/// Whether an incident that announces nothing itself waits so far for a storm to announce it.
pub(crate) fn is_unheard(storm: &SourceState, incident: &Incident) -> bool {
    let announces_it = |storm: &Incident| {
        let members = storm.history.members.as_ref();
        let is_named = members
            .is_some_and(|members| members.is_full() || members.named.contains(&incident.id));
        storm.is_notified()
            && storm.severity >= incident.severity
            && is_named
            && storm.resolved_at.is_none_or(|resolved| resolved >= incident.since())
    };
    incident.history.in_storm
        && !incident.is_notified()
        && !storm.incidents.iter().any(announces_it)
}

/// A group that is open, and the open incidents that it announces.
#[derive(Debug)]
pub(crate) struct Part<'a> {
    /// `None`: those that wait for company.
    pub(crate) group: Option<&'a Incident>,
    /// The incidents.
    pub(crate) members: Vec<&'a OpenIncident>,
}

/// Divides the open incidents of a severity among its groups: to each those that it has announced, to the
/// newest also those that wait, while it takes in any. Those in `taken_over` belong to a group of a higher
/// severity.
pub(crate) fn parts<'a>(
    storm: &'a SourceState,
    severity: Severity,
    open: &'a [OpenIncident],
    taken_over: &BTreeSet<IncidentId>,
    now: Timestamp,
) -> Vec<Part<'a>> {
    let mut groups: Vec<&Incident> =
        storm.open().filter(|group| group.severity == severity).collect();
    groups.sort_by_key(|group| Reverse(group.since()));
    let grouped = || {
        let is_free = |open: &&OpenIncident| open.in_storm && !taken_over.contains(&open.id);
        open.iter().filter(is_free)
    };
    let is_announced = |open: &OpenIncident| groups.iter().any(|group| announces(group, open));
    let mut waiting: Vec<&OpenIncident> =
        grouped().filter(|open| open.severity == severity && !is_announced(open)).collect();
    let mut parts = Vec::new();
    for group in &groups {
        let mut members: Vec<&OpenIncident> =
            grouped().filter(|open| announces(group, open)).collect();
        if parts.is_empty() && is_growing(group, now) {
            members.append(&mut waiting);
        }
        parts.push(Part { group: Some(group), members });
    }
    if !waiting.is_empty() {
        parts.push(Part { group: None, members: waiting });
    }
    parts
}

/// Whether the group has announced the incident: as urgent as it is, or more so by now.
pub(crate) fn announces(group: &Incident, open: &OpenIncident) -> bool {
    let members = group.history.members.as_ref();
    open.in_storm
        && open.severity >= group.severity
        && members.is_some_and(|members| members.has_announced(&open.id))
}

/// What a step of a group rests on, beside the group itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    /// The severity.
    pub(crate) severity: Severity,
    /// All groups.
    pub(crate) storm: &'a SourceState,
    /// All open incidents.
    pub(crate) open: &'a [OpenIncident],
    /// Those that the group announces.
    pub(crate) members: &'a [&'a OpenIncident],
    /// Those of them that no silence matches.
    pub(crate) audible: &'a [&'a OpenIncident],
    /// Those that a group of a higher severity announces to the same people.
    pub(crate) taken_over: &'a BTreeSet<IncidentId>,
    /// The rules.
    pub(crate) rules: &'a Rules,
    /// Now.
    pub(crate) now: Timestamp,
}

/// The next step of a group, or of incidents that wait for one.
pub(crate) fn next(account: &str, group: Option<&Incident>, scene: Scene<'_>) -> Option<StormStep> {
    let Scene { severity, storm, audible, rules, now, .. } = scene;
    if let Some(open) = group {
        return change(open, scene).map(|proposal| StormStep::Change(Box::new(proposal)));
    }
    let worst = worst(audible)?;
    // The same again: what fails now has a cause of the group, and is as urgent.
    let is_the_same = |storm: &&Incident| {
        storm.severity == severity
            && causes(&[worst]).iter().any(|cause| storm.may_reopen(*cause, now))
    };
    let recent = storm.incidents.iter().filter(is_the_same);
    let mut incident = match (recent.max_by_key(|storm| storm.resolved_at), audible) {
        (Some(recent), _) => reopened(recent, audible, worst, rules, now)?,
        (None, [alone]) => {
            // A critical one has no time to wait.
            let waited = now.as_millis() - alone.since.as_millis();
            let is_due = alone.severity == Severity::Critical || waited >= ALONE_AFTER_MS;
            return is_due.then(|| StormStep::Alone((*alone).clone()));
        }
        (None, _) => opened(account, audible, worst, rules, now)?,
    };
    grow(&mut incident, scene);
    let errors = incident.history.errors;
    let remind_every = incident.rule_in(rules).remind_every_minutes;
    Some(StormStep::Change(Box::new(Proposal::new(incident, errors, remind_every))))
}

/// What happens to a group that is open.
fn change(group: &Incident, scene: Scene<'_>) -> Option<Proposal> {
    let Scene { members, audible, rules, now, .. } = scene;
    let mut next = group.clone();
    grow(&mut next, scene);
    let over = over(&next, scene.open);
    let left = next.history.members.as_mut()?.wait_for_ends(over.len(), now);
    // The last message of a group can say the end of so many.
    if members.is_empty() && over.len() <= MAX_LISTED {
        next.resolved_at = Some(now);
        let named = group.history.members.as_ref().map_or(&[][..], |members| &members.named);
        let handed_over = over.is_empty() && named.iter().any(|id| scene.taken_over.contains(id));
        let resolved = Proposal::new(next, group.history.errors, i64::MAX);
        return Some(Proposal { handed_over, ..resolved });
    }
    if audible.is_empty() && over.is_empty() {
        return None;
    }
    let told = group.last_notification();
    let errors = next.history.errors;
    let remind_every = next.rule_in(rules).remind_every_minutes;
    let sources = sources(audible.iter().copied());
    // Twice as many sources are worth as much as ten times the errors.
    let grown = told.sources > 0 && sources >= 2 * told.sources;
    let counted = if grown { errors.max(told.errors.saturating_mul(10)) } else { errors };
    Some(Proposal { left, ..Proposal::new(next, counted, remind_every) })
}

/// A recent group that goes on. Its numbers are those of the members that fail now.
fn reopened(
    recent: &Incident,
    audible: &[&OpenIncident],
    worst: &OpenIncident,
    rules: &Rules,
    now: Timestamp,
) -> Option<Incident> {
    let causes = causes(audible);
    let mut group = recent.reopened(&causes, &rule(worst, rules), now);
    let texted_at = recent.history.members.as_ref().and_then(|members| members.texted_at);
    group.covered = causes;
    group.cause = leading(&by_cause(audible))?;
    group.window_start = audible.iter().map(|member| member.window_start).min()?;
    group.history.members = Some(Members { texted_at, ..Members::of_none(now) });
    Some(group)
}

fn opened(
    account: &str,
    audible: &[&OpenIncident],
    worst: &OpenIncident,
    rules: &Rules,
    now: Timestamp,
) -> Option<Incident> {
    let cause = leading(&by_cause(audible))?;
    let of_cause = audible.iter().filter(|member| member.cause == cause);
    Some(Incident {
        id: group_id(account, cause, worst.severity, now),
        source: Source::Everywhere,
        log_group: String::new(),
        rule: worst.rule.clone(),
        severity: worst.severity,
        opening_cause: cause,
        cause,
        confidence: of_cause.map(|member| member.confidence).max().unwrap_or(Confidence::Low),
        covered: causes(audible),
        window_start: audible.iter().map(|member| member.window_start).min()?,
        opened_at: now,
        resolved_at: None,
        seq: 0,
        history: History {
            limits: rules.named(&worst.rule).map(Limits::from),
            ..History::default()
        },
    })
}

/// Groups of two severities may open in one minute with one cause.
fn group_id(account: &str, cause: Cause, severity: Severity, now: Timestamp) -> IncidentId {
    let account = match severity {
        Severity::Critical => account.to_owned(),
        lower => format!("{account} {lower}"),
    };
    IncidentId::new(&account, &Source::Everywhere, cause, now.minute())
}

/// Takes over how the group is now.
fn grow(group: &mut Incident, scene: Scene<'_>) {
    let Scene { open, members, audible, now, .. } = scene;
    let mut known = group.history.members.take().unwrap_or_else(|| Members::of_none(now));
    known.update(group.severity, open, members, audible);
    group.history.errors = known.errors;
    group.history.members = Some(known);
    for cause in causes(audible) {
        if !group.covered.contains(&cause) {
            group.covered.push(cause);
        }
    }
}

/// The members of a group whose end no message has said.
pub(crate) fn over(group: &Incident, open: &[OpenIncident]) -> Vec<StormMember> {
    group.history.members.as_ref().map_or_else(Vec::new, |members| members.over(open))
}

/// The members that no message has named and that are to be named now, newest first, of those with the most
/// errors first; at most as many as one message lists. `reopens`: the group opens, or reopens.
pub(crate) fn unnamed<'a>(
    group: &Incident,
    audible: &[&'a OpenIncident],
    reopens: bool,
    now: Timestamp,
) -> Vec<&'a OpenIncident> {
    let silent_for = |last: Timestamp| now.as_millis() - last.as_millis();
    let is_paused = group.severity < Severity::Critical
        && !reopens
        && silent_for(group.last_notification().at) < NAMING_PAUSE_MS;
    if is_paused {
        return Vec::new();
    }
    let members = group.history.members.as_ref();
    let named = members.map_or(0, |members| members.named_so_far as usize);
    let mut unnamed = audible.to_vec();
    unnamed.retain(|open| !members.is_some_and(|members| members.named.contains(&open.id)));
    unnamed.sort_by_key(|member| {
        (Reverse(member.since.minute()), Reverse(member.errors), member.id.clone())
    });
    unnamed.truncate(MAX_LISTED.min(MAX_NAMED.saturating_sub(named)));
    unnamed
}

/// The members as a message shows them, the most urgent and those with the most errors first.
pub(crate) fn shown(audible: &[&OpenIncident]) -> Vec<StormMember> {
    let mut members: Vec<(Severity, StormMember)> =
        audible.iter().map(|member| (member.severity, shown_as(member))).collect();
    members.sort_by(|(a_severity, a), (b_severity, b)| {
        (b_severity, b.errors).cmp(&(a_severity, a.errors)).then_with(|| a.place.cmp(&b.place))
    });
    members.into_iter().map(|(_, member)| member).collect()
}

/// The errors of all members by cause.
pub(crate) fn by_cause(audible: &[&OpenIncident]) -> CauseCounts {
    let mut errors = CauseCounts::new();
    for member in audible {
        *errors.entry(member.cause).or_default() += member.errors;
    }
    errors
}

fn causes(audible: &[&OpenIncident]) -> Vec<Cause> {
    let causes: BTreeSet<Cause> =
        audible.iter().flat_map(|member| [member.cause, member.opening_cause]).collect();
    causes.into_iter().collect()
}

/// The most urgent member, of those the one with the most errors.
fn worst<'a>(audible: &[&'a OpenIncident]) -> Option<&'a OpenIncident> {
    audible.iter().copied().max_by_key(|member| (member.severity, member.errors))
}

/// Its rule, as the rules have it now.
fn rule(member: &OpenIncident, rules: &Rules) -> Rule {
    let unnamed =
        || Rule { name: member.rule.clone(), severity: member.severity, ..Rule::default() };
    Rule { severity: member.severity, ..rules.named(&member.rule).cloned().unwrap_or_else(unnamed) }
}
