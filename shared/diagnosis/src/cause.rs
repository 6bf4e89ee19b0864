//! Why a request failed: the closed list of causes.

use crate::closed_enum;

closed_enum! {
    /// Why requests fail. What each one means, whose fault it is and what to do stands in the
    /// [catalogue](crate::catalogue).
    pub enum Cause as "cause" {
        RequestParametersInvalid = "request-parameters-invalid",
        RequestBodyInvalid = "request-body-invalid",
        RequestMalformed = "request-malformed",
        BackendClientError = "backend-client-error",
        AuthorizerUnauthorized = "authorizer-unauthorized",
        TokenRejected = "token-rejected",
        MissingAuthenticationToken = "missing-authentication-token",
        AwsSignatureRejected = "aws-signature-rejected",
        AuthorizerDenied = "authorizer-denied",
        PolicyDenied = "policy-denied",
        ApiKeyInvalid = "api-key-invalid",
        ApiKeyNotInUsagePlan = "api-key-not-in-usage-plan",
        WafBlocked = "waf-blocked",
        MtlsRejected = "mtls-rejected",
        CorsPreflightRejected = "cors-preflight-rejected",
        CustomDomainUnmapped = "custom-domain-unmapped",
        BackendDenied = "backend-denied",
        RouteNotFound = "route-not-found",
        BackendNotFound = "backend-not-found",
        BackendMethodNotAllowed = "backend-method-not-allowed",
        BackendConflict = "backend-conflict",
        WebsocketConnectionGone = "websocket-connection-gone",
        PayloadTooLarge = "payload-too-large",
        UriOrHeadersTooLarge = "uri-or-headers-too-large",
        UnsupportedMediaType = "unsupported-media-type",
        UsagePlanQuotaExceeded = "usage-plan-quota-exceeded",
        GatewayThrottled = "gateway-throttled",
        UsagePlanThrottled = "usage-plan-throttled",
        LambdaThrottled = "lambda-throttled",
        BackendThrottled = "backend-throttled",
        LambdaPermissionMissing = "lambda-permission-missing",
        IntegrationRoleUnassumable = "integration-role-unassumable",
        AuthorizerMisconfigured = "authorizer-misconfigured",
        AuthorizerFailed = "authorizer-failed",
        IntegrationResponseUnmapped = "integration-response-unmapped",
        MappingTemplateFailed = "mapping-template-failed",
        EndpointAddressInvalid = "endpoint-address-invalid",
        ApiConfigurationError = "api-configuration-error",
        BackendServerError = "backend-server-error",
        LambdaInvocationFailed = "lambda-invocation-failed",
        GatewayInternalError = "gateway-internal-error",
        LambdaFunctionError = "lambda-function-error",
        LambdaMalformedResponse = "lambda-malformed-response",
        LambdaResponseTooLarge = "lambda-response-too-large",
        LambdaOutOfMemory = "lambda-out-of-memory",
        LambdaInitFailed = "lambda-init-failed",
        LambdaRuntimeExited = "lambda-runtime-exited",
        EndpointTlsFailed = "endpoint-tls-failed",
        VpcLinkFailed = "vpc-link-failed",
        BackendUnavailable = "backend-unavailable",
        IntegrationTimeout = "integration-timeout",
        IntegrationNetworkFailure = "integration-network-failure",
        LambdaTimedOut = "lambda-timed-out",
        HighLatency = "high-latency",
        BadRequestUnattributed = "bad-request-unattributed",
        UnauthorizedUnattributed = "unauthorized-unattributed",
        AccessDeniedUnattributed = "access-denied-unattributed",
        NotFoundUnattributed = "not-found-unattributed",
        ClientErrorUnattributed = "client-error-unattributed",
        TooManyRequestsUnattributed = "too-many-requests-unattributed",
        InternalErrorUnattributed = "internal-error-unattributed",
        BadGatewayUnattributed = "bad-gateway-unattributed",
        ServiceUnavailableUnattributed = "service-unavailable-unattributed",
        GatewayTimeoutUnattributed = "gateway-timeout-unattributed",
        ServerErrorUnattributed = "server-error-unattributed",
        None = "none",
        Unknown = "unknown",
        Unparseable = "unparseable",
    }
}

impl Cause {
    /// How many causes there are, the three non-causes included: the length of an array indexed
    /// by [`Cause::index`].
    pub const COUNT: usize = Self::ALL.len();

    /// The cause's place in [`Cause::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// Whether there is something wrong with a request: everything but `none`, `unknown` and
    /// `unparseable`.
    pub const fn is_failure(self) -> bool {
        !matches!(self, Self::None | Self::Unknown | Self::Unparseable)
    }

    /// Whether the caller got an error: every failure but `high-latency`, which was answered well.
    pub const fn is_error(self) -> bool {
        self.is_failure() && !matches!(self, Self::HighLatency)
    }

    /// Whether only the status is known, so that a better log would name a finer cause.
    pub const fn is_unattributed(self) -> bool {
        matches!(
            self,
            Self::BadRequestUnattributed
                | Self::UnauthorizedUnattributed
                | Self::AccessDeniedUnattributed
                | Self::NotFoundUnattributed
                | Self::ClientErrorUnattributed
                | Self::TooManyRequestsUnattributed
                | Self::InternalErrorUnattributed
                | Self::BadGatewayUnattributed
                | Self::ServiceUnavailableUnattributed
                | Self::GatewayTimeoutUnattributed
                | Self::ServerErrorUnattributed
        )
    }

    /// Whether a Lambda function's own log tells it, and so may say more than API Gateway's.
    pub const fn is_told_by_function(self) -> bool {
        matches!(
            self,
            Self::LambdaFunctionError
                | Self::LambdaMalformedResponse
                | Self::LambdaOutOfMemory
                | Self::LambdaInitFailed
                | Self::LambdaRuntimeExited
                | Self::LambdaTimedOut
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Cause;

    #[test]
    fn the_index_is_the_place_in_all() {
        for (place, cause) in Cause::ALL.iter().enumerate() {
            assert_eq!(cause.index(), place);
        }
        assert_eq!(Cause::COUNT, 68, "65 causes and three non-causes");
    }

    #[test]
    fn lambda_causes_are_told_by_the_function_unless_it_cannot_know() {
        // Lambda refused to start it, or what it answered.
        let unknown_to_it = [
            Cause::LambdaThrottled,
            Cause::LambdaPermissionMissing,
            Cause::LambdaInvocationFailed,
            Cause::LambdaResponseTooLarge,
        ];
        for cause in Cause::ALL {
            let told = cause.as_str().starts_with("lambda-") && !unknown_to_it.contains(cause);
            assert_eq!(cause.is_told_by_function(), told, "{cause}");
        }
    }

    #[test]
    fn unattributed_causes_are_those_named_so() {
        for cause in Cause::ALL {
            assert_eq!(cause.is_unattributed(), cause.as_str().ends_with("-unattributed"));
        }
    }
}
