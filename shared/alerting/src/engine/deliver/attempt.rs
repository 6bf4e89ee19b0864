//! One incident on one channel: take the lease, look again at what is owed, decide, send, settle.
//!
//! Everything that a decision rests on is read under the lease, because whoever had it before may have
//! sent, failed or paused the channel since the run read its page.

use diagnosis::{Timestamp, redact};

use super::decide::{Decision, Why, decide};
use super::{Budget, DeliveryCounts, Next, SmsLimited, pause};
use crate::clock::Clock;
use crate::engine::{Engine, Invocation};
use crate::notify::{Channel, ChannelKind, Content, Delivery, Remedy, SendError, Sent};
use crate::notify::{DeliveryNote, SmsLimitNote};
use crate::store::{
    ChannelState, Condition, Failure, Lease, Ledger, LedgerError, MAX_SETTLED, OutboxKey,
    OutboxRow, Settlement, SmsGrant, SmsMessage,
};

/// Longer than any invocation runs, clocks that differ by seconds included, so that a holder that is
/// still alive never loses its lease.
const LEASE_MS: i64 = 60_000;

/// What readers of a message see of the reason that it is late.
const MAX_REASON: usize = 60;

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Sends what the incident behind `key` owes on a channel, until something else is to be done
    /// first.
    pub(super) async fn attempt(
        &self,
        channel: &C,
        key: &OutboxKey,
        invocation: Invocation<'_>,
        budget: &mut Budget,
        counts: &mut DeliveryCounts,
    ) -> Result<Next, LedgerError> {
        let id = channel.id();
        loop {
            if self.is_late(invocation) || budget.attempts == 0 {
                return Ok(Next::Stop);
            }
            let now = self.clock.now();
            let until = now.plus_millis(LEASE_MS);
            let lease = self.ledger.lease(id, &key.incident, invocation.id, now, until).await?;
            let Some(lease) = lease else { return Ok(Next::GoOn) };
            let mut rows = self.ledger.pending(id, Some(key), MAX_SETTLED).await?;
            rows.retain(|row| row.incident == key.incident);
            let notified_elsewhere = self.notified_elsewhere(rows.first(), now).await?;
            let state = self.ledger.channel(id).await?;
            if state.closed_until(self.clock.now()).is_some() {
                self.ledger.give_back(id, &key.incident, invocation.id).await?;
                return Ok(Next::Stop);
            }
            match decide(&rows, lease.last_sent, notified_elsewhere, now) {
                Decision::Wait => {
                    self.ledger.give_back(id, &key.incident, invocation.id).await?;
                    return Ok(Next::GoOn);
                }
                Decision::Drop(dropped, why) => {
                    if why == Why::Dead {
                        lost(counts, channel, &rows[..dropped], "not sent within 24 hours");
                    }
                    let dropped = &rows[..dropped];
                    if why == Why::Superseded {
                        counts.superseded += dropped.len() as u64;
                    }
                    let settlement =
                        if why == Why::ToldElsewhere && may_have_arrived(&lease, dropped) {
                            Settlement::MayHaveArrived
                        } else {
                            Settlement::Dropped
                        };
                    self.ledger.settle(dropped, invocation.id, settlement).await?;
                }
                Decision::Send { rows: sent, sending } => {
                    let rest = budget.rest_ms(self.clock.now());
                    if rest > 0 {
                        channel.rest(rest.unsigned_abs()).await;
                        if self.is_late(invocation) {
                            self.ledger.give_back(id, &key.incident, invocation.id).await?;
                            return Ok(Next::Stop);
                        }
                    }
                    budget.attempts -= 1;
                    budget.sent_at = Some(self.clock.now());
                    let message = Message { rows: &rows[..sent], sending, lease, state };
                    match self.send(channel, &message, invocation, counts).await? {
                        Tried::Sent => budget.succeeded(),
                        Tried::GaveUp => {}
                        Tried::Closed => return Ok(Next::Stop),
                        Tried::Failed => return Ok(budget.failed(rows[0].attempts > 0)),
                    }
                }
            }
        }
    }

    /// Whether another channel has told what this row would tell in its place.
    async fn notified_elsewhere(
        &self,
        row: Option<&OutboxRow>,
        now: Timestamp,
    ) -> Result<bool, LedgerError> {
        let Some(row) = row.filter(|row| row.due <= now) else { return Ok(false) };
        let Condition::UnlessSentOn(channels) = &row.condition else { return Ok(false) };
        for channel in channels {
            if self.ledger.last_sent(channel, &row.incident).await? >= row.seq {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn send(
        &self,
        channel: &C,
        message: &Message<'_>,
        invocation: Invocation<'_>,
        counts: &mut DeliveryCounts,
    ) -> Result<Tried, LedgerError> {
        let (id, rows) = (channel.id(), message.rows);
        let (first, sending) = (&rows[0], &rows[message.sending]);
        let now = self.clock.now();
        let mut note = message.note(now);
        if id.kind == ChannelKind::Sms {
            let name = format!("{}#{}", first.incident, first.seq);
            let critical_opening = rows.iter().any(|row| row.critical_opening);
            let sms = SmsMessage { name: &name, critical_opening };
            match self.ledger.take_sms(id, now, sms, self.sms_limits).await? {
                SmsGrant::Free => {}
                SmsGrant::LastUnreserved => note.sms_limit = Some(SmsLimitNote::OnlyOpenings),
                SmsGrant::Last => note.sms_limit = Some(SmsLimitNote::Reached),
                SmsGrant::Over => {
                    counts.capped += rows.len() as u64;
                    let (incident, reason) =
                        (first.incident.clone(), rows[message.sending].reason.clone());
                    counts.sms_limited.push(SmsLimited { incident, reason });
                    self.ledger.settle(rows, invocation.id, Settlement::Dropped).await?;
                    return Ok(Tried::GaveUp);
                }
            }
        }
        let content = message.content(&note);
        let delivery = Delivery {
            content: &content,
            incident: &sending.incident,
            seq: sending.seq,
            message_ref: message.lease.message_ref.as_deref(),
            names_members: sending.names_members,
        };
        match channel.send(delivery).await {
            Ok(Sent { message_ref }) => {
                counts.sent += 1;
                counts.superseded += rows.len() as u64 - 1;
                counts.escalated += u64::from(note.stands_in);
                self.ledger.settle(rows, invocation.id, Settlement::Done { message_ref }).await?;
                if message.state.parkings > 0 {
                    self.ledger.unpark(id, message.state.parkings).await?;
                }
                Ok(Tried::Sent)
            }
            Err(error) => self.not_sent(channel, message, &error, invocation, counts).await,
        }
    }

    async fn not_sent(
        &self,
        channel: &C,
        message: &Message<'_>,
        error: &SendError,
        invocation: Invocation<'_>,
        counts: &mut DeliveryCounts,
    ) -> Result<Tried, LedgerError> {
        let (id, rows, now) = (channel.id(), message.rows, self.clock.now());
        let first = &rows[0];
        counts.failed += 1;
        counts.reasons.push(format!("{}: {error}", id.kind_name()));
        let failure = Failure {
            reason: in_short(&error.reason),
            may_have_arrived: error.may_have_arrived || may_have_arrived(&message.lease, rows),
        };
        let because = failure.reason.clone();
        let retry_at = |due| Settlement::RetryAt { due, failure };
        match error.remedy {
            Remedy::GiveUp => {
                lost(counts, channel, rows, &error.reason);
                self.ledger.settle(rows, invocation.id, Settlement::Dropped).await?;
                Ok(Tried::GaveUp)
            }
            Remedy::Retry => {
                let incident = first.incident.as_str();
                let jitter = pause::jitter(invocation.id, incident, first.attempts);
                let due = now.plus_millis(pause::retry_ms(first.attempts, jitter));
                self.ledger.settle(rows, invocation.id, retry_at(due)).await?;
                Ok(Tried::Failed)
            }
            // The channel first: a message that is not settled is only late, but one that goes out
            // before its time may cost the channel.
            Remedy::Wait(millis) => {
                let until = now.plus_millis(pause::wait_ms(millis));
                self.ledger.pause(id, until, &because).await?;
                self.ledger.settle(rows, invocation.id, retry_at(until)).await?;
                Ok(Tried::Closed)
            }
            Remedy::Park => {
                counts.parked += 1;
                let parkings = message.state.parkings.saturating_add(1);
                let until = now.plus_millis(pause::parking_ms(parkings));
                self.ledger.park(id, until, parkings, &because).await?;
                self.ledger.settle(rows, invocation.id, retry_at(until)).await?;
                Ok(Tried::Closed)
            }
        }
    }
}

/// How an attempt to send ended.
enum Tried {
    Sent,
    /// Not, and never will be.
    GaveUp,
    Failed,
    /// Nothing can be sent on this channel for now.
    Closed,
}

/// Rows that go out as one message, and what is known when they do.
struct Message<'a> {
    rows: &'a [OutboxRow],
    sending: usize,
    lease: Lease,
    state: ChannelState,
}

impl Message<'_> {
    /// What goes out: what one row tells, in a living message as the newest has it.
    fn content(&self, note: &DeliveryNote) -> Content {
        let sending = &self.rows[self.sending];
        if sending.is_silent() {
            // That an edit is late tells nobody anything.
            return sending.content.clone();
        }
        let newest = self.rows.last().filter(|row| row.is_silent()).map(|row| &row.content);
        match (&sending.content, newest) {
            (Content::SlackBot { reply, .. }, Some(Content::SlackBot { message, .. })) => {
                let (message, reply) = (message.clone(), reply.clone());
                Content::SlackBot { message, reply }.annotated(note)
            }
            (content, _) => content.annotated(note),
        }
    }

    fn note(&self, now: Timestamp) -> DeliveryNote {
        let (first, sending) = (&self.rows[0], &self.rows[self.sending]);
        let failed = self.rows.iter().find_map(|row| row.failure.as_ref());
        // A row that was never tried waited for the channel, if that was closed while it did.
        let closed = self.state.paused_until.max(self.state.parked_until);
        let waited = closed.is_some_and(|until| until > first.created_at);
        let of_channel = self.state.because.as_ref().filter(|_| waited);
        DeliveryNote {
            event: sending.event,
            notified_at: sending.created_at,
            opened_at: sending.opened_at,
            opening_unsent: sending.seq > 1
                && (self.lease.last_sent == 0 || self.lease.unsure || self.sending > 0),
            late_ms: now.as_millis() - first.created_at.as_millis(),
            because: failed.map(|failure| &failure.reason).or(of_channel).cloned(),
            repeat: may_have_arrived(&self.lease, self.rows),
            stands_in: first.stands_in(self.lease.last_sent),
            sms_limit: None,
        }
    }
}

