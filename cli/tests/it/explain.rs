//! `gatewatch explain`, driven as a user would.

use crate::common::{objects, refusal, root, run, stdout};
use serde_json::json;

const TIMEOUT: &str = r#"{"requestId":"6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1","apiId":"a1b2c3d4e5","stage":"prod","requestTimeEpoch":"1741770847123","httpMethod":"POST","resourcePath":"/orders","status":"504","error.responseType":"INTEGRATION_TIMEOUT","responseLatency":"29001"}"#;
const HEALTHY: &str =
    r#"{"requestId":"r2","httpMethod":"GET","resourcePath":"/orders","status":"200"}"#;

fn explain(input: &str) -> Vec<serde_json::Value> {
    objects(&stdout(&["explain"], input), "explain.schema.json")
}

#[test]
fn a_failed_request_is_explained_in_full() {
    let found = explain(&format!("{HEALTHY}\n{TIMEOUT}\n"));
    let [object] = &found[..] else { panic!("{found:?}") };
    let wanted = json!({
        "line": 2, "source": "access", "api_type": "REST", "time": "2025-03-12T09:14:07.123Z",
        "log_group": null, "api_id": "a1b2c3d4e5", "api_name": null, "stage": "prod",
        "request_id": "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1", "route": "POST /orders",
        "status": 504, "latency_ms": 29001, "cause": "integration-timeout",
        "family": "gateway-timeout", "fault": "backend-code", "retry": "safe-if-idempotent",
        "confidence": "high",
        "evidence": [
            {"field": "error.responseType", "text": "INTEGRATION_TIMEOUT"},
            {"field": "status", "text": "504"},
        ],
    });
    assert_eq!(*object, wanted);
}

#[test]
fn all_prints_one_object_for_every_line() {
    let input = format!("{HEALTHY}\n\n[1]\n{TIMEOUT}\n");
    let found = objects(&stdout(&["explain", "--all"], input), "explain.schema.json");
    let causes: Vec<&str> = found.iter().filter_map(|object| object["cause"].as_str()).collect();
    assert_eq!(causes, ["none", "unparseable", "unknown", "integration-timeout"]);
}

#[test]
fn summary_counts_every_line() {
    let input = format!("{HEALTHY}\n{TIMEOUT}\nnot a log\n{TIMEOUT}\n");
    let output = stdout(&["explain", "--summary"], input);
    let found = objects(&output, "summary.schema.json");
    assert_eq!(found[0]["lines"], 4);
    assert_eq!((&found[0]["causes"][0]["cause"]), "integration-timeout");
}

