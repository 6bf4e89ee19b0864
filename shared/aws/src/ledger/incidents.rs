//! Incidents of a source, and the version that every change of them must find.
//!
//! All rows of a source lie under one partition key: the version row `-`, and a row per incident. A
//! change is one transaction: version, incident, the row by which the sweep finds open sources, and the
//! messages owed. Messages that do not fit follow: see [`split`].
//!
//! The trap: a query is not isolated from a transaction. It may see the new version beside the old
//! incident, and a decision made on that pair would be accepted. So the version row names the incident
//! that was changed last, each incident carries the version it was changed at, and a pair that does not
//! fit is read again.

use alerting::{Clock, Committed, Incident, LedgerError, Source, SourceState, Transition};
use diagnosis::Timestamp;

use super::item::{self, Item, TTL};
use super::keys::{self, VERSION as VERSION_ROW};
use super::limits::{self, Room, SMALL_ROW_BYTES};
use super::table::Table;
use super::transaction::Outcome;
use super::update::Update;
use super::{errors, outbox, sources, split};
use crate::random;

const INCIDENT: &str = "incident";
const VERSION: &str = "version";

/// In the version row: the sort key of the incident that was changed last, and that row's expiry.
const LAST: &str = "last";
const LAST_TTL: &str = "last_ttl";

/// In the version row: who committed last. Tells a lost answer from somebody else's commit.
const COMMIT: &str = "commit";

/// In the version row: the last commit, if it took more than one transaction.
const SPLIT: &str = "split";

/// How long a resolved incident is remembered, for lines that come late. Kept short, because every
/// judgement of the source reads it.
const REMEMBERED_FOR_MS: i64 = 2 * 60 * 60 * 1_000;

/// How often a state that does not fit together is read again.
const MAX_READS: u32 = 5;

pub(super) async fn state<K: Clock>(
    table: &Table<K>,
    source: &Source,
) -> Result<SourceState, LedgerError> {
    for tries in 1..=MAX_READS {
        let rows = table.query(&keys::incidents(source), None).await?;
        if fits_together(&rows, table.now()) {
            // Nothing is to be decided, and so sent, before the notifications of the last change.
            let version = rows.iter().find(|row| is_version(row));
            if let Some(commit) = version.and_then(|row| item::get_text(row, SPLIT)) {
                split::finish(table, commit).await?;
            }
            let (state, unreadable) = of_rows(&rows);
            for row in unreadable {
                table.set_aside("incident", &source.to_string(), row);
            }
            return Ok(state);
        }
        tokio::time::sleep(random::pause(tries)).await;
    }
    let reason = "a source's incidents changed whenever they were read".to_owned();
    Err(LedgerError { reason, retryable: true })
}

fn is_version(row: &Item) -> bool {
    item::get_text(row, "sk") == Some(VERSION_ROW)
}

/// Whether the incident that was changed last is seen as of that change or a later one. (One that is
/// newer than the version does no harm: what is decided on it ends in a conflict.)
fn fits_together(rows: &[Item], now: Timestamp) -> bool {
    let Some(version) = rows.iter().find(|row| is_version(row)) else { return true };
    // Reading again makes no row readable.
    let (Some(last), Some(changed_at)) =
        (item::get_text(version, LAST), item::get_number::<u64>(version, VERSION))
    else {
        return true;
    };
    match rows.iter().find(|row| item::get_text(row, "sk") == Some(last)) {
        Some(row) => item::get_number::<u64>(row, VERSION).is_none_or(|at| at >= changed_at),
        // Resolved so long ago that it is expired.
        None => item::get_number::<i64>(version, LAST_TTL)
            .is_some_and(|ttl| ttl <= now.as_millis() / 1_000),
    }
}

/// The state, and the rows that cannot be read. Their incidents may open a second time: better than not at all.
fn of_rows(rows: &[Item]) -> (SourceState, Vec<&Item>) {
    let (mut state, mut unreadable) = (SourceState::default(), Vec::new());
    for row in rows {
        if is_version(row) {
            match item::get_number(row, VERSION) {
                Some(version) => state.version = version,
                // The next commit begins anew, see `version_update`.
                None => unreadable.push(row),
            }
        } else {
            match item::get_text(row, INCIDENT).and_then(Incident::of_row) {
                Some(incident) => state.incidents.push(incident),
                None => unreadable.push(row),
            }
        }
    }
    (state, unreadable)
}

