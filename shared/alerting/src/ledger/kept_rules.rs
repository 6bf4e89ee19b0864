//! The last good rules, so that a bad document changes nothing.

use diagnosis::Timestamp;

use super::LedgerError;

/// A document of rules that was found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesDocument {
    /// Its text, as it was written.
    pub text: String,
    /// When it was first found good.
    pub kept_at: Timestamp,
}

/// One document for the whole ledger. Every method is safe to call twice with the same arguments, and by
/// many callers at once.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait KeptRules {
    /// Keeps a document in place of the one before.
    async fn keep_rules(&self, document: &RulesDocument) -> Result<(), LedgerError>;

    /// The document that was kept last. Sees every write acknowledged before it began.
    async fn kept_rules(&self) -> Result<Option<RulesDocument>, LedgerError>;
}
