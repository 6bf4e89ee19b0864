//! One batch, read line by line: what it adds to the counters.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use diagnosis::decode::{Batch, Message};
use diagnosis::{AccessRecord, Cause, Diagnosis, Line, Reader, Timestamp};

use crate::details::{Details, Exemplar};
use crate::hash::Hasher;
use crate::ledger::BatchId;
use crate::source::Source;
use crate::window::MinuteCounts;

/// What became of a batch's lines. Every line is counted as a request, or as one of the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LineCounts {
    /// All lines.
    pub lines: u64,
    /// Lines that tell how a request ended.
    pub requests: u64,
    /// Requests that failed.
    pub errors: u64,
    /// Lines of other systems, or without a verdict.
    pub unknown: u64,
    /// Lines that cannot be read.
    pub unparseable: u64,
    /// Lines, among the unparseable, on which our own code panicked.
    pub panicked: u64,
    /// Lines older than may open an incident.
    pub late: u64,
    /// Lines whose time lies ahead, counted as of now.
    pub future: u64,
}

/// What one batch adds to one minute of one source.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct MinuteTally {
    /// Its counters.
    pub counts: MinuteCounts,
    /// Routes and callers of its failed requests.
    pub details: Details,
    /// A few of its failed requests.
    pub exemplars: Vec<Exemplar>,
}

/// What one batch adds to the counters.
#[derive(Debug)]
pub struct Tally {
    /// The batch's id.
    pub batch: BatchId,
    /// By source and minute.
    pub minutes: BTreeMap<(Source, i64), MinuteTally>,
    /// What became of its lines.
    pub lines: LineCounts,
    /// The batch broke off: events after the last one that was read are lost.
    pub broke_off: bool,
}

/// How a line is diagnosed: an argument, so that a test can pass one that panics.
pub(crate) type Diagnose = for<'a> fn(&'a Line<'_>) -> Diagnosis<'a>;

/// The oldest line that may open an incident is this many minutes old.
pub(crate) const LATE_AFTER_MINUTES: i64 = 15;

/// A batch counts for at most so many sources and minutes, each of which costs a write. Beyond, lines
/// count for their log group, now: no true log stream is so mixed.
const MAX_PLACES: usize = 200;

impl Tally {
    /// Reads a batch. `now` bounds its times.
    pub fn of(batch: &Batch, now: Timestamp, diagnose: Diagnose) -> Self {
        let mut counting = Counting {
            log_group: &batch.log_group,
            now,
            diagnose,
            reader: Reader::default(),
            tally: Self {
                batch: BatchId(0),
                minutes: BTreeMap::new(),
                lines: LineCounts::default(),
                broke_off: false,
            },
            open: None,
            last_time: now,
        };
        let mut ids = EventIds::default();
        let mut events = batch.events();
        for event in events.by_ref() {
            ids.push(&event.id);
            counting.event(event.timestamp, event.message);
        }
        counting.flush();
        let mut tally = counting.tally;
        tally.broke_off = events.broke_off();
        tally.batch = ids.batch_id(batch);
        tally
    }

    /// The minutes of a source that hold errors.
    pub fn minutes_with_errors(&self) -> BTreeMap<Source, Vec<i64>> {
        let mut minutes: BTreeMap<Source, Vec<i64>> = BTreeMap::new();
        for ((source, minute), tally) in &self.minutes {
            if tally.counts.causes.keys().any(|cause| cause.is_error()) {
                minutes.entry(source.clone()).or_default().push(*minute);
            }
        }
        minutes
    }
}

/// The ids of a batch's events, one after the other.
#[derive(Default)]
struct EventIds {
    text: String,
    ends: Vec<usize>,
}

impl EventIds {
    fn push(&mut self, id: &str) {
        self.text.push_str(id);
        self.ends.push(self.text.len());
    }

    /// The same delivery has the same id, whatever the order of its events.
    fn batch_id(&self, batch: &Batch) -> BatchId {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let mut ids: Vec<&str> =
            starts.zip(&self.ends).map(|(start, &end)| &self.text[start..end]).collect();
        // CloudWatch numbers them in order, so this is nearly always done already.
        ids.sort_unstable();
        let mut hasher = Hasher::default();
        for part in [&batch.account, &batch.log_group, &batch.log_stream] {
            hasher.update(part.as_bytes());
        }
        for id in ids {
            hasher.update(id.as_bytes());
        }
        BatchId(hasher.finish())
    }
}

