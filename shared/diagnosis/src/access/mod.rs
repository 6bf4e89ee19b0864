//! One request as the access log tells it, whatever the log format.

mod clf;
mod columns;
mod csv;
mod json;
mod pairs;
mod parts;
mod reader;
mod servers;
mod shape;
mod shapes;
mod template;
mod unreadable;
mod xml;

use std::borrow::Cow;

use crate::time::whole_number;
use crate::{ApiType, Field, Timestamp};

pub(crate) use servers::wrote as is_of_another_server;

pub use json::key_path;
pub use reader::Reader;
pub use template::{Template, TemplateError};
pub use unreadable::Unreadable;

/// The values of one access-log line, by `$context` variable.
#[derive(Debug, Clone)]
pub struct AccessRecord<'a> {
    /// By [`Field::index`]. Nearly every value is a part of the line: a record of those is made and
    /// dropped without a look at each of its fields.
    borrowed: [Option<&'a str>; Field::COUNT],
    /// The values that are no part of the line, such as those that were escaped.
    owned: Vec<(Field, String)>,
}

impl<'a> AccessRecord<'a> {
    pub(crate) const fn empty() -> Self {
        Self { borrowed: [None; Field::COUNT], owned: Vec::new() }
    }

    /// Keeps a value, unless that would replace one that says something by one that says nothing.
    pub(crate) fn set(&mut self, field: Field, value: Cow<'a, str>) {
        if self.logs(field) {
            if !says_something(&value) {
                return;
            }
            self.owned.retain(|(known, _)| *known != field);
        }
        let slot = &mut self.borrowed[field.index()];
        match value {
            Cow::Borrowed(value) => *slot = Some(value),
            Cow::Owned(value) => {
                *slot = None;
                self.owned.push((field, value));
            }
        }
    }

    /// The same for a part of the line.
    #[inline]
    fn set_part(&mut self, field: Field, value: &'a str) {
        match &mut self.borrowed[field.index()] {
            slot @ None if self.owned.is_empty() => *slot = Some(value),
            _ => self.set(field, Cow::Borrowed(value)),
        }
    }

    /// The value as it is logged.
    fn logged(&self, field: Field) -> Option<&str> {
        self.borrowed[field.index()].or_else(|| self.owned_value(field))
    }

    fn owned_value(&self, field: Field) -> Option<&str> {
        self.owned.iter().find(|(known, _)| *known == field).map(|(_, value)| value.as_str())
    }

    /// The value; `None` where the field is not logged, or logged as `-` for nothing.
    pub fn get(&self, field: Field) -> Option<&str> {
        self.logged(field).filter(|value| says_something(value))
    }

    /// Whether the log format holds this field, be its value `-`.
    pub fn logs(&self, field: Field) -> bool {
        self.logged(field).is_some()
    }

    /// Whether the line holds anything that API Gateway logs.
    pub(crate) fn is_empty(&self) -> bool {
        self.owned.is_empty() && self.borrowed.iter().all(Option::is_none)
    }

    /// Whether the line says which request ended how, and what was asked for.
    pub(crate) fn tells_of_a_request(&self) -> bool {
        let any = |fields: &[Field]| fields.iter().any(|&field| self.logs(field));
        any(&[Field::RequestId, Field::ExtendedRequestId])
            && any(&[Field::Status, Field::ErrorResponseType])
            && any(&[Field::ResourcePath, Field::RouteKey, Field::Path, Field::HttpMethod])
    }

    /// A whole number, e.g. a status or milliseconds; fractions are cut off.
    pub fn number(&self, field: Field) -> Option<u32> {
        whole_number(self.get(field)?)
    }

    /// The HTTP status: 100 to 599.
    pub fn status(&self) -> Option<u16> {
        self.http_status(Field::Status)
    }

    /// The HTTP status in `field`.
    pub fn http_status(&self, field: Field) -> Option<u16> {
        let status = self.number(field).filter(|number| (100..=599).contains(number))?;
        u16::try_from(status).ok()
    }

    /// The response latency, else the integration latency, in milliseconds.
    pub fn latency_ms(&self) -> Option<u32> {
        self.number(Field::ResponseLatency).or_else(|| self.number(Field::IntegrationLatency))
    }

    /// When the request came in, as the line itself tells it.
    pub fn time(&self) -> Option<Timestamp> {
        self.get(Field::RequestTimeEpoch)
            .and_then(Timestamp::from_epoch)
            .or_else(|| self.get(Field::RequestTime).and_then(Timestamp::from_request_time))
    }

    /// What API Gateway says went wrong, without the quotes of `messageString`.
    pub fn error_message(&self) -> Option<&str> {
        self.get(Field::ErrorMessage)
            .or_else(|| self.get(Field::ErrorMessageString))
            .map(|message| message.trim_matches(['"', ' ']))
            .filter(|message| says_something(message))
    }

    /// The gateway response type, such as `INTEGRATION_FAILURE`. A key like `errorType` may hold an
    /// exception's class instead, which is none.
    pub fn response_type(&self) -> Option<&str> {
        self.get(Field::ErrorResponseType).filter(|kind| {
            kind.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        })
    }

    /// The API's id: logged, or the first label of its own domain name.
    pub fn api_id(&self) -> Option<&str> {
        self.get(Field::ApiId).or_else(|| {
            let (id, rest) = self.get(Field::DomainName)?.split_once('.')?;
            rest.starts_with("execute-api.").then_some(id)
        })
    }

