//! What an invocation asks for: CloudFormation tells what the stack watches, and the schedule goes on with
//! it. Pure.
//!
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/crpg-ref-requests.html>

use alerting::Patterns;
use serde::Deserialize;
use serde_json::Value;

/// What the stack has done with the custom resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum Operation {
    /// It was added.
    Create,
    /// Its properties have changed, back again where the update failed.
    Update,
    /// It was removed, most often with the stack.
    Delete,
}

/// A request of CloudFormation, which waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StackRequest {
    /// What was done.
    pub(crate) operation: Operation,
    /// The log groups that the stack watches from now on.
    pub(crate) patterns: Patterns,
    /// Those that it watched before.
    pub(crate) before: Patterns,
    /// Where the answer goes, and what it repeats.
    pub(crate) reply: Reply,
}

/// What identifies a request in its answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Reply {
    /// Signed: whoever knows it can answer.
    #[serde(rename = "ResponseURL")]
    pub(crate) url: String,
    pub(crate) stack_id: String,
    pub(crate) request_id: String,
    pub(crate) logical_resource_id: String,
}

/// What an event asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// CloudFormation's request.
    Stack(Box<StackRequest>),
    /// Go on with the pass, or begin the next.
    Schedule,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    request_type: Operation,
    #[serde(flatten)]
    reply: Reply,
    #[serde(default)]
    resource_properties: Properties,
    #[serde(default)]
    old_resource_properties: Properties,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    #[serde(default)]
    log_group_names: Vec<String>,
}

impl Properties {
    fn patterns(&self) -> Patterns {
        Patterns::of(self.log_group_names.iter().map(String::as_str))
    }
}

impl Request {
    /// Reads an event. What is not a request of CloudFormation is the schedule's: an extra pass is no harm.
    pub(crate) fn read(event: Value) -> Self {
        let Ok(event) = serde_json::from_value::<Event>(event) else { return Self::Schedule };
        let properties = event.resource_properties.patterns();
        let (patterns, before) = match event.request_type {
            Operation::Create => (properties, Patterns::default()),
            Operation::Update => (properties, event.old_resource_properties.patterns()),
            Operation::Delete => (Patterns::default(), properties),
        };
        let (operation, reply) = (event.request_type, event.reply);
        Self::Stack(Box::new(StackRequest { operation, patterns, before, reply }))
    }
}

#[cfg(test)]
mod tests {
    use alerting::Patterns;
    use serde_json::{Value, json};

    use super::{Operation, Request};

    fn event(kind: &str, now: &[&str], old: &[&str]) -> Value {
        json!({
            "RequestType": kind,
            "ResponseURL": "https://example.com/answer?signature=x",
            "StackId": "arn:aws:cloudformation:eu-west-1:1:stack/prod/x",
            "RequestId": "r-1",
            "LogicalResourceId": "LogGroups",
            "ResourceType": "Custom::LogGroups",
            "ResourceProperties": {"ServiceToken": "arn:x", "LogGroupNames": now},
            "OldResourceProperties": {"LogGroupNames": old},
        })
    }

    #[test]
    fn what_the_stack_watches_is_what_it_says() {
        let patterns = |names: &[&str]| Patterns::of(names.iter().copied());
        for (kind, operation, wanted, before) in [
            ("Create", Operation::Create, &["/a", "/b*"][..], &[][..]),
            ("Update", Operation::Update, &["/a", "/b*"], &["/old"]),
            ("Delete", Operation::Delete, &[], &["/a", "/b*"]),
        ] {
            let Request::Stack(request) = Request::read(event(kind, &["/a", "/b*"], &["/old"]))
            else {
                panic!("{kind}");
            };
            assert_eq!(request.operation, operation);
            assert_eq!((request.patterns, request.before), (patterns(wanted), patterns(before)));
            assert_eq!(request.reply.logical_resource_id, "LogGroups");
        }
    }

    #[test]
    fn everything_else_is_the_schedule() {
        for other in [json!(null), json!({}), json!([]), json!({"RequestType": "Create"})] {
            assert_eq!(Request::read(other), Request::Schedule);
        }
    }
}
