//! Lines of JSON in a function's log: the service's own events, errors that a runtime reports, and what
//! functions log.
//!
//! Access logs are JSON too, and share words such as `requestId`, `time` and `errorMessage` with these.
//! What tells them apart: `type: platform.…` and an exception's class stand in no access log; a level
//! stands in an access log only beside variables that nobody but API Gateway logs.

use std::borrow::Cow;

use super::json::{ErrorObject, Value, walk};
use super::{FunctionError, LambdaEvent, LambdaLine, Report, TellsOf, row, service};
use crate::{AccessRecord, Field, Timestamp};

/// Variables that only API Gateway logs, under names that only its users choose.
const ONLY_GATEWAY: [Field; 15] = [
    Field::ExtendedRequestId,
    Field::ResourcePath,
    Field::RouteKey,
    Field::ResponseLength,
    Field::RequestTimeEpoch,
    Field::Protocol,
    Field::IntegrationError,
    Field::IntegrationStatus,
    Field::IntegrationServiceStatus,
    Field::IntegrationCodeStatus,
    Field::IntegrationLatency,
    Field::AuthorizerError,
    Field::AuthorizerStatus,
    Field::WafResponseCode,
    Field::ConnectionId,
];

/// Keys under which functions log the invocation they belong to. Powertools and loggers like it.
const LAMBDA_KEYS: [&[u8]; 10] = [
    b"function_request_id",
    b"function_name",
    b"functionName",
    b"function_arn",
    b"functionArn",
    b"cold_start",
    b"coldStart",
    b"AWSRequestId",
    b"awsRequestId",
    b"lambdaRequestId",
];

/// Everything of interest in one line.
#[derive(Default)]
struct Found<'a> {
    kind: Option<Cow<'a, str>>,
    time: Option<Timestamp>,
    request_id: Option<Cow<'a, str>>,
    level: Option<Cow<'a, str>>,
    level_key: LevelKey,
    text: Option<Cow<'a, str>>,
    names_lambda: bool,
    powertools: Powertools,
    has_status: bool,
    error: ErrorObject<'a>,
    /// An error inside `message`, `error`, `err` or `exception`.
    inner: ErrorObject<'a>,
    /// A log row inside the service's own event.
    record: Option<Cow<'a, str>>,
    report: Report<'a>,
}

/// The key that a level stands under.
#[derive(Default, PartialEq)]
enum LevelKey {
    #[default]
    Level,
    /// Python's runtime names it so in errors that nobody caught.
    LogLevel,
}

/// Keys that Powertools writes beside a level.
#[derive(Default)]
struct Powertools {
    service: bool,
    /// The place in code, or the trace.
    place: bool,
}

/// Whether a record can only be one of an access log.
pub(super) fn is_of_access_log(record: &AccessRecord<'_>) -> bool {
    is_by_gateway(record) && record.status().is_some()
}

fn is_by_gateway(record: &AccessRecord<'_>) -> bool {
    ONLY_GATEWAY.iter().any(|&field| record.logs(field))
}

/// Reads a line, unless it is one of an access log.
pub(super) fn read<'a>(line: &'a str, record: Option<&AccessRecord<'_>>) -> Option<LambdaLine<'a>> {
    // Nearly every line that comes here is a healthy access record.
    if record.is_some_and(is_of_access_log) {
        return None;
    }
    let by_gateway = record.is_some_and(is_by_gateway);
    let mut found =
        Found { report: Report { text: line, ..Report::default() }, ..Found::default() };
    let complete = walk(line, &mut |path, value| found.take(path, value));
    let event = found.platform_event().or_else(|| found.runtime_error());
    let event = event.or_else(|| found.handed_on()).or_else(|| {
        let Powertools { service, place } = found.powertools;
        let own = found.names_lambda || (!by_gateway && (service && place || found.is_native()));
        own.then(|| found.said()).flatten()
    })?;
    // What broke off counts if its error was told before that.
    let counts = complete || matches!(event, LambdaEvent::Error(_));
    counts.then_some(LambdaLine { request_id: found.request_id, time: found.time, event })
}

