//! Which causes a source has had of late, for rules on new ones.

use std::collections::BTreeMap;

use diagnosis::Cause;

use super::LedgerError;
use crate::source::Source;

/// A cause that a source has not had for so many minutes is new to it: 8 days, so that what happens once
/// a week is not.
pub const NEW_AFTER_MINUTES: i64 = 8 * 24 * 60;

/// When a source's causes were first seen. Every method is safe to call twice with the same arguments,
/// and by many callers at once.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait CausesSeen {
    /// Notes that `source` had `cause` in `minute`. A cause that it had not had for
    /// [`NEW_AFTER_MINUTES`] is first seen then; a minute before the last one noted changes nothing.
    async fn note_cause(
        &self,
        source: &Source,
        cause: Cause,
        minute: i64,
    ) -> Result<(), LedgerError>;

    /// The causes that `source` had in the minute `since` or later, with the minute that each was first
    /// seen in.
    async fn causes_seen(
        &self,
        source: &Source,
        since: i64,
    ) -> Result<BTreeMap<Cause, i64>, LedgerError>;
}
