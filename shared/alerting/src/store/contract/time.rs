//! The time in which the contract's tests take place, and an executor for ledgers that never wait.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use diagnosis::Timestamp;

/// What the clock of a ledger under test shows: 2100-01-01.
pub fn now() -> Timestamp {
    Timestamp::from_millis(4_102_444_800_000)
}

/// Runs a future that never waits.
pub fn ready<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => unreachable!("a future that waits needs a runtime"),
    }
}
