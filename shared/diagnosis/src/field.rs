//! The `$context` variables that matter to a diagnosis, and the many keys they are logged under.
//!
//! Names: <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-variables-for-access-logging.html>
//! Users choose the keys of a JSON access log themselves, so keys are compared without case, `_`, `-`
//! and `.`: `error.responseType`, `error_responseType` and `errorResponseType` are one.

/// Declares the fields with the name of their `$context` variable.
macro_rules! fields {
    ( $( $field:ident = $context:literal, )+ ) => {
        /// One `$context` variable.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Field {
            $( #[doc = concat!("`$context.", $context, "`")] $field, )+
        }

        impl Field {
            /// Every field, in declaration order.
            pub const ALL: &'static [Self] = &[ $( Self::$field, )+ ];

            /// The name after `$context.`.
            pub const fn context_name(self) -> &'static str {
                match self { $( Self::$field => $context, )+ }
            }
        }
    };
}

fields! {
    RequestId = "requestId",
    ExtendedRequestId = "extendedRequestId",
    ApiId = "apiId",
    ApiName = "apiName",
    Stage = "stage",
    DomainName = "domainName",
    Status = "status",
    HttpMethod = "httpMethod",
    ResourcePath = "resourcePath",
    RouteKey = "routeKey",
    Path = "path",
    Protocol = "protocol",
    RequestTime = "requestTime",
    RequestTimeEpoch = "requestTimeEpoch",
    ResponseLatency = "responseLatency",
    ResponseLength = "responseLength",
    ErrorMessage = "error.message",
    ErrorMessageString = "error.messageString",
    ErrorResponseType = "error.responseType",
    ValidationError = "error.validationErrorString",
    IntegrationError = "integration.error",
    IntegrationStatus = "integrationStatus",
    IntegrationServiceStatus = "integration.integrationStatus",
    IntegrationCodeStatus = "integration.status",
    IntegrationLatency = "integration.latency",
    IntegrationRequestId = "integration.requestId",
    AuthorizerError = "authorizer.error",
    AuthorizerStatus = "authorizer.status",
    AuthorizerIntegrationStatus = "authorizer.integrationStatus",
    AuthorizerLatency = "authorizer.latency",
    AuthorizerRequestId = "authorizer.requestId",
    AuthorizerPrincipalId = "authorizer.principalId",
    AuthenticateError = "authenticate.error",
    AuthenticateStatus = "authenticate.status",
    AuthorizeError = "authorize.error",
    AuthorizeStatus = "authorize.status",
    WafError = "waf.error",
    WafStatus = "waf.status",
    WafResponseCode = "wafResponseCode",
    SourceIp = "identity.sourceIp",
    UserAgent = "identity.userAgent",
    ApiKeyId = "identity.apiKeyId",
    ApiKey = "identity.apiKey",
    Caller = "identity.caller",
    User = "identity.user",
    UserArn = "identity.userArn",
    AccountId = "identity.accountId",
    ClientCertSubject = "identity.clientCert.subjectDN",
    ConnectionId = "connectionId",
    EventType = "eventType",
    MessageId = "messageId",
    XrayTraceId = "xrayTraceId",
}