    /// The method and the route's template where known, e.g. `POST /orders/{id}`; else the path as it
    /// was called, without its query string.
    pub fn route(&self) -> Option<String> {
        let method = self.get(Field::HttpMethod);
        let route_key = self.get(Field::RouteKey);
        if let Some(resource) = self.get(Field::ResourcePath) {
            return Some(with_method(method, resource));
        }
        if let Some(key) = route_key {
            // An HTTP API's key already begins with its method; `$default` and `$connect` stand alone.
            let alone = key.contains(' ')
                || key.starts_with('$')
                || self.api_type() == Some(ApiType::WebSocket);
            return Some(if alone { key.to_owned() } else { with_method(method, key) });
        }
        let path = self.get(Field::Path)?;
        Some(with_method(method, path.split(['?', '#']).next().unwrap_or(path)))
    }

    /// Which kind of API wrote the line, as far as its fields and the shape of its ids tell.
    pub fn api_type(&self) -> Option<ApiType> {
        if self.logs(Field::ConnectionId)
            || self.logs(Field::EventType)
            || self.logs(Field::MessageId)
        {
            return Some(ApiType::WebSocket);
        }
        if self.get(Field::ResourcePath).is_some() {
            return Some(ApiType::Rest);
        }
        if self.get(Field::RouteKey).is_some() {
            return Some(ApiType::Http);
        }
        // Only REST and WebSocket APIs have ids of two shapes: a UUID and 12 bytes of base64.
        let request_id = self.get(Field::RequestId)?;
        if is_uuid(request_id) {
            return Some(ApiType::Rest);
        }
        let only_http_shape = request_id.ends_with('=') && request_id.len() == 16;
        (only_http_shape && !self.logs(Field::ResourcePath)).then_some(ApiType::Http)
    }
}

fn with_method(method: Option<&str>, path: &str) -> String {
    method.map_or_else(|| path.to_owned(), |method| format!("{method} {path}"))
}

/// API Gateway writes `-` for a value that is not there.
fn says_something(value: &str) -> bool {
    !matches!(value, "" | "-" | "null" | "\"-\"")
}

/// Whether an id has the shape of a UUID, as REST APIs make them.
pub(crate) fn is_uuid(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

#[cfg(test)]
mod properties;

#[cfg(test)]
mod tests {
    use super::{AccessRecord, Reader};
    use crate::{ApiType, Field};

    fn record(line: &str) -> AccessRecord<'_> {
        Reader::default().read(line).unwrap()
    }

    #[test]
    fn values_are_read_as_what_they_mean() {
        let read = record(
            r#"{"status":"504","responseLatency":"29001.7","requestTimeEpoch":1741770847123,"error_message":" \"Endpoint request timed out\"","error_responseType":"-"}"#,
        );
        assert_eq!(read.status(), Some(504));
        assert_eq!(read.latency_ms(), Some(29_001));
        assert_eq!(read.time().unwrap().to_string(), "2025-03-12T09:14:07.123Z");
        assert_eq!(read.error_message(), Some("Endpoint request timed out"));
        assert_eq!(read.response_type(), None);
        assert!(read.logs(Field::ErrorResponseType) && !read.logs(Field::IntegrationError));
    }

    #[test]
    fn a_status_outside_http_is_none() {
        for status in ["-", "0", "99", "600", "700", "abc", "5e2", "-500"] {
            assert_eq!(record(&format!(r#"{{"status":"{status}"}}"#)).status(), None, "{status}");
        }
    }

    #[test]
    fn the_route_prefers_the_template() {
        for (line, route) in [
            (
                r#"{"httpMethod":"GET","resourcePath":"/o/{id}","path":"/prod/o/7"}"#,
                Some("GET /o/{id}"),
            ),
            (r#"{"httpMethod":"GET","routeKey":"GET /o/{id}","path":"/o/7"}"#, Some("GET /o/{id}")),
            (r#"{"httpMethod":"GET","routeKey":"$default"}"#, Some("$default")),
            (r#"{"routeKey":"sendmessage","eventType":"MESSAGE"}"#, Some("sendmessage")),
            (
                r#"{"httpMethod":"GET","resourcePath":"-","path":"/o/7?token=abc"}"#,
                Some("GET /o/7"),
            ),
            (r#"{"path":"/o/7"}"#, Some("/o/7")),
            (r#"{"httpMethod":"GET"}"#, None),
        ] {
            assert_eq!(record(line).route().as_deref(), route, "{line}");
        }
    }

    #[test]
    fn the_kind_of_api_shows_in_fields_and_ids() {
        for (line, kind) in [
            (r#"{"resourcePath":"/o"}"#, Some(ApiType::Rest)),
            (r#"{"routeKey":"GET /o"}"#, Some(ApiType::Http)),
            (r#"{"resourcePath":"-","routeKey":"GET /o"}"#, Some(ApiType::Http)),
            (r#"{"routeKey":"$connect","connectionId":"x="}"#, Some(ApiType::WebSocket)),
            (r#"{"requestId":"6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1"}"#, Some(ApiType::Rest)),
            (r#"{"requestId":"HSZ9xjQRoAMEM4A="}"#, Some(ApiType::Http)),
            (r#"{"requestId":"mine"}"#, None),
            (r#"{"status":"500"}"#, None),
        ] {
            assert_eq!(record(line).api_type(), kind, "{line}");
        }
    }

    #[test]
    fn the_api_is_named_by_its_id_or_its_own_domain() {
        for (line, id) in [
            (r#"{"apiId":"a1b2c3d4e5"}"#, Some("a1b2c3d4e5")),
            (
                r#"{"domainName":"a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com"}"#,
                Some("a1b2c3d4e5"),
            ),
            (r#"{"domainName":"api.shop.example"}"#, None),
            (r#"{"domainName":"execute-api.evil.example"}"#, None),
        ] {
            assert_eq!(record(line).api_id(), id, "{line}");
        }
    }
}
