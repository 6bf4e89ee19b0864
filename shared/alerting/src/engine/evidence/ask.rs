//! One round of questions about an incident: its stage's execution log, then the log of the function
//! behind the route.

use std::collections::BTreeSet;

use diagnosis::{ApiType, Cause, Timestamp};

use crate::clock::Clock;
use crate::counting::Exemplar;
use crate::engine::Engine;
use crate::evidence::{
    Account, EvidencePlan, EvidenceProgress, Finding, FoundLine, Function, Gap, GapKind,
    Integration, Lines, LogEvent, LogQuery, MAX_CALLS, MAX_MS, Round, find,
};
use crate::incident::Incident;
use crate::inventory::{AccountError, Budget, ExecutionLogging, StageInfo};
use crate::notify::Channel;
use crate::store::{Ledger, LedgerError};

/// So many requests are asked for, those of one route that failed last …
const MAX_REQUESTS: usize = 3;

/// … within this time of the last one: a log group is searched by time first.
const REQUESTS_WITHIN_MS: i64 = 90_000;

/// A request's lines are written from so long before the time that its record tells …
const BEFORE_MS: i64 = 60_000;

/// … up to so long after it: a function may run on after the gateway has given up.
const AFTER_MS: i64 = 120_000;

/// So many events of one log are looked at.
const MAX_EVENTS: usize = 500;

/// Texts of failures, to ask for where no id leads to a request's lines.
const FAILURES: [&str; 9] = [
    "[ERROR]",
    "ERROR",
    "errorType",
    "Traceback",
    "Exception",
    "Task timed out",
    "Runtime exited",
    "panic",
    "FATAL",
];

impl<L: Ledger, C: Channel, K: Clock> Engine<L, C, K> {
    /// Asks what other logs say about an incident.
    pub(super) async fn ask(
        &self,
        account: &impl Account,
        incident: &Incident,
    ) -> Result<Round, LedgerError> {
        let began = self.clock.now();
        let progress = &incident.history.evidence;
        let calls = MAX_CALLS.saturating_sub(progress.calls);
        let budget = Budget::new(calls, began.plus_millis(MAX_MS - progress.spent_ms));
        let from = incident.exact_from(began.minute());
        let exemplars = self.ledger.exemplars(&incident.source, from, began.minute()).await?;
        let requests = latest(exemplars, incident);
        let asking = Asking {
            account,
            budget: &budget,
            progress,
            cause: incident.cause,
            stage: self.stage_of(incident, &requests).await,
            requests,
        };
        let mut round = Round::default();
        asking.run(&mut round).await;
        round.calls = calls - budget.left();
        round.spent_ms = self.clock.now().as_millis() - began.as_millis();
        Ok(round)
    }

    /// The stage that an incident is of, as far as it is known.
    async fn stage_of(&self, incident: &Incident, requests: &[Exemplar]) -> Option<StageInfo> {
        if let Some(known) = self.stage_info(&incident.source, &incident.log_group).await {
            return Some(known);
        }
        let (api_id, stage) = incident.source.api_id().zip(incident.source.stage())?;
        let api_type = reported_api_type(requests).unwrap_or(ApiType::Rest);
        Some(StageInfo::named(api_id, stage, api_type))
    }
}

/// The kind of API, as its access log tells it.
fn reported_api_type(requests: &[Exemplar]) -> Option<ApiType> {
    requests.iter().find_map(|request| request.api_type)
}

/// The failed requests to ask for: of the incident's cause, else of those that belong to it.
fn latest(exemplars: Vec<Exemplar>, incident: &Incident) -> Vec<Exemplar> {
    let (same, others): (Vec<_>, Vec<_>) =
        exemplars.into_iter().partition(|kept| kept.cause == incident.cause);
    let mut requests = if same.is_empty() { others } else { same };
    requests.retain(|kept| incident.covered.contains(&kept.cause));
    requests.sort_by_key(|kept| std::cmp::Reverse(kept.time));
    let Some(last) = requests.first().cloned() else { return requests };
    // One function answers them.
    requests.retain(|kept| {
        let before = last.time.as_millis() - kept.time.as_millis();
        kept.route == last.route && before <= REQUESTS_WITHIN_MS
    });
    requests.truncate(MAX_REQUESTS);
    requests
}

