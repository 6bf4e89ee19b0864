//! Which log groups the stack watches: whoever attaches them writes it down, and this looks it up.

use std::sync::Arc;

use crate::attachment::Attachment;
use crate::clock::Clock;
use crate::engine::core::{Accepted, Engine};
use crate::notify::Channel;
use crate::store::{Ledger, LedgerError};
use diagnosis::decode::Batch;

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Whether a batch is taken in.
    pub(super) async fn accepts(&self, batch: &Batch) -> Result<bool, LedgerError> {
        let Accepted::Watched { own } = &self.settings.accepted else { return Ok(true) };
        if batch.account != self.settings.account || own.contains(&batch.log_group) {
            return Ok(false);
        }
        let expects = |watched: &Option<Attachment>| {
            watched.as_ref().is_none_or(|watched| watched.expects(&batch.log_group))
        };
        if self.watched.get(self.clock.now()).is_some_and(|watched| expects(&watched)) {
            return Ok(true);
        }
        // It may have been added a moment ago.
        let watched = self.look_up_watched().await?;
        Ok(expects(&watched))
    }

    /// Whether the stack watches a log group.
    pub(super) async fn is_watched(&self, log_group: &str) -> Result<bool, LedgerError> {
        let Accepted::Watched { own } = &self.settings.accepted else { return Ok(false) };
        let watched = self.watched().await?;
        let matches =
            watched.as_ref().as_ref().is_some_and(|watched| watched.patterns.matches(log_group));
        Ok(matches && !own.iter().any(|name| name == log_group))
    }

    /// What the stack watches; `None` while nobody has written it down.
    pub(super) async fn watched(&self) -> Result<Arc<Option<Attachment>>, LedgerError> {
        match self.watched.get(self.clock.now()) {
            Some(watched) => Ok(watched),
            None => self.look_up_watched().await,
        }
    }

    async fn look_up_watched(&self) -> Result<Arc<Option<Attachment>>, LedgerError> {
        let found = Arc::new(self.ledger.attachment().await?);
        self.watched.put(self.clock.now(), Arc::clone(&found));
        Ok(found)
    }
}
