//! Patterns, one log group's filters, and passes that are cut off.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use diagnosis::Timestamp;

use super::{
    AttachError, AttachReport, Attachment, Cursor, Filter, FilterStep, LogGroups, NamesPage,
    Patterns, TroubleKind, Wanted, attach, next,
};
use crate::clock::Clock;
use crate::store::contract::ready;

const INGEST: &str = "arn:aws:lambda:eu-west-1:1:function:ingest";

fn filter(name: &str, pattern: &str, destination: &str) -> Filter {
    Filter {
        name: name.to_owned(),
        pattern: pattern.to_owned(),
        destination: destination.to_owned(),
    }
}

fn wanted() -> Wanted {
    filter("gatewatch-prod", "", INGEST)
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_741_770_840_000)
}

#[test]
fn patterns_match_whole_names_and_never_the_logs_of_functions() {
    let patterns = Patterns::parse("/my/api, /my-api,/my/api,,/aws/apigateway/*,*_a1/prod,*");
    for name in ["/my/api", "/my-api", "/aws/apigateway/x", "API-Gateway-Execution-Logs_a1/prod"] {
        assert!(patterns.matches(name), "{name}");
    }
    for name in ["/aws/lambda/orders", "/gatewatch/prod/ingest"] {
        assert!(!patterns.matches(name), "{name}");
    }
    assert!(!Patterns::parse("/my/api").matches("/my/api2"));
    let names: Vec<&str> = patterns.names().collect();
    assert_eq!(names, ["/my/api", "/my-api"]);
}

#[test]
fn what_matches_is_listed_under_exactly_one_prefix() {
    for (list, prefixes) in [
        ("/a,/b", vec!["/a", "/b"]),
        ("/a*,/ab,/abc*", vec!["/a"]),
        ("/b,/a*,/a", vec!["/a", "/b"]),
        ("*", vec![""]),
        ("x*,*", vec![""]),
        ("/my/api,/my-api", vec!["/my-api", "/my/api"]),
        ("", vec![]),
    ] {
        assert_eq!(Patterns::parse(list).prefixes(), prefixes, "{list}");
    }
}

#[test]
fn a_log_group_gets_one_filter_and_others_keep_theirs() {
    let (ours, others) = (wanted(), filter("theirs", "", "arn:other"));
    let elsewhere = filter("gatewatch-prod", "", "arn:other");
    let older = filter("older", "", INGEST);
    let changed = filter("gatewatch-prod", "ERROR", INGEST);
    let remove = |name: &str| Some(FilterStep::Remove(name.to_owned()));
    for (filters, attached, adopts, step) in [
        (vec![], true, false, Some(FilterStep::Put)),
        (vec![], false, true, None),
        (vec![others.clone()], true, false, Some(FilterStep::Put)),
        (vec![others.clone()], false, true, None),
        (vec![ours.clone(), others.clone()], true, true, None),
        (vec![ours.clone(), others.clone()], false, false, remove("gatewatch-prod")),
        (vec![changed.clone()], true, false, Some(FilterStep::Put)),
        (vec![changed], false, false, remove("gatewatch-prod")),
        (vec![older.clone()], true, false, Some(FilterStep::Put)),
        // perhaps that of the release before
        (vec![older.clone(), ours.clone()], true, false, None),
        (vec![older.clone()], false, false, None),
        (vec![older.clone(), ours.clone()], true, true, remove("older")),
        (vec![older], false, true, remove("older")),
        (vec![elsewhere.clone()], false, true, None),
        (vec![ours, elsewhere, others], true, true, None),
    ] {
        let found = next(&filters, &wanted(), attached, adopts);
        assert_eq!(found, step, "{filters:?}, {attached}, {adopts}");
    }
}

/// An account whose pages have three names, and whose log groups take two filters.
#[derive(Default)]
struct Account {
    groups: RefCell<BTreeMap<String, Vec<Filter>>>,
    denied: Option<String>,
    /// Each call takes a second.
    now: Cell<i64>,
}

impl Account {
    fn with(names: impl IntoIterator<Item = String>) -> Self {
        let groups = names.into_iter().map(|name| (name, Vec::new())).collect();
        Self { groups: RefCell::new(groups), ..Self::default() }
    }

    fn attached(&self) -> Vec<String> {
        let groups = self.groups.borrow();
        let is_attached = |filters: &Vec<Filter>| filters.iter().any(|it| it.destination == INGEST);
        groups.iter().filter(|(_, it)| is_attached(it)).map(|(name, _)| name.clone()).collect()
    }

    fn call(&self, log_group: &str) -> Result<(), AttachError> {
        self.now.set(self.now.get() + 1_000);
        match &self.denied {
            Some(denied) if denied == log_group => Err(AttachError::Denied("not here".to_owned())),
            _ => Ok(()),
        }
    }
}

impl Clock for &Account {
    fn now(&self) -> Timestamp {
        now().plus_millis(self.now.get())
    }
}

impl LogGroups for Account {
    async fn names(&self, prefix: &str, cursor: Option<&str>) -> Result<NamesPage, AttachError> {
        self.call("")?;
        let groups = self.groups.borrow();
        let mut names = groups.keys().filter(|name| name.starts_with(prefix)).cloned();
        let from: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
        let names: Vec<String> = names.by_ref().skip(from).take(4).collect();
        let next = (names.len() > 3).then(|| (from + 3).to_string());
        Ok(NamesPage { names: names.into_iter().take(3).collect(), next })
    }

    async fn filters(&self, log_group: &str) -> Result<Vec<Filter>, AttachError> {
        self.call(log_group)?;
        self.groups.borrow().get(log_group).cloned().ok_or(AttachError::NotFound)
    }