impl<'a> Found<'a> {
    fn take(&mut self, path: &[&[u8]], value: Value<'a>) {
        self.error.take(path, value);
        match path {
            [b"type"] => self.kind = value.text(),
            [b"time" | b"timestamp"] => {
                self.time = value.text().and_then(|time| Timestamp::from_rfc3339(&time));
            }
            [b"requestId" | b"request_id"] | [b"record", b"requestId"] => {
                self.request_id = value.text();
            }
            [b"level" | b"levelname" | b"severity"] => self.level = value.text(),
            [b"log_level"] => {
                self.level = value.text();
                self.level_key = LevelKey::LogLevel;
            }
            [b"status"] => self.has_status = true,
            [b"service"] => self.powertools.service = true,
            [b"location" | b"xray_trace_id"] => self.powertools.place = true,
            [b"message" | b"msg" | b"@message"] | [b"fields", b"message"] => {
                self.text = value.text();
            }
            // Rust's runtime opens a span for every invocation.
            [b"span", b"requestId"] => {
                self.names_lambda = true;
                self.request_id = value.text();
            }
            [b"exception_name"] => self.inner.kind = value.text(),
            [b"exception" | b"stack_trace"] => {
                self.inner.take(&[b"stack"], value);
            }
            [b"message" | b"error" | b"err" | b"exception", key] => self.take_inner(key, value),
            [b"record"] => self.record = value.text(),
            [b"record", rest @ ..] => self.take_record(rest, value),
            [key] if LAMBDA_KEYS.contains(key) => {
                self.names_lambda = true;
                if key.ends_with(b"equest_id") || key.ends_with(b"equestId") {
                    self.request_id = value.text();
                }
            }
            _ => {}
        }
    }

    fn take_inner(&mut self, key: &[u8], value: Value<'a>) {
        let key: &[u8] = match key {
            b"name" | b"type" => b"errorType",
            b"message" => b"errorMessage",
            other => other,
        };
        self.inner.take(&[key], value);
    }

    fn take_record(&mut self, path: &[&[u8]], value: Value<'a>) {
        let report = &mut self.report;
        match path {
            [b"status"] => report.status = value.text(),
            [b"errorType"] => report.error_type = value.text(),
            [b"phase"] => report.phase = value.text(),
            [b"metrics", b"durationMs"] => report.duration_ms = value.number(),
            [b"metrics", b"billedDurationMs"] => report.billed_duration_ms = value.number(),
            [b"metrics", b"initDurationMs"] => report.init_duration_ms = value.number(),
            [b"metrics", b"memorySizeMB"] => report.memory_size_mb = value.number(),
            [b"metrics", b"maxMemoryUsedMB"] => report.max_memory_used_mb = value.number(),
            _ => {}
        }
    }

