//! The token of a Slack bot: a secret, and where Slack's API is asked with it.

use std::fmt;
use std::str::FromStr;

use url::Url;

use super::webhook_url::is_loopback;

/// Slack's Web API, for all workspaces.
const API: &str = "https://slack.com/api/";

/// Bot tokens, and those of apps that have their tokens replaced by Slack every few hours.
const PREFIXES: [&str; 2] = ["xoxb-", "xoxe.xoxb-"];

/// A bot's token. Who knows it can post: it is never shown.
///
/// For tests it may stand before a loopback address (`http://xoxb-…@127.0.0.1:8080/`), which is then
/// asked instead of Slack. Only who may write the secret can redirect it, and no further than this
/// machine.
#[derive(Clone, PartialEq, Eq)]
pub struct BotToken {
    token: String,
    api: Url,
}

impl BotToken {
    /// The token itself, for the one place that sends it.
    pub(super) fn expose(&self) -> &str {
        &self.token
    }

    /// The address of a method of the API.
    pub(super) fn method(&self, name: &str) -> Url {
        let mut url = self.api.clone();
        url.set_path(&format!("{}{name}", self.api.path()));
        url
    }
}

/// Text that is no bot token. Does not quote it: it may be one, mistyped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the Slack bot token must begin with xoxb-")]
pub struct NotABotToken;

impl FromStr for BotToken {
    type Err = NotABotToken;

    fn from_str(text: &str) -> Result<Self, NotABotToken> {
        let text = text.trim();
        if is_token(text) {
            let api = Url::parse(API).map_err(|_| NotABotToken)?;
            return Ok(Self { token: text.to_owned(), api });
        }
        let mut api = Url::parse(text).map_err(|_| NotABotToken)?;
        let token = api.username().to_owned();
        if !is_loopback(&api) || !is_token(&token) || api.password().is_some() {
            return Err(NotABotToken);
        }
        api.set_username("").map_err(|()| NotABotToken)?;
        Ok(Self { token, api })
    }
}

fn is_token(text: &str) -> bool {
    let rest = PREFIXES.iter().find_map(|prefix| text.strip_prefix(prefix));
    let fits = |rest: &str| rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    rest.is_some_and(|rest| !rest.is_empty() && fits(rest))
}

impl fmt::Debug for BotToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BotToken(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::BotToken;

    #[test]
    fn tokens_lead_to_slack_or_to_this_machine_and_are_never_shown() {
        for (text, method) in [
            ("xoxb-1-2-s3cret", "https://slack.com/api/chat.update"),
            (" xoxb-1-2-s3cret\n", "https://slack.com/api/chat.update"),
            ("xoxe.xoxb-1-s3cret", "https://slack.com/api/chat.update"),
            ("http://xoxb-1-s3cret@127.0.0.1:80/", "http://127.0.0.1/chat.update"),
            ("http://xoxb-1-s3cret@[::1]:8080/api/", "http://[::1]:8080/api/chat.update"),
        ] {
            let token: BotToken = text.parse().unwrap();
            assert_eq!(token.method("chat.update").as_str(), method);
            assert!(token.expose().starts_with("xox") && token.expose().ends_with("s3cret"));
            assert_eq!(format!("{token:?}"), "BotToken(***)");
        }
    }

    #[test]
    fn look_alikes_are_refused_without_being_quoted() {
        for text in [
            "",
            "xoxb-",
            // what users, apps and configurations have
            "xoxp-1-s3cret",
            "xapp-1-s3cret",
            "xoxb-1 s3cret",
            "xoxb-1\ns3cret",
            "https://hooks.slack.com/services/T0/B0/s3cret",
            "http://xoxb-1-s3cret@evil.io/",
            "https://xoxb-1-s3cret@127.0.0.1/",
            "http://xoxb-1-s3cret@127.0.0.1.evil.io/",
            "http://xoxb-1-s3cret:word@127.0.0.1/",
            "http://127.0.0.1/xoxb-1-s3cret",
        ] {
            let refusal = text.parse::<BotToken>().unwrap_err().to_string();
            assert!(!refusal.contains("s3cret"), "{text}");
        }
    }
}