#[test]
fn the_summary_shows_each_cause_over_time_in_80_columns() {
    let line = |second: i64, status: u16, kind: &str| {
        let time = 1_741_770_840_000 + second * 1_000;
        format!(
            r#"{{"requestId":"r{second}-{status}","requestTimeEpoch":"{time}","status":"{status}","error.responseType":"{kind}"}}"#
        )
    };
    let mut lines = vec!["{\"status\":\"50".to_owned()];
    for second in 0..1_800 {
        lines.push(line(second, 200, "-"));
        if second % (20 + second / 4 % 100) == 0 {
            lines.push(line(second, 504, "INTEGRATION_TIMEOUT"));
        }
        if second > 1_200 && second % 30 == 0 {
            lines.push(line(second, 403, "WAF_FILTERED"));
        }
    }
    let arguments = ["explain", "--summary", "--output", "text", "--color"];
    let plain = stdout(&[&arguments[..], &["never"]].concat(), lines.join("\n"));
    assert!(plain.lines().all(|line| line.chars().count() <= 80), "{plain}");
    insta::assert_snapshot!(plain);
    let coloured = stdout(&[&arguments[..], &["always"]].concat(), lines.join("\n"));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn cards_fit_80_columns_whatever_the_log_holds() {
    let line = serde_json::json!({
        "requestId": "r".repeat(150), "httpMethod": "POST", "resourcePath": format!("/{}", "x/".repeat(150)),
        "status": "502", "integration.error": format!("Lambda Customer Function Error:{} {}", "é".repeat(150), "/a/b".repeat(60)),
    });
    let output = stdout(&["explain", "--output", "text", "--color", "never"], line.to_string());
    for shown in output.lines() {
        assert!(shown.chars().count() <= 80, "{shown}");
    }
    assert!(output.contains("evidence"));
}

#[test]
fn a_format_of_ones_own_is_read_exactly() {
    let format = "$context.identity.sourceIp|$context.requestId|$context.httpMethod $context.resourcePath|$context.status|$context.error.responseType|$context.responseLatency";
    let input = format!(
        "203.0.113.7|6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1|POST /orders|504|INTEGRATION_TIMEOUT|29001\n203.0.113.7|b|GET /|200|-|7\n{TIMEOUT}\nnot of it\n"
    );
    let found = objects(
        &stdout(&["explain", "--all", "--format", format], input.as_str()),
        "explain.schema.json",
    );
    let causes: Vec<&str> = found.iter().filter_map(|object| object["cause"].as_str()).collect();
    assert_eq!(causes, ["integration-timeout", "none", "integration-timeout", "unknown"]);
    assert_eq!(
        (&found[0]["route"], &found[0]["latency_ms"]),
        (&json!("POST /orders"), &json!(29001))
    );
    assert_eq!(found[0]["evidence"][0]["field"], "error.responseType");
    // Without its format nobody can tell what the first line says.
    let found = objects(&stdout(&["explain", "--all"], input), "explain.schema.json");
    assert_ne!(found[0]["cause"], "integration-timeout");
}

#[test]
fn secrets_in_a_log_do_not_come_out() {
    let line = r#"{"status":"502","stage":"prod","integration_error":"Lambda Customer Function Error:token=hunter2hunter2 for ann@shop.example"}"#;
    let output = stdout(&["explain"], line);
    assert!(!output.contains("hunter2") && !output.contains("ann@"), "{output}");
}

#[test]
fn text_reads_the_same_without_colour() {
    let plain = stdout(&["explain", "--output", "text", "--color", "never"], TIMEOUT);
    insta::assert_snapshot!(plain);
    let coloured = stdout(&["explain", "--output", "text", "--color", "always"], TIMEOUT);
    assert!(coloured.contains("\u{1b}["));
    assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
}

#[test]
fn hostile_lines_cost_one_line_each() {
    let deep = format!("{}1{}", "[".repeat(1_000), "]".repeat(1_000));
    let input = [
        "{".repeat(1_000).into_bytes(),
        deep.into_bytes(),
        format!(r#"{{"status":"500","x":"{}"}}"#, "y".repeat(1_000_000)).into_bytes(),
        b"\xff\xfe\x00".to_vec(),
        br#"{"status":"500","x":"\ud800"}"#.to_vec(),
        TIMEOUT.as_bytes().to_vec(),
    ]
    .join(&b'\n');
    let found = objects(&stdout(&["explain", "--all"], input), "explain.schema.json");
    assert_eq!(found.len(), 6);
    assert_eq!(found[5]["cause"], "integration-timeout");
    assert_eq!(found[2]["cause"], "internal-error-unattributed");
}

#[test]
fn wrong_use_ends_with_2_and_a_sentence() {
    assert!(refusal(&["explain", "/no/such/file"], "").contains("cannot read /no/such/file"));
    assert!(refusal(&["explain"], r#"{"awslogs":{"data":"%"}}"#).contains("is not base64"));
    assert!(refusal(&["explain", "--all", "--summary"], "").contains("cannot be used with"));
    assert!(refusal(&["explain", "--output", "xml"], "").contains("possible values"));
    run(&["explain", "--help"], "").success();
    let bad_format = refusal(&["explain", "--format", "$context.requestId"], "");
    assert!(bad_format.contains("no $context.status"), "{bad_format}");
    assert!(refusal(&["explain", "--format", ".requestId .status"], "").contains("single quotes"));
    assert!(stdout(&["explain"], "").is_empty(), "no input is no error");
}

#[test]
fn the_shared_cases_in_json_access_logs_are_all_named() {
    let cases = root().join("../shared/cases/cases.jsonl");
    let Ok(cases) = std::fs::read_to_string(cases) else { return };
    let mut checked = 0;
    for case in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(case).unwrap();
        if case["source"] != "access" || case["log_format"] != "json" {
            continue;
        }
        let line = case["line"].as_str().unwrap();
        if line.is_empty() {
            continue;
        }
        let found = objects(&stdout(&["explain", "--all"], line), "explain.schema.json");
        assert_eq!(found[0]["cause"], case["cause"], "{}", case["id"]);
        checked += 1;
    }
    assert!(checked > 80, "{checked}");
}
