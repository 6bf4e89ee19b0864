//! `gatewatch causes` and `gatewatch format`.

use crate::common::{refusal, root, stdout};
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
    assert_eq!(causes.len(), 65);
    for cause in &causes {
        for key in ["cause", "family", "fault", "retry", "title", "explanation"] {
            assert!(cause[key].as_str().is_some_and(|text| !text.is_empty()), "{key} of {cause}");
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
