//! Made-up incidents, one for every cause and event: what `gatewatch preview` shows, and what the
//! snapshots of every message are made from.

use diagnosis::catalogue::Example;
use diagnosis::{Cause, Confidence, Fault, Timestamp, catalogue};

use crate::counting::Exemplar;
use crate::incident::{Change, Event, IncidentId, StormMember};
use crate::incident::{Reason, ReasonChange, Threshold};
use crate::notify::Notification;
use crate::notify::{
    CauseErrors, Facts, IncidentView, MinuteOfIncident, RouteErrors, Texts, TopCaller,
};
use crate::rules::Severity;

/// 2026-11-19, 14:12:47 UTC.
const OPENED_AT: i64 = 1_795_097_567_869;

const MINUTE_MS: i64 = 60_000;

/// Errors and requests of the minutes up to the opening.
const MINUTES: [(u64, u64); 9] = [
    (0, 455),
    (3, 470),
    (11, 452),
    (38, 461),
    (52, 448),
    (58, 463),
    (57, 450),
    (55, 462),
    (97, 459),
];

const PEAK: u64 = 97;

/// An incident of this cause at this event: a shop's API, nine minutes into its trouble; four hours for
/// a reminder, half an hour for a resolution.
pub fn facts(event: Event, cause: Cause) -> Facts {
    let opened_at = Timestamp::from_millis(OPENED_AT);
    let first = opened_at.minute() - MINUTES.len() as i64 + 1;
    let example = catalogue::entry(cause).map(|entry| &entry.example);
    let at = match event {
        Event::Opened => opened_at,
        Event::Updated => opened_at.plus_millis(2 * MINUTE_MS),
        Event::Reminded => Timestamp::of_minute(first + 1).plus_millis(240 * MINUTE_MS),
        Event::Resolved => opened_at.plus_millis(31 * MINUTE_MS),
    };
    Facts {
        event,
        at,
        incident: incident(event, cause, example, at),
        exemplar: example.map(|example| exemplar(cause, example, opened_at)),
        window_start: Timestamp::of_minute(first),
        first_error: Timestamp::of_minute(first + 1),
        last_error: Timestamp::of_minute(opened_at.minute()),
        arrived_late: false,
        peak: PEAK,
        region: Some("eu-west-1".to_owned()),
        function: cause.as_str().starts_with("lambda-").then(|| "shop-orders".to_owned()),
        finding: None,
        gaps: Vec::new(),
        change: (event == Event::Updated).then(|| change(cause)),
        minutes: minutes(event, first),
        top_caller: is_callers_fault(cause).then(|| TopCaller {
            name: "API key …k3x9".to_owned(),
            errors: 356,
            of: 371,
        }),
        acknowledged_by: None,
        flapping: false,
        storm: Vec::new(),
        joined: Vec::new(),
        ended: Vec::new(),
        texts: Texts::No,
        storm_sources: 0,
    }
}

/// A notification of such an incident, by the rule that opens it, without messages.
pub fn notification(event: Event, cause: Cause) -> Notification {
    let facts = facts(event, cause);
    let change = match event {
        Event::Opened => ReasonChange::Opened,
        Event::Updated => ReasonChange::Grew,
        Event::Reminded => ReasonChange::Reminder,
        Event::Resolved => ReasonChange::Resolved,
    };
    let reason = Reason {
        change,
        rule: Some(facts.incident.rule.clone()),
        window: Some("5m".to_owned()),
        errors: Some(267),
        requests: Some(2_282),
        threshold: Some(Threshold { min_errors: 5, min_rate: Some(0.01), min_requests: Some(20) }),
    };
    Notification { at: facts.at, event, reason, incident: facts.incident, messages: Vec::new() }
}

