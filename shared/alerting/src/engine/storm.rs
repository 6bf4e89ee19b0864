//! When many sources fail at once: the first few are announced one by one, the others by one incident over all
//! of them, which names every critical one.

use crate::clock::Clock;
use crate::engine::core::Engine;
use crate::engine::decisions::Decisions;
use crate::engine::step::Step;
use crate::engine::transition::Outcome;
use crate::incident::next::Proposal;
use crate::incident::notify_policy::Decision;
use crate::incident::storm::{self, MAX_LISTED, StormStep};
use crate::incident::{Incident, OpenIncident, Reason, Silence};
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
        let mut open = self.ledger.open_incidents().await?;
        for &severity in Severity::ALL.iter().rev() {
            let of_severity = |open: &OpenIncident| {
                open.severity == severity && (open.in_storm || open.source == Source::Everywhere)
            };
            if open.iter().any(of_severity) {
                open = self.evaluate_group(severity, open, silences, &mut made).await?;
            }
        }
        Ok(made)
    }

    /// The same for those of one severity. Returns the open incidents as it has left them.
    async fn evaluate_group(
        &self,
        severity: Severity,
        mut open: Vec<OpenIncident>,
        silences: &[Silence],
        made: &mut Decisions,
    ) -> Result<Vec<OpenIncident>, LedgerError> {
        for _ in 0..MAX_STEPS {
            let now = self.clock.now();
            let state = self.ledger.state(&Source::Everywhere).await?;
            let of_group = |open: &&OpenIncident| storm::is_member(&state, severity, open);
            let members: Vec<&OpenIncident> = open.iter().filter(of_group).collect();
            let mut audible: Vec<&OpenIncident> = Vec::new();
            for member in members.iter().copied() {
                // One whose silences cannot be looked up is heard, and holds up no other.
                if !self.is_member_silenced(member, silences, now).await.unwrap_or(false) {
                    audible.push(member);
                }
            }
            let (account, rules) = (&self.settings.account, self.rules());
            let step = storm::next(account, severity, &state, &members, &audible, &rules, now);
            let outcome = match step {
                None => return Ok(open),
                Some(StormStep::Alone(member)) => self.notify_alone(&member).await?,
                Some(StormStep::Change(mut proposal)) => {
                    let group = &mut proposal.incident;
                    if !group.is_open() {
                        storm::leave_out_open(group, &open);
                    }
                    let newly = storm::unnamed(group, &audible, now);
                    let joined = match newly.len() {
                        0 if self.has_phones(group) || storm::is_full(group) => {
                            storm::uncounted(group, &audible, now)
                        }
                        newly => newly as u64,
                    };
                    let step = self.decide(Proposal { joined, ..*proposal }, false).await?;
                    let before = storm::open_of(&state, severity);
                    if before.is_some_and(|before| !step.changes(before)) {
                        made.held.extend(self.held(&step).await?);
                        return Ok(open);
                    }
                    self.commit_storm(step, &audible, newly, state.version).await?
                }
            };
            if let Outcome::Done(committed) = outcome {
                made.take(committed);
            }
            open = self.ledger.open_incidents().await?;
        }
        Ok(open)
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
        audible: &[&OpenIncident],
        newly: Vec<&OpenIncident>,
        read_version: u64,
    ) -> Result<Outcome, LedgerError> {
        if let Some(members) = &mut step.incident.history.members {
            self.name_scopes(members.top.iter_mut(), audible).await;
        }
        let Some(Decision::Announce(announcement)) = &step.decision else {
            return self.commit_storm_unannounced(step, read_version).await;
        };
        let now = self.clock.now();
        let is_full = storm::is_full(&step.incident);
        let texts = if self.has_phones(&step.incident) {
            let all_named = newly.is_empty() && !is_full;
            Texts::of_storm(&step.incident, announcement, all_named, now)
        } else {
            Texts::No
        };
        if let Some(members) = &mut step.incident.history.members {
            members.name(&newly);
            if texts != Texts::No || is_full {
                members.count(audible, now);
            }
        }
        let (incident, listing) = (&step.incident, Listing { newly, texts });
        let mut facts =
            Facts::of_storm(announcement, now, incident, audible, &listing, self.world());
        let shown = facts.joined.iter_mut().chain(facts.storm.iter_mut().take(MAX_LISTED));
        self.name_scopes(shown, audible).await;
        let reason = Reason::of_group(announcement.reason_change(), incident);
        self.commit_announced(step.incident, facts, reason, read_version).await
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
