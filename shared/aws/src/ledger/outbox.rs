//! Messages owed, and the leases under which they are sent.
//!
//! A lease lives in a row of its own per incident and channel. It is kept when it is given back, because
//! it also remembers the number of the last message sent: that is what keeps a sender that read the
//! outbox a while ago from sending a message again.

use alerting::{ChannelId, Clock, IncidentId, Lease, LedgerError, OutboxRow, Settlement};
use aws_sdk_dynamodb::types::ReturnValue;
use diagnosis::Timestamp;

use super::errors;
use super::item::{self, DAY_MS, Item, TTL};
use super::keys;
use super::table::{Table, Written};
use super::transaction::{Outcome, Transaction};
use super::update::Update;

const INCIDENT: &str = "incident";
const SEQ: &str = "seq";
const CHANNEL: &str = "channel";
const CONTENT: &str = "content";
const CREATED: &str = "created";
const DUE: &str = "due";
const ATTEMPTS: &str = "attempts";

const HOLDER: &str = "holder";
const UNTIL: &str = "until";
const LAST_SENT: &str = "last_sent";
const PLACE: &str = "place";
const EVENT: &str = "event";

/// A lease is kept so long after it was last taken: longer than any of its messages is owed.
const LEASE_KEPT_MS: i64 = 30 * DAY_MS;

/// A row without a time to expire at: what is owed is never forgotten.
pub(super) fn to_item(row: &OutboxRow) -> Result<Item, LedgerError> {
    let content =
        serde_json::to_string(&row.content).map_err(|_| errors::unreadable("a message"))?;
    let event = serde_json::to_string(&row.event).map_err(|_| errors::unreadable("an event"))?;
    let mut item = item::keyed(keys::outbox_row(row));
    item.extend([
        (INCIDENT.to_owned(), item::text(row.incident.as_str())),
        (SEQ.to_owned(), item::number(row.seq)),
        (EVENT.to_owned(), item::text(event)),
        (CHANNEL.to_owned(), item::text(&row.channel)),
        (CONTENT.to_owned(), item::text(content)),
        (CREATED.to_owned(), item::number(row.created_at.as_millis())),
        (DUE.to_owned(), item::number(row.due.as_millis())),
        (ATTEMPTS.to_owned(), item::number(row.attempts)),
    ]);
    Ok(item)
}

fn of_item(item: &Item) -> Option<OutboxRow> {
    let incident = serde_json::Value::from(item::get_text(item, INCIDENT)?);
    Some(OutboxRow {
        incident: serde_json::from_value(incident).ok()?,
        seq: item::get_number(item, SEQ)?,
        event: serde_json::from_str(item::get_text(item, EVENT)?).ok()?,
        channel: item::get_text(item, CHANNEL)?.to_owned(),
        content: serde_json::from_str(item::get_text(item, CONTENT)?).ok()?,
        created_at: item::get_time(item, CREATED)?,
        due: item::get_time(item, DUE)?,
        attempts: item::get_number(item, ATTEMPTS)?,
    })
}

pub(super) async fn owed<K: Clock>(
    table: &Table<K>,
    channel: &ChannelId,
    limit: usize,
) -> Result<Vec<OutboxRow>, LedgerError> {
    let read = |item: Item| {
        let row = of_item(&item);
        if row.is_none() {
            // It must not hold up the rows behind it.
            tracing::error!(row = item::get_text(&item, "sk"), "an outbox row cannot be read");
        }
        row
    };
    table.query_first(&keys::outbox(channel), None, limit, read).await
}

