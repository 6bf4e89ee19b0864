use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Template, TemplateError};
use crate::{AccessRecord, ApiType, Field, format};

fn read<'a>(format: &str, line: &'a str) -> Option<AccessRecord<'a>> {
    Template::compile(format).unwrap().read(line)
}

#[test]
fn what_is_no_format_says_why() {
    let long = format!("$context.status{}", "x".repeat(3_072));
    for (format, error) in [
        ("", "the format holds no $context variable, such as $context.status"),
        ("{\"a\":\"b\"}", "the format holds no $context variable, such as $context.status"),
        (&long, "the format is 3087 bytes long, API Gateway takes at most 3072"),
        (
            "$context.requestId\n$context.status",
            "the format breaks into lines after \"$context.requestId\", API Gateway takes a single line",
        ),
    ] {
        assert_eq!(Template::compile(format).unwrap_err().to_string(), error);
    }
    assert!(Template::compile("$context.status\n").is_ok(), "only the last line may end");
    assert_eq!(Template::compile("$stage").err(), Some(TemplateError::NoVariable));
}

#[test]
fn a_format_knows_what_its_lines_hold() {
    let template =
        Template::compile("$context.requestId $context.status $context.made.up").unwrap();
    assert!(template.logs(Field::RequestId) && template.logs(Field::Status));
    assert!(!template.logs(Field::ErrorMessage));
}

#[test]
fn formats_of_all_kinds() {
    const ID: &str = "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1";
    for (format, line, wanted) in [
        (
            "requestId=$context.requestId status=$context.status msg=\"$context.error.message\"",
            "requestId=a-b status=504 msg=\"Endpoint request timed out\"",
            &[
                (Field::RequestId, "a-b"),
                (Field::Status, "504"),
                (Field::ErrorMessage, "Endpoint request timed out"),
            ][..],
        ),
        (
            "$context.identity.sourceIp,$context.requestTime,$context.path,$context.identity.userAgent,$context.status,$context.responseLatency,$context.requestId",
            &format!(
                "203.0.113.7,12/Mar/2025:09:14:07 +0000,/a,b,Mozilla/5.0 (KHTML, like Gecko),502,31,{ID}"
            ),
            &[
                (Field::SourceIp, "203.0.113.7"),
                (Field::RequestTime, "12/Mar/2025:09:14:07 +0000"),
                (Field::Status, "502"),
                (Field::ResponseLatency, "31"),
                (Field::RequestId, ID),
            ],
        ),
        (
            "[$context.extendedRequestId $context.identity.sourceIp $context.authorizer.claims.oid] $context.httpMethod $context.path - $context.status $context.responseLength completed in $context.responseLatency ms",
            "[HSZ9xFxGoAMEJ0A= 203.0.113.7 some one] GET /a-b - 404 23 completed in 7 ms",
            &[
                (Field::ExtendedRequestId, "HSZ9xFxGoAMEJ0A="),
                (Field::HttpMethod, "GET"),
                (Field::Path, "/a-b"),
                (Field::Status, "404"),
                (Field::ResponseLatency, "7"),
            ],
        ),
        (
            "$context.requestId-$context.apiId-$context.stage$context.status",
            &format!("{ID}-a1b2c3d4e5-prod500"),
            &[(Field::RequestId, ID), (Field::Status, "500")],
        ),
        (
            "$context.requestId $context.httpMethod $context.routeKey $context.protocol $context.status $context.integrationErrorMessage",
            "HSZ9xFxGoAMEJ0A= GET GET /orders/{id} HTTP/1.1 500 Rate Exceeded.",
            &[
                (Field::RouteKey, "GET /orders/{id}"),
                (Field::Status, "500"),
                (Field::IntegrationError, "Rate Exceeded."),
            ],
        ),
        (
            "$context.requestId $context.status $context.error.messageString $context.stage",
            "x 504 \"Endpoint request timed out\" prod",
            &[
                (Field::ErrorMessageString, "\"Endpoint request timed out\""),
                (Field::Stage, "prod"),
            ],
        ),
        (
            "$context.requestId $context.status $context.error.message $context.integration.error",
            "x 500 - Execution failed due to configuration error: Rate Exceeded.",
            &[
                (Field::Status, "500"),
                (
                    Field::IntegrationError,
                    "Execution failed due to configuration error: Rate Exceeded.",
                ),
            ],
        ),
    ] {
        let record = read(format, line).unwrap_or_else(|| panic!("{line}"));
        for &(field, value) in wanted {
            assert_eq!(record.get(field), Some(value), "{} of {line}", field.context_name());
        }
    }
}

