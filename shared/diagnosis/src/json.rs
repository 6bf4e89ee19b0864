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
        let raw = RawString::up_to_quote(&self.text[self.at + 1..])?;
        self.at += raw.bytes.len() + 2;
        Some(raw)
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
    /// The string that `text` begins inside of. `None`: it does not end.
    pub(crate) fn up_to_quote(text: &'a [u8]) -> Option<Self> {
        let mut at = plain_length(text)?;
        let escaped = text[at] == b'\\';
        if escaped {
            at = escaped_length(text, at)?;
        }
        Some(Self { bytes: &text[..at], escaped })
    }

    /// The text it stands for: escapes resolved, bad bytes and lone surrogates replaced by U+FFFD.
    pub(crate) fn text(self) -> Cow<'a, str> {
        self.text_up_to(usize::MAX).unwrap_or_default()
    }

    /// The same; `None` where it is more than `most` bytes.
    pub(crate) fn text_up_to(self, most: usize) -> Option<Cow<'a, str>> {
        let fits = |length: usize| (length <= most).then_some(());
        if !self.escaped {
            fits(self.bytes.len())?;
            // The usual check first: it takes 16 bytes of ASCII at a time, the lossy one takes them one by
            // one.
            let text = std::str::from_utf8(self.bytes);
            return Some(text.map_or_else(|_| String::from_utf8_lossy(self.bytes), Cow::Borrowed));
        }
        let mut plain = Vec::with_capacity(self.bytes.len().min(most));
        let mut at = 0;
        while let Some(run) = memchr::memchr(b'\\', &self.bytes[at..]) {
            plain.extend_from_slice(&self.bytes[at..at + run]);
            at += run;
            at += unescape_one(&self.bytes[at..], &mut plain);
            fits(plain.len())?;
        }
        fits(plain.len() + self.bytes.len() - at)?;
        plain.extend_from_slice(&self.bytes[at..]);
        Some(Cow::Owned(into_text(plain)))
    }
}

/// Eight equal bytes.
const fn eight(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// A bit in the first of eight bytes that is a quote or a backslash, in little-endian order, and maybe in
/// some after it; 0 where there is none.
///
/// The strings of a log are short: a call into `memchr` costs more than it saves (130 instructions a
/// string against 40), and looking at bytes one by one costs seven each.
const fn marks(bytes: [u8; 8]) -> u64 {
    // The lowest byte that is zero gets its high bit set; those below it stay clear.
    const fn zero_bytes(word: u64) -> u64 {
        word.wrapping_sub(eight(1)) & !word & eight(0x80)
    }
    let word = u64::from_le_bytes(bytes);
    zero_bytes(word ^ eight(b'"')) | zero_bytes(word ^ eight(b'\\'))
}

/// How many bytes come before the first quote or backslash; `None` where there is none.
pub(crate) fn plain_length(text: &[u8]) -> Option<usize> {
    let (words, rest) = text.as_chunks::<8>();
    for (number, word) in words.iter().enumerate() {
        let marks = marks(*word);
        if marks != 0 {
            return Some(number * 8 + marks.trailing_zeros() as usize / 8);
        }
    }
    let last = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'))?;
    Some(words.len() * 8 + last)
}

/// How many bytes come before the quote that ends a string, looking from the escape at `at` on.
fn escaped_length(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        // A line of JSON in an envelope has a hundred escapes, nearly all of its own quotes.
        while let Some(block) = text.get(at..)?.first_chunk()
            && !may_end_in(block)
        {
            // Its last byte may begin an escape, which then is looked at again.
            at += BLOCK - usize::from(block[BLOCK - 1] == b'\\');
        }
        let end_of_block = at + BLOCK;
        while at < end_of_block {
            at += plain_length(text.get(at..)?)?;
            if text[at] == b'"' {
                return Some(at);
            }
            at += 2;
        }
    }
}

/// How many bytes are looked at at once: enough for vector instructions, and few enough to take one by
/// one where the string ends.
const BLOCK: usize = 32;

