//! An older version and a newer one on one table.
//!
//! What a newer version may write is made from the rows of the frozen table: values that no list has today,
//! fields and attributes of tomorrow, and rows that cannot be read at all.

use std::collections::BTreeSet;

use alerting::{Attachment, Committed, IncidentId, Ledger as _, Patterns, Source};
use serde_json::{Value, json};

use super::dump::{self, Dump};
use super::table_0_1_0;
use super::world::{Hands, SHOP_GROUP, World};
use crate::local::block_on;

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name]["S"].as_str().unwrap_or_default()
}

fn json_of(row: &Value, name: &str) -> Option<Value> {
    serde_json::from_str(row[name]["S"].as_str()?).ok()
}

/// Changes the JSON in an attribute, where a row has it.
fn change(row: &mut Value, name: &str, change: impl FnOnce(&mut Value)) {
    if let Some(mut json) = json_of(row, name) {
        change(&mut json);
        row[name] = json!({ "S": json.to_string() });
    }
}

/// The causes of tomorrow take the place of this one, in values and keys.
const OF_TODAY: &str = "integration-timeout";
const OF_TOMORROW: &str = "cause-of-tomorrow";

/// The rows as a newer version would have written them.
fn of_tomorrow(mut dump: Dump) -> Dump {
    for row in &mut dump.rows {
        *row = serde_json::from_str(&row.to_string().replace(OF_TODAY, OF_TOMORROW)).unwrap();
        for name in ["incident", "open"] {
            change(row, name, |incident| {
                incident["severity"] = json!("emergency");
                incident["confidence"] = json!("certain");
                incident["watched"] = json!({"routes": 3});
            });
        }
        change(row, "incident", |incident| {
            incident["course"]["pages"] = json!(["ann"]);
            incident["course"]["told"]["why"] = json!("new");
        });
        if text(row, "pk").starts_with("O#") {
            row["event"] = json!({"S": "\"event-of-tomorrow\""});
        }
        row["attribute_of_tomorrow"] = json!({"S": "x"});
    }
    dump
}

/// Seven of ten requests of an API that the table does not know are answered 502.
fn outage(now: i64) -> Vec<String> {
    let line = |n: i64| {
        let (at, status) = (now + n, if n < 7 { 502 } else { 200 });
        format!(
            r#"{{"requestId":"c{at}","apiId":"c3h4a5t6w7","stage":"live","requestTimeEpoch":"{at}","httpMethod":"GET","resourcePath":"/","status":"{status}"}}"#
        )
    };
    (0..10).map(line).collect()
}

/// The outage of another API is announced, and sweeps evaluate and deliver everything for half an hour.
async fn goes_on(world: &World, dump: &Dump) {
    // When slots are free and all channels are open.
    let start = dump.at.plus_millis(20 * 60_000);
    world.hands.set(start);
    let report = world.ingest(SHOP_GROUP, &outage(start.as_millis())).await;
    let told: Vec<_> =
        report.notifications.iter().map(|told| told.incident.api_id.as_deref()).collect();
    assert_eq!(told, [Some("c3h4a5t6w7")]);
    assert_eq!(report.unevaluated, [""; 0]);
    let mut sent = 0;
    for minute in 1..=30 {
        world.hands.set(start.plus_millis(minute * 60_000));
        let swept = world.sweep().await;
        assert_eq!((swept.failed_sources, swept.delivery.ledger_errors), (0, 0), "{minute}");
        sent += swept.delivery.sent;
    }
    assert!(sent > 0);
}

fn incidents(dump: &Dump) -> Vec<(String, Value)> {
    let rows = dump.rows.iter().filter(|row| text(row, "pk").starts_with("I#"));
    rows.filter_map(|row| {
        let key = format!("{} {}", text(row, "pk"), text(row, "sk"));
        Some((key, json_of(row, "incident")?))
    })
    .collect()
}

#[test]
fn rows_of_a_newer_version_stop_nothing_and_keep_what_they_hold() {
    block_on(async {
        let dump = of_tomorrow(table_0_1_0());
        let table = dump.restored_table().await;
        let world = World::on(&table, dump.at).await;
        Box::pin(goes_on(&world, &dump)).await;
        assert_eq!(world.engine.unreadable_rows(), [], "all of it is read");

        let (before, after) = (incidents(&dump), incidents(&dump::of(&table, dump.at).await));
        let mut changed = 0;
        for (key, was) in &before {
            let Some((_, is)) = after.iter().find(|(of, _)| of == key) else {
                panic!("{key} is gone")
            };
            changed += usize::from(is != was);
            for name in ["severity", "watched", "opening_cause", "cause", "covered"] {
                assert_eq!(is[name], was[name], "{key} {name}");
            }
            assert_eq!(is["course"]["pages"], json!(["ann"]), "{key}");
        }
        assert!(changed >= 5, "{changed} rows were written by this version");
        let new: Vec<_> =
            after.iter().filter(|(key, _)| !before.iter().any(|(of, _)| of == key)).collect();
        assert_eq!(new.len(), 1, "each incident stays in its row: {new:?}");
    });
}

