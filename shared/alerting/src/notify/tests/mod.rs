//! What each message must hold, every limit of every channel over hostile incidents, and all messages
//! as snapshots.

pub(super) mod check;
mod hostile;
mod snapshots;

use std::fmt::Write as _;

use diagnosis::{Cause, catalogue};
use serde_json::Value;

use crate::incident::Event;
use crate::notify::{
    ChannelKind, Content, Facts, IncidentView, RouteErrors, render, sample, sample_message,
};

const EVENTS: [Event; 4] = [Event::Opened, Event::Updated, Event::Reminded, Event::Resolved];

fn facts(event: Event) -> Facts {
    sample::facts(event, Cause::LambdaTimedOut)
}

fn body(content: Content) -> Value {
    match content {
        Content::Slack { body } => body,
        other => panic!("{other:?}"),
    }
}

fn slack(facts: &Facts) -> Value {
    body(render(ChannelKind::Slack, facts))
}

fn sms(facts: &Facts) -> String {
    match render(ChannelKind::Sms, facts) {
        Content::Sms { body } => body,
        other => panic!("{other:?}"),
    }
}

fn email(facts: &Facts) -> (String, String) {
    match render(ChannelKind::Email, facts) {
        Content::Email { subject, body, .. } => (subject, body),
        other => panic!("{other:?}"),
    }
}

/// The text of a message as a person reads it, a block a paragraph.
fn drawn(message: &Value) -> String {
    fn draw(value: &Value, shown: &mut String) {
        match value["type"].as_str() {
            Some("header" | "button") => shown.push_str(value["text"]["text"].as_str().unwrap()),
            Some("text" | "plain_text") => shown.push_str(value["text"].as_str().unwrap()),
            Some("rich_text_list") => {
                for (at, item) in value["elements"].as_array().unwrap().iter().enumerate() {
                    let _ = match value["style"].as_str() {
                        Some("ordered") => write!(shown, "\n{}. ", at + 1),
                        _ => write!(shown, "\n- "),
                    };
                    draw(item, shown);
                }
            }
            Some("actions") => {
                for button in value["elements"].as_array().unwrap() {
                    shown.push('[');
                    draw(button, shown);
                    shown.push_str("] ");
                }
            }
            Some(_) => {
                value["elements"].as_array().unwrap().iter().for_each(|part| draw(part, shown));
            }
            None => panic!("{value}"),
        }
    }
    let blocks = message["blocks"].as_array().unwrap().iter().map(|block| {
        let mut shown = String::new();
        draw(block, &mut shown);
        shown.trim_end().to_owned()
    });
    blocks.collect::<Vec<_>>().join("\n\n")
}

#[test]
fn an_opening_says_what_fails_why_how_bad_whose_fault_and_what_to_do() {
    let facts = facts(Event::Opened);
    let entry = catalogue::entry(Cause::LambdaTimedOut).unwrap();
    let message = slack(&facts);
    assert_eq!(
        message["text"],
        "🔴 CRITICAL: 502 Lambda function timed out on larkfield-shop/prod: 371 of 4,120 requests \
         failed (9.0 %)"
    );
    let drawn = drawn(&message);
    let mut rest = drawn.as_str();
    for wanted in [
        "🔴 Critical: 502 Lambda function timed out",
        "API larkfield-shop (k3x9w2m7qd) · Stage prod",
        "GET /ledger/year 314, GET /basket 57",
        "371 of 4,120 requests failed (9.0 %) since 14:05 UTC",
        "▁▂▂▄▅▆▆▅█ 14:04–14:12 UTC, up to 97 a minute",
        "Likely cause (high confidence: the log says so)",
        entry.explanation,
        "Also Backend answered with a server error, 12 %",
        "integration.error = Lambda Customer Function Error: Task timed out after 10.01 seconds",
        "At fault the backend's code",
        "Should callers retry? Only calls that are safe to repeat: ",
        entry.retry_reason,
        "Next\n1. ",
        "--function-name shop-orders",
        "Who is hit? About 214 callers, 2 routes.",
        "[Open in Logs Insights] [Function's log] [API in the console]",
        "Incident 4a1e069f87fd · rule server-errors · request 6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1",
    ] {
        let at = rest.find(wanted).unwrap_or_else(|| panic!("{wanted} (in its place) in {drawn}"));
        rest = &rest[at + wanted.len()..];
    }
    let (subject, body) = email(&facts);
    assert_eq!(subject, "CRITICAL: 502 Lambda function timed out on larkfield-shop/prod");
    assert!(body.contains("371 of 4,120 requests failed (9.0 %) since 14:05 UTC"), "{body}");
    assert_eq!(
        sms(&facts),
        "CRITICAL larkfield-shop/prod: 502 Lambda function timed out, 371/4120 failed since 14:05 \
         UTC. Gatewatch 4a1e069f87fd"
    );
}

