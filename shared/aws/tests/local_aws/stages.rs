//! The account's stages: from the local AWS, and from answers made by hand after the API reference where
//! the local AWS lacks a thing.
//! <https://docs.aws.amazon.com/apigateway/latest/api/API_GetStages.html>
//! <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html>

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use alerting::{AccountError, Budget, Clock as _, ExecutionLogging, StageInfo, Stages as _};
use aws::service::Service;
use aws::{AccountStages, Clients, SystemClock};
use diagnosis::ApiType;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::local::{block_on, clients, config, send};

/// By path and query: status, headers and body.
type Answers = BTreeMap<&'static str, (u16, &'static str, serde_json::Value)>;

/// A server with these answers, and what it was asked.
async fn server(answers: Answers) -> (AccountStages, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            let request = String::from_utf8(request).unwrap();
            let path = request.split(' ').nth(1).unwrap().to_owned();
            let (status, kind, body) = answers.get(path.as_str()).cloned().unwrap_or_else(|| {
                (404, "NotFoundException", json!({"message": format!("no answer to {path}")}))
            });
            seen.lock().unwrap().push(path);
            let body = body.to_string();
            let answer = format!(
                "HTTP/1.1 {status} x\r\nx-amzn-errortype: {kind}\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let clients = Arc::new(Clients::with(config(&address).await));
    (AccountStages::new(clients, SystemClock), asked)
}

fn budget(calls: u32) -> Budget {
    Budget::new(calls, SystemClock.now().plus_millis(20_000))
}

async fn all(account: &AccountStages, budget: &Budget) -> Result<Vec<StageInfo>, AccountError> {
    let mut found = Vec::new();
    let mut cursor = None;
    loop {
        let page = account.stages(cursor.as_deref(), budget).await?;
        found.extend(page.stages);
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Ok(found),
        }
    }
}

const V1: &str = "/restapis?limit=50";
const V2: &str = "/v2/apis?maxResults=50";
const ARN: &str = "arn:aws:logs:eu-west-1:123456789012:log-group:";

/// Made by hand.
fn answers() -> Answers {
    let access = |arn: &str| json!({"destinationArn": arn, "format": "$context.status"});
    let v1 = json!({
        "item": [{"id": "a1b2c3d4e5", "name": "orders"}, {"id": "gone000000", "name": "gone"}],
        "position": "next page",
    });
    let stages = json!({"item": [
        {"stageName": "prod", "accessLogSettings": access(&format!("{ARN}/orders:*")),
         "methodSettings": {"*/*": {"loggingLevel": "ERROR"}, "~1a/GET": {"loggingLevel": "INFO"}}},
        {"stageName": "dev", "methodSettings": {"~1a/GET": {"loggingLevel": "INFO"}},
         "accessLogSettings": access("arn:aws:firehose:eu-west-1:123456789012:deliverystream/x")},
        {"stageName": "test", "methodSettings": {"*/*": {"loggingLevel": "LOUD"}}},
    ]});
    let v2 = json!({"items": [
        {"apiId": "f6g7h8i9j0", "name": "cart", "protocolType": "HTTP",
         "routeSelectionExpression": "x"},
        {"apiId": "k1l2m3n4o5", "name": "chat", "protocolType": "WEBSOCKET",
         "routeSelectionExpression": "x"},
    ]});
    let first = json!({"items": [
        {"stageName": "$default", "accessLogSettings": access(&format!("{ARN}/cart"))},
    ], "nextToken": "more"});
    let second = json!({"items": [{"stageName": "beta"}]});
    let websocket = json!({"items": [
        {"stageName": "live", "defaultRouteSettings": {"loggingLevel": "INFO"}},
        {"stageName": "quiet"},
    ]});
    BTreeMap::from([
        (V1, (200, "", v1)),
        ("/restapis?limit=50&position=next%20page", (200, "", json!({"item": []}))),
        ("/restapis/a1b2c3d4e5/stages", (200, "", stages)),
        (V2, (200, "", v2)),
        ("/v2/apis/f6g7h8i9j0/stages", (200, "", first)),
        ("/v2/apis/f6g7h8i9j0/stages?nextToken=more", (200, "", second)),
        ("/v2/apis/k1l2m3n4o5/stages", (200, "", websocket)),
    ])
}

