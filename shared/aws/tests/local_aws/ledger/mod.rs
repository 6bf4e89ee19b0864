//! The DynamoDB ledger keeps every promise of the port, and what only a real table can break: writers
//! at once, answers that get lost, rows that expire.

mod bad_rows;
mod expiry;
mod fault_proxy;
mod faults;
mod previous_release;
mod races;
mod samples;
mod split;
mod units;

mod promises {
    use crate::local;

    alerting::ledger_contract!(local::ledger(alerting::contract::now), local::block_on);
}
