//! The routes of an HTTP or WebSocket API, and the integrations that they point at.

use std::collections::BTreeMap;

use alerting::{AccountError, Clock, StageInfo};
use aws_sdk_apigatewayv2::types::{Integration, IntegrationType};

use super::call::{Caller, once};
use super::errors;
use super::routes::{Integrated, Routes};
use crate::Clients;

/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html>, and
/// `…/apis-apiid-integrations.html`. The size of a page is left to AWS.
pub(super) async fn routes<K: Clock>(
    clients: &Clients,
    stage: &StageInfo,
    caller: &Caller<'_, K>,
) -> Result<Routes, AccountError> {
    let client = clients.apigatewayv2().await;
    let mut integrations = BTreeMap::new();
    let mut token = None;
    loop {
        let within = caller.take()?;
        let request = client.get_integrations().api_id(&stage.api_id).set_next_token(token);
        let page = once!(aws_sdk_apigatewayv2, request, within)
            .map_err(|error| errors::of_call(&error))?;
        for integration in page.items() {
            let Some(id) = integration.integration_id() else { continue };
            integrations.insert(format!("integrations/{id}"), integrated(integration));
        }
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    let mut routes = Routes::default();
    loop {
        let within = caller.take()?;
        let request = client.get_routes().api_id(&stage.api_id).set_next_token(token);
        let page = once!(aws_sdk_apigatewayv2, request, within)
            .map_err(|error| errors::of_call(&error))?;
        for route in page.items() {
            let Some(key) = route.route_key() else { continue };
            let target = route.target().and_then(|target| integrations.get(target));
            routes.add(key, target.cloned().unwrap_or(Integrated::Elsewhere));
        }
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    if routes.need_variables() {
        let within = caller.take()?;
        let request = client.get_stage().api_id(&stage.api_id).stage_name(&stage.stage);
        let found = once!(aws_sdk_apigatewayv2, request, within)
            .map_err(|error| errors::of_call(&error))?;
        routes.set_variables(found.stage_variables.unwrap_or_default());
    }
    Ok(routes)
}

/// HTTP APIs call other AWS services by a subtype instead of an address.
fn integrated(integration: &Integration) -> Integrated {
    let of_function =
        |kind: &IntegrationType| matches!(kind, IntegrationType::Aws | IntegrationType::AwsProxy);
    let uri = integration
        .integration_uri()
        .filter(|_| integration.integration_type().is_some_and(of_function));
    uri.map_or(Integrated::Elsewhere, |uri| Integrated::At(uri.to_owned()))
}
