//! One run: a world of its own from first line to last resolution.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use alerting::{
    Accepted, BatchCounts, ChannelId, ChannelKind, Engine, Invocation, LedgerError, LogMode, Rules,
    Settings,
};
use diagnosis::Timestamp;
use diagnosis::decode::{self, Payload};

use crate::account;
use crate::channels::Scripted;
use crate::executor::{Task, step};
use crate::invariants;
use crate::ledger::Shared;
use crate::mutations::Mutation;
use crate::traffic::{ACCOUNT, Batch, FIRST_MINUTE, MINUTE_MS, Traffic};
use crate::world::World;

/// What the functions are deployed with.
const TIMEOUT_MS: i64 = 30_000;

/// Lambda tries again after one minute, then after two.
const RETRIES_MS: [i64; 2] = [MINUTE_MS, 2 * MINUTE_MS];

/// Everything fails for so many minutes at most, longer than errors are fresh.
pub(crate) const BAD_MINUTES: i64 = 40;

/// After that nothing does, until everything late has come and is over.
const CALM_MINUTES: i64 = 330;

type Env = Rc<Engine<Shared, Scripted, Box<dyn Fn() -> Timestamp>>>;

/// What a run came to.
pub(crate) struct Outcome {
    pub(crate) violations: Vec<String>,
    pub(crate) told: usize,
    pub(crate) story: String,
}

impl Outcome {
    #[track_caller]
    pub(crate) fn assert_no_violation(&self, seed: u64) {
        assert!(
            self.violations.is_empty(),
            "seed {seed}: {}\nreplay it with: SIMULATION_SEED={seed} cargo test -p alerting --test simulation \
             first_part -- --nocapture",
            self.violations.join("\n")
        );
    }
}

/// Something that begins at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Ingest { batch: usize, tries: usize },
    Sweep,
}

/// An invocation that is under way.
struct Active {
    event: Event,
    task: Task<Result<(), LedgerError>>,
    env: Env,
    deadline: Timestamp,
    hangs: bool,
}

/// How the batches fared.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Fate {
    /// When an invocation with it first said that all is done.
    pub(crate) done: Option<Timestamp>,
    /// When an invocation with it first began.
    pub(crate) begun: Option<Timestamp>,
}

struct Run {
    world: Rc<World>,
    traffic: Traffic,
    fates: Vec<Fate>,
    queue: BinaryHeap<Reverse<(Timestamp, Event)>>,
    active: Vec<Active>,
    idle: Vec<Env>,
    shared: Shared,
    invocations: u64,
}

pub(crate) fn run(seed: u64, mutation: Option<Mutation>) -> Outcome {
    let start = Timestamp::of_minute(FIRST_MINUTE);
    let world = Rc::new(World::new(seed, start, mutation));
    let traffic = Traffic::chosen(&mut world.rng.borrow_mut(), &world.faults);
    world.tell(&format!("{:?}", world.faults));
    world.tell(&format!("broken: {:?}", traffic.broken));
    let mut queue = BinaryHeap::new();
    for (batch, Batch { arrives, .. }) in traffic.batches.iter().enumerate() {
        let arrival = Timestamp::from_millis(*arrives);
        queue.push(Reverse((arrival, Event::Ingest { batch, tries: 0 })));
    }
    for minute in FIRST_MINUTE..FIRST_MINUTE + BAD_MINUTES + CALM_MINUTES {
        let at = Timestamp::of_minute(minute);
        let bad = at < world.calm_from;
        if bad && world.chance(world.faults.sweep_missed) {
            continue;
        }
        queue.push(Reverse((at, Event::Sweep)));
        if bad && world.chance(world.faults.sweep_twice) {
            queue.push(Reverse((at, Event::Sweep)));
        }
    }
    let shared = Shared { world: world.clone(), sharding: Rc::default() };
    let fates = vec![Fate::default(); traffic.batches.len()];
    let mut run = Run {
        world,
        traffic,
        fates,
        queue,
        active: Vec::new(),
        idle: Vec::new(),
        shared,
        invocations: 0,
    };
    run.go_on_to_the_end();
    invariants::check(&run.world, &run.traffic, &run.fates);
    let told = run.world.received.borrow().len();
    let violations = run.world.violations.borrow().clone();
    Outcome { violations, told, story: run.world.story() }
}

impl Run {
    fn go_on_to_the_end(&mut self) {
        loop {
            self.begin_due();
            self.end_overdue();
            let ready: Vec<usize> =
                (0..self.active.len()).filter(|&at| !self.active[at].hangs).collect();
            if ready.is_empty() {
                match self.next_time() {
                    Some(time) => self.world.advance_to(time),
                    None => return,
                }
                continue;
            }
            let chosen = ready[self.world.rng.borrow_mut().usize(..ready.len())];
            self.take_step(chosen);
            let pause = self.world.rng.borrow_mut().i64(0..=self.slowest_step());
            self.world.advance_to(self.world.now().plus_millis(pause));
        }
    }

    /// How long a step takes at most. Invocations take theirs at the same time, so the more there are the
    /// less a single step moves the clock.
    fn slowest_step(&self) -> i64 {
        let slowest = if self.world.is_bad() { self.world.faults.slowest_step } else { 50 };
        slowest / self.active.len().max(1) as i64
    }