/// Normalised keys, sorted.
const KEYS: &[(&str, Field)] = &[
    ("@timestamp", Field::RequestTime),
    ("api", Field::ApiName),
    ("apiid", Field::ApiId),
    ("apikey", Field::ApiKey),
    ("apikeyid", Field::ApiKeyId),
    ("apiname", Field::ApiName),
    ("authenticateerror", Field::AuthenticateError),
    ("authenticatestatus", Field::AuthenticateStatus),
    ("authorizeerror", Field::AuthorizeError),
    ("authorizererror", Field::AuthorizerError),
    ("authorizererrormessage", Field::AuthorizerError),
    ("authorizerintegrationstatus", Field::AuthorizerIntegrationStatus),
    ("authorizerlatency", Field::AuthorizerLatency),
    ("authorizerprincipalid", Field::AuthorizerPrincipalId),
    ("authorizerrequestid", Field::AuthorizerRequestId),
    ("authorizerstatus", Field::AuthorizerStatus),
    ("authorizestatus", Field::AuthorizeStatus),
    ("awsendpointrequestid", Field::IntegrationRequestId),
    ("awsrequestid", Field::RequestId),
    ("backendlatency", Field::IntegrationLatency),
    ("caller", Field::Caller),
    ("clientcertsubjectdn", Field::ClientCertSubject),
    ("clientip", Field::SourceIp),
    ("connectionid", Field::ConnectionId),
    ("date", Field::RequestTime),
    ("datetime", Field::RequestTime),
    ("domain", Field::DomainName),
    ("domainname", Field::DomainName),
    ("duration", Field::ResponseLatency),
    ("durationms", Field::ResponseLatency),
    ("epoch", Field::RequestTimeEpoch),
    ("errmessage", Field::ErrorMessage),
    ("errormessage", Field::ErrorMessage),
    ("errormessagestring", Field::ErrorMessageString),
    ("errorresponsetype", Field::ErrorResponseType),
    ("errortype", Field::ErrorResponseType),
    ("errorvalidationerror", Field::ValidationError),
    ("errorvalidationerrorstring", Field::ValidationError),
    ("eventtype", Field::EventType),
    ("extendedrequestid", Field::ExtendedRequestId),
    ("functionresponsestatus", Field::IntegrationCodeStatus),
    ("gatewayresponsetype", Field::ErrorResponseType),
    ("httpapiid", Field::ApiId),
    ("httpmethod", Field::HttpMethod),
    ("httppath", Field::Path),
    ("httprequestmethod", Field::HttpMethod),
    ("httpresourcepath", Field::ResourcePath),
    ("httpresponsestatuscode", Field::Status),
    ("httproute", Field::ResourcePath),
    ("httpstatus", Field::Status),
    ("httpstatuscode", Field::Status),
    ("httpurldetailspath", Field::Path),
    ("httpuseragent", Field::UserAgent),
    ("httpversion", Field::Protocol),
    ("identityaccountid", Field::AccountId),
    ("identityapikey", Field::ApiKey),
    ("identityapikeyid", Field::ApiKeyId),
    ("identitycaller", Field::Caller),
    ("identityclientcertsubjectdn", Field::ClientCertSubject),
    ("identitysourceip", Field::SourceIp),
    ("identityuser", Field::User),
    ("identityuseragent", Field::UserAgent),
    ("identityuserarn", Field::UserArn),
    ("integrationcodestatus", Field::IntegrationCodeStatus),
    ("integrationerror", Field::IntegrationError),
    ("integrationerrormessage", Field::IntegrationError),
    ("integrationerrorstring", Field::IntegrationError),
    ("integrationintegrationstatus", Field::IntegrationServiceStatus),
    ("integrationlatency", Field::IntegrationLatency),
    ("integrationlatencyms", Field::IntegrationLatency),
    ("integrationrequestid", Field::IntegrationRequestId),
    ("integrationresponsestatus", Field::IntegrationCodeStatus),
    ("integrationservicestatus", Field::IntegrationServiceStatus),
    ("integrationstatus", Field::IntegrationStatus),
    ("ip", Field::SourceIp),
    ("lambdaintegrationstatus", Field::IntegrationServiceStatus),
    ("lambdarequestid", Field::IntegrationRequestId),
    ("latency", Field::ResponseLatency),
    ("latencyms", Field::ResponseLatency),
    ("messageid", Field::MessageId),
    ("messagestring", Field::ErrorMessageString),
    ("method", Field::HttpMethod),
    ("networkclientip", Field::SourceIp),
    ("path", Field::Path),
    ("principalid", Field::AuthorizerPrincipalId),
    ("protocol", Field::Protocol),
    ("remoteip", Field::SourceIp),
    ("requestid", Field::RequestId),
    ("requestmethod", Field::HttpMethod),
    ("requestpath", Field::Path),
    ("requesttime", Field::RequestTime),
    ("requesttimeepoch", Field::RequestTimeEpoch),
    ("resource", Field::ResourcePath),
    ("resourcepath", Field::ResourcePath),
    ("responselatency", Field::ResponseLatency),
    ("responselatencyms", Field::ResponseLatency),
    ("responselength", Field::ResponseLength),
    ("responsestatus", Field::Status),
    ("responsetime", Field::ResponseLatency),
    ("responsetimems", Field::ResponseLatency),
    ("responsetype", Field::ErrorResponseType),
    ("restapiid", Field::ApiId),
    ("route", Field::RouteKey),
    ("routekey", Field::RouteKey),
    ("sourceip", Field::SourceIp),
    ("sourceipaddress", Field::SourceIp),
    ("stage", Field::Stage),
    ("stagename", Field::Stage),
    ("status", Field::Status),
    ("statuscode", Field::Status),
    ("time", Field::RequestTime),
    ("timeepoch", Field::RequestTimeEpoch),
    ("timestamp", Field::RequestTime),
    ("traceid", Field::XrayTraceId),
    ("uri", Field::Path),
    ("urlpath", Field::Path),
    ("user", Field::User),
    ("useragent", Field::UserAgent),
    ("userarn", Field::UserArn),
    ("validationerror", Field::ValidationError),
    ("validationerrorstring", Field::ValidationError),
    ("verb", Field::HttpMethod),
    ("waferror", Field::WafError),
    ("wafresponse", Field::WafResponseCode),
    ("wafresponsecode", Field::WafResponseCode),
    ("wafstatus", Field::WafStatus),
    ("xraytraceid", Field::XrayTraceId),
];

