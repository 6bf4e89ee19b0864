//! `$context` variables: their names in a format, and the shape of what API Gateway writes for them.
//! A value that is not there is `-`.

use crate::Field;
use crate::access::{is_uuid, shapes};

const PREFIX: &str = "$context.";

/// One variable of a format.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variable {
    /// `None` for a variable that no diagnosis looks at.
    pub(super) field: Option<Field>,
    pub(super) shape: Shape,
}

impl Variable {
    pub(super) fn named(name: &str) -> Self {
        Self { field: Field::from_variable(name), shape: Shape::of(name) }
    }
}

/// The first variable of a format: the text before it, its name after `$context.`, the text after it.
pub(super) fn find(format: &str) -> Option<(&str, &str, &str)> {
    let (mut from, mut found) = (0, None);
    while let Some(at) = format[from..].find(PREFIX) {
        let start = from + at + PREFIX.len();
        let length = name_length(&format[start..]);
        if length > 0 {
            found = Some((from + at, start, start + length));
            break;
        }
        from = start;
    }
    let (before, start, end) = found?;
    Some((&format[..before], &format[start..end], &format[end..]))
}

/// Names are words with dots between. Those that people choose themselves, for claims, properties of an
/// authorizer and headers, may hold `-` and `:` too.
fn name_length(text: &str) -> usize {
    const CHOSEN: [&str; 3] = ["authorizer.", "requestOverride.", "responseOverride."];
    let inside = if CHOSEN.iter().any(|prefix| text.starts_with(prefix)) { ".-:" } else { "." };
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let length = text.find(|c| !is_word(c) && !inside.contains(c)).unwrap_or(text.len());
    text[..length].trim_end_matches(|c| inside.contains(c)).len()
}

/// What a value looks like, so far as that helps to find its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Status,
    Number,
    Time,
    Protocol,
    /// `GET`, `INTEGRATION_FAILURE`.
    Word,
    /// Ids, addresses, names of hosts and stages.
    Token,
    /// A path of a URL.
    Path,
    /// Something of any signs but blanks.
    NoBlank,
    /// A sentence of API Gateway's or of an integration's.
    Sentence,
    /// Anything, mostly what callers send.
    Free,
}

impl Shape {
    fn of(name: &str) -> Self {
        match name {
            "status" => Self::Status,
            "requestTime" => Self::Time,
            "protocol" => Self::Protocol,
            "httpMethod" | "error.responseType" | "eventType" | "wafResponseCode" => Self::Word,
            "requestTimeEpoch"
            | "responseLatency"
            | "responseLength"
            | "dataProcessed"
            | "connectedAt"
            | "integrationLatency"
            | "integrationStatus"
            | "integration.latency"
            | "integration.status"
            | "integration.integrationStatus"
            | "authorize.latency"
            | "authorize.status"
            | "authorizer.latency"
            | "authorizer.status"
            | "authorizer.integrationLatency"
            | "authorizer.integrationStatus"
            | "authenticate.latency"
            | "authenticate.status"
            | "waf.latency"
            | "waf.status" => Self::Number,
            "requestId"
            | "extendedRequestId"
            | "awsEndpointRequestId"
            | "awsEndpointRequestId2"
            | "integration.requestId"
            | "authorizer.requestId"
            | "connectionId"
            | "messageId"
            | "identity.sourceIp"
            | "apiId"
            | "accountId"
            | "identity.accountId"
            | "stage"
            | "domainName"
            | "domainPrefix"
            | "identity.apiKeyId"
            | "resourceId"
            | "xrayTraceId"
            | "identity.principalOrgId" => Self::Token,
            "path" | "resourcePath" => Self::Path,
            "identity.caller"
            | "identity.user"
            | "identity.userArn"
            | "identity.apiKey"
            | "webaclArn"
            | "identity.cognitoAuthenticationProvider"
            | "identity.cognitoAuthenticationType"
            | "identity.cognitoIdentityId"
            | "identity.cognitoIdentityPoolId"
            | "customDomain.basePathMatched" => Self::NoBlank,
            "error.message"
            | "error.messageString"
            | "error.validationErrorString"
            | "integration.error"
            | "integrationErrorMessage"
            | "authorizer.error"
            | "authorize.error"
            | "authenticate.error"
            | "waf.error" => Self::Sentence,
            _ => Self::Free,
        }
    }

