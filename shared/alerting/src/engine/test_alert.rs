//! A test through every channel, to see whether alerts arrive: sent at once, past the outbox, and told
//! of to whoever asked. It is no incident, and leaves no row but those that text messages are counted
//! in. A channel that was found closed is used all the same, and opened again where it takes the test:
//! that is what whoever has just mended it wants to know.

use diagnosis::redact;
use serde::{Deserialize, Serialize};

use super::deliver::join;
use crate::clock::Clock;
use crate::engine::core::{Engine, Invocation};
use crate::incident::IncidentId;
use crate::notify::{self, Audience, Channel, ChannelId, ChannelKind, Delivery, Remedy, SendError};
use crate::store::{Ledger, LedgerError, SmsGrant, SmsMessage};

/// How the topic is called where alarms about Gatewatch itself go.
const OPERATIONS: &str = "operations";

/// What to do about subscriptions that nobody has confirmed.
const CONFIRM: &str = "Open the email \"AWS Notification - Subscription Confirmation\" and confirm; look into the \
                       spam folder too. Links in it are valid for two days; deploy again with the address \
                       removed and once more with it for a new one.";

/// What a channel answers is cut.
const MAX_ANSWER: usize = 300;

/// So many digits of a phone number tell which one it is, and no more than that.
const DIGITS_SHOWN: usize = 4;

/// What each channel answered to a test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestReport {
    /// One for each channel that the stack has.
    pub channels: Vec<Tested>,
}

/// What one channel answered. Holds no secret, and of a phone number only the end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tested {
    /// `slack`, `slack-bot`, `email`, `operations`, or `sms:…` and the last four digits.
    pub channel: String,
    /// Whether the other side took it, and somebody gets it who wants to.
    pub ok: bool,
    /// What it said.
    pub answer: String,
    /// What to do where it did not take it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Sends one test through each channel, side by side, and one to `operations`, where alarms about
    /// Gatewatch itself go. `stack` is the name that it bears.
    pub async fn test_alert(
        &self,
        stack: &str,
        operations: Option<&C>,
        invocation: Invocation<'_>,
    ) -> TestReport {
        let tests = self.channels.iter().map(|channel| self.test(channel, stack, invocation));
        let mut channels = join::all(tests).await;
        if let Some(operations) = operations {
            let tested = self.test(operations, &format!("{stack}, operations"), invocation).await;
            channels.push(Tested { channel: OPERATIONS.to_owned(), ..tested });
        }
        TestReport { channels }
    }

    async fn test(&self, channel: &C, stack: &str, invocation: Invocation<'_>) -> Tested {
        let id = channel.id();
        let outcome = self.send_test(channel, stack, invocation).await;
        let (ok, answer, hint) = match outcome {
            Ok(()) => reached(id.kind.format().accepted(), channel.audience().await),
            Err(NotTested { reason, hint }) => (false, without_address(&reason, id), Some(hint)),
        };
        Tested { channel: shown(id), ok, answer, hint: hint.map(str::to_owned) }
    }

    async fn send_test(
        &self,
        channel: &C,
        stack: &str,
        invocation: Invocation<'_>,
    ) -> Result<(), NotTested> {
        let (id, now) = (channel.id(), self.clock.now());
        let state = self.ledger.channel(id).await?;
        if let Some(until) = state.paused_until.filter(|until| *until > now) {
            let reason = format!("asked to be left alone until {} UTC", until.hour_and_minute());
            return Err(NotTested { reason, hint: "Try again then; alerts wait until then too." });
        }
        if id.kind == ChannelKind::Sms {
            // Counted as any other: a test costs as much.
            let name = format!("test#{}", invocation.id);
            let sms = SmsMessage { name: &name, critical_opening: false };
            if self.ledger.take_sms(id, now, sms, self.sms_limits).await? == SmsGrant::Over {
                return Err(NotTested {
                    reason: "the day's limit for text messages is reached".to_owned(),
                    hint: "A quarter is reserved for critical incidents. It begins anew at 00:00 UTC; the \
                           stack's parameter SmsDailyLimit sets it.",
                });
            }
        }
        // A secret that was just replaced is what is tested, whether that mends the channel or breaks it.
        channel.forget();
        let content = notify::test_alert(id.kind, stack, now);
        // It belongs to no incident, and no channel looks at which.
        let incident = IncidentId::first();
        let delivery = Delivery::alone(&content, &incident, 0);
        channel.send(delivery).await.map_err(|error| NotTested::from_send(id.kind, error))?;
        if state.parkings > 0 {
            self.ledger.unpark(id, state.parkings).await?;
        }
        Ok(())
    }
}

/// What a test came to that the channel took: whether it reached anybody, the answer and what to do.
fn reached(
    accepted: &str,
    audience: Result<Option<Audience>, SendError>,
) -> (bool, String, Option<&'static str>) {
    let subscriptions = |count: u64| match count {
        1 => "1 subscription".to_owned(),
        _ => format!("{count} subscriptions"),
    };
    match audience {
        Ok(None) => (true, accepted.to_owned(), None),
        Ok(Some(Audience { confirmed: 0, pending: 0 })) => {
            (true, "not used: nobody is subscribed to the topic".to_owned(), None)
        }
        Ok(Some(Audience { confirmed: 0, pending })) => {
            let answer = format!("nobody gets it: {} not confirmed", subscriptions(pending));
            (false, answer, Some(CONFIRM))
        }
        Ok(Some(Audience { confirmed, pending })) => {
            let answer = match pending {
                0 => format!("taken by SNS for {}", subscriptions(confirmed)),
                _ => format!(
                    "taken by SNS for {}; {} not confirmed",
                    subscriptions(confirmed),
                    subscriptions(pending)
                ),
            };
            (true, answer, (pending > 0).then_some(CONFIRM))
        }
        Err(error) => {
            (true, format!("taken by SNS; its subscriptions are unknown: {}", error.reason), None)
        }
    }
}

/// Why a channel did not take the test, and what to do.
struct NotTested {
    reason: String,
    hint: &'static str,
}

impl NotTested {
    fn from_send(kind: ChannelKind, error: SendError) -> Self {
        let hint = hint(kind, &error);
        Self { reason: error.reason, hint }
    }
}

impl From<LedgerError> for NotTested {
    fn from(error: LedgerError) -> Self {
        let hint =
            "The stack's table did not answer: try again, and look at the sweep function's log.";
        Self { reason: error.to_string(), hint }
    }
}

/// What to do: the same on every channel where too much was sent, else what the channel's folder says.
fn hint(kind: ChannelKind, error: &SendError) -> &'static str {
    match error.remedy {
        Remedy::Wait(_) => "Too much was sent at once: wait a minute and try again.",
        _ => kind.format().hint(error),
    }
}

/// The channel as it may be shown to whoever may invoke a function.
fn shown(id: &ChannelId) -> String {
    match &id.address {
        None => id.kind_name().to_owned(),
        Some(address) => format!("{}:{}", id.kind_name(), end(address)),
    }
}

fn end(address: &str) -> String {
    let before = address.chars().count().saturating_sub(DIGITS_SHOWN);
    format!("…{}", address.chars().skip(before).collect::<String>())
}

/// What a channel said, without the address that it may have quoted.
fn without_address(reason: &str, id: &ChannelId) -> String {
    let mut reason = reason.to_owned();
    for address in id.address.iter().flat_map(|all| [all.as_str(), all.trim_start_matches('+')]) {
        if !address.is_empty() {
            reason = reason.replace(address, &end(address));
        }
    }
    redact::text(&reason, MAX_ANSWER)
}

#[cfg(test)]
mod tests;
