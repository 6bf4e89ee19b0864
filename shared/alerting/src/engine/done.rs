//! What this environment has already written in the running minute, so that it need not be written for
//! every batch: that a source is alive, and a request to show for each cause; and whether it has
//! looked for messages that are due.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use diagnosis::Cause;

use crate::source::Source;

/// Forgotten when the minute changes, so it never grows beyond one minute's sources and causes.
#[derive(Debug, Default)]
pub(super) struct DoneThisMinute {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    minute: i64,
    noted: BTreeSet<Source>,
    kept: BTreeSet<(Source, i64, Cause)>,
    delivered: bool,
}

impl DoneThisMinute {
    /// Whether the source was noted in the minute `now`.
    pub(super) fn has_noted(&self, now: i64, source: &Source) -> bool {
        self.of(now).noted.contains(source)
    }

    /// Remembers that it was.
    pub(super) fn note(&self, now: i64, source: &Source) {
        self.of(now).noted.insert(source.clone());
    }

    /// Whether a request that failed in `minute` was kept for this cause.
    pub(super) fn has_kept(&self, now: i64, source: &Source, minute: i64, cause: Cause) -> bool {
        self.of(now).kept.contains(&(source.clone(), minute, cause))
    }

    /// Remembers that one was.
    pub(super) fn keep(&self, now: i64, source: &Source, minute: i64, cause: Cause) {
        self.of(now).kept.insert((source.clone(), minute, cause));
    }

    /// Whether nobody has asked in the minute `now`: who does, sends what is due.
    pub(super) fn deliver(&self, now: i64) -> bool {
        !std::mem::replace(&mut self.of(now).delivered, true)
    }

    fn of(&self, now: i64) -> MutexGuard<'_, Inner> {
        // Sets of what was written: whoever panicked while holding them left them whole.
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.minute != now {
            *inner = Inner { minute: now, ..Inner::default() };
        }
        inner
    }
}
