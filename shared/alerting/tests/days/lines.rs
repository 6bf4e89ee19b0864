//! Access-log lines in the format that Gatewatch recommends for REST APIs.

use fastrand::Rng;
use serde_json::json;

/// How a request fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    FunctionThrows,
    FunctionTimesOut,
    IntegrationTimesOut,
    PermissionIsMissing,
    AuthorizerFails,
    FunctionIsThrottled,
    BackendIsGone,
    QuotaIsUsedUp,
    TooFast,
    BodyIsInvalid,
    TokenIsMissing,
    ItemIsMissing,
    /// A path that does not exist: a REST API calls that a missing token.
    PathIsUnknown,
    /// Answered well, but in 25 s.
    IsSlow,
}

impl Failure {
    /// Status, `error.responseType`, `error.message`, integration error, `integration.status`.
    fn written(self) -> (u16, &'static str, &'static str, &'static str, &'static str) {
        match self {
            Self::FunctionThrows => (
                502,
                "INTEGRATION_FAILURE",
                "Internal server error",
                "Lambda Customer Function Error: 'orderId'",
                "200",
            ),
            Self::FunctionTimesOut => (
                502,
                "INTEGRATION_FAILURE",
                "Internal server error",
                "The Lambda function returned the following error: Task timed out after 3.00 seconds",
                "200",
            ),
            Self::IntegrationTimesOut => {
                (504, "INTEGRATION_TIMEOUT", "Endpoint request timed out", "-", "-")
            }
            Self::PermissionIsMissing => (
                500,
                "API_CONFIGURATION_ERROR",
                "Internal server error",
                "Invalid permissions on Lambda function",
                "403",
            ),
            Self::AuthorizerFails => (500, "AUTHORIZER_FAILURE", "Internal server error", "-", "-"),
            Self::FunctionIsThrottled => {
                (500, "INTEGRATION_FAILURE", "Internal server error", "Rate Exceeded.", "429")
            }
            Self::BackendIsGone => (
                504,
                "INTEGRATION_FAILURE",
                "Network error communicating with endpoint",
                "Network error communicating with endpoint",
                "-",
            ),
            Self::QuotaIsUsedUp => (429, "QUOTA_EXCEEDED", "Limit Exceeded", "-", "-"),
            Self::TooFast => (429, "THROTTLED", "Too Many Requests", "-", "-"),
            Self::BodyIsInvalid => (400, "BAD_REQUEST_BODY", "Invalid request body", "-", "-"),
            Self::TokenIsMissing => (401, "UNAUTHORIZED", "Unauthorized", "-", "-"),
            Self::ItemIsMissing => (404, "-", "-", "-", "404"),
            Self::PathIsUnknown => {
                (403, "MISSING_AUTHENTICATION_TOKEN", "Missing Authentication Token", "-", "-")
            }
            Self::IsSlow => (200, "-", "-", "-", "200"),
        }
    }
}

/// One line. `failure` is what went wrong, if anything did.
pub(crate) fn line(
    api: &str,
    time: i64,
    failure: Option<Failure>,
    route: &str,
    rng: &mut Rng,
) -> String {
    let (status, kind, message, error, integration) =
        failure.map_or((200, "-", "-", "-", "200"), Failure::written);
    let scanned = failure == Some(Failure::PathIsUnknown);
    let path = if scanned { format!("/{:x}.php", rng.u32(..)) } else { route.to_owned() };
    let latency = match failure {
        Some(Failure::IsSlow) => 25_000,
        Some(Failure::IntegrationTimesOut) => 29_003,
        _ => rng.u32(20..90),
    };
    json!({
        "requestId": format!("{:032x}", rng.u128(..)),
        "extendedRequestId": format!("{:010x}=", rng.u64(..)),
        "ip": if scanned { "198.51.100.66".to_owned() } else { format!("203.0.113.{}", rng.u8(..)) },
        "requestTimeEpoch": time.to_string(),
        "httpMethod": "GET",
        "resourcePath": if scanned { "-" } else { route },
        "path": path,
        "status": status.to_string(),
        "responseLatency": latency.to_string(),
        "integrationStatus": if integration == "-" { "-" } else { "200" },
        "integration.status": integration,
        "apiId": api,
        "stage": "prod",
        "error.responseType": kind,
        "error.message": message,
        "integrationErrorMessage": error,
    })
    .to_string()
}
