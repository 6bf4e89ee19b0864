//! How often each cause occurred over time, in bounded memory: however long the log, the columns stay as
//! many and become wider.

use std::collections::VecDeque;

use diagnosis::{Cause, Timestamp};

/// As many columns as a line of 80 characters has room for beside a cause's name.
const MAX_COLUMNS: usize = 36;

const SECOND: i64 = 1_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Widths of a column that people think in. Each is a multiple of the one before it, so that columns can
/// be put together.
const WIDTHS: [(i64, &str); 13] = [
    (SECOND, "1 second"),
    (5 * SECOND, "5 seconds"),
    (15 * SECOND, "15 seconds"),
    (MINUTE, "1 minute"),
    (5 * MINUTE, "5 minutes"),
    (15 * MINUTE, "15 minutes"),
    (HOUR, "1 hour"),
    (3 * HOUR, "3 hours"),
    (6 * HOUR, "6 hours"),
    (12 * HOUR, "12 hours"),
    (DAY, "1 day"),
    (7 * DAY, "7 days"),
    (28 * DAY, "28 days"),
];

/// Errors by time and cause.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// Which of the widths.
    width: usize,
    /// The number of the first column, counted from 1970. Of times further apart than the widest columns
    /// reach, the latest are shown.
    first: i64,
    columns: VecDeque<Column>,
}

type Column = [u32; Cause::COUNT];

impl Timeline {
    /// Counts an error.
    pub(super) fn add(&mut self, time: Timestamp, cause: Cause) {
        let Some(column) = self.column_of(time) else { return };
        let count = &mut self.columns[column][cause.index()];
        *count = count.saturating_add(1);
    }

    /// The column of a time, made where there is none, if need be by widening all.
    fn column_of(&mut self, time: Timestamp) -> Option<usize> {
        loop {
            let wanted = time.as_millis().div_euclid(WIDTHS[self.width].0);
            if self.columns.is_empty() {
                self.first = wanted;
            }
            let first = self.first.min(wanted);
            let last = wanted.max(self.first + self.columns.len() as i64 - 1);
            if last - first < MAX_COLUMNS as i64 {
                while self.first > first {
                    self.columns.push_front([0; Cause::COUNT]);
                    self.first -= 1;
                }
                while self.first + (self.columns.len() as i64) <= last {
                    self.columns.push_back([0; Cause::COUNT]);
                }
                return usize::try_from(wanted - first).ok();
            }
            if self.width + 1 < WIDTHS.len() {
                self.widen();
            } else if wanted < self.first {
                return None;
            } else {
                self.columns.pop_front();
                self.first += 1;
            }
        }
    }

    /// Puts columns together.
    fn widen(&mut self) {
        let factor = WIDTHS[self.width + 1].0 / WIDTHS[self.width].0;
        let mut wider: VecDeque<Column> = VecDeque::new();
        let first = self.first.div_euclid(factor);
        for (number, column) in (self.first..).zip(&self.columns) {
            if number.div_euclid(factor) - first == wider.len() as i64 {
                wider.push_back([0; Cause::COUNT]);
            }
            if let Some(sum) = wider.back_mut() {
                for (sum, count) in sum.iter_mut().zip(column) {
                    *sum = sum.saturating_add(*count);
                }
            }
        }
        self.columns = wider;
        self.first = first;
        self.width += 1;
    }

    /// How wide a column is, in words; `None` where there is no course to show.
    pub(super) fn width(&self) -> Option<&'static str> {
        (self.columns.len() > 1).then_some(WIDTHS[self.width].1)
    }

    /// When the first and the last column begin, as far apart as the blocks are wide.
    pub(super) fn axis(&self) -> String {
        let width = WIDTHS[self.width].0;
        let first = self.first * width;
        let last = first + (self.columns.len() as i64 - 1) * width;
        // Of 2025-03-12T09:14:07.123Z, what differs and what a column's width leaves.
        let (from, to) = match (last - first, width) {
            (_, DAY..) => (0, 10),
            (DAY.., _) => (5, 16),
            (_, MINUTE..) => (11, 16),
            _ => (11, 19),
        };
        let label = |millis| {
            let time = Timestamp::from_millis(millis).to_string();
            time.get(from..to).unwrap_or_default().replace('T', " ")
        };
        let (first, last) = (label(first), label(last));
        let room = (self.columns.len() * self.stretch()).saturating_sub(first.len());
        format!("{first}{last:>0$}", room.max(last.len() + 1))
    }

    /// A cause's course in blocks, the highest of which is its own maximum.
    pub(super) fn blocks(&self, cause: Cause) -> String {
        let counts = self.columns.iter().map(|column| column[cause.index()]);
        let most = counts.clone().max().unwrap_or(0);
        let blocks = counts.map(|count| block(count, most));
        blocks.flat_map(|block| std::iter::repeat_n(block, self.stretch())).collect()
    }

    /// How many blocks a column is wide, so that few columns fill the line too.
    fn stretch(&self) -> usize {
        MAX_COLUMNS / self.columns.len().max(1)
    }
}

