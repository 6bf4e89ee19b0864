//! What all functions log and count about incidents and deliveries. One function writes the log lines and
//! returns the counts, so that the two cannot disagree.

use alerting::{DeliveryCounts, Event, Notification};

use crate::metrics::Metric;

/// Logs each notification and counts the incidents that opened and resolved. Evidence is not logged: it may
/// quote a user's log line.
#[must_use = "these counts are not emitted yet"]
pub fn record_notifications(notifications: &[Notification]) -> Vec<(Metric, u64)> {
    for notification in notifications {
        tracing::info!(
            event = ?notification.event,
            incident = %notification.incident.id,
            cause = %notification.incident.cause,
            rule = %notification.incident.rule,
            "an incident changed"
        );
    }
    let count = |event| notifications.iter().filter(|it| it.event == event).count() as u64;
    vec![
        (Metric::IncidentsOpened, count(Event::Opened)),
        (Metric::IncidentsResolved, count(Event::Resolved)),
    ]
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
        parked,
        ledger_errors,
        oldest_owed_ms,
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
        (Metric::ChannelsParked, *parked),
        (Metric::LedgerErrors, *ledger_errors),
        (Metric::OldestUndeliveredSeconds, oldest_owed_ms.map_or(0, |ms| ms as u64 / 1_000)),
    ]
}

#[cfg(test)]
mod tests {
    use alerting::notify::sample;
    use alerting::{DeliveryCounts, Event, Notification};
    use diagnosis::Cause;

    use super::{record_delivery, record_notifications};
    use crate::metrics::Metric;

    fn notification(event: Event) -> Notification {
        let facts = sample::facts(event, Cause::LambdaTimedOut);
        Notification { at: facts.at, event, incident: facts.incident, messages: Vec::new() }
    }

    #[test]
    fn openings_and_resolutions_are_counted() {
        use Event::{Opened, Reminded, Resolved, Updated};
        for (events, opened, resolved) in [
            (&[][..], 0, 0),
            (&[Updated, Reminded], 0, 0),
            (&[Opened, Resolved, Opened, Updated], 2, 1),
        ] {
            let notifications: Vec<Notification> =
                events.iter().copied().map(notification).collect();
            let wanted = [(Metric::IncidentsOpened, opened), (Metric::IncidentsResolved, resolved)];
            assert_eq!(record_notifications(&notifications), wanted, "{events:?}");
        }
    }

    #[test]
    fn the_age_of_a_message_is_in_seconds() {
        for (oldest_owed_ms, seconds) in [(None, 0), (Some(999), 0), (Some(61_500), 61)] {
            let counts = DeliveryCounts { oldest_owed_ms, ..DeliveryCounts::default() };
            let found = record_delivery(&counts);
            assert!(found.contains(&(Metric::OldestUndeliveredSeconds, seconds)), "{found:?}");
        }
    }
}
