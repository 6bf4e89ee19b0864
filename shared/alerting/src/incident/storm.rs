//! A storm: many sources fail at once, and one incident over all of them tells of it. Pure.
//!
//! Its members are the incidents that opened while too many others did. They say nothing themselves.

use std::collections::BTreeSet;

use diagnosis::{Cause, Confidence, Timestamp};

use super::{History, Incident, IncidentId, Limits, Members, SourceState};
use crate::counting::CauseCounts;
use crate::incident::next::Proposal;
use crate::incident::{OpenIncident, StormMember};
use crate::rules::{Rule, Rules, leading};
use crate::source::Source;

/// Sources that are told one by one within [`SLOT_MS`]. Further ones are a storm.
pub(crate) const SLOTS: u8 = 3;

/// How long a source that was told by itself counts among those.
pub(crate) const SLOT_MS: i64 = 5 * 60_000;

/// Whoever fails for a storm's reason so soon after its last new member belongs to it.
const JOINS_WITHIN_MS: i64 = 15 * 60_000;

/// One that has waited so long for company is no storm.
const ALONE_AFTER_MS: i64 = 60_000;

/// So many members are kept in a storm's row.
const TOP: usize = 10;

/// What happens next to a storm.
#[derive(Debug, PartialEq)]
pub(crate) enum StormStep {
    /// Nobody else has come: this incident is to be told by itself after all.
    Alone(OpenIncident),
    /// The storm's own incident may change.
    Change(Box<Proposal>),
}

/// Whether a new incident with this cause belongs to the storm that is on.
pub(crate) fn takes_in(storm: &SourceState, cause: Cause, now: Timestamp) -> bool {
    storm.open().any(|storm| {
        let grew_at = storm.history.members.as_ref().map(|members| members.grew_at);
        let lately = |at: Timestamp| now.as_millis() - at.as_millis() <= JOINS_WITHIN_MS;
        storm.covered.contains(&cause) && grew_at.is_some_and(lately)
    })
}

/// Whether an incident that says nothing itself waits in vain so far: no storm has told of it.
pub(crate) fn is_unheard(storm: &SourceState, incident: &Incident) -> bool {
    let tells_of_it = |storm: &Incident| {
        storm.is_notified() && storm.resolved_at.is_none_or(|resolved| resolved >= incident.since())
    };
    incident.history.in_storm && !incident.is_notified() && !storm.incidents.iter().any(tells_of_it)
}

/// The next step, for the incidents that a storm is to tell of: `members`, of which no silence is on
/// `audible`.
pub(crate) fn next(
    account: &str,
    storm: &SourceState,
    members: usize,
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
            let waited = now.as_millis() - alone.since.as_millis();
            return (waited >= ALONE_AFTER_MS).then(|| StormStep::Alone((*alone).clone()));
        }
        (None, _) => opened(account, audible, worst, rules, now)?,
    };
    grow(&mut incident, audible, now);
    let errors = incident.history.errors;
    let remind_every = incident.rule_in(rules).remind_every_minutes;
    Some(StormStep::Change(Box::new(Proposal::new(incident, errors, remind_every))))
}

/// What happens to a storm that is on.
fn change(
    storm: &Incident,
    members: usize,
    audible: &[&OpenIncident],
    rules: &Rules,
    now: Timestamp,
) -> Option<Proposal> {
    let mut next = storm.clone();
    if members == 0 {
        next.resolved_at = Some(now);
        return Some(Proposal::new(next, storm.history.errors, i64::MAX));
    }
    let worst = worst(audible)?;
    if worst.severity > storm.severity {
        next.take_over(&rule(worst, rules));
    }
    grow(&mut next, audible, now);
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
fn grow(storm: &mut Incident, audible: &[&OpenIncident], now: Timestamp) {
    let known = storm.history.members.take();
    let count = audible.len() as u64;
    let errors: u64 = audible.iter().map(|member| member.errors).sum();
    let grew = known.as_ref().is_none_or(|known| count > known.count);
    let mut members = match known {
        Some(known) if !grew && errors <= known.errors => known,
        known => Members {
            count: known.as_ref().map_or(count, |known| count.max(known.count)),
            errors: known.as_ref().map_or(errors, |known| errors.max(known.errors)),
            grew_at: known.map_or(now, |known| known.grew_at),
            top: shown(audible).into_iter().take(TOP).collect(),
        },
    };
    if grew {
        members.grew_at = now;
    }
    storm.history.errors = members.errors;
    storm.history.members = Some(members);
    for cause in causes(audible) {
        if !storm.covered.contains(&cause) {
            storm.covered.push(cause);
        }
    }
}

/// The members as a message shows them, most errors first.
pub(crate) fn shown(audible: &[&OpenIncident]) -> Vec<StormMember> {
    let mut members: Vec<StormMember> = audible
        .iter()
        .map(|member| StormMember {
            place: place(member),
            cause: member.cause,
            errors: member.errors,
        })
        .collect();
    members.sort_by(|a, b| b.errors.cmp(&a.errors).then_with(|| a.place.cmp(&b.place)));
    members
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
