//! What DynamoDB costs for a million requests, from counted request units. `make cost` prints the table.

mod traffic;

use std::cell::Cell;
use std::rc::Rc;

use alerting::{Accepted, Engine, Invocation, LogMode, MemoryLedger, Rules, Settings, Units};
use diagnosis::Timestamp;

use traffic::{MINUTE, START, channels, fails, line, payload, ready};

/// A busy API on an ordinary day, long enough that windows are full.
const REQUESTS_PER_SECOND: u64 = 25;
const MINUTES: i64 = 20;

/// Which lines the subscription delivers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Delivered {
    All,
    /// Failures, as many in a batch as of all lines otherwise.
    Errors,
}

struct Cost {
    dollars_per_million: f64,
    units: Units,
    sweeps: Units,
    batches: u64,
}

/// Runs the engine, and a sweep each minute, on a metered ledger.
fn cost(lines_per_batch: usize, delivered: Delivered) -> Cost {
    let now = Rc::new(Cell::new(Timestamp::from_millis(START)));
    let clock = Rc::clone(&now);
    let log_mode = match delivered {
        Delivered::All => LogMode::All,
        Delivered::Errors => LogMode::Errors,
    };
    let mut rules = Rules::built_in_for(log_mode);
    // Judged like any other day's, and quiet: without healthy lines, failures as many as these page.
    for rule in &mut rules.rules {
        rule.min_errors = u64::MAX;
    }
    let settings = Settings {
        account: "123456789012".to_owned(),
        accepted: Accepted::Everything,
        region: None,
        rules,
        log_mode,
    };
    let engine = Engine::new(MemoryLedger::metered(), channels(), move || clock.get(), settings);
    let requests = REQUESTS_PER_SECOND * 60 * MINUTES as u64;
    let (mut lines, mut batches, mut sweeps) = (Vec::new(), 0, Units::default());
    let mut swept = Timestamp::from_millis(START).minute();
    for request in 0..requests {
        let at = START + (request * 1_000 / REQUESTS_PER_SECOND) as i64;
        now.set(Timestamp::from_millis(at));
        let call = Invocation { id: "cost", deadline: Timestamp::from_millis(at + MINUTE) };
        if now.get().minute() > swept {
            swept = now.get().minute();
            let before = engine.ledger().units();
            let report = ready(engine.sweep(call));
            assert!(report.notifications.is_empty(), "an ordinary day");
            let after = engine.ledger().units() - before;
            sweeps.written += after.written;
            sweeps.read += after.read;
        }
        if delivered == Delivered::All || fails(request) {
            lines.push((at, line(request, at)));
        }
        if lines.len() == lines_per_batch {
            batches += 1;
            let batch = payload(batches, &std::mem::take(&mut lines));
            let report = ready(engine.ingest(&batch, call));
            assert!(report.is_ok_and(|report| report.notifications.is_empty()), "an ordinary day");
        }
    }
    let units = engine.ledger().units() - sweeps;
    Cost { dollars_per_million: units.dollars() * 1e6 / requests as f64, units, sweeps, batches }
}

#[test]
fn a_million_requests_cost_cents() {
    println!("DynamoDB, US dollars per million requests, 2 % of them failing");
    println!("lines per batch | all lines | errors only | write and read units of all lines");
    for (lines, most_of_all, most_of_errors) in
        [(10, 0.20, 0.03), (20, 0.10, 0.015), (50, 0.05, 0.01), (100, 0.03, 0.01)]
    {
        let all = cost(lines, Delivered::All);
        let errors = cost(lines, Delivered::Errors);
        println!(
            "{lines:15} | {:9.4} | {:11.4} | {} and {} for {} batches",
            all.dollars_per_million,
            errors.dollars_per_million,
            all.units.written,
            all.units.read,
            all.batches,
        );
        if lines == 50 {
            let month = Units {
                written: all.sweeps.written * 30 * 24 * 60 / MINUTES as u64,
                read: all.sweeps.read * 30 * 24 * 60 / MINUTES as u64,
            };
            println!("                  the sweep: {:.2} a month for a source", month.dollars());
            assert!(month.dollars() < 0.5, "{}", month.dollars());
        }
        assert!(all.batches > 0 && errors.batches > 0);
        assert!(all.dollars_per_million < most_of_all, "{}", all.dollars_per_million);
        assert!(errors.dollars_per_million < most_of_errors, "{}", errors.dollars_per_million);
    }
}
