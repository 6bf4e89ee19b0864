//! The log lines and metrics of a sweep. Each function names every field of its report: a new field does
//! not compile until it is counted or left out on purpose.

use alerting::{EvidenceReport, InventoryReport, SweepReport};
use aws::metrics::Metric;
use aws::telemetry;

/// Logs the sweep of all sources and returns its counts.
#[must_use = "these counts are not emitted yet"]
pub(crate) fn record_sweep(report: &SweepReport, bad_rules: u64) -> Vec<(Metric, u64)> {
    let SweepReport {
        sources,
        failed_sources,
        unevaluated_sources,
        notifications,
        held,
        incidents_opened,
        incidents_resolved,
        delivery,
    } = report;
    if *failed_sources > 0 {
        tracing::warn!(sources = failed_sources, "sources could not be judged");
    }
    let sweep = vec![
        // Its absence triggers the alarm of a stopped sweep.
        (Metric::Sweeps, 1),
        (Metric::LiveSources, *sources),
        (Metric::FailedSources, *failed_sources),
        (Metric::BadRules, bad_rules),
        (Metric::UnjudgedSources, *unevaluated_sources),
        (Metric::IncidentsOpened, *incidents_opened),
        (Metric::IncidentsResolved, *incidents_resolved),
    ];
    let decisions = telemetry::record_decisions(notifications, held);
    let delivery = telemetry::record_delivery(delivery);
    [sweep, decisions, delivery].concat()
}

/// Logs the search of other logs for evidence and returns its counts.
#[must_use = "these counts are not emitted yet"]
pub(crate) fn record_lookup(report: &EvidenceReport) -> Vec<(Metric, u64)> {
    let EvidenceReport { rounds, calls, found, failed, notifications, held, delivery } = report;
    let lookup = vec![
        (Metric::Lookups, *rounds),
        (Metric::LookupCalls, *calls),
        (Metric::LookupFindings, *found),
        (Metric::LookupErrors, *failed),
    ];
    let decisions = telemetry::record_decisions(notifications, held);
    let delivery = telemetry::record_delivery(delivery);
    [lookup, decisions, delivery].concat()
}

/// Logs the refresh of the list of stages and returns its counts. A failure loses nothing: until the next
/// refresh, alerts may show the API id instead of the name.
#[must_use = "these counts are not emitted yet"]
pub(crate) fn record_registry(report: &InventoryReport) -> Vec<(Metric, u64)> {
    let InventoryReport { calls, rows: _, throttled: _, errors, because, cut_stages } = report;
    if let Some(why) = because {
        tracing::warn!(why, "the account's stages could not all be read or kept");
    }
    if *cut_stages > 0 {
        tracing::warn!(stages = cut_stages, "there was no room for all stages");
    }
    vec![(Metric::RegistryCalls, *calls), (Metric::RegistryErrors, *errors)]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use alerting::notify::sample;
    use alerting::{
        DeliveryCounts, Event, EvidenceReport, Held, Hold, InventoryReport, SweepReport,
    };
    use aws::Program;
    use aws::metrics::Metric;
    use diagnosis::Cause;

    use super::{record_lookup, record_registry, record_sweep};

    fn held() -> Held {
        let held = sample::notification(Event::Opened, Cause::LambdaTimedOut);
        Held { at: held.at, hold: Hold::Slot, reason: held.reason, incident: held.incident }
    }

    fn names(values: &[(Metric, u64)]) -> BTreeSet<&'static str> {
        let emitted = values.iter().filter(|(_, value)| *value > 0);
        emitted.map(|(metric, _)| metric.name()).collect()
    }

    #[test]
    fn all_metrics_of_the_sweep_are_emitted_and_no_others() {
        let delivery = DeliveryCounts {
            sent: 1,
            failed: 1,
            dead: 1,
            superseded: 1,
            escalated: 1,
            capped: 1,
            sms_limited: Vec::new(),
            parked: 1,
            ledger_errors: 1,
            oldest_pending_ms: Some(1_000),
            reasons: Vec::new(),
            losses: Vec::new(),
        };
        let sweep = SweepReport {
            sources: 1,
            failed_sources: 1,
            unevaluated_sources: 1,
            notifications: Vec::new(),
            held: vec![held()],
            incidents_opened: 1,
            incidents_resolved: 1,
            delivery,
        };
        let lookup = EvidenceReport {
            rounds: 1,
            calls: 1,
            found: 1,
            failed: 1,
            notifications: Vec::new(),
            held: Vec::new(),
            delivery: DeliveryCounts::default(),
        };
        let registry = InventoryReport {
            calls: 1,
            rows: 1,
            throttled: 1,
            errors: 1,
            because: None,
            cut_stages: 1,
        };
        let values =
            [record_sweep(&sweep, 1), record_lookup(&lookup), record_registry(&registry)].concat();
        let listed = Metric::ROWS.iter().filter(|row| row.emitted_by.contains(&Program::Sweep));
        assert_eq!(names(&values), listed.map(|row| row.name).collect());
    }

    #[test]
    fn messages_about_evidence_are_counted_as_well() {
        let delivery = DeliveryCounts { sent: 1, failed: 1, ..DeliveryCounts::default() };
        let report = EvidenceReport { delivery, ..EvidenceReport::default() };
        assert_eq!(names(&record_lookup(&report)), ["MessagesSent", "MessagesFailed"].into());
    }

    #[test]
    fn a_sweep_that_finds_nothing_is_counted() {
        assert_eq!(names(&record_sweep(&SweepReport::default(), 0)), ["Sweeps"].into());
    }
}
