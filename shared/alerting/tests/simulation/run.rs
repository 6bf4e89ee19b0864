//! One run: a world of its own from first line to last resolution.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;

use alerting::{
    Accepted, BatchCounts, Engine, Invocation, Ledger as _, LedgerError, LogMode, Settings,
};
use diagnosis::Timestamp;
use diagnosis::decode::{self, Payload};

use crate::account;
use crate::bound::Bound;
use crate::channels::Scripted;
use crate::executor::{Task, ready, step};
use crate::invariants;
use crate::ledger::{REFUSED, Shared, UNREADABLE};
use crate::mutations::Mutation;
use crate::people::{self, Deed};
use crate::traffic::{ACCOUNT, Batch, FIRST_MINUTE, MINUTE_MS, Traffic};
use crate::world::World;

/// What the functions are deployed with.
const TIMEOUT_MS: i64 = 30_000;

/// Lambda tries again after one minute, then after two.
const RETRIES_MS: [i64; 2] = [MINUTE_MS, 2 * MINUTE_MS];

/// Nobody feeds a batch in more often than that once everything works.
const MOST_TRIES: usize = 5;

/// Everything fails for so many minutes at most, longer than errors are fresh.
pub(crate) const BAD_MINUTES: i64 = 40;

/// After that nothing does, until everything late has come and is over.
const CALM_MINUTES: i64 = 330;

type Env = Rc<Engine<Shared, Scripted, Box<dyn Fn() -> Timestamp>>>;

/// What a run came to.
pub(crate) struct Outcome {
    pub(crate) violations: Vec<String>,
    /// Messages that arrived.
    pub(crate) messages: usize,
    pub(crate) bound: Bound,
    pub(crate) scenario: &'static str,
    pub(crate) story: String,
}

impl Outcome {
    #[track_caller]
    pub(crate) fn assert_no_violation(&self, seed: u64) {
        assert!(
            self.violations.is_empty(),
            "seed {seed}: {}\nreplay it with: SIMULATION_SEED={seed} cargo test --release -p alerting --test \
             simulation first_part -- --nocapture",
            self.violations.join("\n")
        );
    }
}

/// Something that begins at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Ingest {
        batch: usize,
        tries: usize,
    },
    Sweep,
    /// A minute without a sweep.
    NoSweep,
    /// Somebody does something.
    Person {
        number: usize,
        deed: Deed,
        tries: usize,
    },
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
    /// Whether the stack reads what the account says of its APIs.
    has_inventory: bool,
}

pub(crate) fn run(seed: u64, mutation: Option<Mutation>) -> Outcome {
    let start = Timestamp::of_minute(FIRST_MINUTE);
    let world = Rc::new(World::new(seed, start, mutation));
    let traffic = Traffic::chosen(&mut world.rng.borrow_mut(), &world.faults);
    world.tell(&format!("{:?}", world.faults));
    world.tell(&format!("{:?}", traffic.scenario));
    if world.faults.slow_step.is_some() {
        world.hit(world.bad_until, None);
    }
    let mut queue = BinaryHeap::new();
    for (batch, Batch { arrives, .. }) in traffic.batches.iter().enumerate() {
        let arrival = Timestamp::from_millis(*arrives);
        queue.push(Reverse((arrival, Event::Ingest { batch, tries: 0 })));
    }
    let down_minutes = world.faults.outage.map_or(0, |outage| outage.until);
    for minute in FIRST_MINUTE..FIRST_MINUTE + BAD_MINUTES.max(down_minutes) + CALM_MINUTES {
        let at = Timestamp::of_minute(minute);
        let bad = at < world.bad_until;
        if bad && world.chance(world.faults.sweep_missed) {
            queue.push(Reverse((at, Event::NoSweep)));
            continue;
        }
        queue.push(Reverse((at, Event::Sweep)));
        if bad && world.chance(world.faults.sweep_twice) {
            queue.push(Reverse((at, Event::Sweep)));
        }
    }
    let (deeds, has_inventory) = {
        let rng = &mut *world.rng.borrow_mut();
        if world.faults.bad_row && traffic.sources.len() > 1 {
            let bad = rng.usize(..traffic.sources.len());
            world.bad_row.set(Some(bad));
            world.plant_bad_rows(&traffic.sources[bad]);
        }
        (people::deeds(rng), rng.u8(..3) == 0)
    };
    world.tell(&format!("bad row: {:?}, inventory: {has_inventory}", world.bad_row.get()));
    for (number, (minute, deed)) in deeds.into_iter().enumerate() {
        let at = Timestamp::of_minute(FIRST_MINUTE + minute);
        queue.push(Reverse((at, Event::Person { number, deed, tries: 0 })));
    }
    let shared = Shared { world: world.clone(), sharding: Rc::default(), stale: Rc::default() };
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
        has_inventory,
    };
    run.go_on_to_the_end();
    let bound = invariants::check(&run.world, &run.traffic, &run.fates);
    let messages = run.world.received.borrow().len();
    let violations = run.world.violations.borrow().clone();
    let scenario = run.traffic.scenario.name;
    Outcome { violations, messages, bound, scenario, story: run.world.story() }
}

