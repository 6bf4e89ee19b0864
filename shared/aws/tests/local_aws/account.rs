//! Routes, functions and logs of a local AWS.

use alerting::{Account, AccountError, Budget, Clock, Integration, LogQuery, StageInfo};
use aws::{AwsAccount, FoundGroup, LogPages, SystemClock};
use aws_sdk_apigateway::types::IntegrationType;
use aws_sdk_cloudwatchlogs::types::InputLogEvent;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::{FunctionCode, LoggingConfig, Runtime};
use diagnosis::{ApiType, Timestamp};

use crate::local::{block_on, clients, config, endpoint};

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

async fn rest_api() -> String {
    let client = aws_sdk_apigateway::Client::new(&config(&endpoint()).await);
    let api = client.create_rest_api().name(new_name("orders")).send().await.unwrap().id.unwrap();
    let root = client.get_resources().rest_api_id(&api).send().await.unwrap();
    let root = root.items()[0].id().unwrap().to_owned();
    let resource = |path: &'static str, parent: String| {
        let create = client.create_resource().rest_api_id(&api).path_part(path).parent_id(parent);
        async { create.send().await.unwrap().id.unwrap() }
    };
    let orders = resource("orders", root).await;
    let order = resource("{id}", orders.clone()).await;
    for (resource, method, function) in
        [(&orders, "POST", "new-order"), (&order, "ANY", "${stageVariables.fn}")]
    {
        let put = client.put_method().rest_api_id(&api).resource_id(resource).http_method(method);
        put.authorization_type("NONE").send().await.unwrap();
        let uri = format!(
            "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{ARN}{function}/invocations"
        );
        let put = client.put_integration().rest_api_id(&api).resource_id(resource);
        let put = put.http_method(method).r#type(IntegrationType::AwsProxy);
        put.integration_http_method("POST").uri(uri).send().await.unwrap();
    }
    let deploy = client.create_deployment().rest_api_id(&api).stage_name("prod");
    deploy.variables("fn", "one-order:live").send().await.unwrap();
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
    use aws_sdk_apigatewayv2::types::{IntegrationType, ProtocolType};
    block_on(async {
        let client = aws_sdk_apigatewayv2::Client::new(&config(&endpoint()).await);
        let create = client.create_api().name(new_name("orders"));
        let api = create.protocol_type(ProtocolType::Http).send().await.unwrap().api_id.unwrap();
        let integrate = client.create_integration().api_id(&api);
        let integrate = integrate.integration_type(IntegrationType::AwsProxy);
        let integrate = integrate.integration_uri(format!("{ARN}orders:live"));
        let made = integrate.payload_format_version("2.0").send().await.unwrap();
        let target = format!("integrations/{}", made.integration_id().unwrap());
        for key in ["GET /orders/{id}", "$default"] {
            let create = client.create_route().api_id(&api).route_key(key).target(&target);
            create.send().await.unwrap();
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
        let client = aws_sdk_lambda::Client::new(&config(&endpoint()).await);
        // An empty archive: the function is never called.
        let empty_zip = [&b"PK\x05\x06"[..], &[0; 18]].concat();
        let (plain, other) = (new_name("plain"), new_name("other"));
        for (name, log_group) in [(&plain, None), (&other, Some("/all/functions"))] {
            let logging = log_group.map(|group| LoggingConfig::builder().log_group(group).build());
            let create = client.create_function().function_name(name).runtime(Runtime::Nodejs22x);
            let create = create.role("arn:aws:iam::111122223333:role/any").handler("index.handler");
            let create = create.timeout(7).memory_size(256).set_logging_config(logging);
            let code = FunctionCode::builder().zip_file(Blob::new(empty_zip.clone())).build();
            create.code(code).send().await.unwrap();
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
        let client = aws_sdk_cloudwatchlogs::Client::new(&config(&endpoint()).await);
        let group = new_name("/aws/lambda/orders");
        client.create_log_group().log_group_name(&group).send().await.unwrap();
        let now = SystemClock.now().as_millis();
        for (stream, lines) in [("a", ["id-1 first", "id-2 other"]), ("b", ["x id-1", "none"])] {
            let create = client.create_log_stream().log_group_name(&group).log_stream_name(stream);
            create.send().await.unwrap();
            let event = |(at, line): (usize, &&str)| {
                let time = now - 10_000 + at as i64;
                InputLogEvent::builder().timestamp(time).message(*line).build().unwrap()
            };
            let put = client.put_log_events().log_group_name(&group).log_stream_name(stream);
            let events = lines.iter().enumerate().map(event).collect();
            put.set_log_events(Some(events)).send().await.unwrap();
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
