//! One request whose lines may still be coming in: what decides, and nothing else.

use std::sync::Arc;

use super::JoinedEvidence;
use super::ids::{IdSet, Space};
use super::incoming::{Incoming, Marks};
use super::weight::{Weight, weight};
use crate::execution::Sentence;
use crate::{ApiType, Cause, Confidence, Field, LambdaEvent, Line, LogSource, Timestamp};

/// A line joins a request at most this long, in event time, after or before its other lines.
pub const QUIET_MS: i64 = 60_000;

/// All lines of a request lie within this time. A client may repeat an id of its own for ever.
const MAX_SPAN_MS: i64 = 15 * 60_000;

/// So many findings are kept of a request, the weightiest.
const MAX_FINDINGS: usize = 8;

/// Longer evidence is cut: several times what is ever shown.
const MAX_TEXT_BYTES: usize = 1_024;

/// What one line found.
#[derive(Debug)]
pub(super) struct Finding {
    pub(super) cause: Cause,
    pub(super) confidence: Confidence,
    pub(super) source: LogSource,
    /// It is the authorizer's function or the call of it that failed.
    pub(super) in_authorizer: bool,
    pub(super) line: u64,
    pub(super) time: Option<Timestamp>,
    pub(super) log_group: Option<Arc<str>>,
    pub(super) evidence: Vec<JoinedEvidence>,
}

impl Finding {
    pub(super) fn weight(&self) -> Weight {
        weight(self.cause, self.confidence)
    }
}

/// What the line of the access log said of the whole request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AccessVerdict {
    /// It was answered well.
    Well,
    Failed,
    /// The line does not say.
    Silent,
}

/// How far the execution log has got.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Execution {
    started: bool,
    /// The authorizer's function is what it tells of right now.
    authorizer_runs: bool,
    /// The status that it ends with.
    pub(super) completed: Option<u16>,
}

/// How far the function's log has got.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Invocation {
    /// Lambda has reported its end.
    reported: bool,
    /// Lambda has said that the function answered.
    pub(super) succeeded: bool,
}

/// What is told of a request once it has failed.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) api_id: Option<String>,
    pub(super) api_name: Option<String>,
    pub(super) stage: Option<String>,
    pub(super) request_id: Option<String>,
    pub(super) lambda_id: Option<String>,
    pub(super) route: Option<String>,
}

/// A request that lines may still join.
#[derive(Debug, Default)]
pub(super) struct OpenRequest {
    pub(super) first_line: u64,
    pub(super) first_source: Option<LogSource>,
    pub(super) first_group: Option<Arc<str>>,
    pub(super) first_time: Option<Timestamp>,
    pub(super) lines: u64,
    /// Its earliest and its latest line.
    span: Option<(Timestamp, Timestamp)>,
    api: Option<u64>,
    stage: Option<u64>,
    /// The log groups of its lines, by kind of log.
    groups: [Option<u64>; 3],
    pub(super) ids: IdSet,
    /// The key of the stream in which lines without an id belong to it.
    pub(super) stream: Option<Box<str>>,
    pub(super) access: Option<AccessVerdict>,
    /// The number of its line in the access log.
    pub(super) record: Option<u64>,
    pub(super) execution: Execution,
    pub(super) invocation: Invocation,
    pub(super) api_type: Option<ApiType>,
    pub(super) status: Option<u16>,
    pub(super) latency_ms: Option<u32>,
    pub(super) time: Option<Timestamp>,
    /// Some line was understood, be it one without a failure.
    pub(super) is_known: bool,
    pub(super) findings: Vec<Finding>,
    pub(super) facts: Option<Box<Facts>>,
}

impl OpenRequest {
    pub(super) fn new(incoming: &Incoming<'_, '_>) -> Self {
        Self {
            first_line: incoming.number,
            first_source: Some(incoming.source),
            first_group: incoming.log_group.clone(),
            first_time: incoming.time,
            ..Self::default()
        }
    }

    /// Whether nothing that is known speaks against the line being of this request.
    pub(super) fn may_take(&self, incoming: &Incoming<'_, '_>) -> bool {
        let repeats = match incoming.source {
            LogSource::Access => self.access.is_some(),
            LogSource::Execution => incoming.execution().is_some_and(|line| match line.sentence {
                Sentence::Completed => self.execution.completed.is_some(),
                Sentence::Started => {
                    self.execution.started && line.text.starts_with("Starting execution ")
                }
                _ => false,
            }),
            LogSource::Lambda => {
                self.invocation.reported
                    && matches!(incoming.lambda_event(), Some(LambdaEvent::Start))
            }
        };
        let other_invocation = incoming.source == LogSource::Lambda
            && differs(self.ids.get(Space::Lambda), incoming.ids[Space::Lambda as usize]);
        !repeats
            && !other_invocation
            && !differs(self.ids.get(Space::Extended), incoming.ids[Space::Extended as usize])
            && !differs(self.ids.get(Space::Gateway), incoming.ids[Space::Gateway as usize])
            && !differs(self.api, incoming.marks.api)
            && !differs(self.stage, incoming.marks.stage)
            && !differs(self.groups[incoming.source as usize], incoming.marks.group)
            && self.is_near(incoming.time.map(|time| (time, time)))
    }

