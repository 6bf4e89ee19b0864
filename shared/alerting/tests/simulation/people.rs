//! What people do while the engine runs: they press buttons, several at once, end silences early, and
//! change the rules.

use alerting::{
    Action, Channel, Clock, Engine, Incident, InteractionOutcome, Invocation, Ledger, LedgerError,
    Severity, Target,
};
use fastrand::Rng;

use crate::executor::ready;
use crate::scenario::RuleSet;
use crate::world::World;

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Deed {
    /// Presses a button of an open incident.
    Press(Button),
    /// Ends a silence, if there is one.
    EndSilence,
    /// Changes the rules.
    Rules(NewRules),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Button {
    Acknowledge,
    SilenceForAnHour,
    SilenceForADay,
}

/// Rules that somebody puts in place of those before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum NewRules {
    /// The same ones.
    Same,
    /// All have other names, so that the rules of open incidents are gone.
    Renamed,
    /// Incidents are over after half the time.
    Sooner,
    /// Critical incidents go to no phone any more.
    NoTexts,
    /// No rules at all: a file that somebody put there by mistake.
    Unreadable,
}

/// The deeds of a run, each with its minute.
pub(crate) fn deeds(rng: &mut Rng) -> Vec<(i64, Deed)> {
    const RULES: [NewRules; 5] = [
        NewRules::Same,
        NewRules::Renamed,
        NewRules::Sooner,
        NewRules::NoTexts,
        NewRules::Unreadable,
    ];
    let mut deeds = Vec::new();
    if rng.u8(..2) == 0 {
        for _ in 0..rng.usize(1..4) {
            let minute = rng.i64(3..40);
            let button = match rng.u8(..10) {
                0..7 => Button::Acknowledge,
                7..9 => Button::SilenceForAnHour,
                _ => Button::SilenceForADay,
            };
            for _ in 0..rng.usize(1..4) {
                deeds.push((minute, Deed::Press(button)));
            }
            if button != Button::Acknowledge && rng.bool() {
                deeds.push((minute + rng.i64(1..20), Deed::EndSilence));
            }
        }
    }
    if rng.u8(..4) == 0 {
        for _ in 0..rng.usize(1..4) {
            deeds.push((rng.i64(2..35), Deed::Rules(RULES[rng.usize(..RULES.len())])));
        }
    }
    deeds
}

impl NewRules {
    pub(crate) fn text(self, rules: RuleSet) -> String {
        let text = rules.text();
        match self {
            Self::Same => text.to_owned(),
            Self::Renamed => text.replace("name = \"", "name = \"newer-"),
            Self::Sooner => text
                .replace("clear_after = \"10m\"\n", "")
                .replace("min_errors = 5\n", "min_errors = 5\nclear_after = \"5m\"\n"),
            Self::NoTexts => text.replace("\"slack\", \"sms\", \"email\"", "\"slack\", \"email\""),
            Self::Unreadable => "version = ".to_owned(),
        }
    }
}

/// Does it, through the engine of some environment.
pub(crate) async fn act<L: Ledger, C: Channel, K: Clock>(
    engine: &Engine<L, C, K>,
    world: &World,
    deed: Deed,
    rules: RuleSet,
    who: &str,
    invocation: Invocation<'_>,
) -> Result<(), LedgerError> {
    match deed {
        Deed::Press(button) => {
            let Some(incident) = open_incident(world) else { return Ok(()) };
            let (id, source) = (incident.id.clone(), incident.source);
            world.tell(&format!("{who} presses {button:?} of {id}"));
            let target = Target { incident: incident.id, source };
            let report = engine.press(button.action(), &target, who, invocation).await?;
            world.tell(&format!("{who} sees {:?}", report.pressed));
            if report.pressed == InteractionOutcome::Acknowledged {
                *world.acknowledged.borrow_mut().entry(id).or_default() += 1;
            }
        }
        Deed::EndSilence => {
            let silences = ready(world.ledger.silences(world.now()))?;
            if let Some(silence) = silences.first() {
                world.tell(&format!("{who} ends a silence"));
                engine.end_silence(&silence.id).await?;
            }
        }
        Deed::Rules(new) => {
            world.tell(&format!("{who} changes the rules: {new:?}"));
            world.rules_changed.set(true);
            if new == NewRules::NoTexts {
                world.drops_texts.set(true);
            }
            engine.adopt_rules(&new.text(rules)).await?;
        }
    }
    Ok(())
}

/// The open incident that people look at: the newest of those with the highest severity, so that several
/// who press at once mean the same one.
fn open_incident(world: &World) -> Option<Incident> {
    let open = ready(world.ledger.open_incidents()).ok()?;
    let commits = world.commits.borrow();
    let newest = commits.iter().rev().filter(|commit| {
        commit.incident.seq > 0 && open.iter().any(|open| open.id == commit.incident.id)
    });
    let critical = |incident: &Incident| incident.severity == Severity::Critical;
    newest.map(|commit| commit.incident.clone()).max_by_key(critical)
}

impl Button {
    const fn action(self) -> Action {
        match self {
            Self::Acknowledge => Action::Acknowledge,
            Self::SilenceForAnHour => Action::SilenceForAnHour,
            Self::SilenceForADay => Action::SilenceForADay,
        }
    }
}
