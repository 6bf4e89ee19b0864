//! What is known of log groups.

use diagnosis::ApiType;

use crate::attachment::{Attachment, Patterns};
use crate::inventory::{
    ExecutionLogging, InventoryRefresh, LogGroupInventory, Progress, StageInfo,
};
use crate::store::contract::now;
use crate::store::{Committed, Ledger};

fn stage(number: usize, group: &str, format: &str) -> StageInfo {
    StageInfo {
        api_id: format!("a{number:09}"),
        api_name: Some(format!("orders \u{2603} {number}")),
        api_type: [ApiType::Rest, ApiType::Http, ApiType::WebSocket][number % 3],
        stage: "$default".to_owned(),
        access_log_group: Some(group.to_owned()),
        format: Some(format.to_owned()),
        execution_logging: [None, Some(ExecutionLogging::Off), Some(ExecutionLogging::Errors)]
            [number % 3],
    }
}

fn known(stages: Vec<StageInfo>) -> LogGroupInventory {
    LogGroupInventory { stages, refreshed_at: now() }
}

pub async fn a_log_group_is_known_until_it_is_forgotten<L: Ledger>(ledger: &L, prefix: &str) {
    let bare =
        StageInfo { api_name: None, access_log_group: None, format: None, ..stage(0, prefix, "") };
    assert_eq!(ledger.log_group(prefix).await.unwrap(), None);
    for stages in [
        vec![stage(0, prefix, r#"{"s":"$context.status"}"#)],
        vec![stage(1, prefix, "$context.status"), bare, stage(2, prefix, "$context.status \u{e9}")],
        vec![],
    ] {
        let known = known(stages);
        for _ in 0..2 {
            ledger.store_log_group(prefix, &known).await.unwrap();
            assert_eq!(ledger.log_group(prefix).await.unwrap(), Some(known.clone()));
        }
    }
    for _ in 0..2 {
        ledger.forget_log_group(prefix).await.unwrap();
        assert_eq!(ledger.log_group(prefix).await.unwrap(), None);
    }
}

pub async fn log_groups_do_not_see_each_others_stages<L: Ledger>(ledger: &L, prefix: &str) {
    let groups = ["", "#x", "%23x", "/x"].map(|end| format!("{prefix}{end}"));
    for (number, group) in groups.iter().enumerate() {
        let known = known(vec![stage(number, group, "$context.status")]);
        ledger.store_log_group(group, &known).await.unwrap();
    }
    for (number, group) in groups.iter().enumerate() {
        let found = ledger.log_group(group).await.unwrap().unwrap();
        assert_eq!(found.stages, [stage(number, group, "$context.status")], "{group}");
    }
}

pub async fn as_many_stages_are_kept_as_a_row_may_have<L: Ledger>(ledger: &L, prefix: &str) {
    let format = |number: usize| format!("{} {}", "\"".repeat(3_000), number % 8);
    let stages = (0..300).map(|number| stage(number, prefix, &format(number))).collect();
    let known = known(stages);
    ledger.store_log_group(prefix, &known).await.unwrap();
    assert_eq!(ledger.log_group(prefix).await.unwrap(), Some(known));
}

/// The only promise that touches the refresh: there is one for all of a ledger.
pub async fn a_refresh_is_changed_by_the_first<L: Ledger>(ledger: &L, prefix: &str) {
    let before = ledger.inventory_refresh().await.unwrap();
    let mut mine = before.unwrap_or_else(|| InventoryRefresh::first(now()));
    mine.gathered = (0..50).map(|number| stage(number, prefix, "$context.status")).collect();
    mine.version += 1;
    let mut theirs = mine.clone();
    theirs.progress = Progress::Reading(Some(format!("{prefix} \"\u{2603}")));
    assert_eq!(ledger.store_inventory_refresh(&theirs).await.unwrap(), Committed::Done);
    assert_eq!(ledger.store_inventory_refresh(&mine).await.unwrap(), Committed::Conflict);
    assert_eq!(ledger.inventory_refresh().await.unwrap(), Some(theirs.clone()));
    for progress in [Progress::Writing, Progress::Finished] {
        theirs.version += 1;
        theirs.progress = progress;
        assert_eq!(ledger.store_inventory_refresh(&theirs).await.unwrap(), Committed::Done);
        assert_eq!(ledger.inventory_refresh().await.unwrap(), Some(theirs.clone()));
    }
    theirs.version += 2;
    assert_eq!(ledger.store_inventory_refresh(&theirs).await.unwrap(), Committed::Conflict);
}

/// The only promise that touches the attachment: there is one for all of a ledger.
pub async fn an_attachment_is_changed_by_the_first<L: Ledger>(ledger: &L, prefix: &str) {
    let before = ledger.attachment().await.unwrap();
    // As much as a parameter of a stack can hold.
    let list: Vec<String> = (0..60).map(|n| format!("/{prefix}\u{2603}/{n:060}*")).collect();
    let patterns = Patterns::of(list.iter().map(String::as_str));
    let mut mine = Attachment::changed(before.as_ref(), &Patterns::default(), patterns, now());
    mine.version += 1;
    let theirs = Attachment { cursor: None, ..mine.clone() };
    assert_eq!(ledger.store_attachment(&theirs).await.unwrap(), Committed::Done);
    assert_eq!(ledger.store_attachment(&mine).await.unwrap(), Committed::Conflict);
    assert_eq!(ledger.attachment().await.unwrap(), Some(theirs.clone()));
    mine.version += 1;
    assert_eq!(ledger.store_attachment(&mine).await.unwrap(), Committed::Done);
    assert_eq!(ledger.attachment().await.unwrap(), Some(mine));
}
