//! The Common Log Format, as the console and the frameworks suggest it for each kind of API:
//!
//! ```text
//! 203.0.113.7 - - [12/Mar/2025:09:14:07 +0000] "GET /orders HTTP/1.1" 504 41 <request id> <extended id>
//! 203.0.113.7 - - [12/Mar/2025:09:14:07 +0000] "GET GET /orders HTTP/1.1" 500 35 <id> <integration error>
//! 203.0.113.7 - - [12/Mar/2025:09:14:07 +0000] "CONNECT $connect <connection id>" 500 <id>
//! ```
//!
//! Every web server writes this format. API Gateway's lines are told by the request id after the
//! length: it accepts no log format without one, and other servers have no such thing there.

use std::borrow::Cow;

use memchr::memmem;

use super::{AccessRecord, parts, shapes};
use crate::Field;

pub(super) fn read(line: &str) -> Option<AccessRecord<'_>> {
    let (mut record, rest) = head(line)?;
    let (request, rest) = request(rest)?;
    let (first, after_first) = word(rest);
    // An old default for WebSocket APIs logs no status at all.
    let (status, rest) =
        if shapes::is_status(first) { (Some(first), after_first) } else { (None, rest) };
    let (method, target) = request.split_once(' ')?;
    if shapes::is_event_type(method) {
        let (route_key, connection_id) = target.rsplit_once(' ').unwrap_or((target, "-"));
        record.set(Field::EventType, Cow::Borrowed(method));
        record.set(Field::RouteKey, Cow::Borrowed(route_key));
        record.set(Field::ConnectionId, Cow::Borrowed(connection_id));
        if let Some(status) = status {
            record.set(Field::Status, Cow::Borrowed(status));
        }
        ids(&mut record, rest)?;
        return Some(record);
    }
    let (length, rest) = word(rest);
    if !shapes::is_number(length) {
        return None;
    }
    let request_id = ids(&mut record, rest)?;
    let (target, protocol) = target.rsplit_once(' ')?;
    record.set(Field::HttpMethod, Cow::Borrowed(method));
    record.set(Field::Protocol, Cow::Borrowed(protocol));
    record.set(Field::Status, Cow::Borrowed(status?));
    record.set(Field::ResponseLength, Cow::Borrowed(length));
    parts::set_target(&mut record, target, request_id);
    Some(record)
}

/// Whether the line is one of API Gateway's as far as it goes: not one that ends after the length, goes
/// on with quotes or quotes something that is no request, as those of other servers do.
pub(super) fn claims(line: &str) -> bool {
    let Some((_, rest)) = head(line) else { return is_cut_head(line) };
    let Some((_, rest)) = request(rest) else { return !rest.contains("\" ") };
    let (_, rest) = word(rest);
    let (length, rest) = word(rest);
    let (id, _) = word(rest);
    !shapes::is_number(length) || shapes::is_request_id(id)
}

/// Everything up to the quote that opens the request.
fn head(line: &str) -> Option<(AccessRecord<'_>, &str)> {
    let line = line.trim_ascii();
    // Every line that is not JSON comes by here: this search is the fast one.
    let bracket = memmem::find(line.as_bytes(), b" [")?;
    let (before, rest) = (&line[..bracket], &line[bracket + 2..]);
    let mut words = before.split_ascii_whitespace();
    let (first, second, third) = (words.next()?, words.next()?, words.next()?);
    let (extended_id, ip, caller, user) = match words.next() {
        None => (None, first, second, third),
        // A sample of CloudFormation's puts the extended id first.
        Some(fourth) => (Some(first), second, third, fourth),
    };
    let (time, rest) = rest.split_at_checked(26)?;
    let rest = rest.strip_prefix("] \"")?;
    if words.next().is_some() || !shapes::is_ip(ip) || !shapes::is_request_time(time) {
        return None;
    }
    let mut record = AccessRecord::empty();
    if let Some(id) = extended_id {
        record.set(Field::ExtendedRequestId, Cow::Borrowed(id));
    }
    record.set(Field::SourceIp, Cow::Borrowed(ip));
    record.set(Field::Caller, Cow::Borrowed(caller));
    record.set(Field::User, Cow::Borrowed(user));
    record.set(Field::RequestTime, Cow::Borrowed(time));
    Some((record, rest))
}

