//! The AWS SDK, set up when it is first used.

use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};
use tokio::sync::OnceCell;

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
    apigateway: OnceCell<aws_sdk_apigateway::Client>,
    apigatewayv2: OnceCell<aws_sdk_apigatewayv2::Client>,
    cloudwatchlogs: OnceCell<aws_sdk_cloudwatchlogs::Client>,
    dynamodb: OnceCell<aws_sdk_dynamodb::Client>,
    lambda: OnceCell<aws_sdk_lambda::Client>,
    sns: OnceCell<aws_sdk_sns::Client>,
    ssm: OnceCell<aws_sdk_ssm::Client>,
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

    /// For REST APIs.
    pub(crate) async fn apigateway(&self) -> &aws_sdk_apigateway::Client {
        self.apigateway
            .get_or_init(async || aws_sdk_apigateway::Client::new(self.config().await))
            .await
    }

    /// For HTTP and WebSocket APIs.
    pub(crate) async fn apigatewayv2(&self) -> &aws_sdk_apigatewayv2::Client {
        self.apigatewayv2
            .get_or_init(async || aws_sdk_apigatewayv2::Client::new(self.config().await))
            .await
    }

    pub(crate) async fn cloudwatchlogs(&self) -> &aws_sdk_cloudwatchlogs::Client {
        self.cloudwatchlogs
            .get_or_init(async || aws_sdk_cloudwatchlogs::Client::new(self.config().await))
            .await
    }

    pub(crate) async fn lambda(&self) -> &aws_sdk_lambda::Client {
        self.lambda.get_or_init(async || aws_sdk_lambda::Client::new(self.config().await)).await
    }

    pub(crate) async fn dynamodb(&self) -> &aws_sdk_dynamodb::Client {
        self.dynamodb.get_or_init(async || aws_sdk_dynamodb::Client::new(self.config().await)).await
    }

    pub(crate) async fn sns(&self) -> &aws_sdk_sns::Client {
        self.sns.get_or_init(async || aws_sdk_sns::Client::new(self.config().await)).await
    }

    pub(crate) async fn ssm(&self) -> &aws_sdk_ssm::Client {
        self.ssm.get_or_init(async || aws_sdk_ssm::Client::new(self.config().await)).await
    }

    /// The region that is asked, where one is set.
    pub(crate) async fn region(&self) -> Option<String> {
        self.config().await.region().map(|region| region.as_ref().to_owned())
    }

    /// For the calls that no SDK client makes.
    pub(crate) async fn config(&self) -> &SdkConfig {
        self.config.get_or_init(async || Self::config_loader().load().await).await
    }
}
