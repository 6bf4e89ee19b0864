//! Which notifications this environment has held back last, so that each hold is reported once.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::incident::notify_policy::Announcement;
use crate::incident::{Hold, IncidentId, ReasonChange};

/// At most 20,000 incidents are remembered; beyond, all of them are reported again.
const MAX_REMEMBERED: usize = 20_000;

/// The last hold of each incident.
#[derive(Debug, Default)]
pub(in crate::engine) struct Holds(Mutex<BTreeMap<IncidentId, (Hold, ReasonChange)>>);

impl Holds {
    /// Remembers a hold. Whether it is another than the last one of this incident.
    pub(in crate::engine) fn is_news(
        &self,
        incident: &IncidentId,
        hold: Hold,
        announcement: &Announcement,
    ) -> bool {
        let now = (hold, announcement.reason_change());
        let mut last = self.lock();
        if last.len() >= MAX_REMEMBERED && !last.contains_key(incident) {
            last.clear();
        }
        last.insert(incident.clone(), now) != Some(now)
    }

    /// The incident was announced: whatever is held back after that is news.
    pub(in crate::engine) fn forget(&self, incident: &IncidentId) {
        self.lock().remove(incident);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<IncidentId, (Hold, ReasonChange)>> {
        // Each change is one insertion or removal, so a panic in between leaves it whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
