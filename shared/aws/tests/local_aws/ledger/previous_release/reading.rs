//! What release 0.1.0 stored is read as it was meant.
//!
//! Expectations are literal, and compare what was read as it would be stored again, so that they need no
//! name of a type. What is expected must be there; what a later release adds may be there as well. Beside
//! what is written here, all JSON of the table is expected as it stands in the fixture.

#![allow(clippy::too_many_lines, reason = "a table of expectations is as long as what is stored")]
#![allow(clippy::default_trait_access, reason = "names of types change, rows do not")]

use std::collections::BTreeMap;

use alerting::{
    AuthoritativeLog, BatchId, ChannelId, IncidentId, Ledger as _, Recorded, Severity, SmsGrant,
    SmsLimits, SmsMessage, Source,
};
use diagnosis::{Cause, Timestamp};
use serde::Serialize;
use serde_json::{Value, json};

use super::world::INVOCATION;
use super::{kind, scenario, table_0_1_0};
use crate::local::block_on;

/// 2100-01-01T09:55:00Z, when the scenario ended.
const NOW: i64 = 4_102_480_500_000;
const MINUTE: i64 = NOW / 60_000;

const SHOP: &str = "stage:a1b2c3d4e5/prod";
const STOCK: &str = "stage:e5d4c3b2a1/prod";
const NOTES: &str = "group:/aws/apigateway/notes 1#2%3";
const PAYMENTS: &str = "group:/aws/apigateway/pay#100%";

fn source(key: &str) -> Source {
    key.parse().unwrap()
}

fn channel(id: &str) -> ChannelId {
    id.parse().unwrap()
}

fn incident(id: &str) -> IncidentId {
    id.parse().unwrap()
}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn stored(value: impl Serialize) -> Value {
    serde_json::to_value(value).unwrap()
}

/// The JSON in an attribute of the rows under a partition key, in the order of their sort keys.
fn in_the_table(prefix: &str, name: &str, attribute: &str) -> Value {
    let pk = format!("{prefix}#{}", name.replace('%', "%25").replace('#', "%23"));
    let dump = table_0_1_0();
    let rows = dump.rows.iter().filter(|row| row["pk"]["S"] == pk);
    let texts = rows.filter_map(|row| row.get(attribute)?["S"].as_str());
    texts.map(|text| serde_json::from_str::<Value>(text).unwrap()).collect()
}

/// Fails unless everything in `wanted` is in `found`.
#[track_caller]
fn assert_holds(found: &Value, wanted: &Value, what: &str) {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => {
            for (key, wanted) in wanted {
                let what = format!("{what}/{key}");
                assert_holds(found.get(key).unwrap_or(&Value::Null), wanted, &what);
            }
        }
        (Value::Array(found), Value::Array(wanted)) => {
            assert_eq!(found.len(), wanted.len(), "{what}: {found:?}");
            for (place, (found, wanted)) in found.iter().zip(wanted).enumerate() {
                assert_holds(found, wanted, &format!("{what}/{place}"));
            }
        }
        _ => assert_eq!(found, wanted, "{what}"),
    }
}

#[test]
fn the_table_holds_every_kind_of_row() {
    let dump = table_0_1_0();
    assert_eq!((dump.release.as_str(), dump.at), ("0.1.0", at(NOW)));
    let mut rows: BTreeMap<String, usize> = BTreeMap::new();
    for row in &dump.rows {
        *rows.entry(kind(row)).or_default() += 1;
    }
    let wanted = [
        ("C -", 3),
        ("D", 13),
        ("G -", 3),
        ("G pass", 1),
        ("I", 10),
        ("I -", 10),
        ("L", 25),
        ("M", 13),
        ("N", 9),
        ("O", 20),
        ("P -", 1),
        ("Q", 2),
        ("R -", 1),
        ("S#n", 9),
        ("S#open", 9),
        ("S#told", 3),
        ("T", 2),
        ("X", 13),
    ];
    assert_eq!(rows.into_iter().collect::<Vec<_>>(), wanted.map(|(kind, n)| (kind.to_owned(), n)));
}

