//! Rows that the Lambda service writes around an invocation.
//!
//! `REPORT RequestId: …\tDuration: 99.90 ms\tBilled Duration: 100 ms\tMemory Size: 128 MB\t…`: fields are
//! separated by tabs, or by blanks once a terminal has been in between.

use std::borrow::Cow;

use super::{LambdaEvent, Report};

/// Rows without a request id that say nothing of how an invocation ended.
const NOTICES: [&str; 9] = [
    "INIT_START ",
    "RESTORE_START ",
    "RESTORE_REPORT ",
    "XRAY TraceId: ",
    "EXTENSION\tName: ",
    "EXTENSION Name: ",
    "LOGS\tName: ",
    "TELEMETRY\tName: ",
    "TELEMETRY Name: ",
];

/// Fields of a report. A name that another one ends with comes after it.
const FIELDS: [(&str, Place); 9] = [
    ("Billed Duration:", Place::BilledDuration),
    ("Init Duration:", Place::InitDuration),
    ("Restore Duration:", Place::Skipped),
    ("Duration:", Place::Duration),
    ("Max Memory Used:", Place::MaxMemoryUsed),
    ("Memory Size:", Place::MemorySize),
    ("Error Type:", Place::ErrorType),
    ("Status:", Place::Status),
    ("Phase:", Place::Phase),
];

#[derive(Clone, Copy)]
enum Place {
    BilledDuration,
    InitDuration,
    Duration,
    MaxMemoryUsed,
    MemorySize,
    ErrorType,
    Status,
    Phase,
    Skipped,
}

/// Reads a row and the request id in it.
pub(super) fn read(text: &str) -> Option<(Option<&str>, LambdaEvent<'_>)> {
    if let Some(rest) = text.strip_prefix("START RequestId: ") {
        return Some((first_word(rest), LambdaEvent::Start));
    }
    if let Some(rest) = text.strip_prefix("END RequestId: ") {
        return Some((first_word(rest), LambdaEvent::End));
    }
    if let Some(rest) = text.strip_prefix("REPORT RequestId: ") {
        return Some((first_word(rest), LambdaEvent::Report(report(text, rest))));
    }
    if let Some(rest) = text.strip_prefix("INIT_REPORT ") {
        return Some((None, LambdaEvent::Init(report(text, rest))));
    }
    NOTICES.iter().any(|notice| text.starts_with(notice)).then_some((None, LambdaEvent::Notice))
}

pub(super) fn first_word(text: &str) -> Option<&str> {
    text.split_whitespace().next()
}

/// No value of a report is longer.
const MAX_VALUE_BYTES: usize = 100;

/// Reads fields from left to right; a word that begins none is passed over.
fn report<'a>(text: &'a str, fields: &'a str) -> Report<'a> {
    let mut report = Report { text, ..Report::default() };
    let mut rest = fields;
    while !rest.is_empty() {
        rest = rest.trim_start();
        let field =
            FIELDS.iter().find_map(|&(name, place)| Some((place, rest.strip_prefix(name)?)));
        let Some((place, after)) = field else {
            rest = rest.find(char::is_whitespace).map_or("", |end| &rest[end..]);
            continue;
        };
        // Names can follow one another without a blank: each value is looked for a short way only.
        let nearby = &after[..after.floor_char_boundary(MAX_VALUE_BYTES)];
        let value = first_word(nearby).unwrap_or_default();
        let number = value.parse().ok().filter(|number: &f64| number.is_finite());
        match place {
            Place::BilledDuration => report.billed_duration_ms = number,
            Place::InitDuration => report.init_duration_ms = number,
            Place::Duration => report.duration_ms = number,
            Place::MaxMemoryUsed => report.max_memory_used_mb = number,
            Place::MemorySize => report.memory_size_mb = number,
            Place::ErrorType => report.error_type = Some(Cow::Borrowed(value)),
            Place::Status => report.status = Some(Cow::Borrowed(value)),
            Place::Phase => report.phase = Some(Cow::Borrowed(value)),
            Place::Skipped => {}
        }
        rest = after;
    }
    report
}

#[cfg(test)]
mod tests {
    use super::{LambdaEvent, Report, read};

    const ID: &str = "8f3c2b1a-0f9e-4d7c-b6b5-a49381234567";

    fn report(text: &str) -> Report<'_> {
        match read(text) {
            Some((_, LambdaEvent::Report(report) | LambdaEvent::Init(report))) => report,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_report_is_read_with_tabs_and_with_blanks() {
        let text = format!(
            "REPORT RequestId: {ID}\tDuration: 812.44 ms\tBilled Duration: 813 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB\tInit Duration: 287.33 ms\tXRAY TraceId: 1-67\tStatus: error\tError Type: Runtime.ExitError\t\n"
        );
        for text in [text.replace('\t', "  "), text] {
            let found = report(&text);
            assert_eq!(found.duration_ms, Some(812.44));
            assert_eq!(found.billed_duration_ms, Some(813.0));
            assert_eq!(found.memory_size_mb, Some(128.0));
            assert_eq!(found.max_memory_used_mb, Some(128.0));
            assert_eq!(found.init_duration_ms, Some(287.33));
            assert_eq!(found.status.as_deref(), Some("error"));
            assert_eq!(found.error_type.as_deref(), Some("Runtime.ExitError"));
            assert!(found.used_all_memory());
            assert_eq!(read(&text).unwrap().0, Some(ID));
        }
        let init = "INIT_REPORT Init Duration: 0.79 ms\tPhase: init\tStatus: timeout";
        assert_eq!(report(init).init_duration_ms, Some(0.79));
        assert_eq!(report(init).phase.as_deref(), Some("init"));
    }

    #[test]
    fn broken_reports_tell_what_they_hold() {
        for text in [
            "REPORT RequestId: ",
            "REPORT RequestId: x\tDuration:",
            "REPORT RequestId: x Duration: NaN ms",
            "REPORT RequestId: x Duration: inf ms",
        ] {
            assert_eq!(report(text).duration_ms, None, "{text}");
        }
        assert!(
            !report("REPORT RequestId: x Max Memory Used: 0 MB Memory Size: 0 MB")
                .used_all_memory()
        );
    }

    #[test]
    fn a_megabyte_of_field_names_is_read_once() {
        // Looking for each name's value to the end of the line would take minutes.
        let text = format!("REPORT RequestId: {ID} {}", "Duration:".repeat(110_000));
        assert_eq!(report(&text).duration_ms, None);
    }

    #[test]
    fn other_rows_are_notices_and_look_alikes_are_nothing() {
        for text in [
            "XRAY TraceId: 1-67\tSegmentId: 5\tSampled: true",
            "INIT_START Runtime Version: nodejs:22",
        ] {
            assert_eq!(read(text), Some((None, LambdaEvent::Notice)));
        }
        assert_eq!(
            read(&format!("START RequestId: {ID} Version: $LATEST\n")),
            Some((Some(ID), LambdaEvent::Start))
        );
        for text in ["", "START", "our REPORT RequestId: x", "STARTED RequestId: x", "END"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
