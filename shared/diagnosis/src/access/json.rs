//! JSON access logs, as API Gateway really writes them.
//!
//! Substitution of `$context` variables is textual, so a line that its author meant as JSON may hold a
//! bare `-`, a value in two pairs of quotes (`messageString` brings its own) or quotes in the middle of
//! a message. Strict JSON is read in one pass; only where it fails is the value's end searched for.

use std::borrow::Cow;
use std::ops::Range;

use super::shape::Shape;
use super::{AccessRecord, Unreadable};
use crate::Field;
use crate::json::{Cursor, RawString};

/// Objects nested deeper than this are skipped: no access log nests a `$context` variable so deep.
const MAX_DEPTH: usize = 4;

/// Keys after so many are not read: a format of API Gateway's greatest length has some hundreds.
const MOST_KEYS: usize = 4_096;

/// Tells which field stands under a key.
pub(super) trait Keys {
    /// The field of a key inside the objects `parents`.
    fn field(&self, parents: &[&[u8]], key: &[u8]) -> Option<Field>;
}

/// Keys by what people call them.
struct KnownKeys;

impl Keys for KnownKeys {
    fn field(&self, parents: &[&[u8]], key: &[u8]) -> Option<Field> {
        Field::from_key(parents, key)
    }
}

/// Reads the object that a line is, by keys of one's own.
pub(super) fn read<'a>(line: &'a str, keys: &impl Keys) -> Result<AccessRecord<'a>, Unreadable> {
    let mut walk = Walk::new(keys);
    let complete = walk.object(&mut Cursor::new(line.as_bytes()), &mut Vec::new());
    verdict(walk.record, complete)
}

/// Reads the object that a line is, by what people call the keys, and remembers its shape for the next
/// one.
pub(super) fn read_known<'a>(
    line: &'a str,
    shape: &mut Shape,
) -> Result<AccessRecord<'a>, Unreadable> {
    if let Some(record) = shape.read(line) {
        return Ok(record);
    }
    let mut walk = Walk::new(&KnownKeys);
    let mut cursor = Cursor::new(line.as_bytes());
    let complete = walk.object(&mut cursor, &mut Vec::new());
    // Only of lines that tell how a request ended: other logs may stand between them.
    if complete && walk.record.status().is_some() {
        shape.learn(&line[..cursor.position()], &walk.values);
    }
    verdict(walk.record, complete)
}

