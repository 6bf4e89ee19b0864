//! Rows behind a runtime's own prefix: what the function logs, and what its runtime reports.
//!
//! Node.js: `<time>\t<request id>\t<LEVEL>\t…`, without a level before version 10. Python:
//! `[LEVEL]\t<time>\t<request id>\t…` for the function, `[ERROR] Class: message` and a traceback for the
//! runtime. .NET and log4j write like Node.js. Blanks stand for tabs once a terminal has been in between.
//! <https://docs.aws.amazon.com/lambda/latest/dg/nodejs-logging.html>,
//! <https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html>

use std::borrow::Cow;

use super::exception::exception;
use super::json::ErrorObject;
use super::{FunctionError, LambdaEvent, TellsOf, crash, service};
use crate::access::is_uuid;
use crate::prefix;

/// Levels, and whether they mean an error. .NET has its own words.
const LEVELS: [(&str, bool); 15] = [
    ("ERROR", true),
    ("FATAL", true),
    ("CRITICAL", true),
    ("SEVERE", true),
    ("fail", true),
    ("crit", true),
    ("WARNING", false),
    ("WARN", false),
    ("INFO", false),
    ("DEBUG", false),
    ("TRACE", false),
    ("info", false),
    ("warn", false),
    ("dbug", false),
    ("trce", false),
];

/// What Node.js's runtime puts before an error that nobody caught.
const UNCAUGHT: [&str; 4] =
    ["Invoke Error", "Uncaught Exception", "Unhandled Promise Rejection", "Streaming Error"];

/// Reads a row and the request id in it. `has_time`: a time stood before it.
pub(super) fn read(text: &str, has_time: bool) -> Option<(Option<&str>, LambdaEvent<'_>)> {
    if let Some(row) = text.strip_prefix('[') {
        return python(row);
    }
    if !has_time {
        return None;
    }
    let (id, rest) = text.split_once(['\t', ' '])?;
    if !(is_uuid(id) || id == "undefined") {
        return None;
    }
    let id = Some(id).filter(|id| is_uuid(id));
    let rest = rest.trim_start();
    let level = LEVELS.iter().find_map(|&(level, error)| {
        let message = rest.strip_prefix(level)?;
        message.starts_with([' ', '\t']).then_some((level, error, message.trim_start()))
    });
    let event = match level {
        Some((_, false, message)) => said(false, message),
        Some((level, true, message)) => logged_as_error(level, message),
        None => without_level(rest),
    };
    Some((id, event))
}

/// `[ERROR] KeyError: 'x'\nTraceback …`, `[ERROR]\t<time>\t<request id>\tmessage`.
fn python(row: &str) -> Option<(Option<&str>, LambdaEvent<'_>)> {
    let (level, rest) = row.split_once(']')?;
    let &(_, as_error) = LEVELS.iter().find(|(known, _)| *known == level)?;
    if let (Some(_), row) = prefix::time(rest) {
        let with_id = row.split_once(['\t', ' ']).filter(|(id, _)| is_uuid(id));
        return match with_id {
            Some((id, message)) => Some((Some(id), said(as_error, message.trim_start()))),
            // While the function starts there is no id. Without tabs anybody may have written it.
            None => rest.starts_with('\t').then(|| (None, said(as_error, row))),
        };
    }
    let rest = rest.strip_prefix(' ').filter(|_| as_error)?;
    let (kind, message) = exception(rest)?;
    let by_runtime =
        kind.starts_with("Runtime.") || rest.contains("\nTraceback (most recent call last):");
    let told_by = if by_runtime { TellsOf::Runtime } else { TellsOf::Shape };
    let error = FunctionError::new(Some(Cow::Borrowed(kind)), Cow::Borrowed(message), told_by);
    Some((None, LambdaEvent::Error(error.with_frame_in(rest))))
}

fn logged_as_error<'a>(level: &str, message: &'a str) -> LambdaEvent<'a> {
    let uncaught = UNCAUGHT.iter().find_map(|words| message.strip_prefix(words));
    if let Some(object) = uncaught.and_then(|rest| ErrorObject::read(rest.trim_start())) {
        return LambdaEvent::Error(FunctionError::of_object(object, TellsOf::Runtime));
    }
    // .NET's runtime reports what nobody caught in a row like any other.
    let by_dotnet = matches!(level, "fail" | "crit");
    match crash::read(message) {
        Some(LambdaEvent::Error(error)) if by_dotnet || error.told_by == TellsOf::Runtime => {
            LambdaEvent::Error(error)
        }
        _ => said(true, message),
    }
}

/// The oldest versions of Node.js: errors of the runtime and of the function look the same.
fn without_level(message: &str) -> LambdaEvent<'_> {
    if let Some(object) = ErrorObject::read(message).filter(|object| object.kind.is_some()) {
        return LambdaEvent::Error(FunctionError::of_object(object, TellsOf::Runtime));
    }
    if let Some((_, event)) = service::read(message) {
        return event;
    }
    match exception(message) {
        Some((kind, text)) if message.contains("\n    at ") => {
            let error = FunctionError::new(Some(kind.into()), text.into(), TellsOf::Shape);
            LambdaEvent::Error(error.with_frame_in(message))
        }
        Some((kind, text)) => LambdaEvent::Error(FunctionError::new(
            Some(kind.into()),
            text.into(),
            TellsOf::Application,
        )),
        None => said(false, message),
    }
}

