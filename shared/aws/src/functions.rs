//! A stack's functions as its operator reaches them: found by the stack's name, and invoked.

use std::collections::BTreeMap;
use std::time::Duration;

use alerting::TestReport;
use serde::Deserialize;

use crate::clients::Clients;
use crate::environment::Variable;
use crate::error_text;
use crate::service::{Call, Service, ServiceError, or_default};

/// How CloudFormation names the function: stack, logical id, and what makes it unique.
const SWEEP: &str = "-SweepFunction-";

/// A cold start, and a send on every channel at once; the function itself ends after 30 s.
const PATIENCE: Duration = Duration::from_secs(40);

/// What makes the sweep function test its channels.
const TEST_ALERT: &str = r#"{"gatewatch":"test-alert"}"#;

/// Why a function did not do what it was asked. The texts say what to do.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// Nobody said who asks.
    #[error(
        "no AWS credentials: run `aws configure`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY ({0})"
    )]
    NoCredentials(String),
    /// Nobody said where.
    #[error("no AWS region: set AWS_REGION, or `region` in your profile, to where the stack is")]
    NoRegion,
    /// AWS does not take the credentials.
    #[error("AWS does not take these credentials: log in again, or look at AWS_PROFILE ({0})")]
    BadCredentials(String),
    /// The caller may not.
    #[error("not allowed: whoever runs this needs {action} ({told})")]
    Denied {
        /// What is missing.
        action: &'static str,
        /// What AWS said.
        told: String,
    },
    /// No function is named like the stack's.
    #[error(
        "no stack named {0} has a sweep function in this account and region: name the stack with --stack, look at AWS_REGION and AWS_PROFILE, or name its output SweepFunctionName with --function"
    )]
    NoStack(String),
    /// There is no such function.
    #[error(
        "there is no function {0} in this account and region: the stack's output SweepFunctionName names it"
    )]
    NoFunction(String),
    /// The function failed.
    #[error("the sweep function failed: {0}; its log group says more")]
    Failed(String),
    /// It swept instead.
    #[error(
        "the function does not know test-alert: deploy this version of Gatewatch, then try again"
    )]
    Old,
    /// Anything else.
    #[error("AWS cannot be asked: {0}")]
    Other(String),
}

