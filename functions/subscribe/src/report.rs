//! The log lines and metrics of a pass.

use alerting::{AttachError, AttachReport};
use aws::metrics::Metric;

use crate::answer;

/// Logs a pass and returns its counts.
#[must_use = "these counts are not emitted yet"]
pub(crate) fn record(report: &Result<AttachReport, AttachError>) -> Vec<(Metric, u64)> {
    let AttachReport { attached, changed, detached, troubles, failed } = match report {
        Ok(report) => report,
        Err(error) => {
            tracing::warn!(%error, "log groups cannot be listed");
            return vec![(Metric::UnattachedLogGroups, 1)];
        }
    };
    tracing::info!(attached, changed, detached, failed, "log groups were attached");
    for trouble in troubles {
        tracing::warn!("{}", answer::sentence(trouble));
    }
    vec![(Metric::AttachedLogGroups, *attached), (Metric::UnattachedLogGroups, *failed)]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use alerting::AttachReport;
    use aws::Program;
    use aws::metrics::Metric;

    use super::record;

    #[test]
    fn all_metrics_of_subscribe_are_emitted_and_no_others() {
        let report = AttachReport { attached: 1, failed: 1, ..AttachReport::default() };
        let values = record(&Ok(report));
        let emitted: BTreeSet<&str> = values
            .iter()
            .filter(|(_, value)| *value > 0)
            .map(|(metric, _)| metric.name())
            .collect();
        let listed = Metric::ROWS.iter().filter(|row| row.emitted_by.contains(&Program::Subscribe));
        assert_eq!(emitted, listed.map(|row| row.name).collect());
    }
}
