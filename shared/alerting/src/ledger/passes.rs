//! Passes: the right of a source to tell of its incidents by itself, when many sources fail at once.

use diagnosis::Timestamp;

use super::LedgerError;
use crate::source::Source;

/// A few passes for all sources together. Safe to call twice with the same arguments, and by many callers
/// at once: there are never more passes than places.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait Passes {
    /// Whether the source has a pass at `now`: one it took before, or one of the `places` that are free,
    /// which it then holds until `until`.
    async fn take_pass(
        &self,
        source: &Source,
        places: u8,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, LedgerError>;
}
