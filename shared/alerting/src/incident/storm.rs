//! A storm: many sources fail at once, and one incident over all of them announces them as a group. Pure.
//!
//! Its members are the incidents of one severity that opened while too many others did. They announce nothing
//! themselves, so each must be named in a message of the group: critical ones at once, others within five
//! minutes, in messages of at most 40, up to 200 members.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use diagnosis::{Cause, Confidence, Timestamp};

use super::members::MAX_COUNTED;
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

/// At most 10 members are kept in a storm's row to be shown at its end.
const TOP: usize = 10;

/// At most 40 members are named in one message.
pub(crate) const MAX_LISTED: usize = 40;

/// At most 200 members are named while they are open. Of further ones, messages give the count.
pub(crate) const MAX_NAMED: usize = 200;

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
    let within = |at: Timestamp, millis: i64| now.as_millis() - at.as_millis() <= millis;
    storm.open().any(|storm| {
        let grew_at = storm.history.members.as_ref().map(|members| members.grew_at);
        storm.covered.contains(&cause)
            && storm.severity == severity
            && within(storm.since(), JOINS_FOR_MS)
            && grew_at.is_some_and(|at| within(at, JOINS_WITHIN_MS))
    })
}

/// Whether an incident that announces nothing itself waits so far for a storm to announce it.
pub(crate) fn is_unheard(storm: &SourceState, incident: &Incident) -> bool {
    let announces_it = |storm: &Incident| {
        let members = storm.history.members.as_ref();
        let is_named = members.is_some_and(|members| {
            members.named.len() >= MAX_NAMED || members.named.contains(&incident.id)
        });
        storm.is_notified()
            && storm.severity >= incident.severity
            && is_named
            && storm.resolved_at.is_none_or(|resolved| resolved >= incident.since())
    };
    incident.history.in_storm
        && !incident.is_notified()
        && !storm.incidents.iter().any(announces_it)
}

/// The storm of a severity that is open.
pub(crate) fn open_of(storm: &SourceState, severity: Severity) -> Option<&Incident> {
    storm.open().find(|storm| storm.severity == severity)
}

/// Whether an open incident is announced by the group of a severity: its own severity, or it was named before
/// it became more urgent.
pub(crate) fn is_member(storm: &SourceState, severity: Severity, open: &OpenIncident) -> bool {
    let was_named = || {
        let members = open_of(storm, severity).and_then(|group| group.history.members.as_ref());
        members.is_some_and(|members| members.named.contains(&open.id))
    };
    (open.in_storm && open.severity == severity) || (open.severity > severity && was_named())
}

