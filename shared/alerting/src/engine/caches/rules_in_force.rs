//! The rules in force in this environment.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diagnosis::Timestamp;

use crate::rules::Rules;

/// The rules in force, and where they come from.
#[derive(Debug)]
pub(in crate::engine) struct InForce(Mutex<Inner>);

#[derive(Debug)]
pub(in crate::engine) struct Inner {
    pub(in crate::engine) rules: Arc<Rules>,
    /// The hash of the document they stand in; `None` for those the engine was made with.
    pub(in crate::engine) hash: Option<u64>,
    /// When the ledger was last asked.
    pub(in crate::engine) asked_at: Option<Timestamp>,
    /// The hash of the document that was offered last.
    pub(in crate::engine) offered: Option<u64>,
}

impl InForce {
    pub(in crate::engine) fn new(rules: Rules) -> Self {
        Self(Mutex::new(Inner {
            rules: Arc::new(rules),
            hash: None,
            asked_at: None,
            offered: None,
        }))
    }

    pub(in crate::engine) fn inner(&self) -> MutexGuard<'_, Inner> {
        // Whoever panicked while holding it left it whole: fields are only ever replaced.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
