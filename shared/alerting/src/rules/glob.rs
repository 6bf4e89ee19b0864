//! Patterns for the names of APIs, stages and routes.

/// `*` stands for any text, also none and also over slashes; `?` for one character; everything else for
/// itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// The pattern that this text is.
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// Whether the whole name fits.
    ///
    /// Only the last `*` is ever tried again, so that a hostile name costs its length times the pattern's
    /// and not a power of it.
    pub fn matches(&self, name: &str) -> bool {
        let mut pattern = self.0.as_str();
        let mut rest = name;
        // What follows the last `*`, and where in the name that was tried.
        let mut again: Option<(&str, &str)> = None;
        loop {
            let step = match (pattern.chars().next(), rest.chars().next()) {
                (None, None) => return true,
                (Some('*'), _) => {
                    pattern = &pattern[1..];
                    again = Some((pattern, rest));
                    continue;
                }
                (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {
                    Some((&pattern[wanted.len_utf8()..], &rest[found.len_utf8()..]))
                }
                _ => None,
            };
            if let Some(next) = step {
                (pattern, rest) = next;
                continue;
            }
            let Some((after_star, tried)) = again else { return false };
            let Some(skipped) = tried.chars().next() else { return false };
            (pattern, rest) = (after_star, &tried[skipped.len_utf8()..]);
            again = Some((pattern, rest));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[test]
    fn a_pattern_fits_whole_names() {
        for (pattern, name, fits) in [
            ("prod", "prod", true),
            ("prod", "prod2", false),
            ("prod", "preprod", false),
            ("prod", "PROD", false),
            ("", "", true),
            ("", "x", false),
            // what has no name fits only what fits anything
            ("*", "", true),
            ("**", "", true),
            ("?", "", false),
            ("*a", "", false),
            ("prod*", "prod", true),
            ("prod*", "prod-eu", true),
            ("*prod", "preprod", true),
            ("*/orders/*", "POST /orders/{id}", true),
            ("*/orders/*", "POST /orders", false),
            ("POST /orders*", "POST /orders/{id}/items", true),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("?\u{e9}?", "x\u{e9}y", true),
            ("*\u{1f980}", "\u{e9}\u{1f980}", true),
            // nothing else is special
            ("[ab]", "a", false),
            ("GET /{proxy+}", "GET /{proxy+}", true),
            ("a.c", "abc", false),
        ] {
            assert_eq!(Glob::new(pattern).matches(name), fits, "{pattern} {name}");
        }
    }

    #[test]
    fn a_hostile_name_does_not_take_for_ever() {
        let pattern = Glob::new("a*".repeat(100) + "b");
        assert!(!pattern.matches(&"a".repeat(20_000)));
    }
}
