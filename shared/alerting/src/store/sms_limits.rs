//! The daily limits of text messages. A UTC day has one limit per phone and one for all phones together;
//! a quarter of each is reserved for openings of critical incidents.

/// Text messages that one phone receives per day if the stack sets no limit.
pub const DEFAULT_SMS_PER_NUMBER: u32 = 20;

/// How many text messages may go out on one UTC day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsLimits {
    /// To one number.
    pub per_number: u32,
    /// To all numbers.
    pub in_all: u32,
}

impl SmsLimits {
    /// The limit of one number, and that times the count of numbers for all of them.
    pub fn new(per_number: u32, numbers: usize) -> Self {
        let numbers = u32::try_from(numbers).unwrap_or(u32::MAX);
        Self { per_number, in_all: per_number.saturating_mul(numbers) }
    }

    /// The part of a limit that messages other than openings of critical incidents may use: three
    /// quarters, rounded down.
    pub const fn unreserved(limit: u32) -> u32 {
        limit - limit.div_ceil(4)
    }
}

/// A text message, as the limits see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsMessage<'a> {
    /// Its name. A message counts once, however often it is tried.
    pub name: &'a str,
    /// Whether it reports that a critical incident opened, reopened or became critical. Only such
    /// messages may use the reserved quarter.
    pub critical_opening: bool,
}

/// Whether one more text message may go out. Ordered from the mildest to the strictest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SmsGrant {
    /// It may.
    Free,
    /// It may. For the rest of the day, only openings of critical incidents may follow.
    LastUnreserved,
    /// It may, and is the last of the day.
    Last,
    /// It may not.
    Over,
}

/// The text messages of a day, counted against one limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SmsCount {
    /// All of them.
    pub all: u64,
    /// Those that are no openings of critical incidents.
    pub unreserved: u64,
}

impl SmsCount {
    /// What a message gets that is counted already.
    pub fn grant(self, message: SmsMessage<'_>, limit: u32) -> SmsGrant {
        if self.all >= u64::from(limit) {
            SmsGrant::Last
        } else if !message.critical_opening
            && self.unreserved >= u64::from(SmsLimits::unreserved(limit))
        {
            SmsGrant::LastUnreserved
        } else {
            SmsGrant::Free
        }
    }
}

impl SmsGrant {
    /// The stricter of two.
    #[must_use]
    pub fn strictest(self, other: Self) -> Self {
        self.max(other)
    }
}

#[cfg(test)]
mod tests {
    use super::SmsLimits;

    #[test]
    fn a_quarter_of_a_limit_is_reserved_rounded_up() {
        for (limit, unreserved) in [
            (0, 0),
            (1, 0),
            (2, 1),
            (3, 2),
            (4, 3),
            (5, 3),
            (8, 6),
            (20, 15),
            (400, 300),
            (u32::MAX, 3_221_225_471),
        ] {
            assert_eq!(SmsLimits::unreserved(limit), unreserved, "{limit}");
        }
    }

    #[test]
    fn the_total_is_the_limit_of_a_phone_times_the_phones() {
        for (per_number, numbers, in_all) in
            [(20, 0, 0), (20, 1, 20), (20, 20, 400), (u32::MAX, 2, u32::MAX)]
        {
            assert_eq!(SmsLimits::new(per_number, numbers), SmsLimits { per_number, in_all });
        }
    }
}
