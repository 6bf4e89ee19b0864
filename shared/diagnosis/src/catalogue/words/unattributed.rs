//! Requests of which only the status is known.

use super::links;
use crate::catalogue::{Entry, Example};
use crate::{ApiType, Cause, Confidence, Family, Fault, RetryAdvice};

/// In the order of the causes.
pub(super) const ENTRIES: &[Entry] = &[
    BAD_REQUEST_UNATTRIBUTED,
    UNAUTHORIZED_UNATTRIBUTED,
    ACCESS_DENIED_UNATTRIBUTED,
    NOT_FOUND_UNATTRIBUTED,
    CLIENT_ERROR_UNATTRIBUTED,
    TOO_MANY_REQUESTS_UNATTRIBUTED,
    INTERNAL_ERROR_UNATTRIBUTED,
    BAD_GATEWAY_UNATTRIBUTED,
    SERVICE_UNAVAILABLE_UNATTRIBUTED,
    GATEWAY_TIMEOUT_UNATTRIBUTED,
    SERVER_ERROR_UNATTRIBUTED,
];

/// The first step of all of them: nothing else tells the cause for sure.
const BETTER_FORMAT: &str = "This log format lacks the fields that decide: run \
    `gatewatch format rest` (or `gatewatch format http`, `gatewatch format websocket`) for one \
    that shows the cause, and set it.";

const BAD_REQUEST_UNATTRIBUTED: Entry = Entry {
    cause: Cause::BadRequestUnattributed,
    family: Family::BadRequest,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the same request is refused again until the caller corrects it",
    title: "Bad request (400), cause not in the log",
    explanation: "Requests are refused as wrong, and the log does not say by whom: API Gateway's \
        validator or the backend.",
    next_steps: &[
        BETTER_FORMAT,
        "Mostly the caller sends broken JSON, leaves a field out or uses a wrong type or \
         character: look at what it sends to {route}.",
        "If the backend checks its input as well, read its log: `aws logs tail \
         /aws/lambda/{function} --since 1h`.",
    ],
    may_be: &[
        Cause::RequestBodyInvalid,
        Cause::RequestParametersInvalid,
        Cause::BackendClientError,
        Cause::RequestMalformed,
        Cause::UriOrHeadersTooLarge,
    ],
    links: &[links::GATEWAY_RESPONSES, links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 400,
        api_type: ApiType::Rest,
        confidence: Confidence::Low,
        route: "GET /authors/{id}",
        evidence: &[("status", "400")],
    },
};

const UNAUTHORIZED_UNATTRIBUTED: Entry = Entry {
    cause: Cause::UnauthorizedUnattributed,
    family: Family::Unauthorized,
    fault: Fault::Client,
    retry: RetryAdvice::AfterChange,
    retry_reason: "the caller must send a valid credential, or renew it, first",
    title: "Unauthorized (401), cause not in the log",
    explanation: "Callers are turned away for lack of an accepted credential. The log does not \
        tell whether it was missing, wrong or expired, nor who refused it.",
    next_steps: &[
        BETTER_FORMAT,
        "Mostly a token is missing or has expired: check the header that the caller sends, and the \
         age of its token.",
        "See what the authorizer expects: `aws apigateway get-authorizers --rest-api-id {api}` \
         (HTTP API: `aws apigatewayv2 get-authorizers --api-id {api}`).",
    ],
    may_be: &[
        Cause::TokenRejected,
        Cause::AuthorizerUnauthorized,
        Cause::BackendDenied,
        Cause::CorsPreflightRejected,
    ],
    links: &[links::GATEWAY_RESPONSES, links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 401,
        api_type: ApiType::Http,
        confidence: Confidence::Low,
        route: "GET /tours/{id}",
        evidence: &[("status", "401")],
    },
};