/// Whether a string may end in a block that begins outside of an escape, or at the byte after it: `false`
/// where each quote comes after a backslash and no backslash does.
fn may_end_in(block: &[u8; BLOCK + 1]) -> bool {
    // Numbers instead of branches become vector instructions.
    let is = |byte: &u8, wanted: u8| u8::from(*byte == wanted);
    let pairs = block[..BLOCK].iter().zip(&block[1..]);
    let may_end = pairs.fold(0, |may_end, (before, byte)| {
        let escaped = is(before, b'\\');
        may_end | is(byte, b'"') & (escaped ^ 1) | is(byte, b'\\') & escaped
    });
    may_end != 0 || block[0] == b'"'
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
    use proptest::prelude::*;

    use super::{BLOCK, Cursor, RawString, plain_length};

    fn read(text: &str) -> Option<String> {
        Cursor::new(text.as_bytes()).string().map(|raw| raw.text().into_owned())
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
                    assert_eq!(plain_length(&text), Some(at));
                }
            }
            assert_eq!(plain_length(&vec![0xA2; length]), None, "a quote with its high bit set");
        }
    }

    /// Parts of strings: what stands in envelopes, and what only looks like it.
    fn string_parts() -> impl Strategy<Value = Vec<u8>> {
        let part = prop_oneof![
            4 => Just(&b"\\\""[..]),
            2 => Just(&b"\\\":\\\""[..]),
            2 => Just(&b"\\\",\\\""[..]),
            2 => Just(&b"-"[..]),
            2 => Just(&b"status"[..]),
            1 => Just(&b"\\\":"[..]),
            1 => Just(&b"\\\":\\"[..]),
            1 => Just(&b"\\\\"[..]),
            1 => Just(&b"\\"[..]),
            1 => Just(&b"\\u00e9"[..]),
            1 => Just(&b"\\ud83d\\ude00"[..]),
            1 => Just(&b"\\n"[..]),
            1 => Just(&b"\\x"[..]),
            1 => Just(&b"\xff"[..]),
            1 => Just("é".as_bytes()),
            1 => Just(&b"\""[..]),
        ];
        let parts = prop::collection::vec(part, 0..60);
        (parts, any::<bool>()).prop_map(|(parts, closed)| {
            let mut text = parts.concat();
            text.extend_from_slice(if closed { b"\"}]}, and more" } else { b"" });
            text
        })
    }

    /// Where the string ends, byte by byte.
    fn end_of_string(text: &[u8]) -> Option<usize> {
        let mut at = 0;
        loop {
            match text.get(at)? {
                b'"' => return Some(at),
                b'\\' => at += 2,
                _ => at += 1,
            }
        }
    }

    proptest! {
        #[test]
        fn a_string_ends_at_its_first_quote_that_is_not_escaped(text in string_parts()) {
            let raw = RawString::up_to_quote(&text);
            prop_assert_eq!(raw.map(|raw| raw.bytes.len()), end_of_string(&text));
            if let Some(raw) = raw {
                prop_assert_eq!(raw.escaped, raw.bytes.contains(&b'\\'));
            }
        }

        #[test]
        fn a_text_that_is_too_long_is_not_unescaped(text in string_parts(), most in 0_usize..400) {
            let Some(raw) = RawString::up_to_quote(&text) else { return Ok(()) };
            // Only bad bytes get longer than what is counted.
            if std::str::from_utf8(raw.bytes).is_ok() {
                let whole = raw.text();
                prop_assert_eq!(raw.text_up_to(most), (whole.len() <= most).then_some(whole));
            }
        }
    }

    #[test]
    fn blocks_of_any_marks_are_read_like_single_bytes() {
        let marks = [b'"', b'\\', b'a'];
        for number in 0..3_u32.pow(9) {
            let mut text = vec![b'\\', b'"'];
            text.resize(BLOCK - 2, b'x');
            text.extend((0..9).map(|place| marks[(number / 3_u32.pow(place) % 3) as usize]));
            text.extend_from_slice(b"xx\"");
            let length = RawString::up_to_quote(&text).map(|raw| raw.bytes.len());
            assert_eq!(length, end_of_string(&text), "{}", text.escape_ascii());
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
