//! Many batches of one minute, and many paths: rows and tallies stay small.
#![expect(clippy::panic, reason = "a test that cannot go on has failed")]

mod traffic;

use alerting::{
    BatchCounts, BatchId, Breakdown, Ledger as _, MemoryLedger, MinuteCounts, SHARDS, Source,
};
use diagnosis::decode::{Payload, lambda_event};
use diagnosis::{Cause, Timestamp, diagnose};

use traffic::{MINUTE, START, mixed, payload, ready};

#[test]
fn fifty_thousand_batches_of_a_minute_stay_far_from_a_rows_limit() {
    let ledger = MemoryLedger::metered();
    let source = Source::Stage { api_id: "a1b2c3d4e5".to_owned(), stage: "prod".to_owned() };
    let causes = [(Cause::IntegrationTimeout, 1), (Cause::RouteNotFound, 2)].into();
    let counts = MinuteCounts { requests: 50, causes, ..MinuteCounts::default() };
    let mut shards = vec![0_u32; SHARDS.into()];
    for n in 0..50_000 {
        let batch = BatchId(mixed(n + 1));
        shards[usize::from(batch.shard())] += 1;
        ready(ledger.add_counts(&source, START / MINUTE, batch, &counts)).unwrap();
    }
    // 8 bytes a batch, and next to nothing else
    let most = *shards.iter().max().unwrap() as usize;
    assert!(shards.iter().all(|batches| (2_800..3_500).contains(batches)), "{shards:?}");
    let row = ledger.largest_row();
    assert!(row < 8 * most + 200 && row < 30 * 1_024, "{row} bytes, of 400 KB at most");
}

/// Lines of a scanner: each tries another path.
fn scan(from: u64, paths: u64) -> BatchCounts {
    let lines: Vec<(i64, String)> = (from..from + paths)
        .map(|n| {
            let path = format!("/{:x}/{}.php", mixed(n), "x".repeat(n as usize % 30));
            let line = format!(
                r#"{{"apiId":"a1b2c3d4e5","stage":"prod","httpMethod":"GET","path":"{path}","status":"404","ip":"203.0.113.7"}}"#
            );
            (START, line)
        })
        .collect();
    let Ok(Payload::Data(batch)) = lambda_event(&payload(from, &lines)) else { panic!("no batch") };
    BatchCounts::of(&batch, Timestamp::from_millis(START), diagnose::line, None)
}

#[test]
fn a_scanner_of_a_million_paths_adds_few_routes() {
    const BATCHES: u64 = 40;
    const PATHS: u64 = 500;
    let ledger = MemoryLedger::metered();
    let mut sum = Breakdown::default();
    for n in 0..BATCHES {
        let batch_counts = scan(n * PATHS, PATHS);
        for ((source, minute), part) in &batch_counts.minutes {
            // as many paths again as the other batches of a million would bring: in the same buckets
            for again in 0..50 {
                let batch = BatchId(batch_counts.batch.0.wrapping_add(again << 52));
                ready(ledger.add_breakdown(source, *minute, batch, &part.breakdown)).unwrap();
                sum.add(&part.breakdown);
            }
        }
    }
    assert_eq!(sum.routes.values().sum::<u64>(), 1_000_000);
    assert!(sum.routes.len() <= 65, "{} routes", sum.routes.len());
    assert!(sum.path_names.len() <= 64, "{} names", sum.path_names.len());
    assert_eq!(sum.caller_count(), 1);
    let row = ledger.largest_row();
    assert!(row < 16 * 1_024, "{row} bytes");
}
