//! What holds for every line in every format.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::{Reader, json};
use crate::Field;

/// The formats that the console and the frameworks suggest, which are read without being told.
const FORMATS: [&str; 15] = [
    r#"$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength $context.requestId $context.extendedRequestId"#,
    r#"$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength $context.requestId"#,
    r#"$context.extendedRequestId $context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "$context.httpMethod $context.resourcePath $context.protocol" $context.status $context.responseLength $context.requestId"#,
    r#"$context.identity.sourceIp - - [$context.requestTime] "$context.httpMethod $context.routeKey $context.protocol" $context.status $context.responseLength $context.requestId $context.integration.error"#,
    r#"$context.identity.sourceIp $context.identity.caller $context.identity.user [$context.requestTime] "$context.eventType $context.routeKey $context.connectionId" $context.status $context.requestId"#,
    "$context.identity.sourceIp,$context.identity.caller,$context.identity.user,$context.requestTime,$context.httpMethod,$context.resourcePath,$context.protocol,$context.status,$context.responseLength,$context.requestId,$context.extendedRequestId",
    "$context.identity.sourceIp,$context.requestTime,$context.httpMethod,$context.routeKey,$context.protocol,$context.status,$context.responseLength,$context.requestId",
    "$context.identity.sourceIp,$context.identity.caller,$context.identity.user,$context.requestTime,$context.eventType,$context.routeKey,$context.connectionId,$context.status,$context.requestId",
    r#"<request id="$context.requestId"> <extendedRequestId>$context.extendedRequestId</extendedRequestId> <ip>$context.identity.sourceIp</ip> <caller>$context.identity.caller</caller> <user>$context.identity.user</user> <requestTime>$context.requestTime</requestTime> <httpMethod>$context.httpMethod</httpMethod> <resourcePath>$context.resourcePath</resourcePath> <status>$context.status</status> <protocol>$context.protocol</protocol> <responseLength>$context.responseLength</responseLength> </request>"#,
    r#"<request id="$context.requestId"> <ip>$context.identity.sourceIp</ip> <requestTime>$context.requestTime</requestTime> <httpMethod>$context.httpMethod</httpMethod> <routeKey>$context.routeKey</routeKey> <status>$context.status</status> <protocol>$context.protocol</protocol> <responseLength>$context.responseLength</responseLength> </request>"#,
    "requestId: $context.requestId, ip: $context.identity.sourceIp, caller: $context.identity.caller, user: $context.identity.user, requestTime: $context.requestTime, httpMethod: $context.httpMethod, resourcePath: $context.resourcePath, status: $context.status, protocol: $context.protocol, responseLength: $context.responseLength",
    r#"{ "requestId":"$context.requestId", "extendedRequestId":"$context.extendedRequestId", "ip": "$context.identity.sourceIp", "caller":"$context.identity.caller", "user":"$context.identity.user", "requestTime":"$context.requestTime", "httpMethod":"$context.httpMethod", "resourcePath":"$context.resourcePath", "status":"$context.status", "protocol":"$context.protocol", "responseLength":"$context.responseLength" }"#,
    r#"{"requestId":"$context.requestId","path":"$context.path","status":$context.status,"responseLength":$context.responseLength,"integrationError":"$context.integration.error"}"#,
    r#"{"context":{"requestId":"$context.requestId","status":"$context.status","error":{"responseType":"$context.error.responseType"},"integration":{"error":"$context.integration.error"}}}"#,
    "$context.requestId $context.extendedRequestId $context.identity.sourceIp $context.requestTime $context.httpMethod $context.path $context.status",
];

