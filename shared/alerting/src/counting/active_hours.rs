//! In which hours of the last day lines of a source came in: what tells a source that is always busy from
//! one that is often quiet.
//!
//! There is a slot for each hour of the day, which holds the last such hour. So noting one is a blind write
//! of one attribute, and the memory never grows.

/// How long after its last line a source stays registered. A source that has lines in 20 of 24 hours is
/// quiet for 4 whole hours and the rest of two others at most: less than 6 hours, and with the usual gap at
/// night about 5. Its hours must outlast that gap, or it would never be known as busy.
pub const REGISTERED_MINUTES: i64 = 6 * 60;

const HOURS: i64 = 24;

/// The hours in which lines came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActiveHours {
    /// By slot: hours since the epoch.
    hours: [Option<i64>; Self::SLOTS],
}

impl ActiveHours {
    /// How many hours are remembered.
    pub const SLOTS: usize = HOURS as usize;

    /// The hour of a minute, in hours since the epoch.
    pub const fn hour(minute: i64) -> i64 {
        minute.div_euclid(60)
    }

    /// The slot of an hour.
    pub const fn slot(hour: i64) -> usize {
        hour.rem_euclid(HOURS) as usize
    }

    /// Notes an hour; an earlier one in the same slot is forgotten.
    pub fn note(&mut self, hour: i64) {
        let slot = &mut self.hours[Self::slot(hour)];
        *slot = (*slot).max(Some(hour));
    }

    /// How many of the 24 hours that end with this one had lines.
    pub fn in_day_until(&self, hour: i64) -> usize {
        let day = hour - HOURS + 1..=hour;
        self.hours.iter().flatten().filter(|noted| day.contains(noted)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::ActiveHours;

    #[test]
    fn the_hours_of_the_last_day_are_counted_each_once() {
        let day: Vec<i64> = (1_000..1_024).collect();
        let without_night: Vec<i64> = (1_000..1_024).filter(|hour| hour % 24 >= 6).collect();
        for (noted, until, count) in [
            (&[][..], 1_000, 0),
            (&[1_000, 1_000], 1_000, 1),
            (&[1_000, 1_023], 1_023, 2),
            // a day later, the same slot holds another hour
            (&[1_000], 1_024, 0),
            (&[1_000, 1_024], 1_024, 1),
            (&[1_024, 1_000], 1_024, 1),
            (&day, 1_023, 24),
            (&day, 1_027, 20),
            (&day, 1_100, 0),
            (&without_night, 1_023, 18),
            (&[-1, -2], -1, 2),
        ] {
            let mut hours = ActiveHours::default();
            for hour in noted {
                hours.note(*hour);
            }
            assert_eq!(hours.in_day_until(until), count, "{noted:?} until {until}");
        }
    }
}
