//! Keys and values in a row, as the Serverless Framework logs REST APIs by default:
//!
//! ```text
//! requestId: 6f1e…, ip: 203.0.113.7, …, requestTime: 12/Mar/2025:09:14:07 +0000, status: 502, …
//! ```
//!
//! and `key=value` with blanks between, which people choose themselves. Applications log such lines
//! too, so a line must hold a request id of API Gateway's own shape and something that only an access
//! log says.

use std::borrow::Cow;

use super::{AccessRecord, shapes};
use crate::Field;

/// No known key is longer.
const LONGEST_KEY: usize = 40;

/// A format of API Gateway's greatest length holds some hundreds; the rest is for texts in values.
const MOST_SIGNS: usize = 1 << 14;

pub(super) fn read(line: &str) -> Option<AccessRecord<'_>> {
    let line = line.trim_ascii();
    let dialect = Dialect::of(line)?;
    let mut record = AccessRecord::empty();
    let mut open: Option<(Field, usize)> = None;
    for (start, end) in dialect.keys(line) {
        // A message may hold what looks like a key: only known ones end the value before them.
        let Some(field) = Field::from_key(&[], &line.as_bytes()[start..end]) else { continue };
        if let Some((field, from)) = open {
            keep(&mut record, field, dialect.without_separator(&line[from..start]))?;
        }
        open = Some((field, end + 1));
    }
    let (field, from) = open?;
    keep(&mut record, field, line[from..].trim_ascii())?;
    let no_answer = record.logs(Field::Status) && record.get(Field::Status).is_none();
    let told = no_answer
        || record.status().is_some()
        || record.response_type().is_some()
        || record.get(Field::IntegrationError).is_some();
    (told && is_of_api_gateway(&record)).then_some(record)
}

/// Whether the line begins as the Serverless Framework's do.
pub(super) fn claims(line: &str) -> bool {
    line.trim_ascii_start()
        .strip_prefix("requestId: ")
        .and_then(|rest| rest.split_once(", "))
        .is_some_and(|(id, rest)| {
            shapes::is_request_id(id) && (rest.starts_with("ip: ") || "ip: ".starts_with(rest))
        })
}

/// Which sign stands between a key and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Colon,
    Equals,
}

impl Dialect {
    /// By what follows the first key, which must be a known one.
    fn of(line: &str) -> Option<Self> {
        let length = line.bytes().take(LONGEST_KEY + 1).take_while(|&byte| is_of_key(byte)).count();
        Field::from_key(&[], &line.as_bytes()[..length])?;
        match line.as_bytes().get(length)? {
            b':' if line.as_bytes().get(length + 1) == Some(&b' ') => Some(Self::Colon),
            b'=' => Some(Self::Equals),
            _ => None,
        }
    }

    /// Where the keys begin and end.
    fn keys(self, line: &str) -> impl Iterator<Item = (usize, usize)> {
        let text = line.as_bytes();
        let sign = if self == Self::Colon { b':' } else { b'=' };
        memchr::memchr_iter(sign, text).take(MOST_SIGNS).filter_map(move |end| {
            let before = &text[end.saturating_sub(LONGEST_KEY)..end];
            let start = end - before.iter().rev().take_while(|&&byte| is_of_key(byte)).count();
            let separated = match (self, &text[..start]) {
                (_, []) | (Self::Equals, [.., b' ' | b',' | b';' | b'\t']) => true,
                (Self::Colon, [.., b',' | b';' | b'|' | b'/', b' ']) => {
                    text.get(end + 1) == Some(&b' ')
                }
                _ => false,
            };
            (separated && start < end).then_some((start, end))
        })
    }

    fn without_separator(self, value: &str) -> &str {
        let value = value.trim_ascii();
        if self == Self::Equals {
            return value;
        }
        value.strip_suffix([',', ';', '|', '/']).unwrap_or(value).trim_ascii_end()
    }
}

fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_-.@".contains(&byte)
}

/// Keeps a value. `None`: the line names two statuses, or two response types, and which of them is a
/// caller's invention cannot be known.
fn keep<'a>(record: &mut AccessRecord<'a>, field: Field, value: &'a str) -> Option<()> {
    let value = match field {
        // What follows belongs to a key that is not known.
        Field::Status | Field::ErrorResponseType => {
            value.split([' ', ',', ';']).next().unwrap_or(value)
        }
        _ => value,
    };
    let unquoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let value = unquoted.unwrap_or(value);
    if value.is_empty() {
        return Some(());
    }
    let decides = matches!(field, Field::Status | Field::ErrorResponseType);
    if decides && record.get(field).is_some_and(|known| known != value) {
        return None;
    }
    record.set(field, Cow::Borrowed(value));
    Some(())
}

