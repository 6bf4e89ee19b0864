use std::collections::BTreeSet;

use diagnosis::{ApiType, Timestamp};

use crate::inventory::{InventoryRefresh, LogGroupInventory, Progress, StageInfo, StagesPage};
use crate::source::Source;

fn stage(api_id: &str, group: &str, format: Option<String>) -> StageInfo {
    StageInfo {
        api_id: api_id.to_owned(),
        api_name: Some("a name".to_owned()),
        api_type: ApiType::Http,
        stage: "prod".to_owned(),
        access_log_group: Some(group.to_owned()),
        format,
        execution_logging: None,
    }
}

fn at(minute: i64) -> Timestamp {
    Timestamp::of_minute(30_000_000 + minute)
}

/// A refresh that has read these stages.
fn read(stages: Vec<StageInfo>, watched: &[&str]) -> InventoryRefresh {
    let mut refresh = InventoryRefresh::first(at(0));
    refresh.take(StagesPage { stages, next: None }, among(watched));
    refresh
}

fn among(names: &[&str]) -> impl Fn(&str) -> bool {
    move |group| names.contains(&group)
}

#[test]
fn a_refresh_fits_its_row_whatever_the_account_holds_and_what_is_cut_is_counted() {
    let watched = ["/shop"];
    let quotes = || "\"".repeat(3_000);
    let many = |format: &dyn Fn(usize) -> Option<String>| -> Vec<StageInfo> {
        (0..3_000).map(|n| stage(&format!("a{n}"), "/shop", format(n))).collect()
    };
    let long = StageInfo { api_name: Some("\u{2603}".repeat(2_000)), ..stage("a", "/shop", None) };
    let longs = (0..3_000).map(|n| StageInfo { api_id: format!("a{n}"), ..long.clone() }).collect();
    for (stages, at_least) in [
        (many(&|_| None), 1_000),
        (many(&|_| Some(quotes())), 1_000),
        (many(&|n| Some(format!("{} {n}", quotes()))), 30),
        (longs, 300),
    ] {
        let refresh = read(stages, &watched);
        let bytes = serde_json::to_string(&refresh).unwrap().len();
        let kept = refresh.gathered.len();
        assert!(kept >= at_least && bytes < 250_000, "{kept} stages, {bytes} bytes");
        assert_eq!(kept as u64 + refresh.cut, 3_000);
        let rows = refresh.to_write(among(&watched));
        let row = rows[0].1.clone().unwrap();
        assert!(row.len() <= 300, "{}", row.len());
        let formats: BTreeSet<_> = row.iter().filter_map(|stage| stage.format.clone()).collect();
        assert!(formats.len() <= 8, "{}", formats.len());
    }
}

#[test]
fn only_stages_of_watched_log_groups_are_kept() {
    let watched = ["/shop", "API-Gateway-Execution-Logs_a1b2c3d4e5/prod"];
    let refresh = read(
        vec![
            stage("f6g7h8i9j0", "/shop", None),
            stage("a1b2c3d4e5", "/elsewhere", Some("$context.status".to_owned())),
            stage("k1l2m3n4o5", "/elsewhere", None),
        ],
        &watched,
    );
    let rows: Vec<(String, Vec<String>)> = refresh
        .to_write(among(&watched))
        .into_iter()
        .map(|(group, row)| (group, row.unwrap().into_iter().map(|stage| stage.api_id).collect()))
        .collect();
    assert_eq!(
        rows,
        [
            ("/shop".to_owned(), vec!["f6g7h8i9j0".to_owned()]),
            (
                "API-Gateway-Execution-Logs_a1b2c3d4e5/prod".to_owned(),
                vec!["a1b2c3d4e5".to_owned()],
            ),
        ]
    );
}

#[test]
fn a_row_is_written_when_it_has_changed_and_once_a_day() {
    let watched = ["/shop", "/other"];
    let shop = || stage("a1b2c3d4e5", "/shop", None);
    let mut refresh = read(vec![shop()], &watched);
    for (minute, stages, due) in [
        (0, vec![shop()], vec!["/shop"]),
        (10, vec![shop()], vec![]),
        // the order in which pages came does not matter
        (20, vec![stage("f6g7h8i9j0", "/shop", None), shop()], vec!["/shop"]),
        (30, vec![shop(), stage("f6g7h8i9j0", "/shop", None)], vec![]),
        (24 * 60 + 30, vec![shop(), stage("f6g7h8i9j0", "/shop", None)], vec!["/shop"]),
        (24 * 60 + 40, vec![stage("k1l2m3n4o5", "/other", None)], vec!["/other", "/shop"]),
        (24 * 60 + 50, vec![stage("k1l2m3n4o5", "/other", None)], vec![]),
    ] {
        if minute > 0 {
            let early = refresh.started_at.plus_millis(10 * 60_000 - 1);
            assert_eq!(refresh.clone().due(early), None);
            refresh = refresh.due(at(minute)).unwrap();
            assert_eq!(refresh.progress, Progress::Reading(None));
            refresh.take(StagesPage { stages, next: None }, among(&watched));
        }
        let rows = refresh.to_write(among(&watched));
        assert_eq!(
            rows.iter().map(|(group, _)| group.as_str()).collect::<Vec<_>>(),
            due,
            "{minute}"
        );
        for (group, row) in rows {
            refresh.wrote(&group, row.as_deref());
        }
        refresh.finish();
        // as it comes back from the ledger
        let json = serde_json::to_string(&refresh).unwrap();
        assert_eq!(serde_json::from_str::<InventoryRefresh>(&json).unwrap(), refresh);
    }
}

#[test]
fn an_api_is_known_by_any_of_its_stages_and_a_stage_by_both_its_names() {
    let stages = vec![stage("a1b2c3d4e5", "/shop", None)];
    let known = LogGroupInventory { stages, refreshed_at: at(0) };
    let source = |api_id: &str, stage: &str| Source::Stage {
        api_id: api_id.to_owned(),
        stage: stage.to_owned(),
    };
    for (source, has_stage, has_name) in [
        (source("a1b2c3d4e5", "prod"), true, true),
        (source("a1b2c3d4e5", "dev"), false, true),
        (source("f6g7h8i9j0", "prod"), false, false),
        (Source::LogGroup("/shop".to_owned()), false, false),
        (Source::Everywhere, false, false),
    ] {
        assert_eq!(known.stage(&source).is_some(), has_stage, "{source}");
        assert_eq!(known.api_name(&source).is_some(), has_name, "{source}");
    }
}

#[test]
fn a_stage_of_an_unknown_kind_costs_no_other_stage() {
    let stages = vec![stage("a1b2c3d4e5", "/shop", None), stage("f6g7h8i9j0", "/shop", None)];
    let known = LogGroupInventory { stages, refreshed_at: at(0) };
    let mut row = serde_json::to_value(&known).unwrap();
    row["stages"]["stages"][0]["t"] = serde_json::json!("kind-of-tomorrow");
    row["stages"]["stages"][1]["x"] = serde_json::json!("level-of-tomorrow");
    let read: LogGroupInventory = serde_json::from_value(row).unwrap();
    assert_eq!(read.stages, known.stages[1..]);
}
