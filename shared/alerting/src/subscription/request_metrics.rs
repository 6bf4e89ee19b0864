//! The port through which the sweep asks how many requests API Gateway counted.

use diagnosis::Timestamp;

use crate::inventory::{AccountError, Budget, StageInfo};

/// One stage, and a time: whole minutes, of which `to` is the first that does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RequestCountQuery<'a> {
    /// The stage.
    pub stage: &'a StageInfo,
    /// The first moment that counts.
    pub from: Timestamp,
    /// The first moment that does not count.
    pub to: Timestamp,
}

/// Asks how many requests API Gateway counted.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait RequestMetrics {
    /// The number of requests for each query, in their order; `None` if it is unknown. A number may be too
    /// low, never too high. All queries are one call, taken from the budget before it is made, and never
    /// repeated.
    async fn request_counts(
        &self,
        queries: &[RequestCountQuery<'_>],
        budget: &Budget,
    ) -> Result<Vec<Option<u64>>, AccountError>;
}
