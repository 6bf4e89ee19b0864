//! Columns without names: rows pasted from a Logs Insights result, with tabs between, and formats that
//! put variables in a row with blanks or commas between.
//!
//! ```text
//! 2024-06-04 18:49:48.942⇥128.135.204.180⇥service⇥/health⇥INTEGRATION_FAILURE⇥Internal server error⇥…
//! <request id> <extended id> 203.0.113.7 12/Mar/2025:09:14:07 +0000 GET /orders 502 HTTP/1.1 36
//! 203.0.113.7,-,curl/8.5.0,12/Mar/2025:09:14:07 +0000,GET,/orders,HTTP/1.1,403,WAF_BLOCK,23,<request id>
//! ```
//!
//! What a column is shows only in its shape, and a latency has the shape of a status. So a status must
//! stand where only a status stands, and be the only number that could be one; a response type must be
//! one that no other system writes, in a row of columns and not in a sentence.

use std::borrow::Cow;

use super::{AccessRecord, is_uuid, parts, shapes};
use crate::{Field, Timestamp};

/// No row has more; what follows is left unread.
const MOST_COLUMNS: usize = 64;

pub(super) fn read(line: &str) -> Option<AccessRecord<'_>> {
    let line = line.trim_ascii();
    let row = Row::with_tabs(line)
        .or_else(|| Row::with_blanks(line))
        .or_else(|| Row::with_commas(line))?;
    let mut record = AccessRecord::empty();
    row.set_what_shows(&mut record);
    let failed = row.set_failure(&mut record);
    let ended = row.set_status(&mut record);
    (failed || ended).then_some(record)
}

/// What a column can be by its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Time,
    Ip,
    Id,
    Method,
    Target,
    Protocol,
    ResponseType,
    /// Three digits that a status can be.
    Status,
    Number,
    Nothing,
    /// Anything else.
    Text,
}

impl Shape {
    fn of(text: &str) -> Self {
        let path = text.starts_with('/') && !text.contains(' ');
        if text == "-" {
            Self::Nothing
        } else if is_time(text) {
            Self::Time
        } else if shapes::is_ip(text) {
            Self::Ip
        } else if shapes::is_gateway_id(text) {
            Self::Id
        } else if shapes::is_method(text) {
            Self::Method
        } else if path || matches!(text, "$default" | "$connect" | "$disconnect") {
            Self::Target
        } else if shapes::is_protocol(text) {
            Self::Protocol
        } else if shapes::is_response_type(text) {
            Self::ResponseType
        } else if shapes::is_status(text) && ("100".."600").contains(&text) {
            Self::Status
        } else if shapes::is_number(text) {
            Self::Number
        } else {
            Self::Text
        }
    }
}

/// One line, cut into columns.
struct Row<'a> {
    columns: Vec<(&'a str, Shape)>,
    /// Whether tabs or commas were between the columns, so that a text with blanks is one column.
    tabs: bool,
}

impl<'a> Row<'a> {
    fn with_tabs(line: &'a str) -> Option<Self> {
        memchr::memchr(b'\t', line.as_bytes())?;
        let columns: Vec<_> = line
            .split('\t')
            .map(str::trim_ascii)
            // People line their columns up with more tabs than one.
            .filter(|text| !text.is_empty())
            .map(|text| (text, Shape::of(text)))
            .take(MOST_COLUMNS)
            .collect();
        (columns.len() > 2).then_some(Self { columns, tabs: true })
    }

    fn with_blanks(line: &'a str) -> Option<Self> {
        let mut columns = Vec::new();
        let mut rest = line;
        while !rest.is_empty() && columns.len() < MOST_COLUMNS {
            let (text, after) = next_column(rest);
            let shape = Shape::of(text);
            // Sentences begin otherwise.
            if columns.is_empty() && !matches!(shape, Shape::Time | Shape::Ip | Shape::Id) {
                return None;
            }
            columns.push((text, shape));
            rest = after.trim_ascii_start();
            if shape == Shape::ResponseType {
                columns.push((rest, Shape::Text));
                break;
            }
            // A sentence has begun.
            if columns.iter().rev().take(3).filter(|(_, shape)| *shape == Shape::Text).count() == 3
            {
                break;
            }
        }
        Some(Self { columns, tabs: false })
    }

