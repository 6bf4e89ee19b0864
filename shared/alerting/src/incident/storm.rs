//! A storm: many sources fail at once, and one incident over all of them announces them as a group. Pure.
//!
//! Its members are the incidents that opened while too many others did. They announce nothing themselves, so
//! each critical member must be named in a message of the group: at once, in messages of at most 40, up to
//! 200 members.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use diagnosis::{Cause, Confidence, Timestamp};

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

/// At most 200 critical members are named while they are open. Of further ones, messages give the count.
pub(crate) const MAX_NAMED: usize = 200;

/// Text messages about one storm are 10 minutes apart, counted in whole minutes as sweeps run.
const TEXT_PAUSE_MINUTES: i64 = 10;

/// At most 1,000 members are known to be counted in a text message; of more than that, phones hear nothing
/// new.
const MAX_COUNTED: usize = 1_000;

const MINUTE_MS: i64 = 60_000;

/// What happens next to a storm.
#[derive(Debug, PartialEq)]
pub(crate) enum StormStep {
    /// Nobody else has come: this incident is announced by itself after all.
    Alone(OpenIncident),
    /// The storm's own incident may change.
    Change(Box<Proposal>),
}

/// Whether a new incident joins the storm that is open: it shares one of its causes, and the storm is as
/// urgent, so that the incident's channels hear of it.
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
            && storm.severity >= severity
            && within(storm.since(), JOINS_FOR_MS)
            && grew_at.is_some_and(|at| within(at, JOINS_WITHIN_MS))
    })
}

/// Whether an incident that announces nothing itself waits so far for a storm to announce it.
pub(crate) fn is_unheard(storm: &SourceState, incident: &Incident) -> bool {
    let announces_it = |storm: &Incident| {
        let members = storm.history.members.as_ref();
        let is_named = incident.severity < Severity::Critical
            || members.is_some_and(|members| {
                members.named.len() >= MAX_NAMED || members.named.contains(&incident.id)
            });
        storm.is_notified()
            && is_named
            && storm.resolved_at.is_none_or(|resolved| resolved >= incident.since())
    };
    incident.history.in_storm
        && !incident.is_notified()
        && !storm.incidents.iter().any(announces_it)
}

/// The next step, for the incidents that a storm announces: `members`, of which no silence matches `audible`.
pub(crate) fn next(
    account: &str,
    storm: &SourceState,
    members: &[&OpenIncident],
    audible: &[&OpenIncident],
    rules: &Rules,
    now: Timestamp,
) -> Option<StormStep> {
    if let Some(open) = storm.open().next() {
        return change(open, members, audible, rules, now)
            .map(|proposal| StormStep::Change(Box::new(proposal)));
    }
    let worst = worst(audible)?;
    let recent = storm.incidents.iter().filter(|storm| storm.may_reopen(storm.opening_cause, now));
    let mut incident = match (recent.max_by_key(|storm| storm.resolved_at), audible) {
        (Some(recent), _) => recent.reopened(&causes(audible), &rule(worst, rules), now),
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
    let worst = worst(audible)?;
    if worst.severity > storm.severity {
        next.take_over(&rule(worst, rules));
    }
    grow(&mut next, members, audible, now);
    let told = storm.last_notification();
    let errors = next.history.errors;
    let remind_every = next.rule_in(rules).remind_every_minutes;
    let sources = next.history.members.as_ref().map_or(0, |members| members.count);
    // Twice as many sources are worth as much as ten times the errors.
    let grown = told.sources > 0 && sources >= 2 * told.sources;
    let counted = if grown { errors.max(told.errors.saturating_mul(10)) } else { errors };
    Some(Proposal::new(next, counted, remind_every))
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
        id: IncidentId::new(account, &Source::Everywhere, cause, now.minute()),
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

/// Takes over how large the storm is. It keeps the most: members that have resolved were part of it.
fn grow(storm: &mut Incident, open: &[&OpenIncident], audible: &[&OpenIncident], now: Timestamp) {
    let known = storm.history.members.take();
    let count = audible.len() as u64;
    let errors: u64 = audible.iter().map(|member| member.errors).sum();
    let grew = known.as_ref().is_none_or(|known| count > known.count);
    let mut members = match known {
        Some(known) if !grew && errors <= known.errors => known,
        known => {
            let known = known.unwrap_or_else(|| Members::of_none(now));
            Members {
                count: known.count.max(count),
                errors: known.errors.max(errors),
                top: shown(audible).into_iter().take(TOP).collect(),
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

/// The critical members that no message has named, newest first, of those with the most errors first; at
/// most as many as one message lists.
pub(crate) fn unnamed<'a>(storm: &Incident, audible: &[&'a OpenIncident]) -> Vec<&'a OpenIncident> {
    let named = storm.history.members.as_ref().map_or(&[][..], |members| &members.named);
    let mut unnamed = critical(audible);
    unnamed.retain(|member| !named.contains(&member.id));
    unnamed.sort_by_key(|member| {
        (Reverse(member.since.minute()), Reverse(member.errors), member.id.clone())
    });
    unnamed.truncate(MAX_LISTED.min(MAX_NAMED.saturating_sub(named.len())));
    unnamed
}

/// How many critical members a text message is due for: those that the last one, at least 10 minutes ago, did
/// not count.
pub(crate) fn untexted(storm: &Incident, audible: &[&OpenIncident], now: Timestamp) -> u64 {
    let Some(members) = &storm.history.members else { return 0 };
    if members.counted.len() >= MAX_COUNTED || !members.text_is_due(now) {
        return 0;
    }
    let counted: BTreeSet<&IncidentId> = members.counted.iter().collect();
    critical(audible).iter().filter(|member| !counted.contains(&member.id)).count() as u64
}

fn critical<'a>(audible: &[&'a OpenIncident]) -> Vec<&'a OpenIncident> {
    audible.iter().copied().filter(|member| member.severity == Severity::Critical).collect()
}

impl Members {
    fn of_none(now: Timestamp) -> Self {
        Self {
            count: 0,
            errors: 0,
            grew_at: now,
            top: Vec::new(),
            named: Vec::new(),
            texted_at: None,
            counted: Vec::new(),
        }
    }

    /// Whether enough time has passed since the last text message.
    pub(crate) fn text_is_due(&self, now: Timestamp) -> bool {
        self.texted_at.is_none_or(|at| now.minute() - at.minute() >= TEXT_PAUSE_MINUTES)
    }

    /// Takes down that a notification names these members.
    pub(crate) fn name(&mut self, newly: &[&OpenIncident]) {
        self.named.extend(newly.iter().map(|member| member.id.clone()));
    }

    /// Takes down that a text message gives the count of these members.
    pub(crate) fn text(&mut self, audible: &[&OpenIncident], now: Timestamp) {
        self.texted_at = Some(now);
        let critical = critical(audible);
        self.counted = critical.iter().take(MAX_COUNTED).map(|member| member.id.clone()).collect();
    }
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
    StormMember { place: place(member), cause: member.cause, errors: member.errors }
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
