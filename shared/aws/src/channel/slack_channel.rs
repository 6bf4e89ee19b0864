//! The id of a Slack channel.

use std::fmt;
use std::str::FromStr;

/// A channel by its id, such as `C0123ABCDEF`: its name may change, and only the id serves to edit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackChannel(String);

impl SlackChannel {
    /// The id.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Text that is no channel's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a Slack channel is named by its id, such as C0123ABCDEF (at the end of the channel's details)"
)]
pub struct NotASlackChannel;

impl FromStr for SlackChannel {
    type Err = NotASlackChannel;

    fn from_str(text: &str) -> Result<Self, NotASlackChannel> {
        let id = text.trim();
        let fits = id.starts_with(['C', 'G'])
            && (6..=32).contains(&id.len())
            && id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
        fits.then(|| Self(id.to_owned())).ok_or(NotASlackChannel)
    }
}

impl fmt::Display for SlackChannel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::SlackChannel;

    #[test]
    fn ids_are_taken_and_names_are_not() {
        for (text, id) in [
            ("C0123ABCDEF", Some("C0123ABCDEF")),
            (" G0123ABC\n", Some("G0123ABC")),
            ("#alerts", None),
            ("alerts", None),
            ("ALERTS", None),
            ("C0123abcdef", None),
            ("C1", None),
            ("C0123/ABC", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<SlackChannel>().ok().as_ref().map(SlackChannel::as_str), id);
        }
    }
}
