//! What this environment has looked up about log groups in the last minute.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use diagnosis::Timestamp;

use crate::counting::StageFormats;
use crate::inventory::LogGroupInventory;

/// So many log groups are remembered between batches.
const MAX_REMEMBERED: usize = 256;

/// What is known of a log group is looked up once a minute.
const FRESH_MS: i64 = 60_000;

/// What is known of a log group, ready to use.
#[derive(Debug)]
pub(in crate::engine) struct Known {
    pub(in crate::engine) row: LogGroupInventory,
    pub(in crate::engine) stages: Option<StageFormats>,
}

impl Known {
    /// What its lines are read with.
    pub(in crate::engine) const fn stages(&self) -> Option<&StageFormats> {
        self.stages.as_ref()
    }
}

/// What was looked up lately, and when.
#[derive(Debug, Default)]
pub(in crate::engine) struct Remembered(Mutex<BTreeMap<String, LookedUp>>);

type LookedUp = (Timestamp, Option<Arc<Known>>);

impl Remembered {
    /// What was found, and whether that was less than a minute ago.
    pub(in crate::engine) fn get(
        &self,
        log_group: &str,
        now: Timestamp,
    ) -> (Option<Arc<Known>>, bool) {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        inner.get(log_group).map_or((None, false), |(at, known)| {
            // A clock that was set back makes nothing fresh for long.
            let age = now.as_millis() - at.as_millis();
            (known.clone(), (0..FRESH_MS).contains(&age))
        })
    }

    pub(in crate::engine) fn put(
        &self,
        log_group: &str,
        now: Timestamp,
        known: Option<Arc<Known>>,
    ) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.len() >= MAX_REMEMBERED && !inner.contains_key(log_group) {
            inner.clear();
        }
        inner.insert(log_group.to_owned(), (now, known));
    }
}
