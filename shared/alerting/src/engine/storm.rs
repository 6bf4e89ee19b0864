//! When many sources fail at once: the first few are announced one by one, the others by one incident over all
//! of them, which names every critical one.

use std::collections::BTreeSet;

use crate::clock::Clock;
use crate::engine::core::Engine;
use crate::engine::decisions::Decisions;
use crate::engine::step::Step;
use crate::engine::transition::Outcome;
use crate::incident::next::Proposal;
use crate::incident::notify_policy::Decision;
use crate::incident::storm::{self, Part, Scene, StormStep};
use crate::incident::{
    Change, Incident, IncidentId, MAX_LISTED, Members, OpenIncident, Reason, Silence, SourceState,
    sources,
};
use crate::notify::{Channel, ChannelKind, Facts, Listing, Texts};
use crate::rules::Severity;
use crate::source::Source;
use crate::store::{Ledger, LedgerError};

/// At most 12 steps in one call: five messages name 200 members, the others are for decisions that another
/// invocation overtook.
const MAX_STEPS: u32 = 12;

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Announces those that announce nothing themselves, while they are open: the most urgent first.
    pub(super) async fn evaluate_storm(
        &self,
        silences: &[Silence],
    ) -> Result<Decisions, LedgerError> {
        let mut made = Decisions::default();
        let mut open = self.open_for_groups().await?;
        for &severity in Severity::ALL.iter().rev() {
            let of_severity = |open: &OpenIncident| {
                open.severity == severity && (open.in_storm || open.source == Source::Everywhere)
            };
            // Another invocation may overtake each decision.
            for _ in 0..MAX_STEPS {
                if !open.iter().any(of_severity)
                    || !self.evaluate_groups(severity, &open, silences, &mut made).await?
                {
                    break;
                }
                open = self.open_for_groups().await?;
            }
        }
        Ok(made)
    }

    /// The open incidents that groups announce, or that tell of their members.
    pub(super) async fn open_for_groups(&self) -> Result<Vec<OpenIncident>, LedgerError> {
        let open = self.ledger.open_incidents().await?;
        Ok(open.into_iter().filter(|open| !open.arrived_late).collect())
    }

    /// Takes the next step of the groups of one severity, or of what waits for one. Returns whether there may
    /// be another.
    async fn evaluate_groups(
        &self,
        severity: Severity,
        open: &[OpenIncident],
        silences: &[Silence],
        made: &mut Decisions,
    ) -> Result<bool, LedgerError> {
        let now = self.clock.now();
        let storm = self.ledger.state(&Source::Everywhere).await?;
        let (account, rules) = (&self.settings.account, self.rules());
        let taken_over = self.taken_over(&storm, severity);
        for Part { group, members } in storm::parts(&storm, severity, open, &taken_over, now) {
            let mut audible: Vec<&OpenIncident> = Vec::new();
            for member in members.iter().copied() {
                // One whose silences cannot be looked up is heard, and holds up no other.
                if !self.is_member_silenced(member, silences, now).await.unwrap_or(false) {
                    audible.push(member);
                }
            }
            let (storm, members, audible, rules) = (&storm, &members, &audible, &rules);
            let taken_over = &taken_over;
            let scene = Scene { severity, storm, open, members, audible, taken_over, rules, now };
            let outcome = match storm::next(account, group, scene) {
                None => continue,
                Some(StormStep::Alone(member)) => self.notify_alone(&member).await?,
                Some(StormStep::Change(proposal)) => {
                    let incident = &proposal.incident;
                    let newly = self.to_name(incident, audible, group.is_none());
                    let joined = self.joined(incident, audible, &newly);
                    let step = self.decide(Proposal { joined, ..*proposal }, false).await?;
                    if group.is_some_and(|before| !step.changes(before)) {
                        made.held.extend(self.held(&step).await?);
                        continue;
                    }
                    self.commit_storm(step, scene, newly).await?
                }
            };
            if let Outcome::Done(committed) = outcome {
                made.take(committed);
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// The incidents that groups of a higher severity announce, to everybody who hears of this one.
    fn taken_over(&self, storm: &SourceState, severity: Severity) -> BTreeSet<IncidentId> {
        let rules = self.rules();
        let hear = |of: Severity| rules.channels(of);
        let is_higher = |group: &&Incident| {
            group.severity > severity
                && hear(severity).iter().all(|kind| hear(group.severity).contains(kind))
        };
        let members =
            storm.open().filter(is_higher).filter_map(|group| group.history.members.as_ref());
        members.flat_map(|members| members.named.iter().cloned()).collect()
    }

    /// The members that a message is to name now. Where phones alone hear of the group, their next text does.
    fn to_name<'a>(
        &self,
        group: &Incident,
        audible: &[&'a OpenIncident],
        opens: bool,
    ) -> Vec<&'a OpenIncident> {
        let now = self.clock.now();
        let members = group.history.members.as_ref();
        let text_is_due = members.is_none_or(|members| members.text_is_due(now));
        let others =
            |kind: &ChannelKind| *kind != ChannelKind::Sms && self.configured(*kind).is_some();
        let is_read = self.rules().channels(group.severity).iter().any(others);
        if self.has_phones(group) && !is_read && !text_is_due {
            return Vec::new();
        }
        storm::unnamed(group, audible, opens, now)
    }

    /// How many sources the next message adds to those before.
    fn joined(&self, group: &Incident, audible: &[&OpenIncident], newly: &[&OpenIncident]) -> u64 {
        let Some(members) = group.history.members.as_ref() else { return 0 };
        match newly {
            [] if self.has_phones(group) || members.is_full() => {
                sources(members.uncounted(audible, self.clock.now()).into_iter())
            }
            newly => sources(newly.iter().copied()),
        }
    }

    /// Whether phones are among those that hear of the storm.
    fn has_phones(&self, storm: &Incident) -> bool {
        self.rules().channels(storm.severity).contains(&ChannelKind::Sms)
            && self.has_channel(ChannelKind::Sms)
    }

    /// Commits a storm's step. Its numbers come from its members' rows: it has no counters.
    async fn commit_storm(
        &self,
        mut step: Step,
        scene: Scene<'_>,
        newly: Vec<&OpenIncident>,
    ) -> Result<Outcome, LedgerError> {
        let Scene { audible, storm, now, .. } = scene;
        let Some(Decision::Announce(announcement)) = &step.decision else {
            return self.commit_storm_unannounced(step, storm.version).await;
        };
        let ended = match announcement.change {
            Some(Change::Left { .. }) => {
                storm::over(&step.incident, scene.open).into_iter().take(MAX_LISTED).collect()
            }
            _ => Vec::new(),
        };
        let is_full = step.incident.history.members.as_ref().is_some_and(Members::is_full);
        let texts = if self.has_phones(&step.incident) {
            let all_named = newly.is_empty() && !is_full;
            Texts::of_storm(&step.incident, announcement, all_named, now)
        } else {
            Texts::No
        };
        let mut listed = newly.clone();
        if let Some(members) = &mut step.incident.history.members {
            members.forget(&ended);
            members.name(&newly, now);
            if texts == Texts::Only {
                listed = members.uncounted(audible, now);
            }
            if texts != Texts::No || is_full {
                members.count(audible, now);
            }
            self.name_scopes(members.top.iter_mut(), audible).await;
        }
        let (incident, listing) = (&step.incident, Listing { newly: listed, ended, texts });
        let mut facts =
            Facts::of_storm(announcement, now, incident, audible, &listing, self.world());
        let shown = facts.joined.iter_mut().chain(facts.storm.iter_mut().take(MAX_LISTED));
        self.name_scopes(shown, audible).await;
        let reason = Reason::of_group(announcement.reason_change(), incident);
        self.commit_announced(step.incident, facts, reason, storm.version).await
    }

    /// Writes down how a storm goes on. A bot's message is edited, which disturbs nobody.
    async fn commit_storm_unannounced(
        &self,
        step: Step,
        read_version: u64,
    ) -> Result<Outcome, LedgerError> {
        let has_bot = self.has_channel(ChannelKind::SlackBot);
        if has_bot && step.incident.is_open() && self.is_all_sent(&step.incident).await? {
            return self.commit_interaction(step.incident, read_version, None).await;
        }
        self.commit_held(step, read_version).await
    }

    /// Announces an incident that was kept for a storm which did not come.
    async fn notify_alone(&self, member: &OpenIncident) -> Result<Outcome, LedgerError> {
        let state = self.ledger.state(&member.source).await?;
        let held =
            state.open().find(|incident| incident.id == member.id && !incident.is_notified());
        let Some(incident) = held.cloned() else { return Ok(Outcome::Conflict) };
        let step = self.decide_alone(incident);
        self.commit(step, state.version).await
    }
}