/// What is asked about.
struct Asking<'a, A> {
    account: &'a A,
    budget: &'a Budget,
    /// What earlier rounds came to.
    progress: &'a EvidenceProgress,
    cause: Cause,
    requests: Vec<Exemplar>,
    stage: Option<StageInfo>,
}

/// The events of one log group.
struct Found {
    log_group: String,
    events: Vec<LogEvent>,
}

impl<A: Account> Asking<'_, A> {
    async fn run(&self, round: &mut Round) {
        let Some(question) = EvidencePlan::left_by(self.cause) else { return };
        let Some((from, to)) = self.span() else { return };
        let Some(stage) = &self.stage else {
            round.gaps.push(GapKind::NoApi.alone());
            return;
        };
        let mut found = Vec::new();
        if question.of_api(stage.api_type).execution_log {
            found.extend(self.execution_log(stage, (from, to), round).await);
            let ids: Vec<&str> = self.request_ids();
            round.finding = find(self.cause, &read(&found), &ids).filter(|_| !ids.is_empty());
        }
        let open = round.finding.as_ref().map_or(self.cause, |finding| finding.cause);
        if question.function_log && EvidencePlan::left_by(open).is_some() {
            self.function_log(stage, (from, to), found, round).await;
        } else if let Some(finding) = &mut round.finding {
            finding.is_complete = true;
        }
    }

    /// When the requests' lines were written.
    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let times = || self.requests.iter().map(|request| request.time);
        Some((times().min()?.plus_millis(-BEFORE_MS), times().max()?.plus_millis(AFTER_MS)))
    }

    fn request_ids(&self) -> Vec<&str> {
        self.requests.iter().filter_map(|request| request.request_id.as_deref()).collect()
    }

    async fn execution_log(
        &self,
        stage: &StageInfo,
        (from, to): (Timestamp, Timestamp),
        round: &mut Round,
    ) -> Option<Found> {
        if let Some(known) = self.progress.no_execution_log() {
            round.gaps.push(known.clone());
            return None;
        }
        let ids = self.request_ids();
        if ids.is_empty() {
            return None;
        }
        let log_group = stage.execution_log_group();
        if stage.execution_logging == Some(ExecutionLogging::Off) {
            round.gaps.push(GapKind::ExecutionLogOff.of(&log_group));
            return None;
        }
        let query = LogQuery {
            log_group: &log_group,
            log_stream: None,
            from,
            to,
            any_of: &ids,
            limit: MAX_EVENTS,
        };
        match self.account.log_events(&query, self.budget).await {
            Ok(events) => return Some(Found { log_group, events }),
            Err(AccountError::NotFound) => round.gaps.push(GapKind::ExecutionLogOff.of(&log_group)),
            Err(AccountError::Denied) => {
                round.gaps.push(GapKind::ExecutionLogDenied.of(&log_group));
            }
            Err(_) => round.refused(),
        }
        None
    }

    /// Adds what the function's log says to what was found before.
    async fn function_log(
        &self,
        stage: &StageInfo,
        (from, to): (Timestamp, Timestamp),
        mut found: Vec<Found>,
        round: &mut Round,
    ) {
        let Some(function) = self.function(stage, round).await else { return };
        round.function = Some(function.clone());
        round.invocations = read(&found).invocations;
        if round.invocations.is_empty() {
            round.invocations.clone_from(&self.progress.invocations);
        }
        let of_execution = round.invocations.clone();
        let of_access = self.requests.iter().filter_map(|r| r.integration_request_id.as_deref());
        let mut invocations: Vec<&str> = of_access.collect();
        invocations.extend(of_execution.iter().map(String::as_str));
        let log_group = &*function.log_group;
        let any_of = if invocations.is_empty() { &FAILURES[..] } else { &invocations };
        let query = LogQuery { log_group, log_stream: None, from, to, any_of, limit: MAX_EVENTS };
        let missing = match self.account.log_events(&query, self.budget).await {
            Ok(events) => {
                let around = self.lines_between(&query, &events, &invocations, round).await;
                let has_lines = !events.is_empty();
                // Whole streams first: of lines of one millisecond, these are in order.
                found.extend(around);
                found.push(Found { log_group: log_group.to_owned(), events });
                round.finding =
                    self.found(&found, &invocations, &function).or(round.finding.take());
                if let Some(finding) = &mut round.finding {
                    finding.function = Some(function.name);
                    finding.is_complete = has_lines;
                }
                if has_lines && round.finding.is_some() {
                    return;
                }
                GapKind::SilentFunctionLog.of(log_group)
            }
            Err(AccountError::NotFound) => GapKind::NoFunctionLog.of(log_group),
            Err(AccountError::Denied) => GapKind::FunctionLogDenied.of(log_group),
            Err(_) => return round.refused(),
        };
        round.gaps.push(missing);
    }

    /// The other lines of an invocation. Some runtimes write what nobody caught without its id, between
    /// its first line and its last.
    async fn lines_between(
        &self,
        query: &LogQuery<'_>,
        events: &[LogEvent],
        invocations: &[&str],
        round: &mut Round,
    ) -> Option<Found> {
        // Those that were found by their text have been found whole.
        let last = events.last().filter(|_| !invocations.is_empty())?;
        let of_stream = || events.iter().filter(|event| event.log_stream == last.log_stream);
        let from = of_stream().map(|event| event.time).min()?;
        let query = LogQuery {
            log_stream: Some(&last.log_stream),
            from,
            to: last.time,
            any_of: &[],
            ..*query
        };
        let Ok(events) = self.account.log_events(&query, self.budget).await else {
            round.refused();
            return None;
        };
        Some(Found { log_group: query.log_group.to_owned(), events })
    }

    /// What all lines say together.
    fn found(&self, found: &[Found], invocations: &[&str], function: &Function) -> Option<Finding> {
        let ids: Vec<&str> = if invocations.is_empty() {
            Vec::new()
        } else {
            self.request_ids().into_iter().chain(invocations.iter().copied()).collect()
        };
        let mut finding = find(self.cause, &read(found), &ids)?;
        if let Some(run) = &mut finding.run {
            run.timeout_seconds = function.timeout_seconds;
            run.memory_mb = run.memory_mb.or(function.memory_mb.map(u64::from));
        }
        Some(finding)
    }

    /// The function behind the route.
    async fn function(&self, stage: &StageInfo, round: &mut Round) -> Option<Function> {
        if let Some(known) = &self.progress.function {
            return Some(known.clone());
        }
        let route = self.requests.iter().find_map(|request| request.route.as_deref())?;
        let name = match self.account.integration(stage, route, self.budget).await {
            Ok(Integration::Function(name)) => name,
            Ok(Integration::Other) | Err(AccountError::NotFound) => {
                round.gaps.push(GapKind::NoFunction.of(route));
                return None;
            }
            Err(AccountError::Denied) => {
                round.gaps.push(GapKind::FunctionDenied.alone());
                return None;
            }
            Err(_) => {
                round.refused();
                return None;
            }
        };
        match self.account.function(&name, self.budget).await {
            Ok(function) => Some(function),
            Err(error) if error.is_passing() => {
                round.refused();
                None
            }
            Err(_) => Some(Function::named(&name)),
        }
    }
}

impl Round {
    fn refused(&mut self) {
        self.was_refused = true;
        let missing: Gap = GapKind::NoAnswer.alone();
        if !self.gaps.contains(&missing) {
            self.gaps.push(missing);
        }
    }
}

/// The lines of several logs, in the order in which they were written.
fn read(found: &[Found]) -> Lines {
    let mut lines: Vec<FoundLine<'_>> = found
        .iter()
        .flat_map(|Found { log_group, events }| {
            events.iter().map(move |event| FoundLine { log_group, event })
        })
        .collect();
    // A line may be found twice: by its invocation's id, and between the lines that have it.
    let mut seen = BTreeSet::new();
    lines.retain(|FoundLine { log_group, event }| {
        seen.insert((*log_group, event.time, &event.log_stream, &event.message))
    });
    lines.sort_by_key(|line| line.event.time);
    Lines::read(lines)
}
