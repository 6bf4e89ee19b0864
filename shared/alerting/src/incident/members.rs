//! What the group of a storm remembers of its members.

use diagnosis::Timestamp;

use super::{Members, OpenIncident};

/// Text messages about one storm are 10 minutes apart, counted in whole minutes as sweeps run.
const TEXT_PAUSE_MINUTES: i64 = 10;

/// At most 1,000 members are known to be counted in a message; of more than that, nobody hears anything new.
pub(super) const MAX_COUNTED: usize = 1_000;

impl Members {
    pub(super) fn of_none(now: Timestamp) -> Self {
        Self {
            count: 0,
            errors: 0,
            grew_at: now,
            top: Vec::new(),
            named: Vec::new(),
            texted_at: None,
            counted: Vec::new(),
        }
    }

    /// Whether enough time has passed since the last text message.
    pub(crate) fn text_is_due(&self, now: Timestamp) -> bool {
        self.texted_at.is_none_or(|at| now.minute() - at.minute() >= TEXT_PAUSE_MINUTES)
    }

    /// Takes down that a notification names these members.
    pub(crate) fn name(&mut self, newly: &[&OpenIncident]) {
        self.named.extend(newly.iter().map(|member| member.id.clone()));
    }

    /// Takes down that a message gives the count of these members.
    pub(crate) fn count(&mut self, audible: &[&OpenIncident], now: Timestamp) {
        self.texted_at = Some(now);
        self.counted = audible.iter().take(MAX_COUNTED).map(|member| member.id.clone()).collect();
    }
}
