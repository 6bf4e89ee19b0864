//! Answers that came late or never. The status misleads: the same timeout is 504 on a REST API
//! and 503 on an HTTP API.

use super::links;
use crate::catalogue::{Entry, Example};
use crate::{ApiType, Cause, Confidence, Family, Fault, RetryAdvice};

/// In the order of the causes.
pub(super) const ENTRIES: &[Entry] =
    &[INTEGRATION_TIMEOUT, INTEGRATION_NETWORK_FAILURE, LAMBDA_TIMED_OUT, HIGH_LATENCY];

const INTEGRATION_TIMEOUT: Entry = Entry {
    cause: Cause::IntegrationTimeout,
    family: Family::GatewayTimeout,
    fault: Fault::BackendCode,
    retry: RetryAdvice::SafeIfIdempotent,
    retry_reason: "the first attempt may still be running in the backend, and a repeat does the \
        work twice",
    title: "Backend took too long to answer",
    explanation: "The backend did not answer within API Gateway's limit: 30 seconds on HTTP APIs, \
        29 on WebSocket and (unless raised) REST APIs. A REST API shows this as 504, an HTTP API \
        as 503.",
    next_steps: &[
        "Find what is slow in the backend's log. How long a function ran: `aws logs tail \
         /aws/lambda/{function} --since 1h --filter-pattern REPORT`.",
        "If the work is long by nature, make it asynchronous: answer 202, queue it, let callers \
         poll or push them the result.",
        "Let the function give up before API Gateway does, so that the log tells why: \
         `aws lambda update-function-configuration --function-name {function} --timeout 25`.",
        "Regional or private REST API: raise `Maximum integration timeout` in Service Quotas, then \
         `aws apigateway update-integration --rest-api-id {api} --resource-id RESOURCE_ID \
         --http-method METHOD --patch-operations op=replace,path=/timeoutInMillis,value=60000` and \
         deploy.",
        "A REST API that streams its responses may take up to 15 minutes; an HTTP API cannot go \
         beyond 30 seconds.",
    ],
    may_be: &[],
    links: &[links::REPOST_504, links::GATEWAY_RESPONSES, links::RESPONSE_STREAMING],
    example: Example {
        status: 504,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /lab/{id}",
        evidence: &[
            ("error.responseType", "INTEGRATION_TIMEOUT"),
            ("error.message", "Endpoint request timed out"),
        ],
    },
};

const INTEGRATION_NETWORK_FAILURE: Entry = Entry {
    cause: Cause::IntegrationNetworkFailure,
    family: Family::GatewayTimeout,
    fault: Fault::AwsNetwork,
    retry: RetryAdvice::SafeIfIdempotent,
    retry_reason: "once or twice, with growing pauses; the first request may have reached the \
        backend",
    title: "Connection to the backend failed",
    explanation: "API Gateway could not connect to the backend, or the connection broke before the \
        answer came. The host name may not resolve, or the backend refused or closed the \
        connection.",
    next_steps: &[
        "Is the host right and reachable? `dig HOST` and `curl -v https://HOST/`, from outside \
         your network unless a VPC link is used.",
        "Is the port open, to the internet or through the VPC link, in firewall and security \
         groups?",
        "If connections break only now and then, let the backend keep idle connections open for \
         longer.",
    ],
    may_be: &[],
    links: &[links::GATEWAY_RESPONSES, links::REPOST_504],
    example: Example {
        status: 504,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /ais",
        evidence: &[
            ("error.responseType", "INTEGRATION_FAILURE"),
            ("error.message", "Network error communicating with endpoint"),
        ],
    },
};

const LAMBDA_TIMED_OUT: Entry = Entry {
    cause: Cause::LambdaTimedOut,
    family: Family::GatewayTimeout,
    fault: Fault::BackendCode,
    retry: RetryAdvice::SafeIfIdempotent,
    retry_reason: "part of the work may be done already, and a repeat does it again",
    title: "Lambda function timed out",
    explanation: "The function ran into its own timeout, which is shorter than API Gateway's, and \
        was stopped in the middle of its work. A REST API shows this as 502, an HTTP API as 500.",
    next_steps: &[
        "See which runs it was: `aws logs tail /aws/lambda/{function} --since 1h --filter-pattern \
         '?\"Task timed out\" ?\"Status: timeout\"'`. The slow call stands in the lines before, or in \
         X-Ray: give it a timeout shorter than the function's.",
        "If the function is in a VPC, check that it has a NAT gateway or VPC endpoint: without \
         one, outgoing calls hang until the timeout.",
        "If it only needs longer, stay just under API Gateway's limit: \
         `aws lambda update-function-configuration --function-name {function} --timeout 28`. More \
         memory also brings more CPU.",
    ],
    may_be: &[],
    links: &[links::LAMBDA_INVOCATION_TROUBLESHOOTING, links::LAMBDA_TIMEOUT, links::REPOST_504],
    example: Example {
        status: 502,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /ledger/year",
        evidence: &[
            (
                "integration.error",
                "Lambda Customer Function Error: Task timed out after 10.01 seconds",
            ),
            ("error.responseType", "INTEGRATION_FAILURE"),
        ],
    },
};

const HIGH_LATENCY: Entry = Entry {
    cause: Cause::HighLatency,
    family: Family::Latency,
    fault: Fault::BackendCode,
    retry: RetryAdvice::SafeIfIdempotent,
    retry_reason: "nothing failed, so there is nothing to retry; take it as an early warning",
    title: "Requests succeed but are slow",
    explanation: "Answers are right, but take much longer than usual or come close to API \
        Gateway's time limit. If it gets worse, requests will time out.",
    next_steps: &[
        "Compare `$context.integrationLatency` (the backend) with `$context.responseLatency` (all \
         of it): the difference is spent in API Gateway and the authorizer.",
        "If the backend is slow, enable X-Ray and look at what it calls; if it is not, look at \
         `$context.authorizer.latency` and `$context.waf.latency`.",
        "If it is cold starts (`Init Duration` in the function's REPORT lines), keep some instances \
         ready, \
         `aws lambda put-provisioned-concurrency-config --function-name {function} --qualifier \
         ALIAS --provisioned-concurrent-executions 5`, or use SnapStart or a smaller package.",
    ],
    may_be: &[],
    links: &[links::METRICS, links::PROVISIONED_CONCURRENCY],
    example: Example {
        status: 200,
        api_type: ApiType::Rest,
        confidence: Confidence::Medium,
        route: "GET /sailings/search",
        evidence: &[("responseLatency", "27410"), ("integration.latency", "27388")],
    },
};
