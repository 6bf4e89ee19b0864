//! Several writes, all or nothing.

use alerting::LedgerError;
use aws_sdk_dynamodb::error::{BuildError, SdkError};
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{Delete, Put, TransactWriteItem, Update as UpdateAction};

use super::errors::{self, Cancelled};
use super::item::{self, Item};
use super::keys::Key;
use super::update::Update;
use crate::clients::Clients;
use crate::random;

/// Writes to the same rows push each other off; five tries, the last after about a third of a second,
/// outlast all but a crowd.
const MAX_TRIES: u32 = 5;

/// Writes that are to happen together.
#[derive(Debug)]
pub(super) struct Transaction<'a> {
    clients: &'a Clients,
    table: &'a str,
    actions: Vec<TransactWriteItem>,
}

/// How a transaction ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Done,
    /// A condition did not hold, and nothing was written.
    ConditionFailed,
}

impl<'a> Transaction<'a> {
    pub(super) const fn new(clients: &'a Clients, table: &'a str) -> Self {
        Self { clients, table, actions: Vec::new() }
    }

    /// Puts a row, whatever was there.
    pub(super) fn put(self, item: Item) -> Result<Self, LedgerError> {
        let put = Put::builder().table_name(self.table).set_item(Some(item)).build();
        let put = put.map_err(|error| incomplete(&error))?;
        Ok(self.with(TransactWriteItem::builder().put(put).build()))
    }

    /// Deletes a row, if it is there.
    pub(super) fn delete(self, key: Key) -> Result<Self, LedgerError> {
        let delete =
            Delete::builder().table_name(self.table).set_key(Some(item::keyed(key))).build();
        let delete = delete.map_err(|error| incomplete(&error))?;
        Ok(self.with(TransactWriteItem::builder().delete(delete).build()))
    }

    /// Deletes a row, which must be there.
    pub(super) fn delete_existing(self, key: Key) -> Result<Self, LedgerError> {
        let delete = Delete::builder()
            .table_name(self.table)
            .set_key(Some(item::keyed(key)))
            .condition_expression("attribute_exists(#pk)")
            .expression_attribute_names("#pk", "pk")
            .build()
            .map_err(|error| incomplete(&error))?;
        Ok(self.with(TransactWriteItem::builder().delete(delete).build()))
    }

    /// Updates a row if the condition holds.
    pub(super) fn update(
        self,
        key: Key,
        update: &Update,
        condition: &str,
    ) -> Result<Self, LedgerError> {
        let action = UpdateAction::builder()
            .table_name(self.table)
            .set_key(Some(item::keyed(key)))
            .update_expression(update.expression())
            .condition_expression(condition)
            .set_expression_attribute_names(Some(update.names()))
            .set_expression_attribute_values(update.values())
            .build()
            .map_err(|error| incomplete(&error))?;
        Ok(self.with(TransactWriteItem::builder().update(action).build()))
    }

    fn with(mut self, action: TransactWriteItem) -> Self {
        self.actions.push(action);
        self
    }

    /// Writes it all, or nothing. The SDK gives its own tries one request token, so that a try whose
    /// answer was lost is not undone by the condition that it itself made false.
    pub(super) async fn run(self) -> Result<Outcome, LedgerError> {
        let client = self.clients.dynamodb().await;
        for tries in 1.. {
            let request = client.transact_write_items();
            let answer = request.set_transact_items(Some(self.actions.clone())).send().await;
            let Err(error) = answer else { return Ok(Outcome::Done) };
            match cancelled(&error) {
                Cancelled::ConditionFailed => return Ok(Outcome::ConditionFailed),
                Cancelled::Busy if tries < MAX_TRIES => {
                    tokio::time::sleep(random::pause(tries)).await;
                }
                Cancelled::Busy => break,
                Cancelled::Failed(LedgerError { reason, retryable }) => {
                    let reason = format!("table {}: {reason}", self.table);
                    return Err(LedgerError { reason, retryable });
                }
            }
        }
        let reason = "other writers kept a transaction from happening".to_owned();
        Err(LedgerError { reason, retryable: true })
    }
}

fn cancelled<R: std::fmt::Debug>(error: &SdkError<TransactWriteItemsError, R>) -> Cancelled {
    match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            let reasons = cancelled.cancellation_reasons();
            errors::of_cancellation(reasons.iter().map(|reason| reason.code()))
        }
        // The same request is still being carried out: its first try timed out.
        Some(TransactWriteItemsError::TransactionInProgressException(_)) => Cancelled::Busy,
        _ => Cancelled::Failed(errors::of_call(error)),
    }
}

/// The SDK asks for fields that every action here has.
fn incomplete(error: &BuildError) -> LedgerError {
    LedgerError { reason: error.to_string(), retryable: false }
}