    /// When something happens next, if nobody takes a step.
    fn next_time(&self) -> Option<Timestamp> {
        let begins = self.queue.peek().map(|Reverse((time, _))| *time);
        let ends = self.active.iter().map(|active| active.deadline).min();
        begins.into_iter().chain(ends).min()
    }

    fn begin_due(&mut self) {
        while let Some(Reverse((time, event))) = self.queue.peek().copied() {
            if time > self.world.now() {
                break;
            }
            self.queue.pop();
            self.begin(event);
        }
    }

    fn begin(&mut self, event: Event) {
        let env = self.env();
        self.invocations += 1;
        let id = format!("invocation-{}", self.invocations);
        let deadline = self.world.now().plus_millis(TIMEOUT_MS);
        let engine = env.clone();
        let task: Task<Result<(), LedgerError>> = match event {
            Event::Sweep => {
                let account = account::Scripted(self.world.clone());
                Box::pin(async move {
                    let invocation = Invocation { id: &id, deadline };
                    let swept = engine.sweep(invocation).await;
                    engine.gather_evidence(&account, invocation).await;
                    swept.failure.map_or(Ok(()), Err)
                })
            }
            Event::Ingest { batch, .. } => {
                let fate = &mut self.fates[batch];
                fate.begun = fate.begun.or(Some(self.world.now()));
                let payload = self.traffic.batches[batch].payload.clone();
                let world = self.world.clone();
                Box::pin(async move {
                    if world.mutation == Some(Mutation::EarlyReturnOnADuplicate)
                        && world.was_counted(batch_id(&payload))
                    {
                        return Ok(());
                    }
                    engine.ingest(payload.as_bytes(), Invocation { id: &id, deadline }).await?;
                    Ok(())
                })
            }
        };
        self.active.push(Active { event, task, env, deadline, hangs: false });
    }

    /// An environment that is idle, or a new one, whose clock may be wrong.
    fn env(&mut self) -> Env {
        if !self.idle.is_empty() && self.world.chance(0.8) {
            let chosen = self.world.rng.borrow_mut().usize(..self.idle.len());
            return self.idle.swap_remove(chosen);
        }
        let most = self.world.faults.skew;
        let skew = self.world.rng.borrow_mut().i64(-most..=most);
        let world = self.world.clone();
        let clock: Box<dyn Fn() -> Timestamp> = Box::new(move || world.now().plus_millis(skew));
        let channels = ChannelKind::named_in_rules()
            .map(|kind| Scripted { id: ChannelId::only(kind), world: self.world.clone() });
        let settings = Settings {
            account: ACCOUNT.to_owned(),
            accepted: Accepted::Everything,
            region: None,
            rules: Rules::built_in(),
            log_mode: LogMode::All,
        };
        Rc::new(Engine::new(self.shared.clone(), channels.collect(), clock, settings))
    }

    fn take_step(&mut self, at: usize) {
        if self.world.is_bad() {
            if self.world.chance(self.world.faults.crash) {
                let active = self.active.swap_remove(at);
                self.world.tell(&format!("{:?} crashes", active.event));
                self.failed(active.event);
                return;
            }
            if self.world.chance(self.world.faults.hang) {
                self.active[at].hangs = true;
                return;
            }
        }
        let Some(result) = step(&mut self.active[at].task) else { return };
        let Active { event, env, .. } = self.active.swap_remove(at);
        self.idle.push(env);
        self.world.tell(&format!("{event:?} ends: {result:?}"));
        match (event, result) {
            (Event::Ingest { batch, .. }, Ok(())) => {
                let fate = &mut self.fates[batch];
                fate.done = fate.done.or(Some(self.world.now()));
            }
            (_, Ok(())) => {}
            (_, Err(error)) => {
                if !error.retryable {
                    self.world.violate("I7", &format!("an error that no retry mends: {error}"));
                }
                self.failed(event);
            }
        }
    }

    /// Lambda ends what takes too long, with its environment.
    fn end_overdue(&mut self) {
        let now = self.world.now();
        while let Some(at) = self.active.iter().position(|active| active.deadline <= now) {
            let active = self.active.swap_remove(at);
            self.world.tell(&format!("{:?} times out", active.event));
            self.failed(active.event);
        }
    }

    /// Lambda tries a batch again twice; then it lies in the bucket of failed batches, and somebody feeds
    /// it in again once everything works.
    fn failed(&mut self, event: Event) {
        let Event::Ingest { batch, tries } = event else { return };
        let again = Event::Ingest { batch, tries: tries + 1 };
        let at = match RETRIES_MS.get(tries) {
            Some(pause) => self.world.now().plus_millis(*pause),
            None => self.world.now().plus_millis(MINUTE_MS).max(self.world.calm_from),
        };
        self.queue.push(Reverse((at, again)));
    }
}

fn batch_id(payload: &str) -> alerting::BatchId {
    let Ok(Payload::Data(batch)) = decode::lambda_event(payload.as_bytes()) else {
        unreachable!("a batch of the simulation's own")
    };
    let now = Timestamp::of_minute(FIRST_MINUTE + 600);
    BatchCounts::of(&batch, now, diagnosis::diagnose::line, None).batch
}