    /// Nothing in a row is quoted, so a comma in a value only makes more columns of it.
    fn with_commas(line: &'a str) -> Option<Self> {
        let columns: Vec<_> = line
            .split(',')
            .map(|text| (text.trim_ascii(), Shape::of(text.trim_ascii())))
            .take(MOST_COLUMNS)
            .collect();
        let begins = matches!(columns.first()?.1, Shape::Time | Shape::Ip | Shape::Id);
        (begins && columns.len() > 5).then_some(Self { columns, tabs: true })
    }

    fn first(&self, wanted: Shape) -> Option<&'a str> {
        self.columns.iter().find(|(_, shape)| *shape == wanted).map(|(text, _)| *text)
    }

    fn shape_at(&self, at: Option<usize>) -> Option<Shape> {
        Some(self.columns.get(at?)?.1)
    }

    /// Keeps the columns whose shape alone says what they are.
    fn set_what_shows(&self, record: &mut AccessRecord<'a>) {
        for (shape, field) in [
            (Shape::Ip, Field::SourceIp),
            (Shape::Method, Field::HttpMethod),
            (Shape::Target, Field::Path),
            (Shape::Protocol, Field::Protocol),
        ] {
            if let Some(text) = self.first(shape) {
                record.set(field, Cow::Borrowed(text));
            }
        }
        if let Some(time) = self.first(Shape::Time) {
            record.set(Field::RequestTime, request_time(time));
        }
        let ids = || self.columns.iter().filter(|(_, shape)| *shape == Shape::Id);
        // Where both are there, only the request id can be a UUID.
        let request_id = ids().find(|(id, _)| is_uuid(id)).or_else(|| ids().next());
        if let Some((id, _)) = request_id {
            record.set(Field::RequestId, Cow::Borrowed(id));
            if let Some((extended, _)) = ids().find(|(other, _)| other != id) {
                record.set(Field::ExtendedRequestId, Cow::Borrowed(extended));
            }
        }
    }

    /// Keeps the response type and the texts after it.
    fn set_failure(&self, record: &mut AccessRecord<'a>) -> bool {
        let Some(at) = self.columns.iter().position(|(_, shape)| *shape == Shape::ResponseType)
        else {
            return false;
        };
        let of_request = record.logs(Field::SourceIp) || record.logs(Field::Path);
        let dated = record.logs(Field::RequestTime) || record.logs(Field::RequestId);
        let texts = || self.columns[at + 1..].iter().filter(|(_, shape)| *shape == Shape::Text);
        let in_sentence = !self.tabs && !texts().all(|(text, _)| is_of_gateway(text));
        if !of_request || !dated || in_sentence {
            return false;
        }
        record.set(Field::ErrorResponseType, Cow::Borrowed(self.columns[at].0));
        for (text, _) in texts() {
            let (message, after) = known_message(text).unwrap_or((text, ""));
            if parts::is_about_integration(message) {
                record.set(Field::IntegrationError, Cow::Borrowed(message));
            } else if !record.logs(Field::ErrorMessage) {
                record.set(Field::ErrorMessage, Cow::Borrowed(message));
            }
            if parts::is_about_integration(after) {
                record.set(Field::IntegrationError, Cow::Borrowed(after));
            }
        }
        true
    }

    /// Keeps the status, if one column can be nothing else.
    fn set_status(&self, record: &mut AccessRecord<'a>) -> bool {
        let mut candidates =
            self.columns.iter().enumerate().filter(|(_, (_, shape))| *shape == Shape::Status);
        let (Some((at, (status, _))), None) = (candidates.next(), candidates.next()) else {
            return false;
        };
        let before = self.shape_at(at.checked_sub(1));
        let after = self.shape_at(Some(at + 1));
        let beside = |shape| before == Some(shape) || after == Some(shape);
        let told = beside(Shape::Protocol) || beside(Shape::ResponseType);
        // Rows of a query often end in a latency after the path; log formats end in the status.
        let of_format = !self.tabs
            && record.get(Field::RequestTime).is_some_and(shapes::is_request_time)
            && (before == Some(Shape::Target)
                || (before == Some(Shape::Nothing)
                    && self.shape_at(at.checked_sub(2)) == Some(Shape::Method)));
        let of_gateway = record.logs(Field::RequestId) && record.logs(Field::RequestTime);
        if !of_gateway || !(told || of_format) {
            return false;
        }
        record.set(Field::Status, Cow::Borrowed(status));
        // Elsewhere it may be a piece of what the caller has sent.
        let verdict = self.columns.get(at + 1).map(|(text, _)| *text);
        if let Some(code @ ("WAF_BLOCK" | "WAF_ALLOW")) = verdict {
            record.set(Field::WafResponseCode, Cow::Borrowed(code));
        }
        true
    }
}

