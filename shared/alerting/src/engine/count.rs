//! What a batch adds, written to the ledger.

use crate::clock::Clock;
use crate::counting::{AuthoritativeLog, BatchId, BatchMinute, Breakdown, Exemplar, MinuteCounts};
use crate::engine::core::Engine;
use crate::engine::extent::Origin;
use crate::notify::Channel;
use crate::source::Source;
use crate::store::{EXECUTION_PLACES, Ledger, LedgerError, Recorded};

/// How many of a cause's requests the ledger keeps per minute.
const EXEMPLAR_PLACES: u8 = 3;

/// What became of one minute of a batch.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counted {
    /// Writes that had been done before.
    pub(super) duplicates: u64,
    /// Requests that another log of the source counts.
    pub(super) elsewhere: u64,
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Adds one minute of a batch, and leaves in `part` what was added.
    pub(super) async fn count(
        &self,
        origin: Origin<'_>,
        minute: i64,
        batch: BatchId,
        part: &mut BatchMinute,
    ) -> Result<Counted, LedgerError> {
        let Origin { source, log_group } = origin;
        let now = self.clock.now().minute();
        // Noted before it is counted: if this dies in between, the sweep still looks at the source.
        let mut counting = self.note(source, part.log(), log_group, now).await?;
        // An access log that is new and known to be subscribed counts before its first line has come.
        if counting == AuthoritativeLog::Execution
            && self.is_counted_by_access_log(source, log_group).await
        {
            counting = AuthoritativeLog::Access;
        }
        let mut counted = Counted { elsewhere: part.leave_to(counting), ..Counted::default() };
        if part.counts != MinuteCounts::default() {
            self.record_causes(source, minute, &part.counts).await?;
            let added = self.ledger.add_counts(source, minute, batch, &part.counts).await?;
            counted.duplicates += u64::from(added == Recorded::Duplicate);
        }
        if part.breakdown != Breakdown::default() {
            let added = self.ledger.add_breakdown(source, minute, batch, &part.breakdown).await?;
            counted.duplicates += u64::from(added == Recorded::Duplicate);
        }
        for (log, exemplars) in [
            (AuthoritativeLog::Access, &part.exemplars),
            (AuthoritativeLog::Execution, &part.execution_exemplars),
        ] {
            for exemplar in exemplars {
                self.keep(source, minute, batch, log, exemplar).await?;
            }
        }
        Ok(counted)
    }

    /// Notes a log of a source, once a minute; returns the log that counts.
    async fn note(
        &self,
        source: &Source,
        log: AuthoritativeLog,
        log_group: &str,
        now: i64,
    ) -> Result<AuthoritativeLog, LedgerError> {
        if let Some(counting) = self.once_per_minute.noted(now, source, log) {
            return Ok(counting);
        }
        let counting = self.ledger.register_source(source, log, log_group, now).await?;
        self.once_per_minute.note(now, source, log, counting);
        Ok(counting)
    }

    /// Keeps a request to show: at most three of each cause, minute and kind of log. A batch has one place,
    /// whatever came before it, so that one that is delivered again adds nothing.
    async fn keep(
        &self,
        source: &Source,
        minute: i64,
        batch: BatchId,
        log: AuthoritativeLog,
        exemplar: &Exemplar,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now().minute();
        let first = if log == AuthoritativeLog::Execution { EXECUTION_PLACES } else { 0 };
        let place = first + batch.shard() % EXEMPLAR_PLACES;
        let kept = (minute, exemplar.cause, place);
        if self.once_per_minute.has_counted(now, source, kept) {
            return Ok(());
        }
        self.ledger.put_exemplar(source, minute, place, exemplar).await?;
        self.once_per_minute.keep(now, source, kept);
        Ok(())
    }
}
