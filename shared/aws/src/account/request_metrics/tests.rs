//! Against a listener that answers what the test tells it to. Answers are written by hand from AWS's API
//! reference; no real account was asked.

use alerting::{AccountError, Budget, RequestCountQuery, RequestMetrics, StageInfo};
use diagnosis::{ApiType, Timestamp};
use serde_json::{Value, json};

use super::{CloudWatchRequests, metric};
use crate::fake_aws::{Answer, FakeAws};

/// 2025-03-12T09:15:00Z
const START: i64 = 1_741_770_900;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_millis((START + 60 * minutes) * 1_000)
}

fn stage(api_type: ApiType, name: Option<&str>) -> StageInfo {
    let api_name = name.map(str::to_owned);
    StageInfo { api_name, ..StageInfo::named("a1b2c3d4e5", "prod", api_type) }
}

/// The counts of two stages, of which the second is counted from five minutes later on.
async fn counts(
    answers: impl IntoIterator<Item = Answer>,
    calls: u32,
) -> (Result<Vec<Option<u64>>, AccountError>, Vec<String>) {
    let aws = FakeAws::start(answers).await;
    let requests = CloudWatchRequests::new(aws.clients.clone(), || at(20));
    let stages = [stage(ApiType::Rest, Some("orders")), stage(ApiType::Http, None)];
    let queries = [
        RequestCountQuery { stage: &stages[0], from: at(0), to: at(10) },
        RequestCountQuery { stage: &stages[1], from: at(5), to: at(10) },
    ];
    let budget = Budget::new(calls, at(21));
    (requests.request_counts(&queries, &budget).await, aws.calls())
}

#[tokio::test]
async fn all_stages_are_one_signed_call() {
    let answer = r#"{"MetricDataResults":[
        {"Id":"q0","Label":"a","Timestamps":[1.7417712E9,1741770900],"Values":[3.0,4.0],"StatusCode":"Complete"},
        {"Id":"q1","Label":"b","Timestamps":[1741771200,1741770900],"Values":[5.0,100.0],"StatusCode":"Complete"}]}"#;
    let (found, calls) = counts([Some((200, answer))], 1).await;
    assert_eq!(found, Ok(vec![Some(7), Some(5)]), "each in its own time");
    let [call] = &calls[..] else { panic!("{calls:?}") };
    let (head, body) = call.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST / HTTP/1.1"), "{head}");
    let head = head.to_lowercase();
    for header in [
        "content-type: application/x-amz-json-1.0",
        "x-amz-target: graniteserviceversion20100801.getmetricdata",
        "/eu-west-1/monitoring/aws4_request",
    ] {
        assert!(head.contains(header), "{header} in {head}");
    }
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["StartTime"], &body["EndTime"]), (&json!(START), &json!(START + 600)));
    assert_eq!(body["MetricDataQueries"].as_array().unwrap().len(), 2);
    assert_eq!(body["MetricDataQueries"][1]["Id"], "q1");
    assert_eq!(body["MetricDataQueries"][1]["MetricStat"]["Period"], 300);
}

#[test]
fn each_kind_of_api_has_its_metric() {
    for (api_type, name, metric_name, statistic, dimension) in [
        (ApiType::Rest, Some("orders"), "Count", "SampleCount", ("ApiName", "orders")),
        (ApiType::Rest, Some("b\u{fc}ro \u{2603}"), "Count", "SampleCount", ("ApiName", "bro ")),
        (ApiType::Rest, Some("\u{2603}"), "Count", "SampleCount", ("ApiName", "a1b2c3d4e5")),
        (ApiType::Http, Some("orders"), "Count", "SampleCount", ("ApiId", "a1b2c3d4e5")),
        (ApiType::WebSocket, None, "ConnectCount", "Sum", ("ApiId", "a1b2c3d4e5")),
    ] {
        let found = metric(&stage(api_type, name));
        let wanted = json!([
            {"Name": dimension.0, "Value": dimension.1},
            {"Name": "Stage", "Value": "prod"},
        ]);
        assert_eq!(found["Metric"]["Namespace"], "AWS/ApiGateway");
        assert_eq!(found["Metric"]["MetricName"], metric_name, "{api_type:?}");
        assert_eq!(found["Metric"]["Dimensions"], wanted, "{api_type:?} {name:?}");
        assert_eq!(found["Stat"], statistic, "{api_type:?}");
    }
}

#[tokio::test]
async fn a_count_that_is_not_whole_is_at_least_what_it_is() {
    for (answer, wanted) in [
        (r#"{"MetricDataResults":[]}"#, [None, None]),
        (
            r#"{"MetricDataResults":[{"Id":"q0","Timestamps":[],"Values":[],"StatusCode":"Complete"},
                {"Id":"q1","Timestamps":[],"Values":[],"StatusCode":"InternalError"}]}"#,
            [Some(0), None],
        ),
        (
            r#"{"MetricDataResults":[{"Id":"q0","Timestamps":[1741770900],"Values":[2],"StatusCode":"PartialData"},
                {"Id":"q1","Timestamps":[1741770900],"Values":[2],"StatusCode":"PartialData"}]}"#,
            [Some(2), None],
        ),
        (
            r#"{"MetricDataResults":[{"Id":"q0","StatusCode":"Forbidden"},{"Id":"other","StatusCode":"Complete"}]}"#,
            [None, None],
        ),
    ] {
        let (found, _) = counts([Some((200, answer))], 1).await;
        assert_eq!(found, Ok(wanted.to_vec()), "{answer}");
    }
}

#[tokio::test]
async fn a_refusal_says_what_it_is() {
    for (status, answer, wanted) in [
        (400, r#"{"__type":"com.amazonaws.cloudwatch#Throttling"}"#, AccountError::Throttled),
        (400, r#"{"__type":"ThrottlingException"}"#, AccountError::Throttled),
        (403, r#"{"__type":"AccessDenied","message":"m"}"#, AccountError::Denied),
        (403, r#"{"__type":"ExpiredToken"}"#, AccountError::Failed),
        (400, r#"{"__type":"InvalidParameterValue"}"#, AccountError::Failed),
        (500, "", AccountError::Failed),
        (200, "<html>", AccountError::Failed),
    ] {
        let (found, calls) = counts([Some((status, answer))], 9).await;
        assert_eq!(found, Err(wanted), "{status} {answer}");
        assert_eq!(calls.len(), 1, "not repeated");
    }
}

#[tokio::test]
async fn a_call_is_paid_for_and_ends_in_time() {
    let (found, calls) = counts([], 0).await;
    assert_eq!((found, calls.len()), (Err(AccountError::OverBudget), 0));
    let aws = FakeAws::start([None]).await;
    let requests = CloudWatchRequests::new(aws.clients.clone(), || at(20));
    let stage = stage(ApiType::Http, None);
    let query = [RequestCountQuery { stage: &stage, from: at(0), to: at(10) }];
    let budget = Budget::new(1, at(20).plus_millis(100));
    assert_eq!(requests.request_counts(&query, &budget).await, Err(AccountError::Failed));
    assert_eq!(requests.request_counts(&[], &budget).await, Ok(vec![]));
}
