//! Events of a log group, page by page.
//!
//! AWS answers some five of these calls a second, in the whole account, and a page may be empty though
//! more follow:
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>.

use std::sync::Arc;
use std::time::Duration;

use alerting::{AccountError, Clock, LogEvent, LogQuery};
use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_lambda::config::http::HttpResponse;
use diagnosis::Timestamp;

use super::call::{Caller, once};
use super::{errors, pattern};
use crate::{Clients, error_text};

/// As many as AWS puts on a page.
pub(super) const PER_PAGE: usize = 10_000;

/// So many log groups are named where one is looked for in vain.
const MAX_ALIKE: i32 = 5;

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
        let client = self.clients.cloudwatchlogs().await;
        // The first group by name with this prefix is the one that is the prefix.
        let request = client.describe_log_groups().log_group_name_prefix(name).limit(1);
        let found = once!(aws_sdk_cloudwatchlogs, request, within)
            .map_err(|error| CallFailure::of(&error))?;
        let exact = found.log_groups().iter().find(|group| group.log_group_name() == Some(name));
        if let Some(group) = exact {
            let arn = group.arn().unwrap_or_default();
            return Ok(FoundGroup::Exists {
                account: arn.split(':').nth(4).unwrap_or_default().to_owned(),
                created: Timestamp::from_millis(group.creation_time().unwrap_or_default()),
            });
        }
        let last_part = name.rsplit('/').find(|part| !part.is_empty()).unwrap_or(name);
        let request =
            client.describe_log_groups().log_group_name_pattern(last_part).limit(MAX_ALIKE);
        // Only a help: without it, the answer is the same.
        let alike = once!(aws_sdk_cloudwatchlogs, request, within).ok();
        let alike = alike.map(|found| found.log_groups.unwrap_or_default()).unwrap_or_default();
        let alike = alike.into_iter().filter_map(|group| group.log_group_name).collect();
        Ok(FoundGroup::Gap { alike })
    }
}

impl CallFailure {
    fn of<E>(error: &SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
    {
        let reason = match error {
            SdkError::ServiceError(context) => {
                error_text::of_service(context.err().code(), context.err().message())
            }
            _ => error_text::innermost(error),
        };
        let (answered, is_passing) = match error {
            SdkError::ServiceError(context) => (true, context.raw().status().is_server_error()),
            SdkError::TimeoutError(_) | SdkError::ResponseError(_) => (false, true),
            _ => (false, false),
        };
        let error = errors::of_call(error);
        let is_passing = is_passing || error == AccountError::Throttled;
        Self { error, reason, answered, is_passing }
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

type ReadError = SdkError<
    aws_sdk_cloudwatchlogs::operation::filter_log_events::FilterLogEventsError,
    HttpResponse,
>;

async fn read(
    clients: &Clients,
    page: &PageOf<'_>,
    within: Duration,
) -> Result<LogPage, ReadError> {
    let mut request = clients
        .cloudwatchlogs()
        .await
        .filter_log_events()
        .log_group_name(page.log_group)
        .start_time(page.from.as_millis())
        .end_time(page.to.as_millis())
        .limit(page.limit.clamp(1, PER_PAGE) as i32)
        .set_filter_pattern(page.pattern.map(str::to_owned))
        .set_next_token(page.token.map(str::to_owned));
    if let Some(stream) = page.log_stream {
        request = request.log_stream_names(stream);
    }
    let answer = once!(aws_sdk_cloudwatchlogs, request, within)?;
    let event = |event: aws_sdk_cloudwatchlogs::types::FilteredLogEvent| PageEvent {
        id: event.event_id.unwrap_or_default(),
        event: LogEvent {
            time: Timestamp::from_millis(event.timestamp.unwrap_or_default()),
            log_stream: event.log_stream_name.unwrap_or_default(),
            message: event.message.unwrap_or_default(),
        },
    };
    let mut events: Vec<PageEvent> =
        answer.events.unwrap_or_default().into_iter().map(event).collect();
    events.sort_by_key(|event| event.event.time);
    Ok(LogPage { events, next: answer.next_token.filter(|token| !token.is_empty()) })
}
