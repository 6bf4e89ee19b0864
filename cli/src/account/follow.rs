//! One request through all its logs: from the log groups that were named to the execution log of its
//! stage, and to the log of the function behind its route.
//!
//! Only the logs that were named must be readable; of the others it is said why they are missing.

use std::collections::{BTreeMap, BTreeSet};

use alerting::{Account as _, AccountError, Budget, Clock as _, Function, Integration, StageInfo};
use aws::{AwsAccount, LogPages, PageEvent, PageOf, SystemClock};
use diagnosis::{ApiType, Field, Line, LogSource, Reader, Template, Timestamp, api_and_stage_of};

use super::fetch::line;
use super::session::Session;
use super::span::Span;
use super::trouble;
use crate::failure::Failure;
use crate::input::{Item, Take};
use crate::output::remark;

/// Other logs tell of a request so long before and after its line in the first one.
const AROUND_MS: i64 = 2 * 60 * 1_000;

/// One request has far fewer lines.
const MAX_LINES: usize = 5_000;

/// One log is searched through so many pages, most of which may be empty.
const MAX_PAGES: usize = 500;

/// To find the function behind a route.
const ROUTE_CALLS: u32 = 20;
const ROUTE_MS: i64 = 60_000;

/// Whose logs are looked for.
pub(super) struct Followed<'a> {
    /// API Gateway's id of the request, or Lambda's.
    pub(super) id: &'a str,
    pub(super) format: Option<&'a Template>,
    /// API and stage, where no line says so.
    pub(super) api: Option<(&'a str, &'a str)>,
}

/// What the lines found so far tell of the request.
#[derive(Debug, Default)]
struct Facts {
    /// All ids that it has.
    ids: BTreeSet<String>,
    api: Option<(String, String)>,
    api_type: Option<ApiType>,
    route: Option<String>,
    times: Option<(Timestamp, Timestamp)>,
}

/// The lines of each log group, in the order in which they were looked into.
#[derive(Default)]
struct Found {
    groups: Vec<(String, Events)>,
}

/// By time and id, so that each is there once; those without an id in the order in which they came.
type Events = BTreeMap<(Timestamp, String, usize), PageEvent>;

pub(super) async fn follow(
    session: &mut Session,
    log_groups: &[&str],
    span: Span,
    request: &Followed<'_>,
    take: &mut Take<'_>,
) -> Result<(), Failure> {
    let mut found = Found::default();
    let mut facts = Facts {
        ids: [request.id.to_owned()].into(),
        api: request.api.map(|(id, stage)| (id.to_owned(), stage.to_owned())),
        ..Facts::default()
    };
    for log_group in log_groups {
        found.look(session, log_group, None, span, &facts.ids).await?;
        facts.learn(log_group, found.of(log_group), request.format);
    }
    if let Some((first, last)) = facts.times {
        let around =
            Span { from: first.plus_millis(-AROUND_MS), until: last.plus_millis(AROUND_MS) };
        // A log that was named may know the request by an id that only another one tells.
        for log_group in log_groups {
            if found.of(log_group).next().is_none() {
                found.look(session, log_group, None, around, &facts.ids).await?;
                facts.learn(log_group, found.of(log_group), request.format);
            }
        }
        execution_log(session, around, &mut found, &mut facts).await;
        function_log(session, around, &mut found, &mut facts).await;
    }
    found.tell();
    found.hand_on(take)
}

/// Looks into the execution log of the request's stage.
async fn execution_log(session: &mut Session, around: Span, found: &mut Found, facts: &mut Facts) {
    let Some((api, stage)) = &facts.api else {
        remark(
            "not looked into: the execution log and the function's log, since no line names the API; \
             --api ID/STAGE does",
        );
        return;
    };
    if facts.api_type == Some(ApiType::Http) {
        return;
    }
    let api_type = facts.api_type.unwrap_or(ApiType::Rest);
    let log_group = StageInfo::named(api, stage, api_type).execution_log_group();
    if found.of(&log_group).next().is_some() {
        return;
    }
    match found.look(session, &log_group, None, around, &facts.ids).await {
        Ok(()) => facts.learn(&log_group, found.of(&log_group), None),
        Err(failure) => missed(&log_group, &failure),
    }
}

