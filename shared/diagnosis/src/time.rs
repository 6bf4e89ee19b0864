//! Times as API Gateway and CloudWatch write them: epoch seconds, epoch milliseconds and the CLF date
//! of `$context.requestTime`. All of them become one type, UTC, to the millisecond.

use jiff::{Timestamp as Instant, civil, tz::Offset};

/// Milliseconds since the Unix epoch, UTC. Shown as RFC 3339 with milliseconds and `Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// From 1970 to the last hours of 9999: what RFC 3339 can write in every offset.
const RANGE: std::ops::RangeInclusive<i64> = 0..=253_402_207_200_000;

/// Epoch numbers below this are seconds (the year 5138), above it milliseconds (1973).
const SECONDS_BELOW: i64 = 100_000_000_000;

impl Timestamp {
    /// From epoch milliseconds, clamped to the years 1970 to 9999.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(*RANGE.start(), *RANGE.end()))
    }

    /// Epoch milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole minutes since the epoch: the unit in which requests are counted.
    pub const fn minute(self) -> i64 {
        self.0 / 60_000
    }

    /// The first millisecond of a minute.
    pub fn of_minute(minute: i64) -> Self {
        Self::from_millis(minute.saturating_mul(60_000))
    }

    /// This time and `millis` more (or less, where negative).
    #[must_use]
    pub fn plus_millis(self, millis: i64) -> Self {
        Self::from_millis(self.0.saturating_add(millis))
    }

    /// `2025-03-12`, UTC.
    pub fn date(self) -> String {
        self.to_string().chars().take(10).collect()
    }

    /// `HH:MM`, UTC.
    pub fn hour_and_minute(self) -> String {
        let minutes = self.minute() % (24 * 60);
        format!("{:02}:{:02}", minutes / 60, minutes % 60)
    }

    /// `2025-03-12 09:14 UTC`.
    pub fn date_and_minute(self) -> String {
        format!("{} {} UTC", self.date(), self.hour_and_minute())
    }

    /// From an epoch number in seconds (HTTP APIs) or milliseconds (REST and WebSocket APIs).
    pub fn from_epoch(text: &str) -> Option<Self> {
        let number: i64 = whole_number(text)?;
        let millis = if number < SECONDS_BELOW { number.checked_mul(1_000)? } else { number };
        (number > 0 && RANGE.contains(&millis)).then_some(Self(millis))
    }

    /// From `$context.requestTime`: `12/Mar/2025:09:14:07 +0000`. An epoch number or an RFC 3339 time
    /// in its place is read too, since some formats put one there.
    pub fn from_request_time(text: &str) -> Option<Self> {
        if text.len() == 26 && text.as_bytes()[2] == b'/' {
            return clf(text.as_bytes());
        }
        Self::from_epoch(text).or_else(|| Self::from_rfc3339(text))
    }

    /// From RFC 3339, with any offset.
    pub fn from_rfc3339(text: &str) -> Option<Self> {
        let instant: Instant = text.parse().ok()?;
        RANGE.contains(&instant.as_millisecond()).then(|| Self(instant.as_millisecond()))
    }
}

impl std::fmt::Display for Timestamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let instant = Instant::from_millisecond(self.0).unwrap_or(Instant::UNIX_EPOCH);
        write!(f, "{instant:.3}")
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_rfc3339(&text).ok_or_else(|| serde::de::Error::custom("not an RFC 3339 time"))
    }
}

/// A number without what follows its point. Hardly any has one, so that comes last.
pub(crate) fn whole_number<N: std::str::FromStr>(text: &str) -> Option<N> {
    text.parse().ok().or_else(|| text.split_once('.')?.0.parse().ok())
}

/// `dd/MMM/yyyy:HH:mm:ss +-hhmm`, the fixed 26 bytes of the Common Log Format.
fn clf(text: &[u8]) -> Option<Timestamp> {
    let number = |range: std::ops::Range<usize>| -> Option<i16> {
        text[range].iter().try_fold(0_i16, |sum, digit| {
            digit.is_ascii_digit().then(|| sum * 10 + i16::from(digit - b'0'))
        })
    };
    let month = match &text[3..6] {
        b"Jan" => 1,
        b"Feb" => 2,
        b"Mar" => 3,
        b"Apr" => 4,
        b"May" => 5,
        b"Jun" => 6,
        b"Jul" => 7,
        b"Aug" => 8,
        b"Sep" => 9,
        b"Oct" => 10,
        b"Nov" => 11,
        b"Dec" => 12,
        _ => return None,
    };
    let separators = [(6, b'/'), (11, b':'), (14, b':'), (17, b':'), (20, b' ')];
    if separators.iter().any(|&(at, separator)| text[at] != separator) {
        return None;
    }
    let sign = match text[21] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let date = civil::Date::new(number(7..11)?, month, number(0..2)? as i8).ok()?;
    let time =
        civil::Time::new(number(12..14)? as i8, number(15..17)? as i8, number(18..20)? as i8, 0);
    let offset_seconds = i32::from(number(22..24)?) * 3_600 + i32::from(number(24..26)?) * 60;
    let offset = Offset::from_seconds(sign * offset_seconds).ok()?;
    let instant = offset.to_timestamp(date.to_datetime(time.ok()?)).ok()?;
    RANGE.contains(&instant.as_millisecond()).then(|| Timestamp(instant.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::Timestamp;

    #[test]
    fn every_way_of_writing_the_same_second() {
        let wanted = Some("2025-03-12T09:14:07.000Z".to_owned());
        for text in [
            "12/Mar/2025:09:14:07 +0000",
            "12/Mar/2025:10:14:07 +0100",
            "12/Mar/2025:03:44:07 -0530",
            "1741770847",
            "1741770847000",
            "1741770847.000",
            "2025-03-12T09:14:07Z",
            "2025-03-12T10:14:07+01:00",
        ] {
            let read = Timestamp::from_request_time(text).map(|time| time.to_string());
            assert_eq!(read, wanted, "{text}");
        }
    }

    #[test]
    fn look_alikes_are_not_times() {
        for text in [
            "",
            "-",
            "0",
            "-5",
            "12/Mar/2025",
            "12/Mrz/2025:09:14:07 +0000",
            "99/Mar/2025:09:14:07 +0000",
            "12/Mar/2025:09:14:77 +0000",
            "12/Mar/2025:09-14:07 +0000",
            "1x/Mar/2025:09:14:07 +0000",
            "99999999999999999999",
            "999999999999999999",
        ] {
            assert_eq!(Timestamp::from_request_time(text), None, "{text}");
        }
    }

    #[test]
    fn far_away_milliseconds_are_clamped_to_what_can_be_written() {
        assert_eq!(Timestamp::from_millis(i64::MIN).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::from_millis(i64::MAX).to_string(), "9999-12-30T22:00:00.000Z");
    }

    #[test]
    fn a_minute_knows_its_hour() {
        let time = Timestamp::from_millis(1_741_770_847_123);
        assert_eq!(time.date(), "2025-03-12");
        assert_eq!(time.hour_and_minute(), "09:14");
        assert_eq!(time.date_and_minute(), "2025-03-12 09:14 UTC");
        assert_eq!(Timestamp::of_minute(time.minute()).to_string(), "2025-03-12T09:14:00.000Z");
    }
}