/// A batch being counted. Lines of one batch nearly always belong to one source and minute, so that
/// pair is kept open and only put away when it changes.
struct Counting<'a> {
    log_group: &'a str,
    now: Timestamp,
    diagnose: Diagnose,
    reader: Reader,
    tally: Tally,
    open: Option<(Source, i64, MinuteTally)>,
    last_time: Timestamp,
}

impl Counting<'_> {
    fn event(&mut self, timestamp: Option<Timestamp>, message: Option<Message<'_>>) {
        self.tally.lines.lines += 1;
        let Some(message) = message else {
            self.count_unparseable(timestamp);
            return;
        };
        // One panicking line costs one line, not its batch.
        let outcome = catch_unwind(AssertUnwindSafe(|| self.line(timestamp, message)));
        if outcome.is_err() {
            self.tally.lines.panicked += 1;
            self.count_unparseable(timestamp);
        }
    }

    fn line(&mut self, timestamp: Option<Timestamp>, message: Message<'_>) {
        let text;
        let line = if let Some(line) = self.reader.message(message) {
            line
        } else {
            text = message.text();
            self.reader.line(&text)
        };
        let diagnosis = (self.diagnose)(&line);
        let Line::Access(record) = &line else {
            // Other logs do not count requests: only the access log does.
            let unparseable = diagnosis.cause == Cause::Unparseable;
            let cause = if unparseable { Cause::Unparseable } else { Cause::Unknown };
            self.count_unread(cause, timestamp);
            return;
        };
        let time = self.time(record.time().or(timestamp));
        if diagnosis.cause == Cause::Unknown {
            self.tally.lines.unknown += 1;
        } else {
            self.tally.lines.requests += 1;
            self.tally.lines.errors += u64::from(diagnosis.cause.is_error());
        }
        self.count_request(time, message, record, &diagnosis);
    }

    fn count_request(
        &mut self,
        time: Timestamp,
        message: Message<'_>,
        record: &AccessRecord<'_>,
        diagnosis: &Diagnosis<'_>,
    ) {
        let minute = time.minute();
        let log_group = self.log_group;
        if !matches!(&self.open, Some((source, at, _)) if *at == minute && source.is_of(record, log_group))
        {
            self.switch_to(Source::of(record, log_group), minute);
        }
        let Some((_, _, tally)) = &mut self.open else { return };
        let cause = diagnosis.cause;
        tally.counts.requests += u64::from(cause != Cause::Unknown);
        if cause == Cause::None {
            return;
        }
        *tally.counts.causes.entry(cause).or_default() += 1;
        if !cause.is_error() {
            return;
        }
        tally.details.add_request(cause, record);
        // One of each cause is enough to show; other batches keep theirs.
        if tally.exemplars.iter().all(|kept| kept.cause != cause) {
            tally.exemplars.push(Exemplar::new(time, &message.text(), record, diagnosis));
        }
    }

    fn count_unparseable(&mut self, timestamp: Option<Timestamp>) {
        self.count_unread(Cause::Unparseable, timestamp);
    }

    /// Counts a line that is no access record, for its log group.
    fn count_unread(&mut self, cause: Cause, timestamp: Option<Timestamp>) {
        let lines = &mut self.tally.lines;
        *(if cause == Cause::Unparseable { &mut lines.unparseable } else { &mut lines.unknown }) +=
            1;
        let minute = self.time(timestamp).minute();
        self.switch_to(Source::LogGroup(self.log_group.to_owned()), minute);
        if let Some((_, _, tally)) = &mut self.open {
            *tally.counts.causes.entry(cause).or_default() += 1;
        }
    }

    /// When a line counts: its own time, not after now; without one, that of the line before.
    fn time(&mut self, told: Option<Timestamp>) -> Timestamp {
        let Some(told) = told else { return self.last_time };
        if told > self.now {
            self.tally.lines.future += 1;
        }
        if told.minute() < self.now.minute() - LATE_AFTER_MINUTES {
            self.tally.lines.late += 1;
        }
        self.last_time = told.min(self.now);
        self.last_time
    }

    fn switch_to(&mut self, source: Source, minute: i64) {
        if matches!(&self.open, Some((open, at, _)) if *at == minute && *open == source) {
            return;
        }
        self.flush();
        let minutes = &mut self.tally.minutes;
        let mut place = (source, minute);
        if minutes.len() >= MAX_PLACES && !minutes.contains_key(&place) {
            place = (Source::LogGroup(self.log_group.to_owned()), self.now.minute());
        }
        let known = minutes.remove(&place).unwrap_or_default();
        self.open = Some((place.0, place.1, known));
    }

    fn flush(&mut self) {
        if let Some((source, minute, tally)) = self.open.take() {
            self.tally.minutes.insert((source, minute), tally);
        }
    }
}
