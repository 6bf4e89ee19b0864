//! The shapes of the values that API Gateway writes. Formats without keys tell a value by its shape.

use super::is_uuid;
use crate::Timestamp;

/// Three digits, or `-` for a request that got no answer.
pub(super) fn is_status(text: &str) -> bool {
    text == "-" || (text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Milliseconds or bytes, or `-`.
pub(super) fn is_number(text: &str) -> bool {
    text == "-"
        || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
}

/// `dd/MMM/yyyy:HH:mm:ss +-hhmm`.
pub(super) fn is_request_time(text: &str) -> bool {
    text.len() == 26 && Timestamp::from_request_time(text).is_some()
}

/// A request time that the line's end has cut.
pub(super) fn is_cut_request_time(text: &str) -> bool {
    const SHAPE: &[u8] = b"00/Aaa/0000:00:00:00 +0000";
    let fits = |(byte, shape): (u8, &u8)| match shape {
        b'0' => byte.is_ascii_digit(),
        b'A' => byte.is_ascii_uppercase(),
        b'a' => byte.is_ascii_lowercase(),
        b'+' => matches!(byte, b'+' | b'-'),
        sign => byte == *sign,
    };
    !text.is_empty() && text.len() <= SHAPE.len() && text.bytes().zip(SHAPE).all(fits)
}

/// An IPv4 or IPv6 address, or `-`.
pub(super) fn is_ip(text: &str) -> bool {
    text == "-" || text.parse::<std::net::IpAddr>().is_ok()
}

/// `HTTP/1.1`: only that is documented, but the version is not what tells a line.
pub(super) fn is_protocol(text: &str) -> bool {
    text.len() <= 10 && text.starts_with("HTTP/")
}

/// A method of HTTP that API Gateway accepts.
pub(super) fn is_method(text: &str) -> bool {
    matches!(text, "DELETE" | "GET" | "HEAD" | "OPTIONS" | "PATCH" | "POST" | "PUT")
}

/// What happened on a WebSocket connection.
pub(super) fn is_event_type(text: &str) -> bool {
    matches!(text, "CONNECT" | "MESSAGE" | "DISCONNECT")
}

/// A request id as API Gateway makes them: a UUID, or 11 bytes of base64.
pub(super) fn is_gateway_id(text: &str) -> bool {
    let in_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    is_uuid(text)
        || (text.len() == 16
            && text.strip_suffix('=').is_some_and(|digits| digits.bytes().all(in_base64)))
}

/// Any request id: clients may bring their own. A number or a quoted text, as other servers write
/// them in this place, is none.
pub(super) fn is_request_id(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=:.+/".contains(&byte);
    text.bytes().all(allowed) && text.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The types of gateway responses that no other system's log is likely to hold: those of one plain
/// word are left out.
pub(super) fn is_response_type(text: &str) -> bool {
    const TYPES: [&str; 21] = [
        "ACCESS_DENIED",
        "API_CONFIGURATION_ERROR",
        "AUTHORIZER_CONFIGURATION_ERROR",
        "AUTHORIZER_FAILURE",
        "BAD_REQUEST_BODY",
        "BAD_REQUEST_PARAMETERS",
        "DEFAULT_4XX",
        "DEFAULT_5XX",
        "EXPIRED_TOKEN",
        "INTEGRATION_FAILURE",
        "INTEGRATION_NETWORK_FAILURE",
        "INTEGRATION_TIMEOUT",
        "INVALID_API_KEY",
        "INVALID_SIGNATURE",
        "MISSING_AUTHENTICATION_TOKEN",
        "QUOTA_EXCEEDED",
        "REQUEST_TOO_LARGE",
        "RESOURCE_CONFIGURATION_ERROR",
        "RESOURCE_NOT_FOUND",
        "UNSUPPORTED_MEDIA_TYPE",
        "WAF_FILTERED",
    ];
    TYPES.binary_search(&text).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{
        is_cut_request_time, is_gateway_id, is_ip, is_request_id, is_request_time,
        is_response_type, is_status,
    };

    #[test]
    fn each_shape_and_its_look_alikes() {
        type Shape = fn(&str) -> bool;
        let table: [(Shape, &[&str], &[&str]); 7] = [
            (is_status, &["200", "504", "-"], &["", "50", "5040", "5O4", "--", "+50", "٥٠٤"]),
            (
                is_request_time,
                &["12/Mar/2025:09:14:07 +0000"],
                &["", "-", "2025-03-12T09:14:07Z", "12/Mar/2025", "1741770847"],
            ),
            (
                is_cut_request_time,
                &["1", "12/Ma", "12/Mar/2025:09:14:07 +00", "12/Mar/2025:09:14:07 +0000"],
                &["", "2025", "12/mar", "12/Mar/2025 09", "12/Mar/2025:09:14:07 +0000 "],
            ),
            (is_ip, &["203.0.113.7", "2001:db8::1", "-"], &["", "203.0.113", "7", "ip", "::g"]),
            (
                is_gateway_id,
                &["6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1", "HSZ9xFxGoAMEJ0A=", "fQke_hDCDoEEMpw="],
                &["", "6f1e1f1c", "HSZ9xFxGoAMEJ0A", "HSZ9x FxGoAMEJ0=", "-"],
            ),
            (
                is_request_id,
                &["UUID_REPLACED_INVALID_REQUEST_ID", "my-id-1", "HSZ9xFxGoAMEJ0A="],
                &["", "-", "0.005", "2326", "\"Mozilla/5.0\"", "\"-\"", "a b"],
            ),
            (
                is_response_type,
                &["INTEGRATION_FAILURE", "ACCESS_DENIED", "WAF_FILTERED"],
                &["", "INTEGRATION", "UNAUTHORIZED", "integration_failure", "-"],
            ),
        ];
        for (shape, yes, no) in table {
            assert!(yes.iter().all(|text| shape(text)), "{yes:?}");
            assert!(!no.iter().any(|text| shape(text)), "{no:?}");
        }
    }
}
