//! A span cut at full hours, so that an hour which is over has to be fetched once only.

use diagnosis::Timestamp;

use super::span::Span;

pub(super) const HOUR_MS: i64 = 60 * 60 * 1_000;

/// Lines of an hour may come in for so long after it.
const LATE_MS: i64 = 10 * 60 * 1_000;

/// A part of one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) span: Span,
    /// The hour's number since 1970, if it is over and will not change.
    pub(super) settled_hour: Option<i64>,
    /// It is the whole hour.
    pub(super) is_whole: bool,
}

/// The parts of a span, oldest first.
pub(super) fn of(span: Span, now: Timestamp) -> impl Iterator<Item = Chunk> {
    let first = span.from.as_millis() / HOUR_MS;
    let last = (span.until.as_millis() - 1) / HOUR_MS;
    (first..=last).map(move |hour| {
        let begin = Timestamp::from_millis(hour * HOUR_MS);
        let end = begin.plus_millis(HOUR_MS);
        let part = Span { from: span.from.max(begin), until: span.until.min(end) };
        Chunk {
            span: part,
            settled_hour: (end.plus_millis(LATE_MS) <= now).then_some(hour),
            is_whole: part == Span { from: begin, until: end },
        }
    })
}

#[cfg(test)]
mod tests {
    use diagnosis::Timestamp;

    use super::super::span::Span;
    use super::of;

    #[test]
    fn a_span_is_cut_at_full_hours() {
        let at = |time: &str| Timestamp::from_rfc3339(&format!("2026-03-01T{time}:00Z")).unwrap();
        let now = at("12:05");
        for (from, until, wanted) in [
            // the whole hour before the last may still get lines
            (
                "09:30",
                "12:05",
                &[
                    "09:30-10:00 settled",
                    "10:00-11:00 settled whole",
                    "11:00-12:00 whole",
                    "12:00-12:05",
                ][..],
            ),
            ("10:00", "11:00", &["10:00-11:00 settled whole"]),
            ("10:20", "10:40", &["10:20-10:40 settled"]),
            ("11:59", "12:00", &["11:59-12:00"]),
        ] {
            let chunks: Vec<String> = of(Span { from: at(from), until: at(until) }, now)
                .map(|chunk| {
                    let time = Timestamp::hour_and_minute;
                    let (from, until) = (time(chunk.span.from), time(chunk.span.until));
                    let settled = if chunk.settled_hour.is_some() { " settled" } else { "" };
                    let whole = if chunk.is_whole { " whole" } else { "" };
                    format!("{from}-{until}{settled}{whole}")
                })
                .collect();
            assert_eq!(chunks, wanted, "{from} to {until}");
        }
    }
}
