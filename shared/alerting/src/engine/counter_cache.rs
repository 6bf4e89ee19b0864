//! Counters as judging needs them, without reading a whole window for every batch.
//!
//! A window of an hour at a busy source is hundreds of rows, and nearly all of them are of minutes that
//! are over. A batch whose lines are as recent as usual is judged on the running minute and the one
//! before, read anew, and on older minutes as they were when this environment first read them in the
//! running minute. So of two writers to recent minutes, the one that reads later still sees both. What
//! comes late into an older minute is seen at once by whoever brings it, since such a batch is judged on
//! a window read anew, and by everybody else a minute later at the latest; the sweep reads all. Counters
//! only grow, so what was read earlier can open too little for a minute, never too much.

use std::ops::RangeInclusive;

use crate::clock::Clock;
use crate::counting::Counters;
use crate::engine::Engine;
use crate::notify::Channel;
use crate::source::Source;
use crate::store::{Ledger, LedgerError};

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// The counters since the minute `from` or an earlier one, for judging windows that end in one of `minutes`.
    pub(super) async fn counters_to_evaluate(
        &self,
        source: &Source,
        from: i64,
        minutes: &RangeInclusive<i64>,
    ) -> Result<Counters, LedgerError> {
        let (first, last) = (*minutes.start(), *minutes.end());
        let recent = last - 1;
        if first < recent || first > last || from >= recent {
            return self.ledger.counters(source, from, last).await;
        }
        // The same for batches that begin in this minute and in the one before.
        let from = from - (first - recent);
        let mut counters = if let Some(older) = self.once_per_minute.older(last, source, from) {
            older
        } else {
            let older = self.ledger.counters(source, from, recent - 1).await?;
            self.once_per_minute.keep_older(last, source, from, older.clone());
            older
        };
        counters.add_all(&self.ledger.counters(source, recent, last).await?);
        Ok(counters)
    }
}
