//! How much may be asked: so many calls, until then.

use std::cell::Cell;

use diagnosis::Timestamp;

use super::AccountError;

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
    use crate::account::AccountError;

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