/// Looks into the log of the function behind the request's route.
async fn function_log(session: &mut Session, around: Span, found: &mut Found, facts: &mut Facts) {
    let (Some((api, stage)), Some(route)) = (&facts.api, &facts.route) else { return };
    let account = AwsAccount::new(session.clients.clone(), SystemClock);
    let budget = Budget::new(ROUTE_CALLS, SystemClock.now().plus_millis(ROUTE_MS));
    let missed =
        |why: &str| remark(&format!("not looked into: the log of {route}'s function: {why}"));
    // Not every line tells its kind of API; one kind does not know the other's ids.
    let kinds = match facts.api_type {
        Some(kind) => vec![kind],
        None => vec![ApiType::Rest, ApiType::Http],
    };
    let mut integration = Err(AccountError::NotFound);
    for api_type in kinds {
        let stage = StageInfo::named(api, stage, api_type);
        integration = account.integration(&stage, route, &budget).await;
        if integration != Err(AccountError::NotFound) {
            break;
        }
    }
    let name = match integration {
        Ok(Integration::Function(name)) => name,
        Ok(Integration::Other) => return missed("no function answers it"),
        Err(AccountError::Denied) => return missed("no permission (apigateway:GET)"),
        Err(error) => return missed(trouble::in_short(error)),
    };
    let log_group = match account.function(&name, &budget).await {
        Ok(function) => function.log_group,
        // Where functions log if nothing else was said.
        Err(AccountError::Denied) => Function::named(&name).log_group,
        Err(error) => return missed(trouble::in_short(error)),
    };
    if found.of(&log_group).next().is_some() {
        return;
    }
    if let Err(failure) = found.look(session, &log_group, None, around, &facts.ids).await {
        return self::missed(&log_group, &failure);
    }
    // What a function says between its first and its last row need not hold the id.
    let mut streams: BTreeMap<String, (Timestamp, Timestamp)> = BTreeMap::new();
    for event in found.of(&log_group) {
        let PageEvent { event, .. } = event;
        let (_, last) = streams.entry(event.log_stream.clone()).or_insert((event.time, event.time));
        *last = event.time.max(*last);
    }
    for (stream, (from, last)) in streams {
        let span = Span { from, until: last.plus_millis(1) };
        let ids = BTreeSet::new();
        if let Err(failure) = found.look(session, &log_group, Some(&stream), span, &ids).await {
            return self::missed(&log_group, &failure);
        }
    }
}

fn missed(log_group: &str, failure: &Failure) {
    remark(&format!("not looked into: {log_group}: {failure}"));
}

impl Found {
    /// Adds the events of a log group that hold one of the ids; all of them without any.
    async fn look(
        &mut self,
        session: &mut Session,
        log_group: &str,
        log_stream: Option<&str>,
        span: Span,
        ids: &BTreeSet<String>,
    ) -> Result<(), Failure> {
        let at = self.groups.iter().position(|(known, _)| known == log_group);
        let ids: Vec<&String> = ids.iter().collect();
        let patterns: Vec<Option<String>> = match ids.as_slice() {
            [] => vec![None],
            // One by one: not all that speak CloudWatch's protocol know a pattern of alternatives.
            ids => ids.iter().flat_map(|id| LogPages::patterns(&[id])).map(Some).collect(),
        };
        let mut events = Events::new();
        for pattern in patterns {
            let mut token: Option<String> = None;
            for _ in 0..MAX_PAGES {
                let page = PageOf {
                    log_group,
                    log_stream,
                    from: span.from,
                    to: span.until.plus_millis(-1),
                    pattern: pattern.as_deref(),
                    limit: MAX_LINES,
                    token: token.as_deref(),
                };
                let page = session
                    .page(&page)
                    .await
                    .map_err(|failure| trouble::reading(log_group, session.region(), &failure))?;
                for found in page.events {
                    let holds = |id: &&String| found.event.message.contains(id.as_str());
                    if ids.is_empty() || ids.iter().any(holds) {
                        let place = if found.id.is_empty() { events.len() } else { 0 };
                        events.insert((found.event.time, found.id.clone(), place), found);
                    }
                }
                token = page.next;
                if token.is_none() || events.len() >= MAX_LINES {
                    break;
                }
            }
            if token.is_some() {
                remark(&format!(
                    "{log_group} has too much to look through all of it: ask for less time"
                ));
            }
        }
        match at.and_then(|at| self.groups.get_mut(at)) {
            Some((_, known)) => {
                // What is whole takes the place of its parts.
                known.retain(|_, found| log_stream != Some(&found.event.log_stream));
                known.extend(events);
            }
            None => self.groups.push((log_group.to_owned(), events)),
        }
        Ok(())
    }

