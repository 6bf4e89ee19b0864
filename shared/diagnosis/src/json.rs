//! A cursor over JSON that may be broken.
//!
//! `serde_json` gives up on a whole document for one bad byte, one lone surrogate or one bare `-`;
//! API Gateway writes the latter itself, since it replaces `$context` variables textually. The cursor
//! finds where values begin and end, and leaves their meaning to the caller. It never recurses and
//! never allocates, except to unescape.

use std::borrow::Cow;

/// A position in a JSON text.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

/// The inside of a JSON string, still escaped.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RawString<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) escaped: bool,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// The same text from `at` on.
    pub(crate) fn at(text: &'a [u8], at: usize) -> Self {
        Self { text, at: at.min(text.len()) }
    }

    pub(crate) const fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        &self.text[self.at..]
    }

    /// How far the cursor has moved inside `earlier`, a [`Cursor::rest`] of before.
    pub(crate) fn position_in(&self, earlier: &[u8]) -> usize {
        earlier.len() - self.rest().len()
    }

    /// Moves to `offset` inside `earlier`, a [`Cursor::rest`] of before.
    pub(crate) fn move_to(&mut self, earlier: &[u8], offset: usize) {
        self.at = self.text.len() - earlier.len() + offset;
    }

    /// The next byte that is not white space, not consumed.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Consumes `wanted` if it comes next, white space before it included.
    pub(crate) fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// Consumes a string, its quotes included. `None`: there is none, or it does not end; the cursor
    /// has then not moved.
    pub(crate) fn string(&mut self) -> Option<RawString<'a>> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at + 1;
        let mut at = start;
        let mut escaped = false;
        loop {
            at += run_of_plain_bytes(self.text.get(at..)?)?;
            if self.text[at] == b'"' {
                self.at = at + 1;
                return Some(RawString { bytes: &self.text[start..at], escaped });
            }
            escaped = true;
            at += 2;
        }
    }

    /// Consumes a string and unescapes it into `into`, in one pass. `false` as [`Cursor::string`].
    pub(crate) fn string_into(&mut self, into: &mut Vec<u8>) -> bool {
        if self.peek() != Some(b'"') {
            return false;
        }
        let mut at = self.at + 1;
        loop {
            let Some(rest) = self.text.get(at..) else { return false };
            let Some(run) = copy_plain_bytes(rest, into) else { return false };
            at += run;
            if rest[run] == b'"' {
                self.at = at + 1;
                return true;
            }
            // Nearly every escape in an envelope is the quote of an access record's own JSON.
            if rest.get(run + 1) == Some(&b'"') {
                into.push(b'"');
                at += 2;
            } else {
                at += unescape_one(&rest[run..], into);
            }
        }
    }

    /// Consumes a bare token: a number, `true`, `null`, a lone `-`.
    pub(crate) fn bare(&mut self) -> &'a [u8] {
        self.peek();
        let start = self.at;
        let ends = |b: &u8| matches!(b, b',' | b'}' | b']' | b' ' | b'\t' | b'\n' | b'\r');
        self.at += self.rest().iter().position(ends).unwrap_or(self.text.len() - start);
        &self.text[start..self.at]
    }

    /// Consumes a whole value, whatever it is and however deep. `false`: it does not end.
    pub(crate) fn skip_value(&mut self) -> bool {
        let mut depth = 0_usize;
        loop {
            match self.peek() {
                None => return false,
                Some(b'"') => {
                    if self.string().is_none() {
                        return false;
                    }
                }
                Some(b'{' | b'[') => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                Some(b'}' | b']') => {
                    if depth == 0 {
                        return true;
                    }
                    depth -= 1;
                    self.at += 1;
                }
                Some(b',' | b':') => {
                    if depth == 0 {
                        return true;
                    }
                    self.at += 1;
                    continue;
                }
                Some(_) => {
                    if self.bare().is_empty() {
                        return false;
                    }
                }
            }
            if depth == 0 {
                return true;
            }
        }
    }
}

impl<'a> RawString<'a> {
    /// The text it stands for: escapes resolved, bad bytes and lone surrogates replaced by U+FFFD.
    pub(crate) fn text(self) -> Cow<'a, str> {
        if !self.escaped {
            // The usual check first: it takes 16 bytes of ASCII at a time, the lossy one takes them one by
            // one.
            return std::str::from_utf8(self.bytes)
                .map_or_else(|_| String::from_utf8_lossy(self.bytes), Cow::Borrowed);
        }
        let mut plain = Vec::with_capacity(self.bytes.len());
        let mut at = 0;
        while let Some(run) = memchr::memchr(b'\\', &self.bytes[at..]) {
            plain.extend_from_slice(&self.bytes[at..at + run]);
            at += run;
            at += unescape_one(&self.bytes[at..], &mut plain);
        }
        plain.extend_from_slice(&self.bytes[at..]);
        Cow::Owned(into_text(plain))
    }
}

/// Eight equal bytes.
const fn eight(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Where the first quote or backslash of eight bytes is; 8 where there is none.
///
/// The strings of a log are short: a call into `memchr` costs more than it saves (130 instructions a
/// string against 40), and looking at bytes one by one costs seven each.
fn first_mark(bytes: [u8; 8]) -> usize {
    // The lowest byte that is zero gets its high bit set; those below it stay clear.
    let zero_bytes = |word: u64| word.wrapping_sub(eight(1)) & !word & eight(0x80);
    let word = u64::from_le_bytes(bytes);
    let marks = zero_bytes(word ^ eight(b'"')) | zero_bytes(word ^ eight(b'\\'));
    marks.trailing_zeros() as usize / 8
}

/// How many bytes come before the first quote or backslash; `None` where there is none.
fn run_of_plain_bytes(text: &[u8]) -> Option<usize> {
    let (words, rest) = text.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let mark = first_mark(*word);
        if mark < 8 {
            return Some(number * 8 + mark);
        }
    }
    let last = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    Some(words.len() * 8 + last)
}