    async fn put(&self, log_group: &str, filter: &Filter) -> Result<(), AttachError> {
        self.call(log_group)?;
        let mut groups = self.groups.borrow_mut();
        let filters = groups.get_mut(log_group).ok_or(AttachError::NotFound)?;
        filters.retain(|known| known.name != filter.name);
        if filters.len() == 2 {
            return Err(AttachError::NoFreeFilter);
        }
        filters.push(filter.clone());
        Ok(())
    }

    async fn remove(&self, log_group: &str, name: &str) -> Result<(), AttachError> {
        self.call(log_group)?;
        let mut groups = self.groups.borrow_mut();
        let filters = groups.get_mut(log_group).ok_or(AttachError::NotFound)?;
        filters.retain(|known| known.name != name);
        Ok(())
    }
}

/// Passes of so many seconds, until one is done; returns how many there were and their sums.
fn pass(account: &Account, at: &mut Attachment, seconds: i64) -> (usize, AttachReport) {
    let mut sum = AttachReport::default();
    for passes in 1..=1_000 {
        let until = account.now().plus_millis(seconds * 1_000);
        let report = ready(attach(at, account, &wanted(), &account, until)).unwrap();
        sum.attached += report.attached;
        sum.changed += report.changed;
        sum.detached += report.detached;
        sum.failed += report.failed;
        sum.troubles.extend(report.troubles);
        if at.cursor.is_none() {
            return (passes, sum);
        }
    }
    panic!("{at:?}");
}

fn asked(before: Option<&Attachment>, list: &str) -> Attachment {
    Attachment::changed(before, &Patterns::default(), Patterns::parse(list), now())
}

#[test]
fn what_matches_is_attached_and_what_matches_no_more_is_detached() {
    let names = (0..10).map(|n| format!("/shop/{n}")).chain(["/other".to_owned()]);
    let account = Account::with(names);
    let mut at = asked(None, "/shop/*");
    let (_, report) = pass(&account, &mut at, 600);
    assert_eq!((report.attached, report.changed, report.detached), (10, 10, 0));
    assert_eq!(account.attached().len(), 10);

    let (_, again) =
        pass(&account, &mut at.clone().due(now().plus_millis(3_600_000)).unwrap(), 600);
    assert_eq!((again.attached, again.changed), (10, 0), "nothing is changed twice");

    let mut at = asked(Some(&at), "/shop/1,/shop/2,/other");
    assert!(at.expects("/shop/9"), "its lines may still come");
    let (_, report) = pass(&account, &mut at, 600);
    assert_eq!((report.attached, report.changed, report.detached), (3, 1, 8));
    assert_eq!(account.attached(), ["/other", "/shop/1", "/shop/2"]);
    assert!(!at.expects("/shop/9") && at.leaving.is_empty());
}

#[test]
fn five_hundred_log_groups_are_attached_however_often_a_pass_is_cut_off() {
    let account =
        Account::with((0..500).map(|n| format!("/aws/apigateway/{n:03}-{}", "x".repeat(40))));
    let mut at = asked(None, "/aws/apigateway/*");
    // Listing so far takes longer each time; a minute is enough for all pages and some groups.
    let (passes, report) = pass(&account, &mut at, 240);
    assert!(passes > 3, "{passes}");
    assert_eq!((report.attached, report.failed, account.attached().len()), (500, 0, 500));
}

#[test]
fn trouble_with_one_log_group_holds_up_no_other() {
    let mut account = Account::with((0..5).map(|n| format!("/shop/{n}")));
    account.denied = Some("/shop/1".to_owned());
    let others = vec![filter("a", "", "arn:a"), filter("b", "", "arn:b")];
    account.groups.borrow_mut().insert("/shop/2".to_owned(), others.clone());
    let mine = vec![filter("a", "", "arn:a"), filter("older", "", INGEST)];
    account.groups.borrow_mut().insert("/shop/3".to_owned(), mine);
    let mut at = asked(None, "/shop/*");
    let (_, report) = pass(&account, &mut at, 600);
    assert_eq!((report.attached, report.failed), (3, 2));
    let taken = TroubleKind::Taken(vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(report.troubles[1].kind, taken);
    assert_eq!(account.groups.borrow()["/shop/2"], others, "others' filters are never touched");
    assert_eq!(account.attached(), ["/shop/0", "/shop/3", "/shop/4"]);
    assert!(account.groups.borrow()["/shop/3"].contains(&wanted()), "an older one made room");
}

#[test]
fn an_attachment_is_kept_as_json_and_read_leniently() {
    let mut at = asked(None, "/a,/b*");
    at.cursor = Some(Cursor { prefix: 1, after: Some("/b1".to_owned()) });
    let text = serde_json::to_string(&at).unwrap();
    assert_eq!(serde_json::from_str::<Attachment>(&text).unwrap(), at);
    let newer = r#"{"version": 3, "patterns": ["/a"], "started_at": "2025-03-12T09:14:00.000Z",
        "leaving": {"some": "thing"}, "cursor": "new", "more": 1}"#;
    let read: Attachment = serde_json::from_str(newer).unwrap();
    assert!(read.expects("/a") && read.cursor.is_none());
}

#[test]
fn a_pass_begins_an_hour_after_the_one_before() {
    let mut at = asked(None, "/a");
    assert!(at.clone().due(now()).is_some(), "one that is not done goes on");
    at.cursor = None;
    for (minutes, due) in [(0, false), (59, false), (60, true), (-5, true)] {
        let then = now().plus_millis(minutes * 60_000);
        assert_eq!(at.clone().due(then).is_some(), due, "{minutes}");
    }
}
