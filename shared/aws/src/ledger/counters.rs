//! Requests and causes, by source and minute.
//!
//! A row holds nothing but `requests`, `n:<cause>`, the batch hashes `b` and its `ttl`, because an update
//! pays for the whole row: at 8 bytes per batch it stays at one write unit up to about 120 batches per
//! shard and minute.

use alerting::{BatchId, Clock, Counters, LedgerError, MinuteCounts, Recorded, Source};
use diagnosis::Cause;

use super::item::{self, Item};
use super::keys::{self, Key};
use super::table::Table;
use super::update::Update;

const REQUESTS: &str = "requests";
const CAUSE: &str = "n:";

pub(super) async fn add<K: Clock>(
    table: &Table<K>,
    source: &Source,
    minute: i64,
    batch: BatchId,
    counts: &MinuteCounts,
) -> Result<Recorded, LedgerError> {
    let key = Key { pk: keys::counters(source), sk: keys::minute_and_shard(minute, batch) };
    table.add_once(key, update(counts), batch.0).await
}

fn update(counts: &MinuteCounts) -> Update {
    let requests = Update::default().add(REQUESTS, item::number(counts.requests));
    counts.causes.iter().fold(requests, |update, (cause, count)| {
        update.add(format!("{CAUSE}{cause}"), item::number(count))
    })
}

pub(super) async fn read<K: Clock>(
    table: &Table<K>,
    source: &Source,
    from: i64,
    to: i64,
) -> Result<Counters, LedgerError> {
    let mut counters = Counters::default();
    for row in table.minutes(&keys::counters(source), from, to).await? {
        if let Some(minute) = item::get_text(&row, "sk").and_then(keys::minute) {
            counters.add(minute, &of_row(&row));
        }
    }
    Ok(counters)
}

fn of_row(row: &Item) -> MinuteCounts {
    let mut counts = MinuteCounts {
        requests: item::get_number(row, REQUESTS).unwrap_or(0),
        ..MinuteCounts::default()
    };
    for (name, value) in row {
        if let Some(slug) = name.strip_prefix(CAUSE) {
            // A newer version, since rolled back, may have written a cause that this one does not know.
            let cause = slug.parse().unwrap_or(Cause::Unknown);
            *counts.causes.entry(cause).or_default() += item::as_number::<u64>(value).unwrap_or(0);
        }
    }
    counts
}

#[cfg(test)]
mod tests {
    use alerting::MinuteCounts;
    use diagnosis::Cause;

    use super::super::item::{Item, number, text};
    use super::super::update::MAX_BYTES;
    use super::{of_row, update};

    #[test]
    fn all_causes_in_one_batch_still_make_one_expression() {
        // No batch has more lines than this: 1 MB of payload, inflated to 32 MiB at most.
        let most = 10_000_000;
        let causes = Cause::ALL.iter().map(|&cause| (cause, most)).collect();
        let update = update(&MinuteCounts { requests: most, causes });
        assert!(update.bytes() < MAX_BYTES, "{}", update.bytes());
    }

    #[test]
    fn what_a_newer_version_counted_is_not_lost() {
        let row = Item::from([
            ("requests".to_owned(), number(9)),
            ("n:lambda-timed-out".to_owned(), number(2)),
            ("n:cause-of-tomorrow".to_owned(), number(3)),
            ("n:cause-of-next-week".to_owned(), number(4)),
            ("sk".to_owned(), text("0029029514#a")),
        ]);
        let counts = of_row(&row);
        assert_eq!(counts.requests, 9);
        assert_eq!(
            counts.causes.into_iter().collect::<Vec<_>>(),
            [(Cause::LambdaTimedOut, 2), (Cause::Unknown, 7)]
        );
    }
}