    /// Whether nothing that is known speaks against both being one request.
    pub(super) fn may_merge(&self, other: &Self) -> bool {
        let same_group =
            self.groups.iter().zip(&other.groups).all(|(mine, theirs)| !differs(*mine, *theirs));
        let two_ends = self.execution.completed.is_some() && other.execution.completed.is_some();
        let two_records = self.access.is_some() && other.access.is_some();
        same_group
            && !two_ends
            && !two_records
            && !differs(self.ids.get(Space::Extended), other.ids.get(Space::Extended))
            && !differs(self.ids.get(Space::Gateway), other.ids.get(Space::Gateway))
            && !differs(self.api, other.api)
            && !differs(self.stage, other.stage)
            && self.is_near(other.span)
    }

    /// Whether a time that the request may still be joined at has passed, or lies ahead.
    pub(super) fn is_quiet(&self, now: Timestamp) -> bool {
        !self.is_near(Some((now, now)))
    }

    /// Times that are not known are near.
    fn is_near(&self, other: Option<(Timestamp, Timestamp)>) -> bool {
        let (Some((first, last)), Some((from, to))) = (self.span, other) else { return true };
        let gap = (from.as_millis() - last.as_millis()).max(first.as_millis() - to.as_millis());
        let span = last.max(to).as_millis() - first.min(from).as_millis();
        gap <= QUIET_MS && span <= MAX_SPAN_MS
    }

    pub(super) const fn authorizer_runs(&self) -> bool {
        self.execution.authorizer_runs
    }

    /// Adds what a line tells. `describe`: keep what is shown of a request, even of one that was
    /// answered well.
    pub(super) fn take(&mut self, incoming: &Incoming<'_, '_>, describe: bool) {
        self.lines += 1;
        self.ids.add(&incoming.ids);
        if let Some(time) = incoming.time {
            let (first, last) = self.span.unwrap_or((time, time));
            self.span = Some((first.min(time), last.max(time)));
        }
        let Marks { api, stage, group } = incoming.marks;
        self.api = self.api.or(api);
        self.stage = self.stage.or(stage);
        let known_group = &mut self.groups[incoming.source as usize];
        *known_group = known_group.or(group);
        let cause = incoming.diagnosis.cause;
        self.is_known |= cause != Cause::Unknown;
        match incoming.line {
            Line::Access(record) => {
                self.access = Some(match cause {
                    Cause::None | Cause::HighLatency => AccessVerdict::Well,
                    Cause::Unknown => AccessVerdict::Silent,
                    _ => AccessVerdict::Failed,
                });
                self.record = Some(incoming.number);
                self.time = record.time().or(incoming.time);
            }
            Line::Execution(line) => self.take_sentence(line.sentence, line.text, line.status()),
            Line::Lambda(line) => self.take_lambda(&line.event),
            Line::Foreign | Line::Unreadable => {}
        }
        let best = incoming.source == LogSource::Access;
        prefer(&mut self.api_type, best, || incoming.line.api_type());
        prefer(&mut self.status, best, || incoming.line.status());
        prefer(&mut self.latency_ms, best, || incoming.line.latency_ms());
        // Nearly every request is answered well, and nobody asks for more of it.
        if describe || !(best && cause == Cause::None) {
            self.take_facts(incoming);
        }
        if cause.is_failure() {
            self.keep(self.finding(incoming));
        }
    }

    /// What the access log tells is kept over what others tell.
    fn take_facts(&mut self, incoming: &Incoming<'_, '_>) {
        let Incoming { line, source, named: (api, stage), .. } = incoming;
        let best = *source == LogSource::Access;
        if *source == LogSource::Lambda && !incoming.diagnosis.cause.is_failure() {
            return;
        }
        let facts = self.facts.get_or_insert_default();
        prefer(&mut facts.api_id, best, || api.map(bounded));
        prefer(&mut facts.stage, best, || stage.map(bounded));
        prefer(&mut facts.route, best, || line.route().map(|route| bounded(&route)));
        let id =
            if *source == LogSource::Lambda { &mut facts.lambda_id } else { &mut facts.request_id };
        prefer(id, best, || line.request_id().map(bounded));
        if let Line::Access(record) = line {
            facts.api_name = record.get(Field::ApiName).map(bounded);
        }
    }