#[test]
fn a_guess_is_told_as_one() {
    for (cause, wanted) in [
        (Cause::LambdaTimedOut, "At fault the backend's code"),
        (Cause::GatewayInternalError, "At fault most likely AWS or the network"),
        (Cause::BadGatewayUnattributed, "At fault most likely the backend's code"),
    ] {
        let drawn = drawn(&slack(&sample::facts(Event::Opened, cause)));
        assert!(drawn.contains(wanted), "{drawn}");
    }
}

#[test]
fn the_status_is_told_once() {
    for (cause, header) in [
        (Cause::LambdaTimedOut, "🔴 Critical: 502 Lambda function timed out"),
        (Cause::HighLatency, "🟠 Warning: Requests succeed but are slow"),
        (
            Cause::GatewayTimeoutUnattributed,
            "🔴 Critical: Gateway timeout (504), cause not in the log",
        ),
    ] {
        let message = slack(&sample::facts(Event::Opened, cause));
        assert_eq!(message["blocks"][0]["text"]["text"], header);
    }
}

#[test]
fn the_status_is_evidence_only_where_there_is_no_other() {
    let mut facts = facts(Event::Opened);
    let status = ("status".to_owned(), "502".to_owned());
    if let Some(exemplar) = &mut facts.exemplar {
        exemplar.evidence.push(status.clone());
    }
    assert!(!drawn(&slack(&facts)).contains("status = 502"));
    if let Some(exemplar) = &mut facts.exemplar {
        exemplar.evidence = vec![status];
    }
    assert!(drawn(&slack(&facts)).contains("status = 502"));
}

#[test]
fn a_busy_caller_is_named() {
    let facts = sample::facts(Event::Opened, Cause::UsagePlanQuotaExceeded);
    let wanted = "Who is hit? API key …k3x9 makes 96 % of these; about 3 callers, 2 routes.";
    assert!(drawn(&slack(&facts)).contains(wanted));
}

#[test]
fn one_route_is_not_counted_and_many_are() {
    let mut facts = facts(Event::Opened);
    facts.incident.routes.truncate(1);
    assert!(drawn(&slack(&facts)).contains("Route GET /ledger/year\n"));
    facts.incident.routes = vec![RouteErrors { route: "GET /a".to_owned(), errors: 2 }; 1_205];
    assert!(drawn(&slack(&facts)).contains("Routes GET /a 2, GET /a 2, GET /a 2 and 1,202 more\n"));
    facts.incident.routes.clear();
    assert!(!drawn(&slack(&facts)).contains("Route"));
}

#[test]
fn a_source_without_an_api_is_its_log_group() {
    let mut facts = facts(Event::Opened);
    facts.incident.api_id = None;
    facts.incident.api_name = None;
    facts.incident.stage = None;
    assert!(drawn(&slack(&facts)).contains("Log group /aws/apigateway/larkfield-shop\n"));
    assert!(email(&facts).0.ends_with("on /aws/apigateway/larkfield-shop"));
}

#[test]
fn requests_that_were_slow_or_unreadable_did_not_fail() {
    for (cause, share) in [
        (Cause::HighLatency, "371 of 4,120 requests were slow (9.0 %)"),
        (Cause::Unparseable, "371 log lines could not be read"),
        (Cause::LambdaTimedOut, "371 of 4,120 requests failed (9.0 %)"),
    ] {
        let facts = sample::facts(Event::Opened, cause);
        assert!(drawn(&slack(&facts)).contains(share), "{cause}");
        assert!(email(&facts).1.contains(share), "{cause}");
    }
}

#[test]
fn without_healthy_lines_there_is_no_share() {
    let mut facts = facts(Event::Opened);
    facts.incident.requests = None;
    assert!(drawn(&slack(&facts)).contains("371 requests failed since"));
    facts.incident.errors = 1;
    assert!(drawn(&slack(&facts)).contains("1 request failed since"));
}

