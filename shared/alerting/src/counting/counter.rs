//! One batch, read line by line: what it adds to the counters.
//!
//! A line of an access log is a request, counted as soon as it is read. Lines of an execution log or of a
//! function's log are parts of one, so a batch that holds any is joined first: see [`joined`].

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use diagnosis::decode::{Batch, Message};
use diagnosis::{AccessRecord, Cause, Diagnosis, JoinedDiagnosis, Line, Reader, Timestamp};

use crate::counting::batch_counts::{BatchCounts, BatchMinute, LineCounts};
use crate::counting::formats::{self, StageFormats};
use crate::counting::joined::{self, Joined};
use crate::counting::{BatchId, Exemplar, MinuteCounts};
use crate::hash::Hasher;
use crate::source::Source;

/// How a line is diagnosed: an argument, so that a test can pass one that panics.
pub(crate) type Diagnose = for<'a> fn(&'a Line<'_>) -> Diagnosis<'a>;

/// The oldest line that may open an incident is this many minutes old.
pub(crate) const LATE_AFTER_MINUTES: i64 = 15;

/// A batch counts for at most so many sources and minutes, each of which costs a write. Beyond, lines
/// count for their log group, now: no true log stream is so mixed.
const MAX_PLACES: usize = 200;

impl BatchCounts {
    /// Reads a batch. `now` bounds its times; `known` is what the account says of its log group.
    pub fn of(
        batch: &Batch,
        now: Timestamp,
        diagnose: Diagnose,
        known: Option<&StageFormats>,
    ) -> Self {
        let new = || Counting::new(batch, now, diagnose, known);
        let (batch_counts, next) = new().run(batch, &Joined::default());
        if next == Next::GoOn {
            return batch_counts;
        }
        // What was counted so far is counted anew, knowing what the other lines say.
        let mut counting = new();
        let joined = Joined::of(batch, known, |request| counting.count_joined(request));
        counting.run(batch, &joined).0
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
    /// Where lines count that name no stage.
    of_group: Source,
    now: Timestamp,
    diagnose: Diagnose,
    known: Option<&'a StageFormats>,
    reader: Reader,
    batch_counts: BatchCounts,
    open: Option<(Source, i64, BatchMinute)>,
    last_time: Timestamp,
    /// Lines of other logs, by minute.
    parts: BTreeMap<i64, u64>,
}

/// Whether the next line can be counted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    GoOn,
    /// The batch must be joined first.
    Join,
}

impl<'a> Counting<'a> {
    fn new(
        batch: &'a Batch,
        now: Timestamp,
        diagnose: Diagnose,
        known: Option<&'a StageFormats>,
    ) -> Self {
        Self {
            log_group: &batch.log_group,
            of_group: Source::of_log_group(&batch.log_group),
            now,
            diagnose,
            known,
            reader: Reader::default(),
            batch_counts: BatchCounts {
                batch: BatchId(0),
                minutes: BTreeMap::new(),
                lines: LineCounts::default(),
                broke_off: false,
            },
            open: None,
            last_time: now,
            parts: BTreeMap::new(),
        }
    }

    /// Counts all lines, or those before the first that only a joined batch can tell of.
    fn run(mut self, batch: &Batch, joined: &Joined) -> (BatchCounts, Next) {
        let mut ids = EventIds::default();
        let mut events = batch.events();
        let mut number = 0;
        for event in events.by_ref() {
            number += 1;
            ids.push(&event.id);
            if self.event(event.timestamp, event.message, number, joined) == Next::Join {
                return (self.batch_counts, Next::Join);
            }
        }
        self.finish();
        self.batch_counts.broke_off = events.broke_off();
        self.batch_counts.batch = ids.batch_id(batch);
        (self.batch_counts, Next::GoOn)
    }

