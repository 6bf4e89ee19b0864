//! `gatewatch replay`, driven as a user would.

use crate::common::{objects, refusal, root, stdout};
use serde_json::Value;

fn outage() -> Vec<u8> {
    std::fs::read(root().join("examples/shop-outage.jsonl.gz")).unwrap()
}

fn replay(arguments: &[&str], input: impl Into<Vec<u8>>) -> Vec<Value> {
    let arguments = [&["replay", "--output", "json"], arguments].concat();
    objects(&stdout(&arguments, input), "notification.schema.json")
}

fn told(notifications: &[Value]) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    notifications.iter().map(|n| (text(&n["event"]), text(&n["incident"]["cause"]))).collect()
}

fn line(epoch_ms: i64, status: u16, more: &str) -> String {
    format!(
        r#"{{"requestId":"r","apiId":"a1b2c3d4e5","stage":"prod","requestTimeEpoch":"{epoch_ms}","status":"{status}"{more}}}"#
    )
}

#[test]
fn the_recorded_outage_is_told_as_it_happened() {
    let notifications =
        replay(&["--drain", "--region", "eu-west-1", "--log-group", "/shop"], outage());
    let wanted = [
        ("opened", "lambda-timed-out"),
        ("opened", "usage-plan-quota-exceeded"),
        // ten times the errors that were told first
        ("updated", "lambda-timed-out"),
        ("resolved", "lambda-timed-out"),
        ("resolved", "usage-plan-quota-exceeded"),
    ];
    assert_eq!(told(&notifications), wanted.map(|(event, cause)| (event.into(), cause.into())));
    let channels = |n: &Value| -> Vec<Value> {
        n["messages"].as_array().unwrap().iter().map(|m| m["channel"].clone()).collect()
    };
    assert_eq!(channels(&notifications[0]), ["slack", "sms", "email"], "critical");
    assert_eq!(channels(&notifications[1]), ["slack", "email"], "a warning sends no SMS");
    assert!(notifications[0].to_string().contains("logs-insights"));
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let arguments = ["replay", "--output", "json", "--drain"];
    assert_eq!(stdout(&arguments, outage()), stdout(&arguments, outage()));
}

#[test]
fn without_region_or_log_group_there_is_no_link() {
    for arguments in [&["--region", "eu-west-1"][..], &["--log-group", "/shop"]] {
        let notifications = replay(arguments, outage());
        assert!(!notifications.is_empty());
        assert!(!notifications.iter().any(|n| n.to_string().contains("https://")));
    }
}

#[test]
fn the_end_of_the_input_stops_the_clock() {
    let lines: Vec<String> = (0..20).map(|n| line(1_741_770_840_000 + n, 500, "")).collect();
    let notifications = replay(&[], lines.join("\n"));
    assert_eq!(told(&notifications), [("opened".into(), "internal-error-unattributed".into())]);
    let drained = replay(&["--drain"], lines.join("\n"));
    assert_eq!(drained.len(), 2);
    assert_eq!(drained[1]["at"], "2025-03-12T09:25:00.000Z", "ten whole quiet minutes later");
    assert_eq!(drained[0]["incident"]["id"], drained[1]["incident"]["id"]);
}

#[test]
fn a_quiet_log_disturbs_nobody() {
    let lines: Vec<String> =
        (0..500).map(|n| line(1_741_770_840_000 + n * 1_000, 200, "")).collect();
    assert!(replay(&["--drain"], lines.join("\n")).is_empty());
    let text = stdout(&["replay", "--output", "text"], lines.join("\n"));
    assert!(text.contains("Nobody would have been disturbed."), "{text}");
}

#[test]
fn input_without_any_time_is_refused() {
    let lines = r#"{"requestId":"r","status":"500"}"#;
    assert!(refusal(&["replay"], lines).contains("requestTimeEpoch"));
}

