//! Errors per minute as a row of bars: whether it grows, ebbs or comes in waves shows at a glance.

use crate::notify::{Facts, MAX_MINUTES, MinuteOfIncident};
use diagnosis::Timestamp;

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A row of bars and the minutes that it covers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Sparkline {
    /// One bar a minute; the lowest stands for none.
    pub(super) bars: String,
    /// `14:02–14:12 UTC`: the first and the last minute.
    pub(super) span: String,
}

/// The incident's last minutes; `None` for fewer than two. Minutes at the end in which nothing was
/// logged are left out: how long a message was on its way is no news about the API.
pub(super) fn of(facts: &Facts) -> Option<Sparkline> {
    let silent = |minute: &MinuteOfIncident| minute.requests == 0 && minute.errors == 0;
    let logged = facts.minutes.iter().rposition(|minute| !silent(minute))? + 1;
    let shown = &facts.minutes[logged.saturating_sub(MAX_MINUTES as usize)..logged];
    let [first, .., last] = shown else { return None };
    let most = shown.iter().map(|minute| minute.errors).max()?;
    let time = |minute: &MinuteOfIncident| Timestamp::of_minute(minute.minute).hour_and_minute();
    Some(Sparkline {
        bars: shown.iter().map(|minute| bar(minute.errors, most)).collect(),
        span: format!("{}–{} UTC", time(first), time(last)),
    })
}

/// No error is the lowest bar, and one error is never as low.
fn bar(errors: u64, most: u64) -> char {
    let steps = BARS.len() as u64 - 1;
    let height = (u128::from(errors) * u128::from(steps)).div_ceil(u128::from(most.max(1)));
    BARS[height.min(u128::from(steps)) as usize]
}

#[cfg(test)]
mod tests {
    use super::{bar, of};
    use crate::incident::Event;
    use crate::notify::{MinuteOfIncident, sample};
    use diagnosis::Cause;

    fn bars(minutes: &[(u64, u64)]) -> Option<String> {
        let mut facts = sample::facts(Event::Opened, Cause::IntegrationTimeout);
        facts.minutes = (29_029_500..)
            .zip(minutes)
            .map(|(minute, &(errors, requests))| MinuteOfIncident { minute, errors, requests })
            .collect();
        of(&facts).map(|sparkline| sparkline.bars)
    }

    #[test]
    fn bars_follow_the_errors() {
        for (minutes, shown) in [
            (&[(0, 9), (1, 9), (7, 9)][..], Some("▁▂█")),
            (&[(1, 9), (1_000, 2_000)], Some("▂█")),
            (&[(0, 9), (0, 9)], Some("▁▁")),
            // minutes of which nothing is known yet
            (&[(3, 9), (3, 9), (0, 0), (0, 0)], Some("██")),
            // quiet minutes of a busy API
            (&[(3, 9), (0, 9)], Some("█▁")),
            (&[(3, 9)], None),
            (&[(0, 0), (0, 0)], None),
            (&[], None),
        ] {
            assert_eq!(bars(minutes).as_deref(), shown, "{minutes:?}");
        }
    }

    #[test]
    fn any_number_has_a_bar() {
        assert_eq!(bar(u64::MAX, u64::MAX), '█');
        assert_eq!(bar(u64::MAX, 1), '█');
        assert_eq!(bar(0, u64::MAX), '▁');
        assert_eq!(bars(&[(1, 1); 500]).map(|bars| bars.chars().count()), Some(30));
    }
}
