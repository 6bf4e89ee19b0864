//! The AWS SDK, and the client of the services that are called without it, set up when they are first used.

use std::sync::OnceLock;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use tokio::sync::OnceCell;

use crate::channel::http;

/// One try. DynamoDB answers in milliseconds; a socket that died while the function was frozen does not
/// answer at all.
const ATTEMPT: Duration = Duration::from_secs(3);

/// All tries of one call, well inside a function's 30 s.
const CALL: Duration = Duration::from_secs(8);

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

    /// What the SDK knows of the environment.
    pub(crate) async fn config(&self) -> &SdkConfig {
        self.config.get_or_init(async || Self::config_loader().load().await).await
    }
}