#[test]
fn every_incident_is_read_with_its_sources_version() {
    block_on(async {
        let (ledger, _) = table_0_1_0().restored().await;
        for (key, version, id, opening_cause, resolved) in [
            ("everywhere", 1, "95cb915a830c", "integration-timeout", false),
            (NOTES, 6, "82119804f3ed", "bad-gateway-unattributed", true),
            (PAYMENTS, 2, "2bf0a221ea09", "bad-gateway-unattributed", false),
            (SHOP, 11, "1cb359d1d338", "integration-timeout", false),
            (STOCK, 3, "f7832bd47aea", "integration-timeout", false),
            ("stage:storm00000/prod", 1, "a0fc6245cf59", "integration-timeout", false),
            ("stage:storm00001/prod", 1, "247767f1da78", "integration-timeout", false),
            ("stage:storm00002/prod", 2, "866d71aadfc8", "integration-timeout", false),
            ("stage:storm00003/prod", 1, "a8c5254459a8", "integration-timeout", false),
            ("stage:storm00004/prod", 1, "36f5cf1b6cfc", "integration-timeout", false),
        ] {
            let state = ledger.state(&source(key)).await.unwrap();
            assert_eq!(state.version, version, "{key}");
            let read = stored(state.incidents);
            let wanted = json!([{ "id": id, "source": key, "opening_cause": opening_cause }]);
            assert_holds(&read, &wanted, key);
            assert_eq!(!read[0]["resolved_at"].is_null(), resolved, "{key}");
            assert_holds(&read, &in_the_table("I", key, "incident"), key);
        }
    });
}

#[test]
fn no_field_of_an_incident_is_lost() {
    block_on(async {
        let (ledger, _) = table_0_1_0().restored().await;
        let read = async |key| stored(&ledger.state(&source(key)).await.unwrap().incidents[0]);
        let gap = |gap: &str| json!({ "gap": gap, "name": "/custom/x" });
        let lookup = json!({
            "rounds": 2,
            "calls": 5,
            "spent_ms": 1_357,
            "function": {
                "name": "pay-refunds",
                "log_group": "/custom/pay-refunds",
                "timeout_seconds": 30,
                "memory_mb": 256,
            },
            "invocations": [INVOCATION],
            "findings": 2,
            "next_at": "2100-01-01T02:44:00.000Z",
            "finding": {
                "cause": "lambda-out-of-memory",
                "confidence": "medium",
                "evidence": [["lambda.log", "Runtime exited \u{2603}"]],
                "function": "pay-refunds",
                "run": {
                    "duration_ms": 2_801,
                    "init_ms": 402,
                    "memory_used_mb": 255,
                    "memory_mb": 256,
                    "timeout_seconds": 30,
                },
                "is_joined": true,
                "is_complete": true,
            },
            "missing": [
                gap("no-function-log"),
                gap("function-log-denied"),
                gap("execution-log-off"),
                gap("execution-log-denied"),
                gap("function-denied"),
                gap("no-api"),
                gap("no-function"),
                gap("silent-function-log"),
                { "gap": "no-answer", "name": null },
            ],
            "tells_missing": true,
        });
        let payments = json!({
            "id": "2bf0a221ea09",
            "source": "group:/aws/apigateway/pay#100%",
            "log_group": "/aws/apigateway/pay",
            "rule": "rule-of-last-year",
            "severity": "critical",
            "opening_cause": "bad-gateway-unattributed",
            "cause": "lambda-out-of-memory",
            "confidence": "medium",
            "covered": ["bad-gateway-unattributed", "lambda-out-of-memory"],
            "window_start": MINUTE - 445,
            "opened_at": "2100-01-01T02:34:00.000Z",
            "resolved_at": null,
            "seq": 7,
            "course": {
                "told": {
                    "at": "2100-01-01T09:17:00.000Z",
                    "errors": 371,
                    "cause": "lambda-function-error",
                    "severity": "warning",
                    "returns": 3,
                    "sources": 4,
                    "findings": 2,
                    "missing": true,
                },
                "since": "2100-01-01T08:41:00.000Z",
                "returns": 3,
                "acknowledged": { "by": "Grace Hopper", "at": "2100-01-01T09:19:00.000Z" },
                "limits": {
                    "clear_after_minutes": 12,
                    "remind_every_minutes": 90,
                    "min_errors": 6,
                    "min_rate": 0.025,
                    "min_requests": 21,
                },
                "errors": 384,
                "shown_at": "2100-01-01T09:18:00.000Z",
                "totals": {
                    "before": MINUTE - 101,
                    "errors": { "bad-gateway-unattributed": 55, "lambda-out-of-memory": 300 },
                    "requests": 9_876,
                    "peak": 42,
                    "first_error": MINUTE - 443,
                    "last_error": MINUTE - 102,
                    "callers": 31,
                },
                "in_storm": false,
                "lookup": lookup,
                "members": null,
            },
        });
        assert_holds(&read(PAYMENTS).await, &payments, "payments");

        let storm = json!({
            "source": "everywhere",
            "seq": 1,
            "course": {
                "told": { "errors": 20, "sources": 2 },
                "members": {
                    "count": 2,
                    "errors": 20,
                    "grew_at": "2100-01-01T09:55:00.000Z",
                    "top": [
                        { "place": "storm00003/prod", "cause": "integration-timeout", "errors": 10 },
                        { "place": "storm00004/prod", "cause": "integration-timeout", "errors": 10 },
                    ],
                },
            },
        });
        assert_holds(&read("everywhere").await, &storm, "storm");

        // Came back twice, looked after, explained.
        let shop = json!({
            "seq": 9,
            "resolved_at": null,
            "course": {
                "since": "2100-01-01T09:44:00.000Z",
                "returns": 2,
                "told": { "errors": 36, "returns": 2, "findings": 2 },
                "acknowledged": { "by": "Ada Lovelace (U024BE7LH)" },
                "lookup": { "finding": { "evidence": [["Lambda log", "Task timed out after 29.00 seconds"]] } },
            },
        });
        assert_holds(&read(SHOP).await, &shop, "shop");

        let notes = json!({
            "resolved_at": "2100-01-01T09:26:00.000Z",
            "course": {
                "told": { "errors": 11, "missing": true },
                "lookup": { "missing": [{ "gap": "no-api", "name": null }], "tells_missing": true },
            },
        });
        assert_holds(&read(NOTES).await, &notes, "notes");

        // A member of the storm: nobody was told of it by itself.
        let member =
            json!({ "seq": 0, "course": { "told": null, "in_storm": true, "errors": 10 } });
        assert_holds(&read("stage:storm00003/prod").await, &member, "member");
    });
}