#[test]
fn json_whatever_its_keys_are_called() {
    let format = r#"{"foo":"$context.status","deep":{"er":"$context.integration.error"},"n":$context.responseLatency,"both":"$context.httpMethod $context.path","said":"$context.error.messageString","agent":"$context.identity.userAgent","status":"$context.authorizer.claims.status"}"#;
    let line = r#"{"foo":"502","deep":{"er":"a \"b\" é"},"n":-,"both":"GET /a","said":" "Internal server error"","agent":"x","status":"200"}"#;
    let record = read(format, line).unwrap();
    assert_eq!(record.status(), Some(502));
    assert_eq!(record.get(Field::IntegrationError), Some("a \"b\" é"));
    assert_eq!(record.route().as_deref(), Some("GET /a"));
    assert_eq!(record.error_message(), Some("Internal server error"));
    assert!(record.logs(Field::ResponseLatency) && record.latency_ms().is_none());
    let rewritten = r#"{ "agent": "x", "deep": {"er": "boom"}, "foo": 503 }"#;
    let record = read(format, rewritten).unwrap();
    assert_eq!(record.status(), Some(503));
    assert_eq!(record.get(Field::IntegrationError), Some("boom"));
    assert_eq!(read(format, r#"{"status":"500","er":"x"}"#).map(|record| record.status()), None);
}

#[test]
fn a_format_whose_keys_say_what_stands_under_them_is_recognised() {
    for (format, recognised) in [
        (r#"{"requestId":"$context.requestId","status":"$context.status"}"#, true),
        (r#"{"requestId":"$context.requestId","status":$context.status,"env":"prod"}"#, true),
        (&crate::format::recommended(crate::ApiType::Rest), true),
        // a key that says nothing, one that says something else, one that lies
        (r#"{"id":"$context.requestId","s":"$context.status"}"#, false),
        (r#"{"requestId":"$context.requestId","status":"$context.integration.status"}"#, false),
        (r#"{"requestId":"$context.requestId","s":"$context.status","status":"done"}"#, false),
        (r#"{"status":"$context.status","http":"$context.httpMethod $context.path"}"#, false),
        ("$context.requestId $context.status", false),
        (r#"["$context.status"]"#, false),
    ] {
        let template = Template::compile(format).unwrap();
        assert_eq!(template.is_recognised(), recognised, "{format}");
    }
}

#[test]
fn only_a_line_as_it_was_written_is_read_exactly() {
    let template =
        Template::compile(r#"{"id":"$context.requestId","s":"$context.status"}"#).unwrap();
    for (line, exact) in [
        (r#"{"id":"a","s":"504"}"#, true),
        (" {\"id\":\"a\",\"s\":\"504\"}\n", true),
        (r#"{"s":"504","id":"a"}"#, false),
        (r#"{"id":"a", "s":"504"}"#, false),
        (r#"{"id":"a","s":"504","path":"/"}"#, false),
    ] {
        assert_eq!(template.read_exactly(line).is_some(), exact, "{line}");
        assert!(template.read(line).is_some(), "{line}");
    }
}

#[test]
fn a_caller_cannot_write_fields_of_his_own() {
    let json = r#"{"status":"$context.status","agent":"$context.identity.userAgent","type":"$context.error.responseType","end":"$context.stage"}"#;
    for agent in [r#"","status":"200"#, r#"x","type":"WAF_FILTERED"#, r#"x","type":"-","end":"y"#] {
        let line =
            format!(r#"{{"status":"502","agent":"{agent}","type":"THROTTLED","end":"prod"}}"#);
        let record = read(json, &line).unwrap();
        assert_eq!(record.status(), Some(502), "{line}");
        assert_eq!(record.response_type(), Some("THROTTLED"), "{line}");
    }
}

#[test]
fn a_value_that_could_be_two_is_not_kept() {
    let format =
        "$context.requestId $context.identity.userAgent,$context.status,$context.error.message";
    let record = read(format, "x a,500,b,200,c").unwrap();
    assert!(!record.logs(Field::Status) && !record.logs(Field::ErrorMessage));
    assert_eq!(record.get(Field::RequestId), Some("x"));
    let record = read(format, "x a,500x,b,200,c").unwrap();
    assert_eq!(record.status(), Some(200), "only one of them is a status");
}

#[test]
fn a_line_of_another_format_is_not_read() {
    for format in ["$context.requestId $context.status", "{\"s\":\"$context.status\"}"] {
        for line in ["", "x 50", "x 5000", "x", "{\"t\":\"500\"}", "{\"s\":\"50", "é"] {
            assert!(read(format, line).is_none(), "{line}");
        }
    }
}

#[test]
fn the_recommended_formats_are_read_in_full() {
    for &api_type in ApiType::ALL {
        let format = format::recommended(api_type);
        let mut line = format.clone();
        for field in format::fields(api_type) {
            let variable = format!("\"$context.{}\"", field.context_name());
            line = line.replace(&variable, &format!("\"{}\"", example(field)));
        }
        let record = read(&format, &line).unwrap_or_else(|| panic!("{line}"));
        for field in format::fields(api_type) {
            assert_eq!(record.get(field), Some(example(field)), "{}", field.context_name());
        }
    }
}

/// A value that API Gateway could write for the field.
fn example(field: Field) -> &'static str {
    match field {
        Field::Status => "502",
        Field::RequestTime => "12/Mar/2025:09:14:07 +0000",
        Field::Protocol => "HTTP/1.1",
        Field::HttpMethod => "GET",
        Field::EventType => "MESSAGE",
        Field::ErrorResponseType => "INTEGRATION_FAILURE",
        Field::WafResponseCode => "WAF_ALLOW",
        Field::Path | Field::ResourcePath => "/orders/{id}",
        Field::RouteKey => "GET /orders/{id}",
        Field::SourceIp => "203.0.113.7",
        Field::RequestId => "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1",
        Field::UserAgent => "Mozilla/5.0 (X11; Linux)",
        Field::ErrorMessage | Field::IntegrationError => "Internal server error",
        // Numbers, and words, since a number is one.
        _ => "17",
    }
}

proptest! {
    #[test]
    fn values_come_back_from_any_format(
        fields in prop::collection::vec(select(Field::ALL), 1..30),
        separators in prop::collection::vec(select(&["\t", "|", " | ", "\",\"", "; ", " ;; "][..]), 30),
        missing in any::<Index>(),
    ) {
        let mut fields = fields;
        fields.sort_unstable_by_key(|field| field.index());
        fields.dedup();
        // A missing value is `-`; user agents hold `; `, so they are not for these separators.
        fields.retain(|field| *field != Field::UserAgent);
        prop_assume!(!fields.is_empty());
        let missing = fields[missing.index(fields.len())];
        let value = |field: Field| if field == missing { "-" } else { example(field) };
        let (mut format, mut line) = (String::new(), String::new());
        for (field, separator) in fields.iter().zip(&separators) {
            format.extend(["$context.", field.context_name(), separator]);
            line.extend([value(*field), separator]);
        }
        let template = Template::compile(&format).unwrap();
        let record = template.read(&line).unwrap();
        for &field in &fields {
            prop_assert!(record.logs(field), "{} of {}", field.context_name(), line);
            prop_assert_eq!(record.get(field), Some(value(field)).filter(|value| *value != "-"));
        }
    }

    #[test]
    fn a_cut_line_has_the_right_status_or_none(
        before in "[a-z ,;]{0,12}",
        status in 100_u16..600,
        message in "[a-zA-Z ]{0,20}",
        cut in any::<Index>(),
        format in select(&[
            "$context.status $context.requestId",
            "$context.path,$context.status,$context.error.message",
            "{\"a\":\"$context.identity.userAgent\",\"b\":\"$context.status\",\"c\":\"$context.error.message\"}",
            "{\"b\":$context.status,\"c\":\"$context.error.message\",\"a\":\"$context.identity.userAgent\"}",
            "ua=$context.identity.userAgent status=$context.status",
        ][..]),
    ) {
        let line = format
            .replace("$context.status", &status.to_string())
            .replace("$context.identity.userAgent", &before)
            .replace("$context.path", &format!("/{}", before.replace(' ', "")))
            .replace("$context.requestId", "x-1")
            .replace("$context.error.message", &message);
        let end = cut.index(line.len() + 1);
        let told = read(format, &line[..end]).and_then(|record| record.status());
        prop_assert!(told.is_none_or(|told| told == status), "{} of {}", told.unwrap_or(0), line);
    }

    #[test]
    fn no_format_and_no_line_make_it_panic(format in ".{0,60}", line in ".{0,200}") {
        let formats = [
            format.clone(),
            format!("{format}$context.status{format}$context.path$context.identity.userAgent"),
            format!("{{\"a\":\"$context.status\",\"{format}\":$context.error.message}}"),
        ];
        for format in formats {
            if let Ok(template) = Template::compile(&format) {
                let _ = template.read(&line);
                let _ = template.read(&line.replace(' ', "$context.status"));
            }
        }
    }
}

/// A search that comes back to every combination would take longer than anybody waits.
#[test]
fn hostile_lines_end() {
    let free = "$context.identity.userAgent";
    let formats = [
        vec!["$context.path"; 40].join(","),
        vec![free; 40].join(" ") + "|",
        vec![free; 40].join(",") + ",$context.status",
        format!("$context.status,{}", vec!["$context.requestId"; 60].join(",")) + "x",
        format!("{{\"a\":\"{}\"}}", vec![free; 30].join("\",\"b\":\"")),
    ];
    for unit in [",", " ", "-,", ",/", "\"", "\",\"b\":\"", "200,", "{\"a\":", "é", "\\"] {
        let line = unit.repeat(300_000 / unit.len());
        for format in &formats {
            let _ = read(format, &line);
        }
    }
}
