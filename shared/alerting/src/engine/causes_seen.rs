//! Notes the causes that a source has, for rules on new ones: at most once an hour per cause, whatever the
//! rules are, so that a rule of tomorrow knows what was there today.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use diagnosis::Cause;

use super::Engine;
use crate::clock::Clock;
use crate::counting::MinuteCounts;
use crate::notify::Channel;
use crate::source::Source;
use crate::store::{Ledger, LedgerError};

const HOUR_MINUTES: i64 = 60;

/// Made-up sources must not fill the memory: beyond so many, all are noted again.
const MAX_REMEMBERED: usize = 20_000;

/// What this environment has noted in the running hour.
#[derive(Debug, Default)]
pub(super) struct NotedThisHour(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    hour: i64,
    noted: BTreeSet<(Source, Cause)>,
}

impl NotedThisHour {
    fn of(&self, minute: i64) -> MutexGuard<'_, Inner> {
        // A set of what was written: whoever panicked while holding it left it whole.
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let hour = minute / HOUR_MINUTES;
        if inner.hour != hour || inner.noted.len() >= MAX_REMEMBERED {
            *inner = Inner { hour, noted: BTreeSet::new() };
        }
        inner
    }
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Notes the causes of failed requests in one minute of a source.
    pub(super) async fn note_causes(
        &self,
        source: &Source,
        minute: i64,
        counts: &MinuteCounts,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now().minute();
        for cause in counts.causes.keys().copied().filter(|cause| cause.is_error()) {
            let key = (source.clone(), cause);
            if !self.noted.of(now).noted.contains(&key) {
                self.ledger.note_cause(source, cause, minute).await?;
                self.noted.of(now).noted.insert(key);
            }
        }
        Ok(())
    }
}