const ACCESS_DENIED_UNATTRIBUTED: Entry = Entry {
    cause: Cause::AccessDeniedUnattributed,
    family: Family::AccessDenied,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the same request is refused again until its URL, its credentials or a policy \
        changes",
    title: "Access denied (403), cause not in the log",
    explanation: "Requests are refused, and a 403 has many sources: a wrong path on a REST API, an \
        authorizer, an API key, a policy, the web firewall, a certificate or the backend.",
    next_steps: &[
        BETTER_FORMAT,
        "On a REST API suspect the URL first, since a wrong path or method is a 403 there: \
         `aws apigateway get-resources --rest-api-id {api}`.",
        "Then check the authorizer, the API key and its usage plan, the resource policy, AWS WAF \
         and the client certificate.",
        "Leave API Gateway's own IAM role alone: if that were wrong, callers would get a 500.",
    ],
    may_be: &[
        Cause::MissingAuthenticationToken,
        Cause::AuthorizerDenied,
        Cause::ApiKeyInvalid,
        Cause::WafBlocked,
        Cause::PolicyDenied,
        Cause::BackendDenied,
        Cause::AwsSignatureRejected,
        Cause::CorsPreflightRejected,
        Cause::TokenRejected,
        Cause::ApiKeyNotInUsagePlan,
        Cause::MtlsRejected,
    ],
    links: &[links::REPOST_403, links::GATEWAY_RESPONSES, links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 403,
        api_type: ApiType::Rest,
        confidence: Confidence::Low,
        route: "GET /settlements",
        evidence: &[("status", "403")],
    },
};

const NOT_FOUND_UNATTRIBUTED: Entry = Entry {
    cause: Cause::NotFoundUnattributed,
    family: Family::NotFound,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the same URL stays wrong; only an object created a moment ago may yet appear",
    title: "Not found (404), cause not in the log",
    explanation: "Something was asked for that does not exist. The log does not tell whether the \
        API has no such route or the backend no such object.",
    next_steps: &[
        BETTER_FORMAT,
        "Nearly always the URL or an id in it is wrong: compare it with {route}.",
        "On an HTTP API, list the routes: `aws apigatewayv2 get-routes --api-id {api}`. On a REST \
         API a 404 mostly comes from the backend, for a wrong path is a 403 there.",
    ],
    may_be: &[
        Cause::BackendNotFound,
        Cause::RouteNotFound,
        Cause::MissingAuthenticationToken,
        Cause::CorsPreflightRejected,
    ],
    links: &[links::GATEWAY_RESPONSES, links::HTTP_ROUTES, links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 404,
        api_type: ApiType::Rest,
        confidence: Confidence::Low,
        route: "GET /films/{id}",
        evidence: &[("status", "404")],
    },
};

const CLIENT_ERROR_UNATTRIBUTED: Entry = Entry {
    cause: Cause::ClientErrorUnattributed,
    family: Family::BadRequest,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the same request is refused again until the caller changes it",
    title: "Request refused (4xx), cause not in the log",
    explanation: "Requests are refused with a code that API Gateway does not use by itself, so the \
        backend chose it. Only a customised gateway response or firewall rule could set it as \
        well.",
    next_steps: &[
        BETTER_FORMAT,
        "Read the backend's log for the reason: `aws logs tail /aws/lambda/{function} --since 1h`.",
    ],
    may_be: &[Cause::BackendClientError, Cause::WebsocketConnectionGone],
    links: &[links::ACCESS_LOG_VARIABLES, links::GATEWAY_RESPONSES],
    example: Example {
        status: 402,
        api_type: ApiType::Rest,
        confidence: Confidence::Low,
        route: "POST /subscriptions",
        evidence: &[("status", "402")],
    },
};

const TOO_MANY_REQUESTS_UNATTRIBUTED: Entry = Entry {
    cause: Cause::TooManyRequestsUnattributed,
    family: Family::Throttled,
    fault: Fault::Client,
    retry: RetryAdvice::Backoff,
    retry_reason: "growing pauses do no harm in any case, but a used-up quota ends only with its \
        period",
    title: "Too many requests (429), cause not in the log",
    explanation: "Callers are refused for asking too often. The status alone does not tell a \
        used-up quota from a rate limit, nor API Gateway's limits from the backend's.",
    next_steps: &[
        BETTER_FORMAT,
        "Ask a caller for the message: `Limit Exceeded` is a used-up quota, `Too Many Requests` a \
         rate limit.",
        "See what a key has left: `aws apigateway get-usage --usage-plan-id PLAN_ID --key-id \
         KEY_ID --start-date YYYY-MM-DD --end-date YYYY-MM-DD`.",
        "See the limits of the stage and the account: `aws apigateway get-stage --rest-api-id \
         {api} --stage-name {stage} --query methodSettings` and `aws apigateway get-account \
         --query throttleSettings`.",
        "A Lambda function at its concurrency limit is not the reason: behind a proxy integration \
         that is a 500.",
    ],
    may_be: &[
        Cause::UsagePlanQuotaExceeded,
        Cause::GatewayThrottled,
        Cause::UsagePlanThrottled,
        Cause::BackendThrottled,
    ],
    links: &[links::REPOST_429, links::THROTTLING, links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 429,
        api_type: ApiType::Http,
        confidence: Confidence::Low,
        route: "GET /tickets",
        evidence: &[("status", "429")],
    },
};

