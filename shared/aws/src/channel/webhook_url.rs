//! The address of a Slack webhook: a secret, and the only address that Gatewatch posts to.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// Slack's hosts for incoming webhooks; the second is the one for US government agencies.
const HOSTS: [&str; 2] = ["hooks.slack.com", "hooks.slack-gov.com"];

/// Incoming webhooks of apps, and those of workflows in their two spellings.
const KINDS: [&str; 3] = ["services", "workflows", "triggers"];

/// A webhook of Slack's, or, for tests, of this machine's. Who knows it can post: it is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct WebhookUrl(Url);

impl WebhookUrl {
    /// The address itself, for the one place that posts to it.
    pub(super) const fn expose(&self) -> &Url {
        &self.0
    }
}

/// Text that is no webhook. Does not quote it: it may be one, mistyped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the webhook must be an https URL on hooks.slack.com or hooks.slack-gov.com whose path begins with services, \
     workflows or triggers (or plain http on a loopback address, for tests)"
)]
pub struct NotAWebhook;

impl FromStr for WebhookUrl {
    type Err = NotAWebhook;

    fn from_str(text: &str) -> Result<Self, NotAWebhook> {
        let text = text.trim();
        // The parser forgives much, as browsers do: it takes `\` for `/`, drops line breaks and folds
        // look-alike letters. Nothing that Slack hands out needs that.
        if text.contains('\\') || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(NotAWebhook);
        }
        let url = Url::parse(text).map_err(|_| NotAWebhook)?;
        let bare = url.username().is_empty() && url.password().is_none();
        (bare && (is_slack(&url) || is_loopback(&url))).then_some(Self(url)).ok_or(NotAWebhook)
    }
}

fn is_slack(url: &Url) -> bool {
    let mut path = url.path().split('/').skip(1);
    let of_known_kind = path.next().is_some_and(|kind| KINDS.contains(&kind));
    let names_something = path.next().is_some_and(|team| !team.is_empty());
    url.scheme() == "https"
        && url.host_str().is_some_and(|host| HOSTS.contains(&host))
        && url.port().is_none()
        && of_known_kind
        && names_something
}

/// Plain HTTP to this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    url.scheme() == "http"
        && match url.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
}

/// `hooks.slack.com/services/***`: where it leads, without what makes it a secret.
impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.host_str().unwrap_or_default())?;
        let kind = self.0.path().split('/').nth(1).filter(|kind| KINDS.contains(kind));
        kind.map_or(Ok(()), |kind| write!(f, "/{kind}"))?;
        f.write_str("/***")
    }
}

impl fmt::Debug for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebhookUrl({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::WebhookUrl;

    #[test]
    fn webhooks_are_taken_and_shown_without_their_secret() {
        for (text, shown) in [
            ("https://hooks.slack.com/services/T0/B0/s3cret", "hooks.slack.com/services/***"),
            ("  https://hooks.slack.com/services/T0/B0/s3cret\r\n", "hooks.slack.com/services/***"),
            (
                "https://hooks.slack-gov.com/services/T0/B0/s3cret",
                "hooks.slack-gov.com/services/***",
            ),
            ("https://hooks.slack.com/workflows/T0/A0/1/s3cret", "hooks.slack.com/workflows/***"),
            ("https://hooks.slack.com/triggers/T0/1/s3cret", "hooks.slack.com/triggers/***"),
            // the same address, spelt otherwise
            ("HTTPS://HOOKS.SLACK.COM:443/services/T0/B0/s3cret", "hooks.slack.com/services/***"),
            ("http://127.0.0.1:8080/s3cret", "127.0.0.1/***"),
            ("http://127.8.9.1/s3cret", "127.8.9.1/***"),
            ("http://[::1]:8080/s3cret", "[::1]/***"),
            ("http://localhost:8080/services/s3cret", "localhost/services/***"),
        ] {
            let url: WebhookUrl = text.parse().unwrap();
            assert_eq!(url.to_string(), shown, "{text}");
            assert_eq!(format!("{url:?}"), format!("WebhookUrl({shown})"));
        }
    }

    #[test]
    fn look_alikes_are_refused_without_being_quoted() {
        for text in [
            "",
            "hooks.slack.com/services/T0/B0/s3cret",
            "http://hooks.slack.com/services/T0/B0/s3cret",
            "ftp://hooks.slack.com/services/T0/B0/s3cret",
            "https://hooks.slack.com.evil.io/services/T0/B0/s3cret",
            "https://evil.io/hooks.slack.com/services/T0/B0/s3cret",
            "https://evil.io?https://hooks.slack.com/services/T0/B0/s3cret",
            "https://evil.io#@hooks.slack.com/services/T0/B0/s3cret",
            "https://hooks.slack.com@evil.io/services/T0/B0/s3cret",
            "https://user@hooks.slack.com/services/T0/B0/s3cret",
            "https://user:word@hooks.slack.com/services/T0/B0/s3cret",
            "https://hooks.slack.com:8443/services/T0/B0/s3cret",
            "https://hooks.slack.com./services/T0/B0/s3cret",
            "https://xhooks.slack.com/services/T0/B0/s3cret",
            "https://slack.com/services/T0/B0/s3cret",
            // letters that look like, or are folded to, others
            "https://hooks.sl\u{e4}ck.com/services/T0/B0/s3cret",
            "https://hooks.sl\u{430}ck.com/services/T0/B0/s3cret",
            "https://\u{ff48}ooks.slack.com/services/T0/B0/s3cret",
            "https://hooks\u{3002}slack.com/services/T0/B0/s3cret",
            // what browsers forgive
            r"https:\\hooks.slack.com\services\T0\B0\s3cret",
            r"https://evil.io\@hooks.slack.com/services/T0/B0/s3cret",
            r"https://hooks.slack.com\@evil.io/services/T0/B0/s3cret",
            "https://hooks.sla\nck.com/services/T0/B0/s3cret",
            "https://hooks.slack.com/services/T0/B0/s3cret evil",
            // other paths
            "https://hooks.slack.com",
            "https://hooks.slack.com/",
            "https://hooks.slack.com/services",
            "https://hooks.slack.com/services/",
            "https://hooks.slack.com//services/T0/B0/s3cret",
            "https://hooks.slack.com/servicesx/T0/B0/s3cret",
            "https://hooks.slack.com/services/../api/chat.postMessage",
            "https://hooks.slack.com/services/%2e%2e/api/chat.postMessage",
            "https://hooks.slack.com/api/chat.postMessage",
            // other machines
            "http://169.254.169.254/latest/meta-data",
            "http://169.254.170.2/v2/credentials",
            "http://127.0.0.1.evil.io/s3cret",
            "http://localhost.evil.io/s3cret",
            "http://127.0.0.1@evil.io/s3cret",
            "http://user@127.0.0.1/s3cret",
            "http://10.0.0.1/s3cret",
            "http://0.0.0.0/s3cret",
            "http://[::]/s3cret",
            "http://[::ffff:10.0.0.1]/s3cret",
            "https://127.0.0.1/services/T0/B0/s3cret",
            "file:///etc/passwd",
            "data:text/plain,hooks.slack.com/services/",
        ] {
            let error = text.parse::<WebhookUrl>().expect_err(text).to_string();
            assert!(
                error.starts_with("the webhook must be an https URL on hooks.slack.com"),
                "{error}"
            );
            assert!(!error.contains("s3cret") && !error.contains("evil"), "{error}");
        }
    }
}
