//! The check of silent sources: the sweep asks API Gateway's own count whether their lines are missing.

use diagnosis::Timestamp;

use crate::clock::Clock;
use crate::engine::core::{Engine, Invocation};
use crate::engine::sweep_order;
use crate::inventory::{AccountError, Budget, StageInfo};
use crate::notify::Channel;
use crate::rules::LogMode;
use crate::store::{Ledger, LedgerError, SilentSource};
use crate::subscription::{self, DeadSubscription, RequestCountQuery, RequestMetrics};

/// Sources that one check asks about at most, in one call. Each costs a metric of the call; CloudWatch
/// takes 500 in a call, and answers with 100,800 data points at most.
const SOURCES: usize = 100;

/// Time for the call.
const CALL_MS: i64 = 3_000;

/// Time that is left when the check is over.
const RESERVE_MS: i64 = 3_000;

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionReport {
    /// Silent sources that CloudWatch was asked about.
    pub asked: u64,
    /// Silent sources beyond the limit of one check; the next ones begin with others.
    pub unasked: u64,
    /// Sources whose lines are missing.
    pub dead: Vec<DeadSubscription>,
    /// Failures of the check.
    pub errors: u64,
    /// The last failure, for the log.
    pub because: Option<String>,
}

/// A silent source with all that the question needs.
struct Suspect {
    silent: SilentSource,
    log_group: String,
    stage: StageInfo,
    from: Timestamp,
    to: Timestamp,
}

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Looks for sources whose lines are missing, every five minutes; otherwise does nothing. Meant for
    /// the end of a sweep: a sweep without time for it leaves it to the next check.
    ///
    /// Where failures alone are delivered, silence is health, and nothing is checked.
    pub async fn check_subscriptions(
        &self,
        metrics: &impl RequestMetrics,
        invocation: Invocation<'_>,
    ) -> SubscriptionReport {
        let mut report = SubscriptionReport::default();
        if self.settings.log_mode == LogMode::All
            && subscription::is_due(self.clock.now())
            && self.time_left(invocation) > CALL_MS + RESERVE_MS
            && let Err(error) = self.check_silent_sources(metrics, invocation, &mut report).await
        {
            report.errors += 1;
            report.because = Some(error.to_string());
        }
        report
    }

    async fn check_silent_sources(
        &self,
        metrics: &impl RequestMetrics,
        invocation: Invocation<'_>,
        report: &mut SubscriptionReport,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let silent = self.ledger.silent_sources(now.minute()).await?;
        let mut suspects = Vec::new();
        for silent in sweep_order::turned(silent, now.minute()) {
            let Some((from, to)) = subscription::silence(&silent.logs, now) else { continue };
            if suspects.len() == SOURCES || self.time_left(invocation) < CALL_MS + RESERVE_MS {
                report.unasked += 1;
                continue;
            }
            if let Err(error) = self.keep_registered(&silent).await {
                report.errors += 1;
                report.because = Some(error.to_string());
            }
            suspects.extend(self.suspect(silent, from, to).await);
        }
        if suspects.is_empty() {
            return Ok(());
        }
        let queries: Vec<RequestCountQuery<'_>> = suspects
            .iter()
            .map(|suspect| RequestCountQuery {
                stage: &suspect.stage,
                from: suspect.from,
                to: suspect.to,
            })
            .collect();
        let budget = Budget::new(1, self.clock.now().plus_millis(CALL_MS));
        match metrics.request_counts(&queries, &budget).await {
            Ok(found) => {
                report.asked = queries.len() as u64;
                let unknown = found.iter().filter(|requests| requests.is_none()).count();
                if unknown > 0 {
                    report.errors += 1;
                    report.because = Some(format!("CloudWatch left out {unknown} counts"));
                }
                report.dead = dead(suspects, &found);
            }
            // Many programs share the rate of the call; the next check is five minutes away.
            Err(error @ (AccountError::Throttled | AccountError::OverBudget)) => {
                report.because = Some(format!("CloudWatch: {error}"));
            }
            Err(error) => {
                report.errors += 1;
                report.because = Some(format!("CloudWatch: {error}"));
            }
        }
        Ok(())
    }

    /// A registration ends some hours after the last line, which for a dead subscription is too soon. One
    /// write for each silence.
    async fn keep_registered(&self, silent: &SilentSource) -> Result<(), LedgerError> {
        let Some(last) = silent.logs.last_minute() else { return Ok(()) };
        let until = subscription::kept_until(last);
        if silent.registered_until >= until {
            return Ok(());
        }
        self.ledger.keep_silent_source(&silent.source, last, until).await
    }

    /// The source with its stage; `None` if its silence need not mean anything. So it is with a log group
    /// that was taken out of the stack's settings, and a stage that was deleted or logs somewhere else.
    async fn suspect(
        &self,
        silent: SilentSource,
        from: Timestamp,
        to: Timestamp,
    ) -> Option<Suspect> {
        let log_group = silent.logs.log_group()?.to_owned();
        if !self.is_watched(&log_group).await.unwrap_or(false) {
            return None;
        }
        let stage = self.stage_info(&silent.source, &log_group).await?;
        subscription::has_a_line_per_request(&stage, &silent.logs).then_some(Suspect {
            silent,
            log_group,
            stage,
            from,
            to,
        })
    }
}

/// The suspects whose requests were counted.
fn dead(suspects: Vec<Suspect>, found: &[Option<u64>]) -> Vec<DeadSubscription> {
    let counted = suspects.into_iter().zip(found);
    counted
        .filter_map(|(suspect, requests)| {
            Some(DeadSubscription {
                silent_since: Timestamp::of_minute(suspect.silent.logs.last_minute()?),
                requests: requests.filter(|requests| *requests > 0)?,
                source: suspect.silent.source,
                log_group: suspect.log_group,
                api_name: suspect.stage.api_name,
                from: suspect.from,
                to: suspect.to,
            })
        })
        .collect()
}
