//! Routes, functions and logs of a local AWS.

use alerting::{Account, AccountError, Budget, Clock, Integration, LogQuery, StageInfo};
use aws::service::{Call, Service};
use aws::{AwsAccount, FoundGroup, LogPages, SystemClock};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diagnosis::{ApiType, Timestamp};
use reqwest::Method;
use serde_json::{Value, json};

use crate::local::{ask, block_on, clients, send};

const ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:";

/// A name that no other test run uses.
fn new_name(of: &str) -> String {
    format!("{of}-{}", std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos())
}

fn budget() -> Budget {
    Budget::new(6, SystemClock.now().plus_millis(20_000))
}

fn stage(api_type: ApiType, api_id: &str) -> StageInfo {
    StageInfo {
        api_id: api_id.to_owned(),
        api_name: None,
        api_type,
        stage: "prod".to_owned(),
        access_log_group: None,
        format: None,
        execution_logging: None,
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap().to_owned()
}

async fn rest_api() -> String {
    let gateway =
        async |method, path: &[&str], body| send(Service::ApiGateway, method, path, &body).await;
    let made = gateway(Method::POST, &["restapis"], json!({"name": new_name("orders")})).await;
    let api = text(&made, "id");
    let resources = Call::get(Service::ApiGateway, &["restapis", &api, "resources"]);
    let root = text(&ask(&resources).await["item"][0], "id");
    let resource = async |part: &str, parent: &str| {
        let path = ["restapis", &api, "resources", parent];
        text(&gateway(Method::POST, &path, json!({"pathPart": part})).await, "id")
    };
    let orders = resource("orders", &root).await;
    let order = resource("{id}", &orders).await;
    for (resource, method, function) in
        [(&orders, "POST", "new-order"), (&order, "ANY", "${stageVariables.fn}")]
    {
        let path = ["restapis", &api, "resources", resource, "methods", method];
        gateway(Method::PUT, &path, json!({"authorizationType": "NONE"})).await;
        let uri = format!(
            "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{ARN}{function}/invocations"
        );
        let integration = json!({"type": "AWS_PROXY", "httpMethod": "POST", "uri": uri});
        gateway(Method::PUT, &[&path[..], &["integration"]].concat(), integration).await;
    }
    let stage = json!({"stageName": "prod", "variables": {"fn": "one-order:live"}});
    gateway(Method::POST, &["restapis", &api, "deployments"], stage).await;
    api
}

#[test]
fn a_rest_api_names_the_functions_behind_its_routes() {
    block_on(async {
        let api = rest_api().await;
        let account = AwsAccount::new(clients().await, SystemClock);
        let (stage, budget) = (stage(ApiType::Rest, &api), budget());
        for (route, wanted) in [
            ("POST /orders", Ok(Integration::Function("new-order".to_owned()))),
            ("GET /prod/orders/17", Ok(Integration::Function("one-order".to_owned()))),
            ("GET /customers", Err(AccountError::NotFound)),
        ] {
            assert_eq!(account.integration(&stage, route, &budget).await, wanted, "{route}");
        }
        assert_eq!(budget.left(), 4, "resources and the stage's variables, once");
        let gone = self::stage(ApiType::Rest, "nosuchapi0");
        let found = account.integration(&gone, "GET /", &budget).await;
        assert_eq!(found, Err(AccountError::NotFound));
    });
}

#[test]
fn an_http_api_names_the_functions_behind_its_routes() {
    block_on(async {
        let gateway =
            async |path: &[&str], body| send(Service::ApiGateway, Method::POST, path, &body).await;
        let api = json!({"name": new_name("orders"), "protocolType": "HTTP"});
        let api = text(&gateway(&["v2", "apis"], api).await, "apiId");
        let integration = json!({
            "integrationType": "AWS_PROXY",
            "integrationUri": format!("{ARN}orders:live"),
            "payloadFormatVersion": "2.0",
        });
        let made = gateway(&["v2", "apis", &api, "integrations"], integration).await;
        let target = format!("integrations/{}", text(&made, "integrationId"));
        for key in ["GET /orders/{id}", "$default"] {
            let route = json!({"routeKey": key, "target": target});
            gateway(&["v2", "apis", &api, "routes"], route).await;
        }
        let account = AwsAccount::new(clients().await, SystemClock);
        let (stage, budget) = (stage(ApiType::Http, &api), budget());
        for route in ["GET /orders/{id}", "GET /orders/17", "POST /other"] {
            let found = account.integration(&stage, route, &budget).await;
            assert_eq!(found, Ok(Integration::Function("orders".to_owned())), "{route}");
        }
        assert_eq!(budget.left(), 4);
    });
}

#[test]
fn a_function_says_where_it_logs() {
    block_on(async {
        // An empty archive: the function is never called.
        let empty_zip = BASE64_STANDARD.encode([&b"PK\x05\x06"[..], &[0; 18]].concat());
        let (plain, other) = (new_name("plain"), new_name("other"));
        for (name, logging) in
            [(&plain, json!({})), (&other, json!({"LogGroup": "/all/functions"}))]
        {
            let function = json!({
                "FunctionName": name,
                "Runtime": "nodejs22.x",
                "Role": "arn:aws:iam::111122223333:role/any",
                "Handler": "index.handler",
                "Timeout": 7,
                "MemorySize": 256,
                "LoggingConfig": logging,
                "Code": {"ZipFile": empty_zip},
            });
            send(Service::Lambda, Method::POST, &["2015-03-31", "functions"], &function).await;
        }
        let account = AwsAccount::new(clients().await, SystemClock);
        let budget = budget();
        for (name, log_group) in
            [(&plain, format!("/aws/lambda/{plain}")), (&other, "/all/functions".to_owned())]
        {
            let found = account.function(name, &budget).await.unwrap();
            assert_eq!((&found.name, &found.log_group), (name, &log_group));
            assert_eq!((found.timeout_seconds, found.memory_mb), (Some(7), Some(256)));
        }
        let gone = account.function("no-such-function", &budget).await;
        assert_eq!(gone, Err(AccountError::NotFound));
    });
}

#[test]
fn a_log_is_searched_for_the_ids_of_a_request() {
    block_on(async {
        let logs = async |operation: &str, input: Value| {
            ask(&Call::operation(Service::Logs, operation, &input)).await;
        };
        let group = new_name("/aws/lambda/orders");
        logs("CreateLogGroup", json!({"logGroupName": group})).await;
        let now = SystemClock.now().as_millis();
        for (stream, lines) in [("a", ["id-1 first", "id-2 other"]), ("b", ["x id-1", "none"])] {
            let place = json!({"logGroupName": group, "logStreamName": stream});
            logs("CreateLogStream", place.clone()).await;
            let event = |(at, line): (usize, &&str)| json!({"timestamp": now - 10_000 + at as i64, "message": line});
            let events: Vec<Value> = lines.iter().enumerate().map(event).collect();
            let mut input = place;
            input["logEvents"] = json!(events);
            logs("PutLogEvents", input).await;
        }
        let account = AwsAccount::new(clients().await, SystemClock);
        let from = Timestamp::from_millis(now - 20_000);
        let to = Timestamp::from_millis(now);
        let found = async |any_of: &[&str], to| {
            let query =
                LogQuery { log_group: &group, log_stream: None, from, to, any_of, limit: 100 };
            let mut lines = Vec::new();
            for event in account.log_events(&query, &budget()).await.unwrap() {
                lines.push(format!("{}: {}", event.log_stream, event.message));
            }
            lines.sort();
            lines
        };
        assert_eq!(found(&["id-1"], to).await, ["a: id-1 first", "b: x id-1"]);
        // Several texts at once are left to AWS: the local one wants all of them in one line.
        assert_eq!(found(&["id-2"], to).await, ["a: id-2 other"]);
        assert_eq!(found(&[], to).await.len(), 4);
        assert_eq!(found(&[], from).await.len(), 0);

        let query =
            LogQuery { log_group: "/none", log_stream: None, from, to, any_of: &[], limit: 1 };
        let gone = account.log_events(&query, &budget()).await;
        assert_eq!(gone, Err(AccountError::NotFound));

        let pages = LogPages::new(clients().await);
        let within = std::time::Duration::from_secs(5);
        let is = pages.group(&group, within).await.unwrap();
        assert!(
            matches!(&is, FoundGroup::Exists { account, .. } if account == "111122223333"),
            "{is:?}"
        );
        let missing = pages.group("/none/such", within).await.unwrap();
        assert!(matches!(missing, FoundGroup::Gap { .. }), "{missing:?}");
    });
}
