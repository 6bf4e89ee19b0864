//! A truth table of sentences. Each is read behind a request id; the look-alikes are the same words in
//! another place.

use crate::{Cause, Confidence, Reader, diagnose};

use Confidence::{High, Low, Medium};

const LAMBDA: &str = "8f3c2b1a-0f9e-4d7c-b6b5-a49381234567";

/// A sentence, its cause, and how sure that is.
type Case = (&'static str, Cause, Confidence);

fn check(cases: &[Case]) {
    for (text, cause, confidence) in cases {
        let line =
            format!("(6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1) {}", text.replace("LAMBDA", LAMBDA));
        let read = Reader::default().line(&line);
        let found = diagnose::line(&read);
        assert_eq!((found.cause, found.confidence), (*cause, *confidence), "{text}");
        let told = found.evidence.first().map(|evidence| (evidence.field.name(), evidence.text));
        if cause.is_failure() {
            assert_eq!(told, Some(("execution log", line[39..].trim_end())));
        } else {
            assert_eq!(told, None);
        }
    }
}

const FAILURES: &[Case] = &[
    ("Execution failed due to a timeout error", Cause::IntegrationTimeout, High),
    (
        "Execution failed due to a network error communicating with endpoint",
        Cause::IntegrationNetworkFailure,
        High,
    ),
    (
        "Execution failed due to a network error communicating with endpoint: Connection reset by peer",
        Cause::IntegrationNetworkFailure,
        High,
    ),
    ("Execution failed due to an vpc link error", Cause::VpcLinkFailed, High),
    (
        "Execution failed due to configuration error: There was an internal error while executing your request",
        Cause::VpcLinkFailed,
        Medium,
    ),
    (
        "Execution failed due to configuration error: Malformed Lambda proxy response",
        Cause::LambdaMalformedResponse,
        High,
    ),
    (
        "Execution failed due to configuration error: statusCode should be an integer",
        Cause::LambdaMalformedResponse,
        High,
    ),
    (
        "Execution failed due to configuration error: Invalid permissions on Lambda function",
        Cause::LambdaPermissionMissing,
        High,
    ),
    ("Execution failed due to configuration error: Rate Exceeded.", Cause::LambdaThrottled, High),
    (
        "Execution failed due to configuration error: API Gateway does not have permission to assume the provided role arn:aws:iam::123456789012:role/x",
        Cause::IntegrationRoleUnassumable,
        High,
    ),
    (
        "Execution failed due to configuration error: Authorizer error",
        Cause::AuthorizerMisconfigured,
        High,
    ),
    ("AuthorizerConfigurationException", Cause::AuthorizerMisconfigured, High),
    (
        "Execution failed due to configuration error: Invalid JSON in response: Unrecognized token",
        Cause::AuthorizerMisconfigured,
        Medium,
    ),
    (
        "Execution failed due to configuration error: No match for output mapping and no default output mapping configured. Endpoint Response Status Code: 400",
        Cause::IntegrationResponseUnmapped,
        High,
    ),
    (
        "Execution failed due to configuration error: Output mapping refers to an invalid method response: 200",
        Cause::IntegrationResponseUnmapped,
        High,
    ),
    (
        "Execution failed due to configuration error: Unable to transform request",
        Cause::MappingTemplateFailed,
        High,
    ),
    (
        "Execution failed due to configuration error: Unable to transform response",
        Cause::MappingTemplateFailed,
        High,
    ),
    (
        "Execution failed due to configuration error: Unable to base64 decode the body.",
        Cause::MappingTemplateFailed,
        High,
    ),
    (
        "Execution failed due to configuration error: Access-Control-Allow-Origin header already present",
        Cause::MappingTemplateFailed,
        Medium,
    ),
    (
        "Execution failed due to configuration error: Invalid endpoint address",
        Cause::EndpointAddressInvalid,
        High,
    ),
    (
        "Execution failed due to configuration error: Illegal character in path at index 64: https://x/a b",
        Cause::EndpointAddressInvalid,
        High,
    ),
    (
        "Execution failed due to configuration error: Host name '' must be valid",
        Cause::EndpointAddressInvalid,
        Medium,
    ),
    (
        "Execution failed due to configuration error: Host name 'a' does not match the certificate subject provided by the peer (CN=b)",
        Cause::EndpointTlsFailed,
        High,
    ),
    (
        "Execution failed due to configuration error: PKIX path building failed: sun.security",
        Cause::EndpointTlsFailed,
        High,
    ),
    (
        "Execution failed due to configuration error: something new",
        Cause::ApiConfigurationError,
        Medium,
    ),
    ("Execution failed due to something new", Cause::InternalErrorUnattributed, Low),
    // look-alikes: what is quoted does not decide
    (
        "Execution failed due to configuration error: Illegal character in path at index 9: https://x/Rate Exceeded",
        Cause::EndpointAddressInvalid,
        High,
    ),
];

#[test]
fn failures_of_the_integration_and_the_authorizer() {
    check(FAILURES);
}

#[test]
fn what_lambda_answered() {
    check(&[
        (
            "Lambda invocation failed with status: 429. Lambda request id: LAMBDA",
            Cause::LambdaThrottled,
            High,
        ),
        (
            "Lambda invocation failed with status: 403. Lambda request id: LAMBDA",
            Cause::LambdaPermissionMissing,
            High,
        ),
        (
            "Lambda invocation failed with status: 503. Lambda request id: LAMBDA",
            Cause::LambdaInvocationFailed,
            High,
        ),
        (
            "Lambda execution failed with status 200 due to customer function error: boom. Lambda request id: LAMBDA",
            Cause::LambdaFunctionError,
            High,
        ),
        (
            "Lambda execution failed with status 200 due to customer function error: 2025-03-12T09:14:07.456Z LAMBDA Task timed out after 3.00 seconds. Lambda request id: LAMBDA",
            Cause::LambdaTimedOut,
            High,
        ),
        (
            "Lambda execution failed with status 200 due to customer function error: RequestId: LAMBDA Error: Runtime exited with error: signal: killed. Lambda request id: LAMBDA",
            Cause::LambdaOutOfMemory,
            High,
        ),
        (
            "Lambda execution failed with status 200 due to customer function error: Handler 'handler' missing on module 'index'",
            Cause::LambdaInitFailed,
            High,
        ),
        (
            "Lambda execution failed with status 200 due to customer function error: An error occurred (ThrottlingException) when calling the PutItem operation: x. Lambda request id: LAMBDA",
            Cause::BackendThrottled,
            High,
        ),
        // look-alikes: the function's own words
        (
            "Lambda execution failed with status 200 due to customer function error: job 7: Task timed out after 3.00 seconds. Lambda request id: LAMBDA",
            Cause::LambdaFunctionError,
            High,
        ),
        (
            "Lambda execution failed with status 200 due to customer function error: Malformed Lambda proxy response. Lambda request id: LAMBDA",
            Cause::LambdaFunctionError,
            High,
        ),
    ]);
}

#[test]
fn requests_that_were_refused() {
    check(&[
        (
            "Unauthorized request: 6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1",
            Cause::AuthorizerUnauthorized,
            High,
        ),
        ("Access denied. Reason: Could not find issuer for certificate", Cause::MtlsRejected, High),
        ("Access denied. Reason: self signed certificate", Cause::MtlsRejected, High),
        (
            "Request body does not match model schema for content type application/json: [x]",
            Cause::RequestBodyInvalid,
            High,
        ),
        ("Missing required request parameters: [q]", Cause::RequestParametersInvalid, High),
        ("Gateway response type: THROTTLED with status code: 429", Cause::GatewayThrottled, High),
        (
            "Gateway response type: DEFAULT_4XX with status code: 403",
            Cause::AccessDeniedUnattributed,
            Low,
        ),
        ("Gateway response type: SOMETHING_NEW", Cause::None, High),
        (
            "API Key ****F0yrv6 exceeded throttle limit for API Stage a1b2c3d4e5/dev: Key throttle limit exceeded for Usage Plan ID p. Limit: 5.00 Burst: 10",
            Cause::UsagePlanThrottled,
            High,
        ),
        (
            "API Key ****F0yrv6 exceeded quota limit for API Stage a1b2c3d4e5/dev: Key quota exhausted for Usage Plan ID p. Limit: 500 Period: DAY",
            Cause::UsagePlanQuotaExceeded,
            High,
        ),
        (
            "Key throttle limit exceeded for RestApi a1b2c3d4e5, Stage Prod, Resource r, HttpMethod POST. Limit: 1.00 Burst: 1",
            Cause::GatewayThrottled,
            High,
        ),
        (
            "API Key ****F0yrv6 not authorized because method 'GET /' requires API Key and API Key is not associated with a Usage Plan for API Stage a1b2c3d4e5/dev: No Usage Plan found for key and API Stage",
            Cause::ApiKeyNotInUsagePlan,
            High,
        ),
        (
            "API Key  not authorized because method 'GET /' requires API Key and API Key is not associated with a Usage Plan for API Stage a1b2c3d4e5/dev: API Stage is not in a Usage Plan",
            Cause::ApiKeyInvalid,
            High,
        ),
        (
            "API Key  authorized because method 'GET /' does not require API Key. Request will not contribute to throttle or quota limits",
            Cause::None,
            High,
        ),
        ("Usage Plan check failed due to an internal error", Cause::None, High),
    ]);
}

#[test]
fn the_backends_body_proves_little() {
    check(&[
        (
            r#"Endpoint response body before transformations: {"errorMessage":"2019-02-27T11:31:11.456Z LAMBDA Task timed out after 10.00 seconds"}"#,
            Cause::LambdaTimedOut,
            High,
        ),
        (
            r#"Endpoint response body before transformations: {"errorMessage":"no x","errorType":"TypeError","stackTrace":["a"]}"#,
            Cause::LambdaFunctionError,
            High,
        ),
        (
            r#"Endpoint response body before transformations: {"errorType":"TypeError","errorMessage":"no x","trace":["a [TRUNCATED]"#,
            Cause::LambdaFunctionError,
            High,
        ),
        (
            r#"Endpoint response body before transformations: {"errorMessage":"no x","errorType":"TypeError"}"#,
            Cause::LambdaFunctionError,
            Medium,
        ),
        (
            r#"Endpoint response body before transformations: {"Reason":"ConcurrentInvocationLimitExceeded","Type":"User","message":"Rate Exceeded."}"#,
            Cause::LambdaThrottled,
            High,
        ),
        // look-alikes: a backend's own answer
        (
            r#"Endpoint response body before transformations: {"errorMessage":"no such order"}"#,
            Cause::None,
            Medium,
        ),
        (
            r#"Endpoint response body before transformations: {"message":"Task timed out after 10.00 seconds"}"#,
            Cause::None,
            Medium,
        ),
        (
            r#"Endpoint response body before transformations: {"Reason":"ConcurrentInvocationLimit"}"#,
            Cause::None,
            Medium,
        ),
        (
            r#"Endpoint response body before transformations: {"statusCode":500,"body":{"errorMessage":"x","errorType":"y","stackTrace":[]}}"#,
            Cause::None,
            Medium,
        ),
        (
            r#"Endpoint response body before transformations: {"isBase64Encoded":false,"errorMessage":"x","errorType":"y"}"#,
            Cause::None,
            Medium,
        ),
        (
            "Endpoint response body before transformations: Execution failed due to a timeout error",
            Cause::None,
            Medium,
        ),
    ]);
}

#[test]
fn the_authorizers_answer_is_its_own() {
    check(&[
        (
            r#"Authorizer result body before parsing: {"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot find module 'x'","trace":["a [TRUNCATED]"#,
            Cause::AuthorizerFailed,
            Medium,
        ),
        (
            r#"Authorizer result body before parsing: {"errorMessage":"Unauthorized","errorType":"Error"}"#,
            Cause::AuthorizerUnauthorized,
            Medium,
        ),
        (
            "Execution failed due to configuration error: Could not parse policy",
            Cause::AuthorizerMisconfigured,
            High,
        ),
        // look-alikes
        (
            r#"Authorizer result body before parsing: {"principalId":"u","context":{"errorMessage":"Unauthorized"}}"#,
            Cause::None,
            Medium,
        ),
        ("Authorizer result body before parsing: null", Cause::None, Medium),
        ("Endpoint request URI: https://x/Could not parse policy", Cause::None, High),
    ]);
}

#[test]
fn the_status_and_lines_without_a_verdict() {
    check(&[
        ("Method completed with status: 502", Cause::BadGatewayUnattributed, Low),
        ("Method completed with status: 409", Cause::BackendConflict, Medium),
        ("Method completed with status: 200", Cause::None, High),
        ("Method completed with status: 700", Cause::Unknown, Low),
        ("Method completed with status:", Cause::Unknown, Low),
        ("Successfully completed execution", Cause::None, High),
        ("Received response. Status: 500, Integration latency: 10 ms", Cause::None, Medium),
        ("Method request path: {proxy=Execution failed due to a timeout error}", Cause::None, High),
        (
            "Method request headers: {User-Agent=Method completed with status: 500}",
            Cause::None,
            High,
        ),
        (
            r#"Method request body before transformations: {"errorMessage":"Task timed out after 1.00 seconds"}"#,
            Cause::None,
            High,
        ),
        ("Endpoint request URI: https://x/Malformed Lambda proxy response", Cause::None, High),
        ("Endpoint response headers: {X-Amz-Function-Error=Unhandled}", Cause::None, Medium),
        ("Method request body before transformations: ", Cause::None, High),
        ("Request validation succeeded for content type application/json", Cause::None, High),
        (r#"Gateway response body: {"message":"Unauthorized"}"#, Cause::None, High),
        ("something that nobody has published", Cause::Unknown, Low),
    ]);
}