/// An id of API Gateway's and something that an application would not log in these words.
fn is_of_api_gateway(record: &AccessRecord<'_>) -> bool {
    let id = [Field::RequestId, Field::ExtendedRequestId]
        .into_iter()
        .any(|field| record.get(field).is_some_and(shapes::is_gateway_id));
    let only_here = record.get(Field::RequestTime).is_some_and(shapes::is_request_time)
        || [Field::ResourcePath, Field::RouteKey, Field::IntegrationLatency, Field::ConnectionId]
            .into_iter()
            .any(|field| record.logs(field));
    id && only_here
}

#[cfg(test)]
mod tests {
    use super::{claims, read};
    use crate::{ApiType, Field};

    const SERVERLESS: &str = "requestId: 6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1, ip: 203.0.113.7, caller: -, user: -, requestTime: 12/Mar/2025:09:14:07 +0000, httpMethod: GET, resourcePath: /orders/{orderId}, status: 502, protocol: HTTP/1.1, responseLength: 36";

    #[test]
    fn the_serverless_framework_and_its_relatives() {
        let equals = SERVERLESS.replace(": ", "=").replace(", ", " ");
        let slashes = SERVERLESS.replace(", ", " / ");
        let quoted = SERVERLESS.replace(": ", "=\"").replace(", ", "\" ") + "\"";
        for line in [SERVERLESS, &equals, &slashes, &quoted] {
            let record = read(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(record.status(), Some(502), "{line}");
            assert_eq!(record.api_type(), Some(ApiType::Rest));
            assert_eq!(record.route().as_deref(), Some("GET /orders/{orderId}"));
            assert_eq!(record.get(Field::SourceIp), Some("203.0.113.7"));
            assert_eq!(record.get(Field::ResponseLength), Some("36"));
            assert_eq!(record.time().unwrap().to_string(), "2025-03-12T09:14:07.000Z");
        }
    }

    #[test]
    fn a_request_without_an_answer_has_no_status() {
        let line = SERVERLESS.replace("502", "-");
        assert_eq!(read(&line).unwrap().status(), None);
    }

    #[test]
    fn values_that_hold_separators_and_unknown_keys() {
        for (line, field, value) in [
            (
                "requestId: HSZ9xFxGoAMEJ0A=, routeKey: GET /o, status: 500, integrationError: Oh, no: again, x",
                Field::IntegrationError,
                "Oh, no: again, x",
            ),
            (
                "requestId: HSZ9xFxGoAMEJ0A=, path: /a, b/, routeKey: GET /o, status: 500, error: Foo",
                Field::Path,
                "/a, b/",
            ),
            (
                "requestId=HSZ9xFxGoAMEJ0A= routeKey=GET /o error.message=Invalid key=value pair status=500",
                Field::ErrorMessage,
                "Invalid key=value pair",
            ),
        ] {
            let record = read(line).unwrap();
            assert_eq!(record.get(field), Some(value), "{line}");
            assert_eq!(record.status(), Some(500), "{line}");
        }
    }

    #[test]
    fn a_caller_cannot_name_the_status() {
        for agent in ["x, status: 200", "x, status: 200, y: z"] {
            let before = SERVERLESS.replace("status:", &format!("userAgent: {agent}, status:"));
            let after = format!("{SERVERLESS}, userAgent: {agent}");
            for line in [before, after] {
                assert!(read(&line).is_none(), "{line}");
            }
        }
    }

    #[test]
    fn look_alikes_are_not_claimed() {
        for line in [
            "RequestId: 18fea243-5715-11e7-9ad9-a197117ae4d4 Process exited before completing request",
            "REPORT RequestId: d1f425fb-f42b-4d4a-a6e5-1916edc4af25\tDuration: 11236.65 ms\tStatus: error",
            "requestId: 18fea243-5715-11e7-9ad9-a197117ae4d4, status: 500, error: upstream",
            "time=2025-03-12T09:14:07Z level=error method=GET path=/o status=500 requestId=18fea243-5715-11e7-9ad9-a197117ae4d4",
            "status: 500, message: it broke",
            "status: 500",
            "latency=3 status=500",
        ] {
            assert!(read(line).is_none() && !claims(line), "{line}");
        }
    }

    #[test]
    fn a_line_that_breaks_off_before_its_status_is_claimed() {
        let early = &SERVERLESS[..=SERVERLESS.find("ip").unwrap()];
        assert!(read(early).is_none() && claims(early));
        for end in ["resourcePath: /or", "status: ", "status: 50"] {
            let line = &SERVERLESS[..SERVERLESS.find(&end[..6]).unwrap() + end.len()];
            assert!(read(line).is_none() && claims(line), "{line}");
        }
    }
}
