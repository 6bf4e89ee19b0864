//! Sentences that every channel shares.

use diagnosis::catalogue::{self, Entry, Placeholders};
use diagnosis::{Fault, RetryAdvice};

use crate::notification::{Event, Facts};
use crate::rules::Severity;

/// What a message shows of a cause that the catalogue does not describe.
const UNREADABLE_TITLE: &str = "Log lines cannot be read";

/// The catalogue's entry for the shown cause.
pub(super) fn entry(facts: &Facts) -> Option<&'static Entry> {
    catalogue::entry(facts.incident.cause)
}

/// The shown cause's title.
pub(super) fn title(facts: &Facts) -> &'static str {
    entry(facts).map_or(UNREADABLE_TITLE, |entry| entry.title)
}

/// The status and the title: `504 Backend did not answer in time`.
pub(super) fn status_and_title(facts: &Facts) -> String {
    let status = facts.exemplar.as_ref().and_then(|exemplar| exemplar.status);
    status.map_or_else(|| title(facts).to_owned(), |status| format!("{status} {}", title(facts)))
}

/// The API and its stage, or the log group: `a1b2c3d4e5/prod`.
pub(super) fn place(facts: &Facts) -> String {
    let incident = &facts.incident;
    match (incident.api_name.as_ref().or(incident.api_id.as_ref()), &incident.stage) {
        (Some(api), Some(stage)) => format!("{api}/{stage}"),
        (Some(api), None) => api.clone(),
        _ => incident.log_group.clone().unwrap_or_else(|| "unknown API".to_owned()),
    }
}

/// `37 of 412 requests failed (9.0 %)`.
pub(super) fn share(facts: &Facts) -> String {
    let errors = facts.incident.errors;
    match facts.incident.requests {
        Some(requests) if requests >= errors && requests > 0 => {
            let percent = errors as f64 * 100.0 / requests as f64;
            format!("{errors} of {requests} requests failed ({percent:.1} %)")
        }
        _ => format!("{errors} requests failed"),
    }
}

/// `POST /orders, GET /cart and 2 more`.
pub(super) fn routes(facts: &Facts, most: usize) -> Option<String> {
    let routes = &facts.incident.routes;
    let named: Vec<&str> = routes.iter().take(most).map(|route| route.route.as_str()).collect();
    let named = (!named.is_empty()).then(|| named.join(", "))?;
    Some(match routes.len().saturating_sub(most) {
        0 => named,
        more => format!("{named} and {more} more"),
    })
}

/// Who must act.
pub(super) const fn fault(fault: Fault) -> &'static str {
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
        RetryAdvice::Never => "no",
        RetryAdvice::AfterChange => "only after a change",
        RetryAdvice::Backoff => "yes, with growing random pauses",
        RetryAdvice::AfterReset => "not before the quota resets",
        RetryAdvice::SafeIfIdempotent => "only calls that are safe to repeat",
    }
}

/// `critical`, `resolved`, …: the first word of a message.
pub(super) const fn state(facts: &Facts) -> &'static str {
    match facts.event {
        Event::Opened | Event::Updated | Event::Reminded => facts.incident.severity.as_str(),
        Event::Resolved => "resolved",
    }
}

/// A sign for the state.
pub(super) const fn sign(facts: &Facts) -> &'static str {
    match (facts.event, facts.incident.severity) {
        (Event::Resolved, _) => "✅",
        (_, Severity::Critical) => "🔴",
        (_, Severity::Warning) => "🟠",
        (_, Severity::Info) => "🔵",
    }
}

/// How long it lasted: `25 min`, `3 h 5 min`.
pub(super) fn lasted(facts: &Facts) -> String {
    let resolved = facts.incident.resolved_at.unwrap_or(facts.at);
    let minutes = (resolved.as_millis() - facts.first_error.as_millis()).max(0) / 60_000;
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// What to do, with what is known of the failing request filled in.
pub(super) fn next_steps(facts: &Facts) -> Vec<String> {
    let incident = &facts.incident;
    let route = incident.routes.first().map(|route| route.route.as_str());
    let known = Placeholders {
        api: incident.api_id.as_deref(),
        stage: incident.stage.as_deref(),
        route,
        function: None,
    };
    entry(facts).map(|entry| entry.steps(known)).unwrap_or_default()
}

/// What the log format lacks, and what mends it; `None` where it lacks nothing that would help.
pub(super) fn missing_fields(facts: &Facts) -> Option<String> {
    let exemplar = facts.exemplar.as_ref()?;
    let (last, others) = exemplar.missing_fields.split_last()?;
    let names =
        if others.is_empty() { last.clone() } else { format!("{} and {last}", others.join(", ")) };
    let kind = match exemplar.api_type.as_deref() {
        Some("HTTP") => "http",
        Some("WEBSOCKET") => "websocket",
        _ => "rest",
    };
    Some(format!(
        "The access log lacks {names}, which would tell the cause. `gatewatch format {kind}` prints the log format that has them and the command that sets it."
    ))
}
