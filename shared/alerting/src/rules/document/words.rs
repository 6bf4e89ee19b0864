//! How a document's words are shown, and the words for lengths of time.

/// Longer quotations are cut.
const MAX_CHARS: usize = 80;

/// A part of the document as a message may quote it: on one line, without control characters.
pub(super) fn shown(text: &str) -> String {
    let mut shown: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_CHARS).collect();
    if text.chars().count() > MAX_CHARS {
        shown.push('\u{2026}');
    }
    shown
}

/// Words in backticks, as a sentence lists them: `` `a`, `b` or `c` ``.
pub(super) fn one_of(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} or {last}", others.join(", ")),
        _ => quoted.concat(),
    }
}

/// `5m`, `1h`, `1h30m`, as minutes. Only whole minutes; `None` for anything else.
pub(super) fn minutes(text: &str) -> Option<i64> {
    let (hours, rest) = match text.split_once('h') {
        Some((hours, rest)) => (digits(hours)?, rest),
        None => (0, text),
    };
    let minutes = match rest.strip_suffix('m') {
        Some(minutes) => digits(minutes)?,
        None if rest.is_empty() && !text.is_empty() => 0,
        None => return None,
    };
    Some(hours * 60 + minutes)
}

/// At most six digits, so that nothing overflows.
fn digits(text: &str) -> Option<i64> {
    let plain = (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// Minutes as a document writes them.
pub(super) fn of_minutes(minutes: i64) -> String {
    if minutes % 60 == 0 { format!("{}h", minutes / 60) } else { format!("{minutes}m") }
}

#[cfg(test)]
mod tests {
    use super::{minutes, of_minutes, one_of, shown};

    #[test]
    fn lengths_of_time_are_whole_minutes() {
        for (text, wanted) in [
            ("1m", Some(1)),
            ("5m", Some(5)),
            ("90m", Some(90)),
            ("1h", Some(60)),
            ("6h", Some(360)),
            ("1h30m", Some(90)),
            ("0m", Some(0)),
            ("", None),
            ("m", None),
            ("h", None),
            ("5", None),
            ("5s", None),
            ("5 m", None),
            ("-5m", None),
            ("+5m", None),
            ("1.5h", None),
            ("1h30", None),
            ("1hh", None),
            ("30m1h", None),
            ("\u{0665}m", None),
            ("9999999999999999999m", None),
        ] {
            assert_eq!(minutes(text), wanted, "{text}");
        }
        for minutes_written in ["1m", "59m", "1h", "90m", "6h"] {
            assert_eq!(of_minutes(minutes(minutes_written).unwrap()), minutes_written);
        }
    }

    #[test]
    fn what_is_quoted_stays_on_one_line() {
        assert_eq!(shown("a\n\u{1b}[31mb"), "a  [31mb");
        assert_eq!(shown(&"x".repeat(500)).chars().count(), 81);
        assert_eq!(one_of(&["a"]), "`a`");
        assert_eq!(one_of(&["a", "b", "c"]), "`a`, `b` or `c`");
    }
}
