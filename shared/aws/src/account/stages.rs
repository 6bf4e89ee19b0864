//! All stages of the account: lists of APIs, then the stages of each.
//!
//! REST APIs come first, HTTP and WebSocket APIs after them. A cursor holds the APIs of the list that is
//! being gone through whose stages are still to be read, so that an API made or deleted meanwhile moves no
//! other out of sight.

mod answers;

use std::sync::Arc;

use alerting::{AccountError, Budget, Clock, StageInfo, Stages, StagesPage};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::call;
use crate::clients::Clients;
use crate::clock::SystemClock;
use crate::service::{Call, Service};

use answers::Api;

/// APIs in one list. The cursor holds as many.
const LISTED: &str = "50";

/// The stages of an account, as API Gateway tells them.
#[derive(Debug)]
pub struct AccountStages<K = SystemClock> {
    clients: Arc<Clients>,
    clock: K,
}

/// Where to go on.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Cursor {
    kind: Kind,
    /// APIs whose stages are to be read.
    apis: Vec<Api>,
    /// The next page of the first API's stages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stages: Option<String>,
    /// The next list of APIs.
    list: List,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    /// REST APIs.
    #[default]
    V1,
    /// HTTP and WebSocket APIs.
    V2,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum List {
    /// From the first one on.
    #[default]
    First,
    /// From here on.
    At(String),
    /// There is none.
    Over,
}

impl From<Option<String>> for List {
    fn from(next: Option<String>) -> Self {
        next.filter(|next| !next.is_empty()).map_or(Self::Over, Self::At)
    }
}

impl List {
    fn token(&self) -> Option<String> {
        match self {
            Self::At(token) => Some(token.clone()),
            Self::First | Self::Over => None,
        }
    }
}

impl<K: Clock> AccountStages<K> {
    /// The stages of the account that the clients belong to.
    pub const fn new(clients: Arc<Clients>, clock: K) -> Self {
        Self { clients, clock }
    }

    /// Made once: the caller has paid for one.
    async fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T, AccountError> {
        call::once(&self.clients, call, call::LONGEST).await
    }

    async fn list(&self, cursor: &Cursor) -> Result<(Vec<Api>, List), AccountError> {
        let token = cursor.list.token();
        match cursor.kind {
            Kind::V1 => {
                let call = Call::get(Service::ApiGateway, &["restapis"]).with("limit", LISTED);
                let call = call.with_some("position", token.as_deref());
                let answer: answers::RestApis = self.ask(&call).await?;
                Ok((answer.apis(), answer.position.into()))
            }
            Kind::V2 => {
                let call = Call::get(Service::ApiGateway, &["v2", "apis"]);
                let call = call.with("maxResults", LISTED);
                let call = call.with_some("nextToken", token.as_deref());
                let answer: answers::Apis = self.ask(&call).await?;
                Ok((answer.apis(), answer.next_token.into()))
            }
        }
    }

    /// Stages of an API, and where there are more.
    async fn stages_of(
        &self,
        api: &Api,
        kind: Kind,
        token: Option<String>,
    ) -> Result<(Vec<StageInfo>, Option<String>), AccountError> {
        match kind {
            Kind::V1 => {
                let call = Call::get(Service::ApiGateway, &["restapis", &api.id, "stages"]);
                let answer: answers::RestStages = self.ask(&call).await?;
                Ok((answer.stages_of(api), None))
            }
            Kind::V2 => {
                let call = Call::get(Service::ApiGateway, &["v2", "apis", &api.id, "stages"]);
                let call = call.with_some("nextToken", token.as_deref());
                let answer: answers::Stages = self.ask(&call).await?;
                let stages = answer.stages_of(api);
                Ok((stages, answer.next_token.filter(|next| !next.is_empty())))
            }
        }
    }
}

impl<K: Clock> Stages for AccountStages<K> {
    async fn stages(
        &self,
        cursor: Option<&str>,
        budget: &Budget,
    ) -> Result<StagesPage, AccountError> {
        let mut at: Cursor = match cursor {
            None => Cursor::default(),
            // Only what this wrote comes back, or what an older version did.
            Some(text) => serde_json::from_str(text).map_err(|_| AccountError::Failed)?,
        };
        budget.take(self.clock.now())?;
        let mut stages = Vec::new();
        if let Some(api) = at.apis.first() {
            let read = self.stages_of(api, at.kind, at.stages.take()).await;
            (stages, at.stages) = match read {
                Err(AccountError::NotFound) => (Vec::new(), None),
                read => read?,
            };
            if at.stages.is_none() {
                at.apis.remove(0);
            }
        } else {
            (at.apis, at.list) = self.list(&at).await?;
        }
        if at.apis.is_empty() && at.list == List::Over {
            match at.kind {
                Kind::V1 => at = Cursor { kind: Kind::V2, ..Cursor::default() },
                Kind::V2 => return Ok(StagesPage { stages, next: None }),
            }
        }
        let next = serde_json::to_string(&at).map_err(|_| AccountError::Failed)?;
        Ok(StagesPage { stages, next: Some(next) })
    }
}
