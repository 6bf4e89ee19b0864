//! A later release reads what an earlier one left in its table.
//!
//! `fixtures/table-0.1.0.json` is the whole table after [`scenario::play`], as release 0.1.0 wrote it.
//! It never changes. The tests put its rows into a fresh table as they are, and read them back with a
//! clock that stands at the time at which they were dumped, so that none is expired.
//!
//! The scenario follows the code: where types are renamed, it is adapted, and the fixture is not. To freeze
//! a later release, write its table to a file of its own and add a test that reads it:
//!
//! ```sh
//! GATEWATCH_DUMP_TABLE=$PWD/shared/aws/tests/fixtures/table-1.0.0.json \
//!     python tests/local_aws.py -- cargo nextest run -p aws --test local_aws the_scenario_writes
//! ```
//!
//! The file holds the release, the time `at` which the scenario ended, and all rows in the order of
//! their keys, in DynamoDB's JSON: every attribute with its type, binary values in base64.

mod dump;
mod goes_on;
mod newer_rows;
mod reading;
mod scenario;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use crate::local::{self, block_on};
use dump::Dump;

/// The table as release 0.1.0 left it.
fn table_0_1_0() -> Dump {
    Dump::parse(include_str!("../../fixtures/table-0.1.0.json"))
}

/// Where to write the table. An absolute path: tests run in the folder of their package.
fn dump_file() -> Option<PathBuf> {
    std::env::var_os("GATEWATCH_DUMP_TABLE").map(PathBuf::from)
}

/// The kind of a row, by the first part of its key. Rows whose sort key is `-`, and the row of the pass over
/// all stages, are kinds of their own.
fn kind(row: &Value) -> String {
    let part = |name: &str| row[name]["S"].as_str().unwrap();
    let kind = match part("pk") {
        // Sources are spread by a hash.
        "S#0" | "S#1" | "S#2" | "S#3" => "S#n",
        pk @ ("S#open" | "S#told") => pk,
        pk => pk.split('#').next().unwrap(),
    };
    match part("sk") {
        sk @ ("-" | "pass") => format!("{kind} {sk}"),
        _ => kind.to_owned(),
    }
}

/// The attributes that the rows of each kind have, and their types.
fn attributes(dump: &Dump) -> BTreeMap<String, BTreeSet<String>> {
    let mut kinds: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in &dump.rows {
        let names = row.as_object().unwrap().iter().map(|(name, value)| {
            let kind_of_value = value.as_object().unwrap().keys().next().unwrap();
            format!("{name}: {kind_of_value}")
        });
        kinds.entry(kind(row)).or_default().extend(names);
    }
    kinds
}

#[test]
fn the_scenario_writes_every_kind_of_row_and_attribute_that_it_wrote_before() {
    block_on(async {
        let table = local::new_table().await;
        let at = Box::pin(scenario::play(&table)).await;
        let dump = dump::of(&table, at).await;
        if let Some(file) = dump_file() {
            std::fs::write(&file, dump.to_text()).unwrap();
            return;
        }
        let written = attributes(&dump);
        for (kind, names) in attributes(&table_0_1_0()) {
            let now = written.get(&kind).cloned().unwrap_or_default();
            let lost: Vec<_> = names.difference(&now).collect();
            assert!(lost.is_empty(), "rows `{kind}` no longer have {lost:?}");
        }
    });
}
