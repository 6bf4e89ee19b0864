//! What the account says of log groups, and what becomes of lines, names and incidents by it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use diagnosis::ApiType;
use serde_json::json;

use super::{
    ACCOUNT, EXECUTION_GROUP, GROUP, MINUTE, World, payload_from, ready, timeouts, world_under,
};
use crate::clock::Clock;
use crate::engine::tests::watch;
use crate::engine::{Engine, InventoryReport};
use crate::incident::Event;
use crate::inventory::{AccountError, Budget, ExecutionLogging, StageInfo, Stages, StagesPage};
use crate::notify::Notification;
use crate::rules::Rules;
use crate::source::Source;
use crate::store::{Ledger as _, MemoryLedger};

/// A format that says nothing of its API, and cannot be read without being known.
const FORMAT: &str = "$context.requestId;$context.status;$context.error.responseType;$context.path";

/// An account whose stages a test can change. It answers one API a page, and is throttled or broken at
/// the calls that a test names.
#[derive(Default)]
struct Account {
    stages: RefCell<Vec<StageInfo>>,
    calls: Cell<u64>,
    fails: RefCell<Vec<(u64, AccountError)>>,
}

impl Stages for Account {
    async fn stages(
        &self,
        cursor: Option<&str>,
        budget: &Budget,
    ) -> Result<StagesPage, AccountError> {
        budget.take(diagnosis::Timestamp::from_millis(0))?;
        self.calls.set(self.calls.get() + 1);
        let failing =
            self.fails.borrow().iter().find(|(call, _)| *call == self.calls.get()).copied();
        if let Some((_, error)) = failing {
            return Err(error);
        }
        let stages = self.stages.borrow();
        let at: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
        let page = stages.get(at).cloned().into_iter().collect();
        let next = (at + 1 < stages.len()).then(|| (at + 1).to_string());
        Ok(StagesPage { stages: page, next })
    }
}

fn stage(api_id: &str, name: &str, stage: &str, group: &str) -> StageInfo {
    StageInfo {
        api_id: api_id.to_owned(),
        api_name: Some(name.to_owned()),
        api_type: ApiType::Rest,
        stage: stage.to_owned(),
        access_log_group: Some(group.to_owned()),
        format: Some(FORMAT.to_owned()),
        execution_logging: Some(ExecutionLogging::Errors),
    }
}

fn orders() -> StageInfo {
    stage("a1b2c3d4e5", "orders-api", "prod", GROUP)
}

fn account(stages: &[StageInfo]) -> Account {
    Account { stages: RefCell::new(stages.to_vec()), ..Account::default() }
}

fn world() -> World<impl Clock> {
    known(world_under(Rules::built_in()))
}

fn known<K: Clock>(world: World<K>) -> World<K> {
    World { engine: world.engine.with_inventory(), ..world }
}

impl<K: Clock> World<K> {
    fn refresh(&self, account: &Account) -> InventoryReport {
        self.with_invocation(|call| ready(self.engine.refresh_inventory(account, call)))
    }

    /// A whole refresh; ten minutes go by before the next.
    fn learn(&self, account: &Account) {
        let report = self.refresh(account);
        assert_eq!((report.errors, report.throttled), (0, 0), "{report:?}");
        self.advance(10 * MINUTE);
    }

    fn row(&self, group: &str) -> Vec<StageInfo> {
        let row = ready(self.engine.ledger().log_group(group)).unwrap();
        row.map(|row| row.stages).unwrap_or_default()
    }

    fn told(&self, group: &str, lines: &[String]) -> Vec<Notification> {
        let now = self.clock.get().as_millis();
        let events: Vec<_> = lines
            .iter()
            .enumerate()
            .map(|(n, line)| json!({"id": format!("{now}-{n}"), "timestamp": now, "message": line}))
            .collect();
        self.ingest(&payload_from(ACCOUNT, group, &json!(events))).notifications
    }

    /// What was counted of a source: requests and errors.
    fn sums(&self, source: &Source) -> (u64, u64) {
        let counters = ready(self.engine.ledger().counters(source, 0, i64::MAX)).unwrap();
        let errors = counters.errors(0, i64::MAX, |_, _| true).values().sum();
        (counters.requests(0, i64::MAX), errors)
    }
}

fn of(api_id: &str, stage: &str) -> Source {
    Source::Stage { api_id: api_id.to_owned(), stage: stage.to_owned() }
}

/// Lines in [`FORMAT`] of requests that timed out.
fn failing(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("r{n};504;INTEGRATION_TIMEOUT;/orders")).collect()
}

