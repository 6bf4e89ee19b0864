//! What all invocations of a run share: the clock, the ledger, what people received, and chance.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use alerting::{
    Attachment, BadRow, BatchId, ChannelId, Content, Event, Incident, IncidentId, Ledger as _,
    MemoryLedger, OutboxRow, Patterns, Severity, Silence, Source, Transition,
};
use diagnosis::Timestamp;
use fastrand::Rng;

use crate::executor::{Pause, ready};
use crate::faults::{Down, Faults};
use crate::mutations::Mutation;
use crate::run::BAD_MINUTES;
use crate::traffic::{FIRST_MINUTE, LOG_GROUP, MINUTE_MS, api_id, named_in};

/// The largest item that DynamoDB takes.
const MAX_ITEM_BYTES: usize = 400 * 1_024;

/// A message as it reached people.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) at: Timestamp,
    pub(crate) channel: ChannelId,
    pub(crate) incident: IncidentId,
    pub(crate) seq: u64,
    /// Its text, everything around it included.
    pub(crate) text: String,
    /// The sources that it names, by number.
    pub(crate) named: BTreeSet<usize>,
    /// The most sources that one of its parts names: the bot's message, or the reply in its thread.
    pub(crate) listed: usize,
    /// An edit that nobody is notified of.
    pub(crate) silent: bool,
    /// The ledger knows that it was sent: nothing may repeat it any more.
    pub(crate) settled: bool,
    /// The row that it delivers, as it was committed; `None` for a message without one.
    pub(crate) row: Option<CommittedRow>,
}

/// A row that a transition has committed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CommittedRow {
    pub(crate) event: Event,
    pub(crate) at: Timestamp,
    /// The number of the commit among all of the run.
    pub(crate) order: usize,
}

/// A transition that took place. Its place in the list is its order.
#[derive(Debug, Clone)]
pub(crate) struct Commit {
    pub(crate) at: Timestamp,
    pub(crate) incident: Incident,
}

/// A time in which faults were met, with all that they may have delayed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

/// The world of one run.
pub(crate) struct World {
    now: Cell<Timestamp>,
    pub(crate) rng: RefCell<Rng>,
    pub(crate) faults: Faults,
    pub(crate) mutation: Option<Mutation>,
    pub(crate) ledger: MemoryLedger,
    pub(crate) channels: Vec<ChannelId>,
    pub(crate) received: RefCell<Vec<Received>>,
    /// Every transition, in order.
    pub(crate) commits: RefCell<Vec<Commit>>,
    /// The source of each incident that was committed.
    pub(crate) sources: RefCell<BTreeMap<IncidentId, Source>>,
    /// Incidents whose lines arrived too late for an alert.
    late: RefCell<BTreeSet<IncidentId>>,
    /// Messages that a channel will never take, by channel and incident.
    pub(crate) given_up: RefCell<BTreeSet<(ChannelId, IncidentId)>>,
    /// Phones that have used up the day's text messages.
    pub(crate) sms_over: RefCell<BTreeSet<ChannelId>>,
    /// When the ledger refused for good to read or write a source's rows: ingest leaves that to the sweep.
    refused: RefCell<Vec<(Source, Timestamp)>>,
    /// The faults that were met, by the channel that they are about; `None` for all of them.
    hits: RefCell<BTreeMap<Option<ChannelId>, Vec<Hit>>>,
    /// Until then calls fail now and then.
    pub(crate) bad_until: Timestamp,
    /// From here on nothing fails.
    pub(crate) calm_from: Timestamp,
    start: Timestamp,
    /// The source whose rows nobody can read.
    pub(crate) bad_row: Cell<Option<usize>>,
    /// Other rules were in force for a while.
    pub(crate) rules_changed: Cell<bool>,
    /// Rules that send critical incidents to no phone were in force for a while.
    pub(crate) drops_texts: Cell<bool>,
    /// Silences, with their true ends.
    pub(crate) silences: RefCell<Vec<(Silence, Timestamp)>>,
    /// How often each incident was acknowledged for the first time.
    pub(crate) acknowledged: RefCell<BTreeMap<IncidentId, u32>>,
    /// The bot's messages that are still in the channel.
    pub(crate) posts: RefCell<BTreeSet<String>>,
    counted: RefCell<BTreeSet<BatchId>>,
    rows: RefCell<BTreeMap<(IncidentId, u64, ChannelId), CommittedRow>>,
    pub(crate) violations: RefCell<Vec<String>>,
    story: RefCell<String>,
}

