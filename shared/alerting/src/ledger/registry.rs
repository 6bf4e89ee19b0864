//! What is known of log groups: see [`registry`](crate::inventory).

use super::{Committed, LedgerError};
use crate::inventory::{KnownLogGroup, RegistryPass};

/// Rows of the source registry. Every method is safe to call twice with the same arguments, and by many
/// callers at once.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait Registry {
    /// What is known of a log group. Sees every write acknowledged before it began.
    async fn log_group(&self, log_group: &str) -> Result<Option<KnownLogGroup>, LedgerError>;

    /// Keeps what is known of a log group, in place of what was, until it is older than
    /// [`KNOWN_FOR_MS`](crate::KNOWN_FOR_MS).
    async fn keep_log_group(
        &self,
        log_group: &str,
        known: &KnownLogGroup,
    ) -> Result<(), LedgerError>;

    /// Forgets a log group.
    async fn forget_log_group(&self, log_group: &str) -> Result<(), LedgerError>;

    /// The pass that is on, or the last one. There is one for the whole ledger.
    async fn registry_pass(&self) -> Result<Option<RegistryPass>, LedgerError>;

    /// Keeps how far a pass is. Its version is one more than that which was read, 1 for the first;
    /// a conflict means that somebody else has changed it meanwhile.
    async fn keep_registry_pass(&self, pass: &RegistryPass) -> Result<Committed, LedgerError>;
}
