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
pub fn log_delivery(delivery: &DeliveryCounts) -> [(&'static str, u64); 4] {
    for reason in &delivery.reasons {
        tracing::warn!(%reason, "a message was not sent and stays owed");
    }
    if delivery.dead > 0 {
        tracing::error!(messages = delivery.dead, "messages were given up after 24 hours");
    }
    [
        ("MessagesSent", delivery.sent),
        ("MessagesFailed", delivery.failed),
        ("MessagesDead", delivery.dead),
        ("LedgerErrors", delivery.ledger_errors),
    ]
}
