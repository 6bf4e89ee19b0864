//! Words that every channel shares.

use diagnosis::catalogue::{self, Entry};
use diagnosis::{ApiType, Cause, Confidence, Fault, RetryAdvice};

use crate::incident::Event;
use crate::notify::numbers::{count, counted, percent};
use crate::notify::{Facts, evidence_lines, sanitized};
use crate::rules::Severity;

/// Longer names of APIs, stages and log groups are cut.
pub(super) const MAX_NAME: usize = 100;

/// The catalogue's entry for the shown cause.
pub(super) fn entry(facts: &Facts) -> Option<&'static Entry> {
    catalogue::entry(facts.incident.cause)
}

/// A cause's title, also of those that the catalogue does not describe.
pub(super) fn title(cause: Cause) -> &'static str {
    catalogue::entry(cause).map_or("Log lines cannot be read", |entry| entry.title)
}

/// What the shown cause means.
pub(super) fn explanation(facts: &Facts) -> &'static str {
    entry(facts).map_or(
        "Lines arrive of no known format, or broken. What fails among them is not counted.",
        |entry| entry.explanation,
    )
}

/// What is wrong, shortest: `504 Backend took too long to answer`, `14 APIs fail at the same time`.
pub(super) fn problem(facts: &Facts) -> String {
    if !facts.storm.is_empty() {
        return format!("{} at the same time", count_of_apis(facts));
    }
    let title = title(facts.incident.cause);
    let status = facts.exemplar.as_ref().and_then(|exemplar| exemplar.status);
    match status.map(|status| status.to_string()) {
        // Where only the status is known, the title names it; slow answers are well answered.
        Some(status) if !title.contains(&status) && facts.incident.cause.is_error() => {
            format!("{status} {title}")
        }
        _ => title.to_owned(),
    }
}

/// How many sources fail together: `14 APIs fail`.
pub(super) fn count_of_apis(facts: &Facts) -> String {
    let verb = if is_over(facts) { "failed" } else { "fail" };
    format!("{} APIs {verb}", count(facts.failing_sources()))
}

/// The API and its stage, or the log group: `a1b2c3d4e5/prod`. A storm has no one place.
pub(super) fn place(facts: &Facts) -> Option<String> {
    if facts.storm_sources > 0 {
        return None;
    }
    let incident = &facts.incident;
    let name = |name: &String| sanitized::text(name, MAX_NAME);
    let api = incident.api_name.as_ref().or(incident.api_id.as_ref()).map(name);
    Some(match (api, incident.stage.as_ref().map(name)) {
        // Together they may be what neither is: `:` and `//` make a link.
        (Some(api), Some(stage)) => sanitized::text(&format!("{api}/{stage}"), 2 * MAX_NAME),
        (Some(api), None) => api,
        _ => incident.log_group.as_ref().map_or_else(|| "unknown API".to_owned(), name),
    })
}

/// The problem and its place: `504 Backend took too long to answer on a1b2c3d4e5/prod`.
pub(super) fn problem_and_place(facts: &Facts) -> String {
    let problem = problem(facts);
    place(facts).map_or_else(|| problem.clone(), |place| format!("{problem} on {place}"))
}

/// How bad it is: `37 of 412 requests failed (9.0 %)`.
pub(super) fn share(facts: &Facts) -> String {
    let told: u64 = facts.storm.iter().fold(0, |sum, member| sum.saturating_add(member.errors));
    let errors = facts.incident.errors.max(told);
    let (noun, verb) = match facts.incident.cause {
        Cause::Unparseable | Cause::Unknown => ("log line", "could not be read"),
        Cause::HighLatency => ("request", "were slow"),
        _ => ("request", "failed"),
    };
    let verb = if errors == 1 && verb == "were slow" { "was slow" } else { verb };
    match facts.incident.requests {
        Some(requests) if requests >= errors && requests > 0 && noun == "request" => {
            let share = errors as f64 * 100.0 / requests as f64;
            let requests = counted(requests, noun);
            format!("{} of {requests} {verb} ({share:.1} %)", count(errors))
        }
        _ => format!("{} {verb}", counted(errors, noun)),
    }
}

