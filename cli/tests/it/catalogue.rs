//! `gatewatch causes` and `gatewatch format`.

use crate::common::{refusal, root, stdout};
use diagnosis::Cause;
use serde_json::Value;

#[test]
fn the_documentation_is_what_the_catalogue_says() {
    let kept = std::fs::read_to_string(root().join("docs/causes.md")).unwrap();
    let fresh = stdout(&["causes", "--output", "markdown"], "");
    assert!(
        kept == fresh,
        "run: cargo run -p gatewatch -- causes --output markdown > docs/causes.md"
    );
}

#[test]
fn causes_are_objects_with_everything_to_act_on() {
    let output = stdout(&["causes", "--output", "json"], "");
    let causes: Vec<Value> =
        output.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failures = Cause::ALL.iter().filter(|cause| cause.is_failure());
    assert!(causes.iter().map(|cause| &cause["cause"]).eq(failures.map(|cause| cause.as_str())));
    for cause in &causes {
        for key in ["cause", "family", "fault", "retry", "title", "explanation"] {
            assert!(cause[key].as_str().is_some_and(|text| !text.is_empty()), "{key} of {cause}");
        }
    }
}

/// The lists of causes in a contract.
fn lists_of_causes(contract: &Value) -> Vec<&Vec<Value>> {
    let list = contract["enum"].as_array();
    let list = list.filter(|list| list.contains(&Cause::LambdaTimedOut.as_str().into()));
    let parts: Vec<&Value> = match contract {
        Value::Object(parts) => parts.values().collect(),
        Value::Array(parts) => parts.iter().collect(),
        _ => Vec::new(),
    };
    list.into_iter().chain(parts.into_iter().flat_map(lists_of_causes)).collect()
}

#[test]
fn every_cause_is_in_the_contracts() {
    for name in ["explain", "held", "notification", "summary"] {
        let path = root().join(format!("docs/contracts/{name}.schema.json"));
        let contract: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let lists = lists_of_causes(&contract);
        assert!(!lists.is_empty(), "{name}");
        for cause in Cause::ALL.iter().filter(|cause| cause.is_failure()) {
            let listed = lists.iter().all(|list| list.contains(&cause.as_str().into()));
            assert!(listed, "{cause} is not in {name}.schema.json");
        }
    }
}

#[test]
fn a_format_is_one_line_and_its_command_sets_the_same() {
    for (kind, command) in [
        ("rest", "aws apigateway update-stage"),
        ("http", "aws apigatewayv2 update-stage"),
        ("websocket", "aws apigatewayv2 update-stage"),
    ] {
        let output = stdout(&["format", kind], "");
        let format = output.lines().next().unwrap();
        assert!(format.len() < 3_072, "API Gateway takes at most 3 KB");
        let format: Value = serde_json::from_str(format).unwrap();
        assert!(format["requestId"].is_string());
        assert!(output.contains(command), "{output}");
        // The command's JSON, between its single quotes, holds the same format.
        let set = output.rsplit('\'').nth(1).unwrap();
        let set: Value = serde_json::from_str(set).unwrap();
        let value = if kind == "rest" { &set[1]["value"] } else { &set["Format"] };
        assert_eq!(serde_json::from_str::<Value>(value.as_str().unwrap()).unwrap(), format);
    }
    assert!(refusal(&["format"], "").contains("required"));
    assert!(refusal(&["format", "soap"], "").contains("possible values"));
}

/// A kind of channel is more than code: a user must find it in the documentation and in the contract.
#[test]
fn every_kind_of_channel_is_documented_and_in_the_contract() {
    let read = |path: &str| std::fs::read_to_string(root().join(path)).unwrap();
    let documents = ["slack", "sms", "deploying", "rules", "operating"]
        .map(|page| read(&format!("docs/{page}.md")))
        .concat();
    let contract = read("docs/contracts/notification.schema.json");
    let referees = read("tests/referees/referee.mjs");
    for kind in alerting::ChannelKind::ALL {
        let names = [format!("`{kind}`"), format!("`\"{kind}\"`")];
        assert!(names.iter().any(|name| documents.contains(name)), "{kind} is not in docs/");
        assert!(referees.contains(&format!("\"{kind}\"")), "{kind} has no judge");
    }
    for kind in alerting::ChannelKind::named_in_rules() {
        assert!(contract.contains(&format!("\"const\": \"{kind}\"")), "{kind} is in no contract");
    }
}
