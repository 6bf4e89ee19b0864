//! The metered ledger in memory counts the write units that the table tells.

use alerting::contract::now;
use alerting::{
    AuthoritativeLog, Breakdown, CallerBucket, Ledger, MemoryLedger, MinuteCounts, RequestCounts,
};
use diagnosis::Cause;

use super::samples::{batch, breakdown, counts, exemplar, source};
use crate::local::{block_on, ledger};

/// What batches write: counters that grow past a unit, breakdown of all sizes, exemplars, notes.
async fn write<L: Ledger>(ledger: &L, test: &str) {
    let (source, at) = (source(test), now().minute());
    for minute in 0..3 {
        for log in [AuthoritativeLog::Access, AuthoritativeLog::Execution] {
            ledger.register_source(&source, log, "/shop", at + minute).await.unwrap();
        }
    }
    for n in 0..300 {
        // All of them in one shard.
        let mut counts = MinuteCounts { lines: 50, ..counts(50, n % 3) };
        if n % 7 == 0 {
            let causes = [(Cause::LambdaThrottled, n)].into();
            counts.execution = RequestCounts { requests: n + 1, causes };
        }
        ledger.add_counts(&source, at, batch(16 * n), &counts).await.unwrap();
    }
    for (n, routes) in [0, 1, 2, 19, 20, 60, 0, 1].into_iter().enumerate() {
        let busy = CallerBucket { errors: 9, name: "API key \u{2026}k3x9".to_owned() };
        let more = Breakdown {
            callers: (0..20 * n as u16).collect(),
            with_caller: 70,
            top_callers: [(n as u8, busy)].into(),
            path_names: (0..n as u8).map(|n| (n, "GET /x".repeat(9))).collect(),
            ..breakdown(routes)
        };
        ledger.add_breakdown(&source, at, batch(16 * n as u64), &more).await.unwrap();
    }
    for (place, id) in [(0, "short".to_owned()), (1, "x".repeat(3_000))] {
        ledger.put_exemplar(&source, at, place, &exemplar(&id)).await.unwrap();
    }
}

#[test]
fn the_metered_ledger_counts_what_the_table_tells() {
    block_on(async {
        let (table, memory) = (ledger(now).await, MemoryLedger::metered());
        write(&table, "units").await;
        write(&memory, "units").await;
        let (told, counted) = (table.written_units(), memory.units().written);
        assert!(told > 500, "{told}");
        // A row may lie at the edge of a unit: sizes are told within a byte or two.
        assert!(told.abs_diff(counted) * 100 <= told, "{told} told, {counted} counted");
    });
}
