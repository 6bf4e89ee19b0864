//! Living messages follow the numbers: an edit now and then, which disturbs nobody.
//!
//! Only the sweep does it, at most once a minute for each incident, and only while nothing else is owed
//! for it: so there is never more than one such edit waiting, however long a channel is closed.

use diagnosis::Timestamp;

use crate::clock::Clock;
use crate::counting::Counters;
use crate::engine::Engine;
use crate::engine::extent::Standing;
use crate::engine::transition::Outcome;
use crate::incident::{Incident, SourceState};
use crate::notify::{Channel, ChannelKind};
use crate::store::{Ledger, LedgerError};

/// So much more than what the message shows is seen at a glance: a tenth.
const SEEN_PART: u64 = 10;

/// Anything more is shown after so many minutes.
const SHOWN_AFTER_MINUTES: i64 = 10;

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Owes an edit for one of the source's incidents whose numbers have moved. Whether it did; then the
    /// source has changed.
    pub(super) async fn show_live_edit(
        &self,
        state: &SourceState,
        counters: &Counters,
        standing: Standing<'_>,
    ) -> Result<bool, LedgerError> {
        if !self.has_channel(ChannelKind::SlackBot) {
            return Ok(false);
        }
        let now = self.clock.now();
        for incident in state.open() {
            let errors = incident.totals(counters).error_count();
            if !is_outdated(incident, errors, now)
                || self.is_silenced(incident, standing.silences, now).await?
                || !self.is_all_sent(incident).await?
            {
                continue;
            }
            let outcome = self.commit_interaction(incident.clone(), state.version, None).await?;
            return Ok(matches!(outcome, Outcome::Done(_)));
        }
        Ok(false)
    }

    /// Whether the living messages show the last that was told.
    pub(super) async fn is_all_sent(&self, incident: &Incident) -> Result<bool, LedgerError> {
        for channel in &self.channels {
            let id = channel.id();
            if id.kind == ChannelKind::SlackBot
                && self.ledger.last_sent(id, &incident.id).await? < incident.seq
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether a message that shows the incident as it was last shown should show it as it is.
fn is_outdated(incident: &Incident, errors: u64, now: Timestamp) -> bool {
    if !incident.is_notified() {
        return false;
    }
    let notified_at = incident.last_notification().at;
    let shown_at =
        incident.history.shown_at.map_or(notified_at, |shown_at| shown_at.max(notified_at));
    let minutes = now.minute() - shown_at.minute();
    let shown = incident.history.errors;
    let more = errors.saturating_sub(shown);
    more > 0
        && minutes >= 1
        && (more.saturating_mul(SEEN_PART) >= shown || minutes >= SHOWN_AFTER_MINUTES)
}
