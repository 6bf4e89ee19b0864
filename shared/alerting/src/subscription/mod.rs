//! Whether a log group still delivers its lines.
//!
//! A subscription that delivers nothing looks like an API without requests. API Gateway counts requests
//! itself, in a CloudWatch metric that no subscription can lose, so the sweep compares the two: a busy source
//! that has fallen silent ([`silence`]), and requests that were counted since ([`RequestMetrics`]).

mod request_metrics;
mod silence;

pub use request_metrics::{RequestCountQuery, RequestMetrics};

pub(crate) use silence::{has_a_line_per_request, is_due, kept_until, silence};

use diagnosis::Timestamp;

use crate::source::Source;

/// A source whose lines are missing: API Gateway counted its requests, and no line of them came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadSubscription {
    /// The source.
    pub source: Source,
    /// The log group that its lines came from.
    pub log_group: String,
    /// The name of its API.
    pub api_name: Option<String>,
    /// The minute in which its last line came in.
    pub silent_since: Timestamp,
    /// How many requests API Gateway counted from `from` on and before `to`.
    pub requests: u64,
    /// The first moment of the count.
    pub from: Timestamp,
    /// The end of the count.
    pub to: Timestamp,
}