/// The same in the fewest characters: `37/412 failed`.
pub(super) fn short_share(facts: &Facts) -> String {
    let told: u64 = facts.storm.iter().fold(0, |sum, member| sum.saturating_add(member.errors));
    let errors = facts.incident.errors.max(told);
    match (facts.incident.cause, facts.incident.requests) {
        (Cause::Unparseable | Cause::Unknown, _) => format!("{errors} lines"),
        (Cause::HighLatency, Some(requests)) => format!("{errors}/{requests} slow"),
        (_, Some(requests)) if requests >= errors => format!("{errors}/{requests} failed"),
        _ => format!("{errors} failed"),
    }
}

/// How sure the cause is, and what that rests on; `None` where nothing had to be concluded.
pub(super) fn confidence(facts: &Facts) -> Option<&'static str> {
    entry(facts)?;
    Some(match facts.incident.confidence {
        Confidence::High => "high confidence: the log says so",
        Confidence::Medium => "medium confidence: several signs agree",
        Confidence::Low => "low confidence: a guess from the status alone",
    })
}

/// The causes beside the shown one, with their share: `API key has used up its quota, 12 %`.
pub(super) fn other_causes(facts: &Facts) -> Vec<String> {
    const MOST: usize = 4;
    let incident = &facts.incident;
    incident
        .causes
        .iter()
        .filter(|other| other.cause != incident.cause)
        .take(MOST)
        .map(|other| format!("{}, {}", title(other.cause), percent(other.errors, incident.errors)))
        .collect()
}

/// Routes, most errors first, at most `most` of them, and how many more there are.
pub(super) fn routes(facts: &Facts, most: usize) -> (Vec<(String, u64)>, usize) {
    let routes = &facts.incident.routes;
    let named = routes
        .iter()
        .take(most)
        .map(|route| (sanitized::text(&route.route, MAX_NAME), route.errors))
        .collect();
    (named, routes.len().saturating_sub(most))
}

/// Who is hit: `API key …k3x9 makes 96 % of these; about 12 callers, 4 routes`.
pub(super) fn affected(facts: &Facts) -> Option<String> {
    let incident = &facts.incident;
    let top_callers = facts.top_caller.as_ref().map(|caller| {
        let name = sanitized::text(&caller.name, 60);
        format!("{name} makes {} of these", percent(caller.errors, caller.of))
    });
    let mut numbers = Vec::new();
    match incident.callers {
        Some(1) => numbers.push("one caller".to_owned()),
        Some(callers) if callers > 1 => {
            numbers.push(format!("about {}", counted(callers, "caller")));
        }
        _ => {}
    }
    if incident.routes.len() > 1 {
        numbers.push(counted(incident.routes.len() as u64, "route"));
    }
    let numbers = (!numbers.is_empty()).then(|| numbers.join(", "));
    let parts: Vec<String> = top_callers.into_iter().chain(numbers).collect();
    (!parts.is_empty()).then(|| sentence(&parts.join("; ")))
}

/// Who must act, as surely as the cause is known.
pub(super) fn at_fault(facts: &Facts, who: Fault) -> String {
    match facts.incident.confidence {
        Confidence::High => fault(who).to_owned(),
        Confidence::Medium | Confidence::Low => format!("most likely {}", fault(who)),
    }
}

const fn fault(fault: Fault) -> &'static str {
    match fault {
        Fault::Client => "the callers",
        Fault::CallerConfiguration => "the callers' credentials or configuration",
        Fault::ApiConfiguration => "this API's configuration",
        Fault::BackendCode => "the backend's code",
        Fault::BackendCapacity => "the backend's capacity",
        Fault::AwsNetwork => "AWS or the network",
    }
}

