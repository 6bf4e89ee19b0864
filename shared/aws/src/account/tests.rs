//! Against a listener that answers what the test tells it to. Answers marked "as documented" are written
//! by hand from AWS's API reference; no real account was asked.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use alerting::{Account, AccountError, Budget, Function, Integration, LogQuery, StageInfo};
use diagnosis::{ApiType, Timestamp};

use super::{AwsAccount, FoundGroup, LogPages, PageOf};
use crate::fake_aws::{Answer, FakeAws};

fn account_at(aws: &FakeAws) -> AwsAccount<fn() -> Timestamp> {
    AwsAccount::new(aws.clients.clone(), || Timestamp::from_millis(0))
}

fn budget(calls: u32) -> Budget {
    Budget::new(calls, Timestamp::from_millis(5_000))
}

fn stage(api_type: ApiType) -> StageInfo {
    StageInfo {
        api_id: "a1b2c3".to_owned(),
        api_name: None,
        api_type,
        stage: "prod".to_owned(),
        access_log_group: None,
        format: None,
        execution_logging: None,
    }
}

fn query<'a>(any_of: &'a [&'a str], limit: usize) -> LogQuery<'a> {
    LogQuery {
        log_stream: None,
        log_group: "/my/api",
        from: Timestamp::from_millis(10),
        to: Timestamp::from_millis(20),
        any_of,
        limit,
    }
}

fn named(name: &str) -> Integration {
    Integration::Function(name.to_owned())
}

/// As documented for `GetResources` with `embed=methods`.
const RESOURCES: [&str; 2] = [
    r#"{"position":"next page","item":[{"id":"root","path":"/"},
      {"id":"o","parentId":"root","pathPart":"orders","path":"/orders","resourceMethods":{
        "GET":{"httpMethod":"GET","methodIntegration":{"type":"HTTP_PROXY","uri":"https://example.com"}},
        "POST":{"httpMethod":"POST","methodIntegration":{"type":"AWS_PROXY","httpMethod":"POST",
          "uri":"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:new-order/invocations"}}}}]}"#,
    r#"{"item":[{"id":"i","parentId":"o","pathPart":"{id}","path":"/orders/{id}","resourceMethods":{
        "ANY":{"httpMethod":"ANY","methodIntegration":{"type":"AWS_PROXY","httpMethod":"POST",
          "uri":"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:${stageVariables.fn}/invocations"}},
        "OPTIONS":{"httpMethod":"OPTIONS","methodIntegration":{"type":"MOCK"}},
        "PUT":{"httpMethod":"PUT","methodIntegration":{"type":"AWS","httpMethod":"POST",
          "uri":"arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:111122223333:function:${stageVariables.gone}/invocations"}}}}]}"#,
];

/// As documented for `GetStage`.
const STAGE: &str = r#"{"stageName":"prod","variables":{"fn":"one-order:live"}}"#;

#[tokio::test]
async fn all_routes_of_a_rest_api_are_known_after_the_first_question() {
    let aws =
        FakeAws::start([Some((200, RESOURCES[0])), Some((200, RESOURCES[1])), Some((200, STAGE))])
            .await;
    let (account, budget, stage) = (account_at(&aws), budget(6), stage(ApiType::Rest));
    for (route, wanted) in [
        ("POST /orders", Ok(named("new-order"))),
        ("GET /orders", Ok(Integration::Other)),
        ("GET /orders/{id}", Ok(named("one-order"))),
        ("GET /prod/orders/17", Ok(named("one-order"))),
        ("OPTIONS /orders/{id}", Ok(Integration::Other)),
        ("PUT /orders/17", Err(AccountError::NotFound)),
        ("GET /", Err(AccountError::NotFound)),
        ("GET /customers", Err(AccountError::NotFound)),
    ] {
        assert_eq!(account.integration(&stage, route, &budget).await, wanted, "{route}");
    }
    let calls = aws.calls();
    assert_eq!((calls.len(), budget.left()), (3, 3), "each call is paid for, none is made twice");
    assert!(calls[0].starts_with("GET /restapis/a1b2c3/resources?"), "{}", calls[0]);
    assert!(calls[0].contains("embed=methods") && calls[0].contains("limit=500"), "{}", calls[0]);
    assert!(calls[1].contains("position=next%20page"), "{}", calls[1]);
    assert!(calls[2].starts_with("GET /restapis/a1b2c3/stages/prod "), "{}", calls[2]);
}