/// The fields that one of the formats logs.
fn fields_of(format: &str) -> Vec<Field> {
    let mut fields: Vec<Field> = Field::ALL
        .iter()
        .copied()
        .filter(|field| {
            let variable = format!("$context.{}", field.context_name());
            format.match_indices(&variable).any(|(at, _)| {
                !format[at + variable.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
            })
        })
        .collect();
    // So that no name is the beginning of one that is put in later.
    fields.sort_by_key(|field| std::cmp::Reverse(field.context_name().len()));
    fields
}

/// A value of the field, without anything that separates values in one of the formats.
fn value(field: Field) -> BoxedStrategy<String> {
    match field {
        Field::Status => (100_u16..600).prop_map(|status| status.to_string()).boxed(),
        Field::ResponseLength => "[1-9][0-9]{0,6}".boxed(),
        Field::RequestTime => {
            "[0-2][1-8]/(Jan|Jul|Dec)/20[0-9]{2}:[01][0-9]:[0-5][0-9]:[0-5][0-9] [+]0[0-9]00"
                .boxed()
        }
        Field::Protocol => Just("HTTP/1.1".to_owned()).boxed(),
        Field::HttpMethod => select(&["GET", "PUT", "OPTIONS"][..]).prop_map(str::to_owned).boxed(),
        Field::EventType => {
            select(&["CONNECT", "MESSAGE", "DISCONNECT"][..]).prop_map(str::to_owned).boxed()
        }
        Field::ErrorResponseType => "[A-Z][A-Z0-9_]{3,20}".boxed(),
        Field::Path | Field::ResourcePath => "/[a-z0-9{}+._-]{0,20}".boxed(),
        Field::RouteKey => "(GET|ANY) /[a-z0-9{}+._-]{0,20}".boxed(),
        Field::SourceIp => "([1-9][0-9]?[.]){3}[0-9]|2001:db8::[1-9a-f]{1,4}".boxed(),
        Field::ExtendedRequestId | Field::ConnectionId => "[A-Za-z0-9_-]{15}=".boxed(),
        Field::RequestId => "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}".boxed(),
        Field::IntegrationError => "[A-Z][a-zé.']{0,9} [a-z.'é]{1,20}".boxed(),
        _ => "[A-Za-z0-9]{1,20}".boxed(),
    }
}

/// A line in one of the formats, and the values in it.
fn line() -> impl Strategy<Value = (String, Vec<(Field, String)>)> {
    select(&FORMATS[..]).prop_flat_map(|format| {
        let fields = fields_of(format);
        let values: Vec<_> = fields.iter().map(|&field| value(field)).collect();
        values.prop_map(move |values| {
            let values: Vec<(Field, String)> = fields.iter().copied().zip(values).collect();
            let line = values.iter().fold(format.to_owned(), |line, (field, value)| {
                line.replace(&format!("$context.{}", field.context_name()), value)
            });
            (line, values)
        })
    })
}

proptest! {
    #[test]
    fn every_value_comes_back((line, values) in line()) {
        let record = Reader::default().read(&line);
        let record = record.map_err(|why| TestCaseError::fail(format!("{why:?}: {line}")))?;
        for (field, value) in &values {
            prop_assert_eq!(record.get(*field), Some(value.as_str()), "{} of {}", field.context_name(), line);
        }
    }

    #[test]
    fn a_cut_line_has_the_right_status_or_none((line, values) in line(), cut in any::<Index>()) {
        let end = line.floor_char_boundary(cut.index(line.len()));
        let status = values.iter().find(|(field, _)| *field == Field::Status).map(|(_, value)| value);
        let Ok(record) = Reader::default().read(&line[..end]) else { return Ok(()) };
        let told = record.status().map(|status| status.to_string());
        prop_assert!(told.is_none() || told.as_ref() == status, "{:?} of {}", told, &line[..end]);
    }

    #[test]
    fn no_text_makes_a_reader_panic(
        text in ".{0,300}",
        (line, _) in line(),
        at in any::<Index>(),
        length in 0_usize..20,
    ) {
        let _ = Reader::default().line(&text);
        let start = line.floor_char_boundary(at.index(line.len()));
        let end = line.floor_char_boundary((start + length).min(line.len()));
        let _ = Reader::default().line(&format!("{}{text}{}", &line[..start], &line[end..]));
    }
}

/// A long line of everything that could make a reader look again at what it has seen. A reader that
/// took a look for every pair of bytes would run for an hour.
#[test]
fn hostile_lines_end() {
    let head = "203.0.113.7 - - [12/Mar/2025:09:14:07 +0000] \"GET ";
    let id = "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1";
    let beginnings = [
        "",
        "{",
        "{\"a\":",
        "{\"a\":\"x\"",
        "{\"status\":\"\"x",
        head,
        "203.0.113.7,-,-,12/Mar/2025:09:14:07 +0000,GET,",
        "<request id=\"a\">",
        &format!("requestId: {id}, ip: 203.0.113.7, "),
        &format!("requestId={id} routeKey="),
        &format!("{id} 203.0.113.7 12/Mar/2025:09:14:07 +0000 GET /"),
        &format!("2024-06-04 18:49:48.942\t{id}\t/health\t"),
    ];
    let units = [
        ",",
        "\"",
        " ",
        "<a>",
        "<a></a>",
        "<",
        "[",
        "{\"a\":",
        "\" ",
        "\t",
        ":",
        "=",
        "x: ",
        ", status: ",
        " status=",
        ",HTTP/1.1,",
        ",HTTP/1.1,500,",
        "\" 500 3 ",
        "\\",
        "}",
        ", \"",
        "- ",
        "é",
        "/",
    ];
    for beginning in beginnings {
        for unit in units {
            let line = beginning.to_owned() + &unit.repeat(200_000 / unit.len());
            let _ = Reader::default().line(&line);
            if line.starts_with('{') {
                let _ = json::key_path(&line, Field::Status);
            }
        }
    }
}