/// Whether callers should send the same request again.
pub(super) const fn retry(advice: RetryAdvice) -> &'static str {
    match advice {
        RetryAdvice::Never => "No",
        RetryAdvice::AfterChange => "Only after a change",
        RetryAdvice::Backoff => "Yes, with growing random pauses",
        RetryAdvice::AfterReset => "Not before the quota resets",
        RetryAdvice::SafeIfIdempotent => "Only calls that are safe to repeat",
    }
}

/// Whether it is over.
pub(super) const fn is_over(facts: &Facts) -> bool {
    matches!(facts.event, Event::Resolved) || facts.incident.resolved_at.is_some()
}

/// The first words of a message: `critical`, `critical, still failing`, `resolved`, `ended, logs arrived late`.
pub(super) fn state(facts: &Facts) -> String {
    let severity = facts.incident.severity.as_str();
    match facts.event {
        _ if facts.arrived_late => "ended, logs arrived late".to_owned(),
        _ if is_over(facts) => "resolved".to_owned(),
        Event::Updated if facts.reopens() => format!("{severity}, reopened"),
        Event::Updated => format!("{severity}, update"),
        Event::Reminded => format!("{severity}, {}", goes_on(facts)),
        Event::Opened | Event::Resolved => severity.to_owned(),
    }
}

/// What a reminder says of it.
pub(super) const fn goes_on(facts: &Facts) -> &'static str {
    if facts.incident.cause.is_error() { "still failing" } else { "still going on" }
}

/// A sign for the state.
pub(super) const fn sign(facts: &Facts) -> &'static str {
    match facts.incident.severity {
        _ if is_over(facts) => "✅",
        Severity::Critical => "🔴",
        Severity::Warning => "🟠",
        Severity::Info => "🔵",
    }
}

/// What the log format lacks, and what mends it; `None` where it lacks nothing that would help.
pub(super) fn missing_fields(facts: &Facts) -> Option<String> {
    let exemplar = facts.exemplar.as_ref()?;
    let missing: Vec<String> =
        exemplar.missing_fields.iter().take(10).map(|name| sanitized::text(name, 60)).collect();
    let (last, others) = missing.split_last()?;
    let names =
        if others.is_empty() { last.clone() } else { format!("{} and {last}", others.join(", ")) };
    let kind = match exemplar.api_type {
        Some(ApiType::Http) => "http",
        Some(ApiType::WebSocket) => "websocket",
        Some(ApiType::Rest) | None => "rest",
    };
    Some(format!(
        "The access log lacks {names}, which would tell the cause. `gatewatch format {kind}` prints \
         the log format that has them and the command that sets it."
    ))
}

/// The id of the request that is shown as evidence.
pub(super) fn request_id(facts: &Facts) -> Option<String> {
    let id = facts.exemplar.as_ref()?.request_id.as_ref()?;
    Some(sanitized::text(id, 64))
}

/// What decided the cause, a field a line, at most `most` characters together. The status is told on
/// top; it is shown here only where nothing else decided.
pub(super) fn evidence(facts: &Facts, most: usize) -> Option<String> {
    const MOST_LINES: usize = 8;
    let told = &facts.exemplar.as_ref()?.evidence;
    let alone = told.iter().all(|(field, _)| field == "status");
    let evidence: Vec<_> = told.iter().filter(|(field, _)| alone || field != "status").collect();
    let mut lines: Vec<String> = evidence
        .iter()
        .take(MOST_LINES)
        .map(|(field, text)| {
            format!("{} = {}", sanitized::text(field, 60), sanitized::text(text, 300))
        })
        .collect();
    let more = evidence.len().saturating_sub(MOST_LINES);
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.extend(evidence_lines::lines(facts));
    let text = diagnosis::redact::truncate(&lines.join("\n"), most);
    (!text.is_empty()).then_some(text)
}

/// With a capital letter and a full stop.
pub(super) fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase).into_iter().flatten();
    let end = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    first.chain(characters).chain(end.chars()).collect()
}