pub(super) async fn lease<K: Clock>(
    table: &Table<K>,
    channel: &ChannelId,
    incident: &IncidentId,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Lease>, LedgerError> {
    let update = Update::default()
        .set(HOLDER, item::text(holder))
        .set(UNTIL, item::number(until.as_millis()))
        .set(TTL, item::seconds(now.plus_millis(LEASE_KEPT_MS)))
        .with_name("#holder", HOLDER)
        .with_name("#until", UNTIL)
        .with_value(":holder", item::text(holder))
        .with_value(":now", item::number(now.as_millis()));
    let condition = "attribute_not_exists(#holder) OR #holder = :holder OR #until <= :now";
    let key = keys::lease(&channel.to_string(), incident);
    Ok(match table.update(key, &update, condition, ReturnValue::AllNew).await? {
        Written::ConditionFailed => None,
        Written::Done(row) => Some(Lease {
            last_sent: item::get_number(&row, LAST_SENT).unwrap_or(0),
            place: item::get_text(&row, PLACE).map(str::to_owned),
        }),
    })
}

/// The row and the lease change together, and only for who holds the lease.
pub(super) async fn settle<K: Clock>(
    table: &Table<K>,
    row: &OutboxRow,
    holder: &str,
    settlement: Settlement,
) -> Result<(), LedgerError> {
    let usual = match &settlement {
        Settlement::Done { place } => {
            let sent = give_back(holder).set(LAST_SENT, item::number(row.seq));
            let sent = match place {
                Some(place) => sent.set(PLACE, item::text(place)),
                None => sent,
            };
            let given_back = sent.with_name("#last", LAST_SENT);
            let given_back = given_back.with_value(":seq", item::number(row.seq));
            let condition = "#holder = :holder AND (attribute_not_exists(#last) OR #last < :seq)";
            lease_update(table, row, &given_back, condition)?.delete(keys::outbox_row(row))?
        }
        Settlement::RetryAt(due) => {
            let later = Update::default()
                .set(DUE, item::number(due.as_millis()))
                .add(ATTEMPTS, item::number(1))
                .with_name("#pk", "pk");
            lease_update(table, row, &give_back(holder), "#holder = :holder")?.update(
                keys::outbox_row(row),
                &later,
                "attribute_exists(#pk)",
            )?
        }
    };
    if usual.run().await? == Outcome::Done {
        return Ok(());
    }
    // Either the lease is lost, and this fails as well, which is all right; or a later message has been
    // sent already, or the row is gone. Then what is left to do is to remove it and give the lease back.
    let rest = lease_update(table, row, &give_back(holder), "#holder = :holder")?;
    let rest = match settlement {
        Settlement::Done { .. } => rest.delete(keys::outbox_row(row))?,
        Settlement::RetryAt(_) => rest,
    };
    rest.run().await.map(|_| ())
}

fn give_back(holder: &str) -> Update {
    Update::default()
        .remove(HOLDER)
        .remove(UNTIL)
        .with_name("#holder", HOLDER)
        .with_value(":holder", item::text(holder))
}

fn lease_update<'a, K: Clock>(
    table: &'a Table<K>,
    row: &OutboxRow,
    update: &Update,
    condition: &str,
) -> Result<Transaction<'a>, LedgerError> {
    table.transaction().update(keys::lease(&row.channel, &row.incident), update, condition)
}

#[cfg(test)]
mod tests {
    use alerting::{Content, Event, IncidentId, OutboxRow, Source};
    use diagnosis::{Cause, Timestamp};

    use super::{of_item, to_item};

    #[test]
    fn a_row_comes_back_as_it_was_and_never_expires() {
        let source = Source::LogGroup("/shop".to_owned());
        let row = OutboxRow {
            incident: IncidentId::new("1", &source, Cause::LambdaTimedOut, 7),
            seq: 3,
            event: Event::Resolved,
            channel: "sms:+12025550123".to_owned(),
            content: Content::Email { subject: "a".to_owned(), body: "\u{2603}".to_owned() },
            created_at: Timestamp::from_millis(1_741_770_847_123),
            due: Timestamp::from_millis(1_741_770_847_124),
            attempts: 2,
        };
        let item = to_item(&row).unwrap();
        assert_eq!(of_item(&item), Some(row));
        assert!(!item.contains_key("ttl"));
        for missing in
            ["incident", "seq", "event", "channel", "content", "created", "due", "attempts"]
        {
            let mut item = item.clone();
            item.remove(missing);
            assert_eq!(of_item(&item), None, "without {missing}");
        }
    }
}
