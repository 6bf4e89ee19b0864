//! Every limit of every channel, over hostile incidents; and what each message must hold.

use diagnosis::{Cause, Confidence, Timestamp, catalogue, redact};
use proptest::prelude::*;
use serde_json::Value;

use super::{render, septets};
use crate::channel::{ChannelKind, Content};
use crate::details::Exemplar;
use crate::notification::{CauseErrors, Event, Facts, IncidentView, RouteErrors};
use crate::rules::Severity;

fn facts(event: Event, cause: Cause) -> Facts {
    let opened_at = Timestamp::from_millis(1_741_770_847_123);
    Facts {
        event,
        at: opened_at,
        incident: IncidentView {
            id: "0123456789ab".to_owned(),
            rule: "server-errors".to_owned(),
            severity: Severity::Critical,
            log_group: Some("/aws/apigateway/shop".to_owned()),
            api_id: Some("a1b2c3d4e5".to_owned()),
            api_name: None,
            stage: Some("prod".to_owned()),
            cause,
            family: catalogue::entry(cause).map(|entry| entry.family),
            confidence: Confidence::High,
            causes: vec![CauseErrors { cause, errors: 37 }],
            errors: 37,
            requests: Some(412),
            callers: Some(12),
            routes: vec![RouteErrors { route: "POST /orders".to_owned(), errors: 37 }],
            opened_at,
            resolved_at: (event == Event::Resolved).then(|| opened_at.plus_millis(1_500_000)),
        },
        exemplar: Some(exemplar(cause, "Endpoint request timed out")),
        window_start: Timestamp::of_minute(opened_at.minute() - 4),
        first_error: Timestamp::of_minute(opened_at.minute() - 2),
        peak: 20,
        region: Some("eu-west-1".to_owned()),
        change: None,
        minutes: Vec::new(),
        busiest_caller: None,
        acknowledged_by: None,
        flapping: false,
        storm: Vec::new(),
    }
}

fn exemplar(cause: Cause, text: &str) -> Exemplar {
    Exemplar {
        cause,
        confidence: Confidence::High,
        time: Timestamp::from_millis(1_741_770_847_123),
        request_id: Some("6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1".to_owned()),
        route: Some("POST /orders".to_owned()),
        status: Some(504),
        latency_ms: Some(29_001),
        evidence: vec![("error.message".to_owned(), redact::text(text, 300))],
        api_type: Some("REST".to_owned()),
        missing_fields: Vec::new(),
        filter: r#"status in [504, "504"]"#.to_owned(),
    }
}

