//! The account's log groups and their subscription filters, at five calls a second: the slowest of these
//! operations takes no more, and other tools of the account call them too.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>

use std::sync::Arc;
use std::time::Duration;

use alerting::{AttachError, Filter, LogGroups, NamesPage};
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};

use crate::clients::Clients;
use crate::error_text;

/// Names on one page.
const LISTED: i32 = 50;

/// The time from one call to the next.
const PAUSE: Duration = Duration::from_millis(200);

/// CloudWatch Logs, of the account that the clients belong to.
#[derive(Debug)]
pub struct AccountLogGroups {
    clients: Arc<Clients>,
}

impl AccountLogGroups {
    /// The log groups of the account that the clients belong to.
    pub const fn new(clients: Arc<Clients>) -> Self {
        Self { clients }
    }

    async fn paced(&self) -> &aws_sdk_cloudwatchlogs::Client {
        tokio::time::sleep(PAUSE).await;
        self.clients.cloudwatchlogs().await
    }
}

impl LogGroups for AccountLogGroups {
    async fn names(&self, prefix: &str, cursor: Option<&str>) -> Result<NamesPage, AttachError> {
        let prefix = Some(prefix).filter(|prefix| !prefix.is_empty()).map(str::to_owned);
        let request = self.paced().await.describe_log_groups().limit(LISTED);
        let request = request.set_log_group_name_prefix(prefix);
        let answer = request.set_next_token(cursor.map(str::to_owned)).send().await;
        let answer = answer.map_err(|error| failure("logs:DescribeLogGroups", &error))?;
        let names = answer.log_groups().iter().filter_map(|group| group.log_group_name());
        let names = names.map(str::to_owned).collect();
        Ok(NamesPage { names, next: answer.next_token.filter(|token| !token.is_empty()) })
    }

    async fn filters(&self, log_group: &str) -> Result<Vec<Filter>, AttachError> {
        let request = self.paced().await.describe_subscription_filters();
        let answer = request.log_group_name(log_group).send().await;
        let answer = answer.map_err(|error| failure("logs:DescribeSubscriptionFilters", &error))?;
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        let filters = answer.subscription_filters().iter().map(|filter| Filter {
            name: text(filter.filter_name()),
            pattern: text(filter.filter_pattern()),
            destination: text(filter.destination_arn()),
        });
        Ok(filters.collect())
    }

    async fn put(&self, log_group: &str, filter: &Filter) -> Result<(), AttachError> {
        let request = self.paced().await.put_subscription_filter().log_group_name(log_group);
        let request = request.filter_name(&filter.name).filter_pattern(&filter.pattern);
        let answer = request.destination_arn(&filter.destination).send().await;
        answer.map_err(|error| failure("logs:PutSubscriptionFilter", &error))?;
        Ok(())
    }

    async fn remove(&self, log_group: &str, name: &str) -> Result<(), AttachError> {
        let request = self.paced().await.delete_subscription_filter();
        match request.log_group_name(log_group).filter_name(name).send().await {
            Ok(_) => Ok(()),
            Err(error) => match failure("logs:DeleteSubscriptionFilter", &error) {
                // Somebody else was first.
                AttachError::NotFound => Ok(()),
                error => Err(error),
            },
        }
    }
}

fn failure<E, R>(action: &str, error: &SdkError<E, R>) -> AttachError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug + 'static,
{
    let SdkError::ServiceError(context) = error else {
        return AttachError::Failed(error_text::innermost(error));
    };
    let answer = context.err();
    match answer.code() {
        Some("ResourceNotFoundException") => AttachError::NotFound,
        Some("LimitExceededException") => AttachError::NoFreeFilter,
        Some("AccessDeniedException") => AttachError::Denied(action.to_owned()),
        code => AttachError::Failed(error_text::of_service(code, answer.message())),
    }
}
