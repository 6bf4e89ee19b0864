//! An exception as languages print it: class, colon, message.

/// The class and the message of a text that begins like `KeyError: 'x'`; the message ends with the row.
pub(super) fn exception(text: &str) -> Option<(&str, &str)> {
    let row = text.lines().next()?;
    let (kind, message) = row.split_once(": ").unwrap_or((row.trim_end_matches(':'), ""));
    // `Error [ERR_X]` is how Node.js names some of its own.
    let name = kind.split_once(" [").map_or(kind, |(name, _)| name);
    let is_name = name.len() <= 120
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._$<>".contains(&b))
        && name.starts_with(|first: char| first.is_ascii_alphabetic());
    let last = name.trim_end_matches('>').rsplit(['.', '<']).next().unwrap_or(name);
    let is_class = last.ends_with("Error")
        || last.ends_with("Exception")
        || name.starts_with("Runtime.")
        || last.ends_with("Timeout");
    (is_name && is_class).then_some((kind, message.trim()))
}

#[cfg(test)]
mod tests {
    use super::exception;

    #[test]
    fn classes_of_exceptions() {
        for (text, wanted) in [
            ("KeyError: 'x'", Some(("KeyError", "'x'"))),
            (
                "botocore.errorfactory.GoneException: An error",
                Some(("botocore.errorfactory.GoneException", "An error")),
            ),
            ("Function<TypeError>: x", Some(("Function<TypeError>", "x"))),
            ("MemoryError", Some(("MemoryError", ""))),
            (
                "Error [ERR_MODULE_NOT_FOUND]: Cannot find module",
                Some(("Error [ERR_MODULE_NOT_FOUND]", "Cannot find module")),
            ),
            ("order failed: x", None),
            ("an Error: x", None),
            ("", None),
        ] {
            assert_eq!(exception(text), wanted, "{text}");
        }
    }
}