/// Whether rows, or a part of them, may have gone out before.
fn may_have_arrived(lease: &Lease, rows: &[OutboxRow]) -> bool {
    let failed = |row: &OutboxRow| row.failure.as_ref().is_some_and(|f| f.may_have_arrived);
    lease.abandoned || rows.iter().any(failed)
}

fn lost<C: Channel>(counts: &mut DeliveryCounts, channel: &C, rows: &[OutboxRow], reason: &str) {
    counts.dead += rows.len() as u64;
    for row in rows {
        let kind = channel.id().kind_name();
        counts
            .losses
            .push(format!("{kind}: incident {} number {}: {reason}", row.incident, row.seq));
    }
}

/// `Slack answered 429: rate_limited` in a message's own words: what stands before the details.
fn in_short(reason: &str) -> String {
    let (what, _) = reason.split_once(": ").unwrap_or((reason, ""));
    redact::truncate(&redact::printable(what), MAX_REASON)
}

#[cfg(test)]
mod tests {
    use super::in_short;

    #[test]
    fn a_reason_is_shown_without_its_details() {
        for (reason, short) in [
            ("Slack answered 429: rate_limited", "Slack answered 429"),
            ("Slack did not answer within 5 s", "Slack did not answer within 5 s"),
            (
                "the SSM parameter /a/b cannot be read: Denied: x",
                "the SSM parameter /a/b cannot be read",
            ),
        ] {
            assert_eq!(in_short(reason), short);
        }
        assert!(in_short(&"x".repeat(500)).chars().count() <= 61);
    }
}
