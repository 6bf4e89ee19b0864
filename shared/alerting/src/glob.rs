//! Patterns with `*` (any run of characters) and `?` (any one).

/// Whether the whole of `text` fits the pattern. Time is bounded by the product of the lengths.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where the last `*` stands, and how far it reaches in the text.
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && pattern[p] == '*' {
            star = Some((p, t));
            p += 1;
        } else if p < pattern.len() && (pattern[p] == '?' || pattern[p] == text[t]) {
            p += 1;
            t += 1;
        } else if let Some((at, reach)) = star {
            star = Some((at, reach + 1));
            p = at + 1;
            t = reach + 1;
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn what_a_pattern_fits() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("*", "POST /orders", true),
            ("prod", "prod", true),
            ("prod", "prod2", false),
            ("prod", "Prod", false),
            ("prod*", "prod-eu", true),
            ("*-eu", "prod-eu", true),
            ("*-eu", "prod-eu-1", false),
            ("p*d*u", "prod-eu", true),
            ("prod-?", "prod-1", true),
            ("prod-?", "prod-", false),
            ("? /orders/*", "GET /orders/1", false),
            ("* /orders/*", "GET /orders/1", true),
            ("**", "a", true),
            ("[ab]", "a", false),
            ("é?", "éß", true),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} on {text}");
        }
    }

    #[test]
    fn many_stars_take_no_time() {
        assert!(!matches(&"*a".repeat(500), &"b".repeat(5_000)));
    }
}