/// The same, and appends those bytes. Eight are appended at a time and what was too much is taken back:
/// a copy of known length is a single instruction.
fn copy_plain_bytes(text: &[u8], into: &mut Vec<u8>) -> Option<usize> {
    let (words, rest) = text.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let mark = first_mark(*word);
        into.extend_from_slice(word);
        if mark < 8 {
            into.truncate(into.len() - 8 + mark);
            return Some(number * 8 + mark);
        }
    }
    let last = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    into.extend_from_slice(&rest[..last]);
    Some(words.len() * 8 + last)
}

/// Bytes as text, with U+FFFD for what is not UTF-8.
pub(crate) fn into_text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Appends what the escape at the start of `escape` stands for and returns how many bytes it took.
/// An escape that means nothing is kept as it is.
fn unescape_one(escape: &[u8], into: &mut Vec<u8>) -> usize {
    let plain = match escape.get(1) {
        Some(&same @ (b'"' | b'\\' | b'/')) => same,
        Some(b'n') => b'\n',
        Some(b't') => b'\t',
        Some(b'r') => b'\r',
        Some(b'b') => 8,
        Some(b'f') => 12,
        Some(b'u') => return unescape_unicode(escape, into),
        _ => {
            into.push(b'\\');
            return 1;
        }
    };
    into.push(plain);
    2
}

/// `\uXXXX`, and a second one where the first is a high surrogate.
fn unescape_unicode(escape: &[u8], into: &mut Vec<u8>) -> usize {
    let unit = |at: usize| -> Option<u32> {
        let digits = escape.get(at..at + 6)?;
        let hex =
            digits.strip_prefix(b"\\u").filter(|hex| hex.iter().all(u8::is_ascii_hexdigit))?;
        u32::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok()
    };
    let Some(first) = unit(0) else {
        into.push(b'\\');
        return 1;
    };
    let (code, taken) = match (first, unit(6)) {
        (0xD800..=0xDBFF, Some(second @ 0xDC00..=0xDFFF)) => {
            (0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00), 12)
        }
        _ => (first, 6),
    };
    let character = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
    into.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
    taken
}

#[cfg(test)]
mod tests {
    use super::{Cursor, copy_plain_bytes, into_text, run_of_plain_bytes};

    fn read(text: &str) -> Option<String> {
        let by_reference = Cursor::new(text.as_bytes()).string().map(|raw| raw.text().into_owned());
        let mut buffer = Vec::new();
        let by_copy =
            Cursor::new(text.as_bytes()).string_into(&mut buffer).then(|| into_text(buffer));
        assert_eq!(by_reference, by_copy, "both ways of reading a string agree on {text}");
        by_reference
    }

    #[test]
    fn strings_and_their_escapes() {
        for (json, wanted) in [
            (r#""""#, Some("")),
            (r#"  "a" x"#, Some("a")),
            (r#""a\"b\\c\/d\n\t\r\b\f""#, Some("a\"b\\c/d\n\t\r\u{8}\u{c}")),
            (r#""\u0041\u00e9\ud83d\ude00""#, Some("Aé😀")),
            (r#""lone \ud800 surrogate""#, Some("lone \u{fffd} surrogate")),
            (r#""\udc00\ud800""#, Some("\u{fffd}\u{fffd}")),
            (r#""bad \x and \u00zz""#, Some("bad \\x and \\u00zz")),
            (r#""open"#, None),
            (r#""open \"#, None),
            (r#""open \""#, None),
            ("bare", None),
            ("", None),
        ] {
            assert_eq!(read(json).as_deref(), wanted, "{json}");
        }
    }

    #[test]
    fn a_mark_is_found_wherever_it_stands() {
        for length in 0..40 {
            for at in 0..length {
                for mark in [b'"', b'\\'] {
                    let mut text = vec![b'a' + (at % 20) as u8; length];
                    text[at] = mark;
                    text.push(b'"');
                    assert_eq!(run_of_plain_bytes(&text), Some(at));
                    let mut copy = b"x".to_vec();
                    assert_eq!(copy_plain_bytes(&text, &mut copy), Some(at));
                    assert_eq!(copy[1..], text[..at]);
                }
            }
            assert_eq!(
                run_of_plain_bytes(&vec![0xA2; length]),
                None,
                "a quote with its high bit set"
            );
        }
    }

    #[test]
    fn bad_bytes_are_replaced_not_refused() {
        let mut cursor = Cursor::new(b"\"a\xff\xfeb\" ");
        assert_eq!(
            cursor.string().map(|raw| raw.text().into_owned()).as_deref(),
            Some("a\u{fffd}\u{fffd}b")
        );
    }

    #[test]
    fn a_value_is_skipped_whatever_it_is() {
        let deep = format!("{}1{},rest", "[".repeat(100_000), "]".repeat(100_000));
        for (json, rest) in [
            ("12,rest", ",rest"),
            ("\"a]}\",rest", ",rest"),
            (r#"{"a":[1,{"b":"]"}],"c":-},rest"#, ",rest"),
            ("[],rest", ",rest"),
            ("null}", "}"),
            (deep.as_str(), ",rest"),
        ] {
            let mut cursor = Cursor::new(json.as_bytes());
            assert!(cursor.skip_value(), "{json:.40}");
            assert_eq!(cursor.rest(), rest.as_bytes());
        }
        for json in ["", "[1,", "{\"a\"", "\"open"] {
            assert!(!Cursor::new(json.as_bytes()).skip_value(), "{json}");
        }
    }
}
