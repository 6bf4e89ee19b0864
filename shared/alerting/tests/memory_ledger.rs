//! The in-memory ledger keeps the promises that the real one keeps.

use std::rc::Rc;

use alerting::{BadRow, MemoryLedger};

alerting::ledger_contract!(async { MemoryLedger::default() }, alerting::contract::ready);

mod on_bad_rows {
    use super::{BadRow, MemoryLedger, Rc};

    fn planting() -> (Rc<MemoryLedger>, impl AsyncFn(BadRow)) {
        let ledger = Rc::new(MemoryLedger::default());
        let planted = Rc::clone(&ledger);
        (ledger, async move |row| planted.plant(row))
    }

    alerting::ledger_contract_on_bad_rows!(async { planting() }, alerting::contract::ready);
}