impl Run {
    fn go_on_to_the_end(&mut self) {
        loop {
            self.begin_due();
            self.end_overdue();
            let steppable: Vec<usize> =
                (0..self.active.len()).filter(|&at| !self.active[at].hangs).collect();
            if steppable.is_empty() {
                match self.next_time() {
                    Some(time) if !self.is_over() => self.world.advance_to(time),
                    _ => return,
                }
                continue;
            }
            let chosen = steppable[self.world.rng.borrow_mut().usize(..steppable.len())];
            self.take_step(chosen);
            let pause = self.world.rng.borrow_mut().i64(0..=self.slowest_step());
            self.world.advance_to(self.world.now().plus_millis(pause));
        }
    }

    /// Whether nothing can happen any more: only sweeps are left, and they would find nothing.
    fn is_over(&self) -> bool {
        let is_sweep = |Reverse((_, event)): &Reverse<(Timestamp, Event)>| {
            matches!(event, Event::Sweep | Event::NoSweep)
        };
        !self.world.is_bad()
            && self.active.is_empty()
            && self.world.ledger.pending_in_all() == 0
            && ready(self.world.ledger.open_incidents()).is_ok_and(|open| open.is_empty())
            && self.queue.iter().all(is_sweep)
    }

    /// How long a step takes at most. Invocations take theirs at the same time, so the more there are the
    /// less a single step moves the clock.
    fn slowest_step(&self) -> i64 {
        let slow = self.world.faults.slow_step.filter(|_| self.world.is_bad());
        // DynamoDB answers within milliseconds; the fewer calls there are, the slower each may be.
        let usual = if self.traffic.sources.len() > 20 { 4 } else { 50 };
        slow.unwrap_or(usual) / self.active.len().max(1) as i64
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
        if event == Event::NoSweep {
            self.world.tell("no sweep runs");
            self.world.hit_for_a_minute();
            return;
        }
        let env = self.env();
        self.invocations += 1;
        let id = match event {
            Event::Ingest { batch, .. } if self.world.faults.same_request_id => {
                format!("batch-{batch}")
            }
            _ => format!("invocation-{}", self.invocations),
        };
        let deadline = self.world.now().plus_millis(TIMEOUT_MS);
        let engine = env.clone();
        let task: Task<Result<(), LedgerError>> = match event {
            Event::NoSweep | Event::Sweep => {
                let account = account::Scripted(self.world.clone());
                let stages = account::Apis {
                    account: account::Scripted(self.world.clone()),
                    count: self.traffic.sources.len(),
                };
                let has_inventory = self.has_inventory;
                Box::pin(async move {
                    let invocation = Invocation { id: &id, deadline };
                    let swept = engine.sweep(invocation).await;
                    engine.gather_evidence(&account, invocation).await;
                    if has_inventory {
                        engine.refresh_inventory(&stages, invocation).await;
                    }
                    swept.failure.map_or(Ok(()), Err)
                })
            }
            Event::Person { number, deed, .. } => {
                let (world, rules) = (self.world.clone(), self.traffic.scenario.rules);
                Box::pin(async move {
                    let (who, invocation) =
                        (format!("person {number}"), Invocation { id: &id, deadline });
                    people::act(&*engine, &world, deed, rules, &who, invocation).await
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
        let channels = self.world.channels.iter();
        let channels = channels.map(|id| Scripted { id: id.clone(), world: self.world.clone() });
        let settings = Settings {
            account: ACCOUNT.to_owned(),
            accepted: Accepted::Watched { own: Vec::new() },
            region: None,
            rules: self.traffic.scenario.rules.rules(),
            log_mode: LogMode::All,
        };
        let engine = Engine::new(self.shared.clone(), channels.collect(), clock, settings);
        let engine = engine.with_buttons(true).with_stored_rules();
        Rc::new(if self.has_inventory { engine.with_inventory() } else { engine })
    }

    fn take_step(&mut self, at: usize) {
        if self.world.is_bad() {
            if self.world.chance(self.world.faults.crash) {
                let active = self.active.swap_remove(at);
                self.world.tell(&format!("{:?} crashes", active.event));
                self.world.hit_for_a_minute();
                self.failed(active.event);
                return;
            }
            if self.world.chance(self.world.faults.hang) {
                self.active[at].hangs = true;
                self.world.hit(self.active[at].deadline.plus_millis(MINUTE_MS), None);
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
            (Event::Sweep | Event::NoSweep | Event::Person { .. }, Ok(())) => {}
            // Nobody can evaluate that source; the batch has had all that it can get.
            (Event::Ingest { batch, .. }, Err(error)) if error.reason == UNREADABLE => {
                let fate = &mut self.fates[batch];
                fate.done = fate.done.or(Some(self.world.now()));
                self.failed(event);
            }
            (_, Err(error)) => {
                if !error.retryable && error.reason != REFUSED {
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
            if self.world.is_bad() || active.hangs {
                self.world.hit_for_a_minute();
            }
            self.failed(active.event);
        }
    }

    /// Lambda tries a batch again twice; then it lies in the bucket of failed batches, and somebody feeds
    /// it in again once everything works.
    fn failed(&mut self, event: Event) {
        let (again, tries) = match event {
            Event::Ingest { batch, tries } => (Event::Ingest { batch, tries: tries + 1 }, tries),
            // They press again.
            Event::Person { number, deed, tries } => {
                (Event::Person { number, deed, tries: tries + 1 }, tries)
            }
            Event::Sweep | Event::NoSweep => return,
        };
        // A batch with a row that nobody can read stays in the bucket.
        if tries >= MOST_TRIES && !self.world.is_bad() && self.world.now() > self.world.calm_from {
            return;
        }
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
