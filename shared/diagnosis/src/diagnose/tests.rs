//! Truth tables: a line, the cause it speaks for, and how sure that is. Each kind of evidence has
//! look-alikes: the same text in a field that says nothing.

use super::{Diagnosis, line};
use crate::{Cause, Confidence, Reader};

use Confidence::{High, Low, Medium};

fn check(cases: &[(&str, Cause, Confidence)]) {
    for (text, cause, confidence) in cases {
        let read = Reader::default().line(text);
        let found = line(&read);
        assert_eq!((found.cause, found.confidence), (*cause, *confidence), "{text}");
    }
}

fn evidence(text: &str) -> Vec<(String, String)> {
    let read = Reader::default().line(text);
    let Diagnosis { evidence, .. } = line(&read);
    evidence.iter().map(|e| (e.field.name().to_owned(), e.text.to_owned())).collect()
}

#[test]
fn every_gateway_response_type() {
    for (kind, status, cause) in [
        ("ACCESS_DENIED", 403, Cause::AuthorizerDenied),
        ("API_CONFIGURATION_ERROR", 500, Cause::ApiConfigurationError),
        ("AUTHORIZER_CONFIGURATION_ERROR", 500, Cause::AuthorizerMisconfigured),
        ("AUTHORIZER_FAILURE", 500, Cause::AuthorizerFailed),
        ("BAD_REQUEST_BODY", 400, Cause::RequestBodyInvalid),
        ("BAD_REQUEST_PARAMETERS", 400, Cause::RequestParametersInvalid),
        ("DEFAULT_4XX", 400, Cause::RequestMalformed),
        ("DEFAULT_5XX", 500, Cause::GatewayInternalError),
        ("EXPIRED_TOKEN", 403, Cause::AwsSignatureRejected),
        ("INTEGRATION_FAILURE", 504, Cause::IntegrationNetworkFailure),
        ("INTEGRATION_FAILURE", 502, Cause::LambdaFunctionError),
        ("INTEGRATION_NETWORK_FAILURE", 503, Cause::IntegrationNetworkFailure),
        ("INTEGRATION_TIMEOUT", 504, Cause::IntegrationTimeout),
        ("INVALID_API_KEY", 403, Cause::ApiKeyInvalid),
        ("INVALID_SIGNATURE", 403, Cause::AwsSignatureRejected),
        ("MISSING_AUTHENTICATION_TOKEN", 403, Cause::MissingAuthenticationToken),
        ("QUOTA_EXCEEDED", 429, Cause::UsagePlanQuotaExceeded),
        ("REQUEST_TOO_LARGE", 413, Cause::PayloadTooLarge),
        ("RESOURCE_NOT_FOUND", 404, Cause::RouteNotFound),
        ("THROTTLED", 429, Cause::GatewayThrottled),
        ("UNAUTHORIZED", 401, Cause::AuthorizerUnauthorized),
        ("UNSUPPORTED_MEDIA_TYPE", 415, Cause::UnsupportedMediaType),
        ("WAF_FILTERED", 403, Cause::WafBlocked),
    ] {
        let text = format!(r#"{{"status":"{status}","error.responseType":"{kind}"}}"#);
        let read = Reader::default().line(&text);
        let found = line(&read);
        assert_eq!(found.cause, cause, "{text}");
        assert_eq!(found.evidence[0].text, kind);
    }
}

#[test]
fn a_response_type_outranks_a_customised_status() {
    check(&[
        (
            r#"{"status":"404","responseType":"MISSING_AUTHENTICATION_TOKEN"}"#,
            Cause::MissingAuthenticationToken,
            High,
        ),
        (
            r#"{"status":"200","responseType":"QUOTA_EXCEEDED"}"#,
            Cause::UsagePlanQuotaExceeded,
            High,
        ),
        (r#"{"status":"200","responseType":"-"}"#, Cause::None, High),
        (
            r#"{"status":"500","responseType":"SOMETHING_NEW"}"#,
            Cause::InternalErrorUnattributed,
            Low,
        ),
        (r#"{"status":"500","errorType":"TypeError"}"#, Cause::InternalErrorUnattributed, Low),
    ]);
}

#[test]
fn the_status_alone() {
    for (status, cause, confidence) in [
        (200, Cause::None, High),
        (304, Cause::None, High),
        (400, Cause::BadRequestUnattributed, Low),
        (401, Cause::UnauthorizedUnattributed, Low),
        (403, Cause::AccessDeniedUnattributed, Low),
        (404, Cause::NotFoundUnattributed, Low),
        (405, Cause::BackendMethodNotAllowed, Medium),
        (409, Cause::BackendConflict, Medium),
        (410, Cause::ClientErrorUnattributed, Low),
        (413, Cause::PayloadTooLarge, Medium),
        (414, Cause::UriOrHeadersTooLarge, Medium),
        (415, Cause::UnsupportedMediaType, Medium),
        (418, Cause::ClientErrorUnattributed, Low),
        (429, Cause::TooManyRequestsUnattributed, Low),
        (431, Cause::UriOrHeadersTooLarge, Medium),
        (494, Cause::UriOrHeadersTooLarge, Medium),
        (500, Cause::InternalErrorUnattributed, Low),
        (501, Cause::ServerErrorUnattributed, Low),
        (502, Cause::BadGatewayUnattributed, Low),
        (503, Cause::ServiceUnavailableUnattributed, Low),
        (504, Cause::GatewayTimeoutUnattributed, Low),
        (599, Cause::ServerErrorUnattributed, Low),
        (700, Cause::Unknown, Low),
    ] {
        check(&[(&format!(r#"{{"requestId":"x","status":"{status}"}}"#), cause, confidence)]);
    }
}

#[test]
fn quota_and_rate_are_told_apart() {
    check(&[
        (
            r#"{"status":"429","errorMessage":"Limit Exceeded"}"#,
            Cause::UsagePlanQuotaExceeded,
            High,
        ),
        (r#"{"status":"429","errorMessage":"Too Many Requests"}"#, Cause::GatewayThrottled, High),
        (
            r#"{"status":"429","responseType":"THROTTLED","apiKeyId":"k1"}"#,
            Cause::UsagePlanThrottled,
            Medium,
        ),
        (
            r#"{"status":"429","responseType":"THROTTLED","apiKeyId":"-"}"#,
            Cause::GatewayThrottled,
            High,
        ),
        (r#"{"status":"429","integration_status":"429"}"#, Cause::BackendThrottled, High),
        (r#"{"status":"500","integrationStatus":"429"}"#, Cause::LambdaThrottled, High),
        // look-alikes: the words in the path and the user agent
        (
            r#"{"status":"429","path":"/Limit Exceeded","userAgent":"Too Many Requests"}"#,
            Cause::TooManyRequestsUnattributed,
            Low,
        ),
    ]);
}

#[test]
fn timeouts_of_the_gateway_and_of_the_function() {
    check(&[
        (
            r#"{"status":"504","errorMessage":"Endpoint request timed out"}"#,
            Cause::IntegrationTimeout,
            High,
        ),
        (
            r#"{"status":"504","responseType":"INTEGRATION_TIMEOUT"}"#,
            Cause::IntegrationTimeout,
            High,
        ),
        (
            r#"{"status":"503","routeKey":"GET /","errorMessage":"Service Unavailable","integrationLatency":"30001"}"#,
            Cause::IntegrationTimeout,
            Medium,
        ),
        (r#"{"status":"504","integrationLatency":"29003"}"#, Cause::IntegrationTimeout, Medium),
        (
            r#"{"status":"502","integrationErrorMessage":"Lambda Customer Function Error:2025-03-12T09:14:07.456Z 71952965-d5cc-4974-ae08-6e2138b2275c Task timed out after 3.00 seconds"}"#,
            Cause::LambdaTimedOut,
            High,
        ),
        (
            r#"{"status":"500","routeKey":"GET /","integrationErrorMessage":"The Lambda function returned the following error: RequestId: 01fe3839-4974-40d5-960a-173fcb5ec786 Error: Task timed out after 5.00 seconds. Check your Lambda function code and try again."}"#,
            Cause::LambdaTimedOut,
            High,
        ),
        // look-alikes
        (
            r#"{"status":"503","routeKey":"GET /","errorMessage":"Service Unavailable","integrationLatency":"41"}"#,
            Cause::ServiceUnavailableUnattributed,
            Low,
        ),
        (
            r#"{"status":"503","resourcePath":"/","integrationLatency":"29950"}"#,
            Cause::ServiceUnavailableUnattributed,
            Low,
        ),
        (
            r#"{"status":"502","integrationError":"Lambda Customer Function Error:order 7: upstream said Task timed out after 3.00 seconds"}"#,
            Cause::LambdaFunctionError,
            High,
        ),
        (
            r#"{"status":"500","userAgent":"Task timed out after 3.00 seconds"}"#,
            Cause::InternalErrorUnattributed,
            Low,
        ),
    ]);
}

#[test]
fn failures_of_the_function() {
    check(&[
        (
            r#"{"status":"502","integrationError":"Lambda Customer Function Error:'AZUL_S3_BUCKET'"}"#,
            Cause::LambdaFunctionError,
            High,
        ),
        (
            r#"{"status":"500","integrationErrorMessage":"The Lambda function returned the following error: 'NoneType' object is not subscriptable. Check your Lambda function code and try again."}"#,
            Cause::LambdaFunctionError,
            High,
        ),
        (
            r#"{"status":"502","integrationError":"Execution failed due to configuration error: Malformed Lambda proxy response"}"#,
            Cause::LambdaMalformedResponse,
            High,
        ),
        (
            r#"{"status":"502","integrationStatus":"200","integrationError":"-"}"#,
            Cause::LambdaMalformedResponse,
            Medium,
        ),
        (
            r#"{"status":"502","integrationError":"Lambda Customer Function Error:Response payload size exceeded maximum allowed payload size (6291556 bytes)."}"#,
            Cause::LambdaResponseTooLarge,
            High,
        ),
        (
            r#"{"status":"502","integrationError":"Lambda Customer Function Error:RequestId: 01fe3839-4974-40d5-960a-173fcb5ec786 Error: Runtime exited with error: signal: killed"}"#,
            Cause::LambdaOutOfMemory,
            High,
        ),
        (
            r#"{"status":"502","integrationError":"Lambda Customer Function Error:Unable to import module 'app': No module named 'x'"}"#,
            Cause::LambdaInitFailed,
            High,
        ),
        (
            r#"{"status":"502","integrationError":"Lambda Customer Function Error:Handler 'h' missing on module 'm'"}"#,
            Cause::LambdaInitFailed,
            High,
        ),
        (
            r#"{"status":"502","integrationError":"Lambda Customer Function Error:RequestId: 01fe3839-4974-40d5-960a-173fcb5ec786 Process exited before completing request"}"#,
            Cause::LambdaRuntimeExited,
            High,
        ),
        // the service puts an id before these; without one they may be the function's own
        (
            r#"{"status":"502","integrationError":"Lambda Customer Function Error:Task timed out after 3 seconds"}"#,
            Cause::LambdaTimedOut,
            Medium,
        ),
        // a function's own words about the service's are its own words
        (
            r#"{"status":"502","integrationError":"Lambda Customer Function Error:saw Invalid permissions on Lambda function"}"#,
            Cause::LambdaFunctionError,
            High,
        ),
    ]);
}

#[test]
fn failures_on_the_way_to_the_integration() {
    check(&[
        (
            r#"{"status":"500","integrationError":"The IAM role configured on the integration or API Gateway doesn't have permissions to call the integration. Check the permissions and try again."}"#,
            Cause::LambdaPermissionMissing,
            High,
        ),
        (r#"{"status":"500","integrationStatus":"403"}"#, Cause::LambdaPermissionMissing, Medium),
        (
            r#"{"status":"500","integrationError":"API Gateway doesn’t have permissions to assume the IAM role configured on the integration. Check the permissions and try again."}"#,
            Cause::IntegrationRoleUnassumable,
            High,
        ),
        (
            r#"{"status":"500","responseType":"INTEGRATION_FAILURE","integrationError":"Rate Exceeded."}"#,
            Cause::LambdaThrottled,
            High,
        ),
        (
            r#"{"status":"500","responseType":"INTEGRATION_FAILURE","integrationStatus":"429"}"#,
            Cause::LambdaThrottled,
            High,
        ),
        (
            r#"{"status":"500","responseType":"DEFAULT_5XX","integrationError":"PKIX path building failed: x"}"#,
            Cause::EndpointTlsFailed,
            High,
        ),
        (
            r#"{"status":"500","responseType":"API_CONFIGURATION_ERROR","integrationError":"Execution failed due to configuration error: Invalid endpoint address"}"#,
            Cause::EndpointAddressInvalid,
            High,
        ),
        (
            r#"{"status":"504","responseType":"INTEGRATION_FAILURE","errorMessage":"Network error communicating with endpoint"}"#,
            Cause::IntegrationNetworkFailure,
            High,
        ),
        (r#"{"status":"500","integrationStatus":"404"}"#, Cause::LambdaInvocationFailed, Medium),
        // the code answered nothing, so the service itself failed
        (
            r#"{"status":"500","integration.status":"-","integration.integrationStatus":"500"}"#,
            Cause::LambdaInvocationFailed,
            Medium,
        ),
        (
            r#"{"status":"500","integration.status":"500","integration.integrationStatus":"500"}"#,
            Cause::BackendServerError,
            High,
        ),
        (r#"{"status":"500","integrationStatus":"500"}"#, Cause::BackendServerError, High),
        (
            r#"{"status":"500","integrationError":"KMSDisabledException: the key is disabled"}"#,
            Cause::LambdaInvocationFailed,
            Medium,
        ),
        (
            r#"{"status":"500","integrationError":"OrderException: the key is disabled"}"#,
            Cause::InternalErrorUnattributed,
            Low,
        ),
    ]);
}

#[test]
fn refusals_before_the_integration() {
    check(&[
        (
            r#"{"status":"404","httpMethod":"OPTIONS","routeKey":"-","errorMessage":"Not Found"}"#,
            Cause::CorsPreflightRejected,
            Medium,
        ),
        (
            r#"{"status":"404","httpMethod":"OPTIONS","routeKey":"ANY /x"}"#,
            Cause::NotFoundUnattributed,
            Low,
        ),
        (
            r#"{"status":"403","responseType":"ACCESS_DENIED","errorMessage":"User is not authorized to access this resource with an explicit deny"}"#,
            Cause::AuthorizerDenied,
            High,
        ),
        (
            r#"{"status":"403","responseType":"ACCESS_DENIED","errorMessage":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn"}"#,
            Cause::PolicyDenied,
            High,
        ),
        (r#"{"status":"403","authorize-status":"403"}"#, Cause::PolicyDenied, High),
        (
            r#"{"status":"403","authorizerError":"The client is not authorized"}"#,
            Cause::PolicyDenied,
            High,
        ),
        (
            r#"{"status":"403","userAgent":"The client is not authorized"}"#,
            Cause::AccessDeniedUnattributed,
            Low,
        ),
        (r#"{"status":"403","wafResponseCode":"WAF_BLOCK"}"#, Cause::WafBlocked, High),
        // a firewall's own response has the status that somebody chose
        (r#"{"status":"200","wafResponseCode":"WAF_BLOCK"}"#, Cause::WafBlocked, High),
        (r#"{"status":"429","wafResponseCode":"WAF_BLOCK"}"#, Cause::WafBlocked, High),
        (r#"{"status":"200","userAgent":"WAF_BLOCK"}"#, Cause::None, High),
        (r#"{"status":"403","authenticate-status":"403"}"#, Cause::AwsSignatureRejected, Medium),
        (
            r#"{"status":"401","routeKey":"GET /","errorMessage":"Unauthorized","authorizerError":"the token does not have a valid audience"}"#,
            Cause::TokenRejected,
            High,
        ),
        (
            r#"{"status":"401","routeKey":"GET /","errorMessage":"Unauthorized","authorizerError":"-"}"#,
            Cause::AuthorizerUnauthorized,
            High,
        ),
        // where the authorizer's error is not logged, a refused token looks the same
        (
            r#"{"status":"401","routeKey":"GET /","errorMessage":"Unauthorized"}"#,
            Cause::AuthorizerUnauthorized,
            Medium,
        ),
        (
            r#"{"status":"401","responseType":"UNAUTHORIZED","errorMessage":"The incoming token has expired"}"#,
            Cause::TokenRejected,
            High,
        ),
        (r#"{"status":"500","authorizerStatus":"500"}"#, Cause::AuthorizerFailed, High),
        (
            r#"{"status":"500","authorizerError":"The IAM role configured on the authorizer or API Gateway doesn't have permissions to call the authorizer. Check the permissions and try again."}"#,
            Cause::AuthorizerMisconfigured,
            High,
        ),
        (
            r#"{"status":"403","responseType":"ACCESS_DENIED","clientCertSubjectDN":"CN=c"}"#,
            Cause::MtlsRejected,
            Medium,
        ),
        // an HTTP API logs the certificates of those it knows too
        (
            r#"{"status":"403","routeKey":"GET /","responseType":"ACCESS_DENIED","clientCertSubjectDN":"CN=c","authorizerError":"Forbidden"}"#,
            Cause::AuthorizerDenied,
            High,
        ),
        (
            r#"{"status":"403","httpMethod":"OPTIONS","responseType":"MISSING_AUTHENTICATION_TOKEN"}"#,
            Cause::CorsPreflightRejected,
            High,
        ),
        (
            r#"{"status":"403","httpMethod":"OPTIONS","responseType":"WAF_FILTERED"}"#,
            Cause::WafBlocked,
            High,
        ),
        // the backend's own answer to a preflight
        (
            r#"{"status":"403","httpMethod":"OPTIONS","integrationStatus":"403","responseType":"-"}"#,
            Cause::BackendDenied,
            High,
        ),
        (
            r#"{"status":"404","routeKey":"-","errorMessage":"Not Found"}"#,
            Cause::RouteNotFound,
            High,
        ),
        (r#"{"status":"404","routeKey":"GET /x"}"#, Cause::NotFoundUnattributed, Low),
        (
            r#"{"status":"200","wafResponseCode":"WAF_ALLOW","authorizerStatus":"200"}"#,
            Cause::None,
            High,
        ),
    ]);
}

#[test]
fn answers_of_the_backend() {
    check(&[
        (r#"{"status":"404","integration_status":"404"}"#, Cause::BackendNotFound, High),
        (
            r#"{"status":"500","resourcePath":"/","responseType":"-"}"#,
            Cause::BackendServerError,
            High,
        ),
        (
            r#"{"status":"503","resourcePath":"/","responseType":"-"}"#,
            Cause::BackendUnavailable,
            High,
        ),
        (r#"{"status":"422","integration.status":"422"}"#, Cause::BackendClientError, High),
        (
            r#"{"status":"403","integration_status":"403","responseType":"-"}"#,
            Cause::BackendDenied,
            High,
        ),
        (
            r#"{"status":"410","integration_status":"410","path":"/prod/@connections/abc"}"#,
            Cause::WebsocketConnectionGone,
            High,
        ),
        // the gateway's message says that it did answer itself
        (
            r#"{"status":"503","routeKey":"GET /","responseType":"-","errorMessage":"Service Unavailable"}"#,
            Cause::ServiceUnavailableUnattributed,
            Low,
        ),
    ]);
}

#[test]
fn slow_successes_are_an_early_warning() {
    check(&[
        (r#"{"status":"200","responseLatency":"23000"}"#, Cause::HighLatency, Medium),
        (r#"{"status":"200","responseLatency":"22999"}"#, Cause::None, High),
        (r#"{"status":"200","integrationLatency":"28000"}"#, Cause::HighLatency, Medium),
    ]);
}

#[test]
fn failures_behind_a_good_status() {
    check(&[
        (
            r#"{"status":"200","errorMessage":"Missing Authentication Token"}"#,
            Cause::MissingAuthenticationToken,
            Medium,
        ),
        (
            r#"{"status":"200","integrationError":"Lambda Customer Function Error:boom"}"#,
            Cause::LambdaFunctionError,
            Medium,
        ),
        // look-alikes: no sentence of API Gateway's, or not in its field
        (r#"{"status":"200","errorMessage":"cart is empty"}"#, Cause::None, High),
        (r#"{"status":"200","errorMessage":"-","integrationError":"-"}"#, Cause::None, High),
        (r#"{"status":"200","path":"/Missing Authentication Token"}"#, Cause::None, High),
        (r#"{"status":"302","integrationError":"moved"}"#, Cause::None, High),
    ]);
}

#[test]
fn lines_that_are_no_access_records() {
    check(&[
        ("", Cause::Unparseable, Low),
        ("hello", Cause::Unknown, Low),
        (r#"{"requestId":"x","status":"50"#, Cause::Unparseable, Low),
        (r#"{"requestId":"x","status":"500""#, Cause::InternalErrorUnattributed, Low),
        (r#"{"requestId":"x","status":500"#, Cause::Unparseable, Low),
        (r#"["status","500"]"#, Cause::Unknown, Low),
        (r#"{"status":"-"}"#, Cause::Unknown, Low),
    ]);
}

#[test]
fn the_evidence_names_the_fields_strongest_first() {
    let text = r#"{"status":"502","error_responseType":"INTEGRATION_FAILURE","integration_error":"Lambda Customer Function Error:boom"}"#;
    let wanted = [
        ("integration.error", "Lambda Customer Function Error:boom"),
        ("error.responseType", "INTEGRATION_FAILURE"),
        ("status", "502"),
    ];
    assert_eq!(evidence(text), wanted.map(|(field, text)| (field.to_owned(), text.to_owned())));
}
