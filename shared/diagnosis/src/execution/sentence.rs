//! The sentences of an execution log, by how they begin.
//!
//! Sources, where no other is named: <https://repost.aws/knowledge-center/api-gateway-logs>,
//! <https://repost.aws/knowledge-center/api-gateway-429-limit>,
//! <https://repost.aws/knowledge-center/api-gateway-500-error-vpc>, and lines that people have published.

use crate::access::is_uuid;

/// What kind of sentence a line holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sentence {
    /// A step that went well.
    Step,
    /// A path, headers or a body: whatever the caller or the backend sent.
    Traffic,
    /// The headers that the backend answered with.
    EndpointHeaders,
    /// The body that the backend answered with: an error of Lambda may be in it.
    EndpointBody,
    /// What the authorizer's function returned: a policy, or its error.
    AuthorizerBody,
    /// The request begins.
    Started,
    AuthorizerStarted,
    AuthorizerDone,
    ExtendedRequestId,
    IntegrationRequestId,
    Route,
    Response,
    /// About a usage plan or an API key, be it well or not.
    UsagePlan,
    /// `Execution failed due to …`.
    Failed,
    /// The function was run and failed.
    FunctionFailed,
    /// Lambda refused to run the function.
    InvocationFailed,
    /// The caller's certificate was refused.
    CertificateRefused,
    /// The caller has no valid identity.
    Unauthorized,
    /// The authorizer itself could not be used.
    AuthorizerUnusable,
    /// The request does not fit its model or lacks a parameter.
    Invalid,
    /// The response type and status of an answer that the gateway made itself.
    GatewayResponse,
    /// The request is over.
    Completed,
    /// A sentence that is not known, after a request id.
    Other,
}

/// How sentences begin, the more telling ones first.
const BEGINNINGS: [(&str, Sentence); 48] = [
    ("Method completed with status: ", Sentence::Completed),
    ("Execution failed due to ", Sentence::Failed),
    ("Lambda execution failed with status ", Sentence::FunctionFailed),
    ("Lambda invocation failed with status: ", Sentence::InvocationFailed),
    ("Unauthorized request: ", Sentence::Unauthorized),
    ("AuthorizerConfigurationException", Sentence::AuthorizerUnusable),
    ("Request body does not match model schema for content type ", Sentence::Invalid),
    // Not seen in an execution log; the same words stand in `$context.error.message`.
    ("Missing required request parameters: [", Sentence::Invalid),
    // Not seen in public; read with tolerance.
    ("Gateway response type: ", Sentence::GatewayResponse),
    // <https://repost.aws/knowledge-center/api-gateway-mutual-tls-403-errors>
    ("Access denied. Reason: ", Sentence::CertificateRefused),
    ("API Key ", Sentence::UsagePlan),
    ("Key throttle limit exceeded for ", Sentence::UsagePlan),
    ("Key quota exhausted for ", Sentence::UsagePlan),
    ("Verifying Usage Plan for request: ", Sentence::UsagePlan),
    ("Usage Plan check succeeded for ", Sentence::UsagePlan),
    ("Usage Plan check failed due to an internal error", Sentence::UsagePlan),
    ("Extended Request Id: ", Sentence::ExtendedRequestId),
    ("Execution log for request ", Sentence::Started),
    ("Starting execution for request: ", Sentence::Started),
    ("Starting authorizer: ", Sentence::AuthorizerStarted),
    ("Successfully completed authorizer execution", Sentence::AuthorizerDone),
    ("Using valid authorizer policy for principal: ", Sentence::Step),
    ("Successfully completed execution", Sentence::Step),
    ("Request validation succeeded for content type ", Sentence::Step),
    ("Sending request to ", Sentence::Traffic),
    ("HTTP Method: ", Sentence::Route),
    ("Received response. ", Sentence::Response),
    ("AWS Integration Endpoint RequestId", Sentence::IntegrationRequestId),
    ("X-ray Tracing ID : ", Sentence::Step),
    ("Incoming identity: ", Sentence::Traffic),
    ("Authorizer claims ", Sentence::Traffic),
    ("Authorizer result body before parsing: ", Sentence::AuthorizerBody),
    ("Authorizer result body after parsing: ", Sentence::Traffic),
    ("Method request path: ", Sentence::Traffic),
    ("Method request query string: ", Sentence::Traffic),
    ("Method request headers: ", Sentence::Traffic),
    ("Method request body before transformations: ", Sentence::Traffic),
    ("Method request body after transformations: ", Sentence::Traffic),
    ("Endpoint request URI: ", Sentence::Traffic),
    ("Endpoint request headers: ", Sentence::Traffic),
    ("Endpoint request body after transformations: ", Sentence::Traffic),
    ("Endpoint response headers: ", Sentence::EndpointHeaders),
    ("Endpoint response body before transformations: ", Sentence::EndpointBody),
    ("Method response body after transformations: ", Sentence::Traffic),
    ("Method response headers: ", Sentence::Traffic),
    ("Gateway response body: ", Sentence::Traffic),
    ("Gateway response headers: ", Sentence::Traffic),
    ("Unauthorized", Sentence::Unauthorized),
];

/// Reasons for which a client certificate is refused.
const CERTIFICATE_REASONS: [&str; 3] = [
    "Could not find issuer for certificate",
    "Client cert using an insecure Signature Algorithm",
    "self signed certificate",
];

impl Sentence {
    /// The sentence that `text` begins with.
    pub(super) fn of(text: &str) -> Option<Self> {
        // Nothing may follow, as after an empty body.
        let begins = |beginning: &str| text.starts_with(beginning) || text == beginning.trim_end();
        let sentence = BEGINNINGS.iter().find(|(beginning, _)| begins(beginning))?.1;
        let fits = match sentence {
            Self::Unauthorized => {
                !text.trim_start_matches("Unauthorized request: ").contains(char::is_whitespace)
            }
            Self::UsagePlan if text.starts_with("API Key ") => {
                ["API Stage", "authorized because method"].iter().any(|part| text.contains(part))
            }
            _ => true,
        };
        fits.then_some(sentence)
    }

    /// Whether only API Gateway writes this sentence. Others need something of API Gateway before
    /// them.
    pub(super) fn is_telling(self, text: &str) -> bool {
        match self {
            Self::Unauthorized => self.id_in(text).is_some(),
            Self::CertificateRefused => {
                CERTIFICATE_REASONS.iter().any(|reason| text.contains(reason))
            }
            _ => true,
        }
    }

    /// The request id inside the sentence.
    pub(super) fn id_in(self, text: &str) -> Option<&str> {
        let beginning = match self {
            Self::Started | Self::AuthorizerStarted => " request",
            Self::UsagePlan => "Verifying Usage Plan for request",
            Self::Unauthorized => return text.split(' ').next_back().filter(|id| is_uuid(id)),
            _ => return None,
        };
        let (_, rest) = text.split_once(beginning)?;
        let id = rest.trim_start_matches([':', ' ']).split_whitespace().next()?;
        Some(id.trim_end_matches('.')).filter(|id| !id.is_empty())
    }
}
