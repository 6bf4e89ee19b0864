//! The log lines and metrics of one batch.

use alerting::{IngestReport, LineCounts, hash};
use aws::metrics::Metric;
use aws::telemetry;

/// Logs a batch's report and returns its counts. All fields are named: a new one does not compile until it
/// is counted or left out on purpose.
#[must_use = "these counts are not emitted yet"]
pub(crate) fn record(report: &IngestReport, payload: &[u8]) -> Vec<(Metric, u64)> {
    let IngestReport {
        lines,
        control_batches,
        refused_batches,
        unreadable_batches,
        unreadable_because,
        broken_batches,
        duplicate_writes,
        requests_counted_elsewhere,
        notifications,
        held,
        incidents_opened,
        // A batch opens incidents; only the sweep resolves them.
        incidents_resolved: _,
        delivery,
        unevaluated,
    } = report;
    for why in unevaluated {
        tracing::warn!(why, "a source could not be judged; the sweep tries it again");
    }
    // The hash finds the batch again and shows nothing of its content. A refused batch is counted and not
    // logged: if it came from our own log group, a line about it would cause the next batch.
    if let Some(why) = unreadable_because {
        let hash = format!("{:016x}", hash::of(&[payload]));
        tracing::warn!(%why, bytes = payload.len(), hash, "a batch cannot be read");
    }
    let batch = vec![
        (Metric::RequestsCountedElsewhere, *requests_counted_elsewhere),
        (Metric::ControlBatches, *control_batches),
        (Metric::RefusedBatches, *refused_batches),
        (Metric::UnreadableBatches, *unreadable_batches),
        (Metric::BrokenBatches, *broken_batches),
        (Metric::DuplicateWrites, *duplicate_writes),
        (Metric::IncidentsOpened, *incidents_opened),
    ];
    let decisions = telemetry::record_decisions(notifications, held);
    let delivery = telemetry::record_delivery(delivery);
    [of_lines(lines), batch, decisions, delivery].concat()
}

fn of_lines(counts: &LineCounts) -> Vec<(Metric, u64)> {
    let LineCounts {
        lines,
        requests,
        errors,
        parts,
        joined_requests,
        joined_errors,
        unknown,
        unparseable,
        panicked,
        late,
        future,
    } = counts;
    vec![
        (Metric::Lines, *lines),
        (Metric::Requests, *requests),
        (Metric::Errors, *errors),
        (Metric::PartLines, *parts),
        (Metric::JoinedRequests, *joined_requests),
        (Metric::JoinedErrors, *joined_errors),
        (Metric::UnknownLines, *unknown),
        (Metric::UnparseableLines, *unparseable),
        (Metric::PanickedLines, *panicked),
        (Metric::LateLines, *late),
        (Metric::FutureLines, *future),
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use alerting::notify::sample;
    use alerting::{DeliveryCounts, Event, Held, Hold, IngestReport, LineCounts, UnreadableRow};
    use aws::Program;
    use aws::metrics::Metric;
    use aws::telemetry;
    use diagnosis::Cause;

    use super::record;

    fn held() -> Held {
        let held = sample::notification(Event::Opened, Cause::LambdaTimedOut);
        Held { at: held.at, hold: Hold::Slot, reason: held.reason, incident: held.incident }
    }

    #[test]
    fn all_metrics_of_ingest_are_emitted_and_no_others() {
        let report = IngestReport {
            lines: LineCounts {
                lines: 1,
                requests: 1,
                errors: 1,
                parts: 1,
                joined_requests: 1,
                joined_errors: 1,
                unknown: 1,
                unparseable: 1,
                panicked: 1,
                late: 1,
                future: 1,
            },
            control_batches: 1,
            refused_batches: 1,
            unreadable_batches: 1,
            unreadable_because: None,
            broken_batches: 1,
            duplicate_writes: 1,
            requests_counted_elsewhere: 1,
            notifications: Vec::new(),
            held: vec![held()],
            incidents_opened: 1,
            incidents_resolved: 0,
            delivery: DeliveryCounts {
                sent: 1,
                failed: 1,
                dead: 1,
                superseded: 1,
                escalated: 1,
                capped: 1,
                sms_limited: Vec::new(),
                parked: 1,
                ledger_errors: 1,
                // Only the sweep looks at all pending messages.
                oldest_pending_ms: None,
                reasons: Vec::new(),
                losses: Vec::new(),
            },
            unevaluated: Vec::new(),
        };
        let row = UnreadableRow { kind: "silence", of: String::new(), key: "a".to_owned() };
        let emitted = [record(&report, b""), telemetry::record_unreadable(&[row])].concat();
        let emitted: BTreeSet<&str> = emitted
            .iter()
            .filter(|(_, value)| *value > 0)
            .map(|(metric, _)| metric.name())
            .collect();
        let listed = Metric::ROWS.iter().filter(|row| row.emitted_by.contains(&Program::Ingest));
        assert_eq!(emitted, listed.map(|row| row.name).collect());
    }
}
