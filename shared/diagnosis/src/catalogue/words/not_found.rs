//! What does not exist (404). A wrong path on a REST API is a 403 and belongs to
//! `access_denied`.

use super::links;
use crate::catalogue::{Entry, Example};
use crate::{ApiType, Cause, Confidence, Family, Fault, RetryAdvice};

/// In the order of the causes.
pub(super) const ENTRIES: &[Entry] = &[ROUTE_NOT_FOUND, BACKEND_NOT_FOUND];

const ROUTE_NOT_FOUND: Entry = Entry {
    cause: Cause::RouteNotFound,
    family: Family::NotFound,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the URL must be corrected, or the route added",
    title: "The API has no such route",
    explanation: "No route of the API fits this method and path, and there is no catch-all. This \
        is how HTTP APIs answer; a REST API answers a wrong path with 403 instead, and with 404 \
        only rarely.",
    next_steps: &[
        "List the routes: `aws apigatewayv2 get-routes --api-id {api}`.",
        "Check the URL for a missing or doubled prefix: the stage name, or the path of the \
         domain's API mapping.",
        "If all other paths should reach the backend, add a catch-all: \
         `aws apigatewayv2 create-route --api-id {api} --route-key '$default' --target \
         integrations/INTEGRATION_ID`.",
    ],
    may_be: &[],
    links: &[links::HTTP_ROUTES, links::GATEWAY_RESPONSES],
    example: Example {
        status: 404,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /wards/{id}",
        evidence: &[("error.responseType", "RESOURCE_NOT_FOUND"), ("error.message", "Not Found")],
    },
};

const BACKEND_NOT_FOUND: Entry = Entry {
    cause: Cause::BackendNotFound,
    family: Family::NotFound,
    fault: Fault::Client,
    retry: RetryAdvice::SafeIfIdempotent,
    retry_reason: "helps only where the object was created a moment ago; otherwise the answer \
        stays the same",
    title: "Backend did not find what was asked for",
    explanation: "The request reached the backend, and the 404 is its answer: what was asked for \
        is not there, or not there yet.",
    next_steps: &[
        "Check the id or name that the caller puts into {route}: in nearly all cases it is wrong.",
        "If the object is only moments old, the read came too early: read consistently \
         (`ConsistentRead` in DynamoDB), or try once more after a short pause.",
    ],
    may_be: &[],
    links: &[links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 404,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /ledger/accounts/0",
        evidence: &[("integration.status", "404")],
    },
};