#[test]
fn undated_lines_happen_when_their_neighbours_do() {
    let mut lines = vec![r#"{"requestId":"r","status":"500"}"#.to_owned(); 3];
    lines.push(line(1_741_770_840_000, 500, ""));
    lines.extend(vec![r#"{"requestId":"r","status":"500"}"#.to_owned(); 6]);
    let notifications = replay(&["--log-group", "/shop"], lines.join("\n"));
    assert_eq!(notifications[0]["incident"]["log_group"], "/shop");
    assert_eq!(notifications[0]["incident"]["errors"], 9);
}

#[test]
fn the_timeline_can_be_read_without_colour() {
    let lines: Vec<String> = (0..20)
        .map(|n| line(1_741_770_840_000 + n, 504, r#","error.responseType":"INTEGRATION_TIMEOUT""#))
        .collect();
    let arguments = ["replay", "--output", "text", "--color", "never", "--drain"];
    insta::assert_snapshot!(stdout(&arguments, lines.join("\n")));
}

#[test]
fn many_sources_at_once_are_a_few_messages() {
    let lines: Vec<String> = (0..3_000)
        .map(|n| {
            line(1_741_770_840_000 + n, 500, "").replace("a1b2c3d4e5", &format!("api{}", n % 150))
        })
        .collect();
    let notifications = replay(&["--drain"], lines.join("\n"));
    let cause = "internal-error-unattributed";
    // Four messages name the 147 sources of the group, and four their ends.
    let wanted: [&[&str]; 5] =
        [&["opened"; 4], &["updated"; 3], &["resolved"; 3], &["updated"; 3], &["resolved"]];
    let wanted = wanted.concat().into_iter().map(|event| (event.into(), cause.into()));
    assert_eq!(told(&notifications), wanted.collect::<Vec<_>>());
    let storm = &notifications[3]["incident"];
    assert_eq!((&storm["api_id"], &storm["requests"]), (&Value::Null, &Value::Null));
    assert_eq!(storm["errors"], 147 * 20);
}

#[test]
fn a_problem_that_comes_back_is_told_under_its_name() {
    let spike =
        |minute: i64| (0..20).map(move |n| line(1_741_770_840_000 + minute * 60_000 + n, 500, ""));
    let lines: Vec<String> = [0, 20, 40].into_iter().flat_map(spike).collect();
    let notifications = replay(&["--drain"], lines.join("\n"));
    let events: Vec<String> = told(&notifications).into_iter().map(|(event, _)| event).collect();
    assert_eq!(events, ["opened", "resolved", "updated", "resolved", "updated", "resolved"]);
    let ids: Vec<&Value> = notifications.iter().map(|n| &n["incident"]["id"]).collect();
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(notifications[5]["at"], "2025-03-12T10:25:00.000Z", "flapping: half an hour later");
    let text = stdout(&["replay", "--output", "text", "--drain"], lines.join("\n"));
    assert!(text.contains("updated"), "{text}");
}

#[test]
fn a_line_from_another_century_keeps_nobody_waiting() {
    let mut lines: Vec<String> = (0..20).map(|n| line(1_741_770_840_000 + n, 500, "")).collect();
    lines.push(line(253_000_000_000_000, 200, ""));
    let notifications = replay(&["--drain"], lines.join("\n"));
    assert_eq!(notifications.len(), 2);
    assert_eq!(notifications[1]["at"], "2025-03-12T09:25:00.000Z");
}

#[test]
fn lines_of_a_format_of_ones_own_are_counted() {
    let format = "$context.status;$context.requestTimeEpoch;$context.stage;$context.apiId;$context.error.responseType";
    let lines: Vec<String> = (0..40)
        .map(|n| {
            format!("504;{};prod;a1b2c3d4e5;INTEGRATION_TIMEOUT", 1_700_000_000_000_i64 + n * 1_000)
        })
        .collect();
    let notifications = replay(&["--format", format], lines.join("\n"));
    assert_eq!(told(&notifications), [("opened".to_owned(), "integration-timeout".to_owned())]);
    assert_eq!(notifications[0]["incident"]["stage"], "prod");
    assert!(
        refusal(&["replay"], lines.join("\n")).contains("requestTimeEpoch"),
        "unknown without it"
    );
}

#[test]
fn each_notification_says_why_it_was_sent() {
    let notifications = replay(&["--drain"], outage());
    let reasons: Vec<(&str, &str, u64)> = notifications
        .iter()
        .map(|notification| {
            let reason = &notification["reason"];
            let text = |key: &str| reason[key].as_str().unwrap();
            (text("change"), text("rule"), reason["errors"].as_u64().unwrap())
        })
        .collect();
    let wanted = [
        ("opened", "server-errors", 8),
        ("opened", "quota", 12),
        ("grew", "server-errors", 30),
        ("resolved", "server-errors", 0),
        ("resolved", "quota", 0),
    ];
    assert_eq!(reasons, wanted);
    let threshold = &notifications[0]["reason"]["threshold"];
    let wanted = serde_json::json!({"min_errors": 5, "min_rate": 0.01, "min_requests": 20});
    assert_eq!(*threshold, wanted);
    assert_eq!(notifications[0]["reason"]["window"], "5m");
}

#[test]
fn what_was_held_back_is_printed_where_asked_for_and_once_for_each_change() {
    let arguments = ["replay", "--output", "json", "--drain", "--decisions"];
    let output = stdout(&arguments, outage());
    let (held, notified): (Vec<&str>, Vec<&str>) =
        output.lines().partition(|line| line.contains(r#""event":"held""#));
    objects(&notified.join("\n"), "notification.schema.json");
    let held = objects(&held.join("\n"), "held.schema.json");
    let holds: Vec<(&str, &str)> = held
        .iter()
        .map(|held| (held["hold"].as_str().unwrap(), held["incident"]["cause"].as_str().unwrap()))
        .collect();
    // Nothing to say after the opening of each, and once more after the update: not once a minute.
    let wanted = [
        ("unchanged", "lambda-timed-out"),
        ("unchanged", "usage-plan-quota-exceeded"),
        ("unchanged", "lambda-timed-out"),
    ];
    assert_eq!(holds, wanted);
    let plain = stdout(&["replay", "--output", "json", "--drain"], outage());
    assert_eq!(plain.lines().collect::<Vec<_>>(), notified, "the rest is the same");
}

#[test]
fn a_storm_holds_back_what_it_announces() {
    let minute = |n: u32| {
        (0..10).map(move |at| {
            format!(
                r#"{{"requestId":"r{n}-{at}","apiId":"api{n:07}","stage":"prod","requestTimeEpoch":"{}","status":"502"}}"#,
                1_741_770_840_000_i64 + i64::from(n) * 1_000 + at
            )
        })
    };
    let lines: Vec<String> = (0..8).flat_map(minute).collect();
    let output = stdout(&["replay", "--output", "json", "--decisions"], lines.join("\n"));
    let holds: Vec<&str> = ["\"hold\":\"slot\"", "\"hold\":\"in-group\""]
        .into_iter()
        .filter(|hold| output.contains(hold))
        .collect();
    assert!(holds.contains(&"\"hold\":\"slot\""), "{output}");
}
