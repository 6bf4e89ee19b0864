//! A request that failed for each cause, as an access log would tell it.

use diagnosis::{ApiType, Cause, Confidence};

/// One failed request.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) status: u16,
    pub(super) api_type: ApiType,
    pub(super) confidence: Confidence,
    pub(super) cause: Cause,
    pub(super) route: &'static str,
    /// What decided the cause: `$context` name and text.
    pub(super) evidence: &'static [(&'static str, &'static str)],
}

const fn row(
    status: u16,
    api_type: ApiType,
    confidence: Confidence,
    cause: Cause,
    route: &'static str,
    evidence: &'static [(&'static str, &'static str)],
) -> Request {
    Request { status, api_type, confidence, cause, route, evidence }
}

/// One of each, in the order of [`Cause::ALL`].
pub(super) const REQUESTS: &[Request] = &[
    row(
        400,
        ApiType::Rest,
        Confidence::High,
        Cause::RequestParametersInvalid,
        "POST /orders",
        &[("error.message", "Missing required request parameters: [X-Branch-Id]")],
    ),
    row(
        400,
        ApiType::Rest,
        Confidence::High,
        Cause::RequestBodyInvalid,
        "POST /admissions",
        &[("error.responseType", "BAD_REQUEST_BODY"), ("error.message", "Invalid request body")],
    ),
    row(
        400,
        ApiType::Http,
        Confidence::High,
        Cause::RequestMalformed,
        "POST /tickets",
        &[("error.message", "Bad Request")],
    ),
    row(
        422,
        ApiType::Rest,
        Confidence::High,
        Cause::BackendClientError,
        "POST /ledger/transfers",
        &[("integration.status", "422")],
    ),
    row(
        401,
        ApiType::Rest,
        Confidence::High,
        Cause::AuthorizerUnauthorized,
        "GET /patients/{nhs}",
        &[("error.responseType", "UNAUTHORIZED"), ("error.message", "Unauthorized")],
    ),
    row(
        401,
        ApiType::Rest,
        Confidence::High,
        Cause::TokenRejected,
        "GET /rota",
        &[
            ("error.responseType", "UNAUTHORIZED"),
            ("error.message", "The incoming token has expired"),
        ],
    ),
    row(
        403,
        ApiType::Rest,
        Confidence::High,
        Cause::MissingAuthenticationToken,
        "POST /orders",
        &[
            ("error.responseType", "MISSING_AUTHENTICATION_TOKEN"),
            ("error.message", "Missing Authentication Token"),
        ],
    ),
    row(
        403,
        ApiType::Http,
        Confidence::High,
        Cause::AwsSignatureRejected,
        "GET /vault",
        &[("error.message", "The security token included in the request is invalid.")],
    ),
    row(
        403,
        ApiType::Rest,
        Confidence::High,
        Cause::AuthorizerDenied,
        "GET /patients/{nhs}/notes",
        &[
            ("error.responseType", "ACCESS_DENIED"),
            ("error.message", "User is not authorized to access this resource"),
        ],
    ),
    row(
        403,
        ApiType::Rest,
        Confidence::High,
        Cause::PolicyDenied,
        "POST /referrals",
        &[
            ("authorize.status", "403"),
            ("error.responseType", "ACCESS_DENIED"),
            ("error.message", "Forbidden"),
        ],
    ),
    row(
        403,
        ApiType::Rest,
        Confidence::High,
        Cause::ApiKeyInvalid,
        "GET /seeds",
        &[("error.responseType", "INVALID_API_KEY"), ("error.message", "Forbidden")],
    ),
    row(
        403,
        ApiType::Rest,
        Confidence::High,
        Cause::ApiKeyNotInUsagePlan,
        "GET /seeds",
        &[(
            "execution log",
            "API Key k3x…9q is not authorized because it is not in a usage plan of this stage",
        )],
    ),
    row(
        403,
        ApiType::Rest,
        Confidence::High,
        Cause::WafBlocked,
        "POST /reviews",
        &[("error.responseType", "WAF_FILTERED"), ("error.message", "Forbidden")],
    ),
    row(
        403,
        ApiType::Rest,
        Confidence::Medium,
        Cause::MtlsRejected,
        "GET /settlements",
        &[("identity.clientCert.subjectDN", "CN=till-0042,OU=Branches,O=Harbourline")],
    ),
    row(
        403,
        ApiType::Rest,
        Confidence::High,
        Cause::CorsPreflightRejected,
        "OPTIONS /bookings",
        &[
            ("httpMethod", "OPTIONS"),
            ("error.responseType", "MISSING_AUTHENTICATION_TOKEN"),
            ("error.message", "Missing Authentication Token"),
        ],
    ),
    row(
        403,
        ApiType::Rest,
        Confidence::Medium,
        Cause::CustomDomainUnmapped,
        "GET /shop",
        &[("error.message", "Forbidden")],
    ),
    row(
        403,
        ApiType::Rest,
        Confidence::High,
        Cause::BackendDenied,
        "GET /ledger/audit",
        &[("integration.status", "403")],
    ),
    row(
        404,
        ApiType::Rest,
        Confidence::High,
        Cause::RouteNotFound,
        "GET /wards/{id}",
        &[("error.responseType", "RESOURCE_NOT_FOUND"), ("error.message", "Not Found")],
    ),
    row(
        404,
        ApiType::Rest,
        Confidence::High,
        Cause::BackendNotFound,
        "GET /ledger/accounts/0",
        &[("integration.status", "404")],
    ),
    row(
        405,
        ApiType::Http,
        Confidence::High,
        Cause::BackendMethodNotAllowed,
        "ANY /{proxy+}",
        &[("integrationStatus", "405")],
    ),
    row(
        409,
        ApiType::Rest,
        Confidence::High,
        Cause::BackendConflict,
        "POST /ledger/transfers",
        &[("integration.status", "409")],
    ),
    row(
        410,
        ApiType::WebSocket,
        Confidence::Medium,
        Cause::WebsocketConnectionGone,
        "bid",
        &[("status", "410")],
    ),
    row(
        413,
        ApiType::Rest,
        Confidence::High,
        Cause::PayloadTooLarge,
        "POST /manifests",
        &[
            ("error.responseType", "REQUEST_TOO_LARGE"),
            ("error.message", "HTTP content length exceeded 10485760 bytes."),
        ],
    ),
    row(
        414,
        ApiType::Rest,
        Confidence::High,
        Cause::UriOrHeadersTooLarge,
        "GET /lookup/{proxy+}",
        &[("error.message", "Request URI too long")],
    ),
    row(
        415,
        ApiType::Rest,
        Confidence::High,
        Cause::UnsupportedMediaType,
        "POST /results",
        &[
            ("error.responseType", "UNSUPPORTED_MEDIA_TYPE"),
            ("error.message", "Unsupported Media Type"),
        ],
    ),
    row(
        429,
        ApiType::Rest,
        Confidence::High,
        Cause::UsagePlanQuotaExceeded,
        "GET /formulary",
        &[("error.responseType", "QUOTA_EXCEEDED"), ("error.message", "Limit Exceeded")],
    ),
    row(
        429,
        ApiType::Rest,
        Confidence::High,
        Cause::GatewayThrottled,
        "GET /ledger/rates",
        &[("error.responseType", "THROTTLED"), ("error.message", "Too Many Requests")],
    ),
    row(
        429,
        ApiType::Rest,
        Confidence::Medium,
        Cause::UsagePlanThrottled,
        "POST /quotes",
        &[
            ("identity.apiKeyId", "z3f8c1v6bn"),
            ("error.responseType", "THROTTLED"),
            ("error.message", "Too Many Requests"),
        ],
    ),
    row(
        500,
        ApiType::Rest,
        Confidence::High,
        Cause::LambdaThrottled,
        "GET /ledger/statement",
        &[("integration.error", "Rate Exceeded."), ("error.responseType", "INTEGRATION_FAILURE")],
    ),
    row(
        429,
        ApiType::Rest,
        Confidence::High,
        Cause::BackendThrottled,
        "POST /ledger/payouts",
        &[("integration.status", "429")],
    ),
    row(
        500,
        ApiType::WebSocket,
        Confidence::High,
        Cause::LambdaPermissionMissing,
        "bid",
        &[("integration.error", "Invalid permissions on Lambda function")],
    ),
    row(
        500,
        ApiType::Http,
        Confidence::High,
        Cause::IntegrationRoleUnassumable,
        "POST /events",
        &[(
            "integration.error",
            "API Gateway does not have permissions to assume the IAM role configured on the integration",
        )],
    ),
    row(
        500,
        ApiType::Rest,
        Confidence::High,
        Cause::AuthorizerMisconfigured,
        "GET /shelf",
        &[("error.responseType", "AUTHORIZER_CONFIGURATION_ERROR")],
    ),
    row(
        500,
        ApiType::WebSocket,
        Confidence::High,
        Cause::AuthorizerFailed,
        "$connect",
        &[("authorizer.error", "Internal server error"), ("authorizer.status", "500")],
    ),
    row(
        500,
        ApiType::Rest,
        Confidence::High,
        Cause::IntegrationResponseUnmapped,
        "GET /ports/{code}",
        &[
            (
                "integration.error",
                "Execution failed due to configuration error: Output mapping refers to an invalid method response: 200",
            ),
            ("error.responseType", "API_CONFIGURATION_ERROR"),
        ],
    ),
    row(
        500,
        ApiType::Rest,
        Confidence::High,
        Cause::MappingTemplateFailed,
        "POST /scans",
        &[
            (
                "integration.error",
                "Execution failed due to configuration error: Unable to transform request",
            ),
            ("error.responseType", "API_CONFIGURATION_ERROR"),
        ],
    ),
    row(
        500,
        ApiType::Rest,
        Confidence::High,
        Cause::EndpointAddressInvalid,
        "GET /lab/{id}",
        &[(
            "integration.error",
            "Execution failed due to configuration error: Invalid endpoint address",
        )],
    ),
    row(
        500,
        ApiType::Rest,
        Confidence::High,
        Cause::ApiConfigurationError,
        "GET /seeds/{id}",
        &[
            ("error.responseType", "API_CONFIGURATION_ERROR"),
            ("error.message", "Internal server error"),
        ],
    ),
    row(
        500,
        ApiType::Rest,
        Confidence::High,
        Cause::BackendServerError,
        "GET /ledger/close",
        &[("integration.status", "500")],
    ),
    row(
        500,
        ApiType::Rest,
        Confidence::Medium,
        Cause::LambdaInvocationFailed,
        "POST /orders",
        &[("integration.error", "There was an internal error while executing your request")],
    ),
    row(
        500,
        ApiType::Rest,
        Confidence::Medium,
        Cause::GatewayInternalError,
        "GET /tides",
        &[("error.responseType", "DEFAULT_5XX"), ("error.message", "Internal server error")],
    ),
    row(
        500,
        ApiType::WebSocket,
        Confidence::High,
        Cause::LambdaFunctionError,
        "bid",
        &[("integration.error", "Lambda Customer Function Error:reserve price missing")],
    ),
    row(
        502,
        ApiType::Rest,
        Confidence::High,
        Cause::LambdaMalformedResponse,
        "GET /ledger/export",
        &[
            (
                "integration.error",
                "Execution failed due to configuration error: Malformed Lambda proxy response",
            ),
            ("error.responseType", "INTEGRATION_FAILURE"),
        ],
    ),
    row(
        500,
        ApiType::Http,
        Confidence::High,
        Cause::LambdaResponseTooLarge,
        "GET /archive.json",
        &[(
            "integration.error",
            "The Lambda function returned the following error: Response payload size exceeded maximum allowed payload size (6291556 bytes).. Ch",
        )],
    ),
    row(
        500,
        ApiType::Http,
        Confidence::High,
        Cause::LambdaOutOfMemory,
        "POST /posters",
        &[(
            "integration.error",
            "The Lambda function returned the following error: Error: Runtime exited with error: signal: killed",
        )],
    ),
    row(
        500,
        ApiType::Http,
        Confidence::High,
        Cause::LambdaInitFailed,
        "GET /posters",
        &[(
            "integration.error",
            "The Lambda function returned the following error: Error: Cannot find module 'sharp'",
        )],
    ),
    row(
        500,
        ApiType::Http,
        Confidence::High,
        Cause::LambdaRuntimeExited,
        "PUT /stock/{id}",
        &[(
            "integration.error",
            "The Lambda function returned the following error: RequestId: 0f09739f-c2fb-46ae-bae0-4bc0fd099c6c Process exited before completing",
        )],
    ),
    row(
        500,
        ApiType::Rest,
        Confidence::High,
        Cause::EndpointTlsFailed,
        "GET /lab/{id}",
        &[
            (
                "integration.error",
                "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to ",
            ),
            ("error.responseType", "DEFAULT_5XX"),
        ],
    ),
    row(
        500,
        ApiType::Rest,
        Confidence::Medium,
        Cause::VpcLinkFailed,
        "GET /lab",
        &[
            ("integration.error", "There was an internal error while executing your request"),
            ("error.responseType", "API_CONFIGURATION_ERROR"),
        ],
    ),
    row(
        503,
        ApiType::Rest,
        Confidence::High,
        Cause::BackendUnavailable,
        "GET /ledger/fx",
        &[("integration.status", "503")],
    ),
    row(
        504,
        ApiType::Rest,
        Confidence::High,
        Cause::IntegrationTimeout,
        "GET /lab/{id}",
        &[
            ("error.responseType", "INTEGRATION_TIMEOUT"),
            ("error.message", "Endpoint request timed out"),
        ],
    ),
    row(
        504,
        ApiType::Rest,
        Confidence::High,
        Cause::IntegrationNetworkFailure,
        "GET /ais",
        &[
            ("error.responseType", "INTEGRATION_FAILURE"),
            ("error.message", "Network error communicating with endpoint"),
        ],
    ),
    row(
        502,
        ApiType::Rest,
        Confidence::High,
        Cause::LambdaTimedOut,
        "GET /ledger/year",
        &[
            (
                "integration.error",
                "Lambda Customer Function Error: Task timed out after 10.01 seconds",
            ),
            ("error.responseType", "INTEGRATION_FAILURE"),
        ],
    ),
    row(
        200,
        ApiType::Rest,
        Confidence::Medium,
        Cause::HighLatency,
        "GET /sailings/search",
        &[("responseLatency", "27410"), ("integration.latency", "27388")],
    ),
    row(
        400,
        ApiType::Rest,
        Confidence::Low,
        Cause::BadRequestUnattributed,
        "GET /authors/{id}",
        &[("status", "400")],
    ),
    row(
        401,
        ApiType::Http,
        Confidence::Low,
        Cause::UnauthorizedUnattributed,
        "GET /tours/{id}",
        &[("status", "401")],
    ),
    row(
        403,
        ApiType::Rest,
        Confidence::Low,
        Cause::AccessDeniedUnattributed,
        "GET /settlements",
        &[("status", "403")],
    ),
    row(
        404,
        ApiType::Rest,
        Confidence::Low,
        Cause::NotFoundUnattributed,
        "GET /films/{id}",
        &[("status", "404")],
    ),
    row(
        402,
        ApiType::Rest,
        Confidence::Low,
        Cause::ClientErrorUnattributed,
        "POST /subscriptions",
        &[("status", "402")],
    ),
    row(
        429,
        ApiType::Http,
        Confidence::Low,
        Cause::TooManyRequestsUnattributed,
        "GET /tickets",
        &[("status", "429")],
    ),
    row(
        500,
        ApiType::Rest,
        Confidence::Low,
        Cause::InternalErrorUnattributed,
        "POST /films",
        &[("status", "500")],
    ),
    row(
        502,
        ApiType::Http,
        Confidence::Low,
        Cause::BadGatewayUnattributed,
        "GET /exhibits",
        &[("status", "502")],
    ),
    row(
        503,
        ApiType::Http,
        Confidence::Low,
        Cause::ServiceUnavailableUnattributed,
        "GET /tickets",
        &[("status", "503")],
    ),
    row(
        504,
        ApiType::Rest,
        Confidence::Low,
        Cause::GatewayTimeoutUnattributed,
        "GET /reports/{year}",
        &[("status", "504")],
    ),
    row(
        505,
        ApiType::Rest,
        Confidence::Low,
        Cause::ServerErrorUnattributed,
        "GET /beta",
        &[("status", "505")],
    ),
];

#[cfg(test)]
mod tests {
    use diagnosis::{Cause, redact};

    use super::REQUESTS;

    #[test]
    fn every_cause_has_its_request() {
        let causes: Vec<Cause> = REQUESTS.iter().map(|request| request.cause).collect();
        let failures: Vec<Cause> =
            Cause::ALL.iter().copied().filter(|cause| cause.is_failure()).collect();
        assert_eq!(causes, failures);
    }

    #[test]
    fn nothing_in_them_has_to_be_hidden() {
        for (_, text) in REQUESTS.iter().flat_map(|request| request.evidence) {
            assert_eq!(redact::text(text, 300), *text);
        }
    }
}
