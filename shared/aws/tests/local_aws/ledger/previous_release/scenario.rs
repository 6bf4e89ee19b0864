//! A morning on which everything happens that the ledger keeps a row of.
//!
//! The engine writes most of it: a shop whose requests time out, three times in one hour; notes whose
//! cause nobody can find; an API that only writes an execution log; and in the end five APIs at once,
//! while Slack asks for fewer messages and the phone is opted out. What the engine would take days to
//! write, [`write_payments`] does by itself.

use alerting::{
    Acknowledged, Action, AuthoritativeLog, BatchId, Breakdown, CallerBucket, ChannelId,
    ChannelKind, Condition, Content, EXECUTION_PLACES, Event, EvidenceProgress, ExecutionLogging,
    Exemplar, Failure, Finding, Function, FunctionRun, Gap, GapKind, History, Incident, IncidentId,
    LastNotification, Ledger as _, Limits, LogGroupInventory, MinuteCounts, OutboxRow,
    RequestCounts, RouteKey, Scope, SendError, Settlement, Severity, Silence, Source, StageInfo,
    Target, Totals, Transition,
};
use alerting::{Committed, Remedy};
use diagnosis::{ApiType, Cause, Confidence, Timestamp};
use serde_json::json;

use super::world::{
    EXECUTION_GROUP, INVOCATION, NOTES_GROUP, PHONE, SHOP_GROUP, STORM_GROUP, World,
};

/// 2100-01-01T09:14:00Z
const START: i64 = 4_102_478_040_000;
const MINUTE: i64 = 60_000;

pub(super) const RULES: &str = r#"version = 1

[channels]
critical = ["slack", "sms"]
warning = ["slack", "email"]
info = ["slack"]

[[rule]]
name = "backend-pages" # ☃
match = { fault = ["api-configuration", "backend-code", "backend-capacity", "aws-network"] }
window = "5m"
min_errors = 7
min_rate = 0.01
min_requests = 10
severity = "critical"
clear_after = "10m"
remind_every = "4h"
"#;

fn minutes(minutes: i64) -> Timestamp {
    Timestamp::from_millis(START + minutes * MINUTE)
}

/// Plays it on a table. Returns the time at its end.
pub(super) async fn play(table: &str) -> Timestamp {
    let world = World::on(table, minutes(0)).await;
    let at = |minute| world.hands.set(minutes(minute));
    let adoption = world.engine.adopt_rules(RULES).await.unwrap();
    assert_eq!((adoption.adopted, adoption.problems), (true, vec![]));
    world.read_stages(None).await;

    world.ingest(SHOP_GROUP, &shop(minutes(0))).await;
    world.ingest(NOTES_GROUP, &notes(minutes(0))).await;
    for minute in [1, 2, 6, 12] {
        at(minute);
        world.sweep().await;
        world.gather_evidence().await;
    }
    at(15);
    world.ingest(SHOP_GROUP, &shop(minutes(15))).await;
    at(27);
    world.sweep().await;
    at(30);
    world.ingest(SHOP_GROUP, &shop(minutes(30))).await;
    at(31);
    world.ingest(EXECUTION_GROUP, &execution(minutes(31))).await;
    world.sweep().await;
    world.gather_evidence().await;
    world.read_stages(Some("rest:2:b0t2a1")).await;
    Box::pin(press(&world, Action::Acknowledge, &source("a1b2c3d4e5", "prod"))).await;

    let silence = Silence::new(
        Scope {
            api: vec!["larkfield-*".to_owned(), "q7r8s9t0u1".to_owned()],
            stage: vec!["prod?".to_owned()],
            cause: vec!["lambda-timed-out".to_owned()],
            route: vec!["POST /orders*".to_owned(), "GET /carts/{id}".to_owned()],
        },
        minutes(31),
        minutes(31 + 10 * 24 * 60),
        "Grace \u{2603} Hopper",
    );
    assert_eq!(world.engine.silence(&silence.unwrap()).await.unwrap(), None);

    at(40);
    let unanswered = SendError::new("Slack did not answer within 5 s").that_may_have_arrived();
    let limited = SendError::with("Slack answered 429: rate_limited", Remedy::Wait(4 * MINUTE));
    world.bot.answers.borrow_mut().extend([unanswered, limited]);
    let opted_out = SendError::with("SNS answered 400: opted out", Remedy::Park);
    world.sms.answers.borrow_mut().push_back(opted_out);
    world.ingest(STORM_GROUP, &storm(minutes(40))).await;
    Box::pin(press(&world, Action::SilenceForAnHour, &source("storm00002", "prod"))).await;
    at(41);
    world.ingest(SHOP_GROUP, &shop(minutes(41))[..6]).await;
    world.sweep().await;

    Box::pin(write_payments(&world)).await;
    minutes(41)
}

