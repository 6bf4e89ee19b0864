//! A busy API takes no more memory after a hundred thousand batches than after ten thousand. A process
//! of its own, since the memory that the kernel tells of is the process's.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod traffic;

use std::cell::Cell;
use std::rc::Rc;

use alerting::{Accepted, Engine, Invocation, LogMode, MemoryLedger, Rules, Settings};
use diagnosis::Timestamp;

use traffic::{MINUTE, START, channels, line, payload, ready};

const BATCHES: u64 = 100_000;
const WARM: u64 = 10_000;

/// The real ledger's rows expire by themselves; longer than any built-in window and quiet period.
const FORGET_AFTER_MINUTES: i64 = 30;

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[test]
fn a_hundred_thousand_batches_take_a_flat_amount_of_memory() {
    let now = Rc::new(Cell::new(Timestamp::from_millis(START)));
    let clock = Rc::clone(&now);
    let settings = Settings {
        account: "123456789012".to_owned(),
        accepted: Accepted::Everything,
        region: None,
        rules: Rules::built_in(),
        log_mode: LogMode::All,
    };
    let engine = Engine::new(MemoryLedger::default(), channels(), move || clock.get(), settings);
    let (mut warm, mut swept) = (0, START / MINUTE);
    for batch in 0..BATCHES {
        // 300 batches a minute
        let at = START + batch as i64 * 200;
        now.set(Timestamp::from_millis(at));
        let call = Invocation { id: "flat", deadline: Timestamp::from_millis(at + MINUTE) };
        if now.get().minute() > swept {
            swept = now.get().minute();
            assert_eq!(ready(engine.sweep(call)).failure, None);
            engine.ledger().forget_before(swept - FORGET_AFTER_MINUTES);
        }
        let report = ready(engine.ingest(&payload(batch, &[(at, line(batch, at))]), call)).unwrap();
        assert_eq!(report.lines.requests, 1);
        if batch == WARM {
            warm = resident_kib();
        }
    }
    let grown = resident_kib().saturating_sub(warm);
    println!("{warm} KiB after {WARM} batches, {grown} KiB more after {BATCHES}");
    assert!(grown < 4 * 1_024, "{grown} KiB on top of {warm}");
}
