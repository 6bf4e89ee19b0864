//! Delivery: under a lease per incident and channel, in a fair [`order`], at least once.
//!
//! A run reads up to 1,000 rows of a channel, and makes an [`attempt`] for each incident with a row that is due;
//! then it reads on. Channels run side by side, so that one that hangs holds up no other. Nothing here fails:
//! what is not sent stays pending.

mod attempt;
mod decide;
pub(super) mod join;
mod order;
mod pause;

use std::collections::BTreeSet;

use diagnosis::Timestamp;

use crate::clock::Clock;
use crate::engine::core::{Engine, Invocation};
use crate::incident::{IncidentId, Reason};
use crate::notify::{Channel, ChannelId};
use crate::store::{Condition, Ledger, LedgerError, OutboxKey, OutboxRow};
use order::Waiting;

/// No send begins with less than this left: one takes at most 7 s, and must still be settled.
const MIN_TIME_LEFT_MS: i64 = 8_000;

/// The messages of a run on one channel are at least a second apart, since Slack allows about one a second. Runs
/// of several invocations at once do not know of each other; what a 429 says is honored by all.
const BETWEEN_MESSAGES_MS: i64 = 1_000;

/// Rows that are read at once.
const PAGE: usize = 25;

/// Pages that are read before the first attempt: their order is fair among 1,000 rows.
const PAGES_AHEAD: u32 = 40;

/// Failures in a row that end a run: each may take seconds, and the channel is probably down. If all three
/// messages had failed before, only these are left alone until the next run: they say little about the channel.
const FAILURES_IN_A_ROW: u32 = 3;

/// What became of messages owed.
#[derive(Debug, Clone, Default, PartialEq)]
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
    /// Text messages that the day's limit held back.
    pub sms_limited: Vec<SmsLimited>,
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

/// A text message that the day's limit held back.
#[derive(Debug, Clone, PartialEq)]
pub struct SmsLimited {
    /// The incident that it was about.
    pub incident: IncidentId,
    /// Why it was to be sent; `None` for rows of a version that did not keep it.
    pub reason: Option<Box<Reason>>,
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

/// How far a delivery run goes.
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
    /// Open incidents that are critical: their messages go before others.
    pub(super) critical: BTreeSet<IncidentId>,
}

impl DeliveryRun {
    /// A run for some incidents and nothing else.
    pub(super) const fn of(first: Vec<OutboxKey>, attempts: u32) -> Self {
        Self { first, attempts, pages: 0, measure: false, critical: BTreeSet::new() }
    }
}

/// What a run may still do on one channel.
struct Budget {
    attempts: u32,
    failures_in_a_row: u32,
    /// How many of these were of messages that had failed before.
    repeated_failures: u32,
    /// Whether messages that have failed before get an attempt.
    retries: bool,
    /// When the last message was sent.
    sent_at: Option<Timestamp>,
}

impl Budget {
    const fn of(attempts: u32) -> Self {
        Self { attempts, failures_in_a_row: 0, repeated_failures: 0, retries: true, sent_at: None }
    }

    /// How long to wait at `now` before the next message.
    fn rest_ms(&self, now: Timestamp) -> i64 {
        let since = |at: Timestamp| now.as_millis() - at.as_millis();
        self.sent_at.map_or(0, |at| BETWEEN_MESSAGES_MS - since(at)).clamp(0, BETWEEN_MESSAGES_MS)
    }

    const fn succeeded(&mut self) {
        self.failures_in_a_row = 0;
        self.repeated_failures = 0;
    }

    const fn failed(&mut self, had_failed_before: bool) -> Next {
        self.failures_in_a_row += 1;
        self.repeated_failures += had_failed_before as u32;
        if self.failures_in_a_row < FAILURES_IN_A_ROW {
            return Next::GoOn;
        }
        if self.repeated_failures < self.failures_in_a_row {
            return Next::Stop;
        }
        self.retries = false;
        self.succeeded();
        Next::GoOn
    }
}