/// <https://docs.aws.amazon.com/lambda/latest/api/API_ListFunctions.html>
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Functions {
    #[serde(default, deserialize_with = "or_default")]
    functions: Vec<Function>,
    next_marker: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Function {
    function_name: String,
    environment: Option<Environment>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    #[serde(default, deserialize_with = "or_default")]
    variables: BTreeMap<String, String>,
}

/// The name of the sweep function of the stack with this name.
pub async fn sweep_function(clients: &Clients, stack: &str) -> Result<String, CallError> {
    let mut marker: Option<String> = None;
    loop {
        let call = Call::get(Service::Lambda, &["2015-03-31", "functions", ""]);
        let call = call.with_some("Marker", marker.as_deref());
        let page: Result<Functions, _> = clients.call(&call).await.and_then(|answer| answer.json());
        let page = page.map_err(|error| of_call(error, "lambda:ListFunctions", stack))?;
        for function in page.functions {
            let variables = function.environment.unwrap_or_default().variables;
            let variable = |which: Variable| variables.get(which.row().name).map(String::as_str);
            let is_sweep = variable(Variable::OpsTopicArn).is_some();
            if is_sweep_of(stack, &function.function_name, variable(Variable::Stack), is_sweep) {
                return Ok(function.function_name);
            }
        }
        marker = page.next_marker.filter(|marker| !marker.is_empty());
        if marker.is_none() {
            break;
        }
    }
    Err(CallError::NoStack(stack.to_owned()))
}

/// Whether a function is the sweep of a stack. Its variables say of which stack it is and whether it is a
/// sweep; without them the name does, which CloudFormation shortens where the stack's is long.
fn is_sweep_of(stack: &str, name: &str, of_stack: Option<&str>, is_sweep: bool) -> bool {
    if of_stack.is_some_and(|of_stack| of_stack != stack) {
        return false;
    }
    let unique = name.strip_prefix(stack).and_then(|name| name.strip_prefix(SWEEP));
    unique.is_some_and(|unique| !unique.is_empty() && !unique.contains('-'))
        || (of_stack.is_some() && is_sweep)
}

/// Has the sweep function send a test through each channel. Once: a repeat would disturb people twice.
pub async fn test_alert(clients: &Clients, function: &str) -> Result<TestReport, CallError> {
    let path = ["2015-03-31", "functions", function, "invocations"];
    let call = Call::to_path(Service::Lambda, reqwest::Method::POST, &path, TEST_ALERT.into());
    let answer = clients.call_once(&call, PATIENCE).await;
    let answer = answer.map_err(|error| of_call(error, "lambda:InvokeFunction", function))?;
    if let Some(kind) = answer.header("x-amz-function-error") {
        return Err(CallError::Failed(of_function(kind, &answer.body)));
    }
    // A sweep that knows no test has swept, and answers `null`.
    answer.json().map_err(|_| CallError::Old)
}

/// What a function that failed says of it.
fn of_function(kind: &str, payload: &[u8]) -> String {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Failure {
        error_message: String,
    }
    let failure: Option<Failure> = serde_json::from_slice(payload).ok();
    error_text::short(failure.as_ref().map_or(kind, |failure| &failure.error_message))
}

fn of_call(error: ServiceError, action: &'static str, asked: &str) -> CallError {
    match error {
        ServiceError::Refused { code, message, .. } => {
            of_refusal(code.as_deref(), message.as_deref(), action, asked)
        }
        ServiceError::NoRegion => CallError::NoRegion,
        ServiceError::NoCredentials(why) => CallError::NoCredentials(why),
        error => CallError::Other(error.to_string()),
    }
}

/// <https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html>
fn of_refusal(
    code: Option<&str>,
    message: Option<&str>,
    action: &'static str,
    asked: &str,
) -> CallError {
    let told = error_text::of_service(code, message);
    match code.unwrap_or_default() {
        "AccessDenied" | "AccessDeniedException" => CallError::Denied { action, told },
        "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "UnrecognizedClientException" => CallError::BadCredentials(told),
        "ResourceNotFoundException" => CallError::NoFunction(asked.to_owned()),
        _ => CallError::Other(told),
    }
}

#[cfg(test)]
mod tests {
    use super::{is_sweep_of, of_function, of_refusal};

    #[test]
    fn a_sweep_function_belongs_to_one_stack() {
        for (stack, name, says, its) in [
            ("gatewatch", "gatewatch-SweepFunction-AbC123", None, true),
            ("gatewatch", "gatewatch-SweepFunction-AbC123", Some("gatewatch"), true),
            ("gatewatch", "gatewatch-SweepFunction-AbC123", Some("other"), false),
            ("gatewatch", "gatewatch-SweepFunction-", None, false),
            ("gatewatch", "gatewatch-IngestFunction-AbC123", None, false),
            ("gatewatch", "gatewatch-prod-SweepFunction-AbC123", None, false),
            ("gatewatch", "my-gatewatch-SweepFunction-AbC123", None, false),
            ("gatewatch", "gatewatch-SweepFunction-SweepFunction-AbC123", None, false),
            ("gatewatch-prod", "gatewatch-prod-SweepFunction-AbC123", None, true),
        ] {
            assert_eq!(is_sweep_of(stack, name, says, false), its, "{stack} {name} {says:?}");
        }
    }

    #[test]
    fn a_shortened_name_is_found_by_what_the_function_says() {
        let stack = "gatewatch-of-the-department-for-parcels-and-letters-production";
        let name = "gatewatch-of-the-department-for-parcels-SweepFunct-AbC123";
        for (of_stack, is_sweep, its) in [
            (Some(stack), true, true),
            (Some(stack), false, false),
            (Some("other"), true, false),
            (None, true, false),
        ] {
            assert_eq!(
                is_sweep_of(stack, name, of_stack, is_sweep),
                its,
                "{of_stack:?} {is_sweep}"
            );
        }
    }

    #[test]
    fn refusals_say_what_to_do() {
        for (code, part) in [
            ("AccessDeniedException", "needs lambda:InvokeFunction"),
            ("ExpiredTokenException", "log in again"),
            ("UnrecognizedClientException", "log in again"),
            ("ResourceNotFoundException", "no function my-function"),
            ("TooManyRequestsException", "cannot be asked: TooManyRequestsException"),
        ] {
            let error = of_refusal(Some(code), None, "lambda:InvokeFunction", "my-function");
            assert!(error.to_string().contains(part), "{error}");
        }
    }

    #[test]
    fn a_function_that_failed_is_quoted() {
        for (payload, told) in [
            (
                r#"{"errorMessage":"the table\nis gone","errorType":"LedgerError"}"#,
                "the table is gone",
            ),
            ("", "Unhandled"),
            ("[]", "Unhandled"),
        ] {
            assert_eq!(of_function("Unhandled", payload.as_bytes()), told);
        }
    }
}
