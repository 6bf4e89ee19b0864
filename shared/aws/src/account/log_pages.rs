//! Events of a log group, page by page.
//!
//! AWS answers some five of these calls a second, in the whole account, and a page may be empty though
//! more follow:
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>.

use std::sync::Arc;
use std::time::Duration;

use alerting::{AccountError, Clock, LogEvent, LogQuery};
use diagnosis::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::call::Caller;
use super::{errors, pattern};
use crate::Clients;
use crate::service::{Call, Service, ServiceError, or_default};

/// As many as AWS puts on a page.
pub(super) const PER_PAGE: usize = 10_000;

/// So many log groups are named where one is looked for in vain.
const MAX_ALIKE: u32 = 5;

/// Which page.
#[derive(Debug, Clone, Copy)]
pub struct PageOf<'a> {
    /// The log group.
    pub log_group: &'a str,
    /// Only this stream.
    pub log_stream: Option<&'a str>,
    /// From this time on …
    pub from: Timestamp,
    /// … to this one, included.
    pub to: Timestamp,
    /// A filter pattern, of [`LogPages::patterns`].
    pub pattern: Option<&'a str>,
    /// At most so many events, of the 10,000 that a page holds.
    pub limit: usize,
    /// Where the page before ended.
    pub token: Option<&'a str>,
}

/// One page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogPage {
    /// Its events, oldest first.
    pub events: Vec<PageEvent>,
    /// Where the next page begins; `None` after the last one.
    pub next: Option<String>,
}

/// One event, with the id that CloudWatch gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageEvent {
    /// CloudWatch's id of it.
    pub id: String,
    /// Time, stream and text.
    pub event: LogEvent,
}

/// What there is of a log group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundGroup {
    /// It exists.
    Exists {
        /// The account that it is in: 12 digits.
        account: String,
        /// When it was made; one of the same name may be made anew.
        created: Timestamp,
    },
    /// It does not; these have names like it.
    Gap {
        /// Full names, a few.
        alike: Vec<String>,
    },
}

/// Why a call failed, for somebody who reads it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct CallFailure {
    /// What it comes to.
    pub error: AccountError,
    /// What AWS or the way to it said: one short line.
    pub reason: String,
    /// The service answered at all.
    pub answered: bool,
    /// The same call may succeed in a moment.
    pub is_passing: bool,
}

/// Reads log groups page by page, for somebody who decides on the pace.
#[derive(Debug, Clone)]
pub struct LogPages {
    clients: Arc<Clients>,
}

impl LogPages {
    /// Reads with these clients.
    pub const fn new(clients: Arc<Clients>) -> Self {
        Self { clients }
    }

    /// The region that these clients ask, where one is set.
    pub async fn region(&self) -> Option<String> {
        self.clients.region().await
    }

    /// The filter patterns that find events with one of these texts; each is asked by itself. What comes
    /// back may hold none of them.
    pub fn patterns<T: AsRef<str>>(any_of: &[T]) -> Vec<String> {
        pattern::of(any_of)
    }

    /// Reads a page with one call, made once.
    pub async fn page(&self, page: &PageOf<'_>, within: Duration) -> Result<LogPage, CallFailure> {
        read(&self.clients, page, within).await.map_err(|error| CallFailure::of(&error))
    }

    /// Looks for a log group of exactly this name, with a call or two.
    pub async fn group(&self, name: &str, within: Duration) -> Result<FoundGroup, CallFailure> {
        // The first group by name with this prefix is the one that is the prefix.
        let found = self.groups("logGroupNamePrefix", name, 1, within).await;
        let found = found.map_err(|error| CallFailure::of(&error))?;
        let is_it = |group: &LogGroup| group.name.as_deref() == Some(name);
        if let Some(group) = found.into_iter().find(is_it) {
            let arn = group.arn.unwrap_or_default();
            return Ok(FoundGroup::Exists {
                account: arn.split(':').nth(4).unwrap_or_default().to_owned(),
                created: Timestamp::from_millis(group.creation_time.unwrap_or_default()),
            });
        }
        let last_part = name.rsplit('/').find(|part| !part.is_empty()).unwrap_or(name);
        // Only a help: without it, the answer is the same.
        let alike = self.groups("logGroupNamePattern", last_part, MAX_ALIKE, within).await;
        let alike = alike.unwrap_or_default();
        let alike = alike.into_iter().filter_map(|group| group.name).collect();
        Ok(FoundGroup::Gap { alike })
    }

    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html>
    async fn groups(
        &self,
        by: &str,
        text: &str,
        limit: u32,
        within: Duration,
    ) -> Result<Vec<LogGroup>, ServiceError> {
        let input = json!({by: text, "limit": limit});
        let call = Call::operation(Service::Logs, "DescribeLogGroups", &input);
        let answer = self.clients.call_once(&call, within).await?;
        answer.json::<LogGroupList>().map(|list| list.log_groups)
    }
}

