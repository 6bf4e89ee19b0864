//! What the stack asks for, on the ledger in memory and an account of a few log groups.

use std::cell::RefCell;
use std::collections::BTreeMap;

use alerting::{AttachError, Filter, Ledger, LogGroups, MemoryLedger, NamesPage, Patterns, Wanted};
use aws::metrics::Metrics;
use diagnosis::Timestamp;

use super::World;
use crate::answer::Outcome;
use crate::request::{Operation, Reply, StackRequest};

const INGEST: &str = "arn:aws:lambda:eu-west-1:123456789012:function:ingest";

/// Log groups with their filters. `/full` has no place for another.
struct Account(RefCell<BTreeMap<String, Vec<Filter>>>);

impl Account {
    fn new(names: &[&str]) -> Self {
        let theirs = |n: u32| Filter {
            name: format!("theirs-{n}"),
            pattern: String::new(),
            destination: "arn:other".to_owned(),
        };
        let filters =
            |name: &str| if name == "/full" { vec![theirs(1), theirs(2)] } else { vec![] };
        Self(RefCell::new(names.iter().map(|name| ((*name).to_owned(), filters(name))).collect()))
    }

    fn attached(&self) -> Vec<String> {
        let delivers = |filters: &[Filter]| filters.iter().any(|it| it.destination == INGEST);
        let groups = self.0.borrow();
        groups.iter().filter(|(_, it)| delivers(it)).map(|(name, _)| name.clone()).collect()
    }
}

impl LogGroups for Account {
    async fn names(&self, prefix: &str, _cursor: Option<&str>) -> Result<NamesPage, AttachError> {
        let groups = self.0.borrow();
        let names = groups.keys().filter(|name| name.starts_with(prefix)).cloned().collect();
        Ok(NamesPage { names, next: None })
    }

    async fn filters(&self, log_group: &str) -> Result<Vec<Filter>, AttachError> {
        self.0.borrow().get(log_group).cloned().ok_or(AttachError::NotFound)
    }

    async fn put(&self, log_group: &str, filter: &Filter) -> Result<(), AttachError> {
        let mut groups = self.0.borrow_mut();
        let filters = groups.get_mut(log_group).ok_or(AttachError::NotFound)?;
        if filters.len() >= 2 {
            return Err(AttachError::NoFreeFilter);
        }
        filters.push(filter.clone());
        Ok(())
    }

    async fn remove(&self, log_group: &str, name: &str) -> Result<(), AttachError> {
        if let Some(filters) = self.0.borrow_mut().get_mut(log_group) {
            filters.retain(|filter| filter.name != name);
        }
        Ok(())
    }
}

fn request(operation: Operation, patterns: &str, before: &str) -> StackRequest {
    let reply = Reply {
        url: String::new(),
        stack_id: "s".to_owned(),
        request_id: "r".to_owned(),
        logical_resource_id: "l".to_owned(),
    };
    let (patterns, before) = (Patterns::parse(patterns), Patterns::parse(before));
    StackRequest { operation, patterns, before, reply }
}

/// What becomes of requests, one after the other.
async fn outcomes(
    account: &Account,
    ledger: &MemoryLedger,
    requests: &[StackRequest],
) -> Vec<Outcome> {
    let wanted = Wanted {
        name: "gatewatch-prod".to_owned(),
        pattern: String::new(),
        destination: INGEST.to_owned(),
    };
    let metrics = Metrics { function: "subscribe".to_owned(), stack: "prod".to_owned() };
    let now = || Timestamp::from_millis(1_741_770_840_000);
    let world = World { ledger, groups: account, clock: now, wanted: &wanted, metrics: &metrics };
    let mut outcomes = Vec::new();
    for request in requests {
        outcomes.push(world.change(request, now().plus_millis(60_000)).await);
    }
    outcomes
}

#[tokio::test(flavor = "current_thread")]
async fn a_stack_attaches_what_it_names_and_takes_it_away_again() {
    let account = Account::new(&["/a", "/b", "/aws/apigateway/x", "/aws/lambda/f"]);
    let ledger = MemoryLedger::default();
    let requests = [
        request(Operation::Create, "/a,/aws/*", ""),
        request(Operation::Update, "/b,/a,/a", "/a,/aws/*"),
        request(Operation::Delete, "", "/b,/a,/a"),
    ];
    for (number, (attached, names)) in
        [(2, vec!["/a", "/aws/apigateway/x"]), (2, vec!["/a", "/b"]), (0, vec![])]
            .into_iter()
            .enumerate()
    {
        let outcome = outcomes(&account, &ledger, &requests[number..=number]).await;
        assert_eq!(outcome, [Outcome::Done { attached }]);
        assert_eq!(account.attached(), names);
    }
    let kept = ledger.attachment().await.unwrap().unwrap();
    assert!(kept.patterns.is_empty() && kept.leaving.is_empty() && kept.is_done());
}

#[tokio::test(flavor = "current_thread")]
async fn a_log_group_that_cannot_be_attached_fails_a_stack_that_names_it_alone() {
    let account = Account::new(&["/a", "/full"]);
    let ledger = MemoryLedger::default();
    for (patterns, parts) in [
        ("/a,/missing", vec!["/missing does not exist"]),
        ("/a,/full", vec!["/full has no free subscription filter", "theirs-1, theirs-2"]),
    ] {
        let create = request(Operation::Create, patterns, "");
        let [Outcome::Failed(reason)] = &outcomes(&account, &ledger, &[create]).await[..] else {
            panic!("{patterns}");
        };
        assert!(parts.iter().all(|part| reason.contains(part)), "{reason}");
    }
    let pattern = request(Operation::Create, "/*", "");
    assert_eq!(outcomes(&account, &ledger, &[pattern]).await, [Outcome::Done { attached: 1 }]);
}

#[tokio::test(flavor = "current_thread")]
async fn an_update_that_fails_and_its_way_back_leave_everything_attached() {
    let account = Account::new(&["/a", "/b"]);
    let ledger = MemoryLedger::default();
    let requests = [
        request(Operation::Create, "/a", ""),
        request(Operation::Update, "/b,/missing", "/a"),
        request(Operation::Update, "/a", "/b,/missing"),
    ];
    let outcomes = outcomes(&account, &ledger, &requests).await;
    assert!(matches!(outcomes[1], Outcome::Failed(_)));
    assert_eq!(outcomes[2], Outcome::Done { attached: 1 });
    assert_eq!(account.attached(), ["/a"]);
}
