//! How many requests API Gateway counted, as CloudWatch tells.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>

use std::sync::Arc;

use alerting::{AccountError, Budget, Clock, RequestCountQuery, RequestMetrics, StageInfo};
use diagnosis::{ApiType, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Caller;
use crate::clients::Clients;
use crate::clock::SystemClock;
use crate::service::{Call, Service};

/// Seconds of a data point: a day is 288 of them for each stage, and CloudWatch returns 100,800 in all.
const PERIOD_SECONDS: i64 = 300;

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
}

impl<K: Clock> RequestMetrics for CloudWatchRequests<K> {
    async fn request_counts(
        &self,
        queries: &[RequestCountQuery<'_>],
        budget: &Budget,
    ) -> Result<Vec<Option<u64>>, AccountError> {
        let Some(body) = question(queries) else { return Ok(Vec::new()) };
        let caller = Caller { budget, clock: &self.clock };
        let call = Call::operation(Service::CloudWatch, "GetMetricData", &body);
        let answer: Answer = caller.ask(&self.clients, &call).await?;
        Ok((0..queries.len()).map(|n| answer.count(n, &queries[n])).collect())
    }
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

#[cfg(test)]
mod tests;
