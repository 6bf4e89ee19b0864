//! XML, as the console suggests it: `<request id="…"> <ip>…</ip> … <status>500</status> … </request>`.
//!
//! Values are put in without any escaping, so a value ends at the closing tag of its own name and
//! nowhere else.

use std::borrow::Cow;

use super::AccessRecord;
use crate::Field;

const BEGINNING: &str = "<request id=\"";

/// No element of a log format has a longer name.
const LONGEST_NAME: usize = 64;

/// No log format has more elements.
const MOST_ELEMENTS: usize = 1_024;

pub(super) fn read(line: &str) -> Option<AccessRecord<'_>> {
    let (id, rest) = line.trim_ascii().strip_prefix(BEGINNING)?.split_once("\">")?;
    let mut record = AccessRecord::empty();
    record.set(Field::RequestId, Cow::Borrowed(id));
    let mut rest = rest;
    for _ in 0..MOST_ELEMENTS {
        let Some((name, value, after)) = element(rest) else { break };
        if let Some(field) = Field::from_key(&[], name.as_bytes()) {
            record.set(field, Cow::Borrowed(value.trim_ascii()));
        }
        rest = after;
    }
    let complete = rest.trim_ascii_start().starts_with("</request>");
    (complete || record.status().is_some() || record.response_type().is_some()).then_some(record)
}

/// Whether the line begins as these do.
pub(super) fn claims(line: &str) -> bool {
    line.trim_ascii_start().starts_with(BEGINNING)
}

/// The name and value of the element that comes next, and what follows it. `None`: there is none, or
/// it is not closed; then nothing after it can be trusted.
fn element(text: &str) -> Option<(&str, &str, &str)> {
    let tag = text.trim_ascii_start().strip_prefix('<')?;
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.".contains(byte);
    let length = tag.bytes().take(LONGEST_NAME).take_while(is_of_name).count();
    let (name, rest) = tag.split_at(length);
    let rest = rest.strip_prefix('>').filter(|_| !name.is_empty())?;
    let closes = |at: &usize| {
        let inside = rest[at + 1..].strip_prefix('/').and_then(|tag| tag.strip_prefix(name));
        inside.is_some_and(|after| after.starts_with('>'))
    };
    let end = memchr::memchr_iter(b'<', rest.as_bytes()).find(closes)?;
    Some((name, &rest[..end], &rest[end + name.len() + 3..]))
}

#[cfg(test)]
mod tests {
    use super::{claims, read};
    use crate::{ApiType, Field};

    #[test]
    fn rest_http_and_websocket() {
        for (elements, api_type, status) in [
            (
                "<ip>203.0.113.7</ip> <httpMethod>GET</httpMethod> <resourcePath>/o</resourcePath> <status>500</status>",
                ApiType::Rest,
                Some(500),
            ),
            (
                "<httpMethod>GET</httpMethod><routeKey>GET /o</routeKey><status>404</status>",
                ApiType::Http,
                Some(404),
            ),
            (
                "<eventType>CONNECT</eventType> <routeKey>$connect</routeKey> <status>-</status> <connectionId>x</connectionId>",
                ApiType::WebSocket,
                None,
            ),
        ] {
            let line = format!("<request id=\"6f1e\"> {elements} </request>\n");
            let record = read(&line).unwrap();
            assert_eq!(record.get(Field::RequestId), Some("6f1e"));
            assert_eq!(record.api_type(), Some(api_type), "{line}");
            assert_eq!(record.status(), status, "{line}");
        }
    }

    #[test]
    fn a_value_may_hold_what_looks_like_an_element() {
        let line = "<request id=\"a\"><integrationErrorMessage><urlopen error> <status>200</status></integrationErrorMessage><status>502</status></request>";
        let record = read(line).unwrap();
        assert_eq!(record.status(), Some(502));
        assert_eq!(
            record.get(Field::IntegrationError),
            Some("<urlopen error> <status>200</status>")
        );
    }

    #[test]
    fn look_alikes_are_not_claimed() {
        for line in [
            "<html><body><status>500</status></body></html>",
            "<!DOCTYPE html><request id=\"a\">",
            "<?xml version=\"1.0\"?><request><status>500</status></request>",
            "<request><status>500</status></request>",
            "<requests id=\"a\"><status>500</status></requests>",
        ] {
            assert!(read(line).is_none() && !claims(line), "{line}");
        }
    }

    #[test]
    fn a_line_that_breaks_off_before_its_status_is_claimed() {
        for line in [
            "<request id=\"6f1e",
            "<request id=\"6f1e\"> <ip>203.0.113.7</ip> <resourcePath>/o",
            "<request id=\"6f1e\"> <resourcePath>/o</resourcePath> <status>50",
            "<request id=\"6f1e\"> <resourcePath>/o</resourcePath> <status>502</sta",
        ] {
            assert!(read(line).is_none() && claims(line), "{line}");
        }
    }
}
