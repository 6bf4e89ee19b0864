//! Puts rows that cannot be read into a table.

use std::collections::HashMap;
use std::sync::Arc;

use alerting::{BadRow, Clock};
use aws::DynamoLedger;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::local;

/// A ledger on a table of its own, and a way to put bad rows into it.
async fn planting() -> (Arc<DynamoLedger<impl Clock>>, impl AsyncFn(BadRow)) {
    let table = local::new_table().await;
    let ledger = Arc::new(local::ledger_in(&table, alerting::contract::now).await);
    (ledger, async move |row| plant(&table, row).await)
}

/// What a row of another version may look like: an attribute that should be JSON is none, or it is absent.
async fn plant(table: &str, row: BadRow) {
    let (pk, sk, attribute) = match row {
        BadRow::Incident(source) => (format!("I#{source}"), "a#b".to_owned(), "incident"),
        BadRow::OpenIncident(source) => ("S#open".to_owned(), format!("{source}#a#b"), "open"),
        BadRow::Message(channel) => (format!("O#{channel}"), format!("{:015}#a#1", 0), "event"),
        BadRow::Silence(id) => ("Q".to_owned(), id, "silence"),
        BadRow::LogGroup(name) => (format!("G#{name}"), "-".to_owned(), "stages"),
        BadRow::Exemplar(source, minute) => {
            (format!("X#{source}"), format!("{minute:010}#a#000"), "exemplar")
        }
    };
    let text = |value: &str| AttributeValue::S(value.to_owned());
    let item = [("pk", text(&pk)), ("sk", text(&sk)), (attribute, text("{"))]
        .map(|(n, v)| (n.to_owned(), v));
    let put = local::dynamodb().await.put_item().table_name(table);
    put.set_item(Some(HashMap::from(item))).send().await.unwrap();
}

alerting::ledger_contract_on_bad_rows!(planting(), local::block_on);
