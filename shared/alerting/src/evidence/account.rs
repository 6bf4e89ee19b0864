//! The port through which the engine asks the user's AWS account about one request: which function answers its
//! route, and what logs say of it.
//!
//! Answers only make an alert say more. So every caller has a [`Budget`], and a missing answer is one more
//! thing to report, never a failure of anything else.

use serde::{Deserialize, Serialize};

use crate::evidence::{LogEvent, LogQuery};
use crate::inventory::{AccountError, Budget, StageInfo};

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