/// A page of log groups.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogGroupList {
    #[serde(default, deserialize_with = "or_default")]
    pub(super) log_groups: Vec<LogGroup>,
    pub(super) next_token: Option<String>,
}

/// A log group, as CloudWatch Logs lists it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LogGroup {
    #[serde(rename = "logGroupName")]
    pub(super) name: Option<String>,
    arn: Option<String>,
    /// Milliseconds.
    creation_time: Option<i64>,
}

impl CallFailure {
    fn of(error: &ServiceError) -> Self {
        let (answered, is_passing) = (error.is_answered(), error.is_passing());
        let (reason, error) = (error.to_string(), errors::of_call(error));
        Self { error, reason, answered, is_passing: is_passing || error == AccountError::Throttled }
    }
}

/// All events that match, page by page, out of a budget.
pub(super) async fn all<K: Clock>(
    clients: &Clients,
    query: &LogQuery<'_>,
    caller: &Caller<'_, K>,
) -> Result<Vec<LogEvent>, AccountError> {
    let patterns: Vec<Option<String>> = if query.any_of.is_empty() {
        vec![None]
    } else {
        pattern::of(query.any_of).into_iter().map(Some).collect()
    };
    let mut found = Vec::new();
    let outcome = collect(clients, query, &patterns, caller, &mut found).await;
    // A text may stand in lines of two patterns.
    found.sort_by(|one: &PageEvent, other| {
        (one.event.time, &one.id).cmp(&(other.event.time, &other.id))
    });
    found.dedup_by(|one, other| one.id == other.id && !one.id.is_empty());
    found.truncate(query.limit);
    match outcome {
        Err(error) if found.is_empty() => Err(error),
        _ => Ok(found.into_iter().map(|found| found.event).collect()),
    }
}

async fn collect<K: Clock>(
    clients: &Clients,
    query: &LogQuery<'_>,
    patterns: &[Option<String>],
    caller: &Caller<'_, K>,
    found: &mut Vec<PageEvent>,
) -> Result<(), AccountError> {
    for pattern in patterns {
        let mut token: Option<String> = None;
        while found.len() < query.limit {
            let within = caller.take()?;
            let page = PageOf {
                log_group: query.log_group,
                log_stream: query.log_stream,
                from: query.from,
                to: query.to,
                pattern: pattern.as_deref(),
                limit: query.limit - found.len(),
                token: token.as_deref(),
            };
            let page =
                read(clients, &page, within).await.map_err(|error| errors::of_call(&error))?;
            found.extend(page.events.into_iter().filter(|found| {
                let holds = |text: &&str| found.event.message.contains(*text);
                query.any_of.is_empty() || query.any_of.iter().any(holds)
            }));
            token = page.next;
            if token.is_none() {
                break;
            }
        }
    }
    Ok(())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilteredEvents {
    #[serde(default, deserialize_with = "or_default")]
    events: Vec<FilteredEvent>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FilteredEvent {
    #[serde(default, deserialize_with = "or_default")]
    event_id: String,
    /// Milliseconds.
    #[serde(default, deserialize_with = "or_default")]
    timestamp: i64,
    #[serde(default, deserialize_with = "or_default")]
    log_stream_name: String,
    #[serde(default, deserialize_with = "or_default")]
    message: String,
}

async fn read(
    clients: &Clients,
    page: &PageOf<'_>,
    within: Duration,
) -> Result<LogPage, ServiceError> {
    let mut input = json!({
        "logGroupName": page.log_group,
        "startTime": page.from.as_millis(),
        "endTime": page.to.as_millis(),
        "limit": page.limit.clamp(1, PER_PAGE),
    });
    if let Some(pattern) = page.pattern {
        input["filterPattern"] = json!(pattern);
    }
    if let Some(token) = page.token {
        input["nextToken"] = json!(token);
    }
    if let Some(stream) = page.log_stream {
        input["logStreamNames"] = json!([stream]);
    }
    let call = Call::operation(Service::Logs, "FilterLogEvents", &input);
    let answer: FilteredEvents = clients.call_once(&call, within).await?.json()?;
    let event = |event: FilteredEvent| PageEvent {
        id: event.event_id,
        event: LogEvent {
            time: Timestamp::from_millis(event.timestamp),
            log_stream: event.log_stream_name,
            message: event.message,
        },
    };
    let mut events: Vec<PageEvent> = answer.events.into_iter().map(event).collect();
    events.sort_by_key(|event| event.event.time);
    Ok(LogPage { events, next: answer.next_token.filter(|token| !token.is_empty()) })
}