#[test]
fn rows_that_cannot_be_read_are_left_out_reported_and_kept() {
    block_on(async {
        let mut dump = table_0_1_0();
        let unreadable = json!({"S": "{\"of\": \"tomorrow\"}"});
        let spoil = ["I#everywhere", "I#stage:storm00001/prod", "I#stage:a1b2c3d4e5/prod"];
        let mut kinds = BTreeSet::new();
        for row in &mut dump.rows {
            let (pk, sk) = (text(row, "pk").to_owned(), text(row, "sk").to_owned());
            let (kind, attribute) = match pk.as_str() {
                _ if spoil.contains(&pk.as_str()) && sk != "-" => ("incident", "incident"),
                "S#open" if sk.starts_with("stage:storm00003") => ("open incident", "open"),
                "S#0" => ("source", "source"),
                "O#email" | "O#slack-bot" if sk.ends_with("2bf0a221ea09#00000000000000000007") => {
                    ("message", "content")
                }
                "Q" if sk == "45d0d139ec2d" => ("silence", "silence"),
                "G#/aws/apigateway/shop" => ("log group", "stages"),
                _ if pk.starts_with("X#") => ("exemplar", "exemplar"),
                _ => continue,
            };
            kinds.insert(kind);
            row[attribute] = unreadable.clone();
        }
        let table = dump.restored_table().await;
        let world = World::on(&table, dump.at).await;
        Box::pin(goes_on(&world, &dump)).await;
        let reported: BTreeSet<_> =
            world.engine.unreadable_rows().into_iter().map(|row| row.kind).collect();
        assert_eq!(reported, kinds);
        let after = dump::of(&table, dump.at).await;
        for row in dump.rows.iter().filter(|row| row.to_string().contains("tomorrow")) {
            let key = (text(row, "pk"), text(row, "sk"));
            let still = after.rows.iter().find(|of| (text(of, "pk"), text(of, "sk")) == key);
            assert_eq!(still, Some(row), "a newer version may read it");
        }
    });
}

#[test]
fn a_source_whose_version_cannot_be_read_begins_anew() {
    block_on(async {
        let mut dump = table_0_1_0();
        let source: Source = "stage:storm00001/prod".parse().unwrap();
        for row in &mut dump.rows {
            if text(row, "pk") == "I#stage:storm00001/prod" && text(row, "sk") == "-" {
                row["version"] = json!({"S": "of tomorrow"});
                row["last"] = json!({"N": "1"});
            }
        }
        let table = dump.restored_table().await;
        let world = World::on(&table, dump.at).await;
        let id: IncidentId = "247767f1da78".parse().unwrap();
        let state = world.ledger().state(&source).await.unwrap();
        assert_eq!((state.version, state.incidents.len()), (0, 1));
        Box::pin(world.engine.acknowledge(&source, &id, "Mary")).await.unwrap();
        let state = world.ledger().state(&source).await.unwrap();
        assert_eq!(state.version, 1);
        assert_eq!(state.incidents[0].history.acknowledged.as_ref().unwrap().by, "Mary");
    });
}

#[test]
fn log_groups_that_a_newer_version_watches_are_written_anew_by_one() {
    block_on(async {
        let mut dump = table_0_1_0();
        dump.rows.push(json!({
            "pk": {"S": "G"},
            "sk": {"S": "attachment"},
            "version": {"N": "7"},
            "watched": {"S": "{\"of\": \"tomorrow\"}"},
        }));
        let table = dump.restored_table().await;
        let ledger = crate::local::ledger_in(&table, Hands::at(dump.at)).await;
        assert_eq!(ledger.attachment().await.unwrap(), None, "every log group is accepted");
        let watched = Attachment::done(Patterns::parse("/my/api"), dump.at);
        assert_eq!(ledger.store_attachment(&watched).await.unwrap(), Committed::Done);
        assert_eq!(ledger.attachment().await.unwrap(), Some(watched.clone()));
        assert_eq!(ledger.store_attachment(&watched).await.unwrap(), Committed::Conflict);
    });
}