    /// An event of the service: <https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html>
    fn platform_event(&mut self) -> Option<LambdaEvent<'a>> {
        let kind = self.kind.as_deref()?;
        if matches!(kind, "platform.fault" | "function")
            && let Some(text) = self.record.take()
        {
            let found = row::of_anybody(text, self.report.text)?;
            return Some(self.with_row(found));
        }
        let report = || self.report.clone();
        Some(match kind {
            "platform.start" => LambdaEvent::Start,
            "platform.end" => LambdaEvent::End,
            "platform.report" => LambdaEvent::Report(report()),
            "platform.runtimeDone" => LambdaEvent::Done(report()),
            "platform.initReport" | "platform.initRuntimeDone" => {
                let init = self.report.init_duration_ms.or(self.report.duration_ms);
                LambdaEvent::Init(Report { init_duration_ms: init, ..report() })
            }
            other if other.starts_with("platform.") => LambdaEvent::Notice,
            _ => return None,
        })
    }

    /// An object of an error alone: nobody but the runtime reports it so. With a level it is a row of
    /// the log, and only Python's runtime has a key of its own for that.
    fn runtime_error(&mut self) -> Option<LambdaEvent<'a>> {
        let class_of_exception = self
            .error
            .kind
            .as_deref()
            .is_some_and(|kind| kind.bytes().any(|b| b.is_ascii_lowercase()));
        let message = self.error.message.as_deref();
        let lone_message = self.error.kind.is_none() && message.is_some_and(is_of_service);
        if self.has_status || message.is_none() || !(class_of_exception || lone_message) {
            return None;
        }
        if lone_message {
            return self.error.message.take().map(LambdaEvent::Service);
        }
        let told_by = match self.level {
            None => TellsOf::Runtime,
            Some(_) if self.level_key == LevelKey::LogLevel => TellsOf::Runtime,
            Some(_) => TellsOf::Application,
        };
        let object = std::mem::take(&mut self.error);
        Some(LambdaEvent::Error(FunctionError::of_object(object, told_by)))
    }

    /// A row of the service that a shipper of logs or a query has put into an object of its own, with
    /// whatever level it thinks fit.
    fn handed_on(&mut self) -> Option<LambdaEvent<'a>> {
        let found = row::of_service(self.text.clone()?, self.report.text)?;
        // A sentence alone may be somebody's own message.
        let by_service =
            found.request_id.is_some() || !matches!(found.event, LambdaEvent::Service(_));
        by_service.then(|| self.with_row(found))
    }

    /// Takes over what a row inside the object tells, unless the object says it itself.
    fn with_row(&mut self, row: LambdaLine<'a>) -> LambdaEvent<'a> {
        self.time = self.time.or(row.time);
        self.request_id = self.request_id.take().or(row.request_id);
        row.event
    }

    /// The shape of Lambda's own JSON log format: `timestamp`, `level`, `requestId`, `message`.
    fn is_native(&self) -> bool {
        let says = self.text.is_some() || self.inner.tells_an_error();
        self.level.is_some() && self.request_id.is_some() && self.time.is_some() && says
    }

    /// A row of the function's own log. Node.js's runtime reports what nobody caught as
    /// `message: {errorType, errorMessage, stackTrace}`, and so does a function that logs an error.
    fn said(&mut self) -> Option<LambdaEvent<'a>> {
        let level = self.level.as_deref()?;
        let as_error = means_error(level);
        let is_report = self.is_native() && !self.names_lambda && self.text.is_none();
        let inner = std::mem::take(&mut self.inner);
        if as_error && (inner.tells_an_error() || inner.has_stack) {
            let told_by = if is_report { TellsOf::Shape } else { TellsOf::Application };
            let message = inner.message.clone().or_else(|| self.text.take());
            let error = ErrorObject { message, ..inner };
            return Some(LambdaEvent::Error(FunctionError::of_object(error, told_by)));
        }
        Some(LambdaEvent::Said { as_error, text: self.text.take().unwrap_or_default() })
    }
}

/// Whether a level means an error, by its word or, as Node.js's loggers write it, by its number.
fn means_error(level: &str) -> bool {
    const WORDS: [&str; 4] = ["error", "fatal", "critical", "severe"];
    WORDS.iter().any(|word| level.eq_ignore_ascii_case(word))
        || level.parse::<u16>().is_ok_and(|number| number >= 50)
}

/// A message without a class: Lambda's own, behind its time and request id.
fn is_of_service(message: &str) -> bool {
    let (_, rest) = crate::prefix::time(message);
    service::read(rest.trim()).is_some()
}

#[cfg(test)]
mod tests {
    use super::{LambdaEvent, TellsOf};
    use crate::{LambdaLine, Line, Reader};

    const ID: &str = "8f3c2b1a-0f9e-4d7c-b6b5-a49381234567";

