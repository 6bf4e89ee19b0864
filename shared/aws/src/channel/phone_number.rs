//! Phone numbers in E.164 form.

use std::fmt;
use std::str::FromStr;

/// `+`, then 7 to 15 digits, the first of them not 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneNumber(String);

impl PhoneNumber {
    /// The number with its `+`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text that is no phone number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a phone number must be in E.164 form, such as +12025550123")]
pub struct NotAPhoneNumber;

impl FromStr for PhoneNumber {
    type Err = NotAPhoneNumber;

    fn from_str(text: &str) -> Result<Self, NotAPhoneNumber> {
        let digits = text.strip_prefix('+').ok_or(NotAPhoneNumber)?;
        let valid = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        valid.then(|| Self(text.to_owned())).ok_or(NotAPhoneNumber)
    }
}

impl fmt::Display for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::PhoneNumber;

    #[test]
    fn numbers_round_trip() {
        for number in ["+12025550123", "+4915112345678", "+1234567", "+123456789012345"] {
            assert_eq!(number.parse::<PhoneNumber>().unwrap().to_string(), number);
        }
    }

    #[test]
    fn look_alikes_are_refused() {
        for text in [
            "",
            "+",
            "12025550123",
            "0012025550123",
            "+02025550123",
            "+1 202 555 0123",
            "+1-202-555-0123",
            "+123456",
            "+1234567890123456",
            "+1202555012x",
            "+\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}\u{667}",
            " +12025550123",
            "++12025550123",
            "arn:aws:sns:eu-west-1:123456789012:alerts",
        ] {
            assert!(text.parse::<PhoneNumber>().is_err(), "{text}");
        }
    }
}
