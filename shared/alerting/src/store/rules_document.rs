//! The last good rules, so that a bad document changes nothing.

use diagnosis::Timestamp;

/// A document of rules that was found good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesDocument {
    /// Its text, as it was written.
    pub text: String,
    /// When it was first found good.
    pub stored_at: Timestamp,
}