const INTERNAL_ERROR_UNATTRIBUTED: Entry = Entry {
    cause: Cause::InternalErrorUnattributed,
    family: Family::InternalError,
    fault: Fault::BackendCode,
    retry: RetryAdvice::SafeIfIdempotent,
    retry_reason: "mostly the same error comes back; repeat only what does no harm when done twice",
    title: "Internal error (500), cause not in the log",
    explanation: "Requests fail inside, and the log does not say where. A bug in the backend is \
        likely, but throttling, permissions and the API's configuration show as 500 too.",
    next_steps: &[
        BETTER_FORMAT,
        "Read the function's log: `aws logs tail /aws/lambda/{function} --since 1h`. On an HTTP \
         API every failure of the function is a 500.",
        "On a REST API read the execution log: `aws logs tail \
         'API-Gateway-Execution-Logs_{api}/{stage}' --since 1h --filter-pattern '\"Execution \
         failed\"'`.",
        "Rule out throttling, which hides behind a 500: `aws lambda get-function-concurrency \
         --function-name {function}` and `aws lambda get-account-settings`.",
        "If it began with a deployment, suspect a missing permission to invoke the function: \
         `aws lambda get-policy --function-name {function}`.",
    ],
    may_be: &[
        Cause::LambdaFunctionError,
        Cause::BackendServerError,
        Cause::LambdaThrottled,
        Cause::LambdaPermissionMissing,
        Cause::LambdaTimedOut,
        Cause::LambdaMalformedResponse,
        Cause::LambdaInitFailed,
        Cause::LambdaOutOfMemory,
        Cause::LambdaRuntimeExited,
        Cause::LambdaResponseTooLarge,
        Cause::AuthorizerFailed,
        Cause::AuthorizerMisconfigured,
        Cause::IntegrationRoleUnassumable,
        Cause::IntegrationResponseUnmapped,
        Cause::MappingTemplateFailed,
        Cause::EndpointAddressInvalid,
        Cause::ApiConfigurationError,
        Cause::LambdaInvocationFailed,
        Cause::VpcLinkFailed,
        Cause::EndpointTlsFailed,
        Cause::IntegrationNetworkFailure,
        Cause::GatewayInternalError,
        Cause::BackendThrottled,
        Cause::WebsocketConnectionGone,
    ],
    links: &[links::REPOST_5XX, links::REPOST_500_LAMBDA, links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 500,
        api_type: ApiType::Rest,
        confidence: Confidence::Low,
        route: "POST /films",
        evidence: &[("status", "500")],
    },
};

const BAD_GATEWAY_UNATTRIBUTED: Entry = Entry {
    cause: Cause::BadGatewayUnattributed,
    family: Family::BadGateway,
    fault: Fault::BackendCode,
    retry: RetryAdvice::SafeIfIdempotent,
    retry_reason: "may help where the backend's trouble passes; a bug fails again every time",
    title: "Bad gateway (502), cause not in the log",
    explanation: "API Gateway got no usable answer from the backend, or the backend itself \
        answered 502. On a REST API a function that failed or returned the wrong format is the \
        usual reason.",
    next_steps: &[
        BETTER_FORMAT,
        "Read the function's log for exceptions, timeouts and memory: `aws logs tail \
         /aws/lambda/{function} --since 1h`.",
        "On a REST API read the execution log: `aws logs tail \
         'API-Gateway-Execution-Logs_{api}/{stage}' --since 1h --filter-pattern '\"Execution \
         failed\"'`.",
        "If the backend is no function, see whether it is running: `aws elbv2 \
         describe-target-health --target-group-arn TARGET_GROUP_ARN`.",
    ],
    may_be: &[
        Cause::LambdaFunctionError,
        Cause::LambdaMalformedResponse,
        Cause::LambdaTimedOut,
        Cause::LambdaInitFailed,
        Cause::LambdaOutOfMemory,
        Cause::LambdaRuntimeExited,
        Cause::LambdaResponseTooLarge,
        Cause::BackendUnavailable,
        Cause::LambdaInvocationFailed,
        Cause::LambdaThrottled,
        Cause::BackendThrottled,
        Cause::WebsocketConnectionGone,
    ],
    links: &[links::REPOST_502, links::REPOST_5XX, links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 502,
        api_type: ApiType::Http,
        confidence: Confidence::Low,
        route: "GET /exhibits",
        evidence: &[("status", "502")],
    },
};