/// No known key is longer, once normalised.
const LONGEST_KEY: usize = 40;

impl Field {
    /// How many fields there are: the length of an array indexed by [`Field::index`].
    pub const COUNT: usize = Self::ALL.len();

    /// The field's place in [`Field::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The field that holds the `$context` variable of this name, under whichever of its names.
    pub(crate) fn from_variable(name: &str) -> Option<Self> {
        match name {
            "integrationErrorMessage" => Some(Self::IntegrationError),
            "integrationLatency" => Some(Self::IntegrationLatency),
            "awsEndpointRequestId" => Some(Self::IntegrationRequestId),
            _ => Self::ALL.iter().copied().find(|field| field.context_name() == name),
        }
    }

    /// The field logged under `key`, the keys of the objects around it in `parents`, outermost first.
    pub fn from_key(parents: &[&[u8]], key: &[u8]) -> Option<Self> {
        let whole = Normalised::new(parents, key)?;
        // `{"context":{"status":…}}`, `{"request":{"status":…}}`: wrappers say nothing.
        let inside_wrapper = || {
            ["context", "request", "apigateway", "http"]
                .iter()
                .filter(|_| !parents.is_empty())
                .find_map(|wrapper| whole.name().strip_prefix(wrapper).and_then(lookup))
        };
        let field = lookup(whole.name()).or_else(inside_wrapper)?;
        // `integration.status` is what the function's code answered; `integrationStatus` is what the
        // Lambda service answered. Without case and separators only the separator tells them apart.
        if field == Self::IntegrationStatus && whole.separated {
            return Some(Self::IntegrationCodeStatus);
        }
        Some(field)
    }
}

fn lookup(name: &str) -> Option<Field> {
    KEYS.binary_search_by_key(&name, |&(key, _)| key).ok().map(|at| KEYS[at].1)
}

/// A key without case and separators, in a buffer on the stack.
struct Normalised {
    bytes: [u8; LONGEST_KEY],
    length: usize,
    separated: bool,
}