#[test]
fn every_open_incident_is_found() {
    block_on(async {
        let (ledger, _) = table_0_1_0().restored().await;
        let open = |id: &str, key: &str, since: &str, errors: u64, in_storm: bool| {
            let is_storm = key == "everywhere";
            let log_group = match key {
                SHOP => "/aws/apigateway/shop",
                STOCK => "API-Gateway-Execution-Logs_e5d4c3b2a1/prod",
                _ if is_storm => "",
                _ => "/aws/apigateway/storm",
            };
            json!({
                "id": id,
                "source": key,
                "log_group": log_group,
                "rule": "backend-pages",
                "severity": "critical",
                "opening_cause": "integration-timeout",
                "cause": "integration-timeout",
                "since": format!("2100-01-01T{since}:00.000Z"),
                "errors": errors,
                "in_storm": in_storm,
            })
        };
        let payments = json!({
            "id": "2bf0a221ea09",
            "source": PAYMENTS,
            "log_group": "/aws/apigateway/pay",
            "rule": "rule-of-last-year",
            "severity": "critical",
            "opening_cause": "bad-gateway-unattributed",
            "cause": "lambda-out-of-memory",
            "confidence": "medium",
            "window_start": MINUTE - 445,
            "since": "2100-01-01T08:41:00.000Z",
            "errors": 384,
            "in_storm": false,
        });
        let wanted = [
            open("1cb359d1d338", SHOP, "09:44", 42, false),
            open("f7832bd47aea", STOCK, "09:45", 12, false),
            open("a0fc6245cf59", "stage:storm00000/prod", "09:54", 10, false),
            open("247767f1da78", "stage:storm00001/prod", "09:54", 10, false),
            open("866d71aadfc8", "stage:storm00002/prod", "09:54", 10, false),
            open("a8c5254459a8", "stage:storm00003/prod", "09:54", 10, true),
            open("36f5cf1b6cfc", "stage:storm00004/prod", "09:54", 10, true),
            payments,
            open("95cb915a830c", "everywhere", "09:55", 20, false),
        ];
        let read = stored(ledger.open_incidents().await.unwrap());
        assert_holds(&read, &json!(wanted), "open");

        // With the sources that lines came from in the last quarter of an hour.
        let live = ledger.live_sources(MINUTE - 15).await.unwrap();
        let live: Vec<String> =
            live.iter().map(|live| format!("{} {}", live.source, live.log_group)).collect();
        assert_eq!(
            live,
            [
                "stage:a1b2c3d4e5/prod /aws/apigateway/shop",
                "stage:e5d4c3b2a1/prod API-Gateway-Execution-Logs_e5d4c3b2a1/prod",
                "stage:storm00000/prod /aws/apigateway/storm",
                "stage:storm00001/prod /aws/apigateway/storm",
                "stage:storm00002/prod /aws/apigateway/storm",
                "stage:storm00003/prod /aws/apigateway/storm",
                "stage:storm00004/prod /aws/apigateway/storm",
                "group:/aws/apigateway/pay#100% /aws/apigateway/pay#100%",
                "everywhere ",
            ]
        );
        let live = ledger.live_sources(MINUTE - 41).await.unwrap();
        assert!(live.iter().any(|live| live.source == source(NOTES)), "{live:?}");
    });
}