/// The first column and what follows it. Times hold a blank, and brackets may stand around them.
fn next_column(rest: &str) -> (&str, &str) {
    let bracketed = rest.strip_prefix('[').and_then(|inner| inner.split_at_checked(26));
    if let Some((time, after)) = bracketed
        && let Some(after) = after.strip_prefix(']')
        && shapes::is_request_time(time)
    {
        return (time, after);
    }
    for length in [26, INSIGHTS_TIME] {
        if let Some((time, after)) = rest.split_at_checked(length)
            && is_time(time)
            && (after.is_empty() || after.starts_with(' '))
        {
            return (time, after);
        }
    }
    rest.split_once(' ').unwrap_or((rest, ""))
}

/// `2024-06-04 18:49:48.942`, as Logs Insights shows `@timestamp`, in UTC unless told otherwise.
const INSIGHTS_TIME: usize = 23;

fn is_time(text: &str) -> bool {
    let may_be = (20..=35).contains(&text.len()) && text.as_bytes()[0].is_ascii_digit();
    may_be
        && (shapes::is_request_time(text) || Timestamp::from_rfc3339(&request_time(text)).is_some())
}

/// A time in the form that `$context.requestTime` has or might have.
fn request_time(text: &str) -> Cow<'_, str> {
    if text.len() == INSIGHTS_TIME && text.as_bytes()[10] == b' ' {
        return Cow::Owned(format!("{}Z", text.replacen(' ', "T", 1)));
    }
    Cow::Borrowed(text)
}

/// Whether a text is one that API Gateway writes.
fn is_of_gateway(text: &str) -> bool {
    text.is_empty() || known_message(text).is_some() || parts::is_about_integration(text)
}

/// One of API Gateway's error messages at the beginning of a text, and what follows it.
fn known_message(text: &str) -> Option<(&str, &str)> {
    const MESSAGES: [&str; 12] = [
        "-",
        "Endpoint request timed out",
        "Forbidden",
        "Internal server error",
        "Invalid request body",
        "Limit Exceeded",
        "Missing Authentication Token",
        "Network error communicating with endpoint",
        "Request Too Long",
        "Service Unavailable",
        "Unsupported Media Type",
        "User is not authorized to access this resource",
    ];
    let message = MESSAGES.iter().find(|message| text.starts_with(**message))?;
    let (message, after) = text.split_at(message.len());
    (after.is_empty() || after.starts_with(' ')).then_some((message, after.trim_ascii_start()))
}

#[cfg(test)]
mod tests {
    use super::read;
    use crate::{ApiType, Field};

    const INSIGHTS: &str = "2024-06-04 18:49:48.942\t128.135.204.180\tservice\t/health/progress\tINTEGRATION_FAILURE\tInternal server error\tLambda Customer Function Error:'AZUL_S3_BUCKET'";

    #[test]
    fn rows_pasted_from_a_query() {
        for line in [
            INSIGHTS.to_owned(),
            INSIGHTS.replace("\tINTEGRATION", "\t\tINTEGRATION"),
            INSIGHTS.replace('\t', " "),
        ] {
            let record = read(&line).unwrap_or_else(|| panic!("{line}"));
            for (field, value) in [
                (Field::SourceIp, "128.135.204.180"),
                (Field::Path, "/health/progress"),
                (Field::ErrorResponseType, "INTEGRATION_FAILURE"),
                (Field::ErrorMessage, "Internal server error"),
                (Field::IntegrationError, "Lambda Customer Function Error:'AZUL_S3_BUCKET'"),
            ] {
                assert_eq!(record.get(field), Some(value), "{line}");
            }
            assert_eq!(record.time().unwrap().to_string(), "2024-06-04T18:49:48.942Z");
            assert_eq!(record.status(), None);
        }
    }

