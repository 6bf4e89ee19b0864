//! Names that may become part of a key, a command, a query or a link. They come from log lines, so only what
//! AWS itself allows in them passes.

/// Whether a name is 1 to `most` ASCII letters, digits and `marks`.
pub fn is_plain_name(name: &str, marks: &str, most: usize) -> bool {
    (1..=most).contains(&name.len())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || marks.contains(c))
}

/// Whether a name has the shape of an AWS region's, such as `eu-west-1`.
pub fn is_region(name: &str) -> bool {
    is_plain_name(name, "-", 32)
        && name.contains('-')
        && !name.bytes().any(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::{is_plain_name, is_region};

    #[test]
    fn a_region_has_small_letters_digits_and_hyphens() {
        for name in ["eu-west-1", "us-gov-east-1", "cn-north-1"] {
            assert!(is_region(name), "{name}");
        }
        for name in ["", "eu", "EU-WEST-1", "eu_west_1", "eu-west-1.example", "evil.example/#"] {
            assert!(!is_region(name), "{name}");
        }
        assert!(!is_region(&"eu-west-".repeat(5)));
    }

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
