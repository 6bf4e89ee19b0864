//! What both functions log and count about incidents and messages.

use alerting::{DeliveryCounts, Notification};

/// Logs what was decided. Nothing of the evidence: that is for the channels.
pub fn log_decisions(notifications: &[Notification]) {
    for notification in notifications {
        tracing::info!(
            event = ?notification.event,
            incident = %notification.incident.id,
            cause = %notification.incident.cause,
            rule = %notification.incident.rule,
            "an incident changed"
        );
    }
}

/// Logs why messages were not sent, and returns the metrics of sending.
pub fn log_delivery(delivery: &DeliveryCounts) -> Vec<(&'static str, u64)> {
    for reason in &delivery.reasons {
        tracing::warn!(%reason, "a message was not sent");
    }
    for loss in &delivery.losses {
        tracing::error!(%loss, "a message was given up");
    }
    if delivery.capped > 0 {
        tracing::warn!(messages = delivery.capped, "the day's limit of text messages is reached");
    }
    if delivery.parked > 0 {
        tracing::error!(channels = delivery.parked, "a channel is closed; it is tried again later");
    }
    vec![
        ("MessagesSent", delivery.sent),
        ("MessagesFailed", delivery.failed),
        ("MessagesDead", delivery.dead),
        ("MessagesSuperseded", delivery.superseded),
        ("MessagesEscalated", delivery.escalated),
        ("SmsCapped", delivery.capped),
        ("ChannelsParked", delivery.parked),
        ("LedgerErrors", delivery.ledger_errors),
        ("OldestUndeliveredSeconds", delivery.oldest_owed_ms.map_or(0, |ms| ms as u64 / 1_000)),
    ]
}
