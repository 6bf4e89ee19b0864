//! Messages owed, and the leases under which they are sent.
//!
//! A lease lives in a row of its own per incident and channel. It is kept when it is given back, because
//! it also remembers the number of the last message sent: that is what keeps a sender that read the
//! outbox a while ago from sending a message again.

use alerting::{
    ChannelId, Clock, Condition, Event, IncidentId, Lease, LedgerError, OutboxKey, OutboxRow,
    Settlement,
};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use diagnosis::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::errors;
use super::item::{self, DAY_MS, Item, TTL};
use super::keys::{self, Key};
use super::limits::{self, Room, SMALL_ROW_BYTES};
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
const OPENED: &str = "opened";
const CONDITION: &str = "condition";
const FAILURE: &str = "failure";
const NAMES_MEMBERS: &str = "names_members";
const STAND_IN_AT: &str = "stand_in_at";
const CRITICAL_OPENING: &str = "critical_opening";
const REASON: &str = "reason";

const HOLDER: &str = "holder";
const UNTIL: &str = "until";
const LAST_SENT: &str = "last_sent";
const MESSAGE_REF: &str = "place";
const UNSURE: &str = "unsure";
const EVENT: &str = "event";

/// A lease is kept so long after it was last taken: longer than any of its messages is owed.
const LEASE_TTL_MS: i64 = 30 * DAY_MS;

/// A row without a time to expire at: what is owed is never forgotten.
pub(super) fn to_item(row: &OutboxRow) -> Result<Item, LedgerError> {
    let mut item = item::keyed(keys::outbox_row(row));
    item.extend([
        (INCIDENT.to_owned(), item::text(row.incident.as_str())),
        (SEQ.to_owned(), item::number(row.seq)),
        (EVENT.to_owned(), item::text(json(&row.event)?)),
        (OPENED.to_owned(), item::number(row.opened_at.as_millis())),
        (CONDITION.to_owned(), item::text(json(&row.condition)?)),
        (CHANNEL.to_owned(), item::text(row.channel.to_string())),
        (CONTENT.to_owned(), item::text(json(&row.content)?)),
        (CREATED.to_owned(), item::number(row.created_at.as_millis())),
        (DUE.to_owned(), item::number(row.due.as_millis())),
        (ATTEMPTS.to_owned(), item::number(row.attempts)),
        (CRITICAL_OPENING.to_owned(), AttributeValue::Bool(row.critical_opening)),
    ]);
    if let Some(at) = row.stand_in_at {
        item.insert(STAND_IN_AT.to_owned(), item::number(at.as_millis()));
    }
    if let Some(failure) = &row.failure {
        item.insert(FAILURE.to_owned(), item::text(json(failure)?));
    }
    if let Some(reason) = &row.reason {
        item.insert(REASON.to_owned(), item::text(json(reason)?));
    }
    if row.names_members {
        item.insert(NAMES_MEMBERS.to_owned(), AttributeValue::Bool(true));
    }
    Ok(item)
}

fn json(value: &impl Serialize) -> Result<String, LedgerError> {
    serde_json::to_string(value).map_err(|_| errors::unwritable("a message pending"))
}

fn get_json<T: DeserializeOwned>(item: &Item, name: &str) -> Option<T> {
    serde_json::from_str(item::get_text(item, name)?).ok()
}

/// `None` without the attribute; its default where a later version has written what this one does not know.
fn get_known<T: DeserializeOwned>(item: &Item, name: &str, unknown: T) -> Option<T> {
    Some(serde_json::from_str(item::get_text(item, name)?).unwrap_or(unknown))
}

