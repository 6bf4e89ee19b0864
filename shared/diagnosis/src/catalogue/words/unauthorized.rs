//! Callers without an accepted credential (401).

use super::links;
use crate::catalogue::{Entry, Example};
use crate::{ApiType, Cause, Confidence, Family, Fault, RetryAdvice};

/// In the order of the causes.
pub(super) const ENTRIES: &[Entry] = &[AUTHORIZER_UNAUTHORIZED, TOKEN_REJECTED];

const AUTHORIZER_UNAUTHORIZED: Entry = Entry {
    cause: Cause::AuthorizerUnauthorized,
    family: Family::Unauthorized,
    fault: Fault::Client,
    retry: RetryAdvice::AfterChange,
    retry_reason: "the caller must send a valid credential, or renew it, first",
    title: "Caller sent no usable credentials",
    explanation: "The authorizer found no identity it could work with: the header or parameter it \
        reads was not there, or it turned the token down. The backend was not called.",
    next_steps: &[
        "Check that the caller sends exactly the header or parameter that the authorizer reads: \
         `aws apigateway get-authorizers --rest-api-id {api}` (HTTP API: \
         `aws apigatewayv2 get-authorizers --api-id {api}`).",
        "Try the token on a REST API's authorizer: `aws apigateway test-invoke-authorizer \
         --rest-api-id {api} --authorizer-id AUTHORIZER_ID --headers Authorization='Bearer \
         TOKEN'`.",
        "After a change to the authorizer, drop its cached answers: \
         `aws apigateway flush-stage-authorizers-cache --rest-api-id {api} --stage-name {stage}`.",
    ],
    may_be: &[],
    links: &[links::LAMBDA_AUTHORIZER, links::HTTP_LAMBDA_AUTHORIZER, links::GATEWAY_RESPONSES],
    example: Example {
        status: 401,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /patients/{nhs}",
        evidence: &[("error.responseType", "UNAUTHORIZED"), ("error.message", "Unauthorized")],
    },
};

const TOKEN_REJECTED: Entry = Entry {
    cause: Cause::TokenRejected,
    family: Family::Unauthorized,
    fault: Fault::Client,
    retry: RetryAdvice::AfterChange,
    retry_reason: "an expired token must be renewed; any other must fit the audience, issuer and \
        scope",
    title: "Access token has expired or does not fit",
    explanation: "The caller did send a token, but it is too old, has a bad signature, or was \
        issued for another audience, issuer or scope.",
    next_steps: &[
        "Read the `www-authenticate` header of the 401 answer: an HTTP API says there what is \
         wrong with the token.",
        "Decode the token and compare `exp`, `iss`, `aud` or `client_id`, and `scope` with the \
         authorizer: `aws apigatewayv2 get-authorizers --api-id {api}` (REST API: \
         `aws apigateway get-authorizers --rest-api-id {api}`).",
        "With Cognito on a REST API, methods without scopes take the ID token, methods with scopes \
         the access token.",
        "Let callers renew tokens a little before they expire.",
    ],
    may_be: &[],
    links: &[
        links::HTTP_JWT_TROUBLESHOOTING,
        links::HTTP_JWT_AUTHORIZER,
        links::COGNITO_AUTHORIZER,
    ],
    example: Example {
        status: 401,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /rota",
        evidence: &[
            ("error.responseType", "UNAUTHORIZED"),
            ("error.message", "The incoming token has expired"),
        ],
    },
};
