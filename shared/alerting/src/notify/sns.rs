//! What SMS and email have in common: both go through Amazon SNS.

/// What to do where SNS did not answer.
pub(super) const RETRY: &str =
    "Try again; if it stays, look at https://health.aws.amazon.com for SNS.";
