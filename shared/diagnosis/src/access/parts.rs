//! What the formats without keys have in common: parts whose field depends on their content.

use std::borrow::Cow;

use super::{AccessRecord, says_something, shapes};
use crate::Field;

/// Keeps what stands between the method and the protocol. REST APIs log the resource's path there,
/// HTTP APIs the route key, which begins with a method of its own; where that is `-`, the shape of the
/// request id tells them apart.
pub(super) fn set_target<'a>(record: &mut AccessRecord<'a>, target: &'a str, request_id: &str) {
    let of_http_api = shapes::is_gateway_id(request_id) && request_id.ends_with('=');
    let own_method = target
        .split_once(' ')
        .is_some_and(|(method, _)| method == "ANY" || shapes::is_method(method));
    let field = if own_method || target.starts_with('$') {
        Field::RouteKey
    } else if !of_http_api {
        Field::ResourcePath
    } else if says_something(target) {
        Field::Path
    } else {
        Field::RouteKey
    };
    record.set(field, Cow::Borrowed(target));
}

/// Keeps the text that users append to a console format. AWS recommends
/// `$context.integrationErrorMessage`; only `$context.error.messageString` brings quotes of its own.
/// A single word is the rest of a line that was cut, or something else.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting-lambda.html>
pub(super) fn set_appended<'a>(record: &mut AccessRecord<'a>, text: &'a str) {
    let text = text.trim_ascii();
    let quoted = text.starts_with('"');
    // Quotes in a message itself are hardly ever followed by a blank.
    let end = memchr::memmem::find(text.as_bytes(), b"\" ").filter(|_| quoted);
    let (message, text) =
        text.split_at(end.map_or(if quoted { text.len() } else { 0 }, |at| at + 1));
    if !message.is_empty() {
        record.set(Field::ErrorMessageString, Cow::Borrowed(message));
    }
    let text = text.trim_ascii();
    if text == "-" || text.contains(' ') {
        record.set(Field::IntegrationError, Cow::Borrowed(text));
    } else if shapes::is_response_type(text) {
        record.set(Field::ErrorResponseType, Cow::Borrowed(text));
    }
}

/// Whether a text is one of API Gateway's sentences about an integration, by its beginning.
pub(super) fn is_about_integration(text: &str) -> bool {
    const BEGINNINGS: [&str; 9] = [
        "API Gateway does",
        "Execution failed due to ",
        "Lambda Customer Function Error:",
        "Lambda execution failed with status ",
        "Lambda invocation failed with status: ",
        "Rate Exceeded",
        "The IAM role configured on the ",
        "The Lambda function returned the following error: ",
        "There was an internal error while executing your request",
    ];
    BEGINNINGS.iter().any(|beginning| text.starts_with(beginning))
}
