//! What may leave the process of a text that a log held.
//!
//! Slack, SMS and email are third parties, and a log may hold anything: credentials in headers, tokens
//! in query strings, people's addresses. Control and direction characters go first, then values of
//! telling keys, then telling patterns, and only then is the text cut: a token cut in half would no
//! longer look like one. What is left after one pass may look like something else, so passes are made
//! until one changes nothing; redacting twice changes nothing either.

mod mark;
mod rules;
mod shapes;

use std::borrow::Cow;

pub use mark::REDACTED;

/// Longer texts are cut to this before anything else, so that work is bounded. Tens of times what any
/// message shows.
const MAX_INPUT_BYTES: usize = 16 * 1024;

/// Real texts need one pass and one that finds nothing.
const MAX_PASSES: usize = 8;

/// The text without secrets, personal data and control characters, at most `max_chars` characters, the
/// last of them `…` where it was cut.
pub fn text(raw: &str, max_chars: usize) -> String {
    let mut redacted = printable(without_cut_token(raw)).into_owned();
    for _ in 0..MAX_PASSES {
        match rules::pass(&redacted) {
            Cow::Borrowed(_) => return truncate(without_cut_token(&redacted), max_chars),
            Cow::Owned(changed) => redacted = changed,
        }
    }
    truncate(REDACTED, max_chars)
}

/// The text's first `max_chars` characters, the last of them `…` where there were more.
pub fn truncate(text: &str, max_chars: usize) -> String {
    if text.char_indices().nth(max_chars).is_none() {
        return text.to_owned();
    }
    let kept = text.char_indices().nth(max_chars.saturating_sub(1)).map_or(0, |(at, _)| at);
    format!("{}…", text[..kept].trim_end())
}

/// The text on one line, without characters that a reader cannot see or that turn text around: C0 and
/// C1 controls (ANSI escapes begin with one), bidirectional overrides, zero-width characters.
pub fn printable(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (0x20..0x7F).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' => shown.push(' '),
            invisible if invisible.is_control() => {}
            '\u{AD}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{061C}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E007F}' => {}
            visible => shown.push(visible),
        }
    }
    Cow::Owned(shown)
}

/// At most the first [`MAX_INPUT_BYTES`], without the word that the cut went through and without numbers
/// before it: a card's are often in groups.
fn without_cut_token(raw: &str) -> &str {
    if raw.len() <= MAX_INPUT_BYTES {
        return raw;
    }
    let cut = &raw[..raw.floor_char_boundary(MAX_INPUT_BYTES)];
    let whole = cut.rfind(char::is_whitespace).map_or("", |at| &cut[..at]);
    whole.trim_end_matches(|character: char| {
        character.is_ascii_digit() || character.is_whitespace() || character == '-'
    })
}

#[cfg(test)]
mod tests;