fn verdict(record: AccessRecord<'_>, complete: bool) -> Result<AccessRecord<'_>, Unreadable> {
    if !complete && record.status().is_none() && record.response_type().is_none() {
        Err(Unreadable::Broken)
    } else if record.is_empty() {
        Err(Unreadable::Foreign)
    } else {
        Ok(record)
    }
}

/// The key that a line logs `field` under, its parents joined with dots. For queries on the log itself.
pub fn key_path(line: &str, field: Field) -> Option<String> {
    let mut walk = Walk { key_of: Some((field, None)), ..Walk::new(&KnownKeys) };
    walk.object(&mut Cursor::new(line.as_bytes()), &mut Vec::new());
    walk.key_of?.1
}

/// One line being read.
struct Walk<'k, 'a, K> {
    keys: &'k K,
    record: AccessRecord<'a>,
    /// Where the values met so far are, quotes included, and what they are of.
    values: Vec<(Range<usize>, Option<Field>)>,
    keys_read: usize,
    /// The field whose key is asked for, and that key once it is found.
    key_of: Option<(Field, Option<String>)>,
}

impl<'k, 'a, K: Keys> Walk<'k, 'a, K> {
    const fn new(keys: &'k K) -> Self {
        let record = AccessRecord::empty();
        Self { keys, record, values: Vec::new(), keys_read: 0, key_of: None }
    }

    /// Reads the object that comes next. `false`: it breaks off.
    fn object(&mut self, cursor: &mut Cursor<'a>, parents: &mut Vec<&'a [u8]>) -> bool {
        if !cursor.take(b'{') {
            return false;
        }
        if cursor.take(b'}') {
            return true;
        }
        loop {
            let Some(key) = cursor.string() else { return false };
            self.keys_read += 1;
            if self.keys_read > MOST_KEYS
                || !cursor.take(b':')
                || !self.value(cursor, parents, key.bytes)
            {
                return false;
            }
            if cursor.take(b',') {
                // A trailing comma before the end is forgiven.
                if cursor.take(b'}') {
                    return true;
                }
            } else {
                return cursor.take(b'}');
            }
        }
    }

    fn value(
        &mut self,
        cursor: &mut Cursor<'a>,
        parents: &mut Vec<&'a [u8]>,
        key: &'a [u8],
    ) -> bool {
        match cursor.peek() {
            Some(b'{') if parents.len() < MAX_DEPTH => {
                parents.push(key);
                let complete = self.object(cursor, parents);
                parents.pop();
                complete
            }
            Some(b'{' | b'[') => cursor.skip_value(),
            Some(_) => {
                let start = cursor.position();
                let Some(value) = scalar(cursor) else { return false };
                let field = self.keys.field(parents, key);
                self.values.push((start..cursor.position(), field));
                if let Some(field) = field {
                    self.record.set(field, value.text());
                    self.note_key(field, parents, key);
                }
                true
            }
            None => false,
        }
    }

    fn note_key(&mut self, field: Field, parents: &[&[u8]], key: &[u8]) {
        if let Some((wanted, found @ None)) = &mut self.key_of
            && *wanted == field
        {
            let path = [parents, &[key]].concat().join(&b'.');
            *found = String::from_utf8(path).ok();
        }
    }
}

/// A value's extent, before anything is copied.
#[derive(Clone, Copy)]
enum Scalar<'a> {
    Quoted(RawString<'a>),
    Plain(&'a [u8]),
}

impl<'a> Scalar<'a> {
    fn text(self) -> Cow<'a, str> {
        match self {
            Self::Quoted(raw) => trim_extra_quotes(raw.text()),
            Self::Plain(bytes) => String::from_utf8_lossy(bytes.trim_ascii()),
        }
    }
}

/// SST once logged `"\"abc\""`: a variable that its author had quoted twice.
fn trim_extra_quotes(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.len() > 2 && text.starts_with('"') && text.ends_with('"') {
        return Cow::Owned(text[1..text.len() - 1].to_owned());
    }
    text
}

/// Reads a string or a bare value. `None`: the line ends inside it.
fn scalar<'a>(cursor: &mut Cursor<'a>) -> Option<Scalar<'a>> {
    let all = cursor.rest();
    if all.first() == Some(&b'"') {
        let raw = cursor.string()?;
        // A line that breaks off after the closing quote has told the value.
        if ends_value(cursor) || cursor.peek().is_none() {
            return Some(Scalar::Quoted(raw));
        }
        // Quotes inside quotes: the value ends where a quote is followed by what may follow a value.
        let length = loose_end(all, cursor.position_in(all))?;
        cursor.move_to(all, length);
        return Some(Scalar::Plain(trim_quotes(&all[..length])));
    }
    let bare = cursor.bare();
    if ends_value(cursor) {
        return Some(Scalar::Plain(bare));
    }
    // A bare message with blanks or commas in it.
    let length = bare_end(all)?;
    cursor.move_to(all, length);
    Some(Scalar::Plain(&all[..length]))
}

/// Whether the value is over: a comma and a key, or the object's end.
fn ends_value(cursor: &Cursor<'_>) -> bool {
    matches!(cursor.clone().peek(), Some(b',' | b'}'))
}

/// Where a value ends whose quotes cannot be trusted, looking from `from` on: after the first quote
/// that a comma and a new key, or closing braces up to the line's end, follow.
fn loose_end(text: &[u8], from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    let mut ends = memchr::memchr_iter(b'"', rest).map(|quote| from + quote + 1);
    ends.find(|&end| value_may_end(&text[end..]))
}

/// The same for a value without quotes.
fn bare_end(text: &[u8]) -> Option<usize> {
    memchr::memchr2_iter(b',', b'}', text).find(|&end| value_may_end(&text[end..]))
}

fn value_may_end(rest: &[u8]) -> bool {
    let rest = rest.trim_ascii_start();
    match rest.first() {
        Some(b',') => rest[1..].trim_ascii_start().first() == Some(&b'"'),
        Some(b'}') => {
            let after = rest[1..].trim_ascii_start();
            matches!(after.first(), None | Some(b',' | b'}'))
        }
        _ => false,
    }
}

