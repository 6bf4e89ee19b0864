//! Quotas and rate limits. The status misleads: Lambda's concurrency limit shows as 500.

use super::links;
use crate::catalogue::{Entry, Example};
use crate::{ApiType, Cause, Confidence, Family, Fault, RetryAdvice};

/// In the order of the causes.
pub(super) const ENTRIES: &[Entry] = &[
    USAGE_PLAN_QUOTA_EXCEEDED,
    GATEWAY_THROTTLED,
    USAGE_PLAN_THROTTLED,
    LAMBDA_THROTTLED,
    BACKEND_THROTTLED,
];

const USAGE_PLAN_QUOTA_EXCEEDED: Entry = Entry {
    cause: Cause::UsagePlanQuotaExceeded,
    family: Family::QuotaExceeded,
    fault: Fault::Client,
    retry: RetryAdvice::AfterReset,
    retry_reason: "every call with this key is refused until the next period begins or the quota \
        is raised",
    title: "API key has used up its quota",
    explanation: "This API key has made all the calls that its usage plan allows for the day, week \
        or month. It is refused until the next period begins or somebody grants it more.",
    next_steps: &[
        "See what the key used, day by day: `aws apigateway get-usage --usage-plan-id PLAN_ID \
         --key-id KEY_ID --start-date YYYY-MM-DD --end-date YYYY-MM-DD`.",
        "Grant this key more for the current period: `aws apigateway update-usage --usage-plan-id \
         PLAN_ID --key-id KEY_ID --patch-operations op=replace,path=/remaining,value=1000`.",
        "Or raise the quota of the plan, for all its keys: `aws apigateway update-usage-plan \
         --usage-plan-id PLAN_ID --patch-operations op=replace,path=/quota/limit,value=100000`.",
        "Ask the caller to keep answers and reuse them, and to stop calling once the quota is \
         gone.",
    ],
    may_be: &[],
    links: &[links::USAGE_PLANS, links::REPOST_429, links::GATEWAY_RESPONSES],
    example: Example {
        status: 429,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /formulary",
        evidence: &[("error.responseType", "QUOTA_EXCEEDED"), ("error.message", "Limit Exceeded")],
    },
};

const GATEWAY_THROTTLED: Entry = Entry {
    cause: Cause::GatewayThrottled,
    family: Family::Throttled,
    fault: Fault::ApiConfiguration,
    retry: RetryAdvice::Backoff,
    retry_reason: "the refused request never reached the backend, so it is safe to resend after \
        growing, random pauses",
    title: "API Gateway's rate limit was exceeded",
    explanation: "More requests came than the limit of the route, the stage or the whole account \
        lets through. API Gateway turned the surplus away before it reached the backend.",
    next_steps: &[
        "First look for a rate or burst limit of 0, which refuses everything: \
         `aws apigateway get-stage --rest-api-id {api} --stage-name {stage} --query \
         methodSettings`.",
        "Raise a REST stage: `aws apigateway update-stage --rest-api-id {api} --stage-name {stage} \
         --patch-operations 'op=replace,path=/*/*/throttling/rateLimit,value=1000' \
         'op=replace,path=/*/*/throttling/burstLimit,value=500'`.",
        "Raise an HTTP stage: `aws apigatewayv2 update-stage --api-id {api} --stage-name '{stage}' \
         --default-route-settings ThrottlingBurstLimit=500,ThrottlingRateLimit=1000`.",
        "See the account's limit, which all APIs of the region share: `aws apigateway get-account \
         --query throttleSettings`. A higher one is requested in Service Quotas.",
        "Under heavy throttling API Gateway may not log every 429: the metric `4XXError` (HTTP \
         API: `4xx`) counts them.",
    ],
    may_be: &[],
    links: &[links::THROTTLING, links::HTTP_THROTTLING, links::REPOST_429],
    example: Example {
        status: 429,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /ledger/rates",
        evidence: &[("error.responseType", "THROTTLED"), ("error.message", "Too Many Requests")],
    },
};

