//! The log lines and metrics of a sweep. Each function names every field of its report: a new field does
//! not compile until it is counted or left out on purpose.

use alerting::{
    DeadSubscription, EvidenceReport, InventoryReport, SubscriptionReport, SweepReport,
};
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
        // Lambda logs it, as the function's error.
        failure: _,
        reasons,
    } = report;
    if *failed_sources > 0 {
        let why = reasons.iter().map(String::as_str).collect::<Vec<_>>().join("; ");
        tracing::warn!(sources = failed_sources, why, "sources could not be judged");
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
pub(crate) fn record_evidence(report: &EvidenceReport) -> Vec<(Metric, u64)> {
    let EvidenceReport { rounds, calls, found, failed, notifications, held, delivery } = report;
    let evidence = vec![
        (Metric::Lookups, *rounds),
        (Metric::LookupCalls, *calls),
        (Metric::LookupFindings, *found),
        (Metric::LookupErrors, *failed),
    ];
    let decisions = telemetry::record_decisions(notifications, held);
    let delivery = telemetry::record_delivery(delivery);
    [evidence, decisions, delivery].concat()
}

/// Logs the refresh of the list of stages and returns its counts. A failure loses nothing: until the next
/// refresh, alerts may show the API id instead of the name.
#[must_use = "these counts are not emitted yet"]
pub(crate) fn record_inventory(report: &InventoryReport) -> Vec<(Metric, u64)> {
    let InventoryReport { calls, rows: _, throttled: _, errors, because, cut_stages } = report;
    if let Some(why) = because {
        tracing::warn!(why, "the account's stages could not all be read or kept");
    }
    if *cut_stages > 0 {
        tracing::warn!(stages = cut_stages, "there was no room for all stages");
    }
    vec![(Metric::RegistryCalls, *calls), (Metric::RegistryErrors, *errors)]
}

/// Logs each source whose lines are missing, with what to do about it, and returns the counts.
#[must_use = "these counts are not emitted yet"]
pub(crate) fn record_subscriptions(report: &SubscriptionReport) -> Vec<(Metric, u64)> {
    let SubscriptionReport { asked: _, unasked, dead, errors, because } = report;
    if let Some(why) = because {
        tracing::warn!(why, "the requests of silent sources could not all be counted");
    }
    if *unasked > 0 {
        tracing::warn!(sources = unasked, "too many silent sources for one check");
    }
    for found in dead {
        let DeadSubscription { source, log_group, api_name, silent_since, requests, from, to } =
            found;
        tracing::error!(
            %source,
            log_group,
            api = api_name.as_deref(),
            silent_since = %silent_since,
            requests,
            counted_from = %from,
            counted_to = %to,
            hint = next_step(log_group),
            "a log group delivers no lines, and API Gateway counts requests"
        );
    }
    vec![(Metric::SilentSources, dead.len() as u64), (Metric::SubscriptionCheckErrors, *errors)]
}

/// The commands that tell a missing subscription from an access log that stopped.
fn next_step(log_group: &str) -> String {
    format!(
        "check that the stack's subscription filter exists and points to the ingest function: \
         aws logs describe-subscription-filters --log-group-name '{log_group}'; if it does, check \
         that API Gateway still writes there: aws logs tail '{log_group}' --since 1h"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use alerting::notify::sample;
    use alerting::{
        DeadSubscription, DeliveryCounts, Event, EvidenceReport, Held, Hold, InventoryReport,
        Source, SubscriptionReport, SweepReport, UnreadableRow,
    };
    use aws::Program;
    use aws::metrics::Metric;
    use aws::telemetry;
    use diagnosis::{Cause, Timestamp};

    use super::{record_evidence, record_inventory, record_subscriptions, record_sweep};

    fn held() -> Held {
        let held = sample::notification(Event::Opened, Cause::LambdaTimedOut);
        Held { at: held.at, hold: Hold::Slot, reason: held.reason, incident: held.incident }
    }

    fn dead() -> DeadSubscription {
        let at = Timestamp::of_minute;
        DeadSubscription {
            source: Source::Stage { api_id: "a1b2c3d4e5".to_owned(), stage: "prod".to_owned() },
            log_group: "/shop".to_owned(),
            api_name: Some("orders".to_owned()),
            silent_since: at(29_029_514),
            requests: 12,
            from: at(29_029_515),
            to: at(29_029_520),
        }
    }

    fn unreadable() -> UnreadableRow {
        UnreadableRow { kind: "silence", of: String::new(), key: "a".to_owned() }
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
            failure: None,
            reasons: BTreeSet::new(),
        };
        let evidence = EvidenceReport {
            rounds: 1,
            calls: 1,
            found: 1,
            failed: 1,
            notifications: Vec::new(),
            held: Vec::new(),
            delivery: DeliveryCounts::default(),
        };
        let inventory = InventoryReport {
            calls: 1,
            rows: 1,
            throttled: 1,
            errors: 1,
            because: None,
            cut_stages: 1,
        };
        let subscriptions = SubscriptionReport {
            asked: 1,
            unasked: 1,
            dead: vec![dead()],
            errors: 1,
            because: None,
        };
        let values = [
            record_sweep(&sweep, 1),
            record_evidence(&evidence),
            record_inventory(&inventory),
            record_subscriptions(&subscriptions),
            telemetry::record_unreadable(&[unreadable()]),
        ]
        .concat();
        let listed = Metric::ROWS.iter().filter(|row| row.emitted_by.contains(&Program::Sweep));
        assert_eq!(names(&values), listed.map(|row| row.name).collect());
    }

    #[test]
    fn messages_about_evidence_are_counted_as_well() {
        let delivery = DeliveryCounts { sent: 1, failed: 1, ..DeliveryCounts::default() };
        let report = EvidenceReport { delivery, ..EvidenceReport::default() };
        assert_eq!(names(&record_evidence(&report)), ["MessagesSent", "MessagesFailed"].into());
    }

    #[test]
    fn sources_whose_lines_are_missing_are_counted() {
        for count in 0..3_usize {
            let dead = (0..count).map(|_| dead()).collect();
            let report = SubscriptionReport { dead, ..SubscriptionReport::default() };
            let values = record_subscriptions(&report);
            assert!(values.contains(&(Metric::SilentSources, count as u64)), "{values:?}");
        }
    }

    #[test]
    fn a_sweep_that_finds_nothing_is_counted() {
        assert_eq!(names(&record_sweep(&SweepReport::default(), 0)), ["Sweeps"].into());
    }
}
