//! The engine: what happens when a batch comes in, and what happens every minute.
//!
//! Counting, deciding and sending are steps that each can fail on its own and be repeated: a batch that
//! was counted before is still judged, and a transition is committed together with the messages it
//! owes, so that whoever comes next finishes what a crash left.

mod causes_seen;
mod commit;
mod count;
mod deliver;
mod done;
mod judge;
mod lookup;
mod moved;
mod observe;
mod open;
mod order;
mod owe;
mod people;
mod press;
mod recent;
mod registry;
mod rules;
mod storm;
mod test_alert;

use diagnosis::Timestamp;
use diagnosis::decode::{self, Batch, Payload};

use crate::clock::Clock;
use crate::counting::{Diagnose, LATE_AFTER_MINUTES, LineCounts, Tally};
use crate::notify::{Channel, Notification};
use crate::rules::{LogMode, Rules};
use crate::source::Source;
use crate::store::{Ledger, LedgerError, OutboxPlace, SmsLimits};

use judge::{Extent, Standing};

pub use deliver::DeliveryCounts;
pub use lookup::LookupReport;
pub use people::Acknowledgement;
pub use press::{PressReport, Pressed};
pub use registry::RegistryReport;
pub use rules::Adoption;
pub use test_alert::{TestReport, Tested};

/// Which batches are taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// All of them: for recorded ones.
    Everything,
    /// Those of the engine's own account, from one of these log groups. Gatewatch's own groups are
    /// refused even if they are among them: reading them would make every line write another.
    LogGroups {
        /// The configured log groups.
        configured: Vec<String>,
        /// The log groups that Gatewatch itself writes to.
        own: Vec<String>,
    },
}

/// What does not change while the engine lives.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The AWS account, part of every incident's id.
    pub account: String,
    /// Which batches are taken in.
    pub accepted: Accepted,
    /// For links to the console.
    pub region: Option<String>,
    /// The thresholds, until the ledger keeps others: see [`Engine::with_kept_rules`].
    pub rules: Rules,
    /// Which lines are delivered.
    pub log_mode: LogMode,
}

/// One call of the engine.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// Unique: names the holder of a lease.
    pub id: &'a str,
    /// When the caller will be stopped.
    pub deadline: Timestamp,
}

/// What a batch came to.
#[derive(Debug, Clone, Default)]
pub struct IngestReport {
    /// Its lines.
    pub lines: LineCounts,
    /// 1 for a control message.
    pub control_batches: u64,
    /// 1 for a batch from an account or log group that is not configured, or from Gatewatch itself.
    pub refused_batches: u64,
    /// 1 for a payload that cannot be read at all.
    pub unreadable_batches: u64,
    /// Why, for the log.
    pub unreadable_because: Option<decode::DecodeError>,
    /// 1 for a batch of which a part was lost.
    pub broken_batches: u64,
    /// Counter writes that found the batch counted already.
    pub duplicate_writes: u64,
    /// Requests of an execution log that the source's access log counts.
    pub requests_counted_elsewhere: u64,
    /// What was decided.
    pub notifications: Vec<Notification>,
    /// What was sent.
    pub delivery: DeliveryCounts,
}

/// What a sweep came to.
#[derive(Debug, Clone, Default)]
pub struct SweepReport {
    /// Sources that were judged.
    pub sources: u64,
    /// Sources that could not be judged; the next sweep tries again.
    pub failed_sources: u64,
    /// Sources that time was too short to judge; the sweeps that follow begin with others.
    pub unjudged_sources: u64,
    /// What was decided.
    pub notifications: Vec<Notification>,
    /// What was sent.
    pub delivery: DeliveryCounts,
}

/// Counts, decides and sends, on a ledger, channels and a clock.
#[derive(Debug)]
pub struct Engine<L, C, K> {
    ledger: L,
    channels: Vec<C>,
    clock: K,
    settings: Settings,
    sms_limits: SmsLimits,
    buttons: bool,
    diagnose: Diagnose,
    done: done::DoneThisMinute,
    noted: causes_seen::NotedThisHour,
    in_force: rules::InForce,
    has_kept_rules: bool,
    has_registry: bool,
    remembered: registry::Remembered,
}

