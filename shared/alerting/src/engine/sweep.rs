//! What happens every minute, whether lines came in or not.

use std::collections::BTreeSet;

use crate::clock::Clock;
use crate::counting::LATE_AFTER_MINUTES;
use crate::engine::core::{Engine, Invocation};
use crate::engine::decisions::Decisions;
use crate::engine::deliver::{self, DeliveryCounts};
use crate::engine::extent::{Extent, Origin, Standing};
use crate::engine::sweep_order;
use crate::incident::{IncidentId, SourceState};
use crate::notify::{Channel, Held, Notification};
use crate::rules::Severity;
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
    /// Why the sources could not all be found or evaluated. What was pending was delivered all the same.
    pub failure: Option<LedgerError>,
    /// The first 20 sources that could not be evaluated, and why.
    pub reasons: BTreeSet<String>,
}

/// One log line holds so many reasons.
const MAX_REASONS: usize = 20;

impl SweepReport {
    fn add(
        &mut self,
        source: &Source,
        decisions: &mut Decisions,
        made: Result<Decisions, LedgerError>,
    ) {
        match made {
            Ok(made) => decisions.add(made),
            Err(error) => {
                self.failed_sources += 1;
                if self.reasons.len() < MAX_REASONS {
                    self.reasons.insert(format!("{source}: {}", error.reason));
                }
            }
        }
    }
}

/// Messages that one sweep sends on a channel at most.
const SWEEP_MESSAGES: u32 = 500;

/// The sweep evaluates no further source with less than 17 s left: eight messages, a second apart, name 200
/// incidents, and no send begins with less than 8 s left.
const SWEEP_RESERVE_MS: i64 = 17_000;

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// What happens every minute: evaluates every source that is alive, as far as time allows, resolves what is
    /// over, and delivers what is pending. Nothing keeps it from delivering: what fails before is in the report.
    pub async fn sweep(&self, invocation: Invocation<'_>) -> SweepReport {
        let mut report = SweepReport::default();
        let mut decisions = Decisions::default();
        self.refresh_rules().await;
        // Without the silences, incidents would be announced that somebody has silenced: none is evaluated then.
        if let Err(error) = self.evaluate_all(invocation, &mut report, &mut decisions).await {
            report.failure = Some(error);
        }
        report.notifications = decisions.notifications;
        report.held = decisions.held;
        report.incidents_opened = decisions.opened;
        report.incidents_resolved = decisions.resolved;
        let run = deliver::DeliveryRun {
            pages: u32::MAX,
            measure: true,
            critical: self.critical_incidents().await,
            ..deliver::DeliveryRun::of(Vec::new(), SWEEP_MESSAGES)
        };
        report.delivery = self.deliver(&run, invocation).await;
        report
    }

    /// Evaluates all sources and the group. A source that fails is counted, and the others are evaluated.
    async fn evaluate_all(
        &self,
        invocation: Invocation<'_>,
        report: &mut SweepReport,
        decisions: &mut Decisions,
    ) -> Result<(), LedgerError> {
        let now = self.clock.now();
        let minutes = now.minute() - LATE_AFTER_MINUTES..=now.minute();
        let silences = self.ledger.silences(now).await?;
        // Without the groups, an incident that waits for one stays open: nothing is lost.
        let storm = self.ledger.state(&Source::Everywhere).await;
        let no_group = SourceState::default();
        let storm_or_none = storm.as_ref().unwrap_or(&no_group);
        let standing = Standing { silences: &silences, storm: storm_or_none };
        let live = self.ledger.live_sources(*minutes.start()).await;
        let known = live.as_deref().unwrap_or_default();
        let known = known.iter().filter(|live| live.source != Source::Everywhere).collect();
        for (at, known) in sweep_order::turned(known, now.minute()).into_iter().enumerate() {
            // One at least, so that a sweep that is always late still gets on.
            if at > 0 && self.time_left(invocation) < SWEEP_RESERVE_MS {
                report.unevaluated_sources += 1;
                continue;
            }
            let origin = Origin { source: &known.source, log_group: &known.log_group };
            let made = self.evaluate(origin, minutes.clone(), Extent::All(standing)).await;
            report.sources += 1;
            report.add(&known.source, decisions, made);
        }
        let made = self.evaluate_storm(&silences).await;
        report.add(&Source::Everywhere, decisions, made);
        storm.and(live).map(|_| ())
    }

    /// The open incidents whose messages go first. A ledger that does not answer leaves the order by age.
    async fn critical_incidents(&self) -> BTreeSet<IncidentId> {
        let open = self.ledger.open_incidents().await.unwrap_or_default();
        let critical = open.into_iter().filter(|open| open.severity == Severity::Critical);
        critical.map(|open| open.id).collect()
    }
}