    fn event(
        &mut self,
        timestamp: Option<Timestamp>,
        message: Option<Message<'_>>,
        number: u64,
        joined: &Joined,
    ) -> Next {
        self.batch_counts.lines.lines += 1;
        let Some(message) = message else {
            self.count_unparseable(timestamp);
            return Next::GoOn;
        };
        if joined.is_part(number) {
            self.count_part(timestamp);
            return Next::GoOn;
        }
        // One panicking line costs one line, not its batch.
        let sharper = joined.sharper.get(&number);
        let outcome = catch_unwind(AssertUnwindSafe(|| self.line(timestamp, message, sharper)));
        let Ok(next) = outcome else {
            self.batch_counts.lines.panicked += 1;
            self.count_unparseable(timestamp);
            return Next::GoOn;
        };
        if next == Next::Join && joined.is_done {
            // It panicked when it was to be joined.
            self.batch_counts.lines.panicked += 1;
            self.count_unparseable(timestamp);
            return Next::GoOn;
        }
        next
    }

    fn line(
        &mut self,
        timestamp: Option<Timestamp>,
        message: Message<'_>,
        sharper: Option<&JoinedDiagnosis>,
    ) -> Next {
        let text;
        let mut writer = None;
        let known_shape = match self.known {
            Some(known) if !known.read_as_ever() => None,
            _ => self.reader.message(message),
        };
        let line = if let Some(line) = known_shape {
            line
        } else {
            text = message.text();
            let line;
            (line, writer) = formats::line(self.known, &mut self.reader, &text);
            line
        };
        let Line::Access(record) = &line else {
            match line {
                Line::Execution(_) | Line::Lambda(_) => return Next::Join,
                Line::Unreadable => self.count_unread(Cause::Unparseable, timestamp),
                _ => self.count_unread(Cause::Unknown, timestamp),
            }
            return Next::GoOn;
        };
        let mut diagnosis = (self.diagnose)(&line);
        if let Some(sharper) = sharper {
            diagnosis = joined::diagnosis(sharper);
        }
        let time = self.time(record.time().or(timestamp));
        if diagnosis.cause == Cause::Unknown {
            self.batch_counts.lines.unknown += 1;
        } else {
            self.batch_counts.lines.requests += 1;
            self.batch_counts.lines.errors += u64::from(diagnosis.cause.is_error());
        }
        self.count_request(time, message, record, &diagnosis, writer);
        Next::GoOn
    }

    fn count_request(
        &mut self,
        time: Timestamp,
        message: Message<'_>,
        record: &AccessRecord<'_>,
        diagnosis: &Diagnosis<'_>,
        writer: Option<&Source>,
    ) {
        let minute = time.minute();
        let of_group = match self.known {
            Some(known) => known.home(record, message, writer, &self.of_group),
            None => &self.of_group,
        };
        if !matches!(&self.open, Some((source, at, _)) if *at == minute && source.is_of(record, of_group))
        {
            let source = Source::of(record, of_group);
            self.switch_to(source, minute);
        }
        let Some((_, _, part)) = &mut self.open else { return };
        let cause = diagnosis.cause;
        part.counts.requests += u64::from(cause != Cause::Unknown);
        if cause == Cause::None {
            return;
        }
        *part.counts.causes.entry(cause).or_default() += 1;
        if !cause.is_error() {
            return;
        }
        part.breakdown.add_request(cause, record, &mut part.callers);
        // One of each cause is enough to show; other batches keep theirs.
        if part.exemplars.iter().all(|kept| kept.cause != cause) {
            part.exemplars.push(Exemplar::new(time, &message.text(), record, diagnosis));
        }
    }

    /// Counts a request that only an execution log tells of.
    fn count_joined(&mut self, request: &JoinedDiagnosis) {
        let time = request.time.unwrap_or(self.now).min(self.now);
        let named = Source::stage_named(request.api_id.as_deref(), request.stage.as_deref());
        self.switch_to(named.unwrap_or_else(|| self.of_group.clone()), time.minute());
        let cause = request.cause;
        self.batch_counts.lines.joined_requests += 1;
        self.batch_counts.lines.joined_errors += u64::from(cause.is_error());
        let Some((_, _, part)) = &mut self.open else { return };
        part.counts.execution.requests += 1;
        if cause == Cause::None {
            return;
        }
        *part.counts.execution.causes.entry(cause).or_default() += 1;
        if !cause.is_error() {
            return;
        }
        part.breakdown.add_execution_request(cause, request.route.as_deref());
        if part.execution_exemplars.iter().all(|kept| kept.cause != cause) {
            part.execution_exemplars.push(Exemplar::of_execution(time, request));
        }
    }

