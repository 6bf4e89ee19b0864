//! The AWS SDK, and the client of the services that are called without it, set up when they are first used.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, UNIX_EPOCH};

use alerting::Clock;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use diagnosis::Timestamp;
use tokio::sync::OnceCell;

use crate::channel::http;
use crate::clock::SystemClock;
use crate::error_text;

/// One try. DynamoDB answers in milliseconds; a socket that died while the function was frozen does not
/// answer at all.
const ATTEMPT: Duration = Duration::from_secs(3);

/// All tries of one call, well inside a function's 30 s.
const CALL: Duration = Duration::from_secs(8);

/// Credentials that expire sooner are not used again.
const LASTS_MS: i64 = 5 * 60 * 1_000;

/// The first pause between tries; the SDK's own is a second, which is long for an alert.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// The SDK's clients. Region, endpoint (`AWS_ENDPOINT_URL`) and credentials come from the environment.
#[derive(Debug, Default)]
pub struct Clients {
    config: OnceCell<SdkConfig>,
    dynamodb: OnceCell<aws_sdk_dynamodb::Client>,
    sns: OnceCell<aws_sdk_sns::Client>,
    /// For the services without an SDK client.
    http: OnceLock<reqwest::Client>,
    /// For the same.
    credentials: Mutex<Option<Credentials>>,
}

impl Clients {
    /// Clients with this configuration instead of the environment's. For tests.
    pub fn with(config: SdkConfig) -> Self {
        Self { config: OnceCell::new_with(Some(config)), ..Self::default() }
    }

    /// Clients that ask this region, or the environment's where there is none.
    pub async fn of_region(region: Option<String>) -> Self {
        let Some(region) = region else { return Self::default() };
        Self::with(Self::config_loader().region(aws_config::Region::new(region)).load().await)
    }

    /// What [`Clients`] are built with, before region, endpoint and credentials are known.
    pub fn config_loader() -> ConfigLoader {
        let timeouts = TimeoutConfig::builder()
            .operation_attempt_timeout(ATTEMPT)
            .operation_timeout(CALL)
            .build();
        let http = aws_smithy_http_client::Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .build_https();
        aws_config::defaults(BehaviorVersion::v2026_01_12())
            .timeout_config(timeouts)
            .retry_config(RetryConfig::standard().with_initial_backoff(FIRST_PAUSE))
            .http_client(http)
    }

    pub(crate) async fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        self.dynamodb.get_or_init(async || aws_sdk_dynamodb::Client::new(self.config().await)).await
    }

    pub(crate) async fn sns(&self) -> &aws_sdk_sns::Client {
        self.sns.get_or_init(async || aws_sdk_sns::Client::new(self.config().await)).await
    }

    /// The region that is asked, where one is set.
    pub(crate) async fn region(&self) -> Option<String> {
        self.config().await.region().map(|region| region.as_ref().to_owned())
    }

    /// The client for the services without an SDK client.
    pub(crate) fn http(&self) -> Result<&reqwest::Client, String> {
        if let Some(client) = self.http.get() {
            return Ok(client);
        }
        let client = http::reusing_client()?;
        Ok(self.http.get_or_init(|| client))
    }

    /// Who asks. The SDK's own clients keep credentials until they expire; so do these, since finding them may
    /// take a login service or a program.
    pub(crate) async fn credentials(&self) -> Result<Credentials, String> {
        let known = self.credentials.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(known) = known.filter(|known| lasts(known, SystemClock.now())) {
            return Ok(known);
        }
        let provider = self.config().await.credentials_provider();
        let provider = provider.ok_or_else(|| "no credentials are set".to_owned())?;
        let found = provider.provide_credentials().await;
        let found = found.map_err(|error| error_text::innermost(&error))?;
        *self.credentials.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.clone());
        Ok(found)
    }

    /// What the SDK knows of the environment.
    pub(crate) async fn config(&self) -> &SdkConfig {
        self.config.get_or_init(async || Self::config_loader().load().await).await
    }
}

/// Whether credentials are good for five minutes more; those without an end are.
fn lasts(credentials: &Credentials, now: Timestamp) -> bool {
    credentials.expiry().is_none_or(|expiry| {
        let expiry = expiry.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        i64::try_from(expiry).unwrap_or(i64::MAX) > now.plus_millis(LASTS_MS).as_millis()
    })
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use aws_credential_types::Credentials;
    use diagnosis::Timestamp;

    use super::lasts;

    #[test]
    fn credentials_are_kept_until_shortly_before_they_expire() {
        let until = |seconds| {
            let expiry = UNIX_EPOCH + Duration::from_secs(seconds);
            Credentials::new("a", "b", None, Some(expiry), "test")
        };
        let now = Timestamp::from_millis(1_000_000);
        assert!(lasts(&Credentials::new("a", "b", None, None, "test"), now));
        assert!(lasts(&until(1_301), now));
        assert!(!lasts(&until(1_300), now));
        assert!(!lasts(&until(0), now));
    }
}