    fn lambda(text: &str) -> Option<LambdaLine<'_>> {
        match Reader::default().line(text) {
            Line::Lambda(line) => Some(line),
            _ => None,
        }
    }

    fn error(text: &str) -> (String, TellsOf, Option<String>) {
        match lambda(text).unwrap_or_else(|| panic!("not of Lambda: {text}")).event {
            LambdaEvent::Error(error) => (error.shown.into_owned(), error.told_by, error.frame),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn the_services_own_events() {
        let text = format!(
            r#"{{"time":"2025-03-12T09:14:10.125Z","type":"platform.report","record":{{"requestId":"{ID}","metrics":{{"durationMs":812.44,"billedDurationMs":813,"memorySizeMB":128,"maxMemoryUsedMB":127,"initDurationMs":3.5}},"status":"error","errorType":"Runtime.ExitError"}}}}"#
        );
        let line = lambda(&text).unwrap();
        assert_eq!(line.request_id.as_deref(), Some(ID));
        assert_eq!(line.time.unwrap().to_string(), "2025-03-12T09:14:10.125Z");
        let LambdaEvent::Report(report) = line.event else { panic!("{:?}", line.event) };
        assert_eq!((report.duration_ms, report.billed_duration_ms), (Some(812.44), Some(813.0)));
        assert_eq!((report.memory_size_mb, report.max_memory_used_mb), (Some(128.0), Some(127.0)));
        assert_eq!((report.init_duration_ms, report.text), (Some(3.5), &*text));
        assert_eq!(report.error_type.as_deref(), Some("Runtime.ExitError"));
        assert!(report.used_all_memory());
        for (kind, event) in [
            ("platform.start", LambdaEvent::Start),
            ("platform.end", LambdaEvent::End),
            ("platform.extension", LambdaEvent::Notice),
            ("platform.somethingNew", LambdaEvent::Notice),
        ] {
            let text = format!(r#"{{"type":"{kind}","record":{{}}}}"#);
            assert_eq!(lambda(&text).unwrap().event, event);
        }
        let fault = format!(
            r#"{{"type":"platform.fault","record":"RequestId: {ID} Process exited before completing request"}}"#
        );
        assert_eq!(lambda(&fault).unwrap().request_id.as_deref(), Some(ID));
    }

    #[test]
    fn errors_and_who_tells_of_them() {
        for (text, shown, told_by, frame) in [
            (
                r#"{"errorMessage":"no x","errorType":"TypeError","stackTrace":["at f (/var/task/i.js:1:2)"]}"#.to_owned(),
                "TypeError: no x",
                TellsOf::Runtime,
                Some("at f (/var/task/i.js:1:2)"),
            ),
            (
                format!(r#"{{"timestamp":"2025-03-12T09:14:07.123Z","log_level":"ERROR","errorMessage":"'x'","errorType":"KeyError","requestId":"{ID}"}}"#),
                "KeyError: 'x'",
                TellsOf::Runtime,
                None,
            ),
            (
                format!(r#"{{"timestamp":"2025-03-12T09:14:07.123Z","level":"ERROR","errorMessage":"'x'","errorType":"KeyError","requestId":"{ID}"}}"#),
                "KeyError: 'x'",
                TellsOf::Application,
                None,
            ),
            (
                format!(r#"{{"timestamp":"2025-03-12T09:14:07.123Z","level":"ERROR","requestId":"{ID}","message":{{"errorType":"TypeError","errorMessage":"no x","stackTrace":["at f (/var/task/i.js:1:2)"]}}}}"#),
                "TypeError: no x",
                TellsOf::Shape,
                Some("at f (/var/task/i.js:1:2)"),
            ),
            (
                format!(r#"{{"level":"ERROR","message":"payment failed","function_request_id":"{ID}","exception":"Traceback (most recent call last):\n  File \"/var/task/app.py\", line 19, in handler\nValueError: bad card","exception_name":"ValueError"}}"#),
                "ValueError: payment failed",
                TellsOf::Application,
                Some("File \"/var/task/app.py\", line 19, in handler"),
            ),
            (
                format!(r#"{{"level":"ERROR","message":"payment failed","function_request_id":"{ID}","error":{{"name":"CardError","message":"bad card","stack":"CardError: bad card\n    at f (/var/task/i.js:1:2)"}}}}"#),
                "CardError: bad card",
                TellsOf::Application,
                Some("at f (/var/task/i.js:1:2)"),
            ),
        ] {
            let frame = frame.map(str::to_owned);
            assert_eq!(error(&text), (shown.to_owned(), told_by, frame), "{text}");
        }
    }

    #[test]
    fn rows_of_the_service_inside_an_object() {
        for (text, wanted) in [
            (
                format!(
                    r#"{{"level":"info","message":"2018-05-17T06:46:28.161Z {ID} Task timed out after 18.02 seconds"}}"#
                ),
                "service",
            ),
            (
                format!(
                    r#"{{"@timestamp":"2026-06-25 23:59:41.096","@message":"REPORT RequestId: {ID}\tDuration: 180000.00 ms\tStatus: timeout\n"}}"#
                ),
                "timeout",
            ),
            (format!(r#"{{"level":"info","message":"END RequestId: {ID}"}}"#), "end"),
            (
                format!(
                    r#"{{"type":"function","record":"2025-11-19T22:47:41.578Z\t{ID}\tERROR\tx"}}"#
                ),
                "said",
            ),
        ] {
            let line = lambda(&text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(line.request_id.as_deref(), Some(ID), "{text}");
            let found = match &line.event {
                LambdaEvent::Service(_) => "service",
                LambdaEvent::Report(report) => report.status.as_deref().unwrap_or_default(),
                LambdaEvent::End => "end",
                LambdaEvent::Said { as_error: true, .. } => "said",
                other => panic!("{text}: {other:?}"),
            };
            assert_eq!(found, wanted, "{text}");
        }
        for text in [
            r#"{"level":"info","message":"Task timed out after 3.00 seconds"}"#.to_owned(),
            format!(
                r#"{{"level":"info","message":"last time: {ID} Task timed out after 3.00 seconds"}}"#
            ),
        ] {
            assert!(lambda(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn what_functions_log() {
        for (text, as_error) in [
            (
                format!(
                    r#"{{"timestamp":"2025-03-12T09:14:07.123Z","level":"ERROR","requestId":"{ID}","message":"boom","statusCode":502}}"#
                ),
                true,
            ),
            (
                format!(
                    r#"{{"timestamp":"2025-03-12T09:14:07.123Z","level":"INFO","requestId":"{ID}","message":"status 500"}}"#
                ),
                false,
            ),
            (r#"{"level":"INFO","message":"stored","cold_start":true}"#.to_owned(), false),
            (r#"{"level":30,"msg":"stored","awsRequestId":"x"}"#.to_owned(), false),
            (r#"{"level":40,"msg":"slow","awsRequestId":"x"}"#.to_owned(), false),
            (r#"{"level":50,"msg":"lost","awsRequestId":"x"}"#.to_owned(), true),
            (r#"{"severity":"ERROR","message":"lost","awsRequestId":"x"}"#.to_owned(), true),
            (
                r#"{"level":"ERROR","fields":{"message":"lost"},"target":"app","span":{"requestId":"x","name":"Lambda runtime invoke"}}"#
                    .to_owned(),
                true,
            ),
            (
                r#"{"level":"ERROR","message":"lost","service":"orders","location":"f:1"}"#
                    .to_owned(),
                true,
            ),
        ] {
            match lambda(&text).map(|line| line.event) {
                Some(LambdaEvent::Said { as_error: found, .. }) => assert_eq!(found, as_error),
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn access_logs_and_logs_of_others_are_not_lambdas() {
        for text in [
            r#"{"requestId":"x","status":"500","errorType":"TypeError","errorMessage":"no x"}"#,
            r#"{"requestId":"x","status":"502","resourcePath":"/","errorType":"-","errorMessage":"-","level":"INFO","cold_start":1}"#,
            r#"{"requestId":"x","routeKey":"GET /","errorType":"INTEGRATION_FAILURE","errorMessage":"Internal Server Error"}"#,
            r#"{"level":"ERROR","message":"somebody else's"}"#,
            r#"{"level":"ERROR","fields":{"message":"somebody else's"},"span":{"name":"x"}}"#,
            r#"{"type":"platform","record":{}}"#,
            r#"{"type":"function","record":"hello"}"#,
            r#"{"errorMessage":"Task timed out after lunch"}"#,
            r#"{"type":"platform.report","record":{"status":"timeo"#,
            "{}",
            "{",
        ] {
            assert!(lambda(text).is_none(), "{text}");
        }
    }
}
