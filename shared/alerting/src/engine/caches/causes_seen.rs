//! Which causes this environment has noted in the running hour.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use diagnosis::Cause;

use crate::source::Source;

const HOUR_MINUTES: i64 = 60;

/// Made-up sources must not fill the memory: beyond so many, all are noted again.
const MAX_REMEMBERED: usize = 20_000;

/// What this environment has noted in the running hour.
#[derive(Debug, Default)]
pub(in crate::engine) struct SeenThisHour(Mutex<Inner>);

#[derive(Debug, Default)]
pub(in crate::engine) struct Inner {
    hour: i64,
    pub(in crate::engine) noted: BTreeSet<(Source, Cause)>,
}

impl SeenThisHour {
    pub(in crate::engine) fn of(&self, minute: i64) -> MutexGuard<'_, Inner> {
        // A set of what was written: whoever panicked while holding it left it whole.
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = minute / HOUR_MINUTES;
        if inner.hour != hour || inner.noted.len() >= MAX_REMEMBERED {
            *inner = Inner { hour, noted: BTreeSet::new() };
        }
        inner
    }
}
