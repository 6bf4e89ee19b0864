//! Sources whose lines are missing, and those that are silent for other reasons.

use std::cell::RefCell;

use diagnosis::{ApiType, Timestamp};

use super::{EXECUTION_GROUP, GROUP, MINUTE, World, ready, world_under};
use crate::clock::Clock;
use crate::counting::AuthoritativeLog::{self, Access, Execution};
use crate::engine::SubscriptionReport;
use crate::inventory::{AccountError, Budget, ExecutionLogging, LogGroupInventory, StageInfo};
use crate::rules::{LogMode, Rules};
use crate::source::Source;
use crate::store::Ledger as _;
use crate::subscription::{RequestCountQuery, RequestMetrics};

/// CloudWatch, which answers each question about a stage with the same number.
struct CloudWatch {
    answer: Result<Option<u64>, AccountError>,
    asked: RefCell<Vec<(Timestamp, usize)>>,
}

impl CloudWatch {
    fn counting(requests: u64) -> Self {
        Self::answering(Ok(Some(requests)))
    }

    fn answering(answer: Result<Option<u64>, AccountError>) -> Self {
        Self { answer, asked: RefCell::default() }
    }
}

impl RequestMetrics for CloudWatch {
    async fn request_counts(
        &self,
        queries: &[RequestCountQuery<'_>],
        budget: &Budget,
    ) -> Result<Vec<Option<u64>>, AccountError> {
        budget.take(Timestamp::from_millis(0))?;
        self.asked.borrow_mut().push((queries[0].to, queries.len()));
        let answer = self.answer?;
        Ok(vec![answer; queries.len()])
    }
}

fn world() -> World<impl Clock> {
    let world = world_under(Rules::built_in());
    World { engine: world.engine.with_inventory(), ..world }
}

fn source(n: usize) -> Source {
    Source::Stage { api_id: format!("api{n}"), stage: "prod".to_owned() }
}

fn stage(n: usize) -> StageInfo {
    StageInfo {
        api_name: Some(format!("orders-{n}")),
        access_log_group: Some(GROUP.to_owned()),
        ..StageInfo::named(&format!("api{n}"), "prod", ApiType::Rest)
    }
}

impl<K: Clock> World<K> {
    /// So many stages that had lines in each of so many hours, the last of them now.
    fn busy(&self, stages: usize, hours: i64, log: AuthoritativeLog, group: &str) {
        for n in 0..stages {
            for ago in (0..hours).rev() {
                let minute = self.clock.get().minute() - ago * 60;
                ready(self.engine.ledger().register_source(&source(n), log, group, minute))
                    .unwrap();
            }
        }
        self.inventory(GROUP, (0..stages).map(stage).collect());
    }

    fn inventory(&self, group: &str, stages: Vec<StageInfo>) {
        let row = LogGroupInventory { stages, refreshed_at: self.clock.get() };
        ready(self.engine.ledger().store_log_group(group, &row)).unwrap();
    }

    fn check(&self, counts: &CloudWatch) -> SubscriptionReport {
        self.with_invocation(|call| ready(self.engine.check_subscriptions(counts, call)))
    }

