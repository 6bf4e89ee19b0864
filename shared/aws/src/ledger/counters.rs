//! Requests and causes, by source and minute.
//!
//! A row holds nothing but `requests`, `n:<cause>`, the batch hashes `b` and its `ttl`, because an update
//! pays for the whole row: at 8 bytes per batch it stays at one write unit up to about 110 batches per
//! shard and minute. Beside them stand `lines` where lines cannot be read, and `x` and `x:<cause>`, which
//! are the requests and causes that an execution log tells of: see [`alerting::AuthoritativeLog`].
//!
//! Costs: adding is 1 write unit per KB of the row; reading is 1 read unit per 4 KB of all rows, and 1
//! more where rows hold an `x`, to learn which log counts.

use alerting::{
    BatchId, CauseCounts, Clock, Counters, LedgerError, MinuteCounts, Recorded, RequestCounts,
    Source,
};
use diagnosis::Cause;

use super::item::{self, Item};
use super::keys::{self, Key};
use super::sources;
use super::table::Table;
use super::update::Update;

const REQUESTS: &str = "requests";
const CAUSE: &str = "n:";
const LINES: &str = "lines";
const EXECUTION_REQUESTS: &str = "x";
const EXECUTION_CAUSE: &str = "x:";

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
    let mut update = Update::default();
    // `requests` is there even if it is 0: an update must add something.
    update = update.add(REQUESTS, item::number(counts.requests));
    update = add_causes(update, CAUSE, &counts.causes);
    if counts.lines > 0 {
        update = update.add(LINES, item::number(counts.lines));
    }
    if counts.execution.requests > 0 {
        update = update.add(EXECUTION_REQUESTS, item::number(counts.execution.requests));
    }
    add_causes(update, EXECUTION_CAUSE, &counts.execution.causes)
}

fn add_causes(update: Update, prefix: &str, causes: &CauseCounts) -> Update {
    causes.iter().fold(update, |update, (cause, count)| {
        update.add(format!("{prefix}{cause}"), item::number(count))
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
    if !counters.has_execution() {
        return Ok(counters);
    }
    Ok(counters.counted_by(sources::authoritative_log(table, source, to).await?))
}

fn of_row(row: &Item) -> MinuteCounts {
    let number = |name| item::get_number(row, name).unwrap_or(0);
    MinuteCounts {
        requests: number(REQUESTS),
        causes: causes(row, CAUSE),
        lines: number(LINES),
        execution: RequestCounts {
            requests: number(EXECUTION_REQUESTS),
            causes: causes(row, EXECUTION_CAUSE),
        },
    }
}

fn causes(row: &Item, prefix: &str) -> CauseCounts {
    let mut causes = CauseCounts::new();
    for (name, value) in row {
        if let Some(slug) = name.strip_prefix(prefix) {
            // A newer version, since rolled back, may have written a cause that this one does not know.
            let cause = slug.parse().unwrap_or(Cause::Unknown);
            *causes.entry(cause).or_default() += item::as_number::<u64>(value).unwrap_or(0);
        }
    }
    causes
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
        let counts =
            MinuteCounts { requests: most, causes, lines: most, ..MinuteCounts::default() };
        let update = update(&counts);
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