/// As documented for `GetIntegrations` and `GetRoutes`.
const INTEGRATIONS: [&str; 2] = [
    r#"{"nextToken":"2","items":[{"integrationId":"i1","integrationType":"AWS_PROXY",
      "integrationUri":"arn:aws:lambda:eu-west-1:111122223333:function:orders","payloadFormatVersion":"2.0"}]}"#,
    r#"{"items":[{"integrationId":"i2","integrationType":"AWS_PROXY","integrationSubtype":"SQS-SendMessage"},
      {"integrationId":"i3","integrationType":"HTTP_PROXY","integrationUri":"https://example.com"}]}"#,
];
const ROUTES: &str = r#"{"items":[{"routeId":"a","routeKey":"GET /orders/{id}","target":"integrations/i1"},
  {"routeId":"b","routeKey":"POST /orders","target":"integrations/i2"},
  {"routeId":"c","routeKey":"$default","target":"integrations/i3"},
  {"routeId":"d","routeKey":"GET /bare"}]}"#;

#[tokio::test]
async fn routes_of_an_http_api_point_at_integrations() {
    let answers = [INTEGRATIONS[0], INTEGRATIONS[1], ROUTES].map(|body| Some((200, body)));
    let aws = FakeAws::start(answers).await;
    let (account, budget, stage) = (account_at(&aws), budget(6), stage(ApiType::Http));
    for (route, wanted) in [
        ("GET /orders/{id}", named("orders")),
        ("GET /orders/17", named("orders")),
        ("POST /orders", Integration::Other),
        ("$default", Integration::Other),
        ("DELETE /x", Integration::Other),
        ("GET /bare", Integration::Other),
    ] {
        assert_eq!(account.integration(&stage, route, &budget).await, Ok(wanted), "{route}");
    }
    assert_eq!((aws.calls().len(), budget.left()), (3, 3));
    assert!(aws.calls()[1].starts_with("GET /v2/apis/a1b2c3/integrations?nextToken=2 "));
}

