//! Incidents of a source, and the version that every change of them must find.
//!
//! All rows of a source lie under one partition key: the version row `-`, and a row per incident. A
//! change is one transaction: version, incident, the row by which the sweep finds open sources, and the
//! messages owed.
//!
//! The trap: a query is not isolated from a transaction. It may see the new version beside the old
//! incident, and a decision made on that pair would be accepted. So the version row names the incident
//! that was changed last, each incident carries the version it was changed at, and a pair that does not
//! fit is read again.

use alerting::{Clock, Committed, Incident, LedgerError, Source, SourceState, Transition};
use diagnosis::Timestamp;

use super::item::{self, Item, TTL};
use super::keys::{self, VERSION as VERSION_ROW};
use super::table::Table;
use super::transaction::Outcome;
use super::update::Update;
use super::{errors, outbox, sources};
use crate::random;

const INCIDENT: &str = "incident";
const VERSION: &str = "version";

/// In the version row: the sort key of the incident that was changed last, and that row's expiry.
const LAST: &str = "last";
const LAST_TTL: &str = "last_ttl";

/// In the version row: who committed last. Tells a lost answer from somebody else's commit.
const COMMIT: &str = "commit";

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
            return of_rows(&rows);
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
    let last = item::get_text(version, LAST);
    match rows.iter().find(|row| item::get_text(row, "sk") == last) {
        Some(row) => {
            item::get_number::<u64>(row, VERSION) >= item::get_number::<u64>(version, VERSION)
        }
        // Resolved so long ago that it is expired.
        None => item::get_number::<i64>(version, LAST_TTL)
            .is_some_and(|ttl| ttl <= now.as_millis() / 1_000),
    }
}

/// A row that cannot be read is an error: leaving an open incident out would open it a second time.
fn of_rows(rows: &[Item]) -> Result<SourceState, LedgerError> {
    let mut state = SourceState::default();
    for row in rows {
        if is_version(row) {
            state.version =
                item::get_number(row, VERSION).ok_or_else(|| errors::unreadable("a version"))?;
        } else {
            let incident =
                item::get_text(row, INCIDENT).and_then(|json| serde_json::from_str(json).ok());
            state.incidents.push(incident.ok_or_else(|| errors::unreadable("an incident"))?);
        }
    }
    Ok(state)
}

pub(super) async fn commit<K: Clock>(
    table: &Table<K>,
    transition: &Transition,
) -> Result<Committed, LedgerError> {
    let incident = &transition.incident;
    let version_key = keys::version(&incident.source);
    let commit = format!("{:016x}", random::number());
    let (update, condition) = version_update(transition, &commit);
    let mut transaction = table
        .transaction()
        .update(version_key.clone(), &update, condition)?
        .put(incident_row(incident, transition.read_version + 1)?)?;
    transaction = if incident.is_open() {
        transaction.put(sources::open_row(incident)?)?
    } else {
        transaction.delete(keys::open_source(incident))?
    };
    for row in &transition.outbox {
        transaction = transaction.put(outbox::to_item(row)?)?;
    }
    if transaction.run().await? == Outcome::Done {
        return Ok(Committed::Done);
    }
    // Our own commit may have taken place and its answer got lost; then the version row is signed by it.
    let now = table.get(version_key).await?;
    let ours = now.is_some_and(|row| item::get_text(&row, COMMIT) == Some(commit.as_str()));
    Ok(if ours { Committed::Done } else { Committed::Conflict })
}

fn version_update(transition: &Transition, commit: &str) -> (Update, &'static str) {
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
    if transition.read_version == 0 {
        return (update, "attribute_not_exists(#version)");
    }
    (update.with_value(":read", item::number(transition.read_version)), "#version = :read")
}

/// When a resolved incident is forgotten. An open one never is.
fn expiry(incident: &Incident) -> Option<Timestamp> {
    incident.resolved_at.map(|at| at.plus_millis(REMEMBERED_FOR_MS))
}

fn incident_row(incident: &Incident, version: u64) -> Result<Item, LedgerError> {
    let json = serde_json::to_string(incident).map_err(|_| errors::unreadable("an incident"))?;
    let mut row = item::keyed(keys::incident(incident));
    row.insert(INCIDENT.to_owned(), item::text(json));
    row.insert(VERSION.to_owned(), item::number(version));
    row.extend(expiry(incident).map(|at| (TTL.to_owned(), item::seconds(at))));
    Ok(row)
}

#[cfg(test)]
mod tests {
    use diagnosis::Timestamp;

    use super::super::item::{Item, number, text};
    use super::{fits_together, of_rows};

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
        ] {
            assert_eq!(fits_together(&rows, now), fits, "{what}");
        }
    }

    #[test]
    fn an_incident_that_cannot_be_read_is_an_error() {
        let rows = [version(1, "a", None), incident("a", 1)];
        assert_eq!(
            of_rows(&rows).unwrap_err().to_string(),
            "ledger: a row does not hold an incident"
        );
        assert_eq!(of_rows(&rows[..1]).unwrap().version, 1);
    }
}
