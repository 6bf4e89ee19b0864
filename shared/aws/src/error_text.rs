//! Errors of the outside world, in few words.

use std::error::Error;

/// What others say about an error goes into our log and into a ledger row: not without an end.
const MAX_CHARS: usize = 200;

/// What lies at the bottom of an error: `connection refused` rather than `dispatch failure`.
pub(crate) fn innermost(error: &dyn Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    short(&innermost.to_string())
}

/// A text from the other side: one line, its beginning.
pub(crate) fn short(text: &str) -> String {
    let one_line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    one_line.take(MAX_CHARS).collect::<String>().trim().to_owned()
}

/// What an AWS service answered: its code, and its message where it has one.
pub(crate) fn of_service(code: Option<&str>, message: Option<&str>) -> String {
    let code = code.unwrap_or("an error without a code");
    match message {
        Some(message) if !message.is_empty() => format!("{code}: {}", short(message)),
        _ => code.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{of_service, short};

    #[test]
    fn texts_of_others_are_one_short_line() {
        assert_eq!(short(" a\r\nb\u{1b}[31m "), "a  b [31m");
        assert_eq!(short(&"\u{e9}".repeat(1_000)).chars().count(), 200);
    }

    #[test]
    fn a_service_is_quoted_with_code_and_message() {
        assert_eq!(of_service(Some("Throttled"), Some("slow down")), "Throttled: slow down");
        assert_eq!(of_service(Some("Throttled"), Some("")), "Throttled");
        assert_eq!(of_service(None, None), "an error without a code");
    }
}