/// A ledger that says that the stack watches the log group of all lines.
fn watching(start: Timestamp) -> MemoryLedger {
    let ledger = MemoryLedger::default();
    let patterns = Patterns::of([LOG_GROUP]);
    ready(ledger.store_attachment(&Attachment::done(patterns, start))).unwrap();
    ledger
}

impl World {
    pub(crate) fn new(seed: u64, start: Timestamp, mutation: Option<Mutation>) -> Self {
        let mut rng = Rng::with_seed(seed);
        let faults = Faults::chosen(&mut rng);
        let channels = channels(&mut rng);
        let bad_minutes = if faults.is_calm() { 0 } else { BAD_MINUTES };
        let down_until = faults.outage.map_or(0, |outage| outage.until);
        Self {
            now: Cell::new(start),
            rng: RefCell::new(rng),
            faults,
            mutation,
            ledger: watching(start),
            channels,
            received: RefCell::default(),
            commits: RefCell::default(),
            sources: RefCell::default(),
            late: RefCell::default(),
            given_up: RefCell::default(),
            sms_over: RefCell::default(),
            refused: RefCell::default(),
            hits: RefCell::default(),
            bad_until: start.plus_millis(bad_minutes * MINUTE_MS),
            calm_from: start.plus_millis(bad_minutes.max(down_until) * MINUTE_MS),
            start,
            bad_row: Cell::default(),
            rules_changed: Cell::default(),
            drops_texts: Cell::default(),
            silences: RefCell::default(),
            acknowledged: RefCell::default(),
            posts: RefCell::default(),
            counted: RefCell::default(),
            rows: RefCell::default(),
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

    /// Records a fault that may delay messages until `until`, on one channel or on all.
    pub(crate) fn hit(&self, until: Timestamp, channel: Option<&ChannelId>) {
        let from = self.now();
        let mut hits = self.hits.borrow_mut();
        let hits = hits.entry(channel.cloned()).or_default();
        match hits.last_mut() {
            // Faults come in crowds.
            Some(last) if from <= last.until => last.until = last.until.max(until),
            _ => hits.push(Hit { from, until }),
        }
    }

    /// The end of the faults that hit what was due at `from`: from there on nothing was broken for
    /// `millis`.
    pub(crate) fn calm_after(
        &self,
        from: Timestamp,
        millis: i64,
        channel: Option<&ChannelId>,
        source: usize,
    ) -> Timestamp {
        let hits = self.hits.borrow();
        let of = |key: Option<ChannelId>| hits.get(&key).map_or(&[][..], Vec::as_slice);
        let own = channel.map_or(&[][..], |channel| of(Some(channel.clone())));
        let all = of(None);
        let known = self.silences.borrow();
        let silenced: Vec<Hit> = known
            .iter()
            .filter(|(silence, _)| silence.scope.api.contains(&api_id(source)))
            .map(|(silence, until)| Hit { from: silence.since, until: *until })
            .collect();
        let mut calm = from;
        loop {
            let hit = all
                .iter()
                .chain(own)
                .chain(&silenced)
                .find(|hit| hit.until > calm && hit.from <= calm.plus_millis(millis));
            let Some(hit) = hit else { return calm };
            calm = hit.until;
        }
    }

    /// Records a fault whose trace is gone a minute later: the next sweep has run, and a lease that was
    /// abandoned has ended.
    pub(crate) fn hit_for_a_minute(&self) {
        self.hit(self.now().plus_millis(MINUTE_MS), None);
    }

    /// Remembers that a channel refused a message for good.
    pub(crate) fn note_given_up(&self, channel: &ChannelId, incident: &IncidentId) {
        self.tell(&format!("{channel} will never take what tells of {incident}"));
        self.given_up.borrow_mut().insert((channel.clone(), incident.clone()));
    }

    /// Whether an incident is about many sources.
    pub(crate) fn is_group(&self, incident: &IncidentId) -> bool {
        let sources = self.sources.borrow();
        let of_one = |source: &Source| matches!(source, Source::Stage { .. } | Source::LogGroup(_));
        sources.get(incident).is_some_and(|source| !of_one(source))
    }

    /// Whether the incident is reported late: its lines arrived too late for an alert.
    pub(crate) fn arrived_late(&self, incident: &IncidentId) -> bool {
        self.late.borrow().contains(incident)
    }

    /// Whether a warning of the source was open at some time.
    pub(crate) fn warns_of(&self, source: usize, at: Timestamp) -> bool {
        let api = api_id(source);
        let commits = self.commits.borrow();
        let before = commits.iter().take_while(|commit| commit.at <= at);
        let of_source = before.filter(|commit| commit.incident.source.api_id() == Some(&api));
        let mut open: BTreeMap<&IncidentId, bool> = BTreeMap::new();
        for Commit { incident, .. } in of_source {
            let warns = incident.is_open() && incident.severity != Severity::Critical;
            open.insert(&incident.id, warns);
        }
        open.into_values().any(|warns| warns)
    }

    /// Whether the channel refused for good what tells of the source: that is counted and alarmed.
    pub(crate) fn given_up_on(&self, channel: &ChannelId, source: usize) -> bool {
        let sources = self.sources.borrow();
        let api = api_id(source);
        self.given_up.borrow().iter().any(|(on, incident)| {
            let of = sources.get(incident).and_then(Source::api_id);
            on == channel && (self.is_group(incident) || of == Some(api.as_str()))
        })
    }

    /// Remembers that a phone gets no more text messages today.
    pub(crate) fn note_sms_over(&self, channel: &ChannelId) {
        self.tell(&format!("{channel} has used up the day's text messages"));
        self.sms_over.borrow_mut().insert(channel.clone());
    }

    /// Remembers that the ledger refused for good what is about a source.
    pub(crate) fn note_refused(&self, source: &Source) {
        self.tell(&format!("the ledger refuses a call about {source}"));
        self.refused.borrow_mut().push((source.clone(), self.now()));
    }

    /// Whether the ledger refused that between two times.
    pub(crate) fn was_refused(&self, source: usize, from: Timestamp, until: Timestamp) -> bool {
        let api = api_id(source);
        self.refused.borrow().iter().any(|(refused, at)| {
            refused.api_id() == Some(api.as_str()) && (from..=until).contains(at)
        })
    }

    /// Whether calls may fail now.
    pub(crate) fn is_bad(&self) -> bool {
        self.now() < self.bad_until
    }

    /// Whether something is down now for hours.
    pub(crate) fn is_down(&self, what: Down) -> bool {
        let minute = (self.now().as_millis() - self.start.as_millis()) / MINUTE_MS;
        self.faults.outage.is_some_and(|outage| {
            outage.of == what && (outage.from..outage.until).contains(&minute)
        })
    }

    /// Whether the ledger throttles this source's rows now.
    pub(crate) fn is_hot(&self, source: &Source) -> bool {
        let of_api = source.api_id().and_then(|api| api.bytes().last());
        let half = i64::from(of_api.unwrap_or(0)) + self.now().minute() / 5;
        of_api.is_some() && half % 2 == 0 && self.is_bad() && self.chance(self.faults.hot_half)
    }

    /// Whether nobody can read this source's rows.
    pub(crate) fn is_unreadable(&self, source: &Source) -> bool {
        self.bad_row.get().is_some_and(|bad| source.api_id() == Some(api_id(bad).as_str()))
    }

    /// Puts rows that nobody can read, as a later version may write them, beside all others: among what a
    /// source has, and what all sources share.
    pub(crate) fn plant_bad_rows(&self, source: &Source) {
        let messages = self.channels.iter().cloned().map(BadRow::Message);
        let others = [
            BadRow::OpenIncident(source.clone()),
            BadRow::Exemplar(source.clone(), FIRST_MINUTE + 3),
            BadRow::Silence("0123456789ab".to_owned()),
            BadRow::LogGroup(LOG_GROUP.to_owned()),
        ];
        messages.chain(others).for_each(|row| self.ledger.plant(row));
    }

    /// Whether a silence was on for the source between two times.
    pub(crate) fn was_silenced(&self, source: usize, from: Timestamp, until: Timestamp) -> bool {
        let silences = self.silences.borrow();
        silences.iter().any(|(silence, end)| {
            silence.scope.api.contains(&api_id(source)) && silence.since <= until && from <= *end
        })
    }

    /// Remembers that a batch's counters were written.
    pub(crate) fn note_counted(&self, batch: BatchId) {
        self.counted.borrow_mut().insert(batch);
    }

    pub(crate) fn was_counted(&self, batch: BatchId) -> bool {
        self.counted.borrow().contains(&batch)
    }

    /// Remembers a transition and what it owes, at the moment it takes place.
    pub(crate) fn note_commit(&self, transition: &Transition) {
        let incident = &transition.incident;
        self.sources.borrow_mut().insert(incident.id.clone(), incident.source.clone());
        if incident.history.late_before.is_some() {
            self.late.borrow_mut().insert(incident.id.clone());
        }
        let state = if incident.is_open() { "is open" } else { "is resolved" };
        let held = if incident.history.in_storm { ", held for a storm" } else { "" };
        let (id, source, severity) = (&incident.id, &incident.source, incident.severity);
        self.tell(&format!("{id} of {source} {state}, {}{held}", severity.as_str()));
        let order = self.commits.borrow().len();
        self.fits(serde_json::to_string(incident).unwrap().len());
        for row in &transition.outbox {
            self.fits(serde_json::to_string(row).unwrap().len());
            self.tell(&format!("{}#{} is pending to {}", row.incident, row.seq, row.channel));
            let key = (row.incident.clone(), row.seq, row.channel.clone());
            let committed = CommittedRow { event: row.event, at: self.now(), order };
            self.rows.borrow_mut().insert(key, committed);
        }
        let commit = Commit { at: self.now(), incident: incident.clone() };
        self.commits.borrow_mut().push(commit);
    }

    /// Checks that DynamoDB would take an item: no retry helps where it does not.
    fn fits(&self, bytes: usize) {
        if bytes > MAX_ITEM_BYTES {
            self.violate("I7", &format!("an item of {bytes} bytes"));
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
        shown: Shown,
    ) {
        let key = (incident.clone(), seq, channel.clone());
        let row = self.rows.borrow().get(&key).copied();
        let (text, silent) = text_of(content, shown);
        let named = named_in(&text);
        self.tell(&format!("{channel} receives {incident}#{seq} naming {named:?}"));
        self.received.borrow_mut().push(Received {
            at: self.now(),
            channel: channel.clone(),
            incident: incident.clone(),
            seq,
            text,
            listed: listed_in(content).unwrap_or(named.len()),
            named,
            silent,
            settled: false,
            row,
        });
    }
}

/// Whether a message says the end of some members of a group.
pub(crate) fn ends_some(text: &str) -> bool {
    text.contains(" recovered.")
}

/// The most sources in one of the two parts of a bot's message.
fn listed_in(content: &Content) -> Option<usize> {
    let Content::SlackBot { message, reply } = content else { return None };
    let parts = std::iter::once(message).chain(reply);
    parts.map(|part| named_in(&part.to_string()).len()).max()
}

/// How a bot's message comes to be seen.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shown {
    /// An edit of the one that is there.
    pub(crate) edits: bool,
    /// The reply names members of a group, and goes into the thread of a new message, too.
    pub(crate) names_members: bool,
}

/// What somebody reads, and whether nobody is notified of it: an edit without a reply.
fn text_of(content: &Content, shown: Shown) -> (String, bool) {
    match content {
        Content::Slack { body } => (body.to_string(), false),
        Content::SlackBot { message, reply: None } => (message.to_string(), shown.edits),
        Content::SlackBot { message, reply: Some(reply) } => {
            let is_answered = shown.edits || shown.names_members;
            let reply = if is_answered { reply.to_string() } else { String::new() };
            (format!("{message}{reply}"), false)
        }
        Content::Sms { body } => (body.clone(), false),
        Content::Email { subject, body, .. } => (format!("{subject}\n{body}"), false),
    }
}

/// A stack's channels: Slack by webhook or by bot, the topic, and one phone or two.
fn channels(rng: &mut Rng) -> Vec<ChannelId> {
    use alerting::ChannelKind::{Email, Slack};
    let slack = if rng.u8(..3) == 0 { alerting::ChannelKind::SlackBot } else { Slack };
    let phones = (0..rng.usize(1..=2)).map(|n| ChannelId::sms(format!("+1555010{n:04}")));
    [ChannelId::only(slack), ChannelId::only(Email)].into_iter().chain(phones).collect()
}

impl Received {
    /// Whether the message is the notification of the incident's end.
    pub(crate) fn is_a_resolution(&self) -> bool {
        self.row.is_some_and(|row| row.event == Event::Resolved)
    }

    /// Whether it says the end of some members of a group.
    pub(crate) fn ends_some(&self) -> bool {
        ends_some(&self.text)
    }

    /// Whether a late message says when the incident was opened, too.
    pub(crate) fn tells_the_opening(&self) -> bool {
        self.text.to_lowercase().contains("fired")
    }

    /// How many sources the text says that it is about: `14 APIs fail at the same time`.
    pub(crate) fn sources_counted(&self) -> Option<usize> {
        let (before, _) = self.text.split_once(" API")?;
        let digits = before.rsplit(|c: char| !c.is_ascii_digit() && c != ',').next()?;
        digits.replace(',', "").parse().ok()
    }
}
