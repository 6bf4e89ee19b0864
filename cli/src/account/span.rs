//! From when to when: `--since` and `--until`.

use diagnosis::Timestamp;

use crate::args::Moment;

/// From a time on, to another, which no longer belongs to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: Timestamp,
    pub(crate) until: Timestamp,
}

impl Span {
    /// What two moments mean now; the later one is now where it is not given. `None`: there is no time
    /// between them.
    pub(crate) fn new(since: Moment, until: Option<Moment>, now: Timestamp) -> Option<Self> {
        let span = Self { from: since.time(now), until: Moment::or_now(until).time(now).min(now) };
        (span.from < span.until).then_some(span)
    }

    pub(crate) fn millis(&self) -> u64 {
        self.until.as_millis().saturating_sub(self.from.as_millis()).unsigned_abs()
    }
}

#[cfg(test)]
mod tests {
    use diagnosis::Timestamp;

    use super::Span;
    use crate::args::Moment;

    #[test]
    fn a_span_ends_now_at_the_latest() {
        let at = Timestamp::from_millis;
        let now = at(10_000);
        let span = |from, until| Some(Span { from: at(from), until: at(until) });
        for (since, until, wanted) in [
            (Moment::Ago(4_000), None, span(6_000, 10_000)),
            (Moment::Ago(4_000), Some(Moment::Ago(1_000)), span(6_000, 9_000)),
            (Moment::At(at(1)), Some(Moment::At(at(99_000))), span(1, 10_000)),
            (Moment::Ago(1_000), Some(Moment::Ago(4_000)), None),
            (Moment::At(at(10_000)), None, None),
        ] {
            assert_eq!(Span::new(since, until, now), wanted, "{since:?} {until:?}");
        }
    }
}