/// Whether the line is the beginning of a head and no more.
fn is_cut_head(line: &str) -> bool {
    let line = line.trim_ascii_start();
    let (before, time) = line.split_once(" [").unwrap_or((line, ""));
    let mut words = before.split_ascii_whitespace();
    let (ip, caller, user) = (words.next(), words.next(), words.next());
    ip.is_some_and(|ip| ip != "-" && shapes::is_ip(ip))
        && words.next().is_none()
        && (shapes::is_cut_request_time(time.trim_end_matches(']'))
            || (time.is_empty() && caller == Some("-") && user == Some("-")))
}

/// The quoted request and what follows its closing quote. A quote in the path closes nothing: paths
/// hold no blanks, so a blank and the protocol stand before the quote that does.
fn request(rest: &str) -> Option<(&str, &str)> {
    if rest.split(' ').next().is_some_and(shapes::is_event_type) {
        return rest.split_once("\" ");
    }
    let end = memmem::find_iter(rest.as_bytes(), b" HTTP/").find_map(|at| {
        let mut protocol = rest.as_bytes()[at..].iter().take(" HTTP/1.1\"".len());
        let end = at + protocol.position(|&byte| byte == b'"')?;
        rest[end..].starts_with("\" ").then_some(end)
    })?;
    Some((&rest[..end], &rest[end + 2..]))
}

/// Keeps the ids and the text that AWS recommends to append: `$context.integrationErrorMessage`.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html>
fn ids<'a>(record: &mut AccessRecord<'a>, rest: &'a str) -> Option<&'a str> {
    let (request_id, rest) = word(rest);
    if !shapes::is_request_id(request_id) {
        return None;
    }
    record.set(Field::RequestId, Cow::Borrowed(request_id));
    let (second, after_second) = word(rest);
    let text = if shapes::is_gateway_id(second) {
        record.set(Field::ExtendedRequestId, Cow::Borrowed(second));
        after_second
    } else {
        rest
    };
    parts::set_appended(record, text);
    Some(request_id)
}

/// The first word, and what follows it.
fn word(text: &str) -> (&str, &str) {
    let text = text.trim_ascii_start();
    text.split_once(' ').unwrap_or((text, ""))
}

#[cfg(test)]
mod tests {
    use super::{claims, read};
    use crate::{ApiType, Field};

    const HEAD: &str = "203.0.113.7 - - [12/Mar/2025:09:14:07 +0000] ";
    const UUID: &str = "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1";

