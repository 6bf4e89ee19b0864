//! What the group of a storm remembers of its members.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use diagnosis::Timestamp;

use super::{IncidentId, Members, OpenIncident, StormMember};
use crate::rules::Severity;
use crate::source::Source;

/// At most 40 members are named in one message.
pub(crate) const MAX_LISTED: usize = 40;

/// At most 200 members are named by a group. Of further ones, messages give the count.
pub(crate) const MAX_NAMED: usize = 200;

/// Text messages about one storm are 10 minutes apart, counted in whole minutes as sweeps run.
const TEXT_PAUSE_MINUTES: i64 = 10;

/// The ends of members are said together, in messages at least five minutes apart.
const END_PAUSE_MS: i64 = 5 * 60_000;

/// At most 1,000 members are known to be counted in a message; of more than that, nobody hears anything new.
const MAX_COUNTED: usize = 1_000;

impl Members {
    pub(super) fn of_none(now: Timestamp) -> Self {
        Self {
            count: 0,
            errors: 0,
            grew_at: now,
            top: Vec::new(),
            named: Vec::new(),
            named_so_far: 0,
            former_sources: 0,
            former_errors: 0,
            over_since: None,
            texted_at: None,
            counted: Vec::new(),
        }
    }

    /// Whether a message has named or counted this member.
    pub(crate) fn has_announced(&self, id: &IncidentId) -> bool {
        self.named.contains(id) || self.counted.contains(id)
    }

    /// Whether it has named as many as it may: of further ones, messages give the count.
    pub(crate) const fn is_full(&self) -> bool {
        self.named_so_far >= MAX_NAMED as u64
    }