#[test]
fn all_pages_of_both_kinds_are_read_one_call_each() {
    block_on(async {
        let (account, asked) = server(answers()).await;
        let budget = budget(8);
        let found = all(&account, &budget).await.unwrap();
        assert_eq!(budget.left(), 0, "{:?}", asked.lock().unwrap());
        assert_eq!(asked.lock().unwrap().len(), 8);
        let off = Some(ExecutionLogging::Off);
        let format = Some("$context.status");
        let wanted = [
            (
                "orders",
                ApiType::Rest,
                "prod",
                Some("/orders"),
                format,
                Some(ExecutionLogging::Errors),
            ),
            ("orders", ApiType::Rest, "dev", None, format, off),
            ("orders", ApiType::Rest, "test", None, None, None),
            ("cart", ApiType::Http, "$default", Some("/cart"), format, off),
            ("cart", ApiType::Http, "beta", None, None, off),
            ("chat", ApiType::WebSocket, "live", None, None, Some(ExecutionLogging::Info)),
            ("chat", ApiType::WebSocket, "quiet", None, None, off),
        ];
        let told: Vec<_> = found
            .iter()
            .map(|stage| {
                let name = stage.api_name.as_deref().unwrap();
                let group = stage.access_log_group.as_deref();
                let format = stage.format.as_deref();
                (name, stage.api_type, stage.stage.as_str(), group, format, stage.execution_logging)
            })
            .collect();
        assert_eq!(told, wanted);
    });
}

#[test]
fn a_call_that_fails_says_why_and_is_not_repeated() {
    block_on(async {
        for (status, kind, error) in [
            (429, "TooManyRequestsException", AccountError::Throttled),
            (429, "LimitExceededException", AccountError::Throttled),
            (400, "ThrottlingException", AccountError::Throttled),
            (403, "AccessDeniedException", AccountError::Denied),
            (500, "InternalFailure", AccountError::Failed),
            (400, "BadRequestException", AccountError::Failed),
        ] {
            for path in [V1, "/restapis/a1b2c3d4e5/stages", V2, "/v2/apis/k1l2m3n4o5/stages"] {
                let mut answers = answers();
                answers.insert(path, (status, kind, json!({"message": "no"})));
                let (account, asked) = server(answers).await;
                assert_eq!(all(&account, &budget(20)).await, Err(error), "{kind} at {path}");
                let times = asked.lock().unwrap().iter().filter(|asked| *asked == path).count();
                assert_eq!(times, 1, "{kind} at {path}");
            }
        }
        let (account, asked) = server(answers()).await;
        assert_eq!(all(&account, &budget(3)).await, Err(AccountError::OverBudget));
        assert_eq!(asked.lock().unwrap().len(), 3);
        let nonsense = account.stages(Some("nonsense"), &budget(1)).await;
        assert_eq!(nonsense, Err(AccountError::Failed));
    });
}

#[test]
fn real_apis_are_found_with_their_stages() {
    block_on(async {
        let gateway =
            async |path: &[&str], body| send(Service::ApiGateway, Method::POST, path, &body).await;
        let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
        let name = format!("registry-{}", std::process::id());
        let http = json!({"name": name, "protocolType": "HTTP"});
        let http_id = text(&gateway(&["v2", "apis"], http).await, "apiId");
        let log = json!({
            "destinationArn": format!("{ARN}/{name}"),
            "format": "$context.requestId $context.status",
        });
        let stage = json!({"stageName": "$default", "accessLogSettings": log});
        gateway(&["v2", "apis", &http_id, "stages"], stage).await;
        let rest_id = text(&gateway(&["restapis"], json!({"name": name})).await, "id");
        let deployment = gateway(&["restapis", &rest_id, "deployments"], json!({})).await;
        let stage = json!({"stageName": "prod", "deploymentId": deployment["id"]});
        gateway(&["restapis", &rest_id, "stages"], stage).await;

        let account = AccountStages::new(clients().await, SystemClock);
        let found = all(&account, &budget(200)).await.unwrap();

        let mine: Vec<&StageInfo> =
            found.iter().filter(|stage| stage.api_name.as_ref() == Some(&name)).collect();
        let [of_rest, of_http] = mine[..] else { panic!("{mine:?}") };
        assert_eq!((of_rest.api_id.as_str(), of_rest.stage.as_str()), (rest_id.as_str(), "prod"));
        assert_eq!(of_rest.api_type, ApiType::Rest);
        assert_eq!(of_http.access_log_group, Some(format!("/{name}")));
        assert_eq!(of_http.format.as_deref(), Some("$context.requestId $context.status"));
        assert_eq!((of_http.api_type, of_http.stage.as_str()), (ApiType::Http, "$default"));
    });
}
