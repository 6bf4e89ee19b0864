//! The routes of a REST API: one page holds up to 500 resources with their methods and integrations.

use alerting::{AccountError, Clock, StageInfo};
use aws_sdk_apigateway::types::{IntegrationType, Method, Resource};

use super::call::{Caller, once};
use super::errors;
use super::routes::{Integrated, Routes};
use crate::Clients;

/// As many as AWS puts on a page.
const PER_PAGE: i32 = 500;

/// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetResources.html>
pub(super) async fn routes<K: Clock>(
    clients: &Clients,
    stage: &StageInfo,
    caller: &Caller<'_, K>,
) -> Result<Routes, AccountError> {
    let client = clients.apigateway().await;
    let mut routes = Routes::default();
    let mut position = None;
    loop {
        let within = caller.take()?;
        let request = client
            .get_resources()
            .rest_api_id(&stage.api_id)
            .embed("methods")
            .limit(PER_PAGE)
            .set_position(position);
        let page =
            once!(aws_sdk_apigateway, request, within).map_err(|error| errors::of_call(&error))?;
        for resource in page.items() {
            add(&mut routes, resource);
        }
        position = page.position;
        if position.is_none() {
            break;
        }
    }
    if routes.need_variables() {
        let within = caller.take()?;
        let request = client.get_stage().rest_api_id(&stage.api_id).stage_name(&stage.stage);
        let found =
            once!(aws_sdk_apigateway, request, within).map_err(|error| errors::of_call(&error))?;
        routes.set_variables(found.variables.unwrap_or_default());
    }
    Ok(routes)
}

fn add(routes: &mut Routes, resource: &Resource) {
    let Some(path) = resource.path() else { return };
    for (method, settings) in resource.resource_methods().into_iter().flatten() {
        routes.add(&format!("{method} {path}"), integrated(settings));
    }
}

/// A method without an integration answers nothing.
fn integrated(method: &Method) -> Integrated {
    let of_function =
        |kind: &IntegrationType| matches!(kind, IntegrationType::Aws | IntegrationType::AwsProxy);
    let uri = method
        .method_integration()
        .filter(|integration| integration.r#type().is_some_and(of_function))
        .and_then(|integration| integration.uri());
    uri.map_or(Integrated::Elsewhere, |uri| Integrated::At(uri.to_owned()))
}
