//! How many text messages may go out on one UTC day.

/// How many text messages may go out on one UTC day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsLimits {
    /// To one number.
    pub per_number: u32,
    /// To all numbers.
    pub in_all: u32,
}

impl Default for SmsLimits {
    fn default() -> Self {
        Self::per_number(20)
    }
}

impl SmsLimits {
    /// So many to one number, and three times as many in all.
    pub const fn per_number(per_number: u32) -> Self {
        Self { per_number, in_all: per_number.saturating_mul(3) }
    }
}

/// Whether one more text message may go out. Ordered from the mildest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SmsGrant {
    /// It may.
    Free,
    /// It may, and is the last of the day.
    Last,
    /// It may not.
    Over,
}

impl SmsGrant {
    /// What the `count`th message of a day gets, which may go out.
    pub const fn of_count(count: u64, limit: u32) -> Self {
        if count >= limit as u64 { Self::Last } else { Self::Free }
    }

    /// The stricter of two.
    #[must_use]
    pub fn strictest(self, other: Self) -> Self {
        self.max(other)
    }
}