    fn count_part(&mut self, timestamp: Option<Timestamp>) {
        self.batch_counts.lines.parts += 1;
        let minute = self.time(timestamp).minute();
        *self.parts.entry(minute).or_default() += 1;
    }

    fn count_unparseable(&mut self, timestamp: Option<Timestamp>) {
        self.count_unread(Cause::Unparseable, timestamp);
    }

    /// Counts a line that is no access record, for its log group.
    fn count_unread(&mut self, cause: Cause, timestamp: Option<Timestamp>) {
        let lines = &mut self.batch_counts.lines;
        *(if cause == Cause::Unparseable { &mut lines.unparseable } else { &mut lines.unknown }) +=
            1;
        let minute = self.time(timestamp).minute();
        self.switch_to(Source::LogGroup(self.log_group.to_owned()), minute);
        if let Some((_, _, part)) = &mut self.open {
            *part.counts.causes.entry(cause).or_default() += 1;
        }
    }

    /// When a line counts: its own time, not after now; without one, that of the line before.
    fn time(&mut self, told: Option<Timestamp>) -> Timestamp {
        let Some(told) = told else { return self.last_time };
        if told > self.now {
            self.batch_counts.lines.future += 1;
        }
        if told.minute() < self.now.minute() - LATE_AFTER_MINUTES {
            self.batch_counts.lines.late += 1;
        }
        self.last_time = told.min(self.now);
        self.last_time
    }

    fn switch_to(&mut self, source: Source, minute: i64) {
        if matches!(&self.open, Some((open, at, _)) if *at == minute && *open == source) {
            return;
        }
        self.flush();
        let minutes = &mut self.batch_counts.minutes;
        let mut place = (source, minute);
        if minutes.len() >= MAX_PLACES && !minutes.contains_key(&place) {
            place = (Source::LogGroup(self.log_group.to_owned()), self.now.minute());
        }
        let known = minutes.remove(&place).unwrap_or_default();
        self.open = Some((place.0, place.1, known));
    }

    fn flush(&mut self) {
        if let Some((source, minute, part)) = self.open.take() {
            self.batch_counts.minutes.insert((source, minute), part);
        }
    }

    fn finish(&mut self) {
        self.flush();
        for part in self.batch_counts.minutes.values_mut() {
            part.breakdown.top_callers = std::mem::take(&mut part.callers).top_callers();
        }
        if self.batch_counts.lines.unknown + self.batch_counts.lines.unparseable > 0 {
            self.count_lines();
        }
    }

    /// Counts all lines beside those that cannot be read, which are few or many only by comparison: in
    /// their minute, those of other minutes in the first of them.
    fn count_lines(&mut self) {
        let unread = |counts: &MinuteCounts| -> u64 {
            let of = |cause| counts.causes.get(&cause).copied().unwrap_or(0);
            of(Cause::Unknown) + of(Cause::Unparseable)
        };
        let mut lines = std::mem::take(&mut self.parts);
        for ((_, minute), part) in &self.batch_counts.minutes {
            *lines.entry(*minute).or_default() += part.counts.requests + unread(&part.counts);
        }
        let group = Source::LogGroup(self.log_group.to_owned());
        let mut first = None;
        for ((source, minute), part) in &mut self.batch_counts.minutes {
            if *source == group && unread(&part.counts) > 0 {
                part.counts.lines = lines.remove(minute).unwrap_or(0);
                first = first.or(Some(*minute));
            }
        }
        let elsewhere: u64 = lines.into_values().sum();
        let first = first.and_then(|minute| self.batch_counts.minutes.get_mut(&(group, minute)));
        if let Some(part) = first {
            part.counts.lines += elsewhere;
        }
    }
}

#[cfg(test)]
mod tests;