#[tokio::test]
async fn an_hour_later_the_api_is_asked_again() {
    let aws = FakeAws::start([
        Some((200, r#"{"Timeout":3,"MemorySize":128}"#)),
        Some((200, r#"{"Timeout":9,"LoggingConfig":{"LogGroup":"/all/functions"}}"#)),
    ])
    .await;
    let now = Arc::new(AtomicI64::new(0));
    let clock = {
        let now = now.clone();
        move || Timestamp::from_millis(now.load(Ordering::SeqCst))
    };
    let account = AwsAccount::new(aws.clients.clone(), clock);
    let budget = Budget::new(6, Timestamp::from_millis(i64::MAX));
    let first = Function {
        name: "orders".to_owned(),
        log_group: "/aws/lambda/orders".to_owned(),
        timeout_seconds: Some(3),
        memory_mb: Some(128),
    };
    let second = Function {
        log_group: "/all/functions".to_owned(),
        timeout_seconds: Some(9),
        memory_mb: None,
        ..first.clone()
    };
    for (minute, wanted) in [(0, &first), (59, &first), (60, &second), (61, &second)] {
        now.store(minute * 60_000, Ordering::SeqCst);
        assert_eq!(account.function("orders", &budget).await.as_ref(), Ok(wanted), "{minute}");
    }
    assert_eq!((aws.calls().len(), budget.left()), (2, 4));
}

#[tokio::test]
async fn events_are_read_page_by_page() {
    let aws = FakeAws::start([
        Some((200, r#"{"events":[],"nextToken":"a","searchedLogStreams":[]}"#)),
        Some((200, r#"{"events":[{"logStreamName":"s2","timestamp":15,"message":"(id-1) late","eventId":"2"},
          {"logStreamName":"s1","timestamp":12,"message":"(id-1) early","eventId":"1"},
          {"logStreamName":"s1","timestamp":13,"message":"only like id_1","eventId":"3"}],"nextToken":"b"}"#)),
        Some((200, r#"{"events":[{"logStreamName":"s1","timestamp":18,"message":"other id-2","eventId":"4"}]}"#)),
    ])
    .await;
    let budget = budget(6);
    let found = account_at(&aws).log_events(&query(&["id-1", "id-2"], 10), &budget).await.unwrap();
    let texts: Vec<&str> = found.iter().map(|event| event.message.as_str()).collect();
    assert_eq!(texts, ["(id-1) early", "(id-1) late", "other id-2"]);
    assert_eq!((found[0].time, found[0].log_stream.as_str()), (Timestamp::from_millis(12), "s1"));
    let calls = aws.calls();
    assert_eq!((calls.len(), budget.left()), (3, 3));
    for part in [
        r#""logGroupName":"/my/api""#,
        r#""startTime":10"#,
        r#""endTime":20"#,
        r#""limit":10"#,
        r#""filterPattern":"?\"id-1\" ?\"id-2\"""#,
    ] {
        assert!(calls[0].contains(part), "{part} in {}", calls[0]);
    }
    assert!(calls[1].contains(r#""nextToken":"a""#) && calls[2].contains(r#""nextToken":"b""#));
    assert!(calls[2].contains(r#""limit":8"#), "{}", calls[2]);
}

#[tokio::test]
async fn what_was_found_outlives_the_budget() {
    const FOUND: Answer =
        Some((200, r#"{"events":[{"timestamp":12,"message":"x","eventId":"1"}],"nextToken":"a"}"#));
    const EMPTY: Answer = Some((200, r#"{"events":[],"nextToken":"a"}"#));
    const SLOW_DOWN: Answer =
        Some((400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#));
    for (answers, calls, limit, wanted) in [
        (vec![FOUND, FOUND], 2, 10, Ok(1)),
        (vec![FOUND], 5, 1, Ok(1)),
        (vec![FOUND, SLOW_DOWN], 5, 10, Ok(1)),
        (vec![EMPTY, EMPTY], 2, 10, Err(AccountError::OverBudget)),
        (vec![EMPTY, SLOW_DOWN], 5, 10, Err(AccountError::Throttled)),
        (vec![], 0, 10, Err(AccountError::OverBudget)),
        (vec![Some((200, r#"{"events":[]}"#))], 5, 10, Ok(0)),
    ] {
        let expected_calls = answers.len();
        let aws = FakeAws::start(answers).await;
        let found = account_at(&aws).log_events(&query(&[], limit), &budget(calls)).await;
        assert_eq!(found.map(|found| found.len()), wanted, "{calls} calls, {limit} events");
        assert_eq!(aws.calls().len(), expected_calls);
    }
}

#[tokio::test]
async fn nothing_to_ask_for_costs_no_call() {
    let aws = FakeAws::start([]).await;
    let budget = budget(6);
    let found = account_at(&aws).log_events(&query(&["\"\\"], 10), &budget).await;
    assert_eq!((found, budget.left(), aws.calls().len()), (Ok(Vec::new()), 6, 0));
}

/// Every kind of call fails with this answer.
async fn failures(answer: Answer) -> [AccountError; 4] {
    let aws = FakeAws::start([answer; 4]).await;
    let (account, budget) = (account_at(&aws), Budget::new(6, Timestamp::from_millis(300)));
    let (rest, http) = (stage(ApiType::Rest), stage(ApiType::Http));
    let errors = [
        account.integration(&rest, "GET /", &budget).await.unwrap_err(),
        account.integration(&http, "GET /", &budget).await.unwrap_err(),
        account.function("orders", &budget).await.unwrap_err(),
        account.log_events(&query(&[], 10), &budget).await.unwrap_err(),
    ];
    assert_eq!((aws.calls().len(), budget.left()), (4, 2), "one call each: none is repeated");
    errors
}

#[tokio::test]
async fn every_call_says_why_it_failed() {
    for (status, body, wanted) in [
        (
            403,
            r#"{"__type":"AccessDeniedException","Message":"not authorized"}"#,
            AccountError::Denied,
        ),
        (404, r#"{"__type":"NotFoundException"}"#, AccountError::NotFound),
        (400, r#"{"__type":"ResourceNotFoundException"}"#, AccountError::NotFound),
        (429, r#"{"__type":"TooManyRequestsException"}"#, AccountError::Throttled),
        (400, r#"{"__type":"ThrottlingException"}"#, AccountError::Throttled),
        (500, "", AccountError::Failed),
        (200, "{", AccountError::Failed),
    ] {
        assert_eq!(failures(Some((status, body))).await, [wanted; 4], "{status} {body}");
    }
}

#[tokio::test]
async fn a_call_ends_with_the_time_of_its_budget() {
    let errors = tokio::time::timeout(Duration::from_millis(2_500), failures(None)).await;
    assert_eq!(errors.unwrap(), [AccountError::Failed; 4]);
}

#[tokio::test]
async fn an_empty_budget_makes_no_call() {
    let aws = FakeAws::start([]).await;
    let account = account_at(&aws);
    for budget in
        [Budget::new(0, Timestamp::from_millis(1)), Budget::new(1, Timestamp::from_millis(0))]
    {
        let rest = stage(ApiType::Rest);
        let over = Some(AccountError::OverBudget);
        assert_eq!(account.integration(&rest, "GET /", &budget).await.err(), over);
        assert_eq!(account.function("orders", &budget).await.err(), over);
        assert_eq!(account.log_events(&query(&[], 10), &budget).await.err(), over);
    }
    assert_eq!(aws.calls().len(), 0);
}

#[tokio::test]
async fn a_log_group_is_found_or_those_like_it_are_named() {
    let aws = FakeAws::start([
        Some((200, r#"{"logGroups":[{"logGroupName":"/my/api","creationTime":7,"arn":"arn:aws:logs:eu-west-1:111122223333:log-group:/my/api:*"}]}"#)),
        Some((200, r#"{"logGroups":[{"logGroupName":"/my/api-2"}]}"#)),
        Some((200, r#"{"logGroups":[{"logGroupName":"/my/api-2"},{"logGroupName":"/other/api"}]}"#)),
    ])
    .await;
    let pages = LogPages::new(aws.clients.clone());
    let within = Duration::from_secs(3);
    let exists = FoundGroup::Exists {
        account: "111122223333".to_owned(),
        created: Timestamp::from_millis(7),
    };
    assert_eq!(pages.group("/my/api", within).await, Ok(exists));
    let alike = vec!["/my/api-2".to_owned(), "/other/api".to_owned()];
    assert_eq!(pages.group("/my/api", within).await, Ok(FoundGroup::Gap { alike }));
    assert!(aws.calls()[2].contains(r#""logGroupNamePattern":"api""#), "{}", aws.calls()[2]);
}

#[tokio::test]
async fn a_page_that_fails_says_what_aws_said() {
    let body = r#"{"__type":"AccessDeniedException","Message":"not authorized to perform: logs:FilterLogEvents"}"#;
    let aws = FakeAws::start([Some((400, body))]).await;
    let page = PageOf {
        log_group: "/my/api",
        log_stream: Some("s1"),
        from: Timestamp::from_millis(0),
        to: Timestamp::from_millis(1),
        pattern: None,
        limit: 10_000,
        token: None,
    };
    let failure = LogPages::new(aws.clients.clone()).page(&page, Duration::from_secs(3)).await;
    let failure = failure.unwrap_err();
    assert_eq!(failure.error, AccountError::Denied);
    assert!(failure.answered && !failure.is_passing);
    assert!(failure.to_string().contains("logs:FilterLogEvents"), "{failure}");
    assert!(aws.calls()[0].contains(r#""logStreamNames":["s1"]"#), "{}", aws.calls()[0]);
}