#[test]
fn lines_that_name_nothing_are_read_and_told_by_their_stage() {
    let world = world();
    world.learn(&account(&[orders(), stage("zzz", "other", "dev", "/elsewhere")]));
    let told = world.told(GROUP, &failing(10));
    let [told] = &told[..] else { panic!("{told:?}") };
    let incident = &told.incident;
    assert_eq!(incident.api_name.as_deref(), Some("orders-api"));
    assert_eq!(incident.api_id.as_deref(), Some("a1b2c3d4e5"));
    assert_eq!((incident.stage.as_deref(), incident.errors), (Some("prod"), 10));
    let crate::Content::Slack { body } = &world.slack.sent.borrow()[0] else { panic!("no Slack") };
    let text = body.to_string();
    assert!(text.contains("orders-api") && text.contains("a1b2c3d4e5"), "{text}");
}

#[test]
fn a_log_group_that_nobody_knows_is_shown_by_its_name() {
    for others_are_known in [false, true] {
        let world = world();
        if others_are_known {
            world.learn(&account(&[stage("zzz", "other", "dev", "/elsewhere")]));
        }
        let json = r#"{"requestId":"r","status":"504","error.responseType":"INTEGRATION_TIMEOUT"}"#;
        let told = world.told(GROUP, &vec![json.to_owned(); 10]);
        let incident = &told[0].incident;
        assert_eq!((&incident.api_id, &incident.api_name), (&None, &None));
        assert_eq!(incident.log_group.as_deref(), Some(GROUP));
    }
}

#[test]
fn a_renamed_api_keeps_its_incident_and_is_told_by_its_new_name() {
    let world = world();
    world.learn(&account(&[orders()]));
    let opened = world.told(GROUP, &failing(10));
    world.learn(&account(&[StageInfo { api_name: Some("shop-api".to_owned()), ..orders() }]));
    let later = world.sweep_minutes(30);
    let [resolved] = &later[..] else { panic!("{later:?}") };
    assert_eq!(resolved.event, Event::Resolved);
    assert_eq!(resolved.incident.id, opened[0].incident.id);
    assert_eq!(resolved.incident.api_name.as_deref(), Some("shop-api"));
}

#[test]
fn a_deleted_stage_is_forgotten_and_a_recreated_one_takes_its_place() {
    let world = world();
    world.learn(&account(&[orders()]));
    assert_eq!(world.row(GROUP).len(), 1);
    world.learn(&account(&[stage("f6g7h8i9j0", "orders-api", "prod", GROUP)]));
    world.told(GROUP, &failing(3));
    assert_eq!(world.sums(&of("f6g7h8i9j0", "prod")), (3, 3));
    world.learn(&account(&[]));
    assert_eq!(world.row(GROUP), []);
    let world_without = world.told(GROUP, &failing(3));
    assert!(world_without.is_empty());
    assert_eq!(world.sums(&of("f6g7h8i9j0", "prod")), (3, 3), "nobody knows them any more");
}

#[test]
fn rows_change_when_a_refresh_is_over_and_never_in_the_middle_of_one() {
    let world = world();
    world.learn(&account(&[orders()]));
    let many: Vec<StageInfo> =
        (0..100).map(|n| stage(&format!("b{n:09}"), "recreated", "prod", GROUP)).collect();
    let account = account(&many);
    for sweep in 0..3 {
        assert_eq!(world.row(GROUP), [orders()], "sweep {sweep}");
        assert_eq!(world.refresh(&account).errors, 0);
        world.advance(MINUTE);
    }
    assert_eq!(world.row(GROUP).len(), 100);
}

