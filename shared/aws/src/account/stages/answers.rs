//! What API Gateway answers, as far as it is used.

use std::collections::BTreeMap;

use alerting::{ExecutionLogging, StageInfo};
use diagnosis::ApiType;
use serde::{Deserialize, Serialize};

use crate::service::or_default;

/// Longer names only fill the cursor.
const MAX_NAME: usize = 128;

/// An API of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Api {
    pub(super) id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) name: Option<String>,
    /// Of APIs of the second kind, which may also be HTTP APIs.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(super) websocket: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

fn short(name: &str) -> Option<String> {
    (!name.is_empty()).then(|| name.chars().take(MAX_NAME).collect())
}

/// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetRestApis.html>
#[derive(Deserialize)]
pub(super) struct RestApis {
    #[serde(default, deserialize_with = "or_default")]
    item: Vec<RestApi>,
    pub(super) position: Option<String>,
}

#[derive(Deserialize)]
struct RestApi {
    id: Option<String>,
    name: Option<String>,
}

impl RestApis {
    pub(super) fn apis(&self) -> Vec<Api> {
        let api = |api: &RestApi| {
            let name = api.name.as_deref().and_then(short);
            Some(Api { id: api.id.clone()?, name, websocket: false })
        };
        self.item.iter().filter_map(api).collect()
    }
}

/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Apis {
    #[serde(default, deserialize_with = "or_default")]
    items: Vec<HttpApi>,
    pub(super) next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HttpApi {
    api_id: Option<String>,
    name: Option<String>,
    protocol_type: Option<String>,
}

impl Apis {
    pub(super) fn apis(&self) -> Vec<Api> {
        let api = |api: &HttpApi| {
            let name = api.name.as_deref().and_then(short);
            let websocket = api.protocol_type.as_deref() == Some("WEBSOCKET");
            Some(Api { id: api.api_id.clone()?, name, websocket })
        };
        self.items.iter().filter_map(api).collect()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AccessLogSettings {
    destination_arn: Option<String>,
    format: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RouteSettings {
    logging_level: Option<String>,
}

/// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetStages.html>
#[derive(Deserialize)]
pub(super) struct RestStages {
    #[serde(default, deserialize_with = "or_default")]
    item: Vec<RestStage>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RestStage {
    stage_name: Option<String>,
    access_log_settings: Option<AccessLogSettings>,
    #[serde(default, deserialize_with = "or_default")]
    method_settings: BTreeMap<String, RouteSettings>,
}

impl RestStages {
    pub(super) fn stages_of(&self, api: &Api) -> Vec<StageInfo> {
        let stage = |stage: &RestStage| {
            let access = stage.access_log_settings.as_ref();
            // What holds for all methods; a level for one method alone says little about the next.
            let all = stage.method_settings.get("*/*");
            let level = all.and_then(|all| all.logging_level.as_deref()).unwrap_or("OFF");
            Some(StageInfo {
                api_id: api.id.clone(),
                api_name: api.name.clone(),
                api_type: ApiType::Rest,
                stage: stage.stage_name.clone()?,
                access_log_group: access.and_then(AccessLogSettings::log_group),
                format: access.and_then(|access| access.format.clone()),
                execution_logging: of_level(level),
            })
        };
        self.item.iter().filter_map(stage).collect()
    }
}

/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stages {
    #[serde(default, deserialize_with = "or_default")]
    items: Vec<HttpStage>,
    pub(super) next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HttpStage {
    stage_name: Option<String>,
    access_log_settings: Option<AccessLogSettings>,
    default_route_settings: Option<RouteSettings>,
}

impl Stages {
    pub(super) fn stages_of(&self, api: &Api) -> Vec<StageInfo> {
        let stage = |stage: &HttpStage| {
            let access = stage.access_log_settings.as_ref();
            let settings = stage.default_route_settings.as_ref();
            let level = settings.and_then(|settings| settings.logging_level.as_deref());
            let (api_type, execution_logging) = if api.websocket {
                (ApiType::WebSocket, of_level(level.unwrap_or("OFF")))
            } else {
                (ApiType::Http, Some(ExecutionLogging::Off))
            };
            Some(StageInfo {
                api_id: api.id.clone(),
                api_name: api.name.clone(),
                api_type,
                stage: stage.stage_name.clone()?,
                access_log_group: access.and_then(AccessLogSettings::log_group),
                format: access.and_then(|access| access.format.clone()),
                execution_logging,
            })
        };
        self.items.iter().filter_map(stage).collect()
    }
}

impl AccessLogSettings {
    fn log_group(&self) -> Option<String> {
        log_group(self.destination_arn.as_deref()?)
    }
}

fn of_level(level: &str) -> Option<ExecutionLogging> {
    match level {
        "OFF" => Some(ExecutionLogging::Off),
        "ERROR" => Some(ExecutionLogging::Errors),
        "INFO" => Some(ExecutionLogging::Info),
        _ => None,
    }
}

/// The log group of an ARN of CloudWatch Logs, with or without `:*`. REST APIs may also log to Firehose,
/// which is none. `arn:aws:logs:eu-west-1:123456789012:log-group:/shop:*`
fn log_group(arn: &str) -> Option<String> {
    let mut parts = arn.splitn(7, ':');
    let mut next = || parts.next();
    let (scheme, _, service, _, _, kind, name) =
        (next()?, next()?, next()?, next()?, next()?, next()?, next()?);
    // Names of log groups hold no colon; a log stream or `*` may follow.
    let name = name.split(':').next().filter(|name| !name.is_empty())?;
    (scheme == "arn" && service == "logs" && kind == "log-group").then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::log_group;

    #[test]
    fn only_an_arn_of_cloudwatch_logs_names_a_log_group() {
        for (arn, name) in [
            ("arn:aws:logs:eu-west-1:123456789012:log-group:/shop/access", Some("/shop/access")),
            ("arn:aws:logs:eu-west-1:123456789012:log-group:/shop:*", Some("/shop")),
            ("arn:aws-cn:logs:cn-north-1:123456789012:log-group:a#b:log-stream:c", Some("a#b")),
            ("arn:aws:firehose:eu-west-1:123456789012:deliverystream/amazon-apigateway-x", None),
            ("arn:aws:logs:eu-west-1:123456789012:log-group:", None),
            ("arn:aws:logs:eu-west-1:123456789012:destination:/shop", None),
            ("arn:aws:logs:eu-west-1", None),
            ("/shop", None),
            ("", None),
        ] {
            assert_eq!(log_group(arn).as_deref(), name, "{arn}");
        }
    }
}