/// Messages that ingest sends on a channel beside its own work, so that a dead sweep only delays.
const INGEST_MESSAGES: u32 = 5;

/// Pages of what is owed that ingest looks through for them.
const INGEST_PAGES: u32 = 4;

/// Messages that one sweep sends on a channel at most.
const SWEEP_MESSAGES: u32 = 500;

/// So much of an invocation's time is left for sending when a batch's sources are judged.
const INGEST_RESERVE_MS: i64 = 3_000;

/// And when the sweep's are: what is owed must get its turn, however many sources there are.
const SWEEP_RESERVE_MS: i64 = 14_000;

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// An engine that diagnoses as [`diagnosis::diagnose::line`] does.
    pub fn new(ledger: L, channels: Vec<C>, clock: K, settings: Settings) -> Self {
        let in_force = rules::InForce::new(settings.rules.clone());
        Self {
            ledger,
            channels,
            clock,
            settings,
            sms_limits: SmsLimits::default(),
            buttons: false,
            diagnose: diagnosis::diagnose::line,
            done: done::DoneThisMinute::default(),
            noted: causes_seen::NotedThisHour::default(),
            in_force,
            has_kept_rules: false,
            has_registry: false,
            remembered: registry::Remembered::default(),
        }
    }

    /// The same engine with other limits for text messages.
    #[must_use]
    pub fn with_sms_limits(self, sms_limits: SmsLimits) -> Self {
        Self { sms_limits, ..self }
    }

    /// The same engine, whose living messages have buttons that act if somebody answers them.
    #[must_use]
    pub fn with_buttons(self, buttons: bool) -> Self {
        Self { buttons, ..self }
    }

    /// The same engine with another diagnosis, for tests of what it does when one panics.
    #[must_use]
    pub fn with_diagnose(self, diagnose: Diagnose) -> Self {
        Self { diagnose, ..self }
    }

    /// The ledger.
    pub const fn ledger(&self) -> &L {
        &self.ledger
    }

    /// Takes in the payload of a CloudWatch Logs subscription. An error means that a retry of the whole
    /// payload can help; what no retry can mend is counted in the report instead.
    pub async fn ingest(
        &self,
        payload: &[u8],
        invocation: Invocation<'_>,
    ) -> Result<IngestReport, LedgerError> {
        let mut report = IngestReport::default();
        match decode::lambda_event(payload) {
            Ok(Payload::Control) => report.control_batches = 1,
            Ok(Payload::Data(batch)) if !self.accepts(&batch) => report.refused_batches = 1,
            Ok(Payload::Data(batch)) => return self.ingest_batch(&batch, invocation).await,
            Err(error) => {
                report.unreadable_batches = 1;
                report.unreadable_because = Some(error);
            }
        }
        Ok(report)
    }

    fn accepts(&self, batch: &Batch) -> bool {
        match &self.settings.accepted {
            Accepted::Everything => true,
            Accepted::LogGroups { configured, own } => {
                batch.account == self.settings.account
                    && configured.contains(&batch.log_group)
                    && !own.contains(&batch.log_group)
            }
        }
    }

    async fn ingest_batch(
        &self,
        batch: &Batch,
        invocation: Invocation<'_>,
    ) -> Result<IngestReport, LedgerError> {
        let known = self.known_group(&batch.log_group).await;
        let stages = known.as_ref().and_then(|known| known.stages());
        let mut tally = Tally::of(batch, self.clock.now(), self.diagnose, stages);
        let mut report = IngestReport {
            lines: tally.lines,
            broken_batches: u64::from(tally.broke_off),
            ..IngestReport::default()
        };
        // One failing write must not keep the others from being counted: the retry finds those done.
        let mut first_error = None;
        for ((source, minute), part) in &mut tally.minutes {
            let place = judge::Place { source, log_group: &batch.log_group };
            match self.count(place, *minute, tally.batch, part).await {
                Ok(counted) => {
                    report.duplicate_writes += counted.duplicates;
                    report.requests_counted_elsewhere += counted.elsewhere;
                }
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        if report.lines.errors + report.lines.joined_errors > 0 {
            self.refresh_rules().await;
        }
        let now = self.clock.now();
        for (source, minutes) in tally.minutes_with_errors() {
            let oldest = now.minute() - LATE_AFTER_MINUTES;
            let Some(from) = minutes.into_iter().find(|minute| *minute >= oldest) else { continue };
            if self.time_left(invocation) < INGEST_RESERVE_MS {
                // A retry finds everything counted and has its time for this. The sweep would do as
                // well, but nobody must depend on it alone.
                first_error = first_error.or(Some(too_late()));
                break;
            }
            let place = judge::Place { source: &source, log_group: &batch.log_group };
            match self.judge(place, from..=now.minute(), Extent::Openings).await {
                Ok(opened) => report.notifications.extend(opened),
                Err(error) => first_error = first_error.or(Some(error)),
            }
        }
        report.delivery = self.deliver_beside(&report.notifications, invocation).await;
        first_error.map_or(Ok(report), Err)
    }

    /// Sends what was just decided, and once a minute a few other messages that are due.
    async fn deliver_beside(
        &self,
        notifications: &[Notification],
        invocation: Invocation<'_>,
    ) -> DeliveryCounts {
        let first_this_minute = self.done.deliver(self.clock.now().minute());
        if notifications.is_empty() && !first_this_minute {
            return DeliveryCounts::default();
        }
        let pass = deliver::Pass {
            first: notifications.iter().map(OutboxPlace::before_notification).collect(),
            attempts: INGEST_MESSAGES,
            pages: if first_this_minute { INGEST_PAGES } else { 0 },
            measure: false,
        };
        self.deliver(&pass, invocation).await
    }

    fn time_left(&self, invocation: Invocation<'_>) -> i64 {
        invocation.deadline.as_millis() - self.clock.now().as_millis()
    }

    /// What happens every minute: judges every source that is alive, as far as time allows, resolves what
    /// is over, and sends what is owed.
    pub async fn sweep(&self, invocation: Invocation<'_>) -> Result<SweepReport, LedgerError> {
        let mut report = SweepReport::default();
        self.refresh_rules().await;
        let now = self.clock.now();
        let minutes = now.minute() - LATE_AFTER_MINUTES..=now.minute();
        let silences = self.ledger.silences(now).await?;
        let storm = self.ledger.state(&Source::Everywhere).await?;
        let standing = Standing { silences: &silences, storm: &storm };
        let live = self.ledger.live_sources(*minutes.start()).await?;
        let live = live.into_iter().filter(|live| live.source != Source::Everywhere).collect();
        for (place, known) in order::turned(live, now.minute()).into_iter().enumerate() {
            // One at least, so that a sweep that is always late still gets on.
            if place > 0 && self.time_left(invocation) < SWEEP_RESERVE_MS {
                report.unjudged_sources += 1;
                continue;
            }
            let place = judge::Place { source: &known.source, log_group: &known.log_group };
            let told = self.judge(place, minutes.clone(), Extent::All(standing)).await;
            report.sources += 1;
            report.failed_sources += u64::from(told.is_err());
            report.notifications.extend(told.unwrap_or_default());
        }
        let told = self.judge_storm(&silences).await;
        report.failed_sources += u64::from(told.is_err());
        report.notifications.extend(told.unwrap_or_default());
        let pass = deliver::Pass {
            first: Vec::new(),
            attempts: SWEEP_MESSAGES,
            pages: u32::MAX,
            measure: true,
        };
        report.delivery = self.deliver(&pass, invocation).await;
        Ok(report)
    }
}

fn too_late() -> LedgerError {
    let reason = "there was no time to judge all sources of the batch".to_owned();
    LedgerError { reason, retryable: true }
}

#[cfg(test)]
pub(in crate::engine) mod tests;
