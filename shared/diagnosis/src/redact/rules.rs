//! The patterns, in their order: keys before shapes, since what a key names need not look like a secret.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::{memchr, memchr3, memmem};
use regex::{Captures, Regex};

use super::{REDACTED, shapes};

/// What replaces a match; `None` leaves it, and looks on behind its first group.
type Replacement = fn(&Captures<'_>) -> Option<String>;

/// Cheap, and true wherever the pattern can match: few texts hold any of this.
type MayMatch = fn(&str) -> bool;

struct Rule {
    may_match: MayMatch,
    pattern: Regex,
    replacement: Replacement,
}

/// Keys that name a secret, in headers, query strings, JSON and code.
const KEYS: &str = r"(?:proxy-)?authorization|(?:set-)?cookies?|[a-z0-9_-]*passw(?:or)?d[a-z0-9_-]*|pwd|passphrase|signature|credentials?|(?:api|access|private)[-_]?key(?:[-_]?id)?|session[a-z0-9_-]*|[a-z0-9_-]*(?:token|secret)[a-z0-9_-]*";

/// Between a key and its value: `: `, `=`, ` => `, `":"` escaped any number of times, `%3D`, `<key>`.
const SEPARATOR: &str = r#"(?:\\*["']?\s*(?:[:=]+>?|%3[ad])\s*|>)"#;

/// A value: quoted or not, escaped or not, a list, an object, broken off or whole.
const VALUE: &str = r#"(?:"(?:[^"\\]|\\.)*"?|\\+"(?:[^"\\]|\\+[^"\\])*(?:\\+")?|'(?:[^'\\]|\\.)*'?|\[(?:[^\]"]|"(?:[^"\\]|\\.)*"?)*\]?[^\s,;&"'}\])<]*|\{[^}]*\}?|(?:(?:Bearer|Basic|Digest|Negotiate|AWS4-HMAC-SHA256)\s+)*(?:\[redacted\]|[^\s,;&"'}\])<]+))"#;

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let keys = format!("(?i)((?:{KEYS}){SEPARATOR}){VALUE}");
    // A scheme that nobody knows stands before what it is about.
    let header = format!(
        r#"(?i)((?:(?:proxy-)?authorization){SEPARATOR}["'\\]*[a-z][a-z0-9_-]*\s+)[^\s,;&"'}}\])<\[]+"#
    );
    // Every cookie of a header, not only the first.
    let cookies = format!(
        r#"(?i)((?:set-)?cookie{SEPARATOR}["'\\]*)[^\s,;"'\\=]+=[^\s,;"'\\]*(?:;\s*[^\s,;"'\\=]+(?:=[^\s,;"'\\]*)?)+"#
    );
    let table: [(MayMatch, &str, Replacement); 17] = [
        // blocks of PEM span what is left of lines
        (
            |text| has(text, "-----BEGIN "),
            r"(?s)-----BEGIN [A-Z0-9 ]+-----.*?(?:-----END [A-Z0-9 ]+-----|$)",
            whole,
        ),
        (has_separator, &cookies, value),
        (has_separator, &header, value),
        (has_separator, &keys, value_of_key),
        (|_| true, r#"(?i)((?:(?:Bearer|Basic)\s+)+["'\\]*)[^\s"',;\\]+"#, value),
        // JSON web tokens, whole or broken off
        (|text| has(text, "eyJ"), r"\beyJ[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*){0,4}", whole),
        (|_| true, r"(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{12,}", whole),
        (
            |text| has(text, "ecret") || has(text, "ECRET"),
            r#"(?i)(secret(?:[ _-]?access)?(?:[ _-]?key)?(?: is| was)?[\s"'\\(]{1,4})[A-Za-z0-9/+]{40,}={0,2}"#,
            value,
        ),
        // tokens of Slack, GitHub and Stripe; a webhook's path
        (|_| true, r"(?:xox[a-z]|xapp)-[A-Za-z0-9-]+", whole),
        (|_| true, r"\b(?:gh[a-z]_|github_pat_|[srp]k_(?:live|test)_)[A-Za-z0-9_]+", whole),
        (|_| true, r"(hooks\.slack(?:-gov)?\.com/)[^\s\[]\S*", value),
        (
            |text| has(text, "@") || has(text, "%40"),
            r"[\w.%+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+",
            whole,
        ),
        // addresses keep their network: it tells one caller's network from many
        (
            |text| has(text, "."),
            r"\b(\d{1,3}\.\d{1,3}\.\d{1,3})\.\d{1,3}\b",
            |found| Some(format!("{}.x", &found[1])),
        ),
        (
            |text| has(text, ":"),
            r"\b[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{0,4}){2,7}",
            |found| shapes::without_host(&found[0]),
        ),
        (|text| has(text, "+"), r"\+[1-9](?:[ ().-]{0,2}\d){6,14}", whole),
        (|_| true, r"\d(?:[ -]?\d){12,}", |found| shapes::without_cards(&found[0])),
        (
            |text| text.len() >= 32,
            r"[A-Za-z0-9+/_-]{32,}={0,2}",
            |found| shapes::is_random(&found[0]).then(|| REDACTED.to_owned()),
        ),
    ];
    table
        .into_iter()
        .filter_map(|(may_match, pattern, replacement)| {
            Some(Rule { may_match, pattern: Regex::new(pattern).ok()?, replacement })
        })
        .collect()
});

