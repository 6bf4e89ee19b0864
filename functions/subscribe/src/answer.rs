//! What CloudFormation is answered. Pure.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-responses.html>

use alerting::{AttachError, AttachReport, Trouble, TroubleKind};
use serde_json::json;

use crate::request::{Operation, Reply};

/// One custom resource per stack: an id that changed would make CloudFormation delete what was attached.
const PHYSICAL_ID: &str = "gatewatch-log-groups";

/// CloudFormation takes 4 KB in all.
const MAX_REASON: usize = 1_500;

/// At most so many log groups are named in a reason.
const MAX_NAMED: usize = 5;

/// How an operation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is done, or the schedule does the rest.
    Done {
        /// Log groups that deliver.
        attached: u64,
    },
    /// It cannot be done: why, and what to do.
    Failed(String),
}

/// The answer as JSON.
pub(crate) fn body(reply: &Reply, outcome: &Outcome) -> String {
    let (status, reason, attached) = match outcome {
        Outcome::Done { attached } => {
            ("SUCCESS", format!("{attached} log groups deliver to Gatewatch"), *attached)
        }
        Outcome::Failed(reason) => ("FAILED", reason.chars().take(MAX_REASON).collect(), 0),
    };
    json!({
        "Status": status,
        "Reason": reason,
        "PhysicalResourceId": PHYSICAL_ID,
        "StackId": reply.stack_id,
        "RequestId": reply.request_id,
        "LogicalResourceId": reply.logical_resource_id,
        "Data": {"Attached": attached},
    })
    .to_string()
}

/// The outcome of what was reported. A log group that the stack names must be attached; where a pattern
/// matches one that cannot be, the others are enough, and an alarm tells.
pub(crate) fn outcome(
    operation: Operation,
    named: &[Trouble],
    report: &Result<AttachReport, AttachError>,
) -> Outcome {
    let report = match report {
        Ok(report) => report,
        Err(error) => return Outcome::Failed(format!("Log groups cannot be listed: {error}.")),
    };
    let troubles: Vec<&Trouble> = match operation {
        Operation::Create | Operation::Update => named.iter().collect(),
        Operation::Delete => report.troubles.iter().collect(),
    };
    if troubles.is_empty() {
        return Outcome::Done { attached: report.attached };
    }
    let sentences: Vec<String> =
        troubles.iter().take(MAX_NAMED).map(|trouble| sentence(trouble)).collect();
    let more = match troubles.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" And {more} more."),
    };
    Outcome::Failed(format!("{}{more}", sentences.join(" ")))
}

/// What is wrong with a log group, and what to do.
pub(crate) fn sentence(trouble: &Trouble) -> String {
    let name = &trouble.log_group;
    match &trouble.kind {
        TroubleKind::Missing => format!(
            "Log group {name} does not exist: correct LogGroupNames, or create it before the stack."
        ),
        TroubleKind::Taken(filters) => format!(
            "Log group {name} has no free subscription filter: remove one of {}, or take the log \
             group out of LogGroupNames.",
            filters.join(", ")
        ),
        TroubleKind::Error(AttachError::Denied(action)) => {
            format!("Log group {name}: the function's role may not call {action} on it.")
        }
        TroubleKind::Error(error) => format!("Log group {name}: {error}. Try again."),
    }
}

#[cfg(test)]
mod tests {
    use alerting::{AttachError, AttachReport, Trouble, TroubleKind};
    use serde_json::Value;

    use super::{Outcome, body, outcome};
    use crate::request::{Operation, Reply};

    fn trouble(kind: TroubleKind) -> Trouble {
        Trouble { log_group: "/my/api".to_owned(), kind }
    }

    #[test]
    fn a_failure_says_what_to_do() {
        let report = Ok(AttachReport { attached: 3, ..AttachReport::default() });
        let taken = TroubleKind::Taken(vec!["theirs".to_owned(), "others".to_owned()]);
        for (kind, part) in [
            (TroubleKind::Missing, "does not exist: correct LogGroupNames"),
            (taken, "remove one of theirs, others"),
            (
                TroubleKind::Error(AttachError::Denied("logs:PutSubscriptionFilter".to_owned())),
                "may not call logs:PutSubscriptionFilter",
            ),
            (TroubleKind::Error(AttachError::Failed("no answer".to_owned())), "Try again"),
        ] {
            let failed = outcome(Operation::Create, &[trouble(kind)], &report);
            let Outcome::Failed(reason) = failed else { panic!("{failed:?}") };
            assert!(reason.contains("/my/api") && reason.contains(part), "{reason}");
        }
        let done = outcome(Operation::Update, &[], &report);
        assert_eq!(done, Outcome::Done { attached: 3 });
    }

    #[test]
    fn a_pattern_that_matches_what_cannot_be_attached_fails_nothing_but_a_deletion() {
        let troubles = vec![trouble(TroubleKind::Taken(vec!["theirs".to_owned()]))];
        let report = Ok(AttachReport { attached: 1, failed: 1, troubles, ..Default::default() });
        assert_eq!(outcome(Operation::Create, &[], &report), Outcome::Done { attached: 1 });
        assert!(matches!(outcome(Operation::Delete, &[], &report), Outcome::Failed(_)));
    }

    #[test]
    fn an_answer_repeats_what_identifies_the_request_and_is_never_too_long() {
        let reply = Reply {
            url: "https://example.com".to_owned(),
            stack_id: "s".to_owned(),
            request_id: "r".to_owned(),
            logical_resource_id: "l".to_owned(),
        };
        let text = body(&reply, &Outcome::Failed("x".repeat(10_000)));
        assert!(text.len() < 4_096);
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&read["Status"], &read["StackId"]), (&"FAILED".into(), &"s".into()));
        assert_eq!(read["PhysicalResourceId"], "gatewatch-log-groups");
        assert!(!text.contains("example.com"));
    }
}
