//! The one door from what a log held into a message.
//!
//! Most of it was redacted when it was kept; doing it again costs little, changes nothing, and does not
//! rely on every field's history.

use diagnosis::redact;

/// Longer names than any that AWS allows are not looked at.
const MAX_CLEAN: usize = 2_048;

/// The text without secrets and characters that cannot be seen, cut to `most` characters. Backticks
/// become look-alikes: they would end a code span. Addresses lose the form that mail programs and
/// phones turn into links.
pub(super) fn text(raw: &str, most: usize) -> String {
    let harmless = redact::text(raw, most).replace('`', "\u{2CB}").replace("://", "[:]//");
    redact::truncate(&harmless, most)
}

/// Whether there is nothing in the text to hide: only then may it be part of a command or a link, where
/// half of a name is worse than none.
pub(super) fn is_clean(raw: &str) -> bool {
    raw.len() <= MAX_CLEAN && redact::text(raw, raw.len()) == raw
}

/// Whether a name may stand in a command or a link: a log must not put a second command behind it.
pub(super) fn is_plain_name(name: &str) -> bool {
    diagnosis::is_plain_name(name, "-_", 128) && is_clean(name)
}

#[cfg(test)]
mod tests {
    use super::{is_clean, is_plain_name, text};

    #[test]
    fn what_a_log_held_is_redacted_then_cut() {
        assert_eq!(text("GET /a?token=abcdef", 100), "GET /a?token=[redacted]");
        assert_eq!(text("a`b`\u{202E}c\u{1b}[31m", 100), "aˋbˋc[31m");
        assert_eq!(text("see https://evil.example", 100), "see https[:]//evil.example");
        assert_eq!(text("abcdef", 3), "ab…");
    }

    #[test]
    fn clean_names_stay_and_others_are_told() {
        assert!(is_clean("/aws/apigateway/larkfield-shop") && is_clean("") && is_clean("é"));
        assert!(!is_clean("a\u{200B}b") && !is_clean("AKIAIOSFODNN7EXAMPLE"));
    }

    #[test]
    fn only_plain_names_go_into_commands() {
        for (name, plain) in [
            ("a1b2c3d4e5", true),
            ("orders-prod_v2", true),
            ("", false),
            ("x; rm -rf ~", false),
            ("$(id)", false),
            ("a`b`", false),
            ("AKIAIOSFODNN7EXAMPLE", false),
        ] {
            assert_eq!(is_plain_name(name), plain, "{name}");
        }
    }
}
