//! A truth table of lines of functions' logs, with look-alikes.

use crate::{Cause, Confidence, Reader, diagnose};

use Confidence::{High, Low, Medium};

const ID: &str = "8f3c2b1a-0f9e-4d7c-b6b5-a49381234567";

/// A line, its cause, and how sure that is.
type Case = (&'static str, Cause, Confidence);

fn check(cases: &[Case]) {
    for (text, cause, confidence) in cases {
        let line =
            text.replace("ID", ID).replace("NODE", &format!("2025-03-12T09:14:07.123Z\t{ID}"));
        let read = Reader::default().line(&line);
        let found = diagnose::line(&read);
        assert_eq!((found.cause, found.confidence), (*cause, *confidence), "{text}");
        assert_eq!(found.evidence.is_empty(), !cause.is_failure(), "{text}");
    }
}

#[test]
fn reports_of_invocations() {
    check(&[
        (
            "REPORT RequestId: ID\tDuration: 99.90 ms\tBilled Duration: 100 ms\tMemory Size: 128 MB\tMax Memory Used: 128 MB",
            Cause::None,
            High,
        ),
        (
            "REPORT RequestId: ID\tDuration: 3000.00 ms\tStatus: timeout",
            Cause::LambdaTimedOut,
            High,
        ),
        (
            "REPORT RequestId: ID\tDuration: 1.00 ms\tMemory Size: 512 MB\tMax Memory Used: 250 MB\tStatus: error\tError Type: Runtime.ExitError",
            Cause::LambdaRuntimeExited,
            High,
        ),
        (
            "REPORT RequestId: ID\tDuration: 1.00 ms\tMemory Size: 512 MB\tMax Memory Used: 511 MB\tStatus: error\tError Type: Runtime.ExitError",
            Cause::LambdaOutOfMemory,
            High,
        ),
        (
            "REPORT RequestId: ID\tDuration: 1.00 ms\tStatus: error\tError Type: Runtime.InvalidEntrypoint",
            Cause::LambdaInitFailed,
            High,
        ),
        (
            "REPORT RequestId: ID\tDuration: 1.00 ms\tStatus: error\tError Type: Something.New",
            Cause::LambdaRuntimeExited,
            Medium,
        ),
        ("REPORT RequestId: ID\tDuration: 1.00 ms\tStatus: unheard-of", Cause::None, High),
        (
            "REPORT RequestId: ID\tDuration: 41.03 ms\tInit Duration: 3000.00 ms",
            Cause::HighLatency,
            Medium,
        ),
        ("REPORT RequestId: ID\tDuration: 41.03 ms\tInit Duration: 2999.99 ms", Cause::None, High),
        ("INIT_REPORT Init Duration: 4000.00 ms\tPhase: init", Cause::None, High),
        (
            "INIT_REPORT Init Duration: 9999.47 ms\tPhase: init\tStatus: timeout",
            Cause::LambdaInitFailed,
            Medium,
        ),
        (
            "INIT_REPORT Init Duration: 1.00 ms\tPhase: invoke\tStatus: error\tError Type: Runtime.ExitError",
            Cause::LambdaInitFailed,
            High,
        ),
        (
            r#"{"type":"platform.runtimeDone","record":{"requestId":"ID","status":"failure","errorType":"TypeError"}}"#,
            Cause::LambdaFunctionError,
            High,
        ),
        (
            r#"{"type":"platform.runtimeDone","record":{"requestId":"ID","status":"failure","errorType":"Function.ResponseSizeTooLarge"}}"#,
            Cause::LambdaResponseTooLarge,
            High,
        ),
        (
            r#"{"type":"platform.report","record":{"requestId":"ID","status":"timeout"}}"#,
            Cause::LambdaTimedOut,
            High,
        ),
        (
            r#"{"type":"platform.initReport","record":{"status":"error","errorType":"Runtime.ImportModuleError","phase":"init"}}"#,
            Cause::LambdaInitFailed,
            High,
        ),
        (
            r#"{"type":"platform.report","record":{"requestId":"ID","status":"success","metrics":{"initDurationMs":3200.5}}}"#,
            Cause::HighLatency,
            Medium,
        ),
    ]);
}

#[test]
fn what_the_service_says() {
    check(&[
        (
            "2018-08-01T13:11:00.804Z ID Task timed out after 10.00 seconds",
            Cause::LambdaTimedOut,
            High,
        ),
        ("ID Task timed out after 3.02 seconds\n\n", Cause::LambdaTimedOut, High),
        // without an id a function may have printed it
        ("Task timed out after 3.02 seconds", Cause::LambdaTimedOut, Medium),
        (
            "RequestId: ID Process exited before completing request",
            Cause::LambdaRuntimeExited,
            High,
        ),
        (
            "RequestId: ID Error: Runtime exited with error: signal: killed\nRuntime.ExitError",
            Cause::LambdaOutOfMemory,
            High,
        ),
        (
            "RequestId: ID Error: Runtime exited with error: exit status 137\nRuntime.ExitError",
            Cause::LambdaOutOfMemory,
            Medium,
        ),
        (
            "RequestId: ID Error: Runtime exited with error: exit status 1\nRuntime.ExitError",
            Cause::LambdaRuntimeExited,
            High,
        ),
        (
            "RequestId: ID Error: something that nobody has published",
            Cause::LambdaRuntimeExited,
            Medium,
        ),
        (
            "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
            Cause::LambdaResponseTooLarge,
            High,
        ),
        (
            "[ERROR] [1663095250473] LAMBDA_RUNTIME Failed to post handler success response. Http response code: 413.",
            Cause::LambdaResponseTooLarge,
            High,
        ),
        ("fork/exec /var/task/bootstrap: exec format error", Cause::LambdaInitFailed, High),
        ("Failed to initialize CoreCLR, HRESULT: 0x80004005", Cause::LambdaInitFailed, High),
        // look-alikes
        ("job 7: Task timed out after 3.00 seconds", Cause::Unknown, Low),
        ("NODE\tINFO\tTask timed out after 3.00 seconds", Cause::None, High),
        ("NODE\tERROR\tTask timed out after 3.00 seconds", Cause::LambdaFunctionError, Low),
    ]);
}

const UNCAUGHT: &[Case] = &[
    (
        "[ERROR] KeyError: 'x'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 12, in f",
        Cause::LambdaFunctionError,
        High,
    ),
    (
        "[ERROR] Runtime.ImportModuleError: Unable to import module 'app': No module named 'x'",
        Cause::LambdaInitFailed,
        High,
    ),
    (
        "[ERROR] Runtime.MarshalError: Unable to marshal response: x is not JSON serializable",
        Cause::LambdaMalformedResponse,
        High,
    ),
    ("[ERROR] MemoryError\nTraceback (most recent call last):", Cause::LambdaOutOfMemory, High),
    (
        "[ERROR] ClientError: An error occurred (ProvisionedThroughputExceededException) when calling the PutItem operation: x\nTraceback (most recent call last):",
        Cause::BackendThrottled,
        High,
    ),
    (
        r#"NODE	ERROR	Invoke Error 	{"errorType":"TypeError","errorMessage":"no x"}"#,
        Cause::LambdaFunctionError,
        High,
    ),
    (
        r#"NODE	ERROR	Uncaught Exception 	{"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot find module 'x'"}"#,
        Cause::LambdaInitFailed,
        High,
    ),
    (
        r#"NODE	ERROR	Unhandled Promise Rejection 	{"errorType":"Runtime.UnhandledPromiseRejection","errorMessage":"Error: boom"}"#,
        Cause::LambdaRuntimeExited,
        High,
    ),
    (
        r#"NODE	ERROR	Invoke Error 	{"errorType":"GoneException","errorMessage":"410"}"#,
        Cause::WebsocketConnectionGone,
        High,
    ),
    (r#"NODE	{"errorMessage":"no x","errorType":"TypeError"}"#, Cause::LambdaFunctionError, High),
    (
        r#"{"errorMessage":"/ by zero","errorType":"java.lang.ArithmeticException"}"#,
        Cause::LambdaFunctionError,
        High,
    ),
    (
        r#"{"errorMessage":"x","errorType":"java.lang.OutOfMemoryError"}"#,
        Cause::LambdaOutOfMemory,
        High,
    ),
    (
        r#"{"errorMessage":"cannot load such file -- app","errorType":"Init<LoadError>"}"#,
        Cause::LambdaInitFailed,
        High,
    ),
    (
        r#"{"errorMessage":"2019-02-27T11:31:11.456Z ID Task timed out after 10.00 seconds"}"#,
        Cause::LambdaTimedOut,
        High,
    ),
    (
        r#"{"errorType":"TooManyRequestsException","errorMessage":"Rate Exceeded."}"#,
        Cause::BackendThrottled,
        High,
    ),
    (
        r#"{"errorType":"KMSDisabledException","errorMessage":"x"}"#,
        Cause::LambdaInvocationFailed,
        High,
    ),
    (
        "panic: runtime error: index out of range [3] with length 3",
        Cause::LambdaFunctionError,
        High,
    ),
    ("thread 'main' panicked at src/main.rs:8:5:\nboom", Cause::LambdaFunctionError, High),
    (
        "Unhandled exception. System.NullReferenceException: Object",
        Cause::LambdaFunctionError,
        High,
    ),
    (
        "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory",
        Cause::LambdaOutOfMemory,
        High,
    ),
    ("java.lang.OutOfMemoryError: Java heap space", Cause::LambdaOutOfMemory, High),
    // look-alikes: the function's own error in the service's words
    (
        r#"{"errorType":"TimeoutError","errorMessage":"Task timed out after 3.00 seconds"}"#,
        Cause::LambdaFunctionError,
        High,
    ),
    (
        r#"NODE	ERROR	Invoke Error 	{"errorType":"Error","errorMessage":"upstream said Runtime.ExitError"}"#,
        Cause::LambdaFunctionError,
        High,
    ),
];

#[test]
fn errors_that_nobody_caught() {
    check(UNCAUGHT);
}

#[test]
fn what_a_function_logs_proves_nothing() {
    check(&[
        (
            "NODE\tTypeError: no x\n    at f (/var/task/i.js:1:2)",
            Cause::LambdaFunctionError,
            Medium,
        ),
        ("[ERROR] KeyError: 'x'", Cause::LambdaFunctionError, Medium),
        ("NODE\tERROR\tpayment refused", Cause::LambdaFunctionError, Low),
        ("NODE\tERROR\tGoneException: 410", Cause::WebsocketConnectionGone, Low),
        ("[ERROR]\tNODE\tpayment refused", Cause::LambdaFunctionError, Low),
        ("NODE\tINFO\tInvoke Error {\"errorType\":\"TypeError\"}", Cause::None, High),
        ("NODE\tWARN\tpayment slow", Cause::None, High),
        ("NODE\tevent.Records--->undefined", Cause::None, High),
        (
            r#"{"level":"ERROR","message":"refused","function_request_id":"ID","exception_name":"ValueError"}"#,
            Cause::LambdaFunctionError,
            Low,
        ),
        (
            r#"{"level":"INFO","message":"Task timed out after 3.00 seconds","function_request_id":"ID"}"#,
            Cause::None,
            High,
        ),
    ]);
}

#[test]
fn the_evidence_is_the_error_and_the_first_frame_of_own_code() {
    let line = format!(
        "2025-03-12T09:14:07.123Z\t{ID}\tERROR\tInvoke Error \t{}",
        r#"{"errorType":"TypeError","errorMessage":"no x","stack":["TypeError: no x","    at g (/var/task/node_modules/a/b.js:1:2)","    at f (/var/task/i.js:9:33)"]}"#
    );
    let read = Reader::default().line(&line);
    let found = diagnose::line(&read);
    let told: Vec<(&str, &str)> =
        found.evidence.iter().map(|evidence| (evidence.field.name(), evidence.text)).collect();
    let wanted = [("Lambda log", "TypeError: no x"), ("Lambda log", "at f (/var/task/i.js:9:33)")];
    assert_eq!(told, wanted);
    let report = format!("REPORT RequestId: {ID}\tDuration: 3000.00 ms\tStatus: timeout");
    let read = Reader::default().line(&report);
    let found = diagnose::line(&read);
    assert_eq!((found.evidence[0].field.name(), found.evidence[0].text), ("REPORT", &*report));
}
