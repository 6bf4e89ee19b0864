//! `gatewatch format`: the access-log format that makes every cause visible, and how to set it.

use std::io::Write as _;

use diagnosis::ApiType;
use diagnosis::format::recommended;

use crate::args::{ApiKind, Format};
use crate::failure::Failure;
use crate::output::{self, style};

pub(crate) fn run(options: &Format) -> Result<(), Failure> {
    let (api_type, command) = match options.api_type {
        ApiKind::Rest => (ApiType::Rest, rest_command()),
        ApiKind::Http => (ApiType::Http, v2_command(ApiType::Http)),
        ApiKind::Websocket => (ApiType::WebSocket, v2_command(ApiType::WebSocket)),
    };
    let mut out = output::stdout();
    let faint = style::FAINT;
    writeln!(out, "{}", recommended(api_type))?;
    writeln!(out)?;
    writeln!(
        out,
        "{faint}# Sets it. Replace API_ID, STAGE and the log group's ARN (without the `:*` at its end).{faint:#}"
    )?;
    writeln!(out, "{command}")?;
    out.flush()?;
    Ok(())
}

/// A placeholder that AWS itself refuses, so that a command run too early changes nothing.
const LOG_GROUP_ARN: &str = "arn:aws:logs:REGION:ACCOUNT:log-group:LOG_GROUP";

/// REST APIs are patched; the values are JSON inside JSON.
fn rest_command() -> String {
    let patch = |path: &str, value: &str| {
        serde_json::json!({"op": "replace", "path": path, "value": value}).to_string()
    };
    format!(
        "aws apigateway update-stage --rest-api-id API_ID --stage-name STAGE --patch-operations '[{},{}]'",
        patch("/accessLogSettings/destinationArn", LOG_GROUP_ARN),
        patch("/accessLogSettings/format", &recommended(ApiType::Rest)),
    )
}

fn v2_command(api_type: ApiType) -> String {
    let settings =
        serde_json::json!({"DestinationArn": LOG_GROUP_ARN, "Format": recommended(api_type)});
    format!(
        "aws apigatewayv2 update-stage --api-id API_ID --stage-name 'STAGE' --access-log-settings '{settings}'"
    )
}
