//! Which log groups the stack watches, as this environment has looked it up in the last minute.

use std::sync::{Arc, Mutex, PoisonError};

use diagnosis::Timestamp;

use crate::attachment::Attachment;

/// It is looked up once a minute.
const FRESH_MS: i64 = 60_000;

/// What was found, and when.
#[derive(Debug, Default)]
pub(in crate::engine) struct Watched(Mutex<Option<(Timestamp, Arc<Option<Attachment>>)>>);

impl Watched {
    /// What was found less than a minute ago; `None`: nobody has looked.
    pub(in crate::engine) fn get(&self, now: Timestamp) -> Option<Arc<Option<Attachment>>> {
        let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, found) = inner.as_ref()?;
        // A clock that was set back makes nothing fresh for long.
        let age = now.as_millis() - at.as_millis();
        (0..FRESH_MS).contains(&age).then(|| found.clone())
    }

    pub(in crate::engine) fn put(&self, now: Timestamp, found: Arc<Option<Attachment>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, found));
    }
}
