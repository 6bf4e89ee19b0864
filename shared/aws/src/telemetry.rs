//! What all functions log and count about incidents and deliveries. One function writes the log lines and
//! returns the counts, so that the two cannot disagree.

use alerting::{
    DeliveryCounts, Held, Hold, IncidentView, Notification, Reason, SmsLimited, UnreadableRow,
};

use crate::metrics::Metric;

/// Logs each notification and each hold with its reason, and counts what was held back. Evidence is not
/// logged: it may quote a user's log line.
#[must_use = "these counts are not emitted yet"]
pub fn record_decisions(notifications: &[Notification], held: &[Held]) -> Vec<(Metric, u64)> {
    for notification in notifications {
        let event = notification.event.as_str();
        log(&notification.incident, &notification.reason, event, None);
    }
    for held in held {
        log(&held.incident, &held.reason, "held", Some(held.hold));
    }
    held.iter().map(|held| (Metric::NotificationsHeld(held.hold.as_str()), 1)).collect()
}

fn log(incident: &IncidentView, reason: &Reason, event: &str, hold: Option<Hold>) {
    // As in `gatewatch replay --decisions`, so that one query reads both.
    let reason = serde_json::to_string(reason).unwrap_or_default();
    tracing::info!(
        event,
        hold = hold.map(Hold::as_str),
        reason,
        incident = %incident.id,
        cause = %incident.cause,
        rule = %incident.rule,
        "a notification was decided"
    );
}

/// Logs why messages were not delivered and counts the deliveries.
#[must_use = "these counts are not emitted yet"]
pub fn record_delivery(delivery: &DeliveryCounts) -> Vec<(Metric, u64)> {
    // Every field by its name: a new one does not compile until it is counted or left out on purpose.
    let DeliveryCounts {
        sent,
        failed,
        dead,
        superseded,
        escalated,
        capped,
        sms_limited,
        parked,
        ledger_errors,
        oldest_pending_ms,
        reasons,
        losses,
    } = delivery;
    for reason in reasons {
        tracing::warn!(%reason, "a message was not sent");
    }
    for loss in losses {
        tracing::error!(%loss, "a message was given up");
    }
    if *capped > 0 {
        tracing::warn!(messages = capped, "the day's limit of text messages is reached");
    }
    for SmsLimited { incident, reason } in sms_limited {
        let hold = Hold::SmsLimit.as_str();
        let reason =
            reason.as_ref().map(|reason| serde_json::to_string(reason).unwrap_or_default());
        tracing::info!(event = "held", hold, reason, %incident, "a notification was decided");
    }
    if *parked > 0 {
        tracing::error!(channels = parked, "a channel is closed; it is tried again later");
    }
    vec![
        (Metric::MessagesSent, *sent),
        (Metric::MessagesFailed, *failed),
        (Metric::MessagesDead, *dead),
        (Metric::MessagesSuperseded, *superseded),
        (Metric::MessagesEscalated, *escalated),
        (Metric::SmsCapped, *capped),
        (Metric::NotificationsHeld(Hold::SmsLimit.as_str()), sms_limited.len() as u64),
        (Metric::ChannelsParked, *parked),
        (Metric::LedgerErrors, *ledger_errors),
        (Metric::OldestUndeliveredSeconds, oldest_pending_ms.map_or(0, |ms| ms as u64 / 1_000)),
    ]
}

/// Logs where the rows lie that could not be read, and counts them. Their content is not logged.
#[must_use = "these counts are not emitted yet"]
pub fn record_unreadable(rows: &[UnreadableRow]) -> Vec<(Metric, u64)> {
    for UnreadableRow { kind, of, key } in rows {
        tracing::error!(kind, of, row = key, "a row cannot be read and is left out");
    }
    vec![(Metric::UnreadableRows, rows.len() as u64)]
}

#[cfg(test)]
mod tests {
    use alerting::notify::sample;
    use alerting::{DeliveryCounts, Event, Held, Hold};
    use diagnosis::Cause;

    use super::{record_decisions, record_delivery};
    use crate::metrics::Metric;

    fn held(hold: Hold) -> Held {
        let notification = sample::notification(Event::Opened, Cause::LambdaTimedOut);
        let (at, reason, incident) = (notification.at, notification.reason, notification.incident);
        Held { at, hold, reason, incident }
    }

    #[test]
    fn holds_are_counted_by_reason() {
        let notified = [sample::notification(Event::Opened, Cause::LambdaTimedOut)];
        assert_eq!(record_decisions(&notified, &[]), []);
        let holds = [Hold::Silenced, Hold::Paused].map(held);
        let wanted = ["silenced", "paused"].map(|reason| (Metric::NotificationsHeld(reason), 1));
        assert_eq!(record_decisions(&notified, &holds), wanted);
    }

    #[test]
    fn the_age_of_a_message_is_in_seconds() {
        for (oldest_pending_ms, seconds) in [(None, 0), (Some(999), 0), (Some(61_500), 61)] {
            let counts = DeliveryCounts { oldest_pending_ms, ..DeliveryCounts::default() };
            let found = record_delivery(&counts);
            assert!(found.contains(&(Metric::OldestUndeliveredSeconds, seconds)), "{found:?}");
        }
    }
}
