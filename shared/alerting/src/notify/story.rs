//! What has happened to an incident since it was first told, a sentence each.

use diagnosis::Timestamp;

use crate::incident::{Change, Event};
use crate::notify::numbers::{count, duration};
use crate::notify::{Facts, sanitized, words};

/// The sentences, most important first; none for an opening.
pub(super) fn of(facts: &Facts) -> Vec<String> {
    let mut sentences = Vec::new();
    if words::is_over(facts) {
        sentences.push(resolution(facts));
    } else {
        sentences.extend(change(facts));
        if facts.event == Event::Reminded {
            let told = format!("{} after {}", words::goes_on(facts), lasted(facts));
            sentences.push(words::sentence(&told));
        }
        if facts.flapping {
            sentences.push("It comes and goes, and may return after it looks over.".to_owned());
        }
    }
    if let Some(name) = &facts.acknowledged_by {
        sentences.push(format!("👀 {} is looking after it.", sanitized::text(name, 60)));
    }
    sentences
}

/// Why an incident is told again.
fn change(facts: &Facts) -> Option<String> {
    Some(match facts.change.as_ref()? {
        Change::Sharpened { from } => {
            format!("The cause is better known now. Told before: “{}”.", words::title(*from))
        }
        Change::Explained => "Other logs say more about it now.".to_owned(),
        Change::Unexplained => {
            "Gatewatch has looked into other logs, and something keeps them from sending more."
                .to_owned()
        }
        Change::Worse { from } => format!(
            "More urgent than before: {}, no longer {}.",
            facts.incident.severity.as_str(),
            from.as_str()
        ),
        Change::Grown { from } => format!(
            "Much worse: {} errors by now, {} when it was last told.",
            count(facts.incident.errors),
            count(*from)
        ),
        Change::Joined { members: 1 } => "1 more API is failing.".to_owned(),
        Change::Joined { members } => format!("{} more APIs are failing.", count(*members)),
        Change::Left { members: 1 } => "1 API has recovered.".to_owned(),
        Change::Left { members } => format!("{} APIs have recovered.", count(*members)),
        Change::Reopened { times: 0 | 1 } => "It is back soon after it was resolved.".to_owned(),
        Change::Reopened { times } => {
            format!("It is back soon after it was resolved, {times} times by now.")
        }
    })
}

/// How long it lasted and how bad it was.
fn resolution(facts: &Facts) -> String {
    let peak = match facts.peak {
        0 => String::new(),
        peak => format!(", at most {} in one minute", count(peak)),
    };
    if facts.arrived_late {
        return format!(
            "{} {}{peak}. Its log lines arrived too late for an alert.",
            span(facts),
            words::share(facts)
        );
    }
    let quiet = if facts.storm.is_empty() { "Quiet again" } else { "All quiet again" };
    format!("{quiet} after {}: {}{peak}.", lasted(facts), words::share(facts))
}

/// When it failed: `From 11:03 to 11:11 UTC`, with the days where they are not today.
fn span(facts: &Facts) -> String {
    let (first, last) = (facts.first_error, facts.last_error);
    let is_today = first.date() == facts.at.date();
    let time = |at: Timestamp| {
        let clock = at.hour_and_minute();
        if is_today { clock } else { format!("{} {clock}", at.date()) }
    };
    if first == last {
        return format!("At {} UTC", time(first));
    }
    format!("From {} to {} UTC", time(first), time(last))
}

/// From the first error to the resolution, or until now: `25 min`, `3 h 5 min`.
pub(super) fn lasted(facts: &Facts) -> String {
    let end = facts.incident.resolved_at.unwrap_or(facts.at);
    duration(end.as_millis().saturating_sub(facts.first_error.as_millis()))
}

#[cfg(test)]
mod tests {
    use diagnosis::Cause;

    use super::of;
    use crate::incident::{Change, Event};
    use crate::notify::{Facts, sample};
    use crate::rules::Severity;

    fn facts(event: Event, change: Option<Change>) -> Facts {
        Facts { change, ..sample::facts(event, Cause::IntegrationTimeout) }
    }

    #[test]
    fn an_opening_has_no_history() {
        assert!(of(&facts(Event::Opened, None)).is_empty());
    }

    #[test]
    fn an_update_says_what_changed() {
        for (change, said) in [
            (
                Change::Sharpened { from: Cause::GatewayTimeoutUnattributed },
                "The cause is better known now. Told before: “Gateway timeout (504), cause not in \
                 the log”.",
            ),
            (
                Change::Worse { from: Severity::Warning },
                "More urgent than before: critical, no longer warning.",
            ),
            (
                Change::Grown { from: 1_200 },
                "Much worse: 371 errors by now, 1,200 when it was last told.",
            ),
            (Change::Joined { members: 1 }, "1 more API is failing."),
            (Change::Joined { members: 1_040 }, "1,040 more APIs are failing."),
            (Change::Left { members: 1 }, "1 API has recovered."),
            (Change::Left { members: 40 }, "40 APIs have recovered."),
            (Change::Reopened { times: 1 }, "It is back soon after it was resolved."),
            (
                Change::Reopened { times: 3 },
                "It is back soon after it was resolved, 3 times by now.",
            ),
        ] {
            assert_eq!(of(&facts(Event::Updated, Some(change))), [said]);
        }
    }

    #[test]
    fn an_outage_whose_lines_arrived_late_says_when_it_was() {
        let mut late = facts(Event::Resolved, None);
        late.arrived_late = true;
        assert_eq!(
            of(&late),
            [
                "From 14:05 to 14:12 UTC 371 of 4,120 requests failed (9.0 %), at most 97 in one minute. Its log \
              lines arrived too late for an alert."
            ]
        );
        late.at = late.at.plus_millis(24 * 60 * 60_000);
        late.last_error = late.first_error;
        assert!(of(&late)[0].starts_with("At 2026-11-19 14:05 UTC 371 of"));
    }

    #[test]
    fn whoever_reads_it_learns_how_long_it_lasts_and_who_looks_after_it() {
        let mut reminded = facts(Event::Reminded, None);
        reminded.flapping = true;
        reminded.acknowledged_by = Some("Ann".to_owned());
        assert_eq!(
            of(&reminded),
            [
                "Still failing after 4 h.",
                "It comes and goes, and may return after it looks over.",
                "👀 Ann is looking after it."
            ]
        );
        assert_eq!(
            of(&facts(Event::Resolved, None)),
            ["Quiet again after 38 min: 371 of 4,120 requests failed (9.0 %), at most 97 in one \
              minute."]
        );
    }
}
