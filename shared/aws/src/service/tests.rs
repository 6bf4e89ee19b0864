use std::time::Duration;

use serde_json::{Value, json};

use super::{Answer, Call, Service, ServiceError, refusal};
use crate::fake_aws::FakeAws;

const WITHIN: Duration = Duration::from_secs(3);

fn parameter() -> Call {
    Call::operation(Service::Ssm, "GetParameter", &json!({"Name": "/a"}))
}

#[tokio::test]
async fn an_operation_is_a_signed_post() {
    let aws = FakeAws::start([Some((200, r#"{"Parameter":{}}"#))]).await;
    let answer = aws.clients.call(&parameter()).await.unwrap();
    assert_eq!(answer.json::<Value>().unwrap(), json!({"Parameter": {}}));
    let calls = aws.calls();
    let (head, body) = calls[0].split_once("\r\n\r\n").unwrap();
    let head = head.to_lowercase();
    assert!(head.starts_with("post / http/1.1"), "{head}");
    for header in [
        "content-type: application/x-amz-json-1.1",
        "x-amz-target: amazonssm.getparameter",
        "authorization: aws4-hmac-sha256 credential=111122223333/",
        "/eu-west-1/ssm/aws4_request",
        "signedheaders=content-type;host;x-amz-date;x-amz-target",
    ] {
        assert!(head.contains(header), "{header} in {head}");
    }
    assert_eq!(body, r#"{"Name":"/a"}"#);
}

#[tokio::test]
async fn names_in_paths_and_queries_stay_whole() {
    let aws = FakeAws::start([Some((200, "{}"))]).await;
    let call = Call::get(Service::Lambda, &["functions", "arn:a/b?c", "configuration"])
        .with("Marker", "a b&c=d")
        .with_some("None", None)
        .with("MaxItems", "50");
    aws.clients.call(&call).await.unwrap();
    let line = aws.calls()[0].lines().next().unwrap().to_owned();
    assert_eq!(
        line,
        "GET /functions/arn%3Aa%2Fb%3Fc/configuration?Marker=a%20b%26c%3Dd&MaxItems=50 HTTP/1.1"
    );
}

#[tokio::test]
async fn what_may_be_over_in_a_moment_is_tried_three_times() {
    const THROTTLED: crate::fake_aws::Answer =
        Some((400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#));
    const FAILED: crate::fake_aws::Answer = Some((503, ""));
    const REFUSED: crate::fake_aws::Answer =
        Some((400, r#"{"__type":"com.amazonaws.ssm#ParameterNotFound"}"#));
    const TAKEN: crate::fake_aws::Answer = Some((200, "{}"));
    for (answers, wanted) in [
        (vec![TAKEN], None),
        (vec![THROTTLED, TAKEN], None),
        (vec![FAILED, THROTTLED, TAKEN], None),
        (vec![FAILED, FAILED, THROTTLED], Some("ThrottlingException: Rate exceeded")),
        (vec![REFUSED], Some("ParameterNotFound")),
        (vec![THROTTLED, REFUSED], Some("ParameterNotFound")),
    ] {
        let calls = answers.len();
        let aws = FakeAws::start(answers).await;
        let outcome = aws.clients.call(&parameter()).await;
        assert_eq!(outcome.err().map(|error| error.to_string()).as_deref(), wanted);
        assert_eq!(aws.calls().len(), calls);
    }
}

#[tokio::test]
async fn a_call_that_is_made_once_is_made_once_and_ends_in_time() {
    let aws = FakeAws::start([Some((503, "")), None]).await;
    let error = aws.clients.call_once(&parameter(), WITHIN).await.unwrap_err();
    assert!(error.is_answered() && error.is_passing(), "{error:?}");
    let within = Duration::from_millis(50);
    let error = aws.clients.call_once(&parameter(), within).await.unwrap_err();
    assert!(!error.is_answered() && error.is_passing(), "{error:?}");
    assert_eq!(error.to_string(), "no answer within 50ms");
    assert_eq!(aws.calls().len(), 2);
}

#[test]
fn an_error_is_named_in_a_header_or_in_the_body() {
    let answer = |header: Option<&str>, body: &str| {
        let mut headers = reqwest::header::HeaderMap::new();
        if let Some(name) = header {
            headers.insert("x-amzn-errortype", name.parse().unwrap());
        }
        Answer { headers, body: body.as_bytes().to_vec() }
    };
    for (header, body, code, message) in [
        (None, r#"{"__type":"a#NotFound","message":"no"}"#, Some("NotFound"), Some("no")),
        (None, r#"{"__type":"NotFound","Message":"no"}"#, Some("NotFound"), Some("no")),
        (
            None,
            r#"{"__type":"NotFound","Message":"no","message":null}"#,
            Some("NotFound"),
            Some("no"),
        ),
        (None, r#"{"code":"NotFound"}"#, Some("NotFound"), None),
        (Some("NotFound:http://internal/"), r#"{"message":"no"}"#, Some("NotFound"), Some("no")),
        (Some(""), "", None, None),
        (None, r#"{"__type":7}"#, None, None),
        (None, "[]", None, None),
        (None, "<html>", None, None),
    ] {
        let refused = refusal(400, &answer(header, body));
        let wanted = ServiceError::Refused {
            status: 400,
            code: code.map(str::to_owned),
            message: message.map(str::to_owned),
        };
        assert_eq!(refused, wanted, "{header:?} {body}");
    }
}

#[test]
fn a_service_is_found_in_its_region() {
    for (region, host) in [
        ("eu-west-1", "https://monitoring.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "https://monitoring.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "https://monitoring.cn-north-1.amazonaws.com.cn"),
    ] {
        assert_eq!(Service::CloudWatch.endpoint(region), host);
    }
}