#[test]
fn an_unattributed_cause_names_the_missing_fields_and_the_command_once() {
    let mut facts = sample::facts(Event::Opened, Cause::BadGatewayUnattributed);
    if let Some(exemplar) = &mut facts.exemplar {
        exemplar.api_type = Some(diagnosis::ApiType::Http);
    }
    let drawn = drawn(&slack(&facts));
    let step = "1. The access log lacks error.responseType and integration.error, which would tell \
                the cause. gatewatch format http prints";
    assert!(drawn.contains(step), "{drawn}");
    assert_eq!(drawn.matches("gatewatch format").count(), 1, "{drawn}");
}

#[test]
fn a_reminder_and_a_resolution_repeat_only_what_still_matters() {
    let reminded = drawn(&slack(&facts(Event::Reminded)));
    assert!(reminded.starts_with("🔴 Critical, still failing: "), "{reminded}");
    assert!(reminded.contains("Still failing after 4 h.") && reminded.contains("Next"));
    assert!(!reminded.contains("integration.error ="), "{reminded}");
    let resolved = drawn(&slack(&facts(Event::Resolved)));
    assert!(
        resolved.starts_with("✅ Resolved: 502 Lambda function timed out\n\nQuiet again after")
    );
    assert!(!resolved.contains("Next") && !resolved.contains("Should callers retry"));
}

#[test]
fn the_living_message_keeps_everything_and_turns_green() {
    let mut facts = facts(Event::Opened);
    assert_eq!(
        body(sample_message(ChannelKind::Slack, &facts, true).unwrap()),
        slack(&facts),
        "as it was opened"
    );
    facts.acknowledged_by = Some("Ann".to_owned());
    let acknowledged = drawn(&body(sample_message(ChannelKind::Slack, &facts, true).unwrap()));
    assert!(acknowledged.contains("👀 Ann is looking after it."), "{acknowledged}");
    facts.incident.resolved_at = Some(facts.at.plus_millis(1_800_000));
    let resolved = drawn(&body(sample_message(ChannelKind::Slack, &facts, true).unwrap()));
    assert!(resolved.starts_with("✅ Resolved: "), "{resolved}");
    assert!(resolved.contains("Quiet again after 37 min") && resolved.contains("Next\n1. "));
}

#[test]
fn a_storm_is_one_message_with_the_worst_ten_and_the_names_of_others() {
    let facts = sample::storm(Event::Opened);
    let total: u64 = facts.storm.iter().map(|member| member.errors).sum();
    let drawn = drawn(&slack(&facts));
    assert!(drawn.starts_with("🔴 Critical: 12 APIs fail at the same time"), "{drawn}");
    assert!(drawn.contains("- shop/prod  Lambda function timed out, 1,240 errors"), "{drawn}");
    assert!(drawn.contains("Also returns/prod, gifts/prod") && !drawn.contains("more"), "{drawn}");
    assert!(total == 3_845 && drawn.contains("3,845 requests failed"), "{total} in {drawn}");
    assert_eq!(drawn.matches("\n- ").count() + usize::from(drawn.starts_with("- ")), 10);
    assert!(email(&facts).1.contains("- shop/prod: Lambda function timed out, 1,240 errors"));
    // The other has another cause.
    let text = "CRITICAL: 12 APIs fail: shop/prod: Lambda function timed out, 3845 failed since 14:05 \
                UTC. Gatewatch ";
    assert!(sms(&facts).starts_with(text), "{}", sms(&facts));
    assert!(email(&facts).0 == "CRITICAL: 12 APIs fail at the same time");
}

#[test]
fn a_link_whose_region_or_log_group_is_unknown_is_left_out() {
    let known = facts(Event::Opened);
    assert!(slack(&known).to_string().contains("logs-insights"));
    for unknown in [
        Facts { region: None, ..known.clone() },
        Facts { incident: IncidentView { log_group: None, ..known.incident.clone() }, ..known },
    ] {
        assert!(!slack(&unknown).to_string().contains("https://"));
        assert!(!email(&unknown).1.contains("https://"));
    }
}

#[test]
fn every_cause_and_event_keeps_every_limit() {
    for &cause in Cause::ALL {
        for event in EVENTS {
            check::all(&sample::facts(event, cause));
        }
    }
    for event in EVENTS {
        check::all(&sample::storm(event));
    }
}

#[test]
fn a_text_message_of_every_cause_keeps_its_whole_title() {
    for entry in catalogue::entries() {
        for event in [Event::Opened, Event::Resolved] {
            let text = sms(&sample::facts(event, entry.cause));
            assert!(text.contains(entry.title), "{text}");
        }
    }
}
