//! Execution logs of REST and WebSocket APIs: many lines for one request, each a sentence.
//! <https://repost.aws/knowledge-center/api-gateway-logs>
//!
//! A line may quote the caller's path, headers and body, so a sentence is known by how it begins, right
//! after the request id, and by nothing further on.

mod sentence;

use crate::{Timestamp, access, prefix};

pub(crate) use sentence::Sentence;

/// The longest request id that is read: a UUID, or what a client has put in its place.
const MAX_ID: usize = 128;

/// What API Gateway makes of a request id that a client has set and that it does not accept.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html>
const REPLACED_ID: &str = "_REPLACED_INVALID_REQUEST_ID";

/// One line of an execution log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecutionLine<'a> {
    /// `$context.requestId`: before the sentence, or named in it.
    pub request_id: Option<&'a str>,
    /// When, where the line itself says so.
    pub time: Option<Timestamp>,
    /// The sentence, without what stands before it.
    pub text: &'a str,
    /// Whether the id stands before the sentence, as in CloudWatch, or the line is pasted from a test.
    pub(crate) has_prefix: bool,
    pub(crate) sentence: Sentence,
}

impl<'a> ExecutionLine<'a> {
    /// Reads a line. `None`: it is no line of an execution log.
    pub(crate) fn read(line: &'a str) -> Option<Self> {
        let (time, rest) = prefix::time(line);
        let (id, text) = match id_before(rest) {
            Some((id, text)) => (Some(id), text.trim()),
            None => (None, rest.trim_end()),
        };
        let sentence = match Sentence::of(text) {
            // Sentences that others may write too need something of API Gateway before them.
            Some(sentence) if id.is_some() || time.is_some() || sentence.is_telling(text) => {
                sentence
            }
            _ if id.is_some_and(is_made_by_gateway) && !text.is_empty() => Sentence::Other,
            _ => return None,
        };
        let request_id = id.or_else(|| sentence.id_in(text)).filter(|id| id.len() <= MAX_ID);
        Some(Self { request_id, time, text, has_prefix: id.is_some(), sentence })
    }

    /// The status of a `Method completed with status: N`.
    pub fn status(&self) -> Option<u16> {
        let number = self.after(Sentence::Completed, "Method completed with status: ")?;
        let status = leading_number(number)?;
        u16::try_from(status).ok().filter(|status| (100..=599).contains(status))
    }

    /// Method and resource: `GET /orders/{id}`.
    pub fn route(&self) -> Option<String> {
        let rest = self.after(Sentence::Route, "HTTP Method: ")?;
        let (method, path) = rest.split_once(", Resource Path: ")?;
        Some(format!("{method} {path}"))
    }

    /// How long the integration took, in milliseconds.
    pub fn integration_latency_ms(&self) -> Option<u32> {
        let rest = self.after(Sentence::Response, "Received response. ")?;
        let (_, number) = rest.split_once("Integration latency: ")?;
        leading_number(number)
    }

    /// `$context.extendedRequestId`, which clients cannot set.
    pub fn extended_request_id(&self) -> Option<&'a str> {
        self.after(Sentence::ExtendedRequestId, "Extended Request Id: ").and_then(as_id)
    }

    /// The id that the integration gave the request: Lambda's request id, where it is a function.
    pub fn integration_request_id(&self) -> Option<&'a str> {
        match self.sentence {
            Sentence::IntegrationRequestId => {
                let (_, id) = self.text.split_once(':')?;
                as_id(id.trim())
            }
            Sentence::FunctionFailed | Sentence::InvocationFailed => {
                let (_, id) = self.text.rsplit_once("Lambda request id: ")?;
                as_id(id)
            }
            // Headers are the backend's own, but no other line of an early failure has the id.
            Sentence::EndpointHeaders => {
                let (_, id) = self.text.split_once("x-amzn-RequestId=")?;
                as_id(id.split([',', '}']).next()?)
            }
            _ => None,
        }
    }

    /// The API's id and the stage, in the sentences about usage plans.
    pub fn api_and_stage(&self) -> Option<(&'a str, &'a str)> {
        if self.sentence != Sentence::UsagePlan {
            return None;
        }
        let (_, rest) =
            self.text.split_once("API Stage ").or_else(|| self.text.split_once("API Stage: "))?;
        let (api, rest) = rest.split_once('/')?;
        let end = rest.bytes().position(|b| !b.is_ascii_alphanumeric() && b != b'_' && b != b'-');
        let stage = &rest[..end.unwrap_or(rest.len())];
        (is_api_id(api) && !stage.is_empty()).then_some((api, stage))
    }

    fn after(&self, sentence: Sentence, beginning: &str) -> Option<&'a str> {
        self.text.strip_prefix(beginning).filter(|_| self.sentence == sentence)
    }
}

