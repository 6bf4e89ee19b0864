//! Requests that are wrong in themselves (400 and its like).

use super::links;
use crate::catalogue::{Entry, Example};
use crate::{ApiType, Cause, Confidence, Family, Fault, RetryAdvice};

/// In the order of the causes.
pub(super) const ENTRIES: &[Entry] =
    &[REQUEST_PARAMETERS_INVALID, REQUEST_BODY_INVALID, REQUEST_MALFORMED, BACKEND_CLIENT_ERROR];

const REQUEST_PARAMETERS_INVALID: Entry = Entry {
    cause: Cause::RequestParametersInvalid,
    family: Family::BadRequest,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the same request fails again until the missing parameter is added",
    title: "A required request parameter is missing",
    explanation: "API Gateway checks requests before passing them on, and a path, query or header \
        parameter that it demands was absent or blank. The backend never saw the request.",
    next_steps: &[
        "Tell the caller which parameter is missing: the access log shows it where the format \
         holds `$context.error.validationErrorString`.",
        "See what the method demands: `aws apigateway get-method --rest-api-id {api} --resource-id \
         RESOURCE_ID --http-method METHOD` (`aws apigateway get-resources --rest-api-id {api}` \
         lists the resource ids).",
        "See what the validator checks: `aws apigateway get-request-validators --rest-api-id \
         {api}`.",
    ],
    may_be: &[],
    links: &[links::REQUEST_VALIDATION, links::GATEWAY_RESPONSES],
    example: Example {
        status: 400,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "POST /orders",
        evidence: &[("error.message", "Missing required request parameters: [X-Branch-Id]")],
    },
};

const REQUEST_BODY_INVALID: Entry = Entry {
    cause: Cause::RequestBodyInvalid,
    family: Family::BadRequest,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the same body is refused again until it is corrected",
    title: "Request body is not what the API expects",
    explanation: "API Gateway compared the body with the method's model and refused it, or the \
        body is not JSON at all. The backend never saw the request.",
    next_steps: &[
        "Tell the caller what is wrong with the body: the access log lists it where the format \
         holds `$context.error.validationErrorString`.",
        "See the model: `aws apigateway get-model --rest-api-id {api} --model-name MODEL_NAME \
         --flatten`.",
        "Check the Content-Type that the caller sends: a type without a model of its own is held \
         against the `$default` model, or against none.",
    ],
    may_be: &[],
    links: &[links::REQUEST_VALIDATION, links::GATEWAY_RESPONSES],
    example: Example {
        status: 400,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "POST /admissions",
        evidence: &[
            ("error.responseType", "BAD_REQUEST_BODY"),
            ("error.message", "Invalid request body"),
        ],
    },
};

const REQUEST_MALFORMED: Entry = Entry {
    cause: Cause::RequestMalformed,
    family: Family::BadRequest,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the same bytes are refused again; the caller must repair the request",
    title: "API Gateway could not read the request",
    explanation: "The request itself is broken, for example in its percent-encoding, a header or a \
        WebSocket message. API Gateway refused it; neither a validator nor the backend had a part \
        in that.",
    next_steps: &[
        "Look at the raw request of the caller: percent-encoding, stray blanks, characters that \
         headers may not hold, or, on a WebSocket API, the JSON of the message.",
        "Try a clean version of it (this calls the real backend): \
         `aws apigateway test-invoke-method --rest-api-id {api} --resource-id RESOURCE_ID \
         --http-method METHOD --path-with-query-string '/path?name=value'`.",
    ],
    may_be: &[],
    links: &[links::GATEWAY_RESPONSES],
    example: Example {
        status: 400,
        api_type: ApiType::Http,
        confidence: Confidence::High,
        route: "POST /tickets",
        evidence: &[("error.message", "Bad Request")],
    },
};

const BACKEND_CLIENT_ERROR: Entry = Entry {
    cause: Cause::BackendClientError,
    family: Family::BadRequest,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the backend refused what was asked, and refuses the same again",
    title: "Backend rejected what the caller sent",
    explanation: "The function or service behind the API answered with a 4xx of its own, and API \
        Gateway passed it on. The reason stands in the backend's log, not in API Gateway.",
    next_steps: &[
        "Find the request in the backend's log; for Lambda search for \
         `$context.integration.requestId`: `aws logs tail /aws/lambda/{function} --since 1h \
         --filter-pattern '\"REQUEST_ID\"'`.",
        "Tell the caller what the backend objects to; in API Gateway there is nothing to repair.",
    ],
    may_be: &[],
    links: &[links::ACCESS_LOG_VARIABLES, links::LAMBDA_WITH_API_GATEWAY],
    example: Example {
        status: 422,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "POST /ledger/transfers",
        evidence: &[("integration.status", "422")],
    },
};