#[test]
fn every_message_of_the_outbox_is_read() {
    block_on(async {
        let (ledger, _) = table_0_1_0().restored().await;
        let always = json!("always");
        let told = json!("if-told-before");
        let waits = json!({ "unless-sent-on": ["slack-bot", "sms:+12025550123"] });
        let none = Value::Null;
        let no_answer =
            json!({ "reason": "Slack did not answer within 5 s", "may_have_arrived": true });
        let answered_500 =
            json!({ "reason": "Slack answered 500 \u{2603}", "may_have_arrived": true });
        let limited = json!({ "reason": "Slack answered 429", "may_have_arrived": false });
        let opted_out = json!({ "reason": "SNS answered 400", "may_have_arrived": false });
        // Incident, number, event, condition; opened, created and due in milliseconds from now; attempts,
        // failure.
        let channels = [
            (
                "email",
                vec![
                    ("2bf0a221ea09", 7, "opened", &waits, -26_460_000, -4_321, -1_234, 0, &none),
                    ("2bf0a221ea09", 9, "resolved", &told, -26_460_000, -4_321, -1_234, 0, &none),
                    ("247767f1da78", 1, "opened", &waits, -60_000, -60_000, 240_000, 0, &none),
                    ("866d71aadfc8", 1, "opened", &waits, -60_000, -60_000, 240_000, 0, &none),
                    ("a0fc6245cf59", 1, "opened", &waits, -60_000, -60_000, 240_000, 0, &none),
                    ("95cb915a830c", 1, "opened", &waits, 0, 0, 300_000, 0, &none),
                ],
            ),
            (
                "slack",
                vec![(
                    "2bf0a221ea09",
                    7,
                    "opened",
                    &always,
                    -26_460_000,
                    -4_321,
                    12_345,
                    2,
                    &answered_500,
                )],
            ),
            (
                "slack-bot",
                vec![
                    ("2bf0a221ea09", 7, "reminded", &always, -26_460_000, -4_321, -1_234, 0, &none),
                    ("2bf0a221ea09", 8, "updated", &told, -26_460_000, -4_321, -1_234, 0, &none),
                    ("1cb359d1d338", 9, "updated", &told, -2_460_000, 0, 0, 0, &none),
                    ("247767f1da78", 1, "opened", &always, -60_000, -60_000, 180_000, 1, &limited),
                    ("866d71aadfc8", 1, "opened", &always, -60_000, -60_000, -60_000, 0, &none),
                    ("866d71aadfc8", 2, "updated", &told, -60_000, -60_000, -60_000, 0, &none),
                    (
                        "a0fc6245cf59",
                        1,
                        "opened",
                        &always,
                        -60_000,
                        -60_000,
                        -54_888,
                        1,
                        &no_answer,
                    ),
                    ("95cb915a830c", 1, "opened", &always, 0, 0, 0, 0, &none),
                ],
            ),
            (
                "sms:+12025550123",
                vec![
                    ("2bf0a221ea09", 7, "resolved", &always, -26_460_000, -4_321, -1_234, 0, &none),
                    ("247767f1da78", 1, "opened", &always, -60_000, -60_000, -60_000, 0, &none),
                    ("866d71aadfc8", 1, "opened", &always, -60_000, -60_000, -60_000, 0, &none),
                    (
                        "a0fc6245cf59",
                        1,
                        "opened",
                        &always,
                        -60_000,
                        -60_000,
                        540_000,
                        1,
                        &opted_out,
                    ),
                    ("95cb915a830c", 1, "opened", &always, 0, 0, 0, 0, &none),
                ],
            ),
        ];
        let mut read = serde_json::Map::new();
        for (name, wanted) in channels {
            let from_now = |millis: i64| stored(at(NOW + millis));
            let wanted: Vec<Value> = wanted
                .into_iter()
                .map(|(id, seq, event, condition, opened, created, due, attempts, failure)| {
                    json!({
                        "incident": id, "seq": seq, "event": event, "condition": condition,
                        "opened_at": from_now(opened), "created_at": from_now(created),
                        "due": from_now(due), "attempts": attempts, "failure": failure,
                        "channel": name,
                    })
                })
                .collect();
            let rows = stored(ledger.pending(&channel(name), None, 100).await.unwrap());
            assert_holds(&rows, &json!(wanted), name);
            let contents: Value =
                rows.as_array().unwrap().iter().map(|row| row["content"].clone()).collect();
            assert_holds(&contents, &in_the_table("O", name, "content"), name);
            read.insert(name.to_owned(), rows);
        }
        let living = json!({
            "channel": "slack-bot",
            "message": { "text": "how it stands" },
            "reply": { "text": "what has happened", "reply_broadcast": true },
        });
        assert_holds(&read["slack-bot"][0]["content"], &living, "living");
        let edit = json!({ "message": { "text": "only an edit" }, "reply": null });
        assert_holds(&read["slack-bot"][1]["content"], &edit, "edit");
        let webhook = json!({
            "channel": "slack",
            "body": { "text": "pay \u{2603}", "blocks": [{ "n": 1.5 }] },
        });
        assert_holds(&read["slack"][0]["content"], &webhook, "webhook");
        let sms = json!({ "channel": "sms", "body": "pay" });
        assert_holds(&read["sms:+12025550123"][0]["content"], &sms, "sms");
        let letter = json!({
            "channel": "email",
            "subject": "[CRITICAL] pay",
            "body": "It fails.\n\u{2603}",
            "attributes": { "severity": "critical", "cause": "lambda-out-of-memory" },
        });
        assert_holds(&read["email"][0]["content"], &letter, "letter");
    });
}

