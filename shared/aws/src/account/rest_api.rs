//! The routes of a REST API: one page holds up to 500 resources with their methods and integrations.

use std::collections::BTreeMap;

use alerting::{AccountError, Clock, StageInfo};
use serde::Deserialize;

use super::call::Caller;
use super::routes::{Integrated, Routes};
use crate::Clients;
use crate::service::{Call, Service, or_default};

/// As many as AWS puts on a page.
const PER_PAGE: &str = "500";

#[derive(Deserialize)]
struct Resources {
    #[serde(default, deserialize_with = "or_default")]
    item: Vec<Resource>,
    position: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Resource {
    path: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    resource_methods: BTreeMap<String, Method>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Method {
    method_integration: Option<MethodIntegration>,
}

#[derive(Deserialize)]
struct MethodIntegration {
    #[serde(rename = "type")]
    kind: Option<String>,
    uri: Option<String>,
}

#[derive(Deserialize)]
struct Stage {
    variables: Option<BTreeMap<String, String>>,
}

/// <https://docs.aws.amazon.com/apigateway/latest/api/API_GetResources.html>
pub(super) async fn routes<K: Clock>(
    clients: &Clients,
    stage: &StageInfo,
    caller: &Caller<'_, K>,
) -> Result<Routes, AccountError> {
    let mut routes = Routes::default();
    let mut position: Option<String> = None;
    loop {
        let call = Call::get(Service::ApiGateway, &["restapis", &stage.api_id, "resources"])
            .with("embed", "methods")
            .with("limit", PER_PAGE)
            .with_some("position", position.as_deref());
        let page: Resources = caller.ask(clients, &call).await?;
        for resource in page.item {
            add(&mut routes, resource);
        }
        position = page.position;
        if position.is_none() {
            break;
        }
    }
    if routes.need_variables() {
        let path = ["restapis", &stage.api_id, "stages", &stage.stage];
        let found: Stage = caller.ask(clients, &Call::get(Service::ApiGateway, &path)).await?;
        routes.set_variables(found.variables.unwrap_or_default());
    }
    Ok(routes)
}

fn add(routes: &mut Routes, resource: Resource) {
    let Some(path) = resource.path else { return };
    for (method, settings) in resource.resource_methods {
        routes.add(&format!("{method} {path}"), integrated(settings));
    }
}

/// A method without an integration answers nothing.
fn integrated(method: Method) -> Integrated {
    let of_function = |kind: &str| ["AWS", "AWS_PROXY"].contains(&kind);
    let uri = method
        .method_integration
        .filter(|integration| integration.kind.as_deref().is_some_and(of_function))
        .and_then(|integration| integration.uri);
    uri.map_or(Integrated::Elsewhere, Integrated::At)
}
