//! The lines of one request, joined: its access record, its execution log and its function's log.
//!
//! Lines belong together by the ids that they share. API Gateway's request id may be chosen by the
//! client, so it joins nothing across APIs, across log groups of one kind, or across more than minutes
//! of event time; the extended request id and Lambda's request id cannot be chosen. A request is kept
//! as what decides, not as text, so ten thousand open ones stay small.
//!
//! Failed requests come out in the order of their deciding lines. A request that is still open may be
//! decided by any line from its first on, so a closed one waits for those that began before its
//! deciding line; both kinds count towards [`MAX_OPEN`]. Requests without a failure do not wait.

mod diagnosis;
mod ids;
mod incoming;
mod request;
mod streams;
mod verdict;
mod weight;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::{Line, LogSource, Timestamp, diagnose};

use ids::{Ids, Index};
use incoming::{Incoming, Marks};
use request::OpenRequest;
use streams::Streams;

pub use diagnosis::{JoinedDiagnosis, JoinedEvidence};
pub use incoming::Origin;
pub use request::QUIET_MS;

/// At most so many requests are held; the oldest is closed for the next one.
pub const MAX_OPEN: usize = 10_000;

/// Joins lines into requests, in bounded memory.
#[derive(Debug, Default)]
pub struct Joiner {
    /// By number, which ascends with their first lines.
    open: BTreeMap<u64, Box<OpenRequest>>,
    next_number: u64,
    index: Index,
    streams: Streams,
    /// Failed requests that wait for their turn, by their deciding line.
    waiting: BTreeMap<(u64, u64), JoinedDiagnosis>,
    ready: VecDeque<JoinedDiagnosis>,
    /// The log group of the line before: nearly always that of the next one too.
    last_group: Option<Arc<str>>,
    closes_quiet: bool,
    describes_all: bool,
    lines_since_look: usize,
}

impl Joiner {
    /// A joiner that closes requests as soon as [`QUIET_MS`] of event time has passed: for input that
    /// somebody waits for. One by [`Joiner::default`] holds requests until it is full or all lines
    /// are in, so that logs which come one after the other are joined too.
    pub fn streaming() -> Self {
        Self { closes_quiet: true, ..Self::default() }
    }

    /// Keeps the route and the names of requests that were answered well too, not only of failed ones.
    #[must_use]
    pub fn describing_all(self) -> Self {
        Self { describes_all: true, ..self }
    }

    /// Takes a line. Lines that are not of API Gateway or Lambda belong to no request.
    pub fn add(&mut self, line: &Line<'_>, origin: &Origin<'_>) {
        let Some(source) = line.source() else { return };
        let diagnosis = diagnose::line(line);
        let mut ids = ids::of(line);
        if source == LogSource::Execution && self.is_of_authorizer(&ids) {
            ids = ids::without_lambda(ids);
        }
        let named = incoming::names(line, origin.log_group);
        let incoming = Incoming {
            line,
            source,
            number: origin.number,
            time: origin.time.or_else(|| line.time()),
            log_group: self.shared(origin.log_group),
            ids,
            marks: Marks::new(named, origin.log_group),
            named,
            diagnosis: &diagnosis,
        };
        let number = self.request_of(&incoming, origin);
        if let Some(number) = number {
            self.take(number, &incoming, origin);
        }
        self.make_room();
        if self.closes_quiet {
            self.close_quiet(incoming.time);
        }
    }

    /// Closes every request: all lines are in.
    pub fn close_all(&mut self) {
        while let Some((&number, _)) = self.open.first_key_value() {
            self.close(number);
        }
        self.release();
    }

    /// The next request that is closed and has its turn.
    pub fn next_closed(&mut self) -> Option<JoinedDiagnosis> {
        self.ready.pop_front()
    }

    /// Whether the line is of a request whose authorizer is not done yet: until then Lambda's ids are
    /// those of the authorizer's function.
    fn is_of_authorizer(&self, ids: &Ids) -> bool {
        let requests = self.index.find(&ids::without_lambda(*ids));
        requests
            .into_iter()
            .flatten()
            .any(|number| self.open.get(&number).is_some_and(|request| request.authorizer_runs()))
    }

