//! The table: the few calls that everything else is made of.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use alerting::{Clock, LedgerError, Recorded, UnreadableRow};
use aws_sdk_dynamodb::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{
    AttributeValue, ConsumedCapacity, ReturnConsumedCapacity, ReturnValue,
    ReturnValuesOnConditionCheckFailure,
};
use diagnosis::Timestamp;

use super::item::{self, DAY_MS, Item, TTL};
use super::keys::Key;
use super::transaction::Transaction;
use super::update::Update;
use super::{errors, keys};
use crate::clients::Clients;

/// Counters, breakdown and exemplars are kept so long after they were last written.
const COUNTED_FOR_MS: i64 = 3 * DAY_MS;

/// At most 1,000 unreadable rows are noted before they are reported: more would only fill the log.
const MAX_SET_ASIDE: usize = 1_000;

/// The table that the ledger lies in.
#[derive(Debug)]
pub(super) struct Table<K> {
    clients: Arc<Clients>,
    name: String,
    clock: K,
    written: AtomicU64,
    set_aside: Mutex<BTreeSet<UnreadableRow>>,
}

/// How a conditional write ended.
#[derive(Debug, PartialEq)]
pub(super) enum Written {
    /// It was done; the row as it is now, where that was asked for.
    Done(Item),
    /// The condition did not hold.
    ConditionFailed,
}

/// When a row may be put.
#[derive(Debug)]
pub(super) struct Condition<'a> {
    text: &'a str,
    names: Vec<(&'a str, &'a str)>,
    values: Vec<(&'a str, AttributeValue)>,
}

impl<'a> Condition<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, names: Vec::new(), values: Vec::new() }
    }

    pub(super) fn name(mut self, placeholder: &'a str, name: &'a str) -> Self {
        self.names.push((placeholder, name));
        self
    }

    pub(super) fn value(mut self, placeholder: &'a str, value: AttributeValue) -> Self {
        self.values.push((placeholder, value));
        self
    }

    /// Lets `#ttl` and `:now` be used in it.
    pub(super) fn expiry(self, now: Timestamp) -> Self {
        self.name("#ttl", TTL).value(":now", item::seconds(now))
    }
}

fn pk_of(item: &Item) -> String {
    item::get_text(item, "pk").unwrap_or_default().to_owned()
}

