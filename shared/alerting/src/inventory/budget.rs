//! How many calls of AWS's API may be made, until when, and how one can fail.

use std::cell::Cell;

use diagnosis::Timestamp;

/// Why the account did not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccountError {
    /// Gatewatch's role may not ask this.
    #[error("no permission")]
    Denied,
    /// There is no such API, route, function or log group.
    #[error("not found")]
    NotFound,
    /// Too many calls of this kind in the account: later.
    #[error("throttled")]
    Throttled,
    /// The budget is used up: later.
    #[error("the budget is used up")]
    OverBudget,
    /// Anything else, which may be over when it is asked again.
    #[error("no answer")]
    Failed,
}

impl AccountError {
    /// Whether asking again later can help.
    pub const fn is_passing(self) -> bool {
        matches!(self, Self::Throttled | Self::OverBudget | Self::Failed)
    }
}

/// So many calls of AWS's API until a time. Whoever makes one takes it first.
#[derive(Debug)]
pub struct Budget {
    calls: Cell<u32>,
    until: Timestamp,
}

impl Budget {
    /// At most `calls`, none of which begins at `until` or later.
    pub const fn new(calls: u32, until: Timestamp) -> Self {
        Self { calls: Cell::new(calls), until }
    }

    /// Takes a call that is to be made `now`. An error means that it may not be made.
    pub fn take(&self, now: Timestamp) -> Result<(), AccountError> {
        if now >= self.until {
            return Err(AccountError::OverBudget);
        }
        let left = self.calls.get().checked_sub(1).ok_or(AccountError::OverBudget)?;
        self.calls.set(left);
        Ok(())
    }

    /// How many calls are left.
    pub const fn left(&self) -> u32 {
        self.calls.get()
    }

    /// How long a call that begins `now` may last, in milliseconds.
    pub fn time_left(&self, now: Timestamp) -> i64 {
        (self.until.as_millis() - now.as_millis()).max(0)
    }
}

#[cfg(test)]
mod tests {
    use diagnosis::Timestamp;

    use super::Budget;
    use crate::inventory::AccountError;

    #[test]
    fn it_ends_with_its_calls_or_its_time() {
        let at = Timestamp::from_millis;
        let budget = Budget::new(2, at(100));
        assert_eq!(budget.take(at(0)), Ok(()));
        assert_eq!(budget.take(at(100)), Err(AccountError::OverBudget));
        assert_eq!(budget.left(), 1, "a call that was not made costs nothing");
        assert_eq!(budget.take(at(99)), Ok(()));
        assert_eq!(budget.take(at(99)), Err(AccountError::OverBudget));
        assert_eq!((budget.time_left(at(40)), budget.time_left(at(140))), (60, 0));
    }
}