#[test]
fn every_lease_is_read() {
    block_on(async {
        let (ledger, _) = table_0_1_0().restored().await;
        let payments = "C024BE91L/4102470000.000100";
        let usual = "C024BE91L/4102478040.000200";
        // Held until 09:56, last sent, where the message is.
        for (name, id, held, last_sent, place) in [
            ("slack-bot", "2bf0a221ea09", true, 6, Some(payments)),
            ("sms:+12025550123", "2bf0a221ea09", true, 0, None),
            ("slack", "2bf0a221ea09", false, 0, None),
            ("email", "2bf0a221ea09", false, 0, None),
            ("slack-bot", "1cb359d1d338", false, 8, Some(usual)),
            ("sms:+12025550123", "1cb359d1d338", false, 5, None),
            ("slack-bot", "82119804f3ed", false, 3, Some(usual)),
            ("slack-bot", "a0fc6245cf59", false, 0, None),
        ] {
            let (channel, id) = (channel(name), incident(id));
            assert_eq!(ledger.last_sent(&channel, &id).await.unwrap(), last_sent, "{name} {id}");
            let take = async |now: i64| {
                let until = at(now + 60_000);
                ledger.lease(&channel, &id, "successor", at(now), until).await.unwrap()
            };
            let last = NOW + 59_999;
            let early = if held { take(last).await.is_none() } else { true };
            assert!(early, "{name} {id} is held until its end");
            let lease = take(if held { last + 1 } else { NOW }).await.unwrap();
            assert_eq!(
                (lease.last_sent, lease.message_ref.as_deref(), lease.abandoned),
                (last_sent, place, held),
                "{name} {id}"
            );
        }
    });
}

#[test]
fn every_channels_state_is_read() {
    block_on(async {
        let (ledger, _) = table_0_1_0().restored().await;
        for (name, paused, parked, parkings, because) in [
            ("slack", Some("09:56:30"), Some("10:15:00"), 3, Some("Slack answered 410 \u{2603}")),
            ("slack-bot", Some("09:58:00"), None, 0, Some("Slack answered 429")),
            ("sms:+12025550123", None, Some("10:04:00"), 1, Some("SNS answered 400")),
            ("email", None, None, 0, None),
        ] {
            let time = |time: Option<&str>| time.map(|time| format!("2100-01-01T{time}.000Z"));
            let wanted = json!({
                "paused_until": time(paused), "parked_until": time(parked),
                "parkings": parkings, "because": because,
            });
            let state = ledger.channel(&channel(name)).await.unwrap();
            assert_holds(&stored(state), &wanted, name);
        }

        // Seven text messages that day, which do not count again.
        let sms = channel("sms:+12025550123");
        let limits = |per_number, in_all| SmsLimits { per_number, in_all };
        let take = async |limits, name| {
            let message = SmsMessage { name, critical_opening: false };
            ledger.take_sms(&sms, at(NOW), message, limits).await.unwrap()
        };
        for (per_number, in_all, message, grant) in [
            (7, 7, "1cb359d1d338#1", SmsGrant::Last),
            (7, 7, "another", SmsGrant::Over),
            (8, 10, "another", SmsGrant::Last),
            (10, 8, "a third", SmsGrant::Over),
        ] {
            assert_eq!(take(limits(per_number, in_all), message).await, grant, "{message}");
        }
    });
}