    /// The members that a message with their count is due for: those that the last one, at least 10 minutes
    /// ago, did not count. Phones get such messages, and other channels where no more are named.
    pub(crate) fn uncounted<'a>(
        &self,
        audible: &[&'a OpenIncident],
        now: Timestamp,
    ) -> Vec<&'a OpenIncident> {
        if self.counted.len() >= MAX_COUNTED || !self.text_is_due(now) {
            return Vec::new();
        }
        let counted: BTreeSet<&IncidentId> = self.counted.iter().collect();
        audible.iter().filter(|member| !counted.contains(&member.id)).copied().collect()
    }

    /// Whether enough time has passed since the last text message.
    pub(crate) fn text_is_due(&self, now: Timestamp) -> bool {
        self.texted_at.is_none_or(|at| now.minute() - at.minute() >= TEXT_PAUSE_MINUTES)
    }

    /// Takes down that a notification names these members.
    pub(crate) fn name(&mut self, newly: &[&OpenIncident], now: Timestamp) {
        if newly.is_empty() {
            return;
        }
        self.named.extend(newly.iter().map(|member| member.id.clone()));
        self.top.extend(newly.iter().map(|member| shown_as(member)));
        self.named_so_far += newly.len() as u64;
        self.grew_at = now;
    }

    /// Takes down that a message gives the count of these members.
    pub(crate) fn count(&mut self, audible: &[&OpenIncident], now: Timestamp) {
        self.texted_at = Some(now);
        self.counted = audible.iter().take(MAX_COUNTED).map(|member| member.id.clone()).collect();
    }

    /// Takes over how its members are now. `open` are all open incidents, `members` those of them that it
    /// announces. Where the same source goes on to fail as urgently, it has not recovered: another incident
    /// takes the place of one that has resolved. Of one that announces itself, the group says no more.
    pub(super) fn update(
        &mut self,
        severity: Severity,
        open: &[OpenIncident],
        members: &[&OpenIncident],
        audible: &[&OpenIncident],
    ) {
        let mut by_id: BTreeMap<&IncidentId, &OpenIncident> = BTreeMap::new();
        by_id.extend(members.iter().map(|member| (&member.id, *member)));
        let mut named: BTreeSet<IncidentId> = self.named.iter().cloned().collect();
        let mut kept = Vec::new();
        for mut shown in std::mem::take(&mut self.top) {
            let Some(id) = shown.incident.clone().filter(|id| named.contains(id)) else { continue };
            if let Some(member) = by_id.get(&id) {
                (shown.cause, shown.errors) = (member.cause, member.errors);
                kept.push(shown);
                continue;
            }
            // No longer a member, though it is open: it announces itself.
            if open.iter().any(|open| open.id == id) {
                continue;
            }
            let fails = |open: &&OpenIncident| {
                shown.source.as_ref() == Some(&open.source) && open.severity >= severity
            };
            let mut others = open.iter().filter(fails).peekable();
            let is_over = others.peek().is_none();
            let is_unnamed =
                |open: &&OpenIncident| by_id.contains_key(&open.id) && !named.contains(&open.id);
            if let Some(other) = others.find(is_unnamed) {
                self.former_errors += shown.errors;
                named.insert(other.id.clone());
                kept.push(StormMember { place: shown.place, ..shown_as(other) });
            } else if is_over {
                kept.push(shown);
            } else {
                self.former_errors += shown.errors;
            }
        }
        self.named = kept.iter().filter_map(|shown| shown.incident.clone()).collect();
        self.top = kept;
        let now: u64 = audible.iter().map(|member| member.errors).sum();
        self.errors = self.errors.max(self.former_errors + now);
        self.count = self.count.max(self.former_sources + sources(audible.iter().copied()));
    }

    /// Takes down that `over` members have resolved and no message has said so, and returns of how many one
    /// is to say it now: they wait five minutes for others, unless there are as many as it can list.
    pub(super) fn wait_for_ends(&mut self, over: usize, now: Timestamp) -> u64 {
        if over == 0 {
            self.over_since = None;
            return 0;
        }
        let since = *self.over_since.get_or_insert(now);
        let waited = now.as_millis() - since.as_millis();
        let is_due = waited >= END_PAUSE_MS || over >= MAX_LISTED;
        if is_due { over as u64 } else { 0 }
    }

    /// The members whose end no message has said, those with the most errors first.
    pub(crate) fn over(&self, open: &[OpenIncident]) -> Vec<StormMember> {
        let open: BTreeSet<&IncidentId> = open.iter().map(|open| &open.id).collect();
        let is_open =
            |shown: &StormMember| shown.incident.as_ref().is_some_and(|id| open.contains(id));
        let mut over: Vec<StormMember> =
            self.top.iter().filter(|shown| !is_open(shown)).cloned().collect();
        over.sort_by_key(|shown| Reverse(shown.errors));
        over
    }

    /// How many sources have failed and are over, once all are, as far as the group announced them.
    pub(crate) fn ended_sources(&self) -> u64 {
        let left: BTreeSet<Option<&Source>> =
            self.top.iter().map(|shown| shown.source.as_ref()).collect();
        if self.is_full() { self.count } else { self.former_sources + left.len() as u64 }
    }

    /// Takes down that a message says the end of these members.
    pub(crate) fn forget(&mut self, ended: &[StormMember]) {
        if ended.is_empty() {
            return;
        }
        let is_ended =
            |id: &IncidentId| ended.iter().any(|shown| shown.incident.as_ref() == Some(id));
        self.named.retain(|id| !is_ended(id));
        self.top.retain(|shown| !shown.incident.as_ref().is_some_and(is_ended));
        self.over_since = None;
        let left =
            |source: &&Source| self.top.iter().all(|shown| shown.source.as_ref() != Some(*source));
        let sources: BTreeSet<&Source> =
            ended.iter().filter_map(|shown| shown.source.as_ref()).filter(left).collect();
        self.former_sources += sources.len() as u64;
        self.former_errors += ended.iter().map(|shown| shown.errors).sum::<u64>();
    }
}

/// How many sources these incidents have.
pub(crate) fn sources<'a>(incidents: impl Iterator<Item = &'a OpenIncident>) -> u64 {
    incidents.map(|open| &open.source).collect::<BTreeSet<_>>().len() as u64
}

/// A member as a message shows it.
pub(crate) fn shown_as(member: &OpenIncident) -> StormMember {
    StormMember {
        place: place(member),
        cause: member.cause,
        errors: member.errors,
        source: Some(member.source.clone()),
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
