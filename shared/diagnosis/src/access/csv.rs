//! Comma-separated values, as the console suggests them for each kind of API:
//!
//! ```text
//! 203.0.113.7,-,-,12/Mar/2025:09:14:07 +0000,GET,/orders,HTTP/1.1,429,32,<request id>,<extended id>
//! 203.0.113.7,12/Mar/2025:09:14:07 +0000,GET,GET /orders,HTTP/1.1,500,35,<request id>
//! 203.0.113.7,-,-,12/Mar/2025:09:14:07 +0000,CONNECT,$connect,<connection id>,500,<request id>
//! ```
//!
//! Nothing is quoted or escaped, so a comma in the path shifts the columns after it: they are counted
//! from the protocol, and that is looked for from the right.

use std::borrow::Cow;

use super::{AccessRecord, parts, shapes};
use crate::Field;

pub(super) fn read(line: &str) -> Option<AccessRecord<'_>> {
    let (mut record, rest) = head(line)?;
    let (method, rest) = rest.split_once(',')?;
    if shapes::is_event_type(method) {
        record.set(Field::EventType, Cow::Borrowed(method));
        return websocket(record, rest);
    }
    if !shapes::is_method(method) {
        return None;
    }
    // A path that looks like the columns after it would have to hold a status and a length too.
    let (at, columns) = memchr::memmem::rfind_iter(rest.as_bytes(), b",HTTP/")
        .find_map(|at| Some((at, columns_after(&rest[at + 1..])?)))?;
    let Columns { protocol, status, length, ids } = columns;
    record.set(Field::HttpMethod, Cow::Borrowed(method));
    record.set(Field::Protocol, Cow::Borrowed(protocol));
    record.set(Field::Status, Cow::Borrowed(status));
    record.set(Field::ResponseLength, Cow::Borrowed(length));
    let request_id = set_ids(&mut record, ids);
    parts::set_target(&mut record, &rest[..at], request_id);
    Some(record)
}

/// Whether the line begins as these do: an address, and a date in the second or fourth column.
pub(super) fn claims(line: &str) -> bool {
    let is_cut_head = || {
        let mut columns = line.trim_ascii_start().split(',');
        columns.next().is_some_and(shapes::is_ip)
            && columns.take(3).last().is_some_and(shapes::is_cut_request_time)
    };
    head(line).is_some() || is_cut_head()
}

/// Everything up to the time.
fn head(line: &str) -> Option<(AccessRecord<'_>, &str)> {
    let mut record = AccessRecord::empty();
    let (ip, rest) = line.trim_ascii().split_once(',')?;
    if !shapes::is_ip(ip) {
        return None;
    }
    record.set(Field::SourceIp, Cow::Borrowed(ip));
    let (time, after_time) = rest.split_once(',')?;
    let (time, rest) = if shapes::is_request_time(time) {
        (time, after_time)
    } else {
        let (user, rest) = after_time.split_once(',')?;
        record.set(Field::Caller, Cow::Borrowed(time));
        record.set(Field::User, Cow::Borrowed(user));
        rest.split_once(',')?
    };
    record.set(Field::RequestTime, Cow::Borrowed(time));
    shapes::is_request_time(time).then_some((record, rest))
}

/// The columns from the protocol on.
struct Columns<'a> {
    protocol: &'a str,
    status: &'a str,
    length: &'a str,
    ids: &'a str,
}

fn columns_after(rest: &str) -> Option<Columns<'_>> {
    let (protocol, rest) = rest.split_once(',')?;
    // The comma after the status shows that it was not cut.
    let (status, rest) = rest.split_once(',')?;
    let (length, ids) = rest.split_once(',').unwrap_or((rest, ""));
    let fit = shapes::is_protocol(protocol) && shapes::is_status(status);
    fit.then_some(Columns { protocol, status, length, ids })
}

fn websocket<'a>(mut record: AccessRecord<'a>, rest: &'a str) -> Option<AccessRecord<'a>> {
    let (route_key, rest) = rest.split_once(',')?;
    let (connection_id, rest) = rest.split_once(',')?;
    let (status, ids) = rest.split_once(',')?;
    if !shapes::is_status(status) {
        return None;
    }
    record.set(Field::RouteKey, Cow::Borrowed(route_key));
    record.set(Field::ConnectionId, Cow::Borrowed(connection_id));
    record.set(Field::Status, Cow::Borrowed(status));
    set_ids(&mut record, ids);
    Some(record)
}