fn of_item(item: &Item) -> Option<OutboxRow> {
    let incident = serde_json::Value::from(item::get_text(item, INCIDENT)?);
    let event = get_known(item, EVENT, Event::Updated)?;
    // In rows of a version that did not keep it, an opening may be that of a critical incident.
    let critical_opening = item.get(CRITICAL_OPENING).and_then(|value| value.as_bool().ok());
    Some(OutboxRow {
        incident: serde_json::from_value(incident).ok()?,
        opened_at: item::get_time(item, OPENED)?,
        seq: item::get_number(item, SEQ)?,
        event,
        channel: item::get_text(item, CHANNEL)?.parse().ok()?,
        content: get_json(item, CONTENT)?,
        created_at: item::get_time(item, CREATED)?,
        due: item::get_time(item, DUE)?,
        attempts: item::get_number(item, ATTEMPTS)?,
        // Better a message too many than one too few.
        condition: get_known(item, CONDITION, Condition::Always)?,
        failure: get_json(item, FAILURE),
        names_members: item.get(NAMES_MEMBERS) == Some(&AttributeValue::Bool(true)),
        stand_in_at: item::get_time(item, STAND_IN_AT),
        critical_opening: critical_opening.copied().unwrap_or(event == Event::Opened),
        reason: get_json(item, REASON),
    })
}

pub(super) async fn pending<K: Clock>(
    table: &Table<K>,
    channel: &ChannelId,
    after: Option<&OutboxKey>,
    limit: usize,
) -> Result<Vec<OutboxRow>, LedgerError> {
    let read = |item: Item| {
        let row = of_item(&item);
        if row.is_none() {
            // It must not hold up the rows behind it.
            table.set_aside("message", channel.kind_name(), &item);
        }
        row
    };
    let behind = after.map(keys::outbox_behind);
    table.query_first(&keys::outbox(channel), behind.as_ref(), limit, read).await
}

pub(super) async fn last_sent<K: Clock>(
    table: &Table<K>,
    channel: &ChannelId,
    incident: &IncidentId,
) -> Result<u64, LedgerError> {
    let lease = table.get(keys::lease(channel, incident)).await?;
    Ok(lease.and_then(|row| item::get_number(&row, LAST_SENT)).unwrap_or(0))
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
        .set(TTL, item::seconds(now.plus_millis(LEASE_TTL_MS)))
        .with_name("#holder", HOLDER)
        .with_name("#until", UNTIL)
        .with_value(":holder", item::text(holder))
        .with_value(":now", item::number(now.as_millis()));
    let condition = "attribute_not_exists(#holder) OR #holder = :holder OR #until <= :now";
    let key = keys::lease(channel, incident);
    Ok(match table.update(key, &update, condition, ReturnValue::AllOld).await? {
        Written::ConditionFailed => None,
        Written::Done(before) => Some(Lease {
            last_sent: item::get_number(&before, LAST_SENT).unwrap_or(0),
            message_ref: item::get_text(&before, MESSAGE_REF).map(str::to_owned),
            abandoned: before.contains_key(HOLDER),
            unsure: before.contains_key(UNSURE),
        }),
    })
}

pub(super) async fn give_back<K: Clock>(
    table: &Table<K>,
    channel: &ChannelId,
    incident: &IncidentId,
    holder: &str,
) -> Result<(), LedgerError> {
    let key = keys::lease(channel, incident);
    table.update(key, &released(holder), HELD, ReturnValue::None).await.map(|_| ())
}