    /// The checks of so many minutes that found something, with the minute since the beginning.
    fn checks(&self, minutes: i64, counts: &CloudWatch) -> Vec<(i64, SubscriptionReport)> {
        let found = (1..=minutes).map(|minute| {
            self.advance(MINUTE);
            (minute, self.check(counts))
        });
        found.filter(|(_, report)| *report != SubscriptionReport::default()).collect()
    }
}

#[test]
fn a_source_without_lines_whose_requests_are_counted_is_reported() {
    let world = world();
    world.busy(1, 24, Access, GROUP);
    let last = world.clock.get();
    let counts = CloudWatch::counting(1_234);
    let found = world.checks(30, &counts);
    let minutes: Vec<i64> = found.iter().map(|(minute, _)| *minute).collect();
    assert_eq!(minutes, [16, 21, 26], "first after 15 to 20 minutes, then every 5");
    let (_, report) = &found[0];
    let [dead] = &report.dead[..] else { panic!("{report:?}") };
    assert_eq!((report.asked, report.errors, report.unasked), (1, 0, 0));
    assert_eq!((dead.source.clone(), dead.log_group.as_str()), (source(0), GROUP));
    assert_eq!(dead.api_name.as_deref(), Some("orders-0"));
    assert_eq!((dead.requests, dead.silent_since), (1_234, last));
    assert!(dead.from > last && dead.to < world.clock.get(), "{dead:?}");
    // A line ends it.
    ready(world.engine.ledger().register_source(
        &source(0),
        Access,
        GROUP,
        world.clock.get().minute(),
    ))
    .unwrap();
    assert_eq!(world.checks(15, &counts), []);
}

#[test]
fn a_dead_subscription_is_reported_for_eight_days() {
    let world = world();
    world.busy(1, 24, Access, GROUP);
    let counts = CloudWatch::counting(1);
    world.advance(MINUTE);
    for hours in 1..8 * 24 {
        world.advance(60 * MINUTE);
        assert_eq!(world.check(&counts).dead.len(), 1, "after {hours} hours");
        let [silent] = &ready(world.engine.ledger().silent_sources(i64::MAX)).unwrap()[..] else {
            panic!("no source")
        };
        assert!(silent.registered_until > world.clock.get(), "forgotten after {hours} hours");
    }
}

#[test]
fn sources_that_are_silent_for_other_reasons_are_not_asked_about() {
    let counts = CloudWatch::counting(5);
    // Not busy enough.
    let quiet = world();
    quiet.busy(1, 19, Access, GROUP);
    assert_eq!(quiet.checks(60, &counts), []);
    // Of a stage that is gone, or logs somewhere else.
    let gone = world();
    gone.busy(1, 24, Access, GROUP);
    gone.inventory(GROUP, vec![stage(7)]);
    assert_eq!(gone.checks(60, &counts), []);
    // Of a log group that the stack watches no more.
    let removed = world();
    removed.busy(1, 24, Access, "/removed");
    removed.inventory("/removed", vec![stage(0)]);
    assert_eq!(removed.checks(60, &counts), []);
    // An execution log with failures only.
    let failures = world();
    failures.busy(1, 24, Execution, EXECUTION_GROUP);
    let errors = Some(ExecutionLogging::Errors);
    failures.inventory(EXECUTION_GROUP, vec![StageInfo { execution_logging: errors, ..stage(0) }]);
    assert_eq!(failures.checks(60, &counts), []);
    // Without an inventory.
    let unknown = world_under(Rules::built_in());
    unknown.busy(1, 24, Access, GROUP);
    assert_eq!(unknown.checks(60, &counts), []);
    assert!(counts.asked.borrow().is_empty());
}

#[test]
fn where_failures_alone_are_delivered_silence_is_no_fault() {
    let mut world = world();
    world.engine.settings.log_mode = LogMode::Errors;
    world.busy(1, 24, Access, GROUP);
    let counts = CloudWatch::counting(5);
    assert_eq!(world.checks(60, &counts), []);
    assert!(counts.asked.borrow().is_empty());
}

#[test]
fn a_source_without_requests_is_healthy() {
    let world = world();
    world.busy(1, 24, Access, GROUP);
    let reports = world.checks(30, &CloudWatch::counting(0));
    assert_eq!(reports.len(), 3);
    assert!(reports.iter().all(|(_, report)| report.dead.is_empty() && report.errors == 0));
}

#[test]
fn a_count_that_is_unknown_reports_nobody() {
    for (answer, errors) in [
        (Ok(None), 1),
        (Err(AccountError::Denied), 1),
        (Err(AccountError::Failed), 1),
        (Err(AccountError::Throttled), 0),
        (Err(AccountError::OverBudget), 0),
    ] {
        let world = world();
        world.busy(2, 24, Access, GROUP);
        let found = world.checks(20, &CloudWatch::answering(answer));
        let [(_, report)] = &found[..] else { panic!("{found:?}") };
        assert!(report.dead.is_empty() && report.because.is_some(), "{answer:?}");
        assert_eq!(report.errors, errors, "{answer:?}");
    }
}

#[test]
fn a_check_is_one_call_for_at_most_a_hundred_sources_and_reaches_all_in_time() {
    let world = world();
    world.busy(250, 24, Access, GROUP);
    let counts = CloudWatch::counting(1);
    let found = world.checks(75, &counts);
    let asked = counts.asked.borrow();
    assert_eq!(asked.len(), found.len(), "one call for each check");
    assert!(asked.iter().all(|(_, sources)| *sources == 100), "{asked:?}");
    assert!(asked.windows(2).all(|two| two[1].0.minute() - two[0].0.minute() == 5), "{asked:?}");
    assert!(found.iter().all(|(_, report)| (report.asked, report.unasked) == (100, 150)));
    let reported: std::collections::BTreeSet<_> =
        found.iter().flat_map(|(_, report)| &report.dead).map(|dead| &dead.source).collect();
    assert_eq!(reported.len(), 250);
}

#[test]
fn a_sweep_that_is_late_leaves_the_check_to_the_next() {
    let world = world();
    world.busy(1, 24, Access, GROUP);
    world.advance(16 * MINUTE);
    let counts = CloudWatch::counting(1);
    let deadline = world.clock.get().plus_millis(6_000);
    let call = crate::Invocation { id: "late", deadline };
    let report = ready(world.engine.check_subscriptions(&counts, call));
    assert_eq!(report, SubscriptionReport::default());
    assert_eq!(world.check(&counts).dead.len(), 1);
}
