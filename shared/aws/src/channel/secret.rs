//! Secrets: read by name when they are needed, remembered for a while.

use std::fmt::Display;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use alerting::Clock;
use diagnosis::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::webhook_url::WebhookUrl;
use crate::clients::Clients;
use crate::service::{Call, Service};

/// A secret that was changed is used after this long at the latest.
const FRESH_MS: i64 = 5 * 60 * 1_000;

/// How long reading it may take: with an older one at hand, a message must not wait for SSM.
const READ: Duration = Duration::from_secs(2);

/// Where a secret is kept.
#[expect(async_fn_in_trait, reason = "only ever called through generics, on one thread")]
pub trait ReadSecret {
    /// Reads it, or says why it cannot be read. The reason never holds it.
    async fn read(&self) -> Result<String, String>;
}

/// A `SecureString` in SSM's parameter store.
#[derive(Debug)]
pub struct SsmParameter {
    clients: Arc<Clients>,
    name: String,
}

impl SsmParameter {
    /// The parameter of this name.
    pub const fn new(clients: Arc<Clients>, name: String) -> Self {
        Self { clients, name }
    }
}

impl ReadSecret for SsmParameter {
    async fn read(&self) -> Result<String, String> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Found {
            parameter: Option<Parameter>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Parameter {
            value: Option<String>,
        }

        let input = json!({"Name": self.name, "WithDecryption": true});
        let call = Call::operation(Service::Ssm, "GetParameter", &input);
        let answer = tokio::time::timeout(READ, self.clients.call(&call)).await.map_err(|_| {
            format!("the SSM parameter {} was not read within {} s", self.name, READ.as_secs())
        })?;
        let found: Result<Found, _> = answer.and_then(|answer| answer.json());
        let found = found
            .map_err(|why| format!("the SSM parameter {} cannot be read: {why}", self.name))?;
        let value = found.parameter.and_then(|parameter| parameter.value);
        value.ok_or_else(|| format!("the SSM parameter {} is empty", self.name))
    }
}

/// A secret that is read when it is needed: remembered for five minutes, and longer while it cannot be
/// read again.
#[derive(Debug)]
pub struct Secret<S, K, T = WebhookUrl> {
    source: S,
    clock: K,
    remembered: Mutex<Option<(T, Timestamp)>>,
}

impl<S: ReadSecret, K: Clock, T: Clone + FromStr<Err: Display>> Secret<S, K, T> {
    /// A secret that has not been read yet.
    pub const fn new(source: S, clock: K) -> Self {
        Self { source, clock, remembered: Mutex::new(None) }
    }

    /// The secret, read anew if it was last read more than five minutes ago.
    pub async fn get(&self) -> Result<T, String> {
        match self.remembered() {
            Some((secret, read_at)) if self.is_fresh(read_at) => Ok(secret),
            Some((secret, _)) => Ok(self.read().await.unwrap_or_else(|why| {
                tracing::warn!(%why, "the secret read before is used");
                secret
            })),
            None => self.read().await,
        }
    }

    /// Reads the secret anew: the one at hand was refused, perhaps because it was replaced.
    pub async fn read(&self) -> Result<T, String> {
        let text = self.source.read().await?;
        let secret: T = text.parse().map_err(|refusal: T::Err| refusal.to_string())?;
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        *remembered = Some((secret.clone(), self.clock.now()));
        Ok(secret)
    }

    /// Reads it anew when it is needed next.
    pub fn forget(&self) {
        *self.remembered.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn remembered(&self) -> Option<(T, Timestamp)> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_fresh(&self, read_at: Timestamp) -> bool {
        let age = self.clock.now().as_millis() - read_at.as_millis();
        // A clock that was set back makes nothing fresh for long.
        (0..FRESH_MS).contains(&age)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use alerting::contract::ready;
    use diagnosis::Timestamp;

    use super::{ReadSecret, Secret};
    use crate::channel::WebhookUrl;

    #[derive(Default)]
    struct Source {
        value: RefCell<Option<&'static str>>,
        reads: Cell<u32>,
    }

    impl ReadSecret for &Source {
        async fn read(&self) -> Result<String, String> {
            self.reads.set(self.reads.get() + 1);
            self.value.borrow().map(str::to_owned).ok_or_else(|| "throttled".to_owned())
        }
    }

    const OLD: &str = "http://127.0.0.1/old";
    const NEW: &str = "http://127.0.0.1/new\n";

    #[test]
    fn a_secret_is_remembered_for_five_minutes() {
        let source = Source::default();
        let now = Cell::new(0_i64);
        let clock = || Timestamp::from_millis(now.get());
        let secret: Secret<_, _, WebhookUrl> = Secret::new(&source, clock);
        let get = |at: i64| {
            now.set(at);
            let path = ready(secret.get()).map(|url| url.expose().path().to_owned());
            (path, source.reads.get())
        };
        assert_eq!(get(1_000), (Err("throttled".to_owned()), 1), "nothing to fall back on");
        source.value.replace(Some(OLD));
        assert_eq!(get(2_000), (Ok("/old".to_owned()), 2), "a failure is not remembered");
        source.value.replace(Some(NEW));
        assert_eq!(get(301_999), (Ok("/old".to_owned()), 2));
        assert_eq!(get(302_000), (Ok("/new".to_owned()), 3));
        source.value.replace(None);
        assert_eq!(get(700_000), (Ok("/new".to_owned()), 4), "kept though stale");
        source.value.replace(Some("https://evil.io/"));
        assert_eq!(get(700_001), (Ok("/new".to_owned()), 5), "kept though replaced by nonsense");
        secret.forget();
        let (refused, reads) = get(700_002);
        assert!(refused.is_err(), "a test shows what is stored now");
        assert_eq!(reads, 6);
        source.value.replace(Some(OLD));
        assert_eq!(get(700_003), (Ok("/old".to_owned()), 7), "repaired");
    }

    #[test]
    fn what_is_no_webhook_is_refused_without_being_quoted() {
        let source = Source::default();
        source.value.replace(Some("https://hooks.slack.com.evil.io/services/s3cret"));
        let clock = || Timestamp::from_millis(0);
        let secret: Secret<_, _, WebhookUrl> = Secret::new(&source, clock);
        let refusal = ready(secret.get()).unwrap_err();
        assert!(
            refusal.starts_with("the webhook must be an https URL on hooks.slack.com"),
            "{refusal}"
        );
        assert!(!refusal.contains("s3cret"));
    }
}
