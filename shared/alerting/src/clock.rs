//! Time, as an argument.

use diagnosis::Timestamp;

/// Tells the time.
pub trait Clock {
    /// Now, UTC.
    fn now(&self) -> Timestamp;
}

impl<F: Fn() -> Timestamp> Clock for F {
    fn now(&self) -> Timestamp {
        self()
    }
}
