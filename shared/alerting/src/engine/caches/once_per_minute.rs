//! What this environment has already written or read in the running minute, so that it need not be done
//! for every batch: that a source is alive, a request to show for each cause, and older counters; and
//! whether it has looked for messages that are due.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use diagnosis::Cause;

use crate::counting::{AuthoritativeLog, Counters};
use crate::source::Source;

/// Forgotten when the minute changes, so it never grows beyond one minute's sources and causes.
#[derive(Debug, Default)]
pub(in crate::engine) struct OncePerMinute {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    minute: i64,
    noted: BTreeMap<(Source, AuthoritativeLog), AuthoritativeLog>,
    kept: BTreeSet<(Source, i64, Cause, u8)>,
    /// The counters of older minutes, by the first one.
    older: BTreeMap<(Source, i64), Counters>,
    delivered: bool,
}

impl OncePerMinute {
    /// What noting a log of the source in the minute `now` has said counts; `None`: it was not noted.
    pub(in crate::engine) fn noted(
        &self,
        now: i64,
        source: &Source,
        log: AuthoritativeLog,
    ) -> Option<AuthoritativeLog> {
        self.of(now).noted.get(&(source.clone(), log)).copied()
    }

    /// Remembers what it has said.
    pub(in crate::engine) fn note(
        &self,
        now: i64,
        source: &Source,
        log: AuthoritativeLog,
        counting: AuthoritativeLog,
    ) {
        self.of(now).noted.insert((source.clone(), log), counting);
    }

    /// Whether a request that failed in `minute` was kept for this cause in this place.
    pub(in crate::engine) fn has_counted(
        &self,
        now: i64,
        source: &Source,
        kept: (i64, Cause, u8),
    ) -> bool {
        let (minute, cause, place) = kept;
        self.of(now).kept.contains(&(source.clone(), minute, cause, place))
    }

    /// Remembers that one was.
    pub(in crate::engine) fn keep(&self, now: i64, source: &Source, kept: (i64, Cause, u8)) {
        let (minute, cause, place) = kept;
        self.of(now).kept.insert((source.clone(), minute, cause, place));
    }

    /// The counters of the older minutes of a source from `from` on, as they were read in this minute.
    pub(in crate::engine) fn older(
        &self,
        now: i64,
        source: &Source,
        from: i64,
    ) -> Option<Counters> {
        self.of(now).older.get(&(source.clone(), from)).cloned()
    }

    /// Remembers them.
    pub(in crate::engine) fn keep_older(
        &self,
        now: i64,
        source: &Source,
        from: i64,
        counters: Counters,
    ) {
        self.of(now).older.insert((source.clone(), from), counters);
    }

    /// Whether nobody has asked in the minute `now`: who does, sends what is due.
    pub(in crate::engine) fn deliver(&self, now: i64) -> bool {
        !std::mem::replace(&mut self.of(now).delivered, true)
    }

    fn of(&self, now: i64) -> MutexGuard<'_, Inner> {
        // Each is one insertion: whoever panicked while holding them left them whole.
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.minute != now {
            *inner = Inner { minute: now, ..Inner::default() };
        }
        inner
    }
}