    /// Whether a byte can be in such a value.
    pub(super) fn admits(self, byte: u8) -> bool {
        match self {
            Self::Status => byte.is_ascii_digit() || byte == b'-',
            Self::Number => byte.is_ascii_digit() || byte == b'-' || byte == b'.',
            Self::Time => byte.is_ascii_alphanumeric() || b" /:+-".contains(&byte),
            Self::Protocol => byte.is_ascii_alphanumeric() || b"/.-".contains(&byte),
            Self::Word => byte.is_ascii_alphanumeric() || b"_-".contains(&byte),
            Self::Token => byte > b' ' && !b",;|\"'<>".contains(&byte),
            Self::Path | Self::NoBlank => byte > b' ',
            Self::Sentence | Self::Free => true,
        }
    }

    /// No value is longer.
    pub(super) const fn longest(self) -> usize {
        match self {
            Self::Status => 3,
            Self::Number => 20,
            Self::Time => 26,
            Self::Protocol => 10,
            Self::Word => 64,
            Self::Token => 256,
            Self::Path | Self::NoBlank | Self::Sentence | Self::Free => usize::MAX,
        }
    }

    /// Whether the first `length` bytes of `text`, all of them admitted, are such a value.
    pub(super) fn accepts(self, text: &str, length: usize) -> bool {
        let Some(value) = text.get(..length) else { return false };
        match self {
            Self::Free => true,
            // `- Rate Exceeded.` is two values.
            Self::Sentence => !value.starts_with("- ") && !value.ends_with(" -"),
            _ if value == "-" => true,
            Self::Status => shapes::is_status(value),
            Self::Number => shapes::is_number(value),
            Self::Time => shapes::is_request_time(value),
            Self::Protocol => shapes::is_protocol(value),
            Self::Word => !value.is_empty() && !value.contains('-'),
            Self::Path => value.starts_with('/'),
            Self::NoBlank => !value.is_empty(),
            // A UUID does not end at one of its own dashes.
            Self::Token => {
                !value.is_empty() && (length >= 36 || !text.get(..36).is_some_and(is_uuid))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Shape, find};
    use crate::Field;

    #[test]
    fn names_end_where_punctuation_begins() {
        for (format, wanted) in [
            ("a $context.status b", Some(("a ", "status", " b"))),
            ("$context.status.", Some(("", "status", "."))),
            ("$context.status-$context.x", Some(("", "status", "-$context.x"))),
            ("$context.error.message\"", Some(("", "error.message", "\""))),
            (
                "$context.authorizer.claims.custom:id,",
                Some(("", "authorizer.claims.custom:id", ",")),
            ),
            ("$context.authorizer.error: x", Some(("", "authorizer.error", ": x"))),
            ("$context. $context.stage", Some(("$context. ", "stage", ""))),
            ("$stage.status $context.", None),
            ("", None),
        ] {
            assert_eq!(find(format), wanted, "{format}");
        }
    }

    #[test]
    fn every_field_but_these_has_a_shape_that_ends() {
        for field in Field::ALL {
            let free = Shape::of(field.context_name()) == Shape::Free;
            let may_be = matches!(
                field,
                Field::ApiName
                    | Field::RouteKey
                    | Field::UserAgent
                    | Field::AuthorizerPrincipalId
                    | Field::ClientCertSubject
            );
            assert_eq!(free, may_be, "{}", field.context_name());
        }
    }

    #[test]
    fn shapes_and_their_look_alikes() {
        for (shape, yes, no) in [
            (Shape::Status, &["502", "-"][..], &["50", "5020", "abc", ""][..]),
            (Shape::Number, &["15508", "0", "-"], &["", "1,5", "fast"]),
            (Shape::Time, &["12/Mar/2025:09:14:07 +0000", "-"], &["12/Mar/2025", ""]),
            (Shape::Protocol, &["HTTP/1.1", "-"], &["b", "http", ""]),
            (Shape::Word, &["GET", "DEFAULT_4XX", "-"], &["--", "a-b", ""]),
            (Shape::Token, &["abc", "-", "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1"], &[""]),
            (Shape::Path, &["/a,b", "-"], &["b", ""]),
            (Shape::Sentence, &["Rate Exceeded.", "-", ""], &["- Rate Exceeded.", "Forbidden -"]),
        ] {
            assert!(yes.iter().all(|text| shape.accepts(text, text.len())), "{yes:?}");
            assert!(!no.iter().any(|text| shape.accepts(text, text.len())), "{no:?}");
        }
        assert!(!Shape::Token.accepts("6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1-x", 8));
        assert!(!Shape::Free.accepts("é", 1), "half a character");
    }
}