#[test]
fn what_was_counted_is_read() {
    block_on(async {
        let (ledger, _) = table_0_1_0().restored().await;
        let timeouts = |n| vec![(Cause::IntegrationTimeout, n)];
        let slow_too = vec![(Cause::HighLatency, 24), (Cause::IntegrationTimeout, 42)];
        let payments = vec![
            (Cause::BadGatewayUnattributed, 120),
            (Cause::LambdaOutOfMemory, 12_300),
            (Cause::Unparseable, 9),
        ];
        for (key, requests, lines, errors) in [
            (SHOP, 66, 0, slow_too),
            (NOTES, 11, 0, vec![(Cause::BadGatewayUnattributed, 11)]),
            // Of its execution log, beside which there is no other.
            (STOCK, 12, 0, timeouts(12)),
            // Not of its execution log, since its access log counts.
            (PAYMENTS, 15_000, 15_009, payments),
            ("stage:storm00004/prod", 10, 0, timeouts(10)),
        ] {
            let counters = ledger.counters(&source(key), MINUTE - 60, MINUTE).await.unwrap();
            assert_eq!(counters.requests(0, i64::MAX), requests, "{key}");
            assert_eq!(counters.lines(0, i64::MAX), lines, "{key}");
            let mut read =
                counters.errors(0, i64::MAX, |_, _| true).into_iter().collect::<Vec<_>>();
            read.sort_by_key(|(cause, _)| cause.as_str());
            assert_eq!(read, errors, "{key}");
        }

        // The notes tell which log counts, and batches that were counted are known.
        let payments = source(PAYMENTS);
        let counting =
            ledger.register_source(&payments, AuthoritativeLog::Execution, "/x", MINUTE).await;
        assert_eq!(counting, Ok(AuthoritativeLog::Access));
        let stock = source(STOCK);
        let counting =
            ledger.register_source(&stock, AuthoritativeLog::Execution, "/x", MINUTE).await;
        assert_eq!(counting, Ok(AuthoritativeLog::Execution));
        for (batch, recorded) in [
            (0x7000_0000_0000_0001, Recorded::Duplicate),
            (0x7000_0000_0000_0002, Recorded::Duplicate),
            (0xf000_0000_0000_0003, Recorded::Duplicate),
            (0xf000_0000_0000_0004, Recorded::New),
        ] {
            let (batch, nothing, none) = (BatchId(batch), Default::default(), Default::default());
            let counts = ledger.add_counts(&payments, MINUTE, batch, &nothing).await;
            let breakdown = ledger.add_breakdown(&payments, MINUTE, batch, &none).await;
            assert_eq!((counts, breakdown), (Ok(recorded), Ok(recorded)), "{batch:?}");
        }
    });
}

