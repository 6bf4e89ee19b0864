//! What API Gateway answers, as far as it is used.

use alerting::{ExecutionLogging, StageInfo};
use aws_sdk_apigateway::operation as v1;
use aws_sdk_apigatewayv2::operation as v2;
use aws_sdk_apigatewayv2::types::{LoggingLevel, ProtocolType};
use diagnosis::ApiType;
use serde::{Deserialize, Serialize};

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

pub(super) fn rest_apis(answer: &v1::get_rest_apis::GetRestApisOutput) -> Vec<Api> {
    let api = |api: &aws_sdk_apigateway::types::RestApi| {
        let name = api.name().and_then(short);
        Some(Api { id: api.id()?.to_owned(), name, websocket: false })
    };
    answer.items().iter().filter_map(api).collect()
}

pub(super) fn apis(answer: &v2::get_apis::GetApisOutput) -> Vec<Api> {
    let api = |api: &aws_sdk_apigatewayv2::types::Api| {
        let name = api.name().and_then(short);
        let websocket = api.protocol_type() == Some(&ProtocolType::Websocket);
        Some(Api { id: api.api_id()?.to_owned(), name, websocket })
    };
    answer.items().iter().filter_map(api).collect()
}

pub(super) fn rest_stages(api: &Api, answer: &v1::get_stages::GetStagesOutput) -> Vec<StageInfo> {
    let stage = |stage: &aws_sdk_apigateway::types::Stage| {
        let access = stage.access_log_settings();
        // What holds for all methods; a level for one method alone says little about the next.
        let all = stage.method_settings().and_then(|settings| settings.get("*/*"));
        let level = all.and_then(|all| all.logging_level()).unwrap_or("OFF");
        Some(StageInfo {
            api_id: api.id.clone(),
            api_name: api.name.clone(),
            api_type: ApiType::Rest,
            stage: stage.stage_name()?.to_owned(),
            access_log_group: access.and_then(|access| log_group(access.destination_arn()?)),
            format: access.and_then(|access| access.format()).map(str::to_owned),
            execution_logging: of_level(level),
        })
    };
    answer.item().iter().filter_map(stage).collect()
}

pub(super) fn stages(api: &Api, answer: &v2::get_stages::GetStagesOutput) -> Vec<StageInfo> {
    let stage = |stage: &aws_sdk_apigatewayv2::types::Stage| {
        let access = stage.access_log_settings();
        let level = stage.default_route_settings().and_then(|settings| settings.logging_level());
        let (api_type, execution_logging) = if api.websocket {
            let level = level.map_or("OFF", LoggingLevel::as_str);
            (ApiType::WebSocket, of_level(level))
        } else {
            (ApiType::Http, Some(ExecutionLogging::Off))
        };
        Some(StageInfo {
            api_id: api.id.clone(),
            api_name: api.name.clone(),
            api_type,
            stage: stage.stage_name()?.to_owned(),
            access_log_group: access.and_then(|access| log_group(access.destination_arn()?)),
            format: access.and_then(|access| access.format()).map(str::to_owned),
            execution_logging,
        })
    };
    answer.items().iter().filter_map(stage).collect()
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