/// The rows and the lease change together, and only for who holds the lease. Rows that are too many or too
/// large for one transaction are deleted by several: the first notes what was sent, and the last gives the
/// lease back. What a crash in between leaves is decided on again, and nothing of it is sent again.
pub(super) async fn settle<K: Clock>(
    table: &Table<K>,
    rows: &[OutboxRow],
    holder: &str,
    settlement: Settlement,
) -> Result<(), LedgerError> {
    let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return Ok(()) };
    let lease = || keys::lease(&first.channel, &first.incident);
    let seq = last.seq;
    let mut sent = match settlement {
        Settlement::Done { message_ref } => Some(Sent { seq, message_ref, unsure: false }),
        Settlement::MayHaveArrived => Some(Sent { seq, message_ref: None, unsure: true }),
        Settlement::Dropped => None,
        Settlement::RetryAt { due, failure } => {
            let later = Update::default()
                .set(DUE, item::number(due.as_millis()))
                .set(FAILURE, item::text(json(&failure)?))
                .add(ATTEMPTS, item::number(1))
                .with_name("#pk", "pk");
            let back = table.transaction().update(lease(), &released(holder), HELD)?;
            let usual = back.update(keys::outbox_row(first), &later, "attribute_exists(#pk)")?;
            if usual.run().await? == Outcome::ConditionFailed {
                // Either the lease is lost, and this fails as well, which is all right; or the row is gone.
                let back = table.transaction().update(lease(), &released(holder), HELD)?;
                back.run().await?;
            }
            return Ok(());
        }
    };
    let parts = parts(rows)?;
    let count = parts.len();
    for (number, part) in parts.into_iter().enumerate() {
        let update = || if number + 1 == count { released(holder) } else { kept(holder) };
        if let Some(sent) = sent.take() {
            let (update, condition) = sent.noted(update());
            let usual = table.transaction().update(lease(), &update, condition)?;
            if deleting(usual, &part)?.run().await? == Outcome::Done {
                continue;
            }
            // Either the lease is lost, and the next one fails as well, which is all right; or a later
            // message has been sent already, and what is left to do is to remove what is told.
        }
        let rest = table.transaction().update(lease(), &update(), HELD)?;
        if deleting(rest, &part)?.run().await? == Outcome::ConditionFailed {
            return Ok(());
        }
    }
    Ok(())
}

/// Cuts rows into parts that one transaction deletes, beside the lease.
fn parts(rows: &[OutboxRow]) -> Result<Vec<Vec<Key>>, LedgerError> {
    let sized = |row: &OutboxRow| Ok((keys::outbox_row(row), limits::item_bytes(&to_item(row)?)));
    let rows: Vec<(Key, usize)> = rows.iter().map(sized).collect::<Result<_, LedgerError>>()?;
    let room = Room::TRANSACTION.without(1, SMALL_ROW_BYTES);
    let parts = limits::parts(rows, room, 1, |(_, bytes)| *bytes);
    Ok(parts.into_iter().map(|part| part.into_iter().map(|(key, _)| key).collect()).collect())
}

/// What the lease remembers of rows that were sent.
struct Sent {
    seq: u64,
    message_ref: Option<String>,
    /// Whether they only may have been.
    unsure: bool,
}

impl Sent {
    /// An update of the lease that notes it too, and its condition.
    fn noted(self, update: Update) -> (Update, &'static str) {
        let update = update
            .set(LAST_SENT, item::number(self.seq))
            .with_name("#last", LAST_SENT)
            .with_value(":seq", item::number(self.seq));
        let update = if self.unsure {
            update.set(UNSURE, AttributeValue::Bool(true))
        } else {
            update.remove(UNSURE)
        };
        let update = match self.message_ref {
            Some(message_ref) => update.set(MESSAGE_REF, item::text(message_ref)),
            None => update,
        };
        (update, "#holder = :holder AND (attribute_not_exists(#last) OR #last < :seq)")
    }
}

fn deleting<'a>(
    transaction: Transaction<'a>,
    rows: &[Key],
) -> Result<Transaction<'a>, LedgerError> {
    rows.iter().try_fold(transaction, |transaction, key| transaction.delete(key.clone()))
}

/// For who holds the lease.
const HELD: &str = "#holder = :holder";

/// The lease without a holder.
fn released(holder: &str) -> Update {
    Update::default()
        .remove(HOLDER)
        .remove(UNTIL)
        .with_name("#holder", HOLDER)
        .with_value(":holder", item::text(holder))
}

/// The lease with the holder that it has.
fn kept(holder: &str) -> Update {
    Update::default()
        .set(HOLDER, item::text(holder))
        .with_name("#holder", HOLDER)
        .with_value(":holder", item::text(holder))
}

#[cfg(test)]
mod tests {
    use alerting::{
        ChannelId, ChannelKind, Condition, Content, Event, Failure, IncidentId, OutboxRow, Reason,
        Source,
    };
    use diagnosis::{Cause, Timestamp};