#[test]
fn two_stages_in_one_log_group_are_told_apart_by_what_a_line_names_or_how_it_is_written() {
    let other = "$context.identity.sourceIp|$context.requestId|$context.status";
    let json = r#"{"rid":"$context.requestId","st":"$context.status","stg":"$context.stage"}"#;
    let world = world();
    world.learn(&account(&[
        orders(),
        StageInfo { format: Some(other.to_owned()), ..stage("f6g7h8i9j0", "cart", "dev", GROUP) },
        StageInfo { format: Some(json.to_owned()), ..stage("k1l2m3n4o5", "x", "test", GROUP) },
        StageInfo { format: Some(json.to_owned()), ..stage("p6q7r8s9t0", "y", "beta", GROUP) },
    ]));
    let group = Source::LogGroup(GROUP.to_owned());
    for (line, source) in [
        ("r;504;INTEGRATION_TIMEOUT;/orders", of("a1b2c3d4e5", "prod")),
        ("203.0.113.7|r|502", of("f6g7h8i9j0", "dev")),
        (r#"{"rid":"r","st":"500","stg":"test"}"#, of("k1l2m3n4o5", "test")),
        (r#"{"rid":"r","st":"500","stg":"beta"}"#, of("p6q7r8s9t0", "beta")),
        // the format of two, and the line does not say of which
        (r#"{"rid":"r","st":"500","stg":"-"}"#, group.clone()),
        // in no format of theirs: by the names alone
        (r#"{"requestId":"r","status":"500","stage":"dev"}"#, of("f6g7h8i9j0", "dev")),
        (r#"{"requestId":"r","status":"500","apiId":"p6q7r8s9t0"}"#, of("p6q7r8s9t0", "beta")),
        (r#"{"requestId":"r","status":"500","stage":"nobody"}"#, group.clone()),
        (r#"{"requestId":"r","status":"500"}"#, group.clone()),
        // it names all, so nobody need be asked
        (
            r#"{"requestId":"r","status":"500","apiId":"u1v2w3x4y5","stage":"z"}"#,
            of("u1v2w3x4y5", "z"),
        ),
    ] {
        let before = world.sums(&source);
        world.told(GROUP, &[line.to_owned()]);
        assert_eq!(world.sums(&source), (before.0 + 1, before.1 + 1), "{line}");
        world.advance(MINUTE);
    }
}

#[test]
fn a_format_that_changes_while_its_lines_are_on_their_way_loses_none() {
    let new = r#"{"id":"$context.requestId","s":"$context.status"}"#;
    let json = r#"{"requestId":"r","status":"504"}"#;
    let world = world();
    for format in [FORMAT, new] {
        world.learn(&account(&[StageInfo { format: Some(format.to_owned()), ..orders() }]));
        let before = world.sums(&of("a1b2c3d4e5", "prod"));
        let mut lines = if format == FORMAT { failing(1) } else { Vec::new() };
        // lines before and after the change, which the row does not show yet or no more
        lines.extend([json.to_owned(), r#"{"id":"r","s":"504","status":"504"}"#.to_owned()]);
        lines.push(r#"{"id":"r","s":"504"}"#.to_owned());
        world.told(GROUP, &lines);
        let after = world.sums(&of("a1b2c3d4e5", "prod"));
        assert_eq!(after.0 - before.0, 3, "{format}");
    }
}

#[test]
fn a_hostile_format_is_as_good_as_none() {
    let huge = format!("$context.status {}", "x".repeat(5_000));
    let world = world();
    for format in
        ["", "no variable", "$context.error.message", "$context.status\n$context.path", &huge]
    {
        world.learn(&account(&[StageInfo { format: Some(format.to_owned()), ..orders() }]));
        let before = world.sums(&of("a1b2c3d4e5", "prod"));
        world.told(GROUP, &[r#"{"requestId":"r","status":"504"}"#.to_owned()]);
        let after = world.sums(&of("a1b2c3d4e5", "prod"));
        assert_eq!(after.0 - before.0, 1, "{format:.40}");
    }
}

#[test]
fn lines_of_any_format_are_read_with_the_format_of_their_stage() {
    for (format, line) in [
        (
            r#"$context.identity.sourceIp - - [$context.requestTime] "$context.httpMethod $context.routeKey $context.protocol" $context.status $context.responseLength $context.requestId"#,
            r#"203.0.113.7 - - [12/Mar/2025:09:14:07 +0000] "GET GET /o HTTP/1.1" 504 36 my-id"#,
        ),
        (
            "$context.requestId,$context.integration.status,$context.status,$context.httpMethod",
            "r,-,504,GET",
        ),
        (
            r#"<r i="$context.requestId"><i>$context.integration.status</i><e>$context.status</e></r>"#,
            r#"<r i="6f1e"><i>-</i><e>504</e></r>"#,
        ),
        (
            r#"{"who":"$context.requestId","status":"$context.integration.status","out":$context.status}"#,
            r#"{"who":"r","status":"200","out":504}"#,
        ),
        ("$context.status~$context.requestId", "504~r"),
    ] {
        let world = world();
        world.learn(&account(&[StageInfo { format: Some(format.to_owned()), ..orders() }]));
        world.told(GROUP, &[line.to_owned()]);
        assert_eq!(world.sums(&of("a1b2c3d4e5", "prod")), (1, 1), "{format}");
    }
}

#[test]
fn a_subscribed_access_log_counts_before_its_first_line() {
    let told = |id: &str| {
        [
            format!("({id}) Execution failed due to a timeout error"),
            format!("({id}) Method completed with status: 504"),
        ]
    };
    let nowhere = StageInfo { access_log_group: None, ..orders() };
    for (stage, counted) in [
        (orders(), 0),
        // its lines go where nobody is subscribed, or nowhere
        (stage("a1b2c3d4e5", "orders-api", "prod", "/elsewhere"), 1),
        (nowhere, 1),
    ] {
        let world = world();
        world.learn(&account(&[stage]));
        world.told(EXECUTION_GROUP, &told("r1"));
        assert_eq!(world.sums(&of("a1b2c3d4e5", "prod")).1, counted);
        let name = ready(world.engine.api_name(&of("a1b2c3d4e5", "prod"), EXECUTION_GROUP));
        assert_eq!(name.as_deref(), Some("orders-api"));
        // An access log that stays silent leaves the counting to the execution log.
        world.advance(11 * MINUTE);
        world.told(EXECUTION_GROUP, &told("r2"));
        assert_eq!(world.sums(&of("a1b2c3d4e5", "prod")).1, counted + 1);
    }
}

#[test]
fn rules_and_silences_know_an_api_by_its_name() {
    let rules = |api: &str| {
        let text = format!(
            "version = 1\n[[rule]]\nname = \"errors\"\nmatch = {{ api = [\"{api}\"] }}\nmin_errors = 5\n"
        );
        crate::rules::Document::read(&text).unwrap().in_mode(crate::LogMode::All).0
    };
    for (api, silenced, opens) in [
        ("orders-*", None, 1),
        ("a1b2c3d4e5", None, 1),
        ("cart-*", None, 0),
        ("orders-*", Some("orders-api"), 0),
        ("orders-*", Some("a1b2c3d4e5"), 0),
        ("orders-*", Some("cart-api"), 1),
    ] {
        let world = known(world_under(rules(api)));
        world.learn(&account(&[orders()]));
        if let Some(name) = silenced {
            let scope = crate::Scope { api: vec![name.to_owned()], ..crate::Scope::default() };
            let now = world.clock.get();
            let silence =
                crate::Silence::new(scope, now, now.plus_millis(60 * MINUTE), "me").unwrap();
            ready(crate::Ledger::add_silence(world.engine.ledger(), &silence)).unwrap();
        }
        assert_eq!(world.told(GROUP, &failing(10)).len(), opens, "{api} {silenced:?}");
    }
}

#[test]
fn an_incident_of_a_log_group_resolves_when_its_stage_becomes_known() {
    let world = world();
    let json = r#"{"requestId":"r","status":"504","error.responseType":"INTEGRATION_TIMEOUT"}"#;
    let lines = vec![json.to_owned(); 10];
    let first = world.told(GROUP, &lines);
    assert_eq!((first.len(), first[0].incident.api_id.as_deref()), (1, None));
    world.refresh(&account(&[orders()]));
    world.advance(2 * MINUTE);
    let second = world.told(GROUP, &lines);
    assert_eq!((second.len(), second[0].incident.api_id.as_deref()), (1, Some("a1b2c3d4e5")));
    assert_eq!(world.sums(&Source::LogGroup(GROUP.to_owned())).1, 10);
    assert_eq!(world.sums(&of("a1b2c3d4e5", "prod")).1, 10, "each line once");
    let later = world.sweep_minutes(60);
    let resolved: BTreeSet<&str> = later.iter().map(|told| told.incident.id.as_str()).collect();
    assert!(later.iter().all(|told| told.event == Event::Resolved), "{later:?}");
    assert_eq!((later.len(), resolved.len()), (2, 2), "one message beyond those of one source");
    let open = ready(world.engine.ledger().open_incidents()).unwrap();
    assert!(open.is_empty());
}

#[test]
fn a_storm_calls_its_sources_by_name() {
    let world = world();
    let mut all = Vec::new();
    for n in 0..8 {
        let id = format!("b{n:09}");
        all.push(stage(&id, &format!("api-{n}"), "prod", GROUP));
    }
    world.learn(&account(&all));
    let at = world.clock.get().as_millis();
    for stage in &all {
        let lines: Vec<String> =
            timeouts(10, at).iter().map(|line| line.replace("a1b2c3d4e5", &stage.api_id)).collect();
        world.told(GROUP, &lines);
    }
    world.sweep_minutes(2);
    let storm = ready(world.engine.ledger().state(&Source::Everywhere)).unwrap();
    let members = storm.incidents[0].history.members.clone().unwrap();
    let places: Vec<&str> = members.top.iter().map(|member| member.place.as_str()).collect();
    assert_eq!(places.len(), 5, "{places:?}");
    assert!(places.iter().all(|place| place.starts_with("api-") && place.ends_with("/prod")));
}

/// An engine over many log groups, and what its sweeps cost.
fn many() -> World<impl Clock> {
    let world = world();
    let settings = world.engine.settings.clone();
    let clock = std::rc::Rc::clone(&world.clock);
    let ledger = MemoryLedger::metered();
    watch(&ledger, &["/group/*"]);
    let engine = Engine::new(ledger, Vec::new(), move || clock.get(), settings);
    World {
        engine: engine.with_inventory(),
        clock: world.clock,
        slack: world.slack,
        sms: world.sms,
        step: Cell::new(0),
    }
}

#[test]
fn ten_thousand_log_groups_and_three_hundred_apis_cost_little_each_minute() {
    let world = many();
    let stages: Vec<StageInfo> = (0..300)
        .map(|n| stage(&format!("b{n:09}"), "an API with a name", "prod", &format!("/group/{n}")))
        .collect();
    let account = account(&stages);
    let (mut minutes, mut written) = (0, 0);
    while minutes < 60 {
        let (calls, units) = (account.calls.get(), world.engine.ledger().units());
        let report = world.refresh(&account);
        assert_eq!((report.errors, report.cut_stages), (0, 0));
        assert!(account.calls.get() - calls <= 40 && report.rows <= 50, "{report:?}");
        let units = world.engine.ledger().units() - units;
        assert!(units.written <= 150 && units.read <= 25, "{units:?} in minute {minutes}");
        written += units.written;
        minutes += 1;
        world.advance(MINUTE);
    }
    assert!((0..300).all(|n| world.row(&format!("/group/{n}")).len() == 1));
    assert_eq!(world.row("/group/300"), []);
    assert!(account.calls.get() >= 4 * 300, "{}", account.calls.get());
    assert!(written < 4_000, "{written}");
}

#[test]
fn whichever_call_is_throttled_or_fails_the_registry_ends_the_same() {
    let stages: Vec<StageInfo> = (0..60)
        .map(|n| stage(&format!("b{n:09}"), "name", "prod", [GROUP, "/other"][n % 2]))
        .collect();
    let calm = world();
    let unhurried = account(&stages);
    for _ in 0..3 {
        calm.refresh(&unhurried);
        calm.advance(MINUTE);
    }
    assert_eq!(calm.row(GROUP).len(), 30);
    for call in 1..=60 {
        for error in [AccountError::Throttled, AccountError::Failed, AccountError::OverBudget] {
            let world = world();
            let account = account(&stages);
            account.fails.borrow_mut().push((call, error));
            let mut throttled = 0;
            for _ in 0..4 {
                throttled += world.refresh(&account).throttled;
                world.advance(MINUTE);
            }
            assert_eq!(world.row(GROUP), calm.row(GROUP), "{error} at call {call}");
            assert_eq!(throttled, u64::from(error == AccountError::Throttled));
            assert_eq!(account.calls.get(), 61, "no call was made twice but the one that failed");
        }
    }
}

#[test]
fn an_account_that_does_not_tell_leaves_what_is_known() {
    let world = world();
    world.learn(&account(&[orders()]));
    let denied = account(&[orders()]);
    denied.fails.borrow_mut().push((1, AccountError::Denied));
    let report = world.refresh(&denied);
    assert_eq!((report.calls, report.errors), (1, 1));
    assert_eq!(world.row(GROUP), [orders()]);
    // not asked again each minute
    assert_eq!(world.refresh(&denied), InventoryReport::default());
    // a refresh that never gets on is given up, and another begun
    world.advance(10 * MINUTE);
    let broken = account(&[]);
    broken.fails.borrow_mut().extend((1..=5).map(|call| (call, AccountError::Failed)));
    for _ in 0..5 {
        assert_eq!(world.refresh(&broken).errors, 1);
        world.advance(MINUTE);
    }
    assert_eq!(world.refresh(&broken).calls, 0);
    assert_eq!(world.row(GROUP), [orders()]);
    world.advance(5 * MINUTE);
    assert_eq!(world.refresh(&broken).calls, 1);
    assert_eq!(world.row(GROUP), []);
}

#[test]
fn nothing_is_asked_when_the_sweep_is_late() {
    let world = world();
    let account = account(&[orders()]);
    let id = "late";
    let deadline = world.clock.get().plus_millis(7_000);
    let call = crate::Invocation { id, deadline };
    let report = ready(world.engine.refresh_inventory(&account, call));
    assert_eq!((report, account.calls.get()), (InventoryReport::default(), 0));
}