impl<K: Clock> Table<K> {
    pub(super) const fn new(clients: Arc<Clients>, name: String, clock: K) -> Self {
        let set_aside = Mutex::new(BTreeSet::new());
        Self { clients, name, clock, written: AtomicU64::new(0), set_aside }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The write units that single writes have taken, as DynamoDB tells them; it tells nothing of writes
    /// whose condition failed.
    pub(super) fn written_units(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    fn took(&self, consumed: Option<&ConsumedCapacity>) {
        let units = consumed.and_then(ConsumedCapacity::capacity_units).unwrap_or(0.0);
        self.written.fetch_add(units.ceil() as u64, Ordering::Relaxed);
    }

    /// Notes a row that cannot be read. `of` must be fit to be logged: a channel by its kind, not its address.
    pub(super) fn set_aside(&self, kind: &'static str, of: &str, row: &Item) {
        let key = item::get_text(row, "sk").unwrap_or_default().to_owned();
        let mut rows = self.set_aside.lock().unwrap_or_else(PoisonError::into_inner);
        if rows.len() < MAX_SET_ASIDE {
            rows.insert(UnreadableRow { kind, of: of.to_owned(), key });
        }
    }

    /// The rows noted since this was last called.
    pub(super) fn unreadable_rows(&self) -> Vec<UnreadableRow> {
        let mut rows = self.set_aside.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut *rows).into_iter().collect()
    }

    /// The error of a call about rows under a partition key: it names the table and, as far as it may be
    /// logged, the key.
    fn failed<E, R>(&self, pk: &str, error: &SdkError<E, R>) -> LedgerError
    where
        E: ProvideErrorMetadata + std::error::Error + 'static,
        R: std::fmt::Debug,
    {
        let LedgerError { reason, retryable } = errors::of_call(error);
        let (table, key) = (&self.name, keys::shown(pk));
        LedgerError { reason: format!("table {table}, key {key}: {reason}"), retryable }
    }

    /// When rows expire that count something now.
    pub(super) fn counted_until(&self) -> Timestamp {
        self.now().plus_millis(COUNTED_FOR_MS)
    }

    /// The living rows under a partition key, in the order of their sort keys. Sees every write
    /// acknowledged before it began.
    pub(super) async fn query(
        &self,
        pk: &str,
        sks: Option<&RangeInclusive<String>>,
    ) -> Result<Vec<Item>, LedgerError> {
        self.query_first(pk, sks, usize::MAX, Some).await
    }

    /// The first `limit` living rows that `read` makes something of.
    pub(super) async fn query_first<T>(
        &self,
        pk: &str,
        sks: Option<&RangeInclusive<String>>,
        limit: usize,
        read: impl Fn(Item) -> Option<T>,
    ) -> Result<Vec<T>, LedgerError> {
        let mut query = self
            .clients
            .dynamodb()
            .await
            .query()
            .table_name(&self.name)
            .consistent_read(true)
            .expression_attribute_names("#pk", "pk")
            .expression_attribute_values(":pk", item::text(pk));
        query = match sks {
            None => query.key_condition_expression("#pk = :pk"),
            Some(sks) => query
                .key_condition_expression("#pk = :pk AND #sk BETWEEN :from AND :to")
                .expression_attribute_names("#sk", "sk")
                .expression_attribute_values(":from", item::text(sks.start()))
                .expression_attribute_values(":to", item::text(sks.end())),
        };
        if let Ok(limit) = i32::try_from(limit) {
            query = query.limit(limit.max(1));
        }
        let now = self.now();
        let mut found = Vec::new();
        let mut items = query.into_paginator().items().send();
        while found.len() < limit {
            match items.next().await {
                Some(Ok(item)) if item::is_expired(&item, now) => {}
                Some(Ok(item)) => found.extend(read(item)),
                Some(Err(error)) => return Err(self.failed(pk, &error)),
                None => break,
            }
        }
        Ok(found)
    }

    /// One row, if it lives. Sees every write acknowledged before it began.
    pub(super) async fn get(&self, key: Key) -> Result<Option<Item>, LedgerError> {
        let request = self.clients.dynamodb().await.get_item().table_name(&self.name);
        let pk = key.pk.clone();
        let answer = request
            .consistent_read(true)
            .set_key(Some(item::keyed(key)))
            .send()
            .await
            .map_err(|error| self.failed(&pk, &error))?;
        Ok(answer.item.filter(|item| !item::is_expired(item, self.now())))
    }

    /// Puts a row, whatever was there.
    pub(super) async fn put(&self, item: Item) -> Result<(), LedgerError> {
        let request = self.clients.dynamodb().await.put_item().table_name(&self.name);
        let pk = pk_of(&item);
        let answer = request.set_item(Some(item)).send().await;
        answer.map(|_| ()).map_err(|error| self.failed(&pk, &error))
    }

    /// Puts a row if its place is free. An expired row does not count.
    pub(super) async fn put_new(&self, item: Item) -> Result<Written, LedgerError> {
        let condition =
            Condition::new("attribute_not_exists(#pk) OR #ttl <= :now").name("#pk", "pk");
        self.put_if(item, condition.expiry(self.now())).await
    }

    /// Puts a row if the condition holds.
    pub(super) async fn put_if(
        &self,
        item: Item,
        condition: Condition<'_>,
    ) -> Result<Written, LedgerError> {
        let mut request = self.clients.dynamodb().await.put_item().table_name(&self.name);
        for (placeholder, name) in condition.names {
            request = request.expression_attribute_names(placeholder, name);
        }
        for (placeholder, value) in condition.values {
            request = request.expression_attribute_values(placeholder, value);
        }
        let pk = pk_of(&item);
        let answer = request
            .set_item(Some(item))
            .condition_expression(condition.text)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                self.took(answer.consumed_capacity());
                Ok(Written::Done(Item::new()))
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(PutItemError::is_conditional_check_failed_exception) =>
            {
                Ok(Written::ConditionFailed)
            }
            Err(error) => Err(self.failed(&pk, &error)),
        }
    }

