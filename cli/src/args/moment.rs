//! A time as options give it: how long ago, or when.

use diagnosis::Timestamp;

const SECOND_MS: i64 = 1_000;

/// A time as it is given on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// So many milliseconds ago.
    Ago(i64),
    At(Timestamp),
}

impl Moment {
    pub(crate) const fn or_now(moment: Option<Self>) -> Self {
        match moment {
            Some(moment) => moment,
            None => Self::Ago(0),
        }
    }

    pub(crate) fn time(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Ago(millis) => now.plus_millis(-millis),
            Self::At(time) => time,
        }
    }
}

impl std::str::FromStr for Moment {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        ago(text).map(Self::Ago).or_else(|| Timestamp::from_rfc3339(text).map(Self::At)).ok_or_else(
            || {
                "expected how long ago (30s, 15m, 1h, 7d), or a time (2026-03-01T09:00:00Z)"
                    .to_owned()
            },
        )
    }
}

/// `15m`: milliseconds.
fn ago(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        _ => return None,
    };
    let number = text.strip_suffix(unit)?;
    let is_number = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let number: i64 = is_number.then(|| number.parse().ok())??;
    number.checked_mul(seconds * SECOND_MS).filter(|_| number > 0)
}

#[cfg(test)]
mod tests {
    use diagnosis::Timestamp;

    use super::Moment;

    #[test]
    fn moments_are_spans_or_times() {
        let time = Timestamp::from_rfc3339("2026-03-01T09:00:00Z").unwrap();
        for (text, moment) in [
            ("30s", Some(Moment::Ago(30_000))),
            ("15m", Some(Moment::Ago(900_000))),
            ("1h", Some(Moment::Ago(3_600_000))),
            ("7d", Some(Moment::Ago(604_800_000))),
            ("2w", Some(Moment::Ago(1_209_600_000))),
            ("2026-03-01T09:00:00Z", Some(Moment::At(time))),
            ("2026-03-01T10:00:00+01:00", Some(Moment::At(time))),
            ("", None),
            ("h", None),
            ("0h", None),
            ("-1h", None),
            ("+1h", None),
            ("1 h", None),
            ("1y", None),
            ("1é", None),
            ("99999999999999999w", None),
            ("2026-03-01", None),
            ("yesterday", None),
        ] {
            assert_eq!(text.parse().ok(), moment, "{text}");
        }
    }
}
