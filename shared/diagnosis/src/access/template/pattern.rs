//! Literals and shapes, matched against a whole line.
//!
//! The search goes from the left and takes the shortest value that fits; where the rest of the line
//! does not fit then, it comes back and takes the next. Lines that are made for it could send such a
//! search back for ever, so it has a budget in proportion to the line, and what exceeds that does not
//! match. The search from the right is the same one, over the line and the pattern reversed.

use std::ops::Range;

use memchr::memmem::Finder;

use super::variable::Shape;

/// What a search may cost per byte of the line, in bytes looked at. Real lines need less than two.
const BUDGET_PER_BYTE: usize = 4;

/// What it may cost besides, so that short lines can be as ambiguous as they like.
const LEAST_BUDGET: usize = 1 << 16;

/// What an attempt costs besides the bytes it looks at.
const ATTEMPT: usize = 16;

/// What stands between the variables, and what they look like.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    forwards: Parts,
    backwards: Parts,
    /// Whether a value can hold the beginning of what follows it.
    ambiguous: bool,
}

#[derive(Debug, Clone)]
struct Parts {
    first: Vec<u8>,
    /// Each variable with the literal after it.
    parts: Vec<(Shape, Finder<'static>)>,
}

impl Pattern {
    /// `literals` is longer by one than `shapes`, which stand between them.
    pub(super) fn new(literals: Vec<String>, shapes: Vec<Shape>) -> Self {
        let literals: Vec<Vec<u8>> = literals.into_iter().map(String::into_bytes).collect();
        let reversed = |literal: &Vec<u8>| literal.iter().rev().copied().collect();
        let backwards =
            Parts::new(literals.iter().rev().map(reversed), shapes.iter().rev().copied());
        let forwards = Parts::new(literals.into_iter(), shapes.into_iter());
        // The last value can only end where the line does.
        let ambiguous = forwards.parts.iter().rev().skip(1).any(|(shape, literal)| {
            literal.needle().first().is_none_or(|&byte| shape.admits(byte))
        });
        Self { forwards, backwards, ambiguous }
    }

    /// Where the variables' values stand in a line; `None` for a value of which that is not certain.
    pub(super) fn certain_spans(&self, line: &str) -> Option<Vec<Option<Range<usize>>>> {
        let forwards =
            self.forwards.search(&Text { bytes: line.as_bytes(), line, reversed: false })?;
        if !self.ambiguous {
            return Some(forwards.into_iter().map(Some).collect());
        }
        let bytes: Vec<u8> = line.bytes().rev().collect();
        let text = Text { bytes: &bytes, line, reversed: true };
        let backwards = self.backwards.search(&text)?;
        let from_left = backwards.into_iter().rev().map(|span| text.in_line(&span));
        Some(
            forwards
                .into_iter()
                .zip(from_left)
                .map(|(shortest, longest)| (shortest == longest).then_some(shortest))
                .collect(),
        )
    }
}

/// A line as the search sees it.
struct Text<'l> {
    bytes: &'l [u8],
    line: &'l str,
    reversed: bool,
}

impl Text<'_> {
    fn in_line(&self, span: &Range<usize>) -> Range<usize> {
        if self.reversed {
            self.bytes.len() - span.end..self.bytes.len() - span.start
        } else {
            span.clone()
        }
    }

    fn accepts(&self, shape: Shape, span: &Range<usize>) -> bool {
        let span = self.in_line(span);
        self.line.get(span.start..).is_some_and(|text| shape.accepts(text, span.len()))
    }
}

impl Parts {
    fn new(
        mut literals: impl Iterator<Item = Vec<u8>>,
        shapes: impl Iterator<Item = Shape>,
    ) -> Self {
        let first = literals.next().unwrap_or_default();
        let finders = literals.map(|literal| Finder::new(&literal).into_owned());
        Self { first, parts: shapes.zip(finders).collect() }
    }

    /// The values' places in the text, each as short as the ones before it allow.
    fn search(&self, text: &Text<'_>) -> Option<Vec<Range<usize>>> {
        if !text.bytes.starts_with(&self.first) {
            return None;
        }
        let budget = BUDGET_PER_BYTE * text.bytes.len() + LEAST_BUDGET;
        let mut search = Search { parts: &self.parts, text, budget };
        let mut spans: Vec<Range<usize>> = Vec::with_capacity(self.parts.len());
        let mut start = self.first.len();
        let mut earliest_end = start;
        while let Some((_, literal)) = self.parts.get(spans.len()) {
            if let Some(span) = search.value(spans.len(), start, earliest_end).ok()? {
                start = span.end + literal.needle().len();
                earliest_end = start;
                spans.push(span);
            } else {
                let before = spans.pop()?;
                start = before.start;
                earliest_end = before.end + 1;
            }
        }
        Some(spans)
    }
}

/// A search with what is left of its budget.
struct Search<'s> {
    parts: &'s [(Shape, Finder<'static>)],
    text: &'s Text<'s>,
    budget: usize,
}

/// The budget is used up.
struct Exhausted;

impl Search<'_> {
    /// The shortest value of a variable that begins at `start` and does not end before
    /// `earliest_end`.
    fn value(
        &mut self,
        number: usize,
        start: usize,
        earliest_end: usize,
    ) -> Result<Option<Range<usize>>, Exhausted> {
        let (shape, finder) = &self.parts[number];
        let (text, literal) = (self.text, finder.needle());
        let latest_end = start + self.room(*shape, start)?;
        if number + 1 == self.parts.len() {
            let end = text.bytes.len().saturating_sub(literal.len());
            let fits = (earliest_end..=latest_end).contains(&end)
                && text.bytes[end..] == *literal
                && text.accepts(*shape, &(start..end));
            return Ok(fits.then_some(start..end));
        }
        let limit = (latest_end + literal.len()).min(text.bytes.len());
        let mut from = earliest_end;
        while from <= limit {
            let found = finder.find(&text.bytes[from..limit]);
            self.spend(found.unwrap_or(limit - from))?;
            let Some(distance) = found else { break };
            let span = start..from + distance;
            if text.accepts(*shape, &span) {
                return Ok(Some(span));
            }
            from = span.end + 1;
        }
        Ok(None)
    }

    /// How long a value that begins at `start` can be at most.
    fn room(&mut self, shape: Shape, start: usize) -> Result<usize, Exhausted> {
        let rest = &self.text.bytes[start..];
        let room = match shape {
            Shape::Sentence | Shape::Free => return Ok(rest.len()),
            // Paths can be long, so they are not asked byte by byte what they admit.
            Shape::Path | Shape::NoBlank => {
                rest.iter().position(|&byte| byte <= b' ').unwrap_or(rest.len())
            }
            _ => rest.iter().take(shape.longest()).take_while(|&&byte| shape.admits(byte)).count(),
        };
        self.spend(room)?;
        Ok(room)
    }

    fn spend(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.budget = self.budget.checked_sub(bytes + ATTEMPT).ok_or(Exhausted)?;
        Ok(())
    }
}
