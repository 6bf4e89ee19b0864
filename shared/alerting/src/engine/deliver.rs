//! Sending what is owed: under a lease per incident and channel, oldest first, at least once.

use diagnosis::Timestamp;

use super::{Engine, Invocation};
use crate::channel::{Channel, Delivery, Remedy, SendError, Sent};
use crate::clock::Clock;
use crate::ledger::{Ledger, LedgerError, OutboxRow, Settlement};

/// Longer than any invocation runs, so that a holder that is still alive never loses its lease.
const LEASE_MS: i64 = 60_000;

/// No send begins with less than this left: one takes at most 5 s, and must still be settled.
const MIN_TIME_LEFT_MS: i64 = 8_000;

/// After so long a message says nothing useful any more. It is counted as dead.
const MAX_AGE_MS: i64 = 24 * 60 * 60 * 1_000;

/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE_MS: i64 = 5_000;

/// The longest pause.
const LONGEST_PAUSE_MS: i64 = 5 * 60 * 1_000;

/// What became of messages owed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeliveryCounts {
    /// Taken by the other side.
    pub sent: u64,
    /// Refused or unanswered; they stay owed.
    pub failed: u64,
    /// Given up after 24 hours.
    pub dead: u64,
    /// Times that the ledger did not answer; what is owed stays owed.
    pub ledger_errors: u64,
    /// Why messages failed, for the log: channel and reason.
    pub reasons: Vec<String>,
}

/// Whether to go on with an incident's next message.
#[derive(PartialEq, Eq)]
enum Next {
    GoOn,
    Stop,
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Sends up to `limit` messages per channel. Never fails: what is not sent stays owed.
    pub(super) async fn deliver(&self, limit: usize, invocation: Invocation<'_>) -> DeliveryCounts {
        let mut counts = DeliveryCounts::default();
        for channel in &self.channels {
            match self.ledger.owed(channel.id(), limit).await {
                Ok(rows) => self.deliver_on(channel, &rows, invocation, &mut counts).await,
                Err(_) => counts.ledger_errors += 1,
            }
        }
        counts
    }

    async fn deliver_on(
        &self,
        channel: &C,
        rows: &[OutboxRow],
        invocation: Invocation<'_>,
        counts: &mut DeliveryCounts,
    ) {
        // Rows come ordered by incident and number: an incident's later messages wait for its earlier.
        for of_incident in rows.chunk_by(|a, b| a.incident == b.incident) {
            for row in of_incident {
                match self.deliver_row(channel, row, invocation, counts).await {
                    Ok(Next::GoOn) => {}
                    Ok(Next::Stop) => break,
                    Err(_) => {
                        counts.ledger_errors += 1;
                        break;
                    }
                }
            }
        }
    }

    async fn deliver_row(
        &self,
        channel: &C,
        row: &OutboxRow,
        invocation: Invocation<'_>,
        counts: &mut DeliveryCounts,
    ) -> Result<Next, LedgerError> {
        let now = self.clock.now();
        let time_left = invocation.deadline.as_millis() - now.as_millis();
        if row.due > now || time_left < MIN_TIME_LEFT_MS {
            return Ok(Next::Stop);
        }
        let until = now.plus_millis(LEASE_MS);
        let lease =
            self.ledger.lease(channel.id(), &row.incident, invocation.id, now, until).await?;
        let Some(lease) = lease else { return Ok(Next::Stop) };
        let settlement = if row.seq <= lease.last_sent {
            // Somebody sent it after this row was read.
            Settlement::Done { place: None }
        } else if now.as_millis() - row.created_at.as_millis() > MAX_AGE_MS {
            counts.dead += 1;
            Settlement::Done { place: None }
        } else {
            let delivery = Delivery {
                content: &row.content,
                incident: &row.incident,
                seq: row.seq,
                place: lease.place.as_deref(),
            };
            match channel.send(delivery).await {
                Ok(Sent { place }) => {
                    counts.sent += 1;
                    Settlement::Done { place }
                }
                Err(error) => {
                    counts.failed += 1;
                    let retry_at = retry_at(self.clock.now(), row.attempts, &error);
                    counts.reasons.push(format!("{}: {error}", channel.id().kind_name()));
                    Settlement::RetryAt(retry_at)
                }
            }
        };
        let next = match settlement {
            Settlement::Done { .. } => Next::GoOn,
            Settlement::RetryAt(_) => Next::Stop,
        };
        self.ledger.settle(row, invocation.id, settlement).await?;
        Ok(next)
    }
}

/// When to try again: when the other side asks for it, else after a pause that doubles.
fn retry_at(now: Timestamp, attempts: u32, error: &SendError) -> Timestamp {
    let doubled = FIRST_PAUSE_MS.saturating_mul(1 << attempts.min(16));
    now.plus_millis(match error.remedy {
        Remedy::Wait(millis) => millis,
        Remedy::Retry | Remedy::Park | Remedy::GiveUp => doubled.min(LONGEST_PAUSE_MS),
    })
}

#[cfg(test)]
mod tests {
    use diagnosis::Timestamp;

    use super::retry_at;
    use crate::channel::{Remedy, SendError};

    #[test]
    fn pauses_double_up_to_five_minutes_unless_the_other_side_says_otherwise() {
        let now = Timestamp::from_millis(1_000_000);
        let plain = SendError::new("no answer");
        let asked = SendError::with("slow down", Remedy::Wait(30_000));
        for (attempts, error, seconds) in [
            (0, &plain, 5),
            (1, &plain, 10),
            (5, &plain, 160),
            (6, &plain, 300),
            (u32::MAX, &plain, 300),
            (0, &asked, 30),
            (9, &asked, 30),
        ] {
            let pause = retry_at(now, attempts, error).as_millis() - now.as_millis();
            assert_eq!(pause, seconds * 1_000, "after {attempts}");
        }
    }
}
