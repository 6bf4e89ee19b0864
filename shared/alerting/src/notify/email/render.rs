//! The message to the alert topic: plain text for people, in the order of the Slack message.

use crate::incident::Event;
use crate::notify::email::command;
use crate::notify::email::wrap::Page;
use crate::notify::numbers::count;
use crate::notify::storm_lines::{self, Lines};
use crate::notify::{Facts, links, sanitized, sparkline, steps, story, words};

/// SNS takes subjects of fewer than 100 characters.
const MAX_SUBJECT: usize = 99;

/// Lines of evidence longer than this together are cut.
const MAX_EVIDENCE: usize = 2_400;

/// So many routes are named.
const MAX_ROUTES: usize = 10;

/// State, problem and place, in printable ASCII.
pub(in crate::notify) fn subject(facts: &Facts) -> String {
    let state = words::state(facts).to_uppercase();
    format!("{state}: {}", words::problem_and_place(facts))
        .chars()
        .map(|character| if (' '..='~').contains(&character) { character } else { '?' })
        .take(MAX_SUBJECT)
        .collect()
}

/// The whole message.
pub(in crate::notify) fn body(facts: &Facts) -> String {
    let mut page = Page::default();
    page.wrapped("", &words::problem_and_place(facts), 0);
    for sentence in story::of(facts) {
        page.wrapped("", &sentence, 0);
    }
    numbers(facts, &mut page);
    if facts.storm.is_empty() {
        why(facts, &mut page);
    } else {
        all_of_a_storm(facts, &mut page);
    }
    if let Some(affected) = words::affected(facts) {
        page.gap();
        page.wrapped("Who is hit? ", &affected, 0);
    }
    let links = links::of(facts);
    if !links.is_empty() && facts.storm.is_empty() {
        page.gap();
        for link in links {
            page.line(&format!("{}:\n{}", link.label, link.url));
        }
    }
    page.gap();
    let rule = sanitized::text(&facts.incident.rule, 100);
    page.wrapped("", &format!("Incident {}, rule {rule}", facts.incident.id), 0);
    if let Some(id) = words::request_id(facts) {
        page.wrapped("Request ", &id, 0);
    }
    page.into_text()
}

fn numbers(facts: &Facts, page: &mut Page) {
    let incident = &facts.incident;
    page.gap();
    if facts.storm.is_empty() {
        let name = |name: &String| sanitized::text(name, words::MAX_NAME);
        if let Some(id) = incident.api_id.as_ref().map(name) {
            let api = incident.api_name.as_ref().map(name);
            let api = api.map_or_else(|| id.clone(), |api| format!("{api} ({id})"));
            let stage = incident.stage.as_ref().map(name);
            let stage = stage.map_or_else(String::new, |stage| format!(", stage {stage}"));
            page.wrapped("API: ", &format!("{api}{stage}"), 0);
        }
        let (routes, more) = words::routes(facts, MAX_ROUTES);
        if !routes.is_empty() {
            let named: Vec<String> = routes
                .into_iter()
                .map(|(route, errors)| format!("{route} ({})", count(errors)))
                .collect();
            let more =
                if more > 0 { format!(" and {} more", count(more as u64)) } else { String::new() };
            page.wrapped("Routes: ", &format!("{}{more}", named.join(", ")), 0);
        }
    }
    if !words::is_over(facts) {
        let since = facts.first_error.hour_and_minute();
        page.wrapped("", &format!("{} since {since} UTC.", words::share(facts)), 0);
    }
    if let Some(sparkline) = sparkline::of(facts) {
        let scale = match facts.peak {
            peak if peak == 0 || words::is_over(facts) => String::new(),
            peak => format!(", up to {}", count(peak)),
        };
        let (span, bars) = (sparkline.span, sparkline.bars);
        page.wrapped("", &format!("Errors per minute, {span}{scale}: {bars}"), 0);
    }
}

/// The cause, and what follows from it; a resolution needs no more than the cause.
fn why(facts: &Facts, page: &mut Page) {
    let sure = words::confidence(facts).map_or_else(String::new, |sure| format!(" ({sure})"));
    page.gap();
    page.wrapped("", &format!("Likely cause{sure}: {}", words::explanation(facts)), 0);
    let others = words::other_causes(facts);
    if !others.is_empty() {
        page.wrapped("Also: ", &others.join("; "), 0);
    }
    if facts.event == Event::Resolved && !facts.arrived_late {
        return;
    }
    if let Some(evidence) = words::evidence(facts, MAX_EVIDENCE) {
        page.gap();
        page.line("Evidence:");
        for line in evidence.lines() {
            page.wrapped("  ", line, 4);
        }
    }
    if let Some(entry) = words::entry(facts) {
        page.gap();
        page.wrapped("At fault: ", &words::at_fault(facts, entry.fault), 0);
        let advice = format!("{}: {}.", words::retry(entry.retry), entry.retry_reason);
        page.wrapped("Should callers retry? ", &advice, 0);
    }
    page.gap();
    page.line("Next:");
    for (at, step) in steps::of(facts).iter().enumerate() {
        command::write(page, at + 1, step);
    }
}

fn all_of_a_storm(facts: &Facts, page: &mut Page) {
    let Lines { first, names, more, command } = storm_lines::lines(facts);
    page.gap();
    for line in first {
        page.wrapped("- ", &format!("{}: {}", line.place, line.what), 2);
    }
    if !names.is_empty() {
        page.wrapped("Also ", &names.join(", "), 0);
    }
    if more > 0 {
        page.line(&format!("and {} more", count(more)));
    }
    if let Some(command) = command {
        page.line(&format!("List all:\n     {command}"));
    }
    if !words::is_over(facts) {
        page.gap();
        page.wrapped("", storm_lines::EXPLANATION, 0);
    }
}
