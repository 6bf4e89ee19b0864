//! Signed requests that were carried out: whoever overhears one must not have it carried out again.

use diagnosis::Timestamp;

use super::LedgerError;

/// Requests, each by what identifies it. Safe to call twice with the same arguments, and by many callers
/// at once: of those who bring the same request, one is first.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait Presses {
    /// Whether nobody but `holder` has brought the request before. It is remembered until `until`, after
    /// which its signature must be too old to count.
    async fn first_time(
        &self,
        request: &str,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<bool, LedgerError>;

    /// Forgets a request that could not be carried out, so that it may come again.
    async fn forget_press(&self, request: &str) -> Result<(), LedgerError>;
}
