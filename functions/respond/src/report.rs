//! The log lines and metrics of a request.

use alerting::{InteractionOutcome, InteractionReport};
use aws::metrics::Metric;
use aws::telemetry;

use crate::press::Press;

/// Counts a request by its answer, and whether it pressed a button.
#[must_use = "these counts are not emitted yet"]
pub(crate) fn record_answer(status: i64, is_press: bool) -> Vec<(Metric, u64)> {
    vec![
        (Metric::Presses, u64::from(is_press)),
        (Metric::RefusedRequests, u64::from((400..500).contains(&status))),
        (Metric::FailedRequests, u64::from(status >= 500)),
    ]
}

/// Logs the outcome of a press and counts the messages that were edited.
#[must_use = "these counts are not emitted yet"]
pub(crate) fn record_interaction(press: &Press, report: &InteractionReport) -> Vec<(Metric, u64)> {
    let InteractionReport { pressed, delivery } = report;
    let came_to = match pressed {
        InteractionOutcome::Acknowledged => "acknowledged",
        InteractionOutcome::AcknowledgedBefore(_) => "acknowledged before",
        InteractionOutcome::Silenced(_) => "silenced",
        InteractionOutcome::SilencedBefore(_) => "silenced before",
        InteractionOutcome::Over(_) => "over",
        InteractionOutcome::Unknown => "unknown",
        InteractionOutcome::NotAlone => "not alone",
    };
    let (incident, action) = (&press.target.incident, press.action.id());
    tracing::info!(%incident, action, user = press.user, came_to, "a button was pressed");
    telemetry::record_delivery(delivery)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use alerting::{
        Action, DeliveryCounts, IncidentId, InteractionOutcome, InteractionReport, SmsLimited,
        UnreadableRow,
    };
    use aws::Program;
    use aws::metrics::Metric;
    use aws::telemetry;

    use super::{record_answer, record_interaction};
    use crate::press::Press;

    #[test]
    fn all_metrics_of_respond_are_emitted_and_no_others() {
        let press = Press {
            action: Action::Acknowledge,
            target: "0123456789ab stage:a1b2c3d4e5/prod".parse().unwrap(),
            user: "U1".to_owned(),
            name: "ann".to_owned(),
        };
        let delivery = DeliveryCounts {
            sent: 1,
            failed: 1,
            dead: 1,
            superseded: 1,
            escalated: 1,
            capped: 1,
            sms_limited: vec![SmsLimited { incident: IncidentId::sample(), reason: None }],
            parked: 1,
            ledger_errors: 1,
            // Only the sweep looks at all pending messages.
            oldest_pending_ms: None,
            reasons: Vec::new(),
            losses: Vec::new(),
        };
        let report = InteractionReport { pressed: InteractionOutcome::Acknowledged, delivery };
        let row = UnreadableRow { kind: "silence", of: String::new(), key: "a".to_owned() };
        let values = [
            record_answer(200, true),
            record_answer(401, false),
            record_answer(503, true),
            record_interaction(&press, &report),
            telemetry::record_unreadable(&[row]),
        ]
        .concat();
        let emitted: BTreeSet<&str> = values
            .iter()
            .filter(|(_, value)| *value > 0)
            .map(|(metric, _)| metric.name())
            .collect();
        let listed = Metric::ROWS.iter().filter(|row| row.emitted_by.contains(&Program::Respond));
        assert_eq!(emitted, listed.map(|row| row.name).collect());
    }

    #[test]
    fn a_request_is_counted_by_its_status() {
        for (status, refused, failed) in
            [(200, 0, 0), (399, 0, 0), (400, 1, 0), (499, 1, 0), (500, 0, 1), (503, 0, 1)]
        {
            let wanted = [
                (Metric::Presses, 0),
                (Metric::RefusedRequests, refused),
                (Metric::FailedRequests, failed),
            ];
            assert_eq!(record_answer(status, false), wanted, "{status}");
        }
    }
}