#[test]
fn routes_and_callers_are_read() {
    block_on(async {
        let (ledger, _) = table_0_1_0().restored().await;
        let routes = |routes: &[(&str, &str, u64)]| -> Vec<String> {
            routes.iter().map(|(cause, route, n)| format!("{cause} {route} {n}")).collect()
        };
        for (key, wanted, paths, callers, with_caller, top_callers) in [
            (
                SHOP,
                routes(&[("integration-timeout", r#"Template("POST /orders")"#, 42)]),
                vec![],
                vec![55, 357, 842],
                42,
                vec![(10, 14, "one address"), (37, 14, "one address"), (55, 14, "one address")],
            ),
            (
                NOTES,
                routes(&[("bad-gateway-unattributed", "PathBucket(2)", 11)]),
                vec![(2, "GET /notes/a:b")],
                vec![],
                0,
                vec![],
            ),
            (
                STOCK,
                routes(&[("integration-timeout", r#"Template("PUT /stock/{sku}")"#, 12)]),
                vec![],
                vec![],
                0,
                vec![],
            ),
            (
                PAYMENTS,
                routes(&[
                    ("bad-gateway-unattributed", r#"Template("other routes")"#, 120),
                    ("lambda-out-of-memory", "PathBucket(17)", 300),
                    ("lambda-out-of-memory", r#"Template("POST /pay/{id}:refund")"#, 12_000),
                ]),
                vec![(17, "GET /pay/{id}/\u{2603}")],
                vec![1, 256, 1_023],
                12_417,
                vec![(5, 6_003, "API key \u{2026}k3x9")],
            ),
        ] {
            let read = ledger.breakdown(&source(key), MINUTE - 60, MINUTE).await.unwrap();
            let mut found: Vec<String> = read
                .routes
                .iter()
                .map(|((cause, route), n)| format!("{cause} {route:?} {n}"))
                .collect();
            found.sort();
            assert_eq!(found, wanted, "{key}");
            let found: Vec<_> = read.path_names.iter().map(|(at, name)| (*at, &**name)).collect();
            assert_eq!(found, paths, "{key}");
            assert_eq!(read.callers.into_iter().collect::<Vec<u16>>(), callers, "{key}");
            assert_eq!(read.with_caller, with_caller, "{key}");
            let busy = read.top_callers.iter();
            let found: Vec<_> = busy.map(|(at, busy)| (*at, busy.errors, &*busy.name)).collect();
            assert_eq!(found, top_callers, "{key}");
        }
        let minutes = ledger.breakdown_by_minute(&source(SHOP), MINUTE - 60, MINUTE).await.unwrap();
        let minutes: Vec<_> =
            minutes.iter().map(|(at, it)| (at - MINUTE, it.with_caller)).collect();
        assert_eq!(minutes, [(-41, 12), (-26, 12), (-11, 12), (0, 6)]);
    });
}

#[test]
fn every_request_to_show_is_read() {
    block_on(async {
        let (ledger, _) = table_0_1_0().restored().await;
        let mut read = serde_json::Map::new();
        for (key, requests) in [
            (SHOP, 4),
            (NOTES, 1),
            (STOCK, 1),
            // The other is of an execution log, and its access log counts.
            (PAYMENTS, 1),
            ("stage:storm00000/prod", 1),
        ] {
            let of_source = ledger.exemplars(&source(key), MINUTE - 60, MINUTE).await.unwrap();
            assert_eq!(of_source.len(), requests, "{key}");
            let of_source = stored(of_source);
            if key != PAYMENTS {
                assert_holds(&of_source, &in_the_table("X", key, "exemplar"), key);
            }
            read.insert(key.to_owned(), of_source);
        }
        let payments = json!([{
            "cause": "lambda-out-of-memory",
            "confidence": "medium",
            "time": "2100-01-01T09:55:00.000Z",
            "request_id": "5759e988-bd862e3f",
            "integration_request_id": INVOCATION,
            "route": "POST /pay/{id}:refund",
            "status": 502,
            "latency_ms": 1_234,
            "evidence": [["integration.error", "killed \u{2603}"]],
            "api_type": "HTTP",
            "missing_fields": ["$context.authorizer.error"],
            "filter": r#"status in [502, "502"]"#,
        }]);
        assert_holds(&read[PAYMENTS], &payments, "payments");
    });
}

#[test]
fn causes_seen_are_read() {
    block_on(async {
        let (ledger, _) = table_0_1_0().restored().await;
        let seen = async |key, since| -> Vec<_> {
            ledger.causes_seen(&source(key), since).await.unwrap().into_iter().collect()
        };
        let mut payments = seen(PAYMENTS, MINUTE - 3).await;
        payments.sort_by_key(|(cause, _)| cause.as_str());
        let wanted = [(Cause::LambdaOutOfMemory, MINUTE - 3_000), (Cause::WafBlocked, MINUTE - 3)];
        assert_eq!(payments, wanted, "each with the minute it was first seen in");
        let later = seen(PAYMENTS, MINUTE - 2).await;
        assert_eq!(later, [(Cause::LambdaOutOfMemory, MINUTE - 3_000)]);
        let notes = seen(NOTES, 0).await;
        assert_eq!(notes, [(Cause::BadGatewayUnattributed, MINUTE - 41)]);
    });
}

#[test]
fn what_people_wanted_is_read() {
    block_on(async {
        let (ledger, _) = table_0_1_0().restored().await;
        let silences = json!([
            {
                "id": "45d0d139ec2d",
                "scope": {
                    "api": ["larkfield-*", "q7r8s9t0u1"],
                    "stage": ["prod?"],
                    "cause": ["lambda-timed-out"],
                    "route": ["POST /orders*", "GET /carts/{id}"],
                },
                "since": "2100-01-01T09:45:00.000Z",
                "until": "2100-01-11T09:45:00.000Z",
                "author": "Grace \u{2603} Hopper",
            },
            {
                "id": "8acfae6ec0b7",
                "scope": {
                    "api": ["storm00002"],
                    "stage": ["prod"],
                    "cause": ["integration-timeout"],
                    "route": [],
                },
                "since": "2100-01-01T09:54:00.000Z",
                "until": "2100-01-01T10:54:00.000Z",
                "author": "Ada Lovelace (U024BE7LH)",
            },
        ]);
        assert_holds(&stored(ledger.silences(at(NOW)).await.unwrap()), &silences, "silences");
        let ended = ledger.end_silence("8acfae6ec0b7", at(NOW)).await.unwrap();
        assert_holds(&stored(ended), &silences[1], "ended");

        let rules = ledger.stored_rules().await.unwrap().unwrap();
        assert_eq!((rules.text.as_str(), rules.stored_at), (scenario::RULES, at(NOW - 2_460_000)));

        let pressed =
            "v0#4102478040:a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503%";
        let until = at(NOW + 601_234);
        let first =
            async |holder| ledger.first_time(pressed, holder, at(NOW), until).await.unwrap();
        assert!(!first("call-99").await && first("call-66").await);

        // Three sources have a slot, for five minutes: those of critical incidents keep the keys.
        for (api, has) in [("storm00000", true), ("storm00002", true), ("storm00003", false)] {
            let source = source(&format!("stage:{api}/prod"));
            let (severity, until) = (Severity::Critical, at(NOW + 300_000));
            let slot = ledger.take_slot(&source, severity, 3, at(NOW), until).await.unwrap();
            assert_eq!(slot, has, "{api}");
        }
    });
}

#[test]
fn what_is_known_of_stages_is_read() {
    block_on(async {
        let (ledger, _) = table_0_1_0().restored().await;
        let format = r#"{"requestId":"$context.requestId","apiId":"$context.apiId","stage":"$context.stage","requestTimeEpoch":"$context.requestTimeEpoch","httpMethod":"$context.httpMethod","resourcePath":"$context.resourcePath","status":"$context.status"}"#;
        let shop = json!([
            {"a": "a1b2c3d4e5", "n": "Shop \u{2603}", "t": "REST", "s": "prod", "g": "/aws/apigateway/shop", "f": 0, "x": "errors"},
            {"a": "c3h4a5t6w7", "t": "WEBSOCKET", "s": "live", "g": "/aws/apigateway/shop", "f": 0, "x": "info"},
        ]);
        let notes = json!({"a": "n0t1e2s3a4", "n": "Notes", "t": "HTTP", "s": "$default", "g": "/aws/apigateway/storm", "x": "off"});
        let payments = json!([{"a": "p5q6r7s8t9", "n": "Payments", "t": "HTTP", "s": "$default", "g": "/aws/apigateway/pay#100%", "f": 0, "x": "off"}]);
        for (name, refreshed_at, formats, stages) in [
            ("/aws/apigateway/shop", "09:14", json!([format]), shop.clone()),
            (
                "/aws/apigateway/storm",
                "09:14",
                json!(["$context.requestId $context.status"]),
                json!([notes]),
            ),
            (
                "/aws/apigateway/pay#100%",
                "09:07",
                json!(["$context.requestId \"$context.path\" $context.status"]),
                payments,
            ),
        ] {
            let known = ledger.log_group(name).await.unwrap().unwrap();
            let wanted = json!({
                "stages": { "formats": formats, "stages": stages },
                "refreshed_at": format!("2100-01-01T{refreshed_at}:00.000Z"),
            });
            assert_holds(&stored(&known), &wanted, name);
        }
        let known = ledger.log_group("/aws/apigateway/shop").await.unwrap().unwrap();
        assert_eq!(known.api_name(&source(SHOP)), Some("Shop \u{2603}"));

        let pass = ledger.inventory_refresh().await.unwrap().unwrap();
        let wanted = json!({
            "version": 2,
            "started_at": "2100-01-01T09:45:00.000Z",
            "progress": { "reading": "rest:2:b0t2a1" },
            "failures": 0,
            "gathered": {
                "formats": [format, "$context.requestId $context.status"],
                "stages": [shop[0], shop[1], notes],
            },
            "cut": 0,
            // Hashes of names; names are kept now, and all rows are written again.
            "kept": {},
        });
        assert_holds(&stored(&pass), &wanted, "pass");
    });
}