const SERVICE_UNAVAILABLE_UNATTRIBUTED: Entry = Entry {
    cause: Cause::ServiceUnavailableUnattributed,
    family: Family::ServiceUnavailable,
    fault: Fault::BackendCapacity,
    retry: RetryAdvice::Backoff,
    retry_reason: "the backend may recover; pause longer each time, and repeat only what may \
        safely run twice",
    title: "Service unavailable (503), cause not in the log",
    explanation: "An HTTP API answers 503 when the backend takes longer than 30 seconds or cannot \
        be reached. On a REST API a 503 comes from the backend, since a timeout is 504 there.",
    next_steps: &[
        BETTER_FORMAT,
        "HTTP API: if the failed requests took about 30 seconds the backend is too slow, else it \
         cannot be reached. This names the backend: `aws apigatewayv2 get-integrations --api-id \
         {api}`.",
        "REST API: see whether the backend is running and not overloaded; its own log holds the \
         503.",
    ],
    may_be: &[
        Cause::IntegrationTimeout,
        Cause::BackendUnavailable,
        Cause::VpcLinkFailed,
        Cause::IntegrationNetworkFailure,
        Cause::LambdaThrottled,
        Cause::EndpointTlsFailed,
    ],
    links: &[links::REPOST_5XX, links::GATEWAY_RESPONSES, links::HTTP_LOG_VARIABLES],
    example: Example {
        status: 503,
        api_type: ApiType::Http,
        confidence: Confidence::Low,
        route: "GET /tickets",
        evidence: &[("status", "503")],
    },
};

const GATEWAY_TIMEOUT_UNATTRIBUTED: Entry = Entry {
    cause: Cause::GatewayTimeoutUnattributed,
    family: Family::GatewayTimeout,
    fault: Fault::AwsNetwork,
    retry: RetryAdvice::SafeIfIdempotent,
    retry_reason: "the first attempt may still be running in the backend, and a repeat does the \
        work twice",
    title: "Gateway timeout (504), cause not in the log",
    explanation: "No answer came in time. On a REST API this is first of all a backend slower than \
        the limit, by default 29 seconds; a failed connection, or the backend's own 504, looks the \
        same.",
    next_steps: &[
        BETTER_FORMAT,
        "Look at the latency: near 29 seconds (or the limit you set) the backend is too slow; far \
         below it the connection failed, or the backend sent the 504.",
        "Too slow: find the slow call in the backend's log, or make the work asynchronous.",
        "Connection: check host name, port, firewall and VPC link with `dig HOST` and `curl -v \
         https://HOST/`.",
    ],
    may_be: &[
        Cause::IntegrationTimeout,
        Cause::IntegrationNetworkFailure,
        Cause::BackendUnavailable,
    ],
    links: &[links::REPOST_504, links::GATEWAY_RESPONSES, links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 504,
        api_type: ApiType::Rest,
        confidence: Confidence::Low,
        route: "GET /reports/{year}",
        evidence: &[("status", "504")],
    },
};

const SERVER_ERROR_UNATTRIBUTED: Entry = Entry {
    cause: Cause::ServerErrorUnattributed,
    family: Family::InternalError,
    fault: Fault::BackendCode,
    retry: RetryAdvice::SafeIfIdempotent,
    retry_reason: "mostly the same error comes back; repeat only what does no harm when done twice",
    title: "Server error (5xx), cause not in the log",
    explanation: "Requests fail with a server error that API Gateway does not use by itself, so \
        the backend chose it.",
    next_steps: &[
        BETTER_FORMAT,
        "Read the backend's log for the reason: `aws logs tail /aws/lambda/{function} --since 1h`.",
    ],
    may_be: &[Cause::BackendServerError],
    links: &[links::ACCESS_LOG_VARIABLES, links::GATEWAY_RESPONSES],
    example: Example {
        status: 505,
        api_type: ApiType::Rest,
        confidence: Confidence::Low,
        route: "GET /beta",
        evidence: &[("status", "505")],
    },
};
