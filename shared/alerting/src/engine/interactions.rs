//! Buttons: what pressing one comes to, and how the message comes to say so.
//!
//! The change of the incident and the edit that shows it are one transaction, as everywhere: who dies
//! in between leaves an edit that is owed. Two people who press at once change the same version of the
//! source, so that one of them is second and sees who was first.

use diagnosis::Timestamp;

use crate::clock::Clock;
use crate::engine::decisions::CommitReport;
use crate::engine::deliver::{DeliveryCounts, DeliveryRun};
use crate::engine::transition::Outcome;
use crate::engine::{Engine, Invocation};
use crate::incident::notify_policy::Announcement;
use crate::incident::storm;
use crate::incident::{Acknowledged, Action, Event, Incident, MAX_LISTED, Scope, Silence, Target};
use crate::notify::Listing;
use crate::notify::{Channel, ChannelId, ChannelKind, Facts, slack_bot};
use crate::source::Source;
use crate::store::{Committed, Condition, Ledger, LedgerError, OutboxKey, OutboxRow, Transition};

use crate::engine::acknowledge::Acknowledgement;

/// Edits that are made at once: this one and one that was owed before.
const EDITS: u32 = 2;

/// What pressing a button came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InteractionOutcome {
    /// The incident is acknowledged, from now on.
    Acknowledged,
    /// Somebody was first.
    AcknowledgedBefore(Acknowledged),
    /// Nobody is told of it, from now on.
    Silenced(Silence),
    /// It was silenced already.
    SilencedBefore(Silence),
    /// The incident is over.
    Over(Timestamp),
    /// There is no such incident, or it was forgotten.
    Unknown,
    /// It is about many sources, and a silence for all of them would hide everything.
    NotAlone,
}

/// What came of a press.
#[derive(Debug, Clone, PartialEq)]
pub struct InteractionReport {
    /// What it came to.
    pub pressed: InteractionOutcome,
    /// What was sent.
    pub delivery: DeliveryCounts,
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Does what a button says, and edits the incident's living message; what is not edited now stays
    /// owed.
    pub async fn press(
        &self,
        action: Action,
        target: &Target,
        who: &str,
        invocation: Invocation<'_>,
    ) -> Result<InteractionReport, LedgerError> {
        let Target { source, incident } = target;
        let pressed = match action.silences_for_ms() {
            None => match self.acknowledge(source, incident, who).await? {
                Acknowledgement::Done(_) => InteractionOutcome::Acknowledged,
                Acknowledgement::Already(first) => InteractionOutcome::AcknowledgedBefore(first),
                Acknowledgement::Resolved(at) => InteractionOutcome::Over(at),
                Acknowledgement::Unknown => InteractionOutcome::Unknown,
            },
            Some(_) if !target.can_be_silenced() => InteractionOutcome::NotAlone,
            Some(millis) => self.silence_incident(target, who, millis).await?,
        };
        let mut delivery = DeliveryCounts::default();
        if matches!(pressed, InteractionOutcome::Acknowledged | InteractionOutcome::Silenced(_))
            && let Some(known) = self.stored(target).await?
        {
            let place = OutboxKey::before_incident(known.opened_at, known.id);
            let run = DeliveryRun::of(vec![place], EDITS);
            delivery = self.deliver(&run, invocation).await;
        }
        Ok(InteractionReport { pressed, delivery })
    }

    /// The incident of a button, as it is stored now.
    async fn stored(&self, target: &Target) -> Result<Option<Incident>, LedgerError> {
        let state = self.ledger.state(&target.source).await?;
        Ok(state.incidents.into_iter().find(|incident| incident.id == target.incident))
    }