fn slack(facts: &Facts) -> Value {
    match render(ChannelKind::Slack, facts) {
        Content::Slack { body } => body,
        other => panic!("{other:?}"),
    }
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

/// Slack's limits: <https://api.slack.com/reference/block-kit/blocks>
fn check_slack(message: &Value) {
    let length = |text: &Value| text["text"].as_str().map_or(0, |text| text.chars().count());
    assert!(message["text"].as_str().is_some_and(|text| !text.is_empty() && text.len() <= 4_000));
    let blocks = message["blocks"].as_array().unwrap();
    assert!((1..=50).contains(&blocks.len()));
    for block in blocks {
        match block["type"].as_str().unwrap() {
            "header" => {
                assert_eq!(block["text"]["type"], "plain_text");
                assert!((1..=150).contains(&length(&block["text"])));
            }
            "section" => {
                let fields = block["fields"].as_array().map_or(&[][..], Vec::as_slice);
                assert!(fields.len() <= 10 && (block["text"].is_object() || !fields.is_empty()));
                assert!(fields.iter().all(|field| (1..=2_000).contains(&length(field))));
                assert!(block["text"].is_null() || (1..=3_000).contains(&length(&block["text"])));
            }
            "context" => assert!(block["elements"].as_array().unwrap().len() <= 10),
            "rich_text" => {}
            other => panic!("an unexpected block: {other}"),
        }
    }
}

/// Every text that Slack parses as markup.
fn markup(message: &Value) -> Vec<String> {
    fn walk(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                if object.get("type").is_some_and(|kind| kind == "mrkdwn") {
                    found.extend(object["text"].as_str().map(str::to_owned));
                }
                object.values().for_each(|value| walk(value, found));
            }
            Value::Array(values) => values.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let mut found = vec![message["text"].as_str().unwrap_or_default().to_owned()];
    walk(message, &mut found);
    found
}

/// No mention and no link but the one into the console.
fn check_markup(message: &Value) {
    for text in markup(message) {
        for (at, _) in text.match_indices('<') {
            let ours = text[at..].starts_with("<https://eu-west-1.console.aws.amazon.com/");
            assert!(ours, "{text}");
        }
    }
}

fn check_email(subject: &str) {
    assert!((1..100).contains(&subject.len()), "{subject}");
    assert!(subject.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{subject}");
}

fn check_sms(text: &str) {
    assert!(septets(text).is_some_and(|count| count <= 160), "{text}");
}

#[test]
fn every_cause_and_event_keeps_every_limit() {
    for &cause in Cause::ALL {
        for event in [Event::Opened, Event::Resolved] {
            let facts = facts(event, cause);
            check_slack(&slack(&facts));
            check_markup(&slack(&facts));
            check_sms(&sms(&facts));
            check_email(&email(&facts).0);
        }
    }
}

#[test]
fn an_opening_says_what_fails_why_whose_fault_and_whether_to_retry() {
    let facts = facts(Event::Opened, Cause::IntegrationTimeout);
    let entry = catalogue::entry(Cause::IntegrationTimeout).unwrap();
    let message = slack(&facts);
    let header = message["blocks"][0]["text"]["text"].as_str().unwrap();
    assert!(header.contains("504") && header.contains(entry.title), "{header}");
    let all = message.to_string();
    for wanted in [
        "a1b2c3d4e5",
        "prod",
        "POST /orders",
        "37 of 412 requests failed (9.0 %)",
        "high confidence",
        "error.message = Endpoint request timed out",
        "At fault",
        entry.retry_reason,
        "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1",
        "0123456789ab",
        "logs-insights",
        "*2faws*2fapigateway*2fshop",
    ] {
        assert!(all.contains(wanted), "{wanted} in {all}");
    }
    let (subject, body) = email(&facts);
    assert_eq!(subject, format!("CRITICAL: 504 {} on a1b2c3d4e5/prod", entry.title));
    assert!(body.contains(entry.retry_reason) && body.contains("37 of 412"));
    assert_eq!(
        sms(&facts),
        format!(
            "CRITICAL a1b2c3d4e5/prod: 504 {}, 37/412 failed. Gatewatch 0123456789ab",
            entry.title
        )
    );
}

#[test]
fn a_resolution_says_how_long_it_lasted_and_how_bad_it_was() {
    let message = slack(&facts(Event::Resolved, Cause::IntegrationTimeout)).to_string();
    for wanted in ["Resolved", "quiet again after 27 min", "37 of 412", "at most 20 in one minute"]
    {
        assert!(message.contains(wanted), "{wanted} in {message}");
    }
}

#[test]
fn an_unattributed_cause_names_the_missing_fields_and_the_command() {
    let mut facts = facts(Event::Opened, Cause::BadGatewayUnattributed);
    if let Some(exemplar) = &mut facts.exemplar {
        exemplar.missing_fields =
            vec!["error.responseType".to_owned(), "integration.error".to_owned()];
        exemplar.api_type = Some("HTTP".to_owned());
    }
    let message = slack(&facts).to_string();
    assert!(message.contains("lacks error.responseType and integration.error"), "{message}");
    assert!(message.contains("gatewatch format http"), "{message}");
}

#[test]
fn a_link_whose_region_or_log_group_is_unknown_is_left_out() {
    let known = facts(Event::Opened, Cause::IntegrationTimeout);
    for unknown in [
        Facts { region: None, ..known.clone() },
        Facts { incident: IncidentView { log_group: None, ..known.incident.clone() }, ..known },
    ] {
        assert!(!slack(&unknown).to_string().contains("https://"));
        assert!(!email(&unknown).1.contains("These lines"));
    }
}

#[test]
fn the_whole_message_as_slack_gets_it() {
    insta::assert_json_snapshot!("opened", slack(&facts(Event::Opened, Cause::IntegrationTimeout)));
    insta::assert_json_snapshot!(
        "resolved",
        slack(&facts(Event::Resolved, Cause::IntegrationTimeout))
    );
    insta::assert_snapshot!("email", email(&facts(Event::Opened, Cause::IntegrationTimeout)).1);
}

fn hostile_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just("<!channel> <https://evil.example|Click> <@U123> &lt;".to_owned()),
        Just("```` `*_~ \u{202E}\u{200B}\u{1b}[31m".to_owned()),
        Just("😀日本語 €{}[]".to_owned()),
        "[ -~]{0,50}".prop_map(|text| text.repeat(1_000)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hostile_and_huge_incidents_keep_every_limit(
        cause in prop::sample::select(Cause::ALL),
        resolved in any::<bool>(),
        texts in prop::collection::vec(hostile_text(), 6),
        routes in 0_usize..300,
        numbers in any::<(u64, u64)>(),
    ) {
        let event = if resolved { Event::Resolved } else { Event::Opened };
        let mut facts = facts(event, cause);
        facts.incident.errors = numbers.0;
        facts.incident.requests = Some(numbers.1);
        facts.incident.api_id = Some(texts[0].clone());
        facts.incident.stage = Some(texts[1].clone());
        facts.incident.log_group = Some(texts[2].clone());
        facts.incident.routes = (0..routes)
            .map(|n| RouteErrors { route: format!("GET /{n}/{}", texts[3]), errors: 1 })
            .collect();
        let mut kept = exemplar(cause, &texts[4]);
        kept.request_id = Some(texts[5].clone());
        facts.exemplar = Some(kept);
        check_slack(&slack(&facts));
        check_markup(&slack(&facts));
        check_sms(&sms(&facts));
        check_email(&email(&facts).0);
    }
}
