//! A whole table as JSON, and back.

use std::collections::HashMap;

use alerting::Clock as _;
use aws::DynamoLedger;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use diagnosis::Timestamp;
use serde_json::{Value, json};

use super::world::Hands;
use crate::local;

/// The rows of a table, and when they were written.
pub(super) struct Dump {
    pub(super) release: String,
    pub(super) at: Timestamp,
    pub(super) rows: Vec<Value>,
}

impl Dump {
    pub(super) fn parse(text: &str) -> Self {
        let json: Value = serde_json::from_str(text).unwrap();
        Self {
            release: json["release"].as_str().unwrap().to_owned(),
            at: serde_json::from_value(json["at"].clone()).unwrap(),
            rows: json["rows"].as_array().unwrap().clone(),
        }
    }

    pub(super) fn to_text(&self) -> String {
        let Self { release, at, rows } = self;
        let json = json!({ "release": release, "at": at, "rows": rows });
        serde_json::to_string_pretty(&json).unwrap() + "\n"
    }

    /// A ledger on a fresh table that holds these rows, with a clock that stands at their time.
    pub(super) async fn restored(&self) -> (DynamoLedger<Hands>, Hands) {
        let (table, hands) = (self.restored_table().await, Hands::at(self.at));
        debug_assert_eq!(hands.now(), self.at);
        (local::ledger_in(&table, hands.clone()).await, hands)
    }

    /// A fresh table that holds these rows.
    pub(super) async fn restored_table(&self) -> String {
        let (table, dynamodb) = (local::new_table().await, local::dynamodb().await);
        for row in &self.rows {
            let attributes = row.as_object().unwrap().iter();
            let item: HashMap<_, _> =
                attributes.map(|(name, value)| (name.clone(), of_json(value))).collect();
            let put = dynamodb.put_item().table_name(&table).set_item(Some(item));
            put.send().await.unwrap();
        }
        table
    }
}

/// What a table holds.
pub(super) async fn of(table: &str, at: Timestamp) -> Dump {
    let scan = local::dynamodb().await.scan().table_name(table).consistent_read(true);
    let mut items = scan.into_paginator().items().send();
    let mut rows = Vec::new();
    while let Some(item) = items.next().await {
        let item = item.unwrap();
        rows.push(item.iter().map(|(name, value)| (name.clone(), to_json(value))).collect());
    }
    rows.sort_by_key(|row: &Value| {
        let part = |name: &str| row[name]["S"].as_str().unwrap().to_owned();
        (part("pk"), part("sk"))
    });
    Dump { release: env!("CARGO_PKG_VERSION").to_owned(), at, rows }
}

fn to_json(value: &AttributeValue) -> Value {
    let base64 = |bytes: &Blob| BASE64_STANDARD.encode(bytes.as_ref());
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::B(bytes) => json!({ "B": base64(bytes) }),
        AttributeValue::Bool(is) => json!({ "BOOL": is }),
        AttributeValue::Bs(set) => {
            let mut set: Vec<String> = set.iter().map(base64).collect();
            set.sort();
            json!({ "BS": set })
        }
        other => panic!("the ledger writes no {other:?}"),
    }
}

fn of_json(value: &Value) -> AttributeValue {
    let (kind, value) = value.as_object().unwrap().iter().next().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let blob = |value: &Value| Blob::new(BASE64_STANDARD.decode(value.as_str().unwrap()).unwrap());
    match kind.as_str() {
        "S" => AttributeValue::S(text(value)),
        "N" => AttributeValue::N(text(value)),
        "B" => AttributeValue::B(blob(value)),
        "BOOL" => AttributeValue::Bool(value.as_bool().unwrap()),
        "BS" => AttributeValue::Bs(value.as_array().unwrap().iter().map(blob).collect()),
        other => panic!("the ledger writes no {other}"),
    }
}