    /// The request that a line belongs to, opened where there is none. `None`: the line says nothing
    /// and belongs to none.
    fn request_of(&mut self, incoming: &Incoming<'_, '_>, origin: &Origin<'_>) -> Option<u64> {
        let stream = self.streams.request_of(incoming, origin);
        let mut known: Option<u64> = None;
        for number in self.index.find(&incoming.ids).into_iter().chain([stream]).flatten() {
            let fits = self.open.get(&number).is_some_and(|request| request.may_take(incoming));
            match known {
                _ if !fits || known == Some(number) => {}
                None => known = Some(number),
                Some(first) => known = Some(self.merge(first, number)),
            }
        }
        let tells_nothing = incoming.source != LogSource::Access
            && incoming.has_no_id()
            && !incoming.diagnosis.cause.is_failure();
        if known.is_none() && !tells_nothing {
            let number = self.next_number;
            self.next_number += 1;
            self.open.insert(number, Box::new(OpenRequest::new(incoming)));
            return Some(number);
        }
        known
    }

    fn take(&mut self, number: u64, incoming: &Incoming<'_, '_>, origin: &Origin<'_>) {
        let Some(request) = self.open.get_mut(&number) else { return };
        request.take(incoming, self.describes_all);
        for id in incoming.ids.iter().flatten() {
            self.index.put(*id, number);
        }
        if let Some(key) = self.streams.note(incoming, origin, number) {
            request.stream = Some(key.into());
        }
        // Nothing can join a record without ids.
        if incoming.source == LogSource::Access && incoming.has_no_id() {
            self.close(number);
            self.release();
        }
    }

    /// Puts two requests together that a line has turned out to share. Returns the number they keep.
    fn merge(&mut self, one: u64, other: u64) -> u64 {
        let (kept, gone) = (one.min(other), one.max(other));
        let both_fit = match (self.open.get(&kept), self.open.get(&gone)) {
            (Some(kept), Some(gone)) => kept.may_merge(gone),
            _ => false,
        };
        if !both_fit {
            return one;
        }
        if let Some(later) = self.open.remove(&gone) {
            for id in later.ids.iter() {
                self.index.put(id, kept);
            }
            if let Some(key) = &later.stream {
                self.streams.replace(key, gone, kept);
            }
            if let Some(request) = self.open.get_mut(&kept) {
                request.merge(*later);
            }
        }
        kept
    }

    /// Closes the oldest requests while there are too many.
    fn make_room(&mut self) {
        while self.open.len() + self.waiting.len() > MAX_OPEN {
            let Some((&oldest, _)) = self.open.first_key_value() else { break };
            self.close(oldest);
            self.release();
        }
    }

    /// Closes requests that no line of this time can join. Looks through all of them, so seldom enough
    /// that a line pays for a few only, however the times jump.
    fn close_quiet(&mut self, now: Option<Timestamp>) {
        self.lines_since_look += 1;
        let Some(now) = now else { return };
        if self.lines_since_look * 4 < self.open.len() {
            return;
        }
        self.lines_since_look = 0;
        let quiet: Vec<u64> = self
            .open
            .iter()
            .filter(|(_, request)| request.is_quiet(now))
            .map(|(number, _)| *number)
            .collect();
        for number in quiet {
            self.close(number);
        }
        self.release();
    }

    fn close(&mut self, number: u64) {
        let Some(request) = self.open.remove(&number) else { return };
        for id in request.ids.iter() {
            self.index.remove(id, number);
        }
        let joined = verdict::of(*request);
        if joined.cause.is_failure() {
            self.waiting.insert((joined.line, number), joined);
        } else {
            self.ready.push_back(joined);
        }
    }

    /// Hands out what no open request can come before any more.
    fn release(&mut self) {
        let first_open = self.open.first_key_value().map(|(_, request)| request.first_line);
        while let Some(entry) = self.waiting.first_entry() {
            if first_open.is_some_and(|first| first < entry.key().0) {
                break;
            }
            self.ready.push_back(entry.remove());
        }
    }

    fn shared(&mut self, log_group: Option<&str>) -> Option<Arc<str>> {
        let name = log_group?;
        if self.last_group.as_deref() != Some(name) {
            self.last_group = Some(name.into());
        }
        self.last_group.clone()
    }
}

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