fn trim_quotes(value: &[u8]) -> &[u8] {
    let mut value = value;
    while let [b'"' | b' ', inner @ ..] = value {
        value = inner;
    }
    while let [inner @ .., b'"' | b' '] = value {
        value = inner;
    }
    value
}

#[cfg(test)]
mod tests {
    use crate::{Field, Reader, Unreadable};

    fn get(line: &str, field: Field) -> Option<String> {
        Reader::default().read(line).unwrap().get(field).map(str::to_owned)
    }

    #[test]
    fn broken_json_that_api_gateway_writes() {
        let message = Some("Endpoint request timed out");
        for (line, wanted) in [
            (r#"{"errorMessage":"Endpoint request timed out","status":"504"}"#, message),
            (r#"{"messageString":" "Endpoint request timed out"","status":"504"}"#, message),
            (r#"{"messageString":""Endpoint request timed out"","status":"504"}"#, message),
            (r#"{"messageString":""Endpoint request timed out"" , "status":"504"}"#, message),
            (r#"{"status":"504","messageString":""Endpoint request timed out""}"#, message),
            (r#"{"status":"504","errorMessage":Endpoint request timed out}"#, message),
            (r#"{"errorMessage":Endpoint request timed out,"status":504}"#, message),
            (r#"{"errorMessage":"say "no", please","status":"504"}"#, Some("say \"no\", please")),
            (r#"{"errorMessage":-,"status":504,}"#, None),
            (r#"{"errorMessage":null,"status":504}"#, None),
            (r#"{"errorMessage":"\"-\"","status":"504"}"#, None),
            (
                r#"{"errorMessage":"-","errorMessage":"Endpoint request timed out","status":504}"#,
                message,
            ),
            (
                r#"{"errorMessage":"Endpoint request timed out","errorMessage":"-","status":504}"#,
                message,
            ),
        ] {
            let record = Reader::default().read(line).unwrap();
            assert_eq!(record.error_message(), wanted, "{line}");
            assert_eq!(record.status(), Some(504), "{line}");
        }
    }

    #[test]
    fn nested_objects_and_values_of_other_kinds() {
        let line = r#"{"list":[1,{"status":"200"}],"context":{"status":"503","error":{"responseType":"INTEGRATION_TIMEOUT"},"other":{"status":"200"}},"flag":true}"#;
        let record = Reader::default().read(line).unwrap();
        assert_eq!(record.status(), Some(503));
        assert_eq!(record.response_type(), Some("INTEGRATION_TIMEOUT"));
    }

    #[test]
    fn a_reader_that_has_seen_another_shape_is_not_misled() {
        let mut reader = Reader::default();
        for (line, status) in [
            (r#"{"requestId":"a","status":"500"}"#, Some(500)),
            (r#"{"status":"404","requestId":"a"}"#, Some(404)),
            (r#"{"requestId":"a","path":"/status","status":"403"}"#, Some(403)),
            (r#"{"requestId":"a","status":"500"}"#, Some(500)),
            (r#"{"other":{"status":"1"},"requestId":"a","status":"502"}"#, Some(502)),
        ] {
            assert_eq!(reader.read(line).unwrap().status(), status, "{line}");
        }
    }

    #[test]
    fn a_line_that_breaks_off_is_read_if_it_got_far_enough() {
        let timeout =
            r#"{"error_responseType":"INTEGRATION_TIMEOUT","httpMethod":"POST","status":"50"#;
        assert_eq!(get(timeout, Field::ErrorResponseType).as_deref(), Some("INTEGRATION_TIMEOUT"));
        assert_eq!(get(timeout, Field::Status), None);
        let cut = r#"{"requestId":"a","status":"50"#;
        assert_eq!(Reader::default().read(cut).err(), Some(Unreadable::Broken));
    }

    #[test]
    fn a_closed_line_nested_a_thousand_deep_keeps_its_other_fields() {
        let line = format!(
            r#"{{"deep":{}1{},"status":"500"}}"#,
            r#"{"a":"#.repeat(1_000),
            "}".repeat(1_000)
        );
        assert_eq!(get(&line, Field::Status).as_deref(), Some("500"));
    }
}
