//! The user's AWS account, as far as the engine asks it: which stages there are, which function answers a
//! route, and what its logs say of one request.
//!
//! What is asked only makes an alert say more. So whoever asks has a [`Budget`], and an answer that does
//! not come is one more thing to say, never a failure of anything else.

mod budget;
mod logs;
mod stage;
mod stages;

use serde::{Deserialize, Serialize};

pub use budget::Budget;
pub use logs::{LogEvent, LogQuery};
pub use stage::{ExecutionLogging, StageInfo};
pub use stages::{Stages, StagesPage};

/// The Lambda function behind a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// Its name, without account, version and alias.
    pub name: String,
    /// The log group that it writes to.
    pub log_group: String,
    /// After so many seconds Lambda stops it.
    pub timeout_seconds: Option<u32>,
    /// So much memory it may use, in MB.
    pub memory_mb: Option<u32>,
}

impl Function {
    /// A function of which nothing is known but its name. Nearly all write to the group named after it.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            log_group: format!("/aws/lambda/{name}"),
            timeout_seconds: None,
            memory_mb: None,
        }
    }
}

/// What stands behind a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Integration {
    /// A Lambda function, by its name; an alias or version is left out.
    Function(String),
    /// Something else: a URL, another AWS service, a mock.
    Other,
}

/// Why the account did not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Gatewatch's role may not ask this.
    #[error("no permission")]
    Denied,
    /// There is no such API, route, function or log group.
    #[error("not found")]
    NotFound,
    /// Too many calls of this kind in the account: later.
    #[error("throttled")]
    Throttled,
    /// The budget is used up: later.
    #[error("the budget is used up")]
    OverBudget,
    /// Anything else, which may be over when it is asked again.
    #[error("no answer")]
    Failed,
}

impl AccountError {
    /// Whether asking again later can help.
    pub const fn is_passing(self) -> bool {
        matches!(self, Self::Throttled | Self::OverBudget | Self::Failed)
    }
}

/// Asks about one request: what stands behind its route, and what logs say of it. Every call of AWS's API
/// takes one from the budget before it is made, and none is repeated.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait Account {
    /// What stands behind a route, as it is called in messages: `GET /orders/{id}`, `$default`. For a
    /// path that is no template, the route that API Gateway would choose.
    async fn integration(
        &self,
        stage: &StageInfo,
        route: &str,
        budget: &Budget,
    ) -> Result<Integration, AccountError>;

    /// A function of this name.
    async fn function(&self, name: &str, budget: &Budget) -> Result<Function, AccountError>;

    /// The events of a log group that match, oldest first: at most [`LogQuery::limit`] of them, and those
    /// found so far when the budget ends.
    async fn log_events(
        &self,
        query: &LogQuery<'_>,
        budget: &Budget,
    ) -> Result<Vec<LogEvent>, AccountError>;
}