    #[test]
    fn rest_http_and_websocket() {
        use ApiType::{Http, Rest, WebSocket};
        for (rest, api_type, route, status) in [
            (
                format!(r#""GET /o/{{id}} HTTP/1.1" 504 41 {UUID} HSZ9xFxGoAMEJ0A="#),
                Rest,
                Some("GET /o/{id}"),
                Some(504),
            ),
            (
                format!(r#""GET /o/{{id}} HTTP/1.1" 502 36 {UUID}"#),
                Rest,
                Some("GET /o/{id}"),
                Some(502),
            ),
            (
                format!(r#""PATCH - HTTP/1.1" 403 36 {UUID} HSZ9xFxGoAMEJ0A="#),
                Rest,
                None,
                Some(403),
            ),
            (
                format!(r#""GET /status/500 HTTP/1.1" 200 36 {UUID}"#),
                Rest,
                Some("GET /status/500"),
                Some(200),
            ),
            (format!(r#""GET /a" HTTP/1.1" 502 36 {UUID}"#), Rest, Some("GET /a\""), Some(502)),
            (format!(r#""GET /a HTTP/1.1" - - {UUID}"#), Rest, Some("GET /a"), None),
            (
                r#""POST POST /start HTTP/1.1" 500 35 fQke_hDCDoEEMpw="#.into(),
                Http,
                Some("POST /start"),
                Some(500),
            ),
            (
                r#""POST ANY /start HTTP/1.1" 500 35 fQke_hDCDoEEMpw="#.into(),
                Http,
                Some("ANY /start"),
                Some(500),
            ),
            (
                r#""GET $default HTTP/1.1" 500 35 fQke_hDCDoEEMpw="#.into(),
                Http,
                Some("$default"),
                Some(500),
            ),
            (r#""GET - HTTP/1.1" 404 23 fQke_hDCDoEEMpw="#.into(), Http, None, Some(404)),
            (
                r#""GET /a HTTP/1.1" 404 23 fQke_hDCDoEEMpw="#.into(),
                Http,
                Some("GET /a"),
                Some(404),
            ),
            (
                r#""CONNECT $connect HSZ8_deJoAMCJOQ=" 500  HSZ9xEcGoAMFmQw="#.into(),
                WebSocket,
                Some("$connect"),
                Some(500),
            ),
            (r#""MESSAGE send" 500 HSZ9xEcGoAMFmQw= -"#.into(), WebSocket, Some("send"), Some(500)),
            (
                r#""MESSAGE send HSZ8_deJoAMCJOQ=" HSZ9xEcGoAMFmQw="#.into(),
                WebSocket,
                Some("send"),
                None,
            ),
        ] {
            let line = format!("{HEAD}{rest}");
            let record = read(&line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(record.api_type(), Some(api_type), "{line}");
            assert_eq!(record.route().as_deref(), route, "{line}");
            assert_eq!(record.status(), status, "{line}");
            assert_eq!(record.time().unwrap().to_string(), "2025-03-12T09:14:07.000Z");
        }
    }

    #[test]
    fn callers_ids_and_the_appended_message() {
        let line = format!(
            r#"2001:db8::1 AIDACKCEVSQ6C2EXAMPLE AROAEXAMPLE:me [12/Mar/2025:09:14:07 +0000] "GET /o HTTP/1.1" 500 35 {UUID} HSZ9xFxGoAMEJ0A= Rate Exceeded."#
        );
        let record = read(&line).unwrap();
        for (field, value) in [
            (Field::SourceIp, "2001:db8::1"),
            (Field::Caller, "AIDACKCEVSQ6C2EXAMPLE"),
            (Field::User, "AROAEXAMPLE:me"),
            (Field::RequestId, UUID),
            (Field::ExtendedRequestId, "HSZ9xFxGoAMEJ0A="),
            (Field::ResponseLength, "35"),
            (Field::IntegrationError, "Rate Exceeded."),
        ] {
            assert_eq!(record.get(field), Some(value));
        }
        let quoted =
            format!(r#"{HEAD}"GET /o HTTP/1.1" 504 41 {UUID} "Endpoint request timed out""#);
        assert_eq!(read(&quoted).unwrap().error_message(), Some("Endpoint request timed out"));
        let both = format!("{quoted} Lambda Customer Function Error:'x'");
        let record = read(&both).unwrap();
        assert_eq!(record.error_message(), Some("Endpoint request timed out"));
        assert_eq!(record.get(Field::IntegrationError), Some("Lambda Customer Function Error:'x'"));
        let extended_first = format!(r#"HSZ9xFxGoAMEJ0A= {HEAD}"GET /o HTTP/1.1" 504 41 {UUID}"#);
        let record = read(&extended_first).unwrap();
        assert_eq!(record.get(Field::ExtendedRequestId), Some("HSZ9xFxGoAMEJ0A="));
        assert_eq!(record.get(Field::RequestId), Some(UUID));
    }

    #[test]
    fn the_logs_of_other_servers_are_not_claimed() {
        for line in [
            r#"127.0.0.1 - frank [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 500 2326"#,
            r#"127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 500 2326 "http://a/" "Mozilla/5.0""#,
            r#"127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET / HTTP/1.1" 500 2326 0.005"#,
            r#"127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "\x16\x03" 400 157 "-" "-""#,
            r#"79a5 bucket [06/Feb/2019:00:00:38 +0000] 192.0.2.3 - 3E57 REST.GET "GET /b HTTP/1.1" 500 - 1"#,
            r#"2025-03-12 ERROR [main] "upstream" 500 36 6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1"#,
            "203.0.113.7",
            "203.0.113.7 said - nothing [12",
            "203.0.113.7 - - [info] done",
            r#"ERROR - - [12/Mar/2025:09:14:07 +0000] "GET / HTTP/1.1" 500 36 my-request"#,
        ] {
            assert!(read(line).is_none() && !claims(line), "{line}");
        }
    }

    #[test]
    fn a_line_that_breaks_off_before_its_status_is_claimed() {
        for line in ["203.0.113.7 - -", "203.0.113.7 - - [1", "203.0.113.7 a b [12/Mar/2025:09:1"] {
            assert!(read(line).is_none() && claims(line), "{line}");
        }
        for rest in [r#""GE"#, r#""GET /orders"#, r#""GET /o HTTP/1.1""#, r#""GET /o HTTP/1.1" 50"#]
        {
            let line = format!("{HEAD}{rest}");
            assert!(read(&line).is_none() && claims(&line), "{line}");
        }
    }
}