/// The API's id and stage that a log group of execution logs is named after: REST APIs and WebSocket
/// APIs have a way of naming it each.
pub fn api_and_stage_of(log_group: &str) -> Option<(&str, &str)> {
    let name = ["API-Gateway-Execution-Logs_", "API-Gateway-Execution-Logs/", "/aws/apigateway/"]
        .iter()
        .find_map(|beginning| log_group.strip_prefix(beginning))?;
    let (api, stage) = name.split_once('/')?;
    (is_api_id(api) && !stage.is_empty() && !stage.contains('/')).then_some((api, stage))
}

/// A request id as far as it tells requests apart: without the mark of a replaced one, and none where
/// nothing else is left.
pub(crate) fn telling_id(id: &str) -> Option<&str> {
    let id = id.strip_suffix(REPLACED_ID).unwrap_or(id);
    (!matches!(id, "" | "UUID" | "test-request") && id.len() <= MAX_ID).then_some(id)
}

fn is_api_id(id: &str) -> bool {
    (4..=32).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
        && id.bytes().any(|b| b.is_ascii_digit())
}

/// `(6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1) ` before a sentence.
fn id_before(text: &str) -> Option<(&str, &str)> {
    let (id, rest) = text.strip_prefix('(')?.split_once(')')?;
    let one_word = !id.is_empty() && id.len() <= MAX_ID && !id.contains([' ', '\t', '(']);
    (one_word && rest.starts_with(char::is_whitespace)).then_some((id, rest))
}

/// Whether no client can have chosen this id.
fn is_made_by_gateway(id: &str) -> bool {
    access::is_uuid(id) || id.ends_with(REPLACED_ID)
}

/// One word, without the full stop that may end its sentence.
fn as_id(text: &str) -> Option<&str> {
    let id = text.split_whitespace().next()?.trim_end_matches('.');
    (!id.is_empty() && id.len() <= MAX_ID).then_some(id)
}

