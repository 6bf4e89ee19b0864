//! The shape of a line: what stands between its values.
//!
//! The lines of a stage come out of one format, so nearly every line has the text of the one before
//! between its values. Comparing that text takes a fraction of the work of reading the keys again, and
//! works just as well on a line whose quotes are still escaped, as they are in an envelope. What leads to
//! the same values as the plain way of reading is read; whatever differs, be it a blank, is left to that.

use std::ops::Range;

use super::AccessRecord;
use crate::Field;
use crate::json::plain_length;

/// Longer lines are not remembered: they are rare, and memory stays small.
const LONGEST: usize = 16 * 1024;

/// What stands between the values of the line that was last read the plain way.
#[derive(Debug, Default)]
pub(super) struct Shape {
    slots: Vec<Slot>,
    tail: Literal,
}

/// A value of a line.
#[derive(Debug)]
struct Slot {
    /// What stands before it. Its quotes are not part of it: some formats leave them to the value.
    before: Literal,
    /// What the value is of; `None`: of nothing that is read.
    field: Option<Field>,
}

/// A text that every line has.
#[derive(Debug, Default)]
struct Literal {
    plain: String,
    /// The same as it stands in a JSON string.
    escaped: String,
}

impl Shape {
    /// Remembers the shape of a line with these values, quotes included.
    pub(super) fn learn(&mut self, line: &str, values: &[(Range<usize>, Option<Field>)]) {
        if line.len() > LONGEST {
            return;
        }
        let mut before = 0;
        self.slots.clear();
        for (value, field) in values {
            let literal = Literal::new(line.get(before..value.start).unwrap_or_default());
            self.slots.push(Slot { before: literal, field: *field });
            before = value.end;
        }
        self.tail = Literal::new(line.get(before..).unwrap_or_default());
    }

    /// Reads a line of the same shape. `None`: it has another.
    pub(super) fn read<'a>(&self, line: &'a str) -> Option<AccessRecord<'a>> {
        self.read_quoted::<false>(line)
    }

    /// Reads a line of the same shape where it stands in a JSON string. `None`: it has another shape, or
    /// more than its own quotes is escaped.
    pub(super) fn read_escaped<'a>(&self, line: &'a str) -> Option<AccessRecord<'a>> {
        self.read_quoted::<true>(line)
    }

    fn read_quoted<'a, const ESCAPED: bool>(&self, line: &'a str) -> Option<AccessRecord<'a>> {
        if self.slots.is_empty() {
            return None;
        }
        let mut record = AccessRecord::empty();
        let mut rest = line;
        for slot in &self.slots {
            rest = rest.strip_prefix(slot.before.quoted::<ESCAPED>())?;
            let value;
            (value, rest) = split_value::<ESCAPED>(rest)?;
            if let Some(field) = slot.field {
                record.set_part(field, value);
            }
        }
        // Not `then_some`: it would move the record, which is large, once more.
        if rest.starts_with(self.tail.quoted::<ESCAPED>()) { Some(record) } else { None }
    }
}

impl Literal {
    fn new(plain: &str) -> Self {
        let escaped = plain.replace('\\', r"\\").replace('"', r#"\""#);
        Self { plain: plain.to_owned(), escaped }
    }

    const fn quoted<const ESCAPED: bool>(&self) -> &str {
        if ESCAPED { self.escaped.as_str() } else { self.plain.as_str() }
    }
}

/// Splits a value off, without its quotes where it has any. It ends where the plain way of reading finds
/// its end, provided that what follows is what followed in the line before. `None`: it is no string
/// without escapes and no bare word, which only that can tell.
fn split_value<const ESCAPED: bool>(text: &str) -> Option<(&str, &str)> {
    let quote = if ESCAPED { r#"\""# } else { r#"""# };
    if let Some(inside) = text.strip_prefix(quote) {
        let (value, rest) = inside.split_at_checked(plain_length(inside.as_bytes())?)?;
        return Some((value, rest.strip_prefix(quote)?));
    }
    let ends = |byte| {
        matches!(
            byte,
            b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r' | b'"' | b'\\' | b'{' | b'['
        )
    };
    let length = text.bytes().position(ends).filter(|length| *length > 0)?;
    let (value, rest) = text.split_at_checked(length)?;
    Some((value.trim_ascii(), rest))
}