async fn press(world: &World, action: Action, source: &Source) {
    let state = world.ledger().state(source).await.unwrap();
    let incident = state.open().next().unwrap().id.clone();
    let target = Target { incident, source: source.clone() };
    let id = world.invocation_id();
    let who = "Ada Lovelace (U024BE7LH)";
    Box::pin(world.engine.press(action, &target, who, world.call(&id))).await.unwrap();
}

fn source(api_id: &str, stage: &str) -> Source {
    Source::Stage { api_id: api_id.to_owned(), stage: stage.to_owned() }
}

/// Twelve orders that time out, for three callers, and eight that do not.
fn shop(at: Timestamp) -> Vec<String> {
    let line = |n: i64| {
        let (status, more) = if n < 12 {
            (504, r#","error.responseType":"INTEGRATION_TIMEOUT""#)
        } else {
            (200, "")
        };
        let (at, caller) = (at.as_millis() + n, n % 3);
        format!(
            r#"{{"requestId":"r{at}","integrationRequestId":"{INVOCATION}","apiId":"a1b2c3d4e5","stage":"prod","requestTimeEpoch":"{at}","httpMethod":"POST","resourcePath":"/orders","ip":"192.0.2.{caller}","responseLatency":"29001","status":"{status}"{more}}}"#
        )
    };
    (0..20).map(line).collect()
}

/// Notes that fail for an unknown reason, on paths of which the template is not known.
fn notes(at: Timestamp) -> Vec<String> {
    let line = |n: i64| {
        let at = at.as_millis() + n;
        format!(
            r#"{{"requestId":"n{at}","requestTimeEpoch":"{at}","httpMethod":"GET","path":"/notes/a:b#{n}","status":"502"}}"#
        )
    };
    (0..11).map(line).collect()
}

/// Twelve requests that fail, of which only an execution log tells.
fn execution(at: Timestamp) -> Vec<String> {
    let lines = |n: i64| {
        let id = format!("e{}-{n}", at.minute());
        [
            format!("({id}) Starting execution for request: {id}"),
            format!("({id}) HTTP Method: PUT, Resource Path: /stock/{{sku}}"),
            format!("({id}) Execution failed due to a timeout error"),
            format!("({id}) Method completed with status: 504"),
        ]
    };
    (0..12).flat_map(lines).collect()
}

/// Five APIs that fail at once.
fn storm(at: Timestamp) -> Vec<String> {
    let line = |n: i64| {
        let (at, api) = (at.as_millis() + n, n % 5);
        format!(
            r#"{{"requestId":"s{at}","apiId":"storm{api:05}","stage":"prod","requestTimeEpoch":"{at}","httpMethod":"GET","resourcePath":"/","status":"504","error.responseType":"INTEGRATION_TIMEOUT"}}"#
        )
    };
    (0..50).map(line).collect()
}

/// The incident whose every field says something, with everything around it.
async fn write_payments(world: &World) {
    let ledger = world.ledger();
    let now = minutes(41);
    let minute = now.minute();
    let source = Source::LogGroup(PAYMENTS_GROUP.to_owned());
    count(world, &source, minute).await;
    ledger.record_cause(&source, Cause::LambdaOutOfMemory, minute - 3_000).await.unwrap();
    ledger.record_cause(&source, Cause::LambdaOutOfMemory, minute - 2).await.unwrap();
    ledger.record_cause(&source, Cause::WafBlocked, minute - 3).await.unwrap();

    let incident = payments(&source);
    let [webhook, bot, email] =
        [ChannelKind::Slack, ChannelKind::SlackBot, ChannelKind::Email].map(ChannelId::only);
    let sms = ChannelId::sms(PHONE.to_owned());
    let outbox = rows(&incident, now);
    let sent = OutboxRow { seq: 6, ..outbox[1].clone() };
    let mut first = outbox.clone();
    first.push(sent.clone());
    // Version 2 of its source: this one was not the first.
    for (read_version, outbox) in [(0, Vec::new()), (1, first)] {
        let transition = Transition { read_version, incident: incident.clone(), outbox };
        assert_eq!(ledger.commit(&transition).await.unwrap(), Committed::Done);
    }

    // Sent, failed, given back; and two that are held.
    let until = now.plus_millis(MINUTE);
    let id = &incident.id;
    let lease = async |channel: &ChannelId, holder: &str| {
        let leased = ledger.lease(channel, id, holder, now, until).await.unwrap();
        assert!(leased.is_some(), "{channel} {holder}");
    };
    lease(&bot, "call-61").await;
    let place = Some("C024BE91L/4102470000.000100".to_owned());
    ledger.settle(&[sent], "call-61", Settlement::Done { message_ref: place }).await.unwrap();
    lease(&bot, "call-62").await;
    for due in [now.plus_millis(5_000), now.plus_millis(12_345)] {
        lease(&webhook, "call-63").await;
        let reason = "Slack answered 500 \u{2603}".to_owned();
        let failure = Failure { reason, may_have_arrived: true };
        let retry = Settlement::RetryAt { due, failure };
        ledger.settle(&outbox[..1], "call-63", retry).await.unwrap();
    }
    lease(&email, "call-64").await;
    ledger.give_back(&email, id, "call-64").await.unwrap();
    lease(&sms, "call-65").await;

    ledger.pause(&webhook, now.plus_millis(90_000), "Slack answered 429").await.unwrap();
    let parked = now.plus_millis(20 * MINUTE);
    ledger.park(&webhook, parked, 3, "Slack answered 410 \u{2603}").await.unwrap();
    let pressed = "v0#4102478040:a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503%";
    assert!(ledger.first_time(pressed, "call-66", now, now.plus_millis(601_234)).await.unwrap());
    let known = LogGroupInventory {
        stages: vec![StageInfo {
            api_name: Some("Payments".to_owned()),
            format: Some("$context.requestId \"$context.path\" $context.status".to_owned()),
            access_log_group: Some(PAYMENTS_GROUP.to_owned()),
            execution_logging: Some(ExecutionLogging::Off),
            ..StageInfo::named("p5q6r7s8t9", "$default", ApiType::Http)
        }],
        refreshed_at: minutes(-7),
    };
    ledger.store_log_group(PAYMENTS_GROUP, &known).await.unwrap();
}

const PAYMENTS_GROUP: &str = "/aws/apigateway/pay#100%";

/// Both logs of the source, two batches in one minute, and requests to show.
async fn count(world: &World, source: &Source, minute: i64) {
    let ledger = world.ledger();
    ledger
        .register_source(source, AuthoritativeLog::Execution, "/pay/x", minute - 1)
        .await
        .unwrap();
    ledger.register_source(source, AuthoritativeLog::Access, PAYMENTS_GROUP, minute).await.unwrap();
    let counts = MinuteCounts {
        requests: 5_000,
        causes: [
            (Cause::LambdaOutOfMemory, 4_100),
            (Cause::BadGatewayUnattributed, 40),
            (Cause::Unparseable, 3),
        ]
        .into(),
        lines: 5_003,
        execution: RequestCounts { requests: 77, causes: [(Cause::IntegrationTimeout, 66)].into() },
    };
    let template = |name: &str| RouteKey::Template(name.to_owned());
    let breakdown = Breakdown {
        routes: [
            ((Cause::LambdaOutOfMemory, template("POST /pay/{id}:refund")), 4_000),
            ((Cause::LambdaOutOfMemory, RouteKey::PathBucket(17)), 100),
            ((Cause::BadGatewayUnattributed, template("other routes")), 40),
        ]
        .into(),
        path_names: [(17, "GET /pay/{id}/\u{2603}".to_owned())].into(),
        callers: [1, 256, 1_023].into(),
        top_callers: [(5, CallerBucket { errors: 2_001, name: "API key \u{2026}k3x9".to_owned() })]
            .into(),
        with_caller: 4_139,
        execution: [((Cause::IntegrationTimeout, template("POST /pay")), 66)].into(),
    };
    // Two batches of one shard, one of another.
    for batch in [0x7000_0000_0000_0001, 0x7000_0000_0000_0002, 0xf000_0000_0000_0003] {
        ledger.add_counts(source, minute, BatchId(batch), &counts).await.unwrap();
        ledger.add_breakdown(source, minute, BatchId(batch), &breakdown).await.unwrap();
    }
    let exemplar = Exemplar {
        cause: Cause::LambdaOutOfMemory,
        confidence: Confidence::Medium,
        time: minutes(41),
        request_id: Some("5759e988-bd862e3f".to_owned()),
        integration_request_id: Some(INVOCATION.to_owned()),
        route: Some("POST /pay/{id}:refund".to_owned()),
        status: Some(502),
        latency_ms: Some(1_234),
        evidence: vec![("integration.error".to_owned(), "killed \u{2603}".to_owned())],
        api_type: Some(diagnosis::ApiType::Http),
        missing_fields: vec!["$context.authorizer.error".to_owned()],
        filter: r#"status in [502, "502"]"#.to_owned(),
    };
    ledger.put_exemplar(source, minute, 2, &exemplar).await.unwrap();
    let timed_out = Exemplar { cause: Cause::IntegrationTimeout, ..exemplar };
    ledger.put_exemplar(source, minute, EXECUTION_PLACES + 1, &timed_out).await.unwrap();
}

/// One row for each channel, and one that waits for others to fail.
fn rows(incident: &Incident, now: Timestamp) -> Vec<OutboxRow> {
    let row = |channel: &str, event, condition, content| OutboxRow {
        incident: incident.id.clone(),
        opened_at: incident.opened_at,
        seq: 7,
        event,
        channel: channel.parse().unwrap(),
        content,
        created_at: now.plus_millis(-4_321),
        due: now.plus_millis(-1_234),
        attempts: 0,
        condition,
        failure: None,
        names_members: false,
        stand_in_at: None,
        critical_opening: event == Event::Opened,
        reason: None,
    };
    let sms = format!("sms:{PHONE}");
    let webhook = Content::Slack { body: json!({"text": "pay \u{2603}", "blocks": [{"n": 1.5}]}) };
    let living = Content::SlackBot {
        message: json!({"text": "how it stands"}),
        reply: Some(json!({"text": "what has happened", "reply_broadcast": true})),
    };
    let edit = Content::SlackBot { message: json!({"text": "only an edit"}), reply: None };
    let attributes = [("severity", "critical"), ("cause", "lambda-out-of-memory")];
    let attributes = attributes.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let letter = Content::Email {
        subject: "[CRITICAL] pay".to_owned(),
        body: "It fails.\n\u{2603}".to_owned(),
        attributes: attributes.into(),
    };
    let plain = Content::Email {
        subject: "[RESOLVED] pay".to_owned(),
        body: "It is over.".to_owned(),
        attributes: [].into(),
    };
    let waits_for = vec!["slack-bot".parse().unwrap(), sms.parse().unwrap()];
    vec![
        row("slack", Event::Opened, Condition::Always, webhook),
        row("slack-bot", Event::Reminded, Condition::Always, living),
        OutboxRow { seq: 8, ..row("slack-bot", Event::Updated, Condition::IfToldBefore, edit) },
        row(&sms, Event::Resolved, Condition::Always, Content::Sms { body: "pay".to_owned() }),
        row("email", Event::Opened, Condition::UnlessSentOn(waits_for), letter),
        OutboxRow { seq: 9, ..row("email", Event::Resolved, Condition::IfToldBefore, plain) },
    ]
}

/// Hardly anything in it is as it would be if it were not said; members of a storm are written by the
/// engine.
#[expect(clippy::too_many_lines, reason = "a row with all its fields")]
fn payments(source: &Source) -> Incident {
    let opened = minutes(-400);
    let cause = Cause::LambdaOutOfMemory;
    let function = Function {
        name: "pay-refunds".to_owned(),
        log_group: "/custom/pay-refunds".to_owned(),
        timeout_seconds: Some(30),
        memory_mb: Some(256),
    };
    let run = FunctionRun {
        duration_ms: Some(2_801),
        init_ms: Some(402),
        memory_used_mb: Some(255),
        memory_mb: Some(256),
        timeout_seconds: Some(30),
    };
    let finding = Finding {
        cause,
        confidence: Confidence::Medium,
        evidence: vec![("lambda.log".to_owned(), "Runtime exited \u{2603}".to_owned())],
        function: Some("pay-refunds".to_owned()),
        run: Some(run),
        is_joined: true,
        is_complete: true,
    };
    let gaps = [
        GapKind::NoFunctionLog,
        GapKind::FunctionLogDenied,
        GapKind::ExecutionLogOff,
        GapKind::ExecutionLogDenied,
        GapKind::FunctionDenied,
        GapKind::NoApi,
        GapKind::NoFunction,
        GapKind::SilentFunctionLog,
    ];
    let mut missing: Vec<Gap> = gaps.iter().map(|gap| gap.of("/custom/x")).collect();
    missing.push(GapKind::NoAnswer.alone());
    let course = History {
        notified: Some(LastNotification {
            at: minutes(3),
            errors: 371,
            cause: Cause::LambdaFunctionError,
            severity: Severity::Warning,
            returns: 3,
            sources: 4,
            findings: 2,
            gaps: true,
        }),
        since: Some(minutes(-33)),
        returns: 3,
        acknowledged: Some(Acknowledged { by: "Grace Hopper".to_owned(), at: minutes(5) }),
        limits: Some(Limits {
            clear_after_minutes: 12,
            remind_every_minutes: 90,
            min_errors: 6,
            min_rate: Some(0.025),
            min_requests: 21,
        }),
        errors: 384,
        shown_at: Some(minutes(4)),
        totals: Totals {
            before: minutes(-60).minute(),
            errors: [(cause, 300), (Cause::BadGatewayUnattributed, 55)].into(),
            requests: 9_876,
            peak: 42,
            first_error: Some(minutes(-402).minute()),
            last_error: Some(minutes(-61).minute()),
            callers: 31,
        },
        late_before: None,
        late_last: None,
        in_storm: false,
        evidence: EvidenceProgress {
            rounds: 2,
            calls: 5,
            spent_ms: 1_357,
            function: Some(function),
            invocations: vec![INVOCATION.to_owned()],
            findings: 2,
            next_at: Some(minutes(-390)),
            finding: Some(finding),
            gaps: missing,
            announces_gaps: true,
        },
        members: None,
        channels: Vec::new(),
        // No other version has written it.
        original: History::default().original,
    };
    Incident {
        id: IncidentId::new("111122223333", source, Cause::BadGatewayUnattributed, opened.minute()),
        source: source.clone(),
        log_group: "/aws/apigateway/pay".to_owned(),
        rule: "rule-of-last-year".to_owned(),
        severity: Severity::Critical,
        opening_cause: Cause::BadGatewayUnattributed,
        cause,
        confidence: Confidence::Medium,
        covered: vec![Cause::BadGatewayUnattributed, cause],
        window_start: opened.minute() - 4,
        opened_at: opened,
        resolved_at: None,
        seq: 7,
        history: course,
    }
}
