//! A batch: counted, evaluated, and what it changes delivered.

use std::cmp::Reverse;

use diagnosis::decode::{self, Batch, Payload};

use crate::clock::Clock;
use crate::counting::{BatchCounts, LineCounts};
use crate::engine::core::{Engine, Invocation};
use crate::engine::decisions::Decisions;
use crate::engine::deliver::{self, DeliveryCounts};
use crate::engine::extent::{Extent, Origin};
use crate::incident::fresh_from;
use crate::notify::{Channel, Held, Notification};
use crate::store::{Ledger, LedgerError, OutboxKey};

/// What a batch came to.
#[derive(Debug, Clone, Default)]
pub struct IngestReport {
    /// Its lines.
    pub lines: LineCounts,
    /// 1 for a control message.
    pub control_batches: u64,
    /// 1 for a batch from an account or log group that is not configured, or from Gatewatch itself.
    pub refused_batches: u64,
    /// 1 for a payload that cannot be read at all.
    pub unreadable_batches: u64,
    /// Why, for the log.
    pub unreadable_because: Option<decode::DecodeError>,
    /// 1 for a batch of which a part was lost.
    pub broken_batches: u64,
    /// Counter writes that found the batch counted already.
    pub duplicate_writes: u64,
    /// Requests of an execution log that the source's access log counts.
    pub requests_counted_elsewhere: u64,
    /// What was decided.
    pub notifications: Vec<Notification>,
    /// What was held back, each hold once.
    pub held: Vec<Held>,
    /// Incidents that opened, those that nobody was notified of included.
    pub incidents_opened: u64,
    /// Incidents that were resolved.
    pub incidents_resolved: u64,
    /// What was sent.
    pub delivery: DeliveryCounts,
    /// Why sources could not be evaluated, where no retry of the batch can help.
    pub unevaluated: Vec<String>,
}

impl IngestReport {
    fn take(&mut self, made: Decisions) {
        self.notifications.extend(made.notifications);
        self.held.extend(made.held);
        self.incidents_opened += made.opened;
        self.incidents_resolved += made.resolved;
    }
}

/// Messages that ingest sends on a channel beside its own work, so that a dead sweep only delays.
const INGEST_MESSAGES: u32 = 5;

/// Pages of what is owed that ingest looks through for them.
const INGEST_PAGES: u32 = 4;

/// So much of an invocation's time is left for sending when a batch's sources are judged.
const INGEST_RESERVE_MS: i64 = 3_000;

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Takes in the payload of a CloudWatch Logs subscription. An error means that a retry of the whole
    /// payload can help; what no retry can mend is counted in the report instead.
    pub async fn ingest(
        &self,
        payload: &[u8],
        invocation: Invocation<'_>,
    ) -> Result<IngestReport, LedgerError> {
        let mut report = IngestReport::default();
        match decode::lambda_event(payload) {
            Ok(Payload::Control) => report.control_batches = 1,
            Ok(Payload::Data(batch)) => {
                if self.accepts(&batch).await? {
                    return self.ingest_batch(&batch, invocation).await;
                }
                report.refused_batches = 1;
            }
            Err(error) => {
                report.unreadable_batches = 1;
                report.unreadable_because = Some(error);
            }
        }
        Ok(report)
    }

    async fn ingest_batch(
        &self,
        batch: &Batch,
        invocation: Invocation<'_>,
    ) -> Result<IngestReport, LedgerError> {
        let known = self.group_inventory(&batch.log_group).await;
        let stages = known.as_ref().and_then(|known| known.stages());
        let mut batch_counts = BatchCounts::of(batch, self.clock.now(), self.diagnose, stages);
        let mut report = IngestReport {
            lines: batch_counts.lines,
            broken_batches: u64::from(batch_counts.broke_off),
            ..IngestReport::default()
        };
        // One failing write must not keep the others from being counted: the retry finds those done.
        let mut first_error = None;
        for ((source, minute), part) in &mut batch_counts.minutes {
            let origin = Origin { source, log_group: &batch.log_group };
            match self.count(origin, *minute, batch_counts.batch, part).await {
                Ok(counted) => {
                    report.duplicate_writes += counted.duplicates;
                    report.requests_counted_elsewhere += counted.elsewhere;
                }
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        if report.lines.errors + report.lines.joined_errors > 0 {
            self.refresh_rules().await;
        }
        let now = self.clock.now();
        for (source, minutes) in batch_counts.minutes_with_errors() {
            if self.time_left(invocation) < INGEST_RESERVE_MS {
                // A retry finds everything counted and has its time for this. The sweep would do as
                // well, but nobody must depend on it alone.
                first_error = first_error.or(Some(too_late()));
                break;
            }
            let origin = Origin { source: &source, log_group: &batch.log_group };
            let (late, fresh) =
                minutes.split_at(minutes.partition_point(|minute| *minute < fresh_from(now)));
            let mut results = Vec::new();
            if let Some(&from) = fresh.first() {
                let minutes = from..=now.minute();
                results.push(self.evaluate(origin, minutes, Extent::Openings).await);
            }
            if !late.is_empty() {
                results.push(self.evaluate_late(origin, late).await);
            }
            for result in results {
                match result {
                    Ok(made) => report.take(made),
                    // The batch is counted. What a retry cannot fix, the sweep meets as well, and counts.
                    Err(error) if !error.retryable => {
                        report.unevaluated.push(format!("{source}: {}", error.reason));
                    }
                    Err(error) => first_error = first_error.or(Some(error)),
                }
            }
        }
        report.delivery = self.deliver_after(&report.notifications, invocation).await;
        first_error.map_or(Ok(report), Err)
    }

    /// Sends what was just decided, and once a minute a few other messages that are due.
    async fn deliver_after(
        &self,
        notifications: &[Notification],
        invocation: Invocation<'_>,
    ) -> DeliveryCounts {
        let first_this_minute = self.once_per_minute.deliver(self.clock.now().minute());
        if notifications.is_empty() && !first_this_minute {
            return DeliveryCounts::default();
        }
        let mut notifications: Vec<&Notification> = notifications.iter().collect();
        notifications.sort_by_key(|notification| Reverse(notification.incident.severity));
        let first = notifications.into_iter().map(OutboxKey::before_notification).collect();
        let run = deliver::DeliveryRun {
            pages: if first_this_minute { INGEST_PAGES } else { 0 },
            ..deliver::DeliveryRun::of(first, INGEST_MESSAGES)
        };
        self.deliver(&run, invocation).await
    }
}

fn too_late() -> LedgerError {
    let reason = "there was no time to judge all sources of the batch".to_owned();
    LedgerError { reason, retryable: true }
}