fn leading_number(text: &str) -> Option<u32> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{ExecutionLine, Sentence, api_and_stage_of, telling_id};

    const ID: &str = "6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1";

    fn read(line: &str) -> ExecutionLine<'_> {
        ExecutionLine::read(line).unwrap_or_else(|| panic!("not read: {line}"))
    }

    #[test]
    fn every_way_of_prefixing_and_none() {
        let text = "Execution failed due to a timeout error";
        for prefix in [
            format!("({ID}) "),
            format!("2017-06-05T13:57:47.369Z ({ID}) "),
            format!("2022-04-23T18:37:47.070+09:00\t({ID}) "),
            format!("2023-10-27T14:40:57.744+01:00 | ({ID}) "),
            format!("3\t2022-04-23 18:37:47.070\t({ID}) "),
            "Wed Nov 02 10:19:35 UTC 2022 : ".to_owned(),
            "(UUID_REPLACED_INVALID_REQUEST_ID) ".to_owned(),
            "(my-own-id) ".to_owned(),
            String::new(),
        ] {
            let line = format!("{prefix}{text}\n");
            let found = read(&line);
            assert_eq!((found.text, found.sentence), (text, Sentence::Failed), "{line}");
            assert_eq!(found.has_prefix, prefix.contains('('));
            assert_eq!(found.time.is_some(), prefix.contains(':'));
        }
    }

    #[test]
    fn what_is_told_beside_a_verdict() {
        let line = read("(r) Method completed with status: 504");
        assert_eq!((line.request_id, line.status()), (Some("r"), Some(504)));
        assert_eq!(read("Method completed with status: 99").status(), None);
        assert_eq!(
            read("(r) HTTP Method: GET, Resource Path: /orders/{id}").route().as_deref(),
            Some("GET /orders/{id}")
        );
        for text in [
            "Received response. Integration latency: 11029 ms",
            "Received response. Status: 200, Integration latency: 11029 ms",
        ] {
            assert_eq!(read(text).integration_latency_ms(), Some(11_029));
        }
        assert_eq!(
            read("(r) Extended Request Id: W9zMPGrHtjMEeFw=").extended_request_id(),
            Some("W9zMPGrHtjMEeFw=")
        );
        for text in [
            "AWS Integration Endpoint RequestId : 93b07909-0217-4875-86d6-e5a8747c70a2",
            "Lambda invocation failed with status: 429. Lambda request id: 93b07909-0217-4875-86d6-e5a8747c70a2",
            "Lambda execution failed with status 200 due to customer function error: Lambda request id: x. Lambda request id: 93b07909-0217-4875-86d6-e5a8747c70a2",
            "Endpoint response headers: {Date=Mon, 31 Mar 2025 04:36:12 GMT, x-amzn-RequestId=93b07909-0217-4875-86d6-e5a8747c70a2, X-Amz-Function-Error=Unhandled}",
        ] {
            assert_eq!(
                read(text).integration_request_id(),
                Some("93b07909-0217-4875-86d6-e5a8747c70a2"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_sentence_may_name_the_request_and_the_stage() {
        for text in [
            "Starting execution for request: r-1",
            "Execution log for request r-1",
            "Starting authorizer: 4hugyv for request: r-1",
            "Verifying Usage Plan for request: r-1. API Key:  API Stage: a1b2c3d4e5/prod",
        ] {
            assert_eq!(read(text).request_id, Some("r-1"), "{text}");
        }
        for text in [
            "Verifying Usage Plan for request: r-1. API Key:  API Stage: a1b2c3d4e5/prod",
            "Usage Plan check succeeded for API Key  and API Stage a1b2c3d4e5/prod",
            "API Key ***F0yrv6 exceeded throttle limit for API Stage a1b2c3d4e5/prod: Key throttle limit exceeded for Usage Plan ID p",
        ] {
            assert_eq!(read(text).api_and_stage(), Some(("a1b2c3d4e5", "prod")), "{text}");
        }
    }

    #[test]
    fn look_alikes_are_no_execution_lines() {
        for line in [
            "",
            "()",
            "(x)",
            "(my-own-id) something else",
            "(two words) Method completed with status: 500",
            "the Execution failed due to a timeout error",
            "2022-12-16T09:01:04.386Z\t6f1e1f1c-6f0c-4a46-9e2a-0c5b7c6ad2b1\tERROR\tExecution failed due to a timeout error",
            "Unauthorized request: user 7",
            "Access denied. Reason: no idea",
            "Unauthorized",
            "START RequestId: x",
            r#"{"text":"Method completed with status: 500"}"#,
        ] {
            assert_eq!(ExecutionLine::read(line), None, "{line}");
        }
    }

    #[test]
    fn log_groups_name_their_api() {
        for (group, wanted) in [
            ("API-Gateway-Execution-Logs_a1b2c3d4e5/prod", Some(("a1b2c3d4e5", "prod"))),
            ("/aws/apigateway/a1b2c3d4e5/prod", Some(("a1b2c3d4e5", "prod"))),
            ("/aws/apigateway/welcome", None),
            ("/aws/apigateway/orders/prod", None),
            ("/aws/lambda/a1b2c3d4e5/prod", None),
            ("API-Gateway-Execution-Logs_a1b2c3d4e5/", None),
            ("", None),
        ] {
            assert_eq!(api_and_stage_of(group), wanted, "{group}");
        }
    }

    #[test]
    fn a_replaced_id_still_tells_requests_apart() {
        assert_eq!(telling_id("r-1_REPLACED_INVALID_REQUEST_ID"), Some("r-1"));
        assert_eq!(telling_id("r-1"), Some("r-1"));
        for id in ["UUID_REPLACED_INVALID_REQUEST_ID", "_REPLACED_INVALID_REQUEST_ID", ""] {
            assert_eq!(telling_id(id), None);
        }
    }
}
