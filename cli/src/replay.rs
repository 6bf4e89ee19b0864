//! `gatewatch replay`: the alerting engine, unchanged, over recorded lines, with an in-memory ledger, a
//! clock that the lines move, and channels that always answer.

mod batches;
mod report;

use std::cell::Cell;

use alerting::{
    Accepted, Channel, ChannelId, ChannelKind, Clock, Delivery, Engine, Invocation, Ledger as _,
    LogMode, MemoryLedger, Notification, SendError, Sent, Settings,
};
use diagnosis::Timestamp;

use crate::args::{self, Replay};
use crate::failure::Failure;
use crate::input;
use crate::output;
use crate::rules;

use batches::{Recorded, Recording};
use report::Report;

/// With `--drain`, the clock stops after so many minutes at the latest: longer than any quiet period.
const MAX_DRAIN_MINUTES: i64 = 31 * 24 * 60;

/// Counters are kept as long as the real ledger keeps them.
const FORGET_AFTER_MINUTES: i64 = 3 * 24 * 60;

/// A source without lines for so long is not looked at.
const LIVE_MINUTES: i64 = 15;

/// Lambda's timeout, as the functions are deployed.
const INVOCATION_MS: i64 = 30_000;

const MINUTE_MS: i64 = 60_000;

pub(crate) fn run(options: &Replay) -> Result<(), Failure> {
    let rules = rules::in_force(options.rules.as_deref())?;
    let recording = recording(options)?;
    let mut report = Report::new(args::output(options.output), options.decisions, output::stdout());
    let Some(first) = recording.batches.first() else {
        report.finish(&recording)?;
        return Ok(());
    };
    let clock = Cell::new(first.clock);
    let settings = Settings {
        account: recording.account.clone(),
        accepted: Accepted::Everything,
        region: options.region.clone(),
        rules,
        log_mode: LogMode::All,
    };
    let engine = Engine::new(MemoryLedger::default(), channels(), || clock.get(), settings);
    let engine = if options.decisions { engine.with_explained_holds() } else { engine };
    let mut player = Player { engine, clock: &clock, step: 0, report: &mut report };
    for batch in &recording.batches {
        player.sweep_until(batch.clock)?;
        player.ingest(batch)?;
    }
    if options.drain {
        player.drain()?;
    }
    report.finish(&recording)
}

/// The lines of files, or of the account.
fn recording(options: &Replay) -> Result<Recording, Failure> {
    let (log_group, format) = (options.log_group.as_deref(), options.format.as_ref());
    #[cfg(feature = "aws")]
    if let Some(wanted) = crate::account::Wanted::by_replay(options)? {
        let progress = wanted.progress();
        let recording = Recording::of(log_group, format, |take| wanted.read(&progress, take));
        progress.finish();
        return recording;
    }
    Recording::of(log_group, format, |take| input::read(&options.files, take))
}

/// Drives the engine through recorded time.
struct Player<'a, K, W> {
    engine: Engine<MemoryLedger, Answering, K>,
    clock: &'a Cell<Timestamp>,
    step: u64,
    report: &'a mut Report<W>,
}

impl<K: Clock, W: std::io::Write> Player<'_, K, W> {
    fn ingest(&mut self, batch: &Recorded) -> Result<(), Failure> {
        // Time does not run backwards, though lines may.
        self.clock.set(batch.clock.max(self.clock.get()));
        let name = self.next_name();
        let outcome = ready(self.engine.ingest(batch.payload.as_bytes(), self.invocation(&name)))?;
        self.report.tell(&outcome.notifications)?;
        self.report.held(&outcome.held, &outcome.delivery.sms_limited, self.clock.get())
    }

    /// Runs the sweep at each full minute up to `time`. Sweeps that would find nothing to do are left
    /// out: a line that dates itself into another century must not keep anybody waiting.
    fn sweep_until(&mut self, time: Timestamp) -> Result<(), Failure> {
        while Timestamp::of_minute(self.clock.get().minute() + 1) <= time {
            self.sweep_next_minute()?;
            if self.is_idle(self.clock.get().minute() - LIVE_MINUTES)? {
                self.clock.set(time.max(self.clock.get()));
            }
        }
        Ok(())
    }

    /// Whether no source has had lines since that minute, nothing is open and nothing owed.
    fn is_idle(&self, since: i64) -> Result<bool, Failure> {
        let live = ready(self.engine.ledger().live_sources(since))?;
        Ok(live.is_empty() && self.engine.ledger().pending_in_all() == 0)
    }

    fn sweep_next_minute(&mut self) -> Result<Vec<Notification>, Failure> {
        self.clock.set(Timestamp::of_minute(self.clock.get().minute() + 1));
        let name = self.next_name();
        let outcome = ready(self.engine.sweep(self.invocation(&name)));
        if let Some(error) = outcome.failure {
            return Err(error.into());
        }
        self.engine.ledger().forget_before(self.clock.get().minute() - FORGET_AFTER_MINUTES);
        self.report.tell(&outcome.notifications)?;
        self.report.held(&outcome.held, &outcome.delivery.sms_limited, self.clock.get())?;
        Ok(outcome.notifications)
    }

    /// Lets the clock run on until nothing is open or owed.
    fn drain(&mut self) -> Result<(), Failure> {
        let last = self.clock.get().plus_millis(MAX_DRAIN_MINUTES * MINUTE_MS);
        while self.clock.get() < last {
            let whatever_has_lines = i64::MAX;
            if self.is_idle(whatever_has_lines)? {
                break;
            }
            self.sweep_next_minute()?;
        }
        Ok(())
    }

    fn next_name(&mut self) -> String {
        self.step += 1;
        format!("replay-{}", self.step)
    }

    fn invocation<'n>(&self, name: &'n str) -> Invocation<'n> {
        Invocation { id: name, deadline: self.clock.get().plus_millis(INVOCATION_MS) }
    }
}

/// A channel that takes everything.
struct Answering(ChannelId);

impl Channel for Answering {
    fn id(&self) -> &ChannelId {
        &self.0
    }

    async fn send(&self, _delivery: Delivery<'_>) -> Result<Sent, SendError> {
        Ok(Sent::default())
    }
}

fn channels() -> Vec<Answering> {
    ChannelKind::named_in_rules().map(|kind| Answering(ChannelId::only(kind))).collect()
}

/// Runs a future that never waits: nothing in a replay does.
fn ready<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    loop {
        if let std::task::Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
    }
}