impl Normalised {
    fn new(parents: &[&[u8]], key: &[u8]) -> Option<Self> {
        let mut normalised = Self { bytes: [0; LONGEST_KEY], length: 0, separated: false };
        for (depth, part) in parents.iter().chain(std::iter::once(&key)).enumerate() {
            normalised.separated |= depth > 0;
            for &byte in *part {
                if matches!(byte, b'_' | b'-' | b'.' | b' ') {
                    normalised.separated = true;
                    continue;
                }
                if !byte.is_ascii() {
                    return None;
                }
                *normalised.bytes.get_mut(normalised.length)? = byte.to_ascii_lowercase();
                normalised.length += 1;
            }
        }
        Some(normalised)
    }

    fn name(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::{Field, KEYS, LONGEST_KEY};

    #[test]
    fn the_keys_are_sorted_unique_and_fit_the_buffer() {
        assert!(KEYS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(KEYS.iter().all(|(key, _)| key.len() <= LONGEST_KEY));
    }

    #[test]
    fn every_context_name_finds_its_field() {
        for &field in Field::ALL {
            assert_eq!(Field::from_key(&[], field.context_name().as_bytes()), Some(field));
            assert_eq!(Field::from_variable(field.context_name()), Some(field));
        }
    }

    #[test]
    fn variables_are_told_by_their_exact_names() {
        for (name, field) in [
            ("integrationErrorMessage", Some(Field::IntegrationError)),
            ("integrationLatency", Some(Field::IntegrationLatency)),
            ("integrationStatus", Some(Field::IntegrationStatus)),
            ("Status", None),
            ("authorizer.claims.status", None),
            ("accountId", None),
            ("", None),
        ] {
            assert_eq!(Field::from_variable(name), field, "{name}");
        }
    }

    #[test]
    fn the_same_variable_in_many_styles() {
        for (key, field) in [
            ("errorResponseType", Field::ErrorResponseType),
            ("error_responseType", Field::ErrorResponseType),
            ("error-responseType", Field::ErrorResponseType),
            ("error_response_type", Field::ErrorResponseType),
            ("responseType", Field::ErrorResponseType),
            ("request_id", Field::RequestId),
            ("Status", Field::Status),
            ("statusCode", Field::Status),
            ("ip", Field::SourceIp),
            ("user-agent", Field::UserAgent),
            ("integrationErrorMessage", Field::IntegrationError),
            ("integrationStatus", Field::IntegrationStatus),
            ("integration_status", Field::IntegrationCodeStatus),
            ("integration-status", Field::IntegrationCodeStatus),
            ("integration_integrationStatus", Field::IntegrationServiceStatus),
            ("integrationServiceStatus", Field::IntegrationServiceStatus),
            ("functionResponseStatus", Field::IntegrationCodeStatus),
        ] {
            assert_eq!(Field::from_key(&[], key.as_bytes()), Some(field), "{key}");
        }
    }

    #[test]
    fn nested_keys_read_as_their_path() {
        type Case<'a> = (&'a [&'a [u8]], &'a str, Option<Field>);
        let cases: [Case<'_>; 8] = [
            (&[b"error"], "responseType", Some(Field::ErrorResponseType)),
            (&[b"context", b"error"], "message", Some(Field::ErrorMessage)),
            (&[b"context"], "status", Some(Field::Status)),
            (&[b"integration"], "status", Some(Field::IntegrationCodeStatus)),
            (
                &[b"context", b"integration"],
                "integrationStatus",
                Some(Field::IntegrationServiceStatus),
            ),
            (&[b"http"], "status_code", Some(Field::Status)),
            (&[b"identity"], "sourceIp", Some(Field::SourceIp)),
            (&[b"somebody"], "status", None),
        ];
        for (parents, key, field) in cases {
            assert_eq!(Field::from_key(parents, key.as_bytes()), field, "{key}");
        }
    }

    #[test]
    fn look_alikes_are_no_fields() {
        for key in ["", "statusX", "mystatus", "errors", "stätus", &"status".repeat(20)] {
            assert_eq!(Field::from_key(&[], key.as_bytes()), None, "{key}");
        }
    }
}