const USAGE_PLAN_THROTTLED: Entry = Entry {
    cause: Cause::UsagePlanThrottled,
    family: Family::Throttled,
    fault: Fault::Client,
    retry: RetryAdvice::Backoff,
    retry_reason: "the refused request never reached the backend; resend after growing, random \
        pauses",
    title: "API key calls faster than its usage plan allows",
    explanation: "This API key sent more requests per second, or a larger burst, than its usage \
        plan permits. It is a limit on this key, not on the API.",
    next_steps: &[
        "See the plan's limits: `aws apigateway get-usage-plan --usage-plan-id PLAN_ID` \
         (`aws apigateway get-usage-plans --key-id KEY_ID` finds the plan).",
        "Ask the caller to spread, batch or cache its calls, and to back off when it is refused.",
        "If the caller is right to want more: `aws apigateway update-usage-plan --usage-plan-id \
         PLAN_ID --patch-operations op=replace,path=/throttle/rateLimit,value=100 \
         op=replace,path=/throttle/burstLimit,value=200`.",
    ],
    may_be: &[],
    links: &[links::USAGE_PLANS, links::REPOST_429],
    example: Example {
        status: 429,
        api_type: ApiType::Rest,
        confidence: Confidence::Medium,
        route: "POST /quotes",
        evidence: &[
            ("identity.apiKeyId", "z3f8c1v6bn"),
            ("error.responseType", "THROTTLED"),
            ("error.message", "Too Many Requests"),
        ],
    },
};

const LAMBDA_THROTTLED: Entry = Entry {
    cause: Cause::LambdaThrottled,
    family: Family::Throttled,
    fault: Fault::BackendCapacity,
    retry: RetryAdvice::Backoff,
    retry_reason: "the function did not run, so it is safe to resend after growing, random pauses",
    title: "Lambda function hit its concurrency limit",
    explanation: "Lambda would not start the function, because all the concurrency reserved for \
        it, or all that the account has, is in use. API Gateway shows callers a server error, \
        mostly 500, and not a 429.",
    next_steps: &[
        "See which limit is reached: `aws lambda get-function-concurrency --function-name \
         {function}` and `aws lambda get-account-settings`. A reserved concurrency of 0 means that \
         somebody switched the function off.",
        "Raise the function's cap, `aws lambda put-function-concurrency --function-name {function} \
         --reserved-concurrent-executions 100`, or remove it: \
         `aws lambda delete-function-concurrency --function-name {function}`.",
        "If the account is full, request more concurrent executions in Service Quotas, and shorten \
         the functions that hold them.",
        "Throttle the stage below what the function can take: then callers see an honest 429.",
    ],
    may_be: &[],
    links: &[
        links::LAMBDA_CONCURRENCY,
        links::LAMBDA_INVOCATION_TROUBLESHOOTING,
        links::REPOST_LAMBDA_THROTTLING,
    ],
    example: Example {
        status: 500,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /ledger/statement",
        evidence: &[
            ("integration.error", "Rate Exceeded."),
            ("error.responseType", "INTEGRATION_FAILURE"),
        ],
    },
};

const BACKEND_THROTTLED: Entry = Entry {
    cause: Cause::BackendThrottled,
    family: Family::Throttled,
    fault: Fault::BackendCapacity,
    retry: RetryAdvice::Backoff,
    retry_reason: "wait as long as Retry-After says, where it is sent; otherwise pause longer each \
        time",
    title: "Backend refused: too many requests",
    explanation: "The limit lies behind the API: the backend, or a service that it uses, said that \
        it was asked too often. API Gateway's own limits were not reached.",
    next_steps: &[
        "Find who limits in the backend's log; for Lambda: `aws logs tail /aws/lambda/{function} \
         --since 1h --filter-pattern '?ThrottlingException \
         ?ProvisionedThroughputExceededException ?TooManyRequestsException'`.",
        "Raise that limit (DynamoDB capacity, a downstream quota), or ask it less often: cache and \
         batch.",
        "Let callers honour `Retry-After` where the backend sends it.",
    ],
    may_be: &[],
    links: &[links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 429,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "POST /ledger/payouts",
        evidence: &[("integration.status", "429")],
    },
};
