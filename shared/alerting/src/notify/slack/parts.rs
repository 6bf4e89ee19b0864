//! The parts of the message, one function a block.

use serde_json::Value;

use crate::notify::numbers::count;
use crate::notify::slack::blocks::{self, Run, paragraph, rich};
use crate::notify::storm_lines::{self, Lines};
use crate::notify::{Facts, links, sanitized, sparkline, steps, story, words};

/// Lines of evidence longer than this together are cut.
const MAX_EVIDENCE: usize = 1_200;

/// So many routes are named.
const MAX_ROUTES: usize = 3;

/// Severity and cause.
pub(super) fn header(facts: &Facts) -> Value {
    let state = words::sentence(&words::state(facts));
    let state = state.trim_end_matches('.');
    blocks::header(&format!("{} {state}: {}", words::sign(facts), words::problem(facts)))
}

/// What has happened since it was first told.
pub(super) fn story(facts: &Facts) -> Option<Value> {
    let sentences = story::of(facts);
    (!sentences.is_empty()).then(|| rich([paragraph([Run::bold(sentences.join("\n"))])]))
}

/// Where, which routes, how bad, and how it goes.
pub(super) fn numbers(facts: &Facts) -> Option<Value> {
    let mut runs = place(facts);
    runs.extend(routes(facts));
    // A resolution has said it on top.
    if !words::is_over(facts) {
        let since = facts.first_error.hour_and_minute();
        runs.push(Run::bold(words::share(facts)));
        runs.push(Run::plain(format!(" since {since} UTC\n")));
    }
    if let Some(sparkline) = sparkline::of(facts) {
        runs.push(Run::code(sparkline.bars));
        let scale = match facts.peak {
            peak if peak == 0 || words::is_over(facts) => "errors per minute".to_owned(),
            peak => format!("up to {} a minute", count(peak)),
        };
        runs.push(Run::plain(format!(" {}, {scale}", sparkline.span)));
    }
    without_last_break(&mut runs);
    (!runs.is_empty()).then(|| rich([paragraph(runs)]))
}

fn place(facts: &Facts) -> Vec<Run> {
    let incident = &facts.incident;
    let name = |name: &String| sanitized::text(name, words::MAX_NAME);
    if !facts.storm.is_empty() {
        return Vec::new();
    }
    let mut runs = match (incident.api_name.as_ref().map(name), incident.api_id.as_ref().map(name))
    {
        (Some(api), Some(id)) => vec![Run::bold("API "), Run::plain(format!("{api} ({id})"))],
        (Some(api), None) | (None, Some(api)) => vec![Run::bold("API "), Run::plain(api)],
        (None, None) => {
            let group = incident.log_group.as_ref().map_or_else(|| "unknown".to_owned(), name);
            vec![Run::bold("Log group "), Run::plain(group)]
        }
    };
    if let Some(stage) = &incident.stage {
        runs.extend([Run::plain(" · "), Run::bold("Stage "), Run::plain(name(stage))]);
    }
    runs.push(Run::plain("\n"));
    runs
}

fn routes(facts: &Facts) -> Vec<Run> {
    let (routes, more) = words::routes(facts, MAX_ROUTES);
    if routes.is_empty() || !facts.storm.is_empty() {
        return Vec::new();
    }
    let alone = routes.len() == 1 && more == 0;
    let mut runs = vec![Run::bold(if alone { "Route " } else { "Routes " })];
    for (at, (route, errors)) in routes.into_iter().enumerate() {
        runs.push(Run::plain(if at > 0 { ", " } else { "" }));
        runs.push(Run::code(route));
        if !alone {
            runs.push(Run::plain(format!(" {}", count(errors))));
        }
    }
    let more = if more > 0 { format!(" and {} more", count(more as u64)) } else { String::new() };
    runs.push(Run::plain(format!("{more}\n")));
    runs
}

fn without_last_break(runs: &mut [Run]) {
    if let Some(Run::Plain(text)) = runs.last_mut() {
        text.truncate(text.trim_end().len());
    }
}

/// The likely cause, how sure it is, and what else fails.
pub(super) fn cause(facts: &Facts) -> Value {
    let mut runs = vec![Run::bold("Likely cause")];
    runs.extend(words::confidence(facts).map(|sure| Run::plain(format!(" ({sure})"))));
    runs.push(Run::plain(format!("\n{}", words::explanation(facts))));
    let others = words::other_causes(facts);
    if !others.is_empty() {
        runs.extend([Run::bold("\nAlso "), Run::plain(others.join("; "))]);
    }
    rich([paragraph(runs)])
}

/// The fields that decided the cause.
pub(super) fn evidence(facts: &Facts) -> Option<Value> {
    let text = words::evidence(facts, MAX_EVIDENCE)?;
    Some(rich([blocks::preformatted(&text)]))
}

/// Whose fault it is, and whether callers should try again.
pub(super) fn advice(facts: &Facts) -> Option<Value> {
    let entry = words::entry(facts)?;
    Some(rich([paragraph([
        Run::bold("At fault "),
        Run::plain(words::at_fault(facts, entry.fault)),
        Run::bold("\nShould callers retry? "),
        Run::plain(words::retry(entry.retry)),
        Run::plain(format!(": {}.", entry.retry_reason)),
    ])]))
}

/// What to do, numbered.
pub(super) fn next(facts: &Facts) -> Value {
    rich([paragraph([Run::bold("Next")]), blocks::numbered(&steps::of(facts))])
}

/// Who is hit.
pub(super) fn affected(facts: &Facts) -> Option<Value> {
    let affected = words::affected(facts)?;
    Some(rich([paragraph([Run::bold("Who is hit? "), Run::plain(affected)])]))
}

/// Links as buttons.
pub(super) fn buttons(facts: &Facts) -> Option<Value> {
    blocks::buttons(&links::of(facts))
}

/// What identifies it.
pub(super) fn context(facts: &Facts) -> Value {
    let incident = &facts.incident;
    let rule = sanitized::text(&incident.rule, 100);
    let mut parts = vec![format!("Incident {}", incident.id), format!("rule {rule}")];
    parts.extend(words::request_id(facts).map(|id| format!("request {id}")));
    blocks::context(&parts.join(" · "))
}

/// The sources that fail together.
pub(super) fn storm(Lines { first, names, more, command }: Lines) -> Value {
    let items = first
        .into_iter()
        .map(|line| paragraph([Run::bold(line.place), Run::plain(format!("  {}", line.what))]));
    let mut list = vec![blocks::bulleted(items)];
    if !names.is_empty() {
        list.push(paragraph([Run::plain(format!("Also {}", names.join(", ")))]));
    }
    if more > 0 {
        list.push(paragraph([Run::plain(format!("and {} more", count(more)))]));
    }
    if let Some(command) = command {
        list.push(paragraph([Run::plain("List all: "), Run::code(command.to_owned())]));
    }
    rich(list)
}

/// What so many failures at once mean.
pub(super) fn storm_advice() -> Value {
    rich([paragraph([Run::plain(storm_lines::EXPLANATION)])])
}