/// The next step, for the incidents that the group of a severity announces: `members`, of which no silence
/// matches `audible`.
pub(crate) fn next(
    account: &str,
    severity: Severity,
    storm: &SourceState,
    members: &[&OpenIncident],
    audible: &[&OpenIncident],
    rules: &Rules,
    now: Timestamp,
) -> Option<StormStep> {
    if let Some(open) = open_of(storm, severity) {
        return change(open, members, audible, rules, now)
            .map(|proposal| StormStep::Change(Box::new(proposal)));
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
    grow(&mut incident, members, audible, now);
    let errors = incident.history.errors;
    let remind_every = incident.rule_in(rules).remind_every_minutes;
    Some(StormStep::Change(Box::new(Proposal::new(incident, errors, remind_every))))
}

/// What happens to a storm that is on.
fn change(
    storm: &Incident,
    members: &[&OpenIncident],
    audible: &[&OpenIncident],
    rules: &Rules,
    now: Timestamp,
) -> Option<Proposal> {
    let mut next = storm.clone();
    if members.is_empty() {
        next.resolved_at = Some(now);
        return Some(Proposal::new(next, storm.history.errors, i64::MAX));
    }
    if audible.is_empty() {
        return None;
    }
    grow(&mut next, members, audible, now);
    let told = storm.last_notification();
    let errors = next.history.errors;
    let remind_every = next.rule_in(rules).remind_every_minutes;
    let sources = audible.len() as u64;
    // Twice as many sources are worth as much as ten times the errors.
    let grown = told.sources > 0 && sources >= 2 * told.sources;
    let counted = if grown { errors.max(told.errors.saturating_mul(10)) } else { errors };
    Some(Proposal::new(next, counted, remind_every))
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

/// Takes over how large the storm is. It keeps the most: members that have resolved were part of it.
/// Those that are shown at its end are those of the time when there were most.
fn grow(storm: &mut Incident, open: &[&OpenIncident], audible: &[&OpenIncident], now: Timestamp) {
    let known = storm.history.members.take();
    let count = audible.len() as u64;
    let errors: u64 = audible.iter().map(|member| member.errors).sum();
    let grew = known.as_ref().is_none_or(|known| count > known.count);
    let mut members = match known {
        Some(known) if !grew && errors <= known.errors => known,
        known => {
            let known = known.unwrap_or_else(|| Members::of_none(now));
            let top = if count < known.count {
                known.top
            } else {
                shown(audible).into_iter().take(TOP).collect()
            };
            Members {
                count: known.count.max(count),
                errors: known.errors.max(errors),
                top,
                ..known
            }
        }
    };
    if grew {
        members.grew_at = now;
    }
    members.named.retain(|id| open.iter().any(|member| member.id == *id));
    storm.history.errors = members.errors;
    storm.history.members = Some(members);
    for cause in causes(audible) {
        if !storm.covered.contains(&cause) {
            storm.covered.push(cause);
        }
    }
}

/// The members that no message has named and that are to be named now, newest first, of those with the most
/// errors first; at most as many as one message lists.
pub(crate) fn unnamed<'a>(
    storm: &Incident,
    audible: &[&'a OpenIncident],
    now: Timestamp,
) -> Vec<&'a OpenIncident> {
    let silent_for = |last: Timestamp| now.as_millis() - last.as_millis();
    let is_paused = storm.severity < Severity::Critical
        && storm.is_notified()
        && silent_for(storm.last_notification().at) < NAMING_PAUSE_MS;
    if is_paused {
        return Vec::new();
    }
    let named = storm.history.members.as_ref().map_or(&[][..], |members| &members.named);
    let mut unnamed = audible.to_vec();
    unnamed.retain(|member| !named.contains(&member.id));
    unnamed.sort_by_key(|member| {
        (Reverse(member.since.minute()), Reverse(member.errors), member.id.clone())
    });
    unnamed.truncate(MAX_LISTED.min(MAX_NAMED.saturating_sub(named.len())));
    unnamed
}

/// Leaves members that fail again, and are announced by themselves, out of the end of their group.
pub(crate) fn leave_out_open(storm: &mut Incident, open: &[OpenIncident]) {
    if let Some(members) = &mut storm.history.members {
        let fails = |member: &StormMember| {
            open.iter().any(|open| member.incident.as_ref() == Some(&open.id))
        };
        let before = members.top.len();
        members.top.retain(|member| !fails(member));
        members.count = members.count.saturating_sub((before - members.top.len()) as u64);
    }
}

/// Whether as many members are named as may be: of further ones, messages give the count.
pub(crate) fn is_full(storm: &Incident) -> bool {
    storm.history.members.as_ref().is_some_and(|members| members.named.len() >= MAX_NAMED)
}

/// How many members a message with their count is due for: those that the last one, at least 10
/// minutes ago, did not count. Phones get such messages, and other channels where no more are named.
pub(crate) fn uncounted(storm: &Incident, audible: &[&OpenIncident], now: Timestamp) -> u64 {
    let Some(members) = &storm.history.members else { return 0 };
    if members.counted.len() >= MAX_COUNTED || !members.text_is_due(now) {
        return 0;
    }
    let counted: BTreeSet<&IncidentId> = members.counted.iter().collect();
    audible.iter().filter(|member| !counted.contains(&member.id)).count() as u64
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

/// A member as a message shows it.
pub(crate) fn shown_as(member: &OpenIncident) -> StormMember {
    StormMember {
        place: place(member),
        cause: member.cause,
        errors: member.errors,
        incident: Some(member.id.clone()),
    }
}

/// What a member is called as long as nobody knows its API's name.
pub(crate) fn place(member: &OpenIncident) -> String {
    match (member.source.api_id(), member.source.stage()) {
        (Some(api), Some(stage)) => format!("{api}/{stage}"),
        _ => member.log_group.clone(),
    }
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
