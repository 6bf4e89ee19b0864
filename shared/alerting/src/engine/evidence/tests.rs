//! Looking into incidents: an engine and an account that answers by a script.

use std::cell::RefCell;

use diagnosis::{Cause, Confidence, Timestamp};

use crate::clock::Clock;
use crate::engine::evidence::EvidenceReport;
use crate::engine::tests::{MINUTE, START, World, line, payload, ready, world, world_with};
use crate::evidence::{Account, Function, Integration, LogEvent, LogQuery};
use crate::incident::{Event, Scope, Silence};
use crate::inventory::{AccountError, Budget, StageInfo};
use crate::notify::Notification;
use crate::rules::Rules;
use crate::store::Ledger as _;

const INVOCATION: &str = "8f5a1c7e-2b1d-4c3e-9a7f-1d2c3b4a5e6f";
const FUNCTION_GROUP: &str = "/aws/lambda/shop-orders";
const EXECUTION_GROUP: &str = "API-Gateway-Execution-Logs_a1b2c3d4e5/prod";
const ERROR: &str = "\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"no x\",\"stack\":[\"TypeError: no x\",\"    at handler (/var/task/orders.js:14:23)\"]}";

/// What a log answers: its lines, or why not.
type Answer = Result<Vec<String>, AccountError>;

/// An account in which one function answers every route.
struct Scripted {
    execution: RefCell<Answer>,
    function: RefCell<Answer>,
    integration: RefCell<Result<Integration, AccountError>>,
    clock: Box<dyn Fn() -> Timestamp>,
    asked: RefCell<Vec<String>>,
}

impl Scripted {
    fn take(&self, what: &str, budget: &Budget) -> Result<(), AccountError> {
        budget.take((self.clock)())?;
        self.asked.borrow_mut().push(what.to_owned());
        Ok(())
    }
}

impl Account for Scripted {
    async fn integration(
        &self,
        stage: &StageInfo,
        route: &str,
        budget: &Budget,
    ) -> Result<Integration, AccountError> {
        assert_eq!((&*stage.api_id, &*stage.stage, route), ("a1b2c3d4e5", "prod", "POST /orders"));
        self.take("integration", budget)?;
        self.integration.borrow().clone()
    }

    async fn function(&self, name: &str, budget: &Budget) -> Result<Function, AccountError> {
        self.take("function", budget)?;
        Ok(Function {
            name: name.to_owned(),
            log_group: format!("/aws/lambda/{name}"),
            timeout_seconds: Some(3),
            memory_mb: Some(128),
        })
    }

    async fn log_events(
        &self,
        query: &LogQuery<'_>,
        budget: &Budget,
    ) -> Result<Vec<LogEvent>, AccountError> {
        self.take(query.log_group, budget)?;
        let answer = match query.log_group {
            EXECUTION_GROUP => &self.execution,
            FUNCTION_GROUP => &self.function,
            other => panic!("nobody knows {other}"),
        };
        let lines = answer.borrow().clone()?;
        let event = |(at, message): (i64, String)| LogEvent {
            time: Timestamp::from_millis(START + at),
            log_stream: "stream".to_owned(),
            message,
        };
        let asked_for = |event: &LogEvent| {
            let any_of = query.any_of;
            any_of.is_empty() || any_of.iter().any(|text| event.message.contains(text))
        };
        let of_stream = |event: &LogEvent| {
            let in_time = (query.from..=query.to).contains(&event.time);
            in_time && query.log_stream.is_none_or(|stream| event.log_stream == stream)
        };
        let events = (0..).zip(lines).map(event);
        Ok(events.filter(|event| asked_for(event) && of_stream(event)).collect())
    }
}

fn account<K: Clock>(world: &World<K>) -> Scripted {
    let clock = std::rc::Rc::clone(&world.clock);
    Scripted {
        execution: RefCell::new(Err(AccountError::NotFound)),
        function: RefCell::new(Ok(Vec::new())),
        integration: RefCell::new(Ok(Integration::Function("shop-orders".to_owned()))),
        clock: Box::new(move || clock.get()),
        asked: RefCell::default(),
    }
}

