//! How many requests API Gateway counted, as CloudWatch tells.
//!
//! One operation is all that is needed, `GetMetricData`, so it is called without the SDK's crate for
//! CloudWatch: a signed request in AWS JSON 1.0, one of the protocols of the service's model, with the SDK's
//! own credentials and signature.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>

use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use alerting::{AccountError, Budget, Clock, RequestCountQuery, RequestMetrics, StageInfo};
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use diagnosis::{ApiType, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{call, errors};
use crate::channel::http;
use crate::clients::Clients;
use crate::clock::SystemClock;

const CONTENT_TYPE: &str = "application/x-amz-json-1.0";
const TARGET: &str = "GraniteServiceVersion20100801.GetMetricData";

/// Seconds of a data point: a day is 288 of them for each stage, and CloudWatch returns 100,800 in all.
const PERIOD_SECONDS: i64 = 300;

/// Bytes of an answer that are read. A hundred stages with 288 points each are 600 KB.
const MAX_ANSWER: usize = 4 << 20;

/// The metrics of API Gateway.
#[derive(Debug)]
pub struct CloudWatchRequests<K = SystemClock> {
    clients: Arc<Clients>,
    clock: K,
}

impl<K: Clock> CloudWatchRequests<K> {
    /// The metrics of the account and region that the clients belong to.
    pub const fn new(clients: Arc<Clients>, clock: K) -> Self {
        Self { clients, clock }
    }

    /// Sends a signed request; returns status and body.
    async fn post(&self, body: &[u8], within: Duration) -> Result<(u16, Vec<u8>), AccountError> {
        let config = self.clients.config().await;
        let region = config.region().ok_or(AccountError::Failed)?.as_ref();
        let url = match config.endpoint_url() {
            Some(other) => format!("{}/", other.trim_end_matches('/')),
            None => endpoint(region),
        };
        let provider = config.credentials_provider().ok_or(AccountError::Failed)?;
        let identity = provider.provide_credentials().await.map_err(failed)?.into();
        let millis = u64::try_from(self.clock.now().as_millis()).map_err(failed)?;
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name("monitoring")
            .time(UNIX_EPOCH + Duration::from_millis(millis))
            .settings(SigningSettings::default())
            .build()
            .map_err(failed)?
            .into();
        let headers = [("content-type", CONTENT_TYPE), ("x-amz-target", TARGET)];
        let signable =
            SignableRequest::new("POST", &url, headers.into_iter(), SignableBody::Bytes(body));
        let signed = sign(signable.map_err(failed)?, &parameters).map_err(failed)?;
        let (instructions, _signature) = signed.into_parts();
        let client = http::client(within).map_err(failed)?;
        let mut request = client.post(&url).body(body.to_vec());
        for (name, value) in headers.into_iter().chain(instructions.headers()) {
            request = request.header(name, value);
        }
        let mut response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if answer.len() + chunk.len() > MAX_ANSWER {
                return Err(AccountError::Failed);
            }
            answer.extend_from_slice(&chunk);
        }
        Ok((status, answer))
    }
}

