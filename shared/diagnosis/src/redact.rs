//! What may leave the process of a text that a log held.
//!
//! Slack, SMS and email are third parties, and a log may hold anything: credentials in headers, tokens
//! in query strings, people's addresses. Control and direction characters go first, then values of
//! telling keys, then telling patterns, and only then is the text cut: a token cut in half would no
//! longer look like one. Redacting twice changes nothing.

use std::borrow::Cow;
use std::net::Ipv6Addr;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::access::is_uuid;

/// Stands for what was removed.
pub const REDACTED: &str = "[redacted]";

/// Longer texts are cut to this before anything else, so that work is bounded. Tens of times what any
/// message shows.
const MAX_INPUT_BYTES: usize = 16 * 1024;

/// The text without secrets, personal data and control characters, at most `max_chars` characters, the
/// last of them `…` where it was cut.
pub fn text(raw: &str, max_chars: usize) -> String {
    let bounded = without_cut_token(raw);
    let mut redacted = printable(bounded).into_owned();
    for rule in RULES.iter() {
        if let Cow::Owned(changed) = rule.pattern.replace_all(&redacted, rule.replacement) {
            redacted = changed;
        }
    }
    truncate(&redacted, max_chars)
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
            '\u{200B}'..='\u{200F}'
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

/// At most the first [`MAX_INPUT_BYTES`], without the word that the cut went through.
fn without_cut_token(raw: &str) -> &str {
    if raw.len() <= MAX_INPUT_BYTES {
        return raw;
    }
    let cut = &raw[..raw.floor_char_boundary(MAX_INPUT_BYTES)];
    cut.rfind(char::is_whitespace).map_or("", |at| &cut[..at])
}

type Replacement = fn(&Captures<'_>) -> String;

struct Rule {
    pattern: Regex,
    replacement: Replacement,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let table: [(&str, Replacement); 13] = [
        // PEM blocks span what is left of lines.
        (r"-----BEGIN [A-Z ]+-----.*?(?:-----END [A-Z ]+-----|$)", |_| REDACTED.to_owned()),
        // `key: value`, `key=value`, `"key":"value"`, for keys that name a secret
        (
            r#"(?i)((?:authorization|cookie|passwo?r?d|pwd|passphrase|signature|credentials?|api[-_]?key|session[a-z0-9_-]*|[a-z0-9_-]*(?:token|secret)[a-z0-9_-]*)\\?["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"?|\\"(?:[^"\\]|\\[^"])*(?:\\")?|'[^']*'?|(?:(?:Bearer|Basic|Digest|Negotiate|AWS4-HMAC-SHA256)\s+)?[^\s,;&"'}\])]+)"#,
            |found| format!("{}{REDACTED}", &found[1]),
        ),
        (r"(?i)\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+", |found| {
            format!("{} {REDACTED}", &found[1])
        }),
        // JSON web tokens, whole or broken off
        (r"\beyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,4}", |_| REDACTED.to_owned()),
        (r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}", |_| REDACTED.to_owned()),
        // tokens of Slack, GitHub and Stripe; a webhook's path
        (r"\bxox[a-z]-[A-Za-z0-9-]+", |_| REDACTED.to_owned()),
        (r"\b(?:gh[a-z]_|github_pat_|[srp]k_(?:live|test)_)[A-Za-z0-9_]+", |_| REDACTED.to_owned()),
        (r"(hooks\.slack(?:-gov)?\.com/)\S+", |found| format!("{}{REDACTED}", &found[1])),
        (r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+", |_| REDACTED.to_owned()),
        // addresses keep their network: it tells one caller's network from many
        (
            r"\b((?:25[0-5]|2[0-4]\d|1?\d?\d)\.(?:25[0-5]|2[0-4]\d|1?\d?\d)\.(?:25[0-5]|2[0-4]\d|1?\d?\d))\.(?:25[0-5]|2[0-4]\d|1?\d?\d)\b",
            |found| format!("{}.x", &found[1]),
        ),
        (r"\b[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}", |found| ipv6(&found[0])),
        (r"\+?\d(?:[ -]?\d){6,18}", |found| digits(&found[0])),
        (r"[A-Za-z0-9+/_-]{32,}={0,2}", |found| random(&found[0])),
    ];
    table
        .into_iter()
        .filter_map(|(pattern, replacement)| {
            Some(Rule { pattern: Regex::new(pattern).ok()?, replacement })
        })
        .collect()
});

/// An IPv6 address keeps its first 48 bits. Without a digit it is more likely a path in code.
fn ipv6(found: &str) -> String {
    match found.parse::<Ipv6Addr>() {
        Ok(address) if found.contains(|character: char| character.is_ascii_digit()) => {
            let [a, b, c, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:x")
        }
        _ => found.to_owned(),
    }
}

/// Telephone numbers in E.164 and payment cards go; other numbers, such as ids and times, stay.
fn digits(found: &str) -> String {
    let is_phone = found.starts_with('+') && !found[1..].starts_with('0');
    let digits: Vec<u32> = found.chars().filter_map(|character| character.to_digit(10)).collect();
    if is_phone || ((13..=19).contains(&digits.len()) && passes_luhn(&digits)) {
        return REDACTED.to_owned();
    }
    found.to_owned()
}

fn passes_luhn(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, &digit)| match (place % 2, digit * 2) {
            (1, double) if double > 9 => double - 9,
            (1, double) => double,
            _ => digit,
        })
        .sum();
    sum > 0 && sum.is_multiple_of(10)
}

/// Long runs of hexadecimal or base64 go; paths, names and request ids stay. Randomness shows in how
/// often neighbours change between digits, small and capital letters.
fn random(found: &str) -> String {
    if is_uuid(found) {
        return found.to_owned();
    }
    let bytes = found.as_bytes();
    let longest_hex =
        bytes.split(|byte| !byte.is_ascii_hexdigit()).map(<[u8]>::len).max().unwrap_or(0);
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => 0,
        b'a'..=b'z' => 1,
        b'A'..=b'Z' => 2,
        _ => 3,
    };
    let changes = bytes.windows(2).filter(|pair| kind(pair[0]) != kind(pair[1]));
    let changes = changes.filter(|pair| kind(pair[0]) != 3 && kind(pair[1]) != 3).count();
    // An AWS secret key has 40 characters.
    let threshold = if bytes.len() == 40 { 25 } else { 45 };
    if longest_hex >= 32 || changes * 100 >= bytes.len() * threshold {
        return REDACTED.to_owned();
    }
    found.to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{MAX_INPUT_BYTES, RULES, text};

    #[test]
    fn every_pattern_compiles() {
        assert_eq!(RULES.len(), 13);
    }

    #[test]
    fn secrets_go() {
        for (raw, wanted) in [
            ("Authorization: Bearer abc.def-ghi, next", "Authorization: [redacted], next"),
            (r#"{"authorization":"Bearer x y","ok":1}"#, r#"{"authorization":[redacted],"ok":1}"#),
            (r#"{\"x-api-key\":\"abc\",\"ok\":1}"#, r#"{\"x-api-key\":[redacted],\"ok\":1}"#),
            ("GET /a?token=abc&b=1", "GET /a?token=[redacted]&b=1"),
            ("password='hunter 2' for x", "password=[redacted] for x"),
            ("Set-Cookie: sid=1", "Set-Cookie: [redacted]"),
            ("sent Bearer abc123", "sent Bearer [redacted]"),
            ("jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_-9 end", "jwt [redacted] end"),
            ("key AKIAIOSFODNN7EXAMPLE!", "key [redacted]!"),
            (
                "X-Amz-Signature=0123abcd&X-Amz-Credential=AKIA/2025",
                "X-Amz-Signature=[redacted]&X-Amz-Credential=[redacted]",
            ),
            ("xoxb-123-abc ghp_abcDEF123 sk_live_abc", "[redacted] [redacted] [redacted]"),
            (
                "https://hooks.slack.com/services/T0/B0/xyz failed",
                "https://hooks.slack.com/[redacted] failed",
            ),
            ("mail to ann@shop.example now", "mail to [redacted] now"),
            ("from 203.0.113.77 now", "from 203.0.113.x now"),
            ("from 2001:db8:1:2::77 now", "from 2001:db8:1:x now"),
            ("call +15550100001 now", "call [redacted] now"),
            ("card 4111 1111 1111 1111 declined", "card [redacted] declined"),
            ("hash 0123456789abcdef0123456789abcdef", "hash [redacted]"),
            ("key wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "key [redacted]"),
            ("-----BEGIN RSA PRIVATE KEY----- MIIE abc", "[redacted]"),
        ] {
            assert_eq!(text(raw, 500), wanted);
        }
    }

    #[test]
    fn what_explains_a_failure_stays() {
        for plain in [
            "Endpoint request timed out",
            "The security token included in the request is expired",
            "Unexpected token } in JSON at position 4",
            "Task timed out after 10.00 seconds",
            "RequestId: 6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1 Error: Runtime exited",
            "TypeError at /var/task/node_modules/axios/lib/core/createError.js:16:15",
            "arn:aws:lambda:eu-west-1:123456789012:function:my-stack-OrdersFunction-A1B2C3D4E5F6",
            "No module named 'x' in OrdersServiceGetCustomerByIdFunctionHandler",
            "at 12/Mar/2025:09:14:07 +0000, epoch 1741770847",
            "expected 5 of 1234567 rows, code std::io::Error in fade::add",
        ] {
            assert_eq!(text(plain, 500), plain);
        }
    }

    #[test]
    fn what_cannot_be_seen_goes() {
        assert_eq!(text("a\u{1b}[31mb\u{202E}c\u{200B}d\ne\0f", 50), "a[31mbcd ef");
    }

    #[test]
    fn the_cut_comes_last_and_counts_characters() {
        assert_eq!(text("ééééé", 3), "éé…");
        assert_eq!(text("abc", 3), "abc");
        assert_eq!(text("token=abcdefghijkl", 12), "token=[reda…");
        assert_eq!(text("abc", 0), "…");
    }

    #[test]
    fn a_word_that_the_first_cut_went_through_is_dropped() {
        let secret = "A1b2C3d4".repeat(8);
        let long = format!("{} {secret}", "x ".repeat((MAX_INPUT_BYTES - 20) / 2));
        assert!(!text(&long, usize::MAX).contains("A1b2"));
        assert_eq!(text(&"A".repeat(MAX_INPUT_BYTES + 1), 100), "");
    }

    fn planted_secret() -> impl Strategy<Value = (&'static str, String)> {
        prop_oneof![
            "[A-Za-z0-9]{20,40}".prop_map(|s| ("password=", s)),
            "[A-Za-z0-9]{20,40}".prop_map(|s| ("Authorization: Bearer ", s)),
            "eyJ[A-Za-z0-9_-]{20}\\.eyJ[A-Za-z0-9_-]{20}\\.[A-Za-z0-9_-]{20}".prop_map(|s| ("", s)),
            "AKIA[A-Z0-9]{16}".prop_map(|s| ("", s)),
            "xoxb-[0-9]{10}-[A-Za-z0-9]{24}".prop_map(|s| ("", s)),
            "ghp_[A-Za-z0-9]{36}".prop_map(|s| ("", s)),
            "[0-9a-f]{32,64}".prop_map(|s| ("", s)),
            "[a-z]{3,10}@[a-z]{3,10}\\.example".prop_map(|s| ("", s)),
        ]
    }

    proptest! {
        #[test]
        fn a_planted_secret_never_comes_out(
            before in "[ -~é]{0,40}", (key, secret) in planted_secret(), after in "[ -~é]{0,40}", cut in 0_usize..200
        ) {
            let shown = text(&format!("{before} {key}{secret} {after}"), cut);
            let head = &secret[..secret.floor_char_boundary(12)];
            prop_assert!(!shown.contains(head), "{shown}");
        }

        #[test]
        fn redacting_twice_changes_nothing(raw in "\\PC{0,200}") {
            let once = text(&raw, usize::MAX);
            prop_assert_eq!(text(&once, usize::MAX), once.clone());
        }

        #[test]
        fn any_text_is_cut_on_a_character(raw in any::<String>(), cut in 0_usize..100) {
            prop_assert!(text(&raw, cut).chars().count() <= cut.max(1));
        }
    }
}
