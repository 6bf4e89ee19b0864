//! The in-memory ledger keeps the promises that the real one keeps.

use alerting::MemoryLedger;

alerting::ledger_contract!(async { MemoryLedger::default() }, alerting::contract::ready);
