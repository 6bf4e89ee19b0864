//! The user's account, asked: which stages there are, how many requests they got, and about one request
//! what answers its route and what logs say.
//!
//! A call takes its place in the budget before it is made, is made once, and ends with the budget's
//! time. What stands behind routes changes with a deployment only, so it is kept for an hour, and a
//! second question about the same API or function costs no call.

mod cache;
mod call;
mod errors;
mod function;
mod http_api;
mod log_groups;
mod log_pages;
mod pattern;
mod request_metrics;
mod rest_api;
mod routes;
mod stages;
mod uri;

use std::sync::Arc;

use alerting::{
    Account, AccountError, Budget, Clock, Function, Integration, LogEvent, LogQuery, StageInfo,
};
use diagnosis::ApiType;

use crate::Clients;

use cache::Cache;
use routes::{Integrated, Routes};

pub use log_groups::AccountLogGroups;
pub use log_pages::{CallFailure, FoundGroup, LogPage, LogPages, PageEvent, PageOf};
pub use request_metrics::CloudWatchRequests;
pub use stages::AccountStages;

/// So many APIs' routes and so many functions are kept; an API of 300 routes takes some 60 KB.
const MAX_ENTRIES: usize = 200;

/// The account that [`Clients`] have credentials of.
#[derive(Debug)]
pub struct AwsAccount<K> {
    clients: Arc<Clients>,
    clock: K,
    /// By API id and stage.
    routes: Cache<(String, String), Arc<Routes>>,
    /// By name.
    functions: Cache<String, Function>,
}

impl<K: Clock> AwsAccount<K> {
    /// Asks with these clients, and takes time from this clock.
    pub fn new(clients: Arc<Clients>, clock: K) -> Self {
        Self {
            clients,
            clock,
            routes: Cache::of_at_most(MAX_ENTRIES),
            functions: Cache::of_at_most(MAX_ENTRIES),
        }
    }

    async fn routes(
        &self,
        stage: &StageInfo,
        budget: &Budget,
    ) -> Result<Arc<Routes>, AccountError> {
        let key = (stage.api_id.clone(), stage.stage.clone());
        if let Some(known) = self.routes.get(&key, self.clock.now()) {
            return Ok(known);
        }
        let caller = call::Caller { budget, clock: &self.clock };
        let routes = match stage.api_type {
            ApiType::Rest => rest_api::routes(&self.clients, stage, &caller).await?,
            ApiType::Http | ApiType::WebSocket => {
                http_api::routes(&self.clients, stage, &caller).await?
            }
        };
        let routes = Arc::new(routes);
        self.routes.put(key, routes.clone(), self.clock.now());
        Ok(routes)
    }
}

impl<K: Clock> Account for AwsAccount<K> {
    /// A stage variable in an integration's address is looked up; one that the stage does not have is
    /// [`AccountError::NotFound`], as is a route that the API does not have (any more).
    async fn integration(
        &self,
        stage: &StageInfo,
        route: &str,
        budget: &Budget,
    ) -> Result<Integration, AccountError> {
        let routes = self.routes(stage, budget).await?;
        match routes.find(stage, route).ok_or(AccountError::NotFound)? {
            Integrated::At(uri) => match uri::resolved(uri, routes.variables()) {
                Some(uri) => Ok(uri::integration(&uri)),
                None => Err(AccountError::NotFound),
            },
            Integrated::Elsewhere => Ok(Integration::Other),
        }
    }

    async fn function(&self, name: &str, budget: &Budget) -> Result<Function, AccountError> {
        if let Some(known) = self.functions.get(&name.to_owned(), self.clock.now()) {
            return Ok(known);
        }
        let caller = call::Caller { budget, clock: &self.clock };
        let function = function::configuration(&self.clients, name, &caller).await?;
        self.functions.put(name.to_owned(), function.clone(), self.clock.now());
        Ok(function)
    }

    /// One call a page. A budget that ends, or an error, after something was found returns what was
    /// found; if nothing was found by then, it is an error, since the rest was not looked at.
    async fn log_events(
        &self,
        query: &LogQuery<'_>,
        budget: &Budget,
    ) -> Result<Vec<LogEvent>, AccountError> {
        let caller = call::Caller { budget, clock: &self.clock };
        log_pages::all(&self.clients, query, &caller).await
    }
}

#[cfg(test)]
mod tests;