pub(super) async fn commit<K: Clock>(
    table: &Table<K>,
    transition: &Transition,
) -> Result<Committed, LedgerError> {
    let incident = &transition.incident;
    let version_key = keys::version(&incident.source);
    let commit = format!("{:016x}", random::number());
    let incident_row = incident_row(incident, transition.read_version + 1)?;
    let open_row = sources::open_row(incident)?;
    let rows: Vec<Item> =
        transition.outbox.iter().map(outbox::to_item).collect::<Result<_, _>>()?;
    let bytes = [&incident_row, &open_row].map(limits::item_bytes).iter().sum();
    let (rows, further) = fitting(rows, bytes);
    let is_split = !further.is_empty();
    split::put_aside(table, &commit, further).await?;

    let (update, condition) = version_update(transition, &commit, is_split);
    let mut transaction =
        table.transaction().update(version_key.clone(), &update, condition)?.put(incident_row)?;
    transaction = if incident.is_open() {
        transaction.put(open_row)?
    } else {
        transaction.delete(keys::open_source(incident))?
    };
    if is_split {
        transaction = transaction.put(split::mark(table, &commit))?;
    }
    for row in rows {
        transaction = transaction.put(row)?;
    }
    if transaction.run().await? == Outcome::ConditionFailed {
        // Our own commit may have taken place and its answer got lost; then the version row is signed by it.
        let now = table.get(version_key).await?;
        let ours = now.is_some_and(|row| item::get_text(&row, COMMIT) == Some(commit.as_str()));
        if !ours {
            return Ok(Committed::Conflict);
        }
    }
    if is_split && let Err(error) = split::finish(table, &commit).await {
        // It has taken place, and whoever reads the source or sweeps next finishes it.
        tracing::warn!(%error, "a transition is unfinished");
    }
    Ok(Committed::Done)
}

/// The outbox rows that fit into the transaction of a transition whose other rows have so many bytes, and
/// those that do not.
fn fitting(rows: Vec<Item>, bytes: usize) -> (Vec<Item>, Vec<Item>) {
    /// The version, the incident and the row by which the sweep finds it.
    const ACTIONS: usize = 3;
    let room = Room::TRANSACTION.without(ACTIONS, bytes + SMALL_ROW_BYTES);
    let mut parts = limits::parts(rows, room, 1, limits::item_bytes);
    if parts.len() > 1 {
        let room = room.without(1, SMALL_ROW_BYTES);
        parts = limits::parts(parts.concat(), room, 1, limits::item_bytes);
    }
    let further = parts.split_off(1).concat();
    (parts.concat(), further)
}

fn version_update(transition: &Transition, commit: &str, is_split: bool) -> (Update, &'static str) {
    let incident = &transition.incident;
    let update = Update::default()
        .set(VERSION, item::number(transition.read_version + 1))
        .set(LAST, item::text(keys::incident(incident).sk))
        .set(COMMIT, item::text(commit))
        .with_name("#version", VERSION);
    let update = match expiry(incident) {
        Some(at) => update.set(LAST_TTL, item::seconds(at)),
        None => update.remove(LAST_TTL),
    };
    let update =
        if is_split { update.set(SPLIT, item::text(commit)) } else { update.remove(SPLIT) };
    if transition.read_version == 0 {
        // A version that is no number was read as none, and is replaced.
        let update = update.with_value(":number", item::text("N"));
        let condition = "attribute_not_exists(#version) OR NOT attribute_type(#version, :number)";
        return (update, condition);
    }
    (update.with_value(":read", item::number(transition.read_version)), "#version = :read")
}

/// When a resolved incident is forgotten. An open one never is.
fn expiry(incident: &Incident) -> Option<Timestamp> {
    incident.resolved_at.map(|at| at.plus_millis(REMEMBERED_FOR_MS))
}

