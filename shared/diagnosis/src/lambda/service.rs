//! Sentences that the Lambda service and the runtimes' own loaders write about an invocation that
//! failed. They stand alone, behind `RequestId: …` or behind a request id.

use std::borrow::Cow;

use super::LambdaEvent;
use super::platform::first_word;
use crate::access::is_uuid;

/// How a whole row begins that only the service or a runtime's loader writes.
/// Sources: <https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html> and published
/// logs of functions that did not start.
const BEGINNINGS: [&str; 24] = [
    "Response payload size exceeded maximum allowed payload size",
    "Response payload size (",
    "Process exited before completing request",
    "Runtime exited with error: ",
    "Runtime exited without providing a reason",
    "Runtime.ExitError",
    "Runtime.OutOfMemory",
    "Runtime.Unknown",
    "Runtime.InvalidEntrypoint",
    "Runtime.ImportModuleError",
    "Runtime.HandlerNotFound",
    "Runtime.UserCodeSyntaxError",
    "Runtime.UnhandledPromiseRejection",
    "Runtime.NodeJsExit",
    "Unknown application error occurred",
    "Sandbox.Timedout",
    "IMAGE\tLaunch error: ",
    "IMAGE Launch error: ",
    "fork/exec ",
    "Couldn't find valid bootstrap",
    "Unable to import module '",
    "module initialization error: ",
    "Failed to initialize CoreCLR",
    "Error: .NET binaries for Lambda function are not correctly installed",
];

/// What the runtimes written in C++ say when Lambda does not take a function's answer.
const NOT_TAKEN: &str = "LAMBDA_RUNTIME Failed to post handler success response. ";

/// Reads a row and the request id in it.
pub(super) fn read(text: &str) -> Option<(Option<&str>, LambdaEvent<'_>)> {
    if let Some(rest) = text.strip_prefix("RequestId: ") {
        let id = first_word(rest)?;
        let sentence = rest[rest.find(id)? + id.len()..].trim_start();
        let error = sentence.strip_prefix("Error: ");
        let sentence = error.unwrap_or(sentence);
        let by_service = is_service(sentence) || (error.is_some() && is_uuid(id));
        return by_service.then_some((Some(id), told(sentence)));
    }
    if let Some((id, rest)) = text.split_once(char::is_whitespace)
        && is_uuid(id)
    {
        let sentence = rest.trim();
        let sentence = sentence.strip_prefix("Error: ").unwrap_or(sentence);
        return is_service(sentence).then_some((Some(id), told(sentence)));
    }
    let sentence = text.strip_prefix("Error: ").unwrap_or(text);
    if is_service(sentence) {
        return Some((None, told(sentence)));
    }
    let (before, answer) = text.split_once(NOT_TAKEN)?;
    // `[ERROR] [1663095250473] ` stands before it.
    (before.starts_with("[ERROR]") && before.len() < 40).then_some((None, told(answer)))
}

fn told(sentence: &str) -> LambdaEvent<'_> {
    LambdaEvent::Service(Cow::Borrowed(sentence))
}

fn is_service(sentence: &str) -> bool {
    is_timeout(sentence) || BEGINNINGS.iter().any(|beginning| sentence.starts_with(beginning))
}

/// `Task timed out after 3.00 seconds` and nothing else.
fn is_timeout(sentence: &str) -> bool {
    let seconds = sentence.strip_prefix("Task timed out after ");
    let seconds = seconds.and_then(|rest| rest.trim_end_matches('.').strip_suffix(" seconds"));
    seconds.is_some_and(|number| number.parse::<f64>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::read;

    const ID: &str = "8f3c2b1a-0f9e-4d7c-b6b5-a49381234567";

    #[test]
    fn sentences_of_the_service() {
        for (text, id) in [
            (format!("{ID} Task timed out after 3.02 seconds"), Some(ID)),
            (format!("{ID}\tTask timed out after 3.02 seconds"), Some(ID)),
            (format!("{ID} Process exited before completing request"), Some(ID)),
            ("Task timed out after 10.00 seconds".to_owned(), None),
            (format!("RequestId: {ID} Process exited before completing request"), Some(ID)),
            (format!("RequestId: {ID} Error: Runtime exited with error: signal: killed\nRuntime.ExitError"), Some(ID)),
            (format!("RequestId: {ID} Error: Task timed out after 3.00 seconds"), Some(ID)),
            ("Runtime.ExitError".to_owned(), None),
            ("[ERROR] [1663095250473] LAMBDA_RUNTIME Failed to post handler success response. Http response code: 413.".to_owned(), None),
            ("IMAGE\tLaunch error: fork/exec /entry.sh: exec format error\tEntrypoint: []".to_owned(), None),
            ("fork/exec /var/task/bootstrap: no such file or directory".to_owned(), None),
        ] {
            assert_eq!(read(&text).map(|(id, _)| id), Some(id), "{text}");
        }
    }

    #[test]
    fn look_alikes_are_the_functions_own_words() {
        for text in [
            "",
            "RequestId: x",
            "RequestId: x order stored",
            "RequestId: ",
            "job 7: Task timed out after 3.00 seconds",
            "Task timed out after 3.00 seconds in the queue",
            "Task timed out after a while",
            "not-a-uuid Task timed out after 3.00 seconds",
            "8f3c2b1a-0f9e-4d7c-b6b5-a49381234567 Error: order not found",
            "we saw LAMBDA_RUNTIME Failed to post handler success response. Http response code: 413.",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