/// Many APIs that fail together.
pub fn storm(event: Event) -> Facts {
    let causes = [Cause::LambdaTimedOut, Cause::IntegrationTimeout, Cause::LambdaThrottled];
    let names = [
        "shop", "checkout", "accounts", "search", "basket", "prices", "stock", "reviews", "images",
        "sellers", "returns", "gifts",
    ];
    let storm: Vec<StormMember> = names
        .iter()
        .enumerate()
        .map(|(at, name)| StormMember {
            place: format!("{name}/prod"),
            cause: causes[at * 2 % causes.len()],
            errors: 1_240 / (at as u64 + 1),
            source: None,
            incident: None,
        })
        .collect();
    let mut facts = facts(event, Cause::LambdaTimedOut);
    facts.incident.errors = storm.iter().map(|member| member.errors).sum();
    facts.incident.requests = None;
    facts.incident.routes = Vec::new();
    facts.incident.callers = None;
    facts.incident.causes = Vec::new();
    facts.exemplar = None;
    facts.minutes = Vec::new();
    facts.peak = 640;
    facts.change = None;
    let joined = if event == Event::Opened { storm.clone() } else { Vec::new() };
    Facts { storm_sources: storm.len() as u64, joined, texts: Texts::Also, storm, ..facts }
}

fn incident(event: Event, cause: Cause, example: Option<&Example>, at: Timestamp) -> IncidentView {
    let critical = !is_callers_fault(cause) && cause.is_error();
    let errors = MINUTES.iter().map(|(errors, _)| errors).sum();
    let companion = example.map(|_| CauseErrors { cause: companion(cause), errors: 45 });
    let route = |route: &str, errors| RouteErrors { route: route.to_owned(), errors };
    IncidentView {
        id: IncidentId::sample(),
        rule: if critical { "server-errors" } else { "client-errors" }.to_owned(),
        severity: if critical { Severity::Critical } else { Severity::Warning },
        log_group: Some("/aws/apigateway/larkfield-shop".to_owned()),
        api_id: Some("k3x9w2m7qd".to_owned()),
        api_name: Some("larkfield-shop".to_owned()),
        stage: Some("prod".to_owned()),
        cause,
        family: catalogue::entry(cause).map(|entry| entry.family),
        confidence: example.map_or(Confidence::Low, |example| example.confidence),
        causes: [CauseErrors { cause, errors: errors - 45 }].into_iter().chain(companion).collect(),
        errors,
        requests: Some(4_120),
        callers: example.map(|_| if is_callers_fault(cause) { 3 } else { 214 }),
        routes: example.map_or_else(Vec::new, |example| {
            vec![route(example.route, 314), route("GET /basket", 57)]
        }),
        opened_at: Timestamp::from_millis(OPENED_AT),
        resolved_at: (event == Event::Resolved).then_some(at),
    }
}

fn exemplar(cause: Cause, example: &Example, opened_at: Timestamp) -> Exemplar {
    let status = example.status;
    let unattributed = cause.is_unattributed();
    Exemplar {
        cause,
        confidence: example.confidence,
        time: opened_at,
        request_id: Some("6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1".to_owned()),
        integration_request_id: None,
        route: Some(example.route.to_owned()),
        status: Some(status),
        latency_ms: Some(10_012),
        evidence: example
            .evidence
            .iter()
            .map(|&(field, text)| (field.to_owned(), text.to_owned()))
            .collect(),
        api_type: Some(example.api_type),
        missing_fields: if unattributed {
            vec!["error.responseType".to_owned(), "integration.error".to_owned()]
        } else {
            Vec::new()
        },
        filter: format!(r#"status in [{status}, "{status}"]"#),
    }
}

/// What an update told: a cause that became known, else that it grew.
fn change(cause: Cause) -> Change {
    let before = catalogue::entries()
        .iter()
        .find(|entry| entry.cause.is_unattributed() && entry.may_be.contains(&cause));
    match before {
        Some(entry) => Change::Sharpened { from: entry.cause },
        None => Change::Grown { from: 32 },
    }
}

fn minutes(event: Event, first: i64) -> Vec<MinuteOfIncident> {
    let quiet = if event == Event::Resolved { 10 } else { 0 };
    (first..)
        .zip(MINUTES.into_iter().chain([(0, 440)].repeat(quiet)))
        .map(|(minute, (errors, requests))| MinuteOfIncident { minute, errors, requests })
        .collect()
}

/// What fails beside it.
fn companion(cause: Cause) -> Cause {
    match cause {
        Cause::BackendServerError => Cause::BackendUnavailable,
        Cause::BackendClientError => Cause::BackendNotFound,
        _ if is_callers_fault(cause) => Cause::BackendClientError,
        _ => Cause::BackendServerError,
    }
}

fn is_callers_fault(cause: Cause) -> bool {
    catalogue::entry(cause)
        .is_some_and(|entry| matches!(entry.fault, Fault::Client | Fault::CallerConfiguration))
}