fn incident_row(incident: &Incident, version: u64) -> Result<Item, LedgerError> {
    let json = incident.to_row().ok_or_else(|| errors::unwritable("an incident"))?;
    let mut row = item::keyed(keys::incident(incident));
    row.insert(INCIDENT.to_owned(), item::text(json));
    row.insert(VERSION.to_owned(), item::number(version));
    row.extend(expiry(incident).map(|at| (TTL.to_owned(), item::seconds(at))));
    Ok(row)
}

#[cfg(test)]
mod tests {
    use diagnosis::Timestamp;

    use proptest::prelude::*;

    use super::super::item::{Item, number, text};
    use super::super::limits::{MAX_ACTIONS, MAX_TRANSACTION_BYTES, item_bytes};
    use super::{fits_together, fitting, of_rows};

    fn owed(bytes: usize) -> Item {
        Item::from([("content".to_owned(), text("x".repeat(bytes)))])
    }

    #[test]
    fn a_transaction_holds_a_hundred_actions() {
        for (rows, wanted) in [(0, (0, 0)), (97, (97, 0)), (98, (96, 2)), (100, (96, 4))] {
            let (rows, further) = fitting(vec![owed(10); rows], 5_000);
            assert_eq!((rows.len(), further.len()), wanted);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn the_transaction_of_a_transition_fits_and_no_row_is_lost(
            sizes in prop::collection::vec(1..300_000_usize, 0..130),
            incident in 1_000..300_000_usize,
        ) {
            let all: Vec<Item> = sizes.iter().map(|bytes| owed(*bytes)).collect();
            let (rows, further) = fitting(all.clone(), incident);
            let actions = 3 + rows.len() + usize::from(!further.is_empty());
            prop_assert!(actions <= MAX_ACTIONS);
            let bytes: usize = rows.iter().map(item_bytes).sum();
            prop_assert!(incident + bytes <= MAX_TRANSACTION_BYTES);
            prop_assert_eq!([rows, further].concat(), all);
        }
    }

    fn version(version: u64, last: &str, last_ttl: Option<i64>) -> Item {
        let mut row = incident("-", version);
        row.insert("last".to_owned(), text(last));
        row.extend(last_ttl.map(|ttl| ("last_ttl".to_owned(), number(ttl))));
        row
    }

    fn incident(sk: &str, version: u64) -> Item {
        Item::from([("sk".to_owned(), text(sk)), ("version".to_owned(), number(version))])
    }

    #[test]
    fn a_version_beside_an_older_incident_is_read_again() {
        let now = Timestamp::from_millis(5_000_000);
        for (what, rows, fits) in [
            ("no incident ever", vec![], true),
            ("as committed", vec![version(3, "a", None), incident("a", 3), incident("b", 2)], true),
            ("the old incident", vec![version(3, "a", None), incident("a", 2)], false),
            ("no incident yet", vec![version(1, "a", None)], false),
            ("no version yet", vec![incident("a", 1)], true),
            ("a newer incident", vec![version(3, "a", None), incident("a", 4)], true),
            ("not expired yet", vec![version(3, "a", Some(5_001))], false),
            ("expired", vec![version(3, "a", Some(5_000)), incident("b", 2)], true),
            // no reading again helps
            ("no last", vec![incident("-", 3), incident("a", 2)], true),
            (
                "no number",
                vec![version(3, "a", None), Item::from([("sk".to_owned(), text("a"))])],
                true,
            ),
        ] {
            assert_eq!(fits_together(&rows, now), fits, "{what}");
        }
    }

    #[test]
    fn rows_that_cannot_be_read_are_set_aside() {
        let of_text =
            |sk: &str| Item::from([("sk".to_owned(), text(sk)), ("version".to_owned(), text("x"))]);
        for (what, rows, at, unreadable) in [
            ("none", vec![], 0, 0),
            ("a version", vec![version(1, "a", None)], 1, 0),
            ("no incident", vec![version(1, "a", None), incident("a", 1)], 1, 1),
            ("no number", vec![of_text("-"), incident("a", 1), incident("b", 1)], 0, 3),
        ] {
            let (state, set_aside) = of_rows(&rows);
            assert_eq!((state.version, set_aside.len()), (at, unreadable), "{what}");
        }
    }
}