/// What the function itself has logged.
fn said(as_error: bool, message: &str) -> LambdaEvent<'_> {
    match exception(message) {
        Some((kind, text)) if as_error || kind == "GoneException" => {
            let error = FunctionError::new(Some(kind.into()), text.into(), TellsOf::Application);
            LambdaEvent::Error(error.with_frame_in(message))
        }
        _ => LambdaEvent::Said { as_error, text: Cow::Borrowed(message) },
    }
}

#[cfg(test)]
mod tests {
    use super::{LambdaEvent, TellsOf};
    use crate::lambda::{FunctionError, LambdaLine};

    const PREFIX: &str = "2022-12-16T09:01:04.386Z\tf0117e89-17ca-4767-b1ff-0d895868934e\t";

    fn event(line: &str) -> LambdaEvent<'_> {
        LambdaLine::read_text(line).unwrap_or_else(|| panic!("not read: {line}")).event
    }

    fn error(line: &str) -> FunctionError<'_> {
        match event(line) {
            LambdaEvent::Error(error) => error,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn errors_that_nobody_caught() {
        for (line, shown, frame) in [
            (
                format!("{PREFIX}ERROR\tInvoke Error \t{{\"errorType\":\"TypeError\",\"errorMessage\":\"no x\",\"stack\":[\"TypeError: no x\",\"    at f (/var/task/i.js:1:2)\"]}}"),
                "TypeError: no x",
                Some("at f (/var/task/i.js:1:2)"),
            ),
            (
                format!("{PREFIX}ERROR\tUncaught Exception \t{{\"errorType\":\"Runtime.ImportModuleError\",\"errorMessage\":\"Error: Cannot find module 'x'\"}}").replace('\t', " "),
                "Runtime.ImportModuleError: Error: Cannot find module 'x'",
                None,
            ),
            (
                format!("{PREFIX}{{\"errorMessage\":\"no x\",\"errorType\":\"TypeError\"}}"),
                "TypeError: no x",
                None,
            ),
            (
                "[ERROR] KeyError: 'x'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 12, in handler\n    event['x']".to_owned(),
                "KeyError: 'x'",
                Some("File \"/var/task/app.py\", line 12, in handler"),
            ),
            (
                "[ERROR] Runtime.ImportModuleError: Unable to import module 'app'".to_owned(),
                "Runtime.ImportModuleError: Unable to import module 'app'",
                None,
            ),
        ] {
            let found = error(&line);
            assert_eq!((&*found.shown, found.told_by), (shown, TellsOf::Runtime), "{line}");
            assert_eq!(found.frame.as_deref(), frame, "{line}");
        }
    }

    #[test]
    fn errors_that_may_have_been_handled() {
        for (line, told_by) in [
            (format!("{PREFIX}TypeError: no x\n    at f (/var/task/i.js:1:2)"), TellsOf::Shape),
            (format!("{PREFIX}TypeError: no x"), TellsOf::Application),
            ("[ERROR] KeyError: 'x'".to_owned(), TellsOf::Shape),
            (
                format!("{PREFIX}ERROR\tTypeError: no x\n    at f (/var/task/i.js:1:2)"),
                TellsOf::Application,
            ),
            (
                format!("{PREFIX}INFO\tGoneException: 410\n    at f (/var/task/i.js:1:2)"),
                TellsOf::Application,
            ),
            (format!("[ERROR]\t{PREFIX}KeyError: 'x'"), TellsOf::Application),
            (format!("{PREFIX}fail\tSystem.Exception: no x\n   at Shop.F.H()"), TellsOf::Shape),
        ] {
            assert_eq!(error(&line).told_by, told_by, "{line}");
        }
    }

    #[test]
    fn what_a_function_says() {
        for (line, error) in [
            (format!("{PREFIX}event.Records--->undefined"), false),
            (format!("{PREFIX}INFO\tInvoke Error {{\"errorType\":1"), false),
            (format!("{PREFIX}ERROR\torder not found"), true),
            (format!("{PREFIX}fail\torder not found"), true),
            (format!("{PREFIX}ERRORS\torder not found"), false),
            (format!("{PREFIX}INFO\tTypeError: handled\n    at f (/var/task/i.js:1:2)"), false),
            (format!("[INFO]\t{PREFIX}hello"), false),
            (format!("[INFO] {PREFIX}hello").replace('\t', " "), false),
            (
                "[WARNING]\t2026-04-22T21:00:55.004Z\t\tLAMBDA_WARNING: Unhandled exception."
                    .to_owned(),
                false,
            ),
            (format!("[ERROR]\t{PREFIX}hello"), true),
            (format!("{PREFIX}ERROR\tTask timed out after 3.00 seconds"), true),
        ] {
            match event(&line) {
                LambdaEvent::Said { as_error, .. } => assert_eq!(as_error, error, "{line}"),
                other => panic!("{line}: {other:?}"),
            }
        }
    }

    #[test]
    fn look_alikes_are_no_lambda_lines() {
        for line in [
            "",
            "[ERROR]",
            "[ERROR] something failed",
            "[INFO] KeyError: 'x'",
            "[ERROR]\tno time\tno id\tx",
            "[ERROR] 2022-12-16T09:01:04.386Z no id",
            "f0117e89-17ca-4767-b1ff-0d895868934e\tERROR\tno time",
            "2022-12-16T09:01:04.386Z\tnot-an-id\tERROR\tx",
            "2022-12-16T09:01:04.386Z",
        ] {
            assert_eq!(LambdaLine::read_text(line), None, "{line}");
        }
    }
}
