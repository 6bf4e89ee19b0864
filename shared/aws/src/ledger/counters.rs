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
use super::update::{Clause, Update, guard};

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
    let mut recorded = Recorded::Duplicate;
    for (place, part) in parts(counts).into_iter().enumerate() {
        // One part, as good as always.
        let guard = if place == 0 { batch.0 } else { guard(batch, place) };
        if table.add_once(key.clone(), part, guard).await? == Recorded::New {
            recorded = Recorded::New;
        }
    }
    Ok(recorded)
}

/// The updates that add `counts`: more than one where nearly all causes there are meet in one batch.
fn parts(counts: &MinuteCounts) -> Vec<Update> {
    let add = |name: &str, count: u64| Clause::Add(name.to_owned(), item::number(count));
    let of_causes = |prefix: &'static str, causes: &CauseCounts| -> Vec<Clause> {
        causes.iter().map(|(cause, count)| add(&format!("{prefix}{cause}"), *count)).collect()
    };
    // `requests` is there even if it is 0: an update must add something.
    let mut clauses = vec![add(REQUESTS, counts.requests)];
    clauses.extend(of_causes(CAUSE, &counts.causes));
    clauses.extend((counts.lines > 0).then(|| add(LINES, counts.lines)));
    let execution = &counts.execution;
    clauses.extend((execution.requests > 0).then(|| add(EXECUTION_REQUESTS, execution.requests)));
    clauses.extend(of_causes(EXECUTION_CAUSE, &execution.causes));
    Update::parts(clauses)
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
    use alerting::{CauseCounts, MinuteCounts, RequestCounts};
    use diagnosis::Cause;

    use super::super::item::{Item, number, text};
    use super::{of_row, parts};

    #[test]
    fn all_causes_in_one_batch_still_make_one_expression_for_each_kind_of_log() {
        // No batch has more lines than this: 1 MB of payload, inflated to 32 MiB at most.
        let most = 10_000_000;
        let causes: CauseCounts = Cause::ALL.iter().map(|&cause| (cause, most)).collect();
        let of_access = MinuteCounts {
            requests: most,
            causes: causes.clone(),
            lines: most,
            ..MinuteCounts::default()
        };
        assert_eq!(parts(&of_access).len(), 1);
        let of_both =
            MinuteCounts { execution: RequestCounts { requests: most, causes }, ..of_access };
        assert_eq!(parts(&of_both).len(), 2);
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
