//! JSON objects of a Lambda log, as far as they can be read.
//!
//! A log event ends where CloudWatch or API Gateway cuts it, so an object may break off anywhere: what
//! came before still counts.

use std::borrow::Cow;

use super::frames::OwnFrame;
use crate::json::{Cursor, RawString};

/// Objects nested deeper are skipped.
const MAX_DEPTH: usize = 4;

/// A value that is no object.
#[derive(Clone, Copy)]
pub(crate) enum Value<'a> {
    Text(RawString<'a>),
    /// A number, `true`, `null`.
    Bare(&'a [u8]),
    /// A whole array.
    List(&'a [u8]),
}

impl<'a> Value<'a> {
    /// A string, or what stands in place of one.
    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Text(raw) => Some(raw.text()),
            Self::Bare(b"null") | Self::List(_) => None,
            Self::Bare(bytes) => Some(String::from_utf8_lossy(bytes)),
        }
    }

    pub(super) fn number(self) -> Option<f64> {
        std::str::from_utf8(match self {
            Self::Text(raw) => raw.bytes,
            Self::Bare(bytes) => bytes,
            Self::List(_) => return None,
        })
        .ok()?
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
    }
}

/// Hands every value to `visit`, with the keys that lead to it. `false`: the object breaks off.
pub(crate) fn walk<'a>(text: &'a str, visit: &mut dyn FnMut(&[&'a [u8]], Value<'a>)) -> bool {
    object(&mut Cursor::new(text.as_bytes()), &mut Vec::new(), visit)
}

fn object<'a>(
    cursor: &mut Cursor<'a>,
    path: &mut Vec<&'a [u8]>,
    visit: &mut dyn FnMut(&[&'a [u8]], Value<'a>),
) -> bool {
    if !cursor.take(b'{') {
        return false;
    }
    if cursor.take(b'}') {
        return true;
    }
    loop {
        let Some(key) = cursor.string() else { return false };
        path.push(key.bytes);
        let complete = cursor.take(b':') && value(cursor, path, visit);
        path.pop();
        if !complete {
            return false;
        }
        if !cursor.take(b',') {
            return cursor.take(b'}');
        }
    }
}

fn value<'a>(
    cursor: &mut Cursor<'a>,
    path: &mut Vec<&'a [u8]>,
    visit: &mut dyn FnMut(&[&'a [u8]], Value<'a>),
) -> bool {
    match cursor.peek() {
        None => false,
        Some(b'{') if path.len() < MAX_DEPTH => object(cursor, path, visit),
        Some(b'{') => cursor.skip_value(),
        Some(b'[') => {
            let all = cursor.rest();
            let complete = cursor.skip_value();
            let length = if complete { cursor.position_in(all) } else { all.len() };
            visit(path, Value::List(&all[..length]));
            complete
        }
        Some(b'"') => {
            let all = cursor.rest();
            let whole = cursor.string();
            let cut = RawString { bytes: &all[1..], escaped: true };
            visit(path, Value::Text(whole.unwrap_or(cut)));
            whole.is_some()
        }
        Some(_) => {
            let bare = cursor.bare();
            visit(path, Value::Bare(bare));
            !bare.is_empty()
        }
    }
}

/// The error that a runtime reports: `{"errorType":…,"errorMessage":…,"stackTrace":[…]}`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ErrorObject<'a> {
    pub(crate) kind: Option<Cow<'a, str>>,
    pub(crate) message: Option<Cow<'a, str>>,
    pub(crate) frame: Option<String>,
    pub(crate) has_stack: bool,
    /// Keys of an answer to the caller, which an error report does not have.
    pub(crate) is_answer: bool,
}

impl<'a> ErrorObject<'a> {
    /// Reads an object, be it cut. `None`: it holds neither a type nor a message.
    pub(crate) fn read(text: &'a str) -> Option<Self> {
        let mut found = Self::default();
        walk(text, &mut |path, value| found.take(path, value));
        found.tells_an_error().then_some(found)
    }

    /// Takes the value, if it belongs to an error report whose object stands at the top.
    pub(super) fn take(&mut self, path: &[&[u8]], value: Value<'a>) {
        match (path, value) {
            ([b"errorType"], _) => self.kind = value.text(),
            ([b"errorMessage"], _) => self.message = value.text(),
            ([b"stack" | b"stackTrace" | b"trace"], Value::List(list)) => {
                self.has_stack = true;
                self.frame = OwnFrame::in_list(list);
            }
            ([b"stack" | b"stackTrace" | b"trace"], Value::Text(rows)) => {
                self.has_stack = true;
                self.frame = OwnFrame::in_text(&rows.text());
            }
            ([b"body" | b"isBase64Encoded", ..], _) => self.is_answer = true,
            _ => {}
        }
    }

    pub(super) const fn tells_an_error(&self) -> bool {
        self.kind.is_some() || self.message.is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{ErrorObject, walk};

    #[test]
    fn values_come_with_the_keys_that_lead_to_them() {
        let mut seen = Vec::new();
        let text = r#"{"a":"x","b":{"c":1,"d":[1,{"e":2}],"f":{}},"g":null}"#;
        let complete = walk(text, &mut |path, value| {
            let path = path.join(&b'.');
            seen.push((String::from_utf8(path).unwrap(), value.text().map(Cow::into_owned)));
        });
        assert!(complete);
        let wanted = [("a", Some("x")), ("b.c", Some("1")), ("b.d", None), ("g", None)];
        assert_eq!(seen, wanted.map(|(path, text)| (path.to_owned(), text.map(str::to_owned))));
    }

    #[test]
    fn an_object_that_breaks_off_tells_what_came_before() {
        for text in [
            r#"{"errorType":"TypeError","errorMessage":"no such thing [TRUNCATED]"#,
            r#"{"errorType":"TypeError","errorMessage":"no such thing [TRUNCATED]","stack":["a"#,
            r#"{"errorType":"TypeError","errorMessage":"no such thing [TRUNCATED]","#,
        ] {
            let error = ErrorObject::read(text).unwrap();
            assert_eq!(error.kind.as_deref(), Some("TypeError"));
            assert_eq!(error.message.as_deref(), Some("no such thing [TRUNCATED]"));
        }
        for text in ["", "{", "{}", "[]", r#"{"message":"x"}"#, r#"{"x":{"errorType":"y"}}"#] {
            assert_eq!(ErrorObject::read(text), None, "{text}");
        }
        assert!(!walk(&r#"{"a":"#.repeat(50_000), &mut |_, _| {}));
    }
}
