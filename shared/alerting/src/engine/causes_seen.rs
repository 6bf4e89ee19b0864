//! Notes the causes that a source has, for rules on new ones: at most once an hour per cause, whatever the
//! rules are, so that a rule of tomorrow knows what was there today.

use crate::clock::Clock;
use crate::counting::MinuteCounts;
use crate::engine::core::Engine;
use crate::notify::Channel;
use crate::source::Source;
use crate::store::{Ledger, LedgerError};

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Notes the causes of failed requests in one minute of a source.
    pub(super) async fn record_causes(
        &self,
        source: &Source,
        minute: i64,
        counts: &MinuteCounts,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now().minute();
        for cause in counts.causes.keys().copied().filter(|cause| cause.is_error()) {
            let key = (source.clone(), cause);
            if !self.noted.of(now).noted.contains(&key) {
                self.ledger.record_cause(source, cause, minute).await?;
                self.noted.of(now).noted.insert(key);
            }
        }
        Ok(())
    }
}
