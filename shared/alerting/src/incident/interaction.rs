//! What people can press: the actions of a message's buttons, and the incident that they are about.

use std::fmt;
use std::str::FromStr;

use crate::incident::IncidentId;
use crate::source::Source;

/// What a button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Notes that somebody looks after the incident.
    Acknowledge,
    /// Tells nobody of the problem for an hour.
    SilenceForAnHour,
    /// Tells nobody of the problem for a day.
    SilenceForADay,
}

impl Action {
    /// All of them, in the order of the buttons.
    pub const ALL: [Self; 3] = [Self::Acknowledge, Self::SilenceForAnHour, Self::SilenceForADay];

    /// The button's `action_id`.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::SilenceForAnHour => "silence-1h",
            Self::SilenceForADay => "silence-24h",
        }
    }

    /// What stands on the button.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Acknowledge => "Acknowledge",
            Self::SilenceForAnHour => "Silence 1 h",
            Self::SilenceForADay => "Silence 24 h",
        }
    }

    /// How long it silences; `None` if it does not.
    pub const fn silences_for_ms(self) -> Option<i64> {
        const HOUR_MS: i64 = 60 * 60 * 1_000;
        match self {
            Self::Acknowledge => None,
            Self::SilenceForAnHour => Some(HOUR_MS),
            Self::SilenceForADay => Some(24 * HOUR_MS),
        }
    }
}

/// Text that is no button's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a button of Gatewatch")]
pub struct NotAButton;

impl FromStr for Action {
    type Err = NotAButton;

    fn from_str(id: &str) -> Result<Self, NotAButton> {
        Self::ALL.into_iter().find(|action| action.id() == id).ok_or(NotAButton)
    }
}

/// The incident that a button is about: its `value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The incident.
    pub incident: IncidentId,
    /// Its source.
    pub source: Source,
}

impl Target {
    /// Whether a silence can be for it alone. One for many sources at once would hide all of them.
    pub(crate) fn can_be_silenced(&self) -> bool {
        matches!(self.source, Source::Stage { .. } | Source::LogGroup(_))
    }
}

/// Slack takes so many characters in a button's value.
pub(crate) const MAX_VALUE: usize = 2_000;

/// `<incident> <source>`; round-trips.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.incident, self.source)
    }
}

impl FromStr for Target {
    type Err = NotAButton;

    fn from_str(value: &str) -> Result<Self, NotAButton> {
        if value.len() > MAX_VALUE {
            return Err(NotAButton);
        }
        let (incident, source) = value.split_once(' ').ok_or(NotAButton)?;
        let incident = incident.parse().map_err(|_| NotAButton)?;
        let source = source.parse().map_err(|_| NotAButton)?;
        Ok(Self { incident, source })
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, MAX_VALUE, NotAButton, Target};
    use crate::source::Source;

    #[test]
    fn actions_round_trip() {
        for action in Action::ALL {
            assert_eq!(action.id().parse(), Ok(action));
        }
        for id in ["", "Acknowledge", "silence", "silence-2h", "open-logs"] {
            assert_eq!(id.parse::<Action>(), Err(NotAButton), "{id}");
        }
    }

    #[test]
    fn targets_round_trip() {
        let stage = Source::Stage { api_id: "a1b2c3d4e5".to_owned(), stage: "prod".to_owned() };
        for source in [stage, Source::LogGroup("/aws/api gateway/shop".to_owned())] {
            let target = Target { incident: "0123456789ab".parse().unwrap(), source };
            assert_eq!(target.to_string().parse(), Ok(target));
        }
        let long = format!("0123456789ab group:{}", "a".repeat(MAX_VALUE));
        for value in [
            "",
            "0123456789ab",
            "0123456789ab nothing:x",
            "0123456789AB group:/shop",
            "0123456789abc group:/shop",
            " group:/shop",
            &long,
        ] {
            assert_eq!(value.parse::<Target>(), Err(NotAButton), "{value}");
        }
    }
}