    use super::{of_item, to_item};

    fn row() -> OutboxRow {
        let source = Source::LogGroup("/shop".to_owned());
        OutboxRow {
            incident: IncidentId::new("1", &source, Cause::LambdaTimedOut, 7),
            opened_at: Timestamp::from_millis(1_741_770_840_000),
            seq: 3,
            event: Event::Resolved,
            channel: ChannelId::only(ChannelKind::Slack),
            content: Content::Slack { body: serde_json::json!({"text": "a"}) },
            created_at: Timestamp::from_millis(1_741_770_847_123),
            due: Timestamp::from_millis(1_741_770_847_124),
            attempts: 2,
            condition: Condition::IfToldBefore,
            failure: None,
            names_members: false,
            stand_in_at: None,
            critical_opening: false,
            reason: None,
        }
    }

    fn reason() -> Reason {
        serde_json::from_value(serde_json::json!({
            "change": "opened", "rule": "some", "window": "5m", "errors": 7, "requests": 9,
            "threshold": {"min_errors": 5, "min_rate": 0.01, "min_requests": 10},
        }))
        .unwrap()
    }

    #[test]
    fn a_row_comes_back_as_it_was_and_never_expires() {
        let row = OutboxRow {
            channel: ChannelId::sms("+12025550123".to_owned()),
            content: Content::Email {
                subject: "a".to_owned(),
                body: "\u{2603}".to_owned(),
                attributes: [("severity".to_owned(), "critical".to_owned())].into(),
            },
            condition: Condition::UnlessSentOn(vec![ChannelId::only(ChannelKind::Slack)]),
            failure: Some(Failure { reason: "no answer".to_owned(), may_have_arrived: true }),
            names_members: true,
            stand_in_at: Some(Timestamp::from_millis(1_741_771_147_124)),
            critical_opening: true,
            reason: Some(Box::new(reason())),
            ..row()
        };
        let item = to_item(&row).unwrap();
        assert_eq!(of_item(&item), Some(row.clone()));
        let untried = OutboxRow {
            failure: None,
            stand_in_at: None,
            critical_opening: false,
            reason: None,
            ..row
        };
        assert_eq!(of_item(&to_item(&untried).unwrap()), Some(untried));
        assert!(!item.contains_key("ttl"));
        for missing in [
            "incident",
            "opened",
            "seq",
            "event",
            "channel",
            "content",
            "created",
            "due",
            "attempts",
            "condition",
        ] {
            let mut item = item.clone();
            item.remove(missing);
            assert_eq!(of_item(&item), None, "without {missing}");
        }
    }

    #[test]
    fn unknown_values_of_a_later_version_are_read_as_known_ones() {
        let row = row();
        let with = |name: &str, json: &str| {
            let mut item = to_item(&row).unwrap();
            item.insert(name.to_owned(), super::item::text(json));
            of_item(&item)
        };
        let event = |event| Some(OutboxRow { event, ..row.clone() });
        assert_eq!(with("event", r#""event-of-tomorrow""#), event(Event::Updated));
        let condition = |condition| Some(OutboxRow { condition, ..row.clone() });
        assert_eq!(with("condition", r#""never-at-night""#), condition(Condition::Always));
        let elsewhere = Condition::UnlessSentOn(vec![ChannelId::only(ChannelKind::Email)]);
        assert_eq!(
            with("condition", r#"{"unless-sent-on": ["email", "pager"]}"#),
            condition(elsewhere)
        );
        assert_eq!(with("failure", r#"{"of": "tomorrow"}"#), Some(row.clone()));
        assert_eq!(with("reason", r#"{"change": "of-tomorrow"}"#), Some(row.clone()));
        assert_eq!(with("attribute_of_tomorrow", "x"), Some(row.clone()));
        for content in [r#"{"channel": "pager", "body": "a"}"#, r#"{"channel": "slack"}"#] {
            assert_eq!(with("content", content), None, "{content}");
        }
    }
}