/// Anything is more than nothing: the lowest block is for one, the highest for the most.
fn block(count: u32, most: u32) -> char {
    const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    match count {
        0 => ' ',
        _ => BLOCKS[(u64::from(count) * 8).div_ceil(u64::from(most)) as usize - 1],
    }
}

#[cfg(test)]
mod tests {
    use diagnosis::{Cause, Timestamp};

    use super::{MAX_COLUMNS, Timeline, WIDTHS};

    const CAUSE: Cause = Cause::LambdaTimedOut;

    fn timeline(times: impl IntoIterator<Item = i64>) -> Timeline {
        let mut timeline = Timeline::default();
        for millis in times {
            timeline.add(Timestamp::from_millis(millis), CAUSE);
        }
        timeline
    }

    fn total(timeline: &Timeline) -> u32 {
        timeline.columns.iter().map(|column| column[CAUSE.index()]).sum()
    }

    #[test]
    fn columns_are_as_wide_as_the_span_asks_for() {
        for (seconds, width, columns) in [
            (1, "1 second", 1),
            (36, "1 second", 36),
            (37, "5 seconds", 8),
            (3_600, "5 minutes", 12),
            (86_400, "1 hour", 24),
            (86_400 * 30, "1 day", 30),
            (86_400 * 365, "28 days", 14),
        ] {
            let made =
                timeline((0..seconds).step_by(1.max(seconds as usize / 1_000)).map(|s| s * 1_000));
            assert_eq!((WIDTHS[made.width].1, made.columns.len()), (width, columns), "{seconds} s");
        }
    }

    #[test]
    fn nothing_is_lost_whatever_the_order() {
        let times = || (0..5_000_i64).map(|n| n * 7_919 % 100_000 * 1_000 + 1_741_770_847_123);
        for made in [timeline(times()), timeline(times().collect::<Vec<_>>().into_iter().rev())] {
            assert_eq!(total(&made), 5_000);
            assert!(made.columns.len() <= MAX_COLUMNS);
            assert_eq!(made.width(), Some("1 hour"));
        }
    }

    #[test]
    fn times_that_lie_ages_apart_cost_no_more() {
        let recent = 1_741_770_847_123;
        let made = timeline([0, recent, -1, 0, recent, recent - 1]);
        assert!(made.columns.len() <= MAX_COLUMNS);
        assert_eq!(total(&made), 3, "the latest are shown");
        assert!(timeline([0, i64::MAX, i64::MIN, recent]).columns.len() <= MAX_COLUMNS);
    }

    #[test]
    fn blocks_are_measured_by_the_highest() {
        let made =
            timeline([0, 2_000, 2_000, 2_000, 2_000, 2_000, 2_000, 2_000, 2_000, 3_000, 3_000]);
        assert_eq!(made.blocks(CAUSE).replace(' ', "_"), "▁▁▁▁▁▁▁▁▁_________█████████▂▂▂▂▂▂▂▂▂");
        assert_eq!(made.blocks(Cause::RouteNotFound).trim(), "");
        assert!(timeline([5]).width().is_none() && Timeline::default().width().is_none());
    }

    #[test]
    fn the_axis_says_what_differs() {
        const DAY: i64 = 86_400_000;
        let nine = 1_741_770_840_000;
        for (span, axis) in [
            (3_000, "09:14:00                    09:14:03"),
            (1_800_000, "09:14                     09:44"),
            (DAY + 3_600_000, "03-12 09:00    03-13 10:00"),
            (30 * DAY, "2025-03-12           2025-04-11"),
        ] {
            assert_eq!(timeline([nine, nine + span]).axis(), axis, "{span}");
        }
    }
}