    /// Silences what an incident is about: its cause, on its stage or log group.
    async fn silence_incident(
        &self,
        target: &Target,
        who: &str,
        millis: i64,
    ) -> Result<InteractionOutcome, LedgerError> {
        let Some(known) = self.stored(target).await? else {
            return Ok(InteractionOutcome::Unknown);
        };
        if let Some(resolved_at) = known.resolved_at {
            return Ok(InteractionOutcome::Over(resolved_at));
        }
        let now = self.clock.now();
        let api = known.source.api_id().unwrap_or(&known.log_group).to_owned();
        let scope = Scope {
            api: vec![api],
            stage: known.source.stage().map(str::to_owned).into_iter().collect(),
            cause: vec![known.opening_cause.as_str().to_owned()],
            route: Vec::new(),
        };
        // Neither over at once nor too long, and of names that are short.
        let Ok(silence) = Silence::new(scope, now, now.plus_millis(millis), who) else {
            return Ok(InteractionOutcome::NotAlone);
        };
        if let Some(before) = self.silence(&silence).await? {
            return Ok(InteractionOutcome::SilencedBefore(before));
        }
        let until = silence.until;
        let said = format!(
            "{who} has silenced this until {}. Nobody is told of it before.",
            until.date_and_minute()
        );
        // The silence holds whether or not the message can say so now.
        self.change_incident(&target.source, &target.incident, async |state, incident| {
            if !incident.is_open() {
                // A message behind the resolution would take its place in the thread.
                return Ok(Some(()));
            }
            let outcome = self.commit_interaction(incident, state.version, Some(&said)).await?;
            Ok(matches!(outcome, Outcome::Done(_)).then_some(()))
        })
        .await?;
        Ok(InteractionOutcome::Silenced(silence))
    }

    /// Commits an incident, and owes its living messages an edit that shows how it stands; `said` goes
    /// into their threads. Other channels hear nothing of it.
    pub(super) async fn commit_interaction(
        &self,
        mut incident: Incident,
        read_version: u64,
        said: Option<&str>,
    ) -> Result<Outcome, LedgerError> {
        let mut outbox = Vec::new();
        let bots = self.channels.iter().filter(|c| c.id().kind == ChannelKind::SlackBot);
        let bots: Vec<ChannelId> = bots.map(|channel| channel.id().clone()).collect();
        if incident.is_notified() && !bots.is_empty() {
            let now = self.clock.now();
            let facts = self.facts_now(&mut incident, now).await?;
            incident.seq += 1;
            incident.history.shown_at = Some(now);
            let content = slack_bot::edit(&facts, said);
            let content = self.actionable(content, &incident, &facts);
            outbox.extend(bots.into_iter().map(|channel| OutboxRow {
                incident: incident.id.clone(),
                opened_at: incident.opened_at,
                seq: incident.seq,
                event: Event::Updated,
                channel,
                content: content.clone(),
                created_at: now,
                due: now,
                attempts: 0,
                condition: Condition::IfToldBefore,
                failure: None,
                names_members: false,
                stand_in_at: None,
                critical_opening: false,
                reason: None,
            }));
        }
        let transition = Transition { read_version, incident, outbox };
        Ok(match self.ledger.commit(&transition).await? {
            Committed::Done => Outcome::Done(CommitReport::default()),
            Committed::Conflict => Outcome::Conflict,
        })
    }

    /// What is to be shown of an incident as it stands.
    async fn facts_now(
        &self,
        incident: &mut Incident,
        now: Timestamp,
    ) -> Result<Facts, LedgerError> {
        let sending = Announcement::from(Event::Updated);
        if incident.source != Source::Everywhere {
            let (facts, _) = self.facts(incident, &sending, None, now).await?;
            return Ok(facts);
        }
        let open = self.open_for_groups().await?;
        let members: Vec<_> = open.iter().filter(|open| storm::announces(incident, open)).collect();
        let mut facts =
            Facts::of_storm(&sending, now, incident, &members, &Listing::default(), self.world());
        self.name_scopes(facts.storm.iter_mut().take(MAX_LISTED), &members).await;
        Ok(facts)
    }
}
