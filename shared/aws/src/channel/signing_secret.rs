//! The secret that Slack signs its requests with.

use std::fmt;
use std::str::FromStr;

/// The signing secret of a Slack app. Who knows it can press every button: it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(String);

impl SigningSecret {
    /// The secret itself, as a key.
    pub fn expose(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Text that is no signing secret. Does not quote it: it may be one, mistyped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the Slack signing secret is 16 or more letters and digits")]
pub struct NotASigningSecret;

impl FromStr for SigningSecret {
    type Err = NotASigningSecret;

    /// Slack's are 32 hex digits; its own published example is not quite.
    fn from_str(text: &str) -> Result<Self, NotASigningSecret> {
        let text = text.trim();
        let fits =
            (16..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric());
        fits.then(|| Self(text.to_owned())).ok_or(NotASigningSecret)
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningSecret(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::SigningSecret;

    #[test]
    fn a_secret_is_taken_and_never_shown() {
        for (text, taken) in [
            ("8f742231b10e8888abcd99yyyzzz85a5", true),
            (" 8f742231b10e8888abcd99yyyzzz85a5\n", true),
            ("", false),
            ("8f742231b10e888", false),
            ("8f742231b10e8888 bcd99yyyzzz85a5", false),
            ("xoxb-1-2-abcdefghijklmnop", false),
        ] {
            let secret = text.parse::<SigningSecret>();
            assert_eq!(secret.is_ok(), taken, "{text}");
            assert!(!format!("{secret:?}").contains("8f74"));
        }
    }
}