/// Keeps the ids and the text that follows them. Returns the request id.
fn set_ids<'a>(record: &mut AccessRecord<'a>, columns: &'a str) -> &'a str {
    let (request_id, rest) = columns.split_once(',').unwrap_or((columns, ""));
    record.set(Field::RequestId, Cow::Borrowed(request_id.trim_ascii()));
    let (second, after) = rest.split_once(',').unwrap_or((rest, ""));
    if shapes::is_gateway_id(second) {
        record.set(Field::ExtendedRequestId, Cow::Borrowed(second));
        parts::set_appended(record, after);
    } else {
        parts::set_appended(record, rest);
    }
    request_id
}

#[cfg(test)]
mod tests {
    use super::{claims, read};
    use crate::{ApiType, Field};

    const REST: &str = "203.0.113.7,-,-,12/Mar/2025:09:14:07 +0000";
    const HTTP: &str = "203.0.113.7,12/Mar/2025:09:14:07 +0000";
    const IDS: &str = "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1,HSZ9xFxGoAMEJ0A=";

    #[test]
    fn rest_http_and_websocket() {
        for (line, api_type, route, status) in [
            (
                format!("{REST},GET,/orders/{{id}},HTTP/1.1,429,32,{IDS}"),
                ApiType::Rest,
                Some("GET /orders/{id}"),
                Some(429),
            ),
            (
                format!("{REST},GET,/a,b,HTTP/1.1,502,36,{IDS}"),
                ApiType::Rest,
                Some("GET /a,b"),
                Some(502),
            ),
            (
                format!("{REST},GET,/a,HTTP/9,b,HTTP/1.1,502,36,{IDS}"),
                ApiType::Rest,
                Some("GET /a,HTTP/9,b"),
                Some(502),
            ),
            (format!("{REST},PATCH,-,HTTP/1.1,403,36,{IDS}"), ApiType::Rest, None, Some(403)),
            (
                format!("{HTTP},GET,GET /orders,HTTP/1.1,500,35,HSZ9xjQRoAMEM4A="),
                ApiType::Http,
                Some("GET /orders"),
                Some(500),
            ),
            (
                format!("{HTTP},GET,-,HTTP/1.1,404,23,HSZ9xjQRoAMEM4A="),
                ApiType::Http,
                None,
                Some(404),
            ),
            (
                format!("{REST},CONNECT,$connect,HSZ8_deJoAMCJOQ=,500, HSZ9xjQRoAMEM4A="),
                ApiType::WebSocket,
                Some("$connect"),
                Some(500),
            ),
        ] {
            let record = read(&line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(record.api_type(), Some(api_type), "{line}");
            assert_eq!(record.route().as_deref(), route, "{line}");
            assert_eq!(record.status(), status, "{line}");
            assert_eq!(record.time().unwrap().to_string(), "2025-03-12T09:14:07.000Z");
        }
    }

    #[test]
    fn the_appended_message_may_hold_commas() {
        let line = format!("{HTTP},GET,GET /o,HTTP/1.1,500,35,HSZ9xjQRoAMEM4A=,Oh, no, not again");
        assert_eq!(read(&line).unwrap().get(Field::IntegrationError), Some("Oh, no, not again"));
        let line = format!("{REST},GET,/o,HTTP/1.1,500,35,{IDS},-");
        assert!(read(&line).unwrap().logs(Field::IntegrationError));
    }

    #[test]
    fn look_alikes_are_not_claimed() {
        for line in [
            "java.lang.IllegalStateException: a, b, c, 500, HTTP/1.1,500,3",
            "203.0.113.7, 10.0.0.1, proxy,GET,/a,HTTP/1.1,500,3",
            "203.0.113.7,-,-,2025-03-12 09:14:07,GET,/a,HTTP/1.1,500,3,id",
            "at,main,line,12/Mar/2025:09:14:07 +0000,GET,/a,HTTP/1.1,500,3,id",
            "203.0.113.7",
        ] {
            assert!(read(line).is_none() && !claims(line), "{line}");
        }
    }

    #[test]
    fn a_line_that_breaks_off_before_its_status_is_claimed() {
        for line in [
            format!("{REST},GET,/orders"),
            format!("{REST},GET,/orders,HTTP/1.1,50"),
            format!("{REST},GET,/orders,HTTP/1.1,502"),
            format!("{HTTP},"),
            HTTP.to_owned(),
            REST[..30].to_owned(),
        ] {
            assert!(read(&line).is_none() && claims(&line), "{line}");
        }
    }
}
