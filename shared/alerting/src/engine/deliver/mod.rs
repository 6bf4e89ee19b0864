//! Sending what is owed: under a lease per incident and channel, oldest incident first, at least once.
//!
//! One pass goes through a channel's rows page by page, and for each incident with a row that is due
//! makes an [`attempt`]. Channels are passed through side by side, so that one that hangs holds up no
//! other. Nothing here fails: what is not sent stays owed.

mod attempt;
mod decide;
pub(super) mod join;
mod pause;

use diagnosis::Timestamp;

use crate::clock::Clock;
use crate::engine::core::{Engine, Invocation};
use crate::incident::IncidentId;
use crate::notify::Channel;
use crate::store::{Condition, Ledger, LedgerError, OutboxKey, OutboxRow};

/// No send begins with less than this left: one takes at most 7 s, and must still be settled.
const MIN_TIME_LEFT_MS: i64 = 8_000;

/// Rows that are read at once.
const PAGE: usize = 25;

/// A channel that fails so often in a row is left alone until the next pass: each failure may take
/// seconds that the rows behind would lack.
const FAILURES_IN_A_ROW: u32 = 3;

/// What became of messages owed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryCounts {
    /// Taken by the other side.
    pub sent: u64,
    /// Refused or unanswered attempts.
    pub failed: u64,
    /// Given up: after 24 hours, or because the other side will never take them.
    pub dead: u64,
    /// Not sent by themselves, because a later message of the incident told what they would have.
    pub superseded: u64,
    /// Sent in place of messages that did not arrive on other channels.
    pub escalated: u64,
    /// Text messages not sent, because the day's limit was reached.
    pub capped: u64,
    /// The incidents of which the day's limit held back text messages.
    pub sms_limited: Vec<IncidentId>,
    /// Times that a channel was found closed (revoked, archived, gone).
    pub parked: u64,
    /// Times that the ledger did not answer; what is owed stays owed.
    pub ledger_errors: u64,
    /// How long the oldest message has been owed, where that was looked at and something is.
    pub oldest_pending_ms: Option<i64>,
    /// Why messages failed, for the log: channel and reason.
    pub reasons: Vec<String>,
    /// Why messages were given up, for the log: channel, incident and reason.
    pub losses: Vec<String>,
}

impl DeliveryCounts {
    fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.failed += other.failed;
        self.dead += other.dead;
        self.superseded += other.superseded;
        self.escalated += other.escalated;
        self.capped += other.capped;
        self.sms_limited.extend(other.sms_limited);
        self.parked += other.parked;
        self.ledger_errors += other.ledger_errors;
        self.oldest_pending_ms = self.oldest_pending_ms.max(other.oldest_pending_ms);
        self.reasons.extend(other.reasons);
        self.losses.extend(other.losses);
    }
}

/// How far a pass goes.
#[derive(Debug, Clone)]
pub(super) struct DeliveryRun {
    /// Incidents whose messages go first, each as the place before its rows.
    pub(super) first: Vec<OutboxKey>,
    /// Attempts on each channel.
    pub(super) attempts: u32,
    /// Pages that are read of each channel.
    pub(super) pages: u32,
    /// Whether to look how old the oldest message owed is.
    pub(super) measure: bool,
}

/// What a pass may still do on one channel.
struct Budget {
    attempts: u32,
    failures_in_a_row: u32,
}

/// Whether to go on with the channel's next incident.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    Stop,
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Sends what is due on every channel.
    pub(super) async fn deliver(
        &self,
        run: &DeliveryRun,
        invocation: Invocation<'_>,
    ) -> DeliveryCounts {
        let slots = self.channels.iter().map(|channel| self.deliver_on(channel, run, invocation));
        let mut sum = DeliveryCounts::default();
        for counts in join::all(slots).await {
            sum.add(counts);
        }
        sum
    }

    async fn deliver_on(
        &self,
        channel: &C,
        run: &DeliveryRun,
        invocation: Invocation<'_>,
    ) -> DeliveryCounts {
        let mut counts = DeliveryCounts::default();
        let mut any = true;
        let passed = self.run_on(channel, run, invocation, &mut counts, &mut any).await;
        counts.ledger_errors += u64::from(passed.is_err());
        if run.measure && any {
            match self.ledger.pending(channel.id(), None, PAGE).await {
                Ok(rows) => counts.oldest_pending_ms = oldest(&rows, self.clock.now()),
                Err(_) => counts.ledger_errors += 1,
            }
        }
        counts
    }

    /// Leaves in `any` whether something was owed, as far as it looked.
    async fn run_on(
        &self,
        channel: &C,
        run: &DeliveryRun,
        invocation: Invocation<'_>,
        counts: &mut DeliveryCounts,
        any: &mut bool,
    ) -> Result<(), LedgerError> {
        // Reading thousands of rows that nobody may send helps no one.
        let state = self.ledger.channel(channel.id()).await?;
        if state.closed_until(self.clock.now()).is_some() {
            return Ok(());
        }
        let mut budget = Budget { attempts: run.attempts, failures_in_a_row: 0 };
        for key in &run.first {
            if self.attempt(channel, key, invocation, &mut budget, counts).await? == Next::Stop {
                return Ok(());
            }
        }
        let mut after: Option<OutboxKey> = None;
        let mut seen: Option<IncidentId> = None;
        for _ in 0..run.pages {
            if self.is_late(invocation) {
                return Ok(());
            }
            let page = self.ledger.pending(channel.id(), after.as_ref(), PAGE).await?;
            *any = after.is_some() || !page.is_empty();
            for row in &page {
                // An incident's first row speaks for those behind it, on this page or the next; but what
                // only edits, for none.
                let rests = row.due > self.clock.now();
                if seen.as_ref() == Some(&row.incident) || (rests && row.is_silent()) {
                    continue;
                }
                seen = Some(row.incident.clone());
                if rests {
                    continue;
                }
                let key = OutboxKey::before_incident(row.opened_at, row.incident.clone());
                let next = self.attempt(channel, &key, invocation, &mut budget, counts).await?;
                if next == Next::Stop {
                    return Ok(());
                }
            }
            if page.len() < PAGE {
                return Ok(());
            }
            after = page.last().map(OutboxRow::key);
        }
        Ok(())
    }

    /// Whether too little of the invocation is left to begin a send.
    fn is_late(&self, invocation: Invocation<'_>) -> bool {
        invocation.deadline.as_millis() - self.clock.now().as_millis() < MIN_TIME_LEFT_MS
    }
}

/// How long the oldest of these rows has been owed. A row that waits for others to fail is not late.
fn oldest(rows: &[OutboxRow], now: Timestamp) -> Option<i64> {
    rows.iter()
        .filter(|row| row.condition == Condition::Always)
        .map(|row| (now.as_millis() - row.created_at.as_millis()).max(0))
        .max()
}

#[cfg(test)]
mod tests;
