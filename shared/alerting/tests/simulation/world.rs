//! What all invocations of a run share: the clock, the ledger, what people received, and chance.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use alerting::{
    BatchId, ChannelId, Content, Event, IncidentId, MemoryLedger, OutboxRow, Source, Transition,
};
use diagnosis::Timestamp;
use fastrand::Rng;

use crate::executor::Pause;
use crate::faults::Faults;
use crate::mutations::Mutation;
use crate::run::BAD_MINUTES;
use crate::traffic::MINUTE_MS;

/// A message as it reached people.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) at: Timestamp,
    pub(crate) channel: ChannelId,
    pub(crate) incident: IncidentId,
    pub(crate) seq: u64,
    pub(crate) content: Content,
    /// The ledger knows that it was sent: nothing may repeat it any more.
    pub(crate) settled: bool,
    /// Its incident was committed when it came.
    pub(crate) committed: bool,
}

/// The world of one run.
pub(crate) struct World {
    now: Cell<Timestamp>,
    pub(crate) rng: RefCell<Rng>,
    pub(crate) faults: Faults,
    pub(crate) mutation: Option<Mutation>,
    pub(crate) ledger: MemoryLedger,
    pub(crate) received: RefCell<Vec<Received>>,
    /// The source of each incident that was committed.
    pub(crate) sources: RefCell<BTreeMap<IncidentId, Source>>,
    /// Messages that a channel will never take, by channel and incident.
    pub(crate) given_up: RefCell<BTreeSet<(ChannelId, IncidentId)>>,
    /// From here on nothing fails.
    pub(crate) calm_from: Timestamp,
    counted: RefCell<BTreeSet<BatchId>>,
    /// Rows that a transition has committed: incident, number, channel.
    committed: RefCell<BTreeMap<(IncidentId, u64, ChannelId), Event>>,
    pub(crate) violations: RefCell<Vec<String>>,
    story: RefCell<String>,
}

impl World {
    pub(crate) fn new(seed: u64, start: Timestamp, mutation: Option<Mutation>) -> Self {
        let mut rng = Rng::with_seed(seed);
        let faults = Faults::chosen(&mut rng);
        Self {
            now: Cell::new(start),
            rng: RefCell::new(rng),
            faults,
            mutation,
            ledger: MemoryLedger::default(),
            received: RefCell::default(),
            sources: RefCell::default(),
            given_up: RefCell::default(),
            calm_from: start.plus_millis(BAD_MINUTES * MINUTE_MS),
            counted: RefCell::default(),
            committed: RefCell::default(),
            violations: RefCell::default(),
            story: RefCell::default(),
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.now.get()
    }

    pub(crate) fn advance_to(&self, time: Timestamp) {
        self.now.set(time.max(self.now.get()));
    }

    /// Waits at a call to the world.
    pub(crate) async fn pause(&self) {
        Pause::default().await;
    }

    /// Whether something with this probability happens.
    pub(crate) fn chance(&self, probability: f64) -> bool {
        probability > 0.0 && self.rng.borrow_mut().f64() < probability
    }

    pub(crate) fn tell(&self, what: &str) {
        let _ = writeln!(self.story.borrow_mut(), "{} {what}", self.now.get());
    }

    pub(crate) fn violate(&self, promise: &str, what: &str) {
        self.tell(&format!("VIOLATION of {promise}: {what}"));
        self.violations.borrow_mut().push(format!("{promise}: {what}"));
    }

    pub(crate) fn story(&self) -> String {
        self.story.borrow().clone()
    }

    /// Remembers that a channel refused a message for good.
    pub(crate) fn note_given_up(&self, channel: &ChannelId, incident: &IncidentId) {
        self.tell(&format!("{channel} will never take what tells of {incident}"));
        self.given_up.borrow_mut().insert((channel.clone(), incident.clone()));
    }

    /// Whether things fail now.
    pub(crate) fn is_bad(&self) -> bool {
        self.now() < self.calm_from
    }

    /// Remembers that a batch's counters were written.
    pub(crate) fn note_counted(&self, batch: BatchId) {
        self.counted.borrow_mut().insert(batch);
    }

    pub(crate) fn was_counted(&self, batch: BatchId) -> bool {
        self.counted.borrow().contains(&batch)
    }

    /// Remembers what a transition owes, at the moment it takes place.
    pub(crate) fn note_commit(&self, transition: &Transition) {
        let incident = &transition.incident;
        self.sources.borrow_mut().insert(incident.id.clone(), incident.source.clone());
        let state = if incident.is_open() { "is open" } else { "is resolved" };
        let held = if incident.history.in_storm { ", held for a storm" } else { "" };
        self.tell(&format!("{} of {} {state}{held}", incident.id, incident.source));
        for row in &transition.outbox {
            self.tell(&format!("{}#{} is pending to {}", row.incident, row.seq, row.channel));
            let key = (row.incident.clone(), row.seq, row.channel.clone());
            self.committed.borrow_mut().insert(key, row.event);
        }
    }

    /// Remembers that whoever sent a message has told the ledger so.
    pub(crate) fn note_settled(&self, row: &OutboxRow) {
        let mut received = self.received.borrow_mut();
        let sent = received.iter_mut().rev().find(|message| {
            message.channel == row.channel
                && message.incident == row.incident
                && message.seq == row.seq
        });
        if let Some(sent) = sent {
            sent.settled = true;
        }
    }

    /// A message arrives.
    pub(crate) fn receive(
        &self,
        channel: &ChannelId,
        incident: &IncidentId,
        seq: u64,
        content: &Content,
    ) {
        let row = (incident.clone(), seq, channel.clone());
        let committed = self.committed.borrow().contains_key(&row);
        self.tell(&format!("{channel} receives {incident}#{seq}"));
        self.received.borrow_mut().push(Received {
            at: self.now(),
            channel: channel.clone(),
            incident: incident.clone(),
            seq,
            content: content.clone(),
            settled: false,
            committed,
        });
    }
}

impl Received {
    /// Whether the message was owed for the incident's end.
    pub(crate) fn tells_a_resolution(&self, world: &World) -> bool {
        let row = (self.incident.clone(), self.seq, self.channel.clone());
        world.committed.borrow().get(&row) == Some(&Event::Resolved)
    }

    /// Whether a late message says when the incident was opened, too.
    pub(crate) fn tells_the_opening(&self) -> bool {
        let text = serde_json::to_string(&self.content).unwrap_or_default();
        text.to_lowercase().contains("fired")
    }
}