impl<K: Clock> RequestMetrics for CloudWatchRequests<K> {
    async fn request_counts(
        &self,
        queries: &[RequestCountQuery<'_>],
        budget: &Budget,
    ) -> Result<Vec<Option<u64>>, AccountError> {
        let Some(body) = question(queries) else { return Ok(Vec::new()) };
        let within = call::Caller { budget, clock: &self.clock }.take()?;
        let (status, answer) = self.post(body.to_string().as_bytes(), within).await?;
        if status != 200 {
            return Err(errors::of_service(code(&answer).as_deref(), status));
        }
        let answer: Answer = serde_json::from_slice(&answer).map_err(failed)?;
        Ok((0..queries.len()).map(|n| answer.count(n, &queries[n])).collect())
    }
}

/// Whatever failed on the way, the next check asks again. Its text may hold an address or a token.
fn failed<E>(_error: E) -> AccountError {
    AccountError::Failed
}

/// Only the partitions of China have a domain of their own among those that Gatewatch is deployed to.
fn endpoint(region: &str) -> String {
    let china = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://monitoring.{region}.amazonaws.com{china}/")
}

/// All queries as one operation, over the time of all of them; `None` where there are none.
fn question(queries: &[RequestCountQuery<'_>]) -> Option<Value> {
    let from = queries.iter().map(|query| query.from).min()?;
    let to = queries.iter().map(|query| query.to).max()?;
    let of_stages: Vec<Value> = queries
        .iter()
        .enumerate()
        .map(|(n, query)| json!({"Id": id(n), "MetricStat": metric(query.stage)}))
        .collect();
    Some(json!({
        "MetricDataQueries": of_stages,
        "StartTime": seconds(from),
        "EndTime": seconds(to),
    }))
}

/// Of a query in its answer; must begin with a lowercase letter.
fn id(n: usize) -> String {
    format!("q{n}")
}

const fn seconds(at: Timestamp) -> i64 {
    at.as_millis() / 1_000
}

/// The metric that counts the requests of a stage that have a line in its log. Of a WebSocket API, those
/// are its connections: its `MessageCount` also counts messages to clients, which have no line.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html>
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-metrics.html>
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-logging.html>
fn metric(stage: &StageInfo) -> Value {
    let id = json!({"Name": "ApiId", "Value": stage.api_id});
    // `Count` is told by its number of samples, each of which is one request.
    let (name, statistic, api) = match stage.api_type {
        ApiType::Rest => ("Count", "SampleCount", json!({"Name": "ApiName", "Value": name(stage)})),
        ApiType::Http => ("Count", "SampleCount", id),
        ApiType::WebSocket => ("ConnectCount", "Sum", id),
    };
    json!({
        "Metric": {
            "Namespace": "AWS/ApiGateway",
            "MetricName": name,
            "Dimensions": [api, {"Name": "Stage", "Value": stage.stage}],
        },
        "Period": PERIOD_SECONDS,
        "Stat": statistic,
    })
}

/// The name of a REST API in its metrics: without what is not ASCII, and if nothing is left, its id.
fn name(stage: &StageInfo) -> String {
    let name = stage.api_name.as_deref().unwrap_or_default();
    let ascii: String = name.chars().filter(char::is_ascii).collect();
    if ascii.is_empty() { stage.api_id.clone() } else { ascii }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    #[serde(default)]
    metric_data_results: Vec<Series>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Series {
    id: String,
    #[serde(default)]
    status_code: String,
    /// Epoch seconds.
    #[serde(default)]
    timestamps: Vec<f64>,
    #[serde(default)]
    values: Vec<f64>,
}

impl Answer {
    /// The requests of the `n`th query in its own time. What CloudWatch left out can only add to a number,
    /// but does not make one of nothing.
    fn count(&self, n: usize, query: &RequestCountQuery<'_>) -> Option<u64> {
        let id = id(n);
        let (from, to) = (seconds(query.from) as f64, seconds(query.to) as f64);
        let series = self.metric_data_results.iter().filter(|series| series.id == id);
        let (mut sum, mut is_complete) = (0.0, false);
        for part in series {
            let points = part.timestamps.iter().zip(&part.values);
            let own = points.filter(|(at, value)| **at >= from && **at < to && value.is_finite());
            sum += own.map(|(_, value)| value).sum::<f64>();
            is_complete = part.status_code == "Complete";
        }
        let requests = sum.round().max(0.0) as u64;
        (requests > 0 || is_complete).then_some(requests)
    }
}

/// The code of an error: `__type`, without the namespace before it.
fn code(answer: &[u8]) -> Option<String> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let code = answer.get("__type")?.as_str()?;
    code.rsplit('#').next().map(str::to_owned)
}

#[cfg(test)]
mod tests;