impl<K: Clock> World<K> {
    fn gather_evidence(&self, account: &Scripted) -> EvidenceReport {
        self.with_invocation(|call| ready(self.engine.gather_evidence(account, call)))
    }
}

/// So many requests that failed with 502, of which nothing else is known.
fn bad_gateways(count: i64) -> String {
    let more = format!(r#","integrationRequestId":"{INVOCATION}""#);
    let failed = (0..count).map(|n| line(START + n, 502, &more));
    payload(&failed.collect::<Vec<_>>())
}

fn only(told: &[Notification]) -> &Notification {
    let [told] = told else { panic!("{told:?}") };
    told
}

#[test]
fn the_functions_log_tells_what_failed() {
    let world = world();
    let account = account(&world);
    let opened = world.ingest(&bad_gateways(10)).notifications;
    assert_eq!(only(&opened).incident.cause, Cause::BadGatewayUnattributed);
    *account.function.borrow_mut() = Ok(vec![
        format!("START RequestId: {INVOCATION} Version: $LATEST"),
        format!("2025-03-12T09:14:07.123Z\t{INVOCATION}{ERROR}"),
        format!(
            "REPORT RequestId: {INVOCATION}\tDuration: 12.40 ms\tBilled Duration: 13 ms\tMemory Size: 128 MB\tMax Memory Used: 127 MB"
        ),
    ]);
    world.advance(MINUTE);
    let found = world.gather_evidence(&account);
    assert_eq!((found.rounds, found.calls, found.found, found.failed), (1, 5, 1, 0));
    let told = only(&found.notifications);
    assert_eq!(told.event, Event::Updated);
    assert_eq!(
        (told.incident.cause, told.incident.confidence),
        (Cause::LambdaFunctionError, Confidence::High)
    );
    let said = format!("{:?}", told.messages);
    for part in [
        "TypeError: no x",
        "at handler (/var/task/orders.js:14:23)",
        "used 127 of 128 MB",
        "shop-orders",
        "The cause is better known now",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert_eq!(world.slack_messages(), 2, "sent at once");
    assert_eq!(world.sms.sent.borrow().len(), 1, "phones do not ring for it");

    // It is told once, asked no more, and kept to the end.
    world.advance(10 * MINUTE);
    assert_eq!(world.gather_evidence(&account).rounds, 0);
    let resolved = world.sweep_minutes(5);
    assert_eq!(only(&resolved).incident.cause, Cause::LambdaFunctionError);
}

#[test]
fn what_a_runtime_wrote_without_an_id_is_found_between_the_lines_that_have_it() {
    let world = world();
    let account = account(&world);
    world.ingest(&bad_gateways(10));
    *account.function.borrow_mut() = Ok(vec![
        "[ERROR] ValueError: another invocation's\nTraceback (most recent call last):".to_owned(),
        format!("START RequestId: {INVOCATION} Version: $LATEST"),
        "[ERROR] KeyError: 'id'\nTraceback (most recent call last):\n  File \"/var/task/orders.py\", line 14, in handler".to_owned(),
        format!("REPORT RequestId: {INVOCATION}\tDuration: 12.40 ms\tMemory Size: 128 MB"),
        "[ERROR] ValueError: another invocation's\nTraceback (most recent call last):".to_owned(),
    ]);
    let found = world.gather_evidence(&account);
    let said = format!("{:?}", only(&found.notifications).messages);
    assert!(said.contains("KeyError: 'id'") && said.contains("line 14, in handler"), "{said}");
    assert!(!said.contains("ValueError"), "{said}");
}

#[test]
fn the_execution_log_may_be_all_that_is_needed() {
    let world = world();
    let account = account(&world);
    let failed = |n: i64| line(START + n, 500, "");
    let opened = world.ingest(&payload(&(0..10).map(failed).collect::<Vec<_>>())).notifications;
    assert_eq!(only(&opened).incident.cause, Cause::InternalErrorUnattributed);
    let id = format!("r{START}");
    *account.execution.borrow_mut() = Ok(vec![
        format!("({id}) Starting execution for request: {id}"),
        format!(
            "({id}) Execution failed due to configuration error: Invalid permissions on Lambda function"
        ),
        format!("({id}) Method completed with status: 500"),
    ]);
    let found = world.gather_evidence(&account);
    assert_eq!(*account.asked.borrow(), [EXECUTION_GROUP]);
    assert_eq!(only(&found.notifications).incident.cause, Cause::LambdaPermissionMissing);
}

#[test]
fn a_function_that_has_not_written_yet_is_asked_again() {
    let world = world();
    let account = account(&world);
    let failed = |n: i64| line(START + n, 502, "");
    world.ingest(&payload(&(0..10).map(failed).collect::<Vec<_>>()));
    let id = format!("r{START}");
    *account.execution.borrow_mut() = Ok(vec![
        format!("({id}) Starting execution for request: {id}"),
        format!("({id}) Endpoint response headers: {{x-amzn-RequestId={INVOCATION}}}"),
        format!(
            "({id}) Execution failed due to configuration error: Malformed Lambda proxy response"
        ),
        format!("({id}) Method completed with status: 502"),
    ]);
    let first = world.gather_evidence(&account);
    assert_eq!(only(&first.notifications).incident.cause, Cause::LambdaMalformedResponse);
    *account.function.borrow_mut() = Ok(vec![
        format!("START RequestId: {INVOCATION} Version: $LATEST"),
        format!(
            "2025-03-12T09:14:07.123Z\t{INVOCATION}\tERROR\tUncaught Exception \t{{\"errorType\":\"Runtime.MarshalError\",\"errorMessage\":\"Unable to marshal response\"}}"
        ),
    ]);
    world.advance(MINUTE);
    let second = world.gather_evidence(&account);
    let told = only(&second.notifications);
    assert!(format!("{:?}", told.messages).contains("Unable to marshal response"), "{told:?}");
    world.advance(10 * MINUTE);
    assert_eq!(world.gather_evidence(&account).rounds, 0);
}

#[test]
fn what_comes_back_is_looked_into_again() {
    let world = world();
    let account = account(&world);
    world.ingest(&bad_gateways(10));
    *account.function.borrow_mut() =
        Ok(vec![format!("2025-03-12T09:14:07.123Z\t{INVOCATION}{ERROR}")]);
    assert_eq!(world.gather_evidence(&account).found, 1);
    world.sweep_minutes(12);
    assert!(world.incidents()[0].resolved_at.is_some());
    let at = world.clock.get().as_millis() - START;
    let more = format!(r#","integrationRequestId":"{INVOCATION}""#);
    let failed = (0..10).map(|n| line(START + at + n, 502, &more));
    world.ingest(&payload(&failed.collect::<Vec<_>>()));
    let incident = &world.incidents()[0];
    assert!(incident.resolved_at.is_none() && incident.history.evidence.finding.is_none());
    assert_eq!(world.gather_evidence(&account).rounds, 1);
}

#[test]
fn what_is_missing_is_said_after_the_second_round() {
    for (answer, part) in [
        (AccountError::NotFound, "there is no log group"),
        (AccountError::Denied, "EvidenceLogGroups"),
    ] {
        let world = world();
        let account = account(&world);
        *account.function.borrow_mut() = Err(answer);
        world.ingest(&bad_gateways(10));
        assert!(world.gather_evidence(&account).notifications.is_empty(), "it may come yet");
        world.advance(MINUTE);
        let found = world.gather_evidence(&account);
        let told = only(&found.notifications);
        assert_eq!(told.incident.cause, Cause::BadGatewayUnattributed);
        assert!(format!("{:?}", told.messages).contains(part), "{:?}", told.messages);
        world.advance(MINUTE);
        assert_eq!(world.gather_evidence(&account).rounds, 0, "two rounds at most");
        assert!(account.asked.borrow().len() <= 6);
    }
}

#[test]
fn an_alert_never_waits_for_other_logs() {
    let world = world();
    let account = account(&world);
    *account.integration.borrow_mut() = Err(AccountError::Throttled);
    world.ingest(&bad_gateways(10));
    assert_eq!(world.slack_messages(), 1, "told before anything was asked");
    let found = world.gather_evidence(&account);
    assert_eq!((found.rounds, found.failed), (1, 0));
    world.advance(MINUTE);
    assert_eq!(world.gather_evidence(&account).rounds, 0, "throttled, it waits longer");
    *account.integration.borrow_mut() = Ok(Integration::Function("shop-orders".to_owned()));
    *account.function.borrow_mut() =
        Ok(vec![format!("2025-03-12T09:14:07.123Z\t{INVOCATION}{ERROR}")]);
    world.advance(MINUTE);
    let found = world.gather_evidence(&account);
    assert_eq!(only(&found.notifications).incident.cause, Cause::LambdaFunctionError);
}

#[test]
fn what_stays_within_a_silence_is_told_when_it_ends() {
    let world = world();
    let account = account(&world);
    world.ingest(&bad_gateways(10));
    let scope = Scope { api: vec!["a1b2c3d4e5".to_owned()], ..Scope::default() };
    let now = world.clock.get();
    let silence = Silence::new(scope, now, now.plus_millis(3 * MINUTE), "ann").unwrap();
    ready(world.engine.ledger().add_silence(&silence)).unwrap();
    *account.function.borrow_mut() =
        Ok(vec![format!("2025-03-12T09:14:07.123Z\t{INVOCATION}{ERROR}")]);
    let found = world.gather_evidence(&account);
    assert_eq!((found.found, found.notifications.len()), (1, 0));
    assert!(world.sweep_minutes(2).is_empty());
    let told = world.sweep_minutes(2);
    assert_eq!(only(&told).incident.cause, Cause::LambdaFunctionError);
    assert_eq!(world.gather_evidence(&account).rounds, 0);
}

#[test]
fn of_two_sweeps_at_once_one_asks() {
    let world = world();
    let account = account(&world);
    world.ingest(&bad_gateways(10));
    world.gather_evidence(&account);
    let asked = account.asked.borrow().len();
    assert_eq!(world.gather_evidence(&account).rounds, 0);
    assert_eq!(account.asked.borrow().len(), asked);
}

#[test]
fn six_calls_and_five_seconds_are_the_end() {
    // Every look at the clock takes time, so every call does.
    let world = world_with(Rules::built_in(), |clock| {
        clock.set(clock.get().plus_millis(100));
    });
    let account = account(&world);
    world.ingest(&bad_gateways(10));
    for _ in 0..10 {
        world.gather_evidence(&account);
        world.advance(3 * MINUTE);
    }
    assert!(account.asked.borrow().len() <= 6, "{:?}", account.asked.borrow());
    assert!(!world.incidents()[0].history.evidence.gaps.is_empty());
}

#[test]
fn a_source_without_an_api_says_so() {
    let world = world();
    let account = account(&world);
    let failed = |n: i64| {
        format!(r#"{{"requestId":"q{n}","requestTimeEpoch":"{}","status":"502"}}"#, START + n)
    };
    world.ingest(&payload(&(0..10).map(failed).collect::<Vec<_>>()));
    world.gather_evidence(&account);
    world.advance(MINUTE);
    let found = world.gather_evidence(&account);
    assert!(account.asked.borrow().is_empty());
    assert!(format!("{:?}", only(&found.notifications).messages).contains("$context.apiId"));
}