/// Applies every rule once. Borrowed: nothing is to be redacted.
pub(super) fn pass(text: &str) -> Cow<'_, str> {
    RULES.iter().fold(Cow::Borrowed(text), |text, rule| match rule.apply(&text) {
        Some(changed) => Cow::Owned(changed),
        None => text,
    })
}

impl Rule {
    fn apply(&self, text: &str) -> Option<String> {
        if !(self.may_match)(text) {
            return None;
        }
        let mut changed = None;
        let mut kept_from = 0;
        let mut search_from = 0;
        while let Some(found) = self.pattern.captures_at(text, search_from) {
            let Some(all) = found.get(0) else { break };
            match (self.replacement)(&found) {
                Some(replacement) if replacement != all.as_str() => {
                    let changed = changed.get_or_insert_with(|| String::with_capacity(text.len()));
                    changed.push_str(&text[kept_from..all.start()]);
                    changed.push_str(&replacement);
                    kept_from = all.end();
                    search_from = all.end();
                }
                Some(_) => search_from = all.end(),
                None => search_from = found.get(1).map_or(all.end(), |first| first.end()),
            }
        }
        let mut changed = changed?;
        changed.push_str(&text[kept_from..]);
        Some(changed)
    }
}

fn has(text: &str, needle: &str) -> bool {
    match needle.as_bytes() {
        [byte] => memchr(*byte, text.as_bytes()).is_some(),
        bytes => memmem::find(text.as_bytes(), bytes).is_some(),
    }
}

fn has_separator(text: &str) -> bool {
    memchr3(b':', b'=', b'>', text.as_bytes()).is_some() || has(text, "%3")
}

#[expect(clippy::unnecessary_wraps, reason = "one signature for all replacements")]
fn whole(_: &Captures<'_>) -> Option<String> {
    Some(REDACTED.to_owned())
}

/// All but the first group goes.
#[expect(clippy::unnecessary_wraps, reason = "one signature for all replacements")]
fn value(found: &Captures<'_>) -> Option<String> {
    Some(format!("{}{REDACTED}", &found[1]))
}

/// The value goes, unless the key is the name of an error, which explains what comes after it.
fn value_of_key(found: &Captures<'_>) -> Option<String> {
    let key = found[1].trim_end_matches([':', ' ', '=']);
    let names_error = ["Error", "Exception"].iter().any(|kind| key.ends_with(kind));
    if names_error { None } else { value(found) }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_pattern_compiles() {
        assert_eq!(super::RULES.len(), 17);
    }
}
