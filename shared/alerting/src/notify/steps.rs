//! What to do next: words, and the commands among them, which people copy into a shell.

use diagnosis::catalogue::Placeholders;

use crate::notify::{Facts, evidence_lines, sanitized, words};

/// A piece of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Words.
    Words(String),
    /// A command, or a name that stands in one.
    Code(String),
}

/// One step, in reading order.
pub(super) type Step = Vec<Part>;

/// What to do about lines that cannot be read; the catalogue knows failures only.
const UNREADABLE: [&str; 2] = [
    "Look at the lines that arrived: was the access-log format changed?",
    "`gatewatch format rest` (or `gatewatch format http`, `gatewatch format websocket`) prints a \
     format that can be read, and the command that sets it.",
];

/// A step that advises a better log format; what the format lacks is told more exactly below.
const ADVISES_FORMAT: &str = "`gatewatch format rest`";

/// The steps for the shown cause, with what is known of the failing request filled in.
pub(super) fn of(facts: &Facts) -> Vec<Step> {
    let incident = &facts.incident;
    let route = incident.routes.first().map(|route| sanitized::text(&route.route, 80));
    let known = Placeholders {
        api: incident.api_id.as_deref().filter(|api| sanitized::is_plain_name(api)),
        stage: incident
            .stage
            .as_deref()
            .filter(|stage| sanitized::is_plain_name(stage) || *stage == "$default"),
        route: route.as_deref(),
        function: facts.function.as_deref().filter(|function| sanitized::is_plain_name(function)),
    };
    let Some(entry) = words::entry(facts) else {
        return UNREADABLE.iter().map(|step| parts(step)).collect();
    };
    let mut steps = entry.steps(known);
    if let Some(hint) = words::missing_fields(facts) {
        steps.retain(|step| !step.contains(ADVISES_FORMAT));
        steps.insert(0, hint);
    }
    steps.splice(0..0, evidence_lines::steps(facts));
    steps.iter().map(|step| parts(step)).collect()
}

/// Splits at the backticks. What was filled in holds none.
fn parts(step: &str) -> Step {
    step.split('`')
        .enumerate()
        .filter(|(_, text)| !text.is_empty())
        .map(|(at, text)| match at % 2 {
            0 => Part::Words(text.to_owned()),
            _ => Part::Code(text.to_owned()),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use diagnosis::{Cause, catalogue};

    use super::{Part, of, parts};
    use crate::incident::Event;
    use crate::notify::{RouteErrors, sample};

    #[test]
    fn every_step_of_the_catalogue_closes_its_code() {
        for entry in catalogue::entries() {
            for step in entry.next_steps {
                assert!(step.matches('`').count().is_multiple_of(2), "{}: {step}", entry.cause);
            }
        }
    }

    #[test]
    fn commands_are_told_from_words() {
        let words = |text: &str| Part::Words(text.to_owned());
        let code = |text: &str| Part::Code(text.to_owned());
        assert_eq!(parts("Do `aws x`, now."), [words("Do "), code("aws x"), words(", now.")]);
        assert_eq!(parts("`a`"), [code("a")]);
        assert_eq!(parts("Wait."), [words("Wait.")]);
    }

    #[test]
    fn a_hostile_route_opens_no_code_and_stage_no_command() {
        let mut facts = sample::facts(Event::Opened, Cause::NotFoundUnattributed);
        facts.incident.stage = Some("x;reboot".to_owned());
        facts.incident.routes = vec![RouteErrors { route: "GET /`reboot`".to_owned(), errors: 1 }];
        let steps = of(&facts);
        let commands = steps.iter().flatten().filter_map(|part| match part {
            Part::Code(command) => Some(command),
            Part::Words(_) => None,
        });
        assert!(commands.into_iter().all(|command| !command.contains("reboot")), "{steps:?}");
    }
}
