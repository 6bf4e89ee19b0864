//! The words of the catalogue, one module for each kind of error. Titles go into SMS, where
//! one character outside GSM-7 leaves a message 70 characters instead of 160.

mod access_denied;
mod bad_gateway;
mod bad_request;
mod internal_error;
mod limits;
mod links;
mod not_found;
mod refused;
mod service_unavailable;
mod timeouts;
mod unattributed;
mod unauthorized;

use super::Entry;

/// Every cause's entry, in the order of `Cause::ALL`: `entry` finds them by place.
pub(super) static ENTRIES: &[Entry] = &[
    bad_request::REQUEST_PARAMETERS_INVALID,
    bad_request::REQUEST_BODY_INVALID,
    bad_request::REQUEST_MALFORMED,
    bad_request::BACKEND_CLIENT_ERROR,
    unauthorized::AUTHORIZER_UNAUTHORIZED,
    unauthorized::TOKEN_REJECTED,
    access_denied::MISSING_AUTHENTICATION_TOKEN,
    access_denied::AWS_SIGNATURE_REJECTED,
    access_denied::AUTHORIZER_DENIED,
    access_denied::POLICY_DENIED,
    access_denied::API_KEY_INVALID,
    access_denied::API_KEY_NOT_IN_USAGE_PLAN,
    access_denied::WAF_BLOCKED,
    access_denied::MTLS_REJECTED,
    access_denied::CORS_PREFLIGHT_REJECTED,
    access_denied::CUSTOM_DOMAIN_UNMAPPED,
    access_denied::BACKEND_DENIED,
    not_found::ROUTE_NOT_FOUND,
    not_found::BACKEND_NOT_FOUND,
    refused::BACKEND_METHOD_NOT_ALLOWED,
    refused::BACKEND_CONFLICT,
    refused::WEBSOCKET_CONNECTION_GONE,
    refused::PAYLOAD_TOO_LARGE,
    refused::URI_OR_HEADERS_TOO_LARGE,
    refused::UNSUPPORTED_MEDIA_TYPE,
    limits::USAGE_PLAN_QUOTA_EXCEEDED,
    limits::GATEWAY_THROTTLED,
    limits::USAGE_PLAN_THROTTLED,
    limits::LAMBDA_THROTTLED,
    limits::BACKEND_THROTTLED,
    internal_error::LAMBDA_PERMISSION_MISSING,
    internal_error::INTEGRATION_ROLE_UNASSUMABLE,
    internal_error::AUTHORIZER_MISCONFIGURED,
    internal_error::AUTHORIZER_FAILED,
    internal_error::INTEGRATION_RESPONSE_UNMAPPED,
    internal_error::MAPPING_TEMPLATE_FAILED,
    internal_error::ENDPOINT_ADDRESS_INVALID,
    internal_error::API_CONFIGURATION_ERROR,
    internal_error::BACKEND_SERVER_ERROR,
    internal_error::LAMBDA_INVOCATION_FAILED,
    internal_error::GATEWAY_INTERNAL_ERROR,
    bad_gateway::LAMBDA_FUNCTION_ERROR,
    bad_gateway::LAMBDA_MALFORMED_RESPONSE,
    bad_gateway::LAMBDA_RESPONSE_TOO_LARGE,
    bad_gateway::LAMBDA_OUT_OF_MEMORY,
    bad_gateway::LAMBDA_INIT_FAILED,
    bad_gateway::LAMBDA_RUNTIME_EXITED,
    bad_gateway::ENDPOINT_TLS_FAILED,
    service_unavailable::VPC_LINK_FAILED,
    service_unavailable::BACKEND_UNAVAILABLE,
    timeouts::INTEGRATION_TIMEOUT,
    timeouts::INTEGRATION_NETWORK_FAILURE,
    timeouts::LAMBDA_TIMED_OUT,
    timeouts::HIGH_LATENCY,
    unattributed::BAD_REQUEST_UNATTRIBUTED,
    unattributed::UNAUTHORIZED_UNATTRIBUTED,
    unattributed::ACCESS_DENIED_UNATTRIBUTED,
    unattributed::NOT_FOUND_UNATTRIBUTED,
    unattributed::CLIENT_ERROR_UNATTRIBUTED,
    unattributed::TOO_MANY_REQUESTS_UNATTRIBUTED,
    unattributed::INTERNAL_ERROR_UNATTRIBUTED,
    unattributed::BAD_GATEWAY_UNATTRIBUTED,
    unattributed::SERVICE_UNAVAILABLE_UNATTRIBUTED,
    unattributed::GATEWAY_TIMEOUT_UNATTRIBUTED,
    unattributed::SERVER_ERROR_UNATTRIBUTED,
];
