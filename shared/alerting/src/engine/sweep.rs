//! What happens every minute, whether lines came in or not.

use crate::clock::Clock;
use crate::counting::LATE_AFTER_MINUTES;
use crate::engine::core::{Engine, Invocation};
use crate::engine::decisions::Decisions;
use crate::engine::deliver::{self, DeliveryCounts};
use crate::engine::scope::{Extent, Scope, Standing};
use crate::engine::sweep_order;
use crate::notify::{Channel, Held, Notification};
use crate::source::Source;
use crate::store::{Ledger, LedgerError};

/// What a sweep came to.
#[derive(Debug, Clone, Default)]
pub struct SweepReport {
    /// Sources that were judged.
    pub sources: u64,
    /// Sources that could not be judged; the next sweep tries again.
    pub failed_sources: u64,
    /// Sources that time was too short to judge; the sweeps that follow begin with others.
    pub unevaluated_sources: u64,
    /// What was decided.
    pub notifications: Vec<Notification>,
    /// What was held back, each hold once.
    pub held: Vec<Held>,
    /// Incidents that opened, those that nobody was notified of included.
    pub incidents_opened: u64,
    /// Incidents that were resolved.
    pub incidents_resolved: u64,
    /// What was sent.
    pub delivery: DeliveryCounts,
}

/// Messages that one sweep sends on a channel at most.
const SWEEP_MESSAGES: u32 = 500;

/// The sweep evaluates no further source with less than 17 s left: eight messages, a second apart, name 200
/// incidents, and no send begins with less than 8 s left.
const SWEEP_RESERVE_MS: i64 = 17_000;

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// What happens every minute: judges every source that is alive, as far as time allows, resolves what
    /// is over, and sends what is owed.
    pub async fn sweep(&self, invocation: Invocation<'_>) -> Result<SweepReport, LedgerError> {
        let mut report = SweepReport::default();
        let mut decisions = Decisions::default();
        self.refresh_rules().await;
        let now = self.clock.now();
        let minutes = now.minute() - LATE_AFTER_MINUTES..=now.minute();
        let silences = self.ledger.silences(now).await?;
        let storm = self.ledger.state(&Source::Everywhere).await?;
        let standing = Standing { silences: &silences, storm: &storm };
        let live = self.ledger.live_sources(*minutes.start()).await?;
        let live = live.into_iter().filter(|live| live.source != Source::Everywhere).collect();
        for (at, known) in sweep_order::turned(live, now.minute()).into_iter().enumerate() {
            // One at least, so that a sweep that is always late still gets on.
            if at > 0 && self.time_left(invocation) < SWEEP_RESERVE_MS {
                report.unevaluated_sources += 1;
                continue;
            }
            let scope = Scope { source: &known.source, log_group: &known.log_group };
            let made = self.evaluate(scope, minutes.clone(), Extent::All(standing)).await;
            report.sources += 1;
            report.failed_sources += u64::from(made.is_err());
            decisions.add(made.unwrap_or_default());
        }
        let made = self.evaluate_storm(&silences).await;
        report.failed_sources += u64::from(made.is_err());
        decisions.add(made.unwrap_or_default());
        report.notifications = decisions.notifications;
        report.held = decisions.held;
        report.incidents_opened = decisions.opened;
        report.incidents_resolved = decisions.resolved;
        let run = deliver::DeliveryRun {
            pages: u32::MAX,
            measure: true,
            ..deliver::DeliveryRun::of(Vec::new(), SWEEP_MESSAGES)
        };
        report.delivery = self.deliver(&run, invocation).await;
        Ok(report)
    }
}
