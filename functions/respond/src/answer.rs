//! The answer that only the user who pressed a button sees. Pure.

use alerting::InteractionOutcome;

/// The answer to a press; `None` if the edited message shows its result.
pub(crate) fn to(pressed: &InteractionOutcome) -> Option<String> {
    Some(match pressed {
        InteractionOutcome::Acknowledged => return None,
        InteractionOutcome::AcknowledgedBefore(first) => {
            format!("Already acknowledged by {}, at {}.", first.by, first.at.date_and_minute())
        }
        InteractionOutcome::Silenced(silence) => format!(
            "Silenced until {}. Anything still failing will be reported then.",
            silence.until.date_and_minute()
        ),
        InteractionOutcome::SilencedBefore(silence) => {
            format!(
                "Already silenced by {}, until {}.",
                silence.author,
                silence.until.date_and_minute()
            )
        }
        InteractionOutcome::Over(resolved_at) => {
            format!("This incident was already resolved at {}.", resolved_at.date_and_minute())
        }
        InteractionOutcome::Unknown => {
            "This incident is too old; its record has been deleted.".to_owned()
        }
        InteractionOutcome::NotAlone => {
            "This message covers many APIs, which cannot be silenced together. Each gets its own \
             message afterwards."
                .to_owned()
        }
    })
}

#[cfg(test)]
mod tests {
    use alerting::{Acknowledged, InteractionOutcome, Scope, Silence};
    use diagnosis::Timestamp;

    use super::to;

    #[test]
    fn the_answer_names_the_user_who_was_first() {
        // 2025-03-12T10:45:00Z
        let at = Timestamp::from_millis(1_741_776_300_000);
        let until = at.plus_millis(3_600_000);
        let silence = Silence::new(Scope::default(), at, until, "ann").unwrap();
        let first = Acknowledged { by: "ann".to_owned(), at };
        for (pressed, line) in [
            (InteractionOutcome::Acknowledged, None),
            (
                InteractionOutcome::AcknowledgedBefore(first),
                Some("Already acknowledged by ann, at 2025-03-12 10:45 UTC."),
            ),
            (
                InteractionOutcome::Silenced(silence.clone()),
                Some(
                    "Silenced until 2025-03-12 11:45 UTC. Anything still failing will be reported then.",
                ),
            ),
            (
                InteractionOutcome::SilencedBefore(silence),
                Some("Already silenced by ann, until 2025-03-12 11:45 UTC."),
            ),
            (
                InteractionOutcome::Over(at),
                Some("This incident was already resolved at 2025-03-12 10:45 UTC."),
            ),
        ] {
            assert_eq!(to(&pressed).as_deref(), line);
        }
    }
}
