//! The rules a new user would keep, as the documents that `gatewatch rules default` prints.

use std::sync::OnceLock;

use super::{Document, LogMode, Rules};

/// For stacks that get every line.
const FOR_ALL: &str = include_str!("built_in.toml");

/// For stacks that get failures only: nothing in it compares with healthy requests.
const FOR_ERRORS: &str = include_str!("built_in_errors.toml");

impl Rules {
    /// The built-in rules for stacks that get every line: failures on the server's side page, quota and
    /// throttling warn, refusals warn only where they are many and unusual. Unknown paths are left to
    /// the internet's scanners.
    pub fn built_in() -> Self {
        Self::built_in_for(LogMode::All)
    }

    /// The built-in rules for a log mode. Each document is read once in a process.
    pub fn built_in_for(mode: LogMode) -> Self {
        static ALL: OnceLock<Rules> = OnceLock::new();
        static ERRORS: OnceLock<Rules> = OnceLock::new();
        let read = match mode {
            LogMode::All => &ALL,
            LogMode::Errors => &ERRORS,
        };
        read.get_or_init(|| Self::of_built_in(Self::built_in_document(mode))).clone()
    }

    /// The document that holds the built-in rules for a log mode.
    pub const fn built_in_document(mode: LogMode) -> &'static str {
        match mode {
            LogMode::All => FOR_ALL,
            LogMode::Errors => FOR_ERRORS,
        }
    }

    /// That the documents are right is tested; one that were not would leave channels without rules.
    fn of_built_in(text: &str) -> Self {
        let nothing = || Self { channels: Self::default_channels(), rules: Vec::new() };
        Document::read(text).map_or_else(|_| nothing(), |document| document.rules)
    }
}

#[cfg(test)]
mod tests {
    use diagnosis::Cause;

    use crate::rules::document::STANDARD_PARAMETER_BYTES;
    use crate::rules::{Document, LogMode, Rules, Severity};

    /// The rule of highest severity that this many errors of one cause, of so many requests, set off.
    fn fired(
        mode: LogMode,
        cause: Cause,
        errors: u64,
        requests: u64,
    ) -> Option<(String, Severity)> {
        let rules = Rules::built_in_for(mode).rules;
        rules
            .into_iter()
            .find(|rule| rule.is_about(cause) && rule.holds(errors, requests))
            .map(|rule| (rule.name, rule.severity))
    }

    #[test]
    fn what_the_built_in_rules_disturb_people_for() {
        for (cause, errors, requests, wanted) in [
            // the server's side pages
            (Cause::LambdaTimedOut, 30, 400, Some("server-errors")),
            (Cause::LambdaThrottled, 30, 400, Some("server-errors")),
            (Cause::InternalErrorUnattributed, 30, 400, Some("server-errors")),
            (Cause::LambdaPermissionMissing, 30, 400, Some("server-errors")),
            // a small API that fails altogether pages
            (Cause::LambdaTimedOut, 5, 5, Some("server-errors-low-traffic")),
            // one failure in a quiet night does not
            (Cause::LambdaTimedOut, 1, 1, None),
            (Cause::LambdaTimedOut, 4, 4, None),
            // nor does an ordinary share of a busy day
            (Cause::LambdaTimedOut, 50, 10_000, None),
            // quota and throttling warn
            (Cause::UsagePlanQuotaExceeded, 10, 10_000, Some("quota")),
            (Cause::UsagePlanQuotaExceeded, 9, 10, None),
            (Cause::GatewayThrottled, 40, 1_000, Some("throttling")),
            (Cause::TooManyRequestsUnattributed, 40, 1_000, Some("throttling")),
            // client errors only where they are many
            (Cause::RequestBodyInvalid, 40, 100, None),
            (Cause::RequestBodyInvalid, 80, 200, Some("client-errors")),
            // scanners never
            (Cause::MissingAuthenticationToken, 5_000, 5_000, None),
            (Cause::RouteNotFound, 5_000, 5_000, None),
            (Cause::AccessDeniedUnattributed, 5_000, 5_000, None),
            (Cause::NotFoundUnattributed, 5_000, 5_000, None),
            // nothing is wrong with these
            (Cause::None, 5_000, 5_000, None),
            (Cause::HighLatency, 9, 50, None),
            // slow and unreadable are told, and never page
            (Cause::HighLatency, 5_000, 5_000, Some("slow-responses")),
            (Cause::Unparseable, 5_000, 5_000, Some("unreadable-lines")),
            (Cause::Unknown, 50, 5_000, None),
        ] {
            let name = fired(LogMode::All, cause, errors, requests).map(|(name, _)| name);
            assert_eq!(name.as_deref(), wanted, "{errors} {cause} of {requests}");
        }
    }

    #[test]
    fn what_they_disturb_people_for_where_only_failures_are_delivered() {
        for (cause, errors, wanted) in [
            (Cause::LambdaTimedOut, 50, Some(Severity::Critical)),
            (Cause::LambdaTimedOut, 5, Some(Severity::Warning)),
            (Cause::LambdaTimedOut, 4, None),
            (Cause::UsagePlanQuotaExceeded, 10, Some(Severity::Warning)),
            (Cause::RequestBodyInvalid, 999, None),
            (Cause::RouteNotFound, 100_000, None),
            (Cause::HighLatency, 100_000, None),
        ] {
            let severity = fired(LogMode::Errors, cause, errors, errors).map(|(_, found)| found);
            assert_eq!(severity, wanted, "{errors} {cause}");
        }
    }

    #[test]
    fn only_the_servers_side_is_critical() {
        for cause in Cause::ALL {
            for mode in [LogMode::All, LogMode::Errors] {
                if let Some((name, Severity::Critical)) = fired(mode, *cause, 1_000, 1_000) {
                    assert!(name.starts_with("server-errors"), "{cause}");
                }
            }
        }
    }

    #[test]
    fn the_built_in_documents_are_right_and_fit_a_standard_parameter() {
        for mode in [LogMode::All, LogMode::Errors] {
            let text = Rules::built_in_document(mode);
            let document = Document::read(text).unwrap();
            assert_eq!(document.problems, [], "{mode}");
            assert_eq!(document.in_mode(mode).1, [], "{mode}: nothing is skipped");
            assert_eq!(document.rules, Rules::built_in_for(mode));
            assert_eq!(document.rules.channels, Rules::default_channels());
            assert!(text.len() <= STANDARD_PARAMETER_BYTES, "{mode}: {}", text.len());
            let defined = text.lines().filter(|line| *line == "[[rule]]").count();
            assert_eq!(document.rules.rules.len(), defined);
        }
    }

    #[test]
    fn what_is_commented_out_is_right_too() {
        let text = Rules::built_in_document(LogMode::All);
        let (_, example) = text.split_once("# For your own").unwrap();
        let lines: Vec<&str> =
            example.lines().skip(1).filter_map(|line| line.strip_prefix("# ")).collect();
        let document = Document::read(&format!("version = 1\n{}", lines.join("\n"))).unwrap();
        assert_eq!((document.rules.rules.len(), document.problems.len()), (1, 0), "{document:?}");
    }
}
