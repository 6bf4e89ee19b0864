//! Filter patterns: `?"one" ?"other"` finds events with either.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>. An id may
//! come from a client, so only characters that mean nothing in a pattern are asked for, the longest run
//! of them; whoever asked looks for the whole text in what comes back.

/// The longest pattern that AWS takes.
const MAX_BYTES: usize = 1_024;

/// A text is asked for by so many bytes at most: more would find no less.
const MAX_TEXT_BYTES: usize = 256;

/// The patterns that find events with one of these texts, as few as fit; none if there is nothing to ask
/// for.
pub(super) fn of<T: AsRef<str>>(texts: &[T]) -> Vec<String> {
    let mut terms: Vec<&str> = texts.iter().filter_map(|text| plain(text.as_ref())).collect();
    terms.sort_unstable();
    terms.dedup();
    let mut groups: Vec<Vec<&str>> = Vec::new();
    let mut bytes = 0;
    for term in terms {
        // With its question mark, quotes and space.
        bytes += term.len() + 4;
        match groups.last_mut() {
            Some(group) if bytes <= MAX_BYTES => group.push(term),
            _ => {
                bytes = term.len() + 4;
                groups.push(vec![term]);
            }
        }
    }
    groups.iter().map(|group| pattern(group)).collect()
}

fn pattern(terms: &[&str]) -> String {
    match terms {
        [only] => format!("\"{only}\""),
        several => several.iter().map(|term| format!("?\"{term}\"")).collect::<Vec<_>>().join(" "),
    }
}

/// The longest part of a text that holds nothing but plain characters.
fn plain(text: &str) -> Option<&str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || " -_=+/.:@".contains(c);
    let runs = text.split(|c| !is_plain(c)).map(str::trim).filter(|run| !run.is_empty());
    // Of equals the first.
    let longest = runs.rev().max_by_key(|run| run.len())?;
    Some(&longest[..longest.len().min(MAX_TEXT_BYTES)])
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, of};

    #[test]
    fn nothing_in_a_text_changes_the_pattern() {
        for (texts, wanted) in [
            (&["c6af9ac6-7b61"][..], &[r#""c6af9ac6-7b61""#][..]),
            (&["one", "other", "one"], &[r#"?"one" ?"other""#]),
            (&["JKJaXmPLvHcESHA="], &[r#""JKJaXmPLvHcESHA=""#]),
            (&[r#"abc" -"ERROR"#], &[r#""ERROR""#]),
            (&[r#"abc\"" ?"de"#], &[r#""abc""#]),
            (&["{ $.status = 500 }"], &[r#"".status = 500""#]),
            (&["%[a-z]+%"], &[r#""a-z""#]),
            (&["line\nother one"], &[r#""other one""#]),
            (&["\"", "\\", "", " ", "é"], &[]),
            (&[], &[]),
        ] {
            assert_eq!(of(texts), wanted, "{texts:?}");
        }
    }

    #[test]
    fn many_texts_are_asked_for_in_turn() {
        let ids: Vec<String> = (0..60).map(|n| format!("{n:036}")).collect();
        let patterns = of(&ids);
        assert_eq!(patterns.len(), 3);
        assert!(patterns.iter().all(|pattern| pattern.len() <= MAX_BYTES), "{patterns:?}");
        assert!(ids.iter().all(|id| patterns.iter().any(|pattern| pattern.contains(id.as_str()))));
        assert!(of(&["x".repeat(5_000)]).iter().all(|pattern| pattern.len() <= MAX_BYTES));
    }
}
