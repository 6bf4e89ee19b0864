//! Silences, kept until they end.

use diagnosis::Timestamp;

use super::LedgerError;
use crate::incident::Silence;

/// The silences. Every method is safe to call twice with the same arguments, and by many callers at once:
/// of two who do the same, one is first.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait Silences {
    /// The silences that have not ended at `now`, by id.
    async fn silences(&self, now: Timestamp) -> Result<Vec<Silence>, LedgerError>;

    /// Adds a silence, unless one of the same scope has not ended when it begins. Returns that one.
    async fn add_silence(&self, silence: &Silence) -> Result<Option<Silence>, LedgerError>;

    /// Ends the silence with this id before its time. Returns it to the one who was first.
    async fn end_silence(&self, id: &str, now: Timestamp) -> Result<Option<Silence>, LedgerError>;
}
