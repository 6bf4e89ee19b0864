//! Refusals with a status of their own: 405, 409, 410, 413, 414 and 415.

use super::links;
use crate::catalogue::{Entry, Example};
use crate::{ApiType, Cause, Confidence, Family, Fault, RetryAdvice};

/// In the order of the causes.
pub(super) const ENTRIES: &[Entry] = &[
    BACKEND_METHOD_NOT_ALLOWED,
    BACKEND_CONFLICT,
    WEBSOCKET_CONNECTION_GONE,
    PAYLOAD_TOO_LARGE,
    URI_OR_HEADERS_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
];

const BACKEND_METHOD_NOT_ALLOWED: Entry = Entry {
    cause: Cause::BackendMethodNotAllowed,
    family: Family::MethodNotAllowed,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the backend refuses this method every time; use another",
    title: "Backend does not accept this HTTP method",
    explanation: "The backend's own router answered 405. API Gateway does not use that code: to an \
        unknown method a REST API answers 403 and an HTTP API 404.",
    next_steps: &[
        "Compare the method that the caller uses on {route} with the routes of the backend's \
         framework.",
        "A route with ANY or `{proxy+}` passes every method on; define only the methods that exist \
         if API Gateway should refuse the others.",
    ],
    may_be: &[],
    links: &[links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 405,
        api_type: ApiType::Http,
        confidence: Confidence::High,
        route: "ANY /{proxy+}",
        evidence: &[("integrationStatus", "405")],
    },
};

const BACKEND_CONFLICT: Entry = Entry {
    cause: Cause::BackendConflict,
    family: Family::Conflict,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "read the present state first; never resend blindly",
    title: "Backend reports a conflict with existing data",
    explanation: "The request clashes with what is already there: the object exists, its version \
        has moved on, or an idempotency key was used twice. The 409 is the backend's; API Gateway \
        has none for requests.",
    next_steps: &[
        "If the same call was made before, count the existing object as success, or send a new \
         idempotency key or caller reference.",
        "If versions clash, read the object again, merge the change and send that.",
    ],
    may_be: &[],
    links: &[links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 409,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "POST /ledger/transfers",
        evidence: &[("integration.status", "409")],
    },
};

const WEBSOCKET_CONNECTION_GONE: Entry = Entry {
    cause: Cause::WebsocketConnectionGone,
    family: Family::Gone,
    fault: Fault::BackendCode,
    retry: RetryAdvice::Never,
    retry_reason: "a closed connection never comes back; delete its id",
    title: "WebSocket client is no longer connected",
    explanation: "The backend tried to send to a WebSocket connection that has ended. Clients \
        leave, and API Gateway closes a connection after 10 idle minutes or 2 hours in all.",
    next_steps: &[
        "Find where the backend posts to @connections: `aws logs tail /aws/lambda/{function} \
         --since 1h --filter-pattern GoneException`. Catch that error there and delete the \
         connection id from the store.",
        "Delete ids on `$disconnect` as well, but do not rely on it: it is delivered with best \
         effort only.",
        "Let clients reconnect by themselves, and send a small message at least every 10 minutes \
         to keep a quiet connection open.",
    ],
    may_be: &[],
    links: &[links::WEBSOCKET_CONNECTIONS],
    example: Example {
        status: 410,
        api_type: ApiType::WebSocket,
        confidence: Confidence::Medium,
        route: "bid",
        evidence: &[("status", "410")],
    },
};

const PAYLOAD_TOO_LARGE: Entry = Entry {
    cause: Cause::PayloadTooLarge,
    family: Family::PayloadTooLarge,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the same body is too large again; send less, or upload it to S3",
    title: "Request body is too large",
    explanation: "The body exceeds a limit: API Gateway takes 10 MB, a Lambda function behind it 6 \
        MB. What is over the gateway's own limit is often refused without any log line.",
    next_steps: &[
        "Let callers upload large content to S3 with a pre-signed URL, and send only its key \
         through the API.",
        "Where that is too much, compress the body or send it in parts.",
        "To count all of these, look at the clients or at CloudFront: API Gateway may write no log \
         line for a 413.",
    ],
    may_be: &[],
    links: &[links::LIMITS, links::REST_MONITORING],
    example: Example {
        status: 413,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "POST /manifests",
        evidence: &[
            ("error.responseType", "REQUEST_TOO_LARGE"),
            ("error.message", "HTTP content length exceeded 10485760 bytes."),
        ],
    },
};

const URI_OR_HEADERS_TOO_LARGE: Entry = Entry {
    cause: Cause::UriOrHeadersTooLarge,
    family: Family::UriOrHeadersTooLarge,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the same request is too long again; shorten the URL or the headers",
    title: "URL or headers are too long",
    explanation: "The request's address or headers exceed what API Gateway takes: 10,240 bytes in \
        total. Where a method has authorization, a long path can also break the 1,600 bytes \
        allowed for its ARN.",
    next_steps: &[
        "Find what grew: long query parameters belong in the body, old cookies and large tokens \
         should go.",
        "If the method has authorization, shorten the values in the path of {route}.",
    ],
    may_be: &[],
    links: &[links::LIMITS],
    example: Example {
        status: 414,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /lookup/{proxy+}",
        evidence: &[("error.message", "Request URI too long")],
    },
};

const UNSUPPORTED_MEDIA_TYPE: Entry = Entry {
    cause: Cause::UnsupportedMediaType,
    family: Family::UnsupportedMediaType,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the same content type is refused again; send one that is supported",
    title: "Content type is not supported",
    explanation: "The method has no mapping template for the request's Content-Type and is set not \
        to pass other types through, so the request went no further.",
    next_steps: &[
        "Let the caller send a supported type, mostly `Content-Type: application/json`. These have \
         a template: `aws apigateway get-integration --rest-api-id {api} --resource-id RESOURCE_ID \
         --http-method METHOD --query requestTemplates`.",
        "To pass other types through: `aws apigateway update-integration --rest-api-id {api} \
         --resource-id RESOURCE_ID --http-method METHOD --patch-operations \
         op=replace,path=/passthroughBehavior,value=WHEN_NO_MATCH`.",
        "Then deploy: `aws apigateway create-deployment --rest-api-id {api} --stage-name {stage}`.",
    ],
    may_be: &[],
    links: &[links::PASSTHROUGH, links::GATEWAY_RESPONSES],
    example: Example {
        status: 415,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "POST /results",
        evidence: &[
            ("error.responseType", "UNSUPPORTED_MEDIA_TYPE"),
            ("error.message", "Unsupported Media Type"),
        ],
    },
};
