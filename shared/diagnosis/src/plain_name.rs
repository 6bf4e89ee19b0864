//! Names that may become part of a key, a command, a query or a link. They come from log lines, so only what
//! AWS itself allows in them passes.

/// Whether a name is 1 to `most` ASCII letters, digits and `marks`.
pub fn is_plain_name(name: &str, marks: &str, most: usize) -> bool {
    (1..=most).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || marks.contains(c))
}

#[cfg(test)]
mod tests {
    use super::is_plain_name;

    #[test]
    fn only_letters_digits_and_the_marks_pass() {
        for (name, marks, most, plain) in [
            ("a1b2c3d4e5", "-_", 10, true),
            ("a1b2c3d4e5", "-_", 9, false),
            ("orders-prod_v2", "-_", 128, true),
            ("orders-prod_v2", "", 128, false),
            ("$default", "-_$", 128, true),
            ("$default", "-_", 128, false),
            ("", "-_", 128, false),
            ("x; rm -rf ~", "-_", 128, false),
            ("\u{e9}", "-_", 128, false),
            ("a\u{202e}b", "-_", 128, false),
        ] {
            assert_eq!(is_plain_name(name, marks, most), plain, "{name} {marks}");
        }
    }
}
