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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::{Index, select};

    use crate::json::RawString;
    use crate::{AccessRecord, Field, Reader, Unreadable};

    /// `V` stands for a value, with its quotes or without.
    const SHAPES: [&str; 6] = [
        r#"{"requestId":V,"status":V,"ip":V}"#,
        r#"{"requestId":V,"status":V,"status":V}"#,
        r#"{"requestId":V,"status":"200","path":V}"#,
        r#"{ "context": {"status": V , "error":{"message":V}} , "list":[1,"}"],"x":V, } tail"#,
        r#"{"a\"b":V,"status":V,"é":{"deep":{"deeper":{"deepest":{"status":"1"}}}},"errorMessage":V}"#,
        r#"  {"status":V,"errorMessage":V,"messageString":V"#,
    ];

    const VALUES: [&str; 30] = [
        r#""500""#,
        r#""404""#,
        "200",
        "-",
        r#""-""#,
        r#""""#,
        "",
        "null",
        " 200",
        "200 ",
        r#" "200""#,
        r#""/a, b}""#,
        r#""say \"no\"""#,
        r#""C:\\""#,
        r#""\u00e9""#,
        r#""\"500\"""#,
        r#"""Endpoint request timed out"""#,
        r#"" "Forbidden" ""#,
        "Endpoint request timed out",
        "a{b",
        "[1,2]",
        r#"{"status":"1"}"#,
        "{}",
        "é",
        r#""é😀""#,
        r#""1","status":"2""#,
        "\u{c}7\u{c}",
        r#""open"#,
        r"\",
        r#""203.0.113.7 and a much longer value than eight bytes""#,
    ];

    fn line() -> impl Strategy<Value = String> {
        let values = prop::collection::vec(select(&VALUES[..]), 4);
        (select(&SHAPES[..]), values).prop_map(|(shape, values)| {
            let mut values = values.into_iter().cycle();
            shape.split('V').collect::<Vec<_>>().into_iter().fold(String::new(), |line, part| {
                if line.is_empty() && !part.is_empty() {
                    return part.to_owned();
                }
                line + values.next().unwrap_or_default() + part
            })
        })
    }

    /// Everything that a record tells.
    fn told(
        read: Result<AccessRecord<'_>, Unreadable>,
    ) -> Result<Vec<(bool, Option<String>)>, Unreadable> {
        let of = |record: &AccessRecord<'_>, field| {
            (record.logs(field), record.get(field).map(str::to_owned))
        };
        read.map(|record| Field::ALL.iter().map(|&field| of(&record, field)).collect())
    }

    fn escaped(line: &str) -> String {
        line.replace('\\', r"\\").replace('"', r#"\""#)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn a_line_is_read_alike_whatever_came_before(lines in prop::collection::vec(line(), 1..6)) {
            let mut reader = Reader::default();
            for line in &lines {
                let alone = told(Reader::default().read(line));
                if let Some(record) = reader.read_escaped(&escaped(line)) {
                    prop_assert_eq!(told(Ok(record)), alone.clone(), "escaped {}", line);
                }
                prop_assert_eq!(told(reader.read(line)), alone, "{}", line);
            }
        }

        #[test]
        fn whatever_is_read_escaped_is_read_alike_as_text(
            before in line(),
            line in line(),
            at in any::<Index>(),
            length in 0_usize..4,
            part in select(&[r"\/", r"\u0022", r"\\", r#"\""#, r"\", "}", ",", " ", "0", ""][..]),
        ) {
            let mut reader = Reader::default();
            let _ = reader.read(&before);
            let escaped = escaped(&line);
            let start = escaped.floor_char_boundary(at.index(escaped.len()));
            let end = escaped.floor_char_boundary((start + length).min(escaped.len()));
            let changed = format!(r#"{}{part}{}""#, &escaped[..start], &escaped[end..]);
            let Some(raw) = RawString::up_to_quote(changed.as_bytes()) else { return Ok(()) };
            let read = std::str::from_utf8(raw.bytes).ok().and_then(|raw| reader.read_escaped(raw));
            if let Some(record) = read {
                prop_assert_eq!(told(Ok(record)), told(Reader::default().read(&raw.text())));
            }
        }
    }

    #[test]
    fn the_shape_of_the_line_before_reads_what_differs_in_values_only() {
        let before = r#"{"requestId":"a","status":"200","errorMessage":-,"path":"/a"}"#;
        for (line, reads) in [
            (before, true),
            (r#"{"requestId":"b-c","status":"504","errorMessage":"Timed out","path":""}"#, true),
            (r#"{"requestId":"b","status":504,"errorMessage":null,"path":"/ü"} "#, true),
            (r#"{"requestId":"b","status":"504","errorMessage":-,"path":"\\"}"#, false),
            (r#"{"requestId":"b","status":"504","errorMessage":Timed out,"path":"/a"}"#, false),
            (r#"{"requestId":"b","status":"504","errorMessage":,"path":"/a"}"#, false),
            (r#"{"requestId":"b","status":"504","errorMessage":{},"path":"/a"}"#, false),
            (r#"{"requestId":"b","status":"504","errorMessage":-,"path":"/a""#, false),
            (r#"{"requestId":"b","status":"504","errorMessage":-, "path":"/a"}"#, false),
            (r#"{"requestId":"b","Status":"504","errorMessage":-,"path":"/a"}"#, false),
            (r#"{"requestId":"b","status":"504"}"#, false),
            ("", false),
        ] {
            let mut reader = Reader::default();
            reader.read(before).unwrap();
            assert_eq!(reader.shape.read(line).is_some(), reads, "{line}");
            assert_eq!(reader.read_escaped(&escaped(line)).is_some(), reads, "escaped {line}");
        }
    }

    #[test]
    fn lines_that_are_long_or_tell_no_end_are_not_remembered() {
        let access = r#"{"requestId":"a","status":"200"}"#;
        let long = format!(r#"{{"status":"200","path":"/{}"}}"#, "x".repeat(super::LONGEST));
        for other in [r#"{"level":"INFO","requestId":"b"}"#, r#"{"status":"5"#, "text", &long] {
            let mut reader = Reader::default();
            reader.read(access).unwrap();
            let _ = reader.read(other);
            assert!(reader.shape.read(access).is_some(), "{other:.40}");
        }
    }
}
