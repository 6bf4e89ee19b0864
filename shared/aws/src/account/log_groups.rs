//! The account's log groups and their subscription filters, at five calls a second: the slowest of these
//! operations takes no more, and other tools of the account call them too.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>

use std::sync::Arc;
use std::time::Duration;

use alerting::{AttachError, Filter, LogGroups, NamesPage};
use serde::Deserialize;
use serde_json::{Value, json};

use super::log_pages::LogGroupList;
use crate::clients::Clients;
use crate::service::{Answer, Call, Service, ServiceError, or_default};

/// Names on one page.
const LISTED: u32 = 50;

/// The time from one call to the next.
const PAUSE: Duration = Duration::from_millis(200);

/// CloudWatch Logs, of the account that the clients belong to.
#[derive(Debug)]
pub struct AccountLogGroups {
    clients: Arc<Clients>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filters {
    #[serde(default, deserialize_with = "or_default")]
    subscription_filters: Vec<SubscriptionFilter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SubscriptionFilter {
    #[serde(default, deserialize_with = "or_default")]
    filter_name: String,
    #[serde(default, deserialize_with = "or_default")]
    filter_pattern: String,
    #[serde(default, deserialize_with = "or_default")]
    destination_arn: String,
}

impl AccountLogGroups {
    /// The log groups of the account that the clients belong to.
    pub const fn new(clients: Arc<Clients>) -> Self {
        Self { clients }
    }

    async fn ask(&self, operation: &str, input: &Value) -> Result<Answer, AttachError> {
        tokio::time::sleep(PAUSE).await;
        let call = Call::operation(Service::Logs, operation, input);
        self.clients.call(&call).await.map_err(|error| failure(operation, &error))
    }
}

impl LogGroups for AccountLogGroups {
    async fn names(&self, prefix: &str, cursor: Option<&str>) -> Result<NamesPage, AttachError> {
        let mut input = json!({"limit": LISTED});
        if !prefix.is_empty() {
            input["logGroupNamePrefix"] = json!(prefix);
        }
        if let Some(token) = cursor {
            input["nextToken"] = json!(token);
        }
        let answer: LogGroupList = read(&self.ask("DescribeLogGroups", &input).await?)?;
        let names = answer.log_groups.into_iter().filter_map(|group| group.name);
        let next = answer.next_token.filter(|token| !token.is_empty());
        Ok(NamesPage { names: names.collect(), next })
    }

    async fn filters(&self, log_group: &str) -> Result<Vec<Filter>, AttachError> {
        let input = json!({"logGroupName": log_group});
        let answer: Filters = read(&self.ask("DescribeSubscriptionFilters", &input).await?)?;
        let filters = answer.subscription_filters.into_iter().map(|filter| Filter {
            name: filter.filter_name,
            pattern: filter.filter_pattern,
            destination: filter.destination_arn,
        });
        Ok(filters.collect())
    }

    async fn put(&self, log_group: &str, filter: &Filter) -> Result<(), AttachError> {
        let input = json!({
            "logGroupName": log_group,
            "filterName": filter.name,
            "filterPattern": filter.pattern,
            "destinationArn": filter.destination,
        });
        self.ask("PutSubscriptionFilter", &input).await.map(drop)
    }

    async fn remove(&self, log_group: &str, name: &str) -> Result<(), AttachError> {
        let input = json!({"logGroupName": log_group, "filterName": name});
        match self.ask("DeleteSubscriptionFilter", &input).await {
            // Somebody else was first.
            Ok(_) | Err(AttachError::NotFound) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn read<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<T, AttachError> {
    answer.json().map_err(|error| AttachError::Failed(error.to_string()))
}

fn failure(operation: &str, error: &ServiceError) -> AttachError {
    match error.code() {
        Some("ResourceNotFoundException") => AttachError::NotFound,
        Some("LimitExceededException") => AttachError::NoFreeFilter,
        Some("AccessDeniedException") => AttachError::Denied(format!("logs:{operation}")),
        _ => AttachError::Failed(error.to_string()),
    }
}