    fn of(&self, log_group: &str) -> impl Iterator<Item = &PageEvent> {
        let group = self.groups.iter().find(|(known, _)| known == log_group);
        group.into_iter().flat_map(|(_, events)| events.values())
    }

    fn tell(&self) {
        for (log_group, events) in &self.groups {
            let lines = match events.len() {
                0 => "no line of the request".to_owned(),
                1 => "1 line".to_owned(),
                many => format!("{many} lines"),
            };
            remark(&format!("looked into {log_group}: {lines}"));
        }
    }

    fn hand_on(self, take: &mut Take<'_>) -> Result<(), Failure> {
        let mut number = 0;
        for (log_group, events) in self.groups {
            for event in events.into_values() {
                number += 1;
                take(Item::Line(line(number, &log_group, event)))?;
            }
        }
        Ok(())
    }
}

impl Facts {
    /// Takes over what the lines of a log group tell.
    fn learn<'e>(
        &mut self,
        log_group: &str,
        events: impl Iterator<Item = &'e PageEvent>,
        format: Option<&Template>,
    ) {
        let mut reader = Reader::default();
        for PageEvent { event, .. } in events {
            let text = event.message.trim_end_matches(['\n', '\r']);
            let read = format.and_then(|format| format.read(text)).map(Line::Access);
            self.learn_line(&read.unwrap_or_else(|| reader.line(text)), log_group);
            let (first, last) = self.times.unwrap_or((event.time, event.time));
            self.times = Some((first.min(event.time), last.max(event.time)));
        }
    }

    fn learn_line(&mut self, line: &Line<'_>, log_group: &str) {
        let Some(source) = line.source() else { return };
        let ids = match line {
            Line::Access(record) => [
                record.get(Field::RequestId),
                record.get(Field::ExtendedRequestId),
                record.get(Field::IntegrationRequestId),
            ],
            Line::Execution(line) => {
                [line.request_id, line.extended_request_id(), line.integration_request_id()]
            }
            Line::Lambda(line) => [line.request_id.as_deref(), None, None],
            _ => [None; 3],
        };
        let is_telling = |id: &&str| id.len() >= 8 && id.len() <= 128;
        self.ids.extend(ids.into_iter().flatten().filter(is_telling).map(str::to_owned));
        if source == LogSource::Lambda {
            return;
        }
        let named = line.api_id().zip(line.stage()).or_else(|| api_and_stage_of(log_group));
        let owned = |(id, stage): (&str, &str)| (id.to_owned(), stage.to_owned());
        self.api = self.api.take().or_else(|| named.map(owned));
        self.api_type = self.api_type.or_else(|| line.api_type());
        self.route = self.route.take().or_else(|| line.route());
    }
}

#[cfg(test)]
mod tests {
    use alerting::LogEvent;
    use aws::PageEvent;
    use diagnosis::{ApiType, Timestamp};

    use super::Facts;

    fn event(time: i64, message: &str) -> PageEvent {
        let (time, log_stream) = (Timestamp::from_millis(time), String::new());
        let event = LogEvent { time, log_stream, message: message.to_owned() };
        PageEvent { id: String::new(), event }
    }

    #[test]
    fn facts_come_from_whichever_line_has_them() {
        let mut facts = Facts::default();
        let access = r#"{"requestId":"6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1","status":"502","httpMethod":"GET","resourcePath":"/orders/{id}"}"#;
        facts.learn("/my/api", [event(1_000, access)].iter(), None);
        assert_eq!((facts.api.clone(), facts.api_type), (None, Some(ApiType::Rest)));
        assert_eq!(facts.route.as_deref(), Some("GET /orders/{id}"));

        let log_group = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";
        let lines = [
            event(
                2_000,
                "(6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1) Extended Request Id: JKJaXmPLvHcESHA=",
            ),
            event(
                3_000,
                "(6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1) Method completed with status: 502",
            ),
        ];
        facts.learn(log_group, lines.iter(), None);
        assert_eq!(facts.api, Some(("a1b2c3d4e5".to_owned(), "prod".to_owned())));
        assert_eq!(facts.ids.len(), 2, "{:?}", facts.ids);
        let times = facts.times.map(|(first, last)| (first.as_millis(), last.as_millis()));
        assert_eq!(times, Some((1_000, 3_000)));
    }
}
