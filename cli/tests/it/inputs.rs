//! Whatever log lines were kept in, and what is none of it.

use std::path::PathBuf;

use crate::common::{gzip, objects, root, run, stdout};
use serde_json::{Value, json};

const AT_MS: i64 = 1_741_770_847_123;
const AT: &str = "2025-03-12T09:14:07.123Z";
const LINE: &str = r#"{"requestId":"6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1","httpMethod":"POST","resourcePath":"/orders","status":"504","error.responseType":"INTEGRATION_TIMEOUT"}"#;

fn subscription(messages: &[&str]) -> String {
    let events: Vec<Value> = messages
        .iter()
        .map(|message| json!({"id": "1", "timestamp": AT_MS, "message": message}))
        .collect();
    let envelope = json!({"messageType": "DATA_MESSAGE", "owner": "123456789012", "logGroup": "/shop",
        "logStream": "s", "subscriptionFilters": [], "logEvents": events});
    let packed = gzip(envelope.to_string().as_bytes());
    let data = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, packed);
    json!({"awslogs": {"data": data}}).to_string()
}

/// A cell of CSV.
fn cell(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn explain(arguments: &[&str], input: impl Into<Vec<u8>>) -> Vec<Value> {
    objects(&stdout(&[&["explain"], arguments].concat(), input), "explain.schema.json")
}

#[test]
fn every_container_holds_the_same_line() {
    let event = json!({"logStreamName": "s", "timestamp": AT_MS, "message": LINE, "eventId": "1"});
    let filtered = json!({"events": [event], "searchedLogStreams": []});
    let row = json!([
        {"field": "@timestamp", "value": "2025-03-12 09:14:07.123"},
        {"field": "@message", "value": LINE},
        {"field": "@ptr", "value": "CmEK"},
    ]);
    let results =
        json!({"results": [row], "statistics": {"recordsMatched": 1.0}, "status": "Complete"});
    let exported = json!([{"@timestamp": "2025-03-12 09:14:07.123", "@message": LINE}]);
    let exported_as_json =
        format!("[{{\"@message\":{LINE},\"@timestamp\":\"2025-03-12 09:14:07.123\"}}]");
    let csv = format!("@timestamp,@message\n2025-03-12 09:14:07.123,{}\n", cell(LINE));
    let spread =
        serde_json::to_string_pretty(&serde_json::from_str::<Value>(LINE).unwrap()).unwrap();
    for (name, input, has_time) in [
        ("a plain line", format!("{LINE}\n"), false),
        ("a line without an end", LINE.to_owned(), false),
        ("a line of Windows", format!("{LINE}\r\n"), false),
        ("a byte order mark", format!("\u{feff}{LINE}\n"), false),
        ("aws logs tail", format!("2025-03-12T09:14:07.123000+00:00 s {LINE}\n"), true),
        ("aws logs tail --format json", format!("2025-03-12T09:14:07.123000+00:00 s {spread}\n"), true),
        ("filter-log-events", filtered.to_string(), true),
        ("filter-log-events, indented", serde_json::to_string_pretty(&filtered).unwrap(), true),
        ("get-log-events", json!({"events": [{"timestamp": AT_MS, "message": LINE, "ingestionTime": AT_MS}], "nextForwardToken": "f"}).to_string(), true),
        ("a subscription event", subscription(&[LINE]), true),
        ("a subscription event and its line end", format!("{}\n", subscription(&[LINE])), true),
        ("get-query-results", results.to_string(), true),
        ("get-query-results, indented", serde_json::to_string_pretty(&results).unwrap(), true),
        ("the console's JSON", exported.to_string(), true),
        ("the console's JSON of JSON", exported_as_json, true),
        ("the console's CSV", csv.clone(), true),
        ("the console's CSV on Windows", format!("\u{feff}{}", csv.replace('\n', "\r\n")), true),
    ] {
        for input in [input.clone().into_bytes(), gzip(input.as_bytes())] {
            let found = explain(&["-"], input);
            let [object] = &found[..] else { panic!("{name}: {found:?}") };
            let time = if has_time { json!(AT) } else { Value::Null };
            assert_eq!((&object["cause"], &object["line"]), (&json!("integration-timeout"), &json!(1)), "{name}");
            assert_eq!((&object["time"], &object["route"]), (&time, &json!("POST /orders")), "{name}");
        }
    }
}

#[test]
fn containers_may_follow_one_another() {
    let filtered = json!({"events": [{"message": LINE}, {"message": LINE}]}).to_string();
    let packed = [gzip(b"x\n"), gzip(LINE.as_bytes())].concat();
    for (name, input, lines) in [
        ("pages", format!("{filtered}\n{filtered}").into_bytes(), 4),
        (
            "deliveries, one a line",
            format!("{0}\n{0}\n", subscription(&[LINE, LINE])).into_bytes(),
            4,
        ),
        ("deliveries among lines", format!("x\n{}\n", subscription(&[LINE])).into_bytes(), 2),
        ("gzip members", packed, 2),
    ] {
        assert_eq!(explain(&["--all"], input).len(), lines, "{name}");
    }
}

#[test]
fn rows_without_a_message_are_read_by_their_columns() {
    let csv = "@timestamp,status,error.responseType,httpMethod,resourcePath\n2025-03-12 09:14:07.123,504,INTEGRATION_TIMEOUT,POST,/orders\n";
    let found = explain(&[], csv);
    assert_eq!(found[0]["cause"], "integration-timeout");
    assert_eq!((&found[0]["time"], &found[0]["route"]), (&json!(AT), &json!("POST /orders")));
}

#[test]
fn files_are_read_one_after_the_other() {
    let file = root().join("examples/shop-outage.jsonl.gz");
    let file = file.to_str().unwrap();
    let once = stdout(&["explain", "--summary", file], "");
    let twice = stdout(&["explain", "--summary", file, file], "");
    let lines = |output: &str| objects(output, "summary.schema.json")[0]["lines"].as_u64().unwrap();
    assert_eq!(lines(&twice), 2 * lines(&once));
}

/// What is counted of bytes of any kind.
#[test]
fn every_line_is_counted_as_something() {
    let long = format!(r#"{{"status":"500","x":"{}"}}"#, "y".repeat(1_000_000));
    let too_long = format!(r#"{{"status":"500","x":"{}"}}"#, "y".repeat(2_000_000));
    let no_csv = "@timestamp,@message\n2025-03-12 09:14:07.123,\"broken off";
    let junk: Vec<u8> = (0..2_000_u32).map(|n| (n * 7_919 % 251) as u8).collect();
    let junk_lines = junk.split(|&byte| byte == b'\n').count();
    for (name, input, lines, errors) in [
        ("nothing", Vec::new(), 0, 0),
        ("an empty line", b"\n".to_vec(), 1, 0),
        ("an empty gzip", gzip(b""), 0, 0),
        ("no events", br#"{"events":[]}"#.to_vec(), 0, 0),
        ("column names only", b"@timestamp,@message\n".to_vec(), 0, 0),
        ("a broken cell", no_csv.as_bytes().to_vec(), 1, 0),
        ("bytes of any kind", junk, junk_lines, 0),
        ("bytes that are no UTF-8", b"{\"status\":\"500\",\"x\":\"\xFF\xC3\"}".to_vec(), 1, 1),
        ("a line of a megabyte", long.into_bytes(), 1, 1),
        ("a line of two megabytes", too_long.into_bytes(), 1, 0),
    ] {
        let output = stdout(&["explain", "--summary"], input);
        let summary = &objects(&output, "summary.schema.json")[0];
        assert_eq!(summary["lines"], lines, "{name}");
        assert_eq!(summary["errors"], errors, "{name}");
    }
}

/// Exit 2, one sentence on standard error, and whatever could be read before.
#[test]
fn input_that_cannot_be_read_says_why() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let packed = gzip(&format!("{LINE}\n").repeat(20_000).into_bytes());
    let mut damaged = packed.clone();
    damaged.truncate(packed.len() - 4);
    let utf16: Vec<u8> =
        [0xFEFF].into_iter().chain(LINE.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (name, file, input, sentence) in [
        ("a missing file", "/no/such/file", Vec::new(), "cannot read /no/such/file"),
        ("a directory", here.to_str().unwrap(), Vec::new(), "directory"),
        ("truncated gzip", "-", packed[..packed.len() / 2].to_vec(), "its gzip breaks off"),
        ("gzip without its end", "-", damaged, "its gzip breaks off"),
        ("gzip of nothing", "-", b"\x1F\x8B\x08\x00nothing at all".to_vec(), "its gzip"),
        ("UTF-16", "-", utf16, "UTF-16"),
        ("a delivery that is none", "-", br#"{"awslogs":{"data":"%"}}"#.to_vec(), "not base64"),
        (
            "half a page",
            "-",
            format!(r#"{{"events":[{{"message":{}}},"#, json!(LINE)).into_bytes(),
            "begins as JSON of CloudWatch Logs",
        ),
        (
            "a page of something else",
            "-",
            br#"{"events":[1]}"#.to_vec(),
            "begins as JSON of CloudWatch Logs",
        ),
        ("a page without events", "-", br#"{"nextToken":"x"}"#.to_vec(), "it holds no `events`"),
    ] {
        let run = run(&["explain", file], input).code(2);
        let told = String::from_utf8(run.get_output().stderr.clone()).unwrap();
        let errors: Vec<&str> = told.lines().filter(|line| line.starts_with("error: ")).collect();
        assert!(errors.len() == 1 && errors[0].contains(sentence), "{name}: {told}");
    }
}

#[test]
fn what_was_read_before_the_input_broke_off_is_told() {
    let packed = gzip(&format!("{LINE}\n").repeat(20_000).into_bytes());
    let run = run(&["explain", "--summary"], &packed[..packed.len() / 2]).code(2);
    let output = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    let summary = &objects(&output, "summary.schema.json")[0];
    assert!(
        summary["lines"].as_u64().is_some_and(|lines| (1..20_000).contains(&lines)),
        "{summary}"
    );
}