    /// Deletes a row. Returns it to the one who was first.
    pub(super) async fn take(&self, key: Key) -> Result<Option<Item>, LedgerError> {
        let request = self.clients.dynamodb().await.delete_item().table_name(&self.name);
        let pk = key.pk.clone();
        let answer = request
            .set_key(Some(item::keyed(key)))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| self.failed(&pk, &error))?;
        Ok(answer.attributes)
    }

    /// Updates a row if the condition holds, and returns what `returning` asks for.
    pub(super) async fn update(
        &self,
        key: Key,
        update: &Update,
        condition: &str,
        returning: ReturnValue,
    ) -> Result<Written, LedgerError> {
        let request = self.clients.dynamodb().await.update_item().table_name(&self.name);
        let pk = key.pk.clone();
        let answer = request
            .set_key(Some(item::keyed(key)))
            .update_expression(update.expression())
            .condition_expression(condition)
            .set_expression_attribute_names(Some(update.names()))
            .set_expression_attribute_values(update.values())
            .return_values(returning)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                self.took(answer.consumed_capacity());
                Ok(Written::Done(answer.attributes.unwrap_or_default()))
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(UpdateItemError::is_conditional_check_failed_exception) =>
            {
                Ok(Written::ConditionFailed)
            }
            Err(error) => Err(self.failed(&pk, &error)),
        }
    }

    /// Updates a row if the condition holds. Returns the row as it is then, whether or not it did.
    pub(super) async fn update_and_see(
        &self,
        key: Key,
        update: &Update,
        condition: &str,
    ) -> Result<Item, LedgerError> {
        let request = self.clients.dynamodb().await.update_item().table_name(&self.name);
        let pk = key.pk.clone();
        let answer = request
            .set_key(Some(item::keyed(key)))
            .update_expression(update.expression())
            .condition_expression(condition)
            .set_expression_attribute_names(Some(update.names()))
            .set_expression_attribute_values(update.values())
            .return_values(ReturnValue::AllNew)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(answer) => {
                self.took(answer.consumed_capacity());
                Ok(answer.attributes.unwrap_or_default())
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    Ok(failed.item().cloned().unwrap_or_default())
                }
                _ => Err(self.failed(&pk, &error)),
            },
        }
    }

    /// Adds to a row of sums, once per `hash`: the row keeps the hashes of what it has counted. A try
    /// whose answer was lost is found counted by the next, like any redelivery.
    ///
    /// An expired row that is added to lives on with all it counted: so each batch counts once however
    /// late it comes again.
    pub(super) async fn add_once(
        &self,
        key: Key,
        update: Update,
        hash: u64,
    ) -> Result<Recorded, LedgerError> {
        let hash = hash.to_be_bytes();
        let guarded = update
            .add("b", item::set_of_bytes([&hash[..]]))
            .set(TTL, item::seconds(self.counted_until()))
            .with_name("#b", "b")
            .with_value(":hash", item::bytes(&hash));
        let condition = "NOT contains(#b, :hash)";
        let written = self.update(key, &guarded, condition, ReturnValue::None).await?;
        Ok(match written {
            Written::Done(_) => Recorded::New,
            Written::ConditionFailed => Recorded::Duplicate,
        })
    }

    /// The living rows of the minutes `from` to `to` under a partition key.
    pub(super) async fn minutes(
        &self,
        pk: &str,
        from: i64,
        to: i64,
    ) -> Result<Vec<Item>, LedgerError> {
        match keys::minutes(from, to) {
            None => Ok(Vec::new()),
            Some(sks) => self.query(pk, Some(&sks)).await,
        }
    }

    /// A transaction without actions.
    pub(super) fn transaction(&self) -> Transaction<'_> {
        Transaction::new(&self.clients, &self.name)
    }
}