    fn take_sentence(&mut self, sentence: Sentence, text: &str, status: Option<u16>) {
        let execution = &mut self.execution;
        match sentence {
            Sentence::AuthorizerStarted => execution.authorizer_runs = true,
            Sentence::AuthorizerDone => execution.authorizer_runs = false,
            Sentence::Started => execution.started |= text.starts_with("Starting execution "),
            Sentence::Completed => execution.completed = execution.completed.or(status),
            _ => {}
        }
    }

    fn take_lambda(&mut self, event: &LambdaEvent<'_>) {
        if let LambdaEvent::Report(report) | LambdaEvent::Done(report) = event {
            self.invocation.reported |= matches!(event, LambdaEvent::Report(_));
            self.invocation.succeeded |= report.status.as_deref() == Some("success");
        }
    }

    fn finding(&self, incoming: &Incoming<'_, '_>) -> Finding {
        let evidence = &incoming.diagnosis.evidence;
        Finding {
            cause: incoming.diagnosis.cause,
            confidence: incoming.diagnosis.confidence,
            source: incoming.source,
            in_authorizer: self.authorizer_runs() && incoming.source == LogSource::Execution,
            line: incoming.number,
            time: incoming.time,
            log_group: incoming.log_group.clone(),
            evidence: evidence
                .iter()
                .map(|evidence| JoinedEvidence {
                    field: evidence.field,
                    text: bounded(evidence.text),
                })
                .collect(),
        }
    }

    /// Keeps a finding, if it is not the least of too many.
    fn keep(&mut self, finding: Finding) {
        self.findings.push(finding);
        if self.findings.len() > MAX_FINDINGS {
            // Of equals the later one goes.
            let least = (0..self.findings.len()).rev().min_by_key(|at| self.findings[*at].weight());
            self.findings.remove(least.unwrap_or(0));
        }
    }

    /// Adds all that is known of another part of the same request.
    pub(super) fn merge(&mut self, other: Self) {
        self.lines += other.lines;
        self.span = match (self.span, other.span) {
            (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
            (mine, theirs) => mine.or(theirs),
        };
        for (mine, theirs) in self.groups.iter_mut().zip(other.groups) {
            *mine = mine.or(theirs);
        }
        self.ids.merge(&other.ids);
        let best = other.access.is_some();
        prefer(&mut self.api_type, best, || other.api_type);
        prefer(&mut self.status, best, || other.status);
        prefer(&mut self.latency_ms, best, || other.latency_ms);
        prefer(&mut self.time, best, || other.time);
        self.api = self.api.or(other.api);
        self.stage = self.stage.or(other.stage);
        self.facts = match (self.facts.take(), other.facts) {
            (Some(mine), Some(theirs)) => Some(Box::new(mine.merged(*theirs, best))),
            (mine, theirs) => mine.or(theirs),
        };
        self.stream = self.stream.take().or(other.stream);
        self.access = self.access.or(other.access);
        self.record = self.record.or(other.record);
        self.execution.completed = self.execution.completed.or(other.execution.completed);
        self.execution.started |= other.execution.started;
        self.execution.authorizer_runs |= other.execution.authorizer_runs;
        self.invocation.reported |= other.invocation.reported;
        self.invocation.succeeded |= other.invocation.succeeded;
        self.is_known |= other.is_known;
        for finding in other.findings {
            self.keep(finding);
        }
    }
}

impl Facts {
    /// `best`: the others' are those of the access log.
    fn merged(mut self, others: Self, best: bool) -> Self {
        prefer(&mut self.api_id, best, || others.api_id);
        prefer(&mut self.api_name, best, || others.api_name);
        prefer(&mut self.stage, best, || others.stage);
        prefer(&mut self.request_id, best, || others.request_id);
        prefer(&mut self.lambda_id, best, || others.lambda_id);
        prefer(&mut self.route, best, || others.route);
        self
    }
}

/// Both known, and not the same.
fn differs<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

/// Fills what is empty; `best` replaces what is there.
fn prefer<T>(slot: &mut Option<T>, best: bool, value: impl FnOnce() -> Option<T>) {
    if (best || slot.is_none())
        && let Some(value) = value()
    {
        *slot = Some(value);
    }
}

/// The text, cut before the word that the limit goes through: half a secret would not be known as one.
fn bounded(text: &str) -> String {
    if text.len() <= MAX_TEXT_BYTES {
        return text.to_owned();
    }
    let cut = &text[..text.floor_char_boundary(MAX_TEXT_BYTES)];
    let of_word = |c: char| c.is_alphanumeric() || "_-+/=.~%".contains(c);
    cut.rfind(|c| !of_word(c)).map_or("", |at| &cut[..at]).to_owned()
}
