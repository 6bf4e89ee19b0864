//! The routes of an HTTP or WebSocket API, and the integrations that they point at.

use std::collections::BTreeMap;

use alerting::{AccountError, Clock, StageInfo};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::call::Caller;
use super::routes::{Integrated, Routes};
use crate::Clients;
use crate::service::{Call, Service};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page<T> {
    items: Option<Vec<T>>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct HttpIntegration {
    #[serde(rename = "integrationId")]
    id: Option<String>,
    #[serde(rename = "integrationType")]
    kind: Option<String>,
    #[serde(rename = "integrationUri")]
    uri: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Route {
    route_key: Option<String>,
    target: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stage {
    stage_variables: Option<BTreeMap<String, String>>,
}

/// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html>, and
/// `…/apis-apiid-integrations.html`.
pub(super) async fn routes<K: Clock>(
    clients: &Clients,
    stage: &StageInfo,
    caller: &Caller<'_, K>,
) -> Result<Routes, AccountError> {
    let mut integrations = BTreeMap::new();
    for integration in pages::<HttpIntegration, _>(clients, stage, "integrations", caller).await? {
        let Some(id) = &integration.id else { continue };
        integrations.insert(format!("integrations/{id}"), integrated(integration));
    }
    let mut routes = Routes::default();
    for route in pages::<Route, _>(clients, stage, "routes", caller).await? {
        let Some(key) = route.route_key else { continue };
        let target = route.target.and_then(|target| integrations.get(&target));
        routes.add(&key, target.cloned().unwrap_or(Integrated::Elsewhere));
    }
    if routes.need_variables() {
        let path = ["v2", "apis", &stage.api_id, "stages", &stage.stage];
        let found: Stage = caller.ask(clients, &Call::get(Service::ApiGateway, &path)).await?;
        routes.set_variables(found.stage_variables.unwrap_or_default());
    }
    Ok(routes)
}

/// All that an API has of a kind. The size of a page is left to AWS.
async fn pages<T: DeserializeOwned, K: Clock>(
    clients: &Clients,
    stage: &StageInfo,
    kind: &str,
    caller: &Caller<'_, K>,
) -> Result<Vec<T>, AccountError> {
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let call = Call::get(Service::ApiGateway, &["v2", "apis", &stage.api_id, kind])
            .with_some("nextToken", token.as_deref());
        let page: Page<T> = caller.ask(clients, &call).await?;
        all.extend(page.items.into_iter().flatten());
        token = page.next_token;
        if token.is_none() {
            return Ok(all);
        }
    }
}

/// HTTP APIs call other AWS services by a subtype instead of an address.
fn integrated(integration: HttpIntegration) -> Integrated {
    let of_function = |kind: &str| ["AWS", "AWS_PROXY"].contains(&kind);
    let is_of_function = integration.kind.as_deref().is_some_and(of_function);
    let uri = integration.uri.filter(|_| is_of_function);
    uri.map_or(Integrated::Elsewhere, Integrated::At)
}
