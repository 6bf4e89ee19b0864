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
