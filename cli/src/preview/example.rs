//! A message to show.

use alerting::Content;
use diagnosis::Cause;

/// One message, and what it is an example of.
pub(super) struct Example {
    pub(super) cause: Cause,
    pub(super) event: &'static str,
    /// `14:12`, when it came.
    pub(super) time: String,
    pub(super) content: Content,
}