/// How far a run has read a channel's rows.
struct Reader {
    after: Option<OutboxKey>,
    /// The last incident whose first row was read.
    seen: Option<IncidentId>,
    /// Pages that may still be read.
    pages: u32,
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
            match self.oldest_pending(channel.id(), invocation).await {
                Ok(since) => {
                    let now = self.clock.now().as_millis();
                    counts.oldest_pending_ms = since.map(|at| (now - at.as_millis()).max(0));
                }
                Err(_) => counts.ledger_errors += 1,
            }
        }
        counts
    }

    /// Leaves in `any` whether anything is pending, as far as it looked.
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
        let mut budget = Budget::of(run.attempts);
        for key in &run.first {
            if self.try_one(channel, key, false, invocation, &mut budget, counts).await
                == Next::Stop
            {
                return Ok(());
            }
        }
        let mut reader = Reader { after: None, seen: None, pages: run.pages };
        while reader.pages > 0 && !self.is_late(invocation) {
            let waiting = self.read_ahead(channel, run, &mut reader, invocation).await?;
            *any = reader.after.is_some();
            for waiting in order::fair(waiting) {
                if waiting.has_failed && !budget.retries {
                    continue;
                }
                let (key, failed) = (&waiting.key, waiting.has_failed);
                let next = self.try_one(channel, key, failed, invocation, &mut budget, counts);
                if next.await == Next::Stop {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// One attempt. A ledger that fails for one incident ends nothing by itself: another's rows may be fine.
    async fn try_one(
        &self,
        channel: &C,
        key: &OutboxKey,
        has_failed: bool,
        invocation: Invocation<'_>,
        budget: &mut Budget,
        counts: &mut DeliveryCounts,
    ) -> Next {
        match self.attempt(channel, key, invocation, budget, counts).await {
            Ok(next) => next,
            Err(error) => {
                counts.ledger_errors += 1;
                // An error that stays says nothing about the next incident.
                if error.retryable { budget.failed(has_failed) } else { Next::GoOn }
            }
        }
    }

    /// Reads the next pages of a channel's rows: the incidents with a message that is due.
    async fn read_ahead(
        &self,
        channel: &C,
        run: &DeliveryRun,
        reader: &mut Reader,
        invocation: Invocation<'_>,
    ) -> Result<Vec<Waiting>, LedgerError> {
        let mut waiting = Vec::new();
        for _ in 0..PAGES_AHEAD.min(reader.pages) {
            if self.is_late(invocation) {
                break;
            }
            let page = self.ledger.pending(channel.id(), reader.after.as_ref(), PAGE).await?;
            let now = self.clock.now();
            for row in &page {
                // An incident's first row speaks for those behind it, on this page or the next; but what
                // only edits, for none.
                let rests = row.due > now;
                if reader.seen.as_ref() == Some(&row.incident) || (rests && row.is_silent()) {
                    continue;
                }
                reader.seen = Some(row.incident.clone());
                if !rests {
                    waiting.push(Waiting {
                        key: OutboxKey::before_incident(row.opened_at, row.incident.clone()),
                        due: row.due,
                        has_failed: row.attempts > 0,
                        is_critical: run.critical.contains(&row.incident),
                    });
                }
            }
            reader.after = page.last().map(OutboxRow::key).or_else(|| reader.after.take());
            reader.pages -= 1;
            if page.len() < PAGE {
                reader.pages = 0;
                break;
            }
        }
        Ok(waiting)
    }

    /// Since when the oldest message has been pending. A row that waits for others to fail is not late.
    ///
    /// Rows lie by the opening of their incident, and no message is older than its incident: so the search
    /// ends at the first incident that opened after the oldest message found was written. That is one page as
    /// a rule, and at most all rows of the incidents that opened before, at 1 read unit per 4 KB. It also ends,
    /// with the oldest so far, when the time is up.
    async fn oldest_pending(
        &self,
        channel: &ChannelId,
        invocation: Invocation<'_>,
    ) -> Result<Option<Timestamp>, LedgerError> {
        let (mut oldest, mut after): (Option<Timestamp>, Option<OutboxKey>) = (None, None);
        loop {
            let page = self.ledger.pending(channel, after.as_ref(), PAGE).await?;
            for row in &page {
                if oldest.is_some_and(|oldest| row.opened_at >= oldest) {
                    return Ok(oldest);
                }
                if row.condition == Condition::Always {
                    oldest = Some(oldest.map_or(row.created_at, |at| at.min(row.created_at)));
                }
            }
            if page.len() < PAGE || self.is_late(invocation) {
                return Ok(oldest);
            }
            after = page.last().map(OutboxRow::key);
        }
    }

    /// Whether too little of the invocation is left to begin a send.
    fn is_late(&self, invocation: Invocation<'_>) -> bool {
        invocation.deadline.as_millis() - self.clock.now().as_millis() < MIN_TIME_LEFT_MS
    }
}

#[cfg(test)]
mod tests;