    #[test]
    fn formats_with_blanks_between() {
        const UUID: &str = "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1";
        const EXTENDED: &str = "HSZ9xFxGoAMEJ0A=";
        const TIME: &str = "12/Mar/2025:09:14:07 +0000";
        for (line, api_type, route, status) in [
            (
                format!("{UUID} {EXTENDED} 203.0.113.7 {TIME} GET /o/{{id}} 502 HTTP/1.1 36"),
                ApiType::Rest,
                Some("GET /o/{id}"),
                502,
            ),
            (
                format!("{UUID} {EXTENDED} 203.0.113.7 {TIME} GET - 403 HTTP/1.1 36"),
                ApiType::Rest,
                None,
                403,
            ),
            (
                format!("{EXTENDED} {EXTENDED} 203.0.113.7 {TIME} GET /o 404"),
                ApiType::Http,
                Some("GET /o"),
                404,
            ),
            (
                format!("{EXTENDED} 203.0.113.7 - - [{TIME}] GET /o HTTP/1.1 504 41 {UUID}"),
                ApiType::Rest,
                Some("GET /o"),
                504,
            ),
        ] {
            let record = read(&line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(record.api_type(), Some(api_type), "{line}");
            assert_eq!(record.route().as_deref(), route, "{line}");
            assert_eq!(record.status(), Some(status), "{line}");
            assert_eq!(record.time().unwrap().to_string(), "2025-03-12T09:14:07.000Z");
        }
    }

    #[test]
    fn formats_with_commas_between() {
        const IDS: &str = "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1,HSZ9xFxGoAMEJ0A=";
        let head = "203.0.113.7,-,-,-,curl/8.5.0,12/Mar/2025:09:14:07 +0000,GET,/o,HTTP/1.1";
        for (rest, status, waf) in [
            ("403,WAF_BLOCK,23", Some(403), Some("WAF_BLOCK")),
            ("200,WAF_ALLOW,23", Some(200), Some("WAF_ALLOW")),
            ("502,36", Some(502), None),
            ("502,36,WAF_BLOCK", Some(502), None),
        ] {
            let line = format!("{head},{rest},{IDS}");
            let record = read(&line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((record.status(), record.get(Field::WafResponseCode)), (status, waf));
            assert_eq!(record.route().as_deref(), Some("GET /o"));
        }
        // Not the status beside a protocol, or nothing of API Gateway beside it.
        for line in [
            format!("203.0.113.7,12/Mar/2025:09:14:07 +0000,GET,/o,502,{IDS}"),
            "203.0.113.7,x,GET,/o,HTTP/1.1,502,a,b".to_owned(),
            "10.0.0.1,10.0.0.2,443,6,500,ACCEPT".to_owned(),
        ] {
            assert!(read(&line).is_none(), "{line}");
        }
    }

    #[test]
    fn what_could_be_a_latency_is_no_status() {
        const ID: &str = "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1";
        for line in [
            format!("2025-03-12 09:14:07.123\t{ID}\t/orders\t502"),
            format!("2025-03-12 09:14:07.123\t{ID}\tGET\t/orders\tHTTP/1.1\t502\t404"),
            format!("{ID} 203.0.113.7 12/Mar/2025:09:14:07 +0000 GET /orders 502 404"),
            format!("{ID} 203.0.113.7 12/Mar/2025:09:14:07 +0000 GET /orders HTTP/1.1 50"),
        ] {
            assert!(read(&line).is_none(), "{line}");
        }
    }

    #[test]
    fn look_alikes() {
        for line in [
            "2024-06-04 18:49:48.942 ERROR got INTEGRATION_FAILURE from gateway",
            "2024-06-04 18:49:48.942 10.0.0.1 got INTEGRATION_FAILURE from gateway",
            "2024-06-04 18:49:48.942\tERROR\tmain\tINTEGRATION_FAILURE\tit broke",
            "2024-06-04 18:49:48.942\t10.0.0.1\t/login\tUNAUTHORIZED",
            "2025-03-12T09:14:07.123Z\t8f3c2b1a-0f9e-4d7c-b6b5-a49381234567\tERROR\tInvoke Error \t{}",
            "REPORT RequestId: d1f425fb-f42b-4d4a-a6e5-1916edc4af25\tDuration: 112 ms\tStatus: error",
            "2019-12-04\t21:02:31\tLAX1\t392\t192.0.2.100\tGET\td1.cloudfront.net\t/index.html\t200\t-",
            "2 123456789010 eni-1235b8ca 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 ACCEPT OK",
            "8f3c2b1a-0f9e-4d7c-b6b5-a49381234567 Task timed out after 3.02 seconds",
            "the quick brown fox 500",
        ] {
            assert!(read(line).is_none(), "{line}");
        }
    }
}
