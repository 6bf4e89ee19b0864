//! Backends that gave no usable answer: 502 on REST APIs, 500 on HTTP APIs.

use super::links;
use crate::catalogue::{Entry, Example};
use crate::{ApiType, Cause, Confidence, Family, Fault, RetryAdvice};

/// In the order of the causes.
pub(super) const ENTRIES: &[Entry] = &[
    LAMBDA_FUNCTION_ERROR,
    LAMBDA_MALFORMED_RESPONSE,
    LAMBDA_RESPONSE_TOO_LARGE,
    LAMBDA_OUT_OF_MEMORY,
    LAMBDA_INIT_FAILED,
    LAMBDA_RUNTIME_EXITED,
    ENDPOINT_TLS_FAILED,
];

const LAMBDA_FUNCTION_ERROR: Entry = Entry {
    cause: Cause::LambdaFunctionError,
    family: Family::BadGateway,
    fault: Fault::BackendCode,
    retry: RetryAdvice::SafeIfIdempotent,
    retry_reason: "a bug fails again every time; only a passing fault of something it calls goes \
        away",
    title: "Lambda function threw an error",
    explanation: "The function's code ended in an exception that it did not catch, so there was no \
        answer to pass on. A REST API shows this as 502, an HTTP API as 500.",
    next_steps: &[
        "Find the exception in the function's log by the Lambda request id: `aws logs tail \
         /aws/lambda/{function} --since 1h --filter-pattern '\"REQUEST_ID\"'`.",
        "If it began with a deployment, roll back: `aws lambda update-alias --function-name \
         {function} --name ALIAS --function-version PREVIOUS_VERSION`.",
        "Catch what can be expected, and return a proper answer with a 4xx or 5xx `statusCode`.",
    ],
    may_be: &[],
    links: &[links::REPOST_502, links::LAMBDA_WITH_API_GATEWAY, links::LAMBDA_INTEGRATION_ERRORS],
    example: Example {
        status: 500,
        api_type: ApiType::WebSocket,
        confidence: Confidence::High,
        route: "bid",
        evidence: &[("integration.error", "Lambda Customer Function Error:reserve price missing")],
    },
};

const LAMBDA_MALFORMED_RESPONSE: Entry = Entry {
    cause: Cause::LambdaMalformedResponse,
    family: Family::BadGateway,
    fault: Fault::BackendCode,
    retry: RetryAdvice::Never,
    retry_reason: "the function runs again, but its answer stays unreadable until the code changes",
    title: "Lambda function answered in the wrong format",
    explanation: "The function ran to its end, but API Gateway cannot read what it returned: for \
        example the body is no string, or the status code no whole number. What the function does \
        has been done.",
    next_steps: &[
        "Let the function return \
         `{\"statusCode\":200,\"headers\":{},\"body\":\"TEXT\",\"isBase64Encoded\":false}`, with a \
         body that is a string: encode JSON first.",
        "To see what it returns, call it (this runs the code): `aws lambda invoke --function-name \
         {function} --payload fileb://event.json out.json`.",
        "Check every path through the code: an early return without an answer is the usual slip.",
    ],
    may_be: &[],
    links: &[links::REPOST_502, links::LAMBDA_WITH_API_GATEWAY, links::HTTP_LAMBDA_INTEGRATION],
    example: Example {
        status: 502,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /ledger/export",
        evidence: &[
            (
                "integration.error",
                "Execution failed due to configuration error: Malformed Lambda proxy response",
            ),
            ("error.responseType", "INTEGRATION_FAILURE"),
        ],
    },
};

const LAMBDA_RESPONSE_TOO_LARGE: Entry = Entry {
    cause: Cause::LambdaResponseTooLarge,
    family: Family::BadGateway,
    fault: Fault::BackendCode,
    retry: RetryAdvice::Never,
    retry_reason: "the same answer is too large again; the code must return less",
    title: "Lambda function's answer is too large",
    explanation: "The function returned more than the 6 MB that Lambda allows for an answer, so \
        API Gateway got none.",
    next_steps: &[
        "Return the result in pages, or compress it.",
        "Or put it into S3 and redirect the caller to it (303).",
        "On a REST API, streaming lifts the limit: set the integration's `responseTransferMode` to \
         `STREAM` and let the function stream.",
    ],
    may_be: &[],
    links: &[links::LAMBDA_LIMITS, links::RESPONSE_STREAMING],
    example: Example {
        status: 500,
        api_type: ApiType::Http,
        confidence: Confidence::High,
        route: "GET /archive.json",
        evidence: &[(
            "integration.error",
            "The Lambda function returned the following error: Response payload size exceeded maximum allowed payload size (6291556 bytes).. Ch",
        )],
    },
};

const LAMBDA_OUT_OF_MEMORY: Entry = Entry {
    cause: Cause::LambdaOutOfMemory,
    family: Family::BadGateway,
    fault: Fault::BackendCapacity,
    retry: RetryAdvice::AfterChange,
    retry_reason: "the same work fills the memory again; raise it first",
    title: "Lambda function ran out of memory",
    explanation: "The function needed more memory than it was given, and was killed in the middle \
        of its work.",
    next_steps: &[
        "Give it more: `aws lambda update-function-configuration --function-name {function} \
         --memory-size 1024`.",
        "Compare `Max Memory Used` with `Memory Size`: `aws logs tail /aws/lambda/{function} \
         --since 1h --filter-pattern REPORT`. A use that grows from call to call is a leak.",
        "Read large files and results in pieces, not at once.",
    ],
    may_be: &[],
    links: &[links::LAMBDA_INVOCATION_TROUBLESHOOTING, links::LAMBDA_MEMORY],
    example: Example {
        status: 500,
        api_type: ApiType::Http,
        confidence: Confidence::High,
        route: "POST /posters",
        evidence: &[(
            "integration.error",
            "The Lambda function returned the following error: Error: Runtime exited with error: signal: killed",
        )],
    },
};

const LAMBDA_INIT_FAILED: Entry = Entry {
    cause: Cause::LambdaInitFailed,
    family: Family::BadGateway,
    fault: Fault::BackendCode,
    retry: RetryAdvice::AfterChange,
    retry_reason: "it fails to start every time until a working package is deployed",
    title: "Lambda function cannot start",
    explanation: "The function fails before its handler runs: the handler or a module is not \
        found, the package is for another architecture, or its start-up code breaks or takes too \
        long.",
    next_steps: &[
        "Compare handler, runtime and architecture with the package: \
         `aws lambda get-function-configuration --function-name {function}`.",
        "If it began with a deployment, roll back: `aws lambda update-alias --function-name \
         {function} --name ALIAS --function-version PREVIOUS_VERSION`.",
        "Check that every module the code imports is in the package or a layer, built for the \
         function's architecture (x86_64 or arm64).",
    ],
    may_be: &[],
    links: &[links::LAMBDA_DEPLOYMENT_TROUBLESHOOTING, links::LAMBDA_RUNTIME_ENVIRONMENT],
    example: Example {
        status: 500,
        api_type: ApiType::Http,
        confidence: Confidence::High,
        route: "GET /posters",
        evidence: &[(
            "integration.error",
            "The Lambda function returned the following error: Error: Cannot find module 'sharp'",
        )],
    },
};

const LAMBDA_RUNTIME_EXITED: Entry = Entry {
    cause: Cause::LambdaRuntimeExited,
    family: Family::BadGateway,
    fault: Fault::BackendCode,
    retry: RetryAdvice::SafeIfIdempotent,
    retry_reason: "part of the work may be done already, and a repeat does it again",
    title: "Lambda function's process ended without an answer",
    explanation: "The process that runs the function stopped before it answered: the code left it, \
        a native library crashed, or a promise was rejected unhandled. A lack of memory is not \
        proven.",
    next_steps: &[
        "Read the last lines of the function's log for this request: `aws logs tail \
         /aws/lambda/{function} --since 1h --filter-pattern '\"REQUEST_ID\"'`.",
        "Look in the code for `process.exit`, `os._exit` and promises that nobody awaits.",
        "Check native libraries: are they built for the function's runtime and architecture?",
    ],
    may_be: &[],
    links: &[links::LAMBDA_INVOCATION_TROUBLESHOOTING],
    example: Example {
        status: 500,
        api_type: ApiType::Http,
        confidence: Confidence::High,
        route: "PUT /stock/{id}",
        evidence: &[(
            "integration.error",
            "The Lambda function returned the following error: RequestId: 0f09739f-c2fb-46ae-bae0-4bc0fd099c6c Process exited before completing",
        )],
    },
};

const ENDPOINT_TLS_FAILED: Entry = Entry {
    cause: Cause::EndpointTlsFailed,
    family: Family::BadGateway,
    fault: Fault::ApiConfiguration,
    retry: RetryAdvice::AfterChange,
    retry_reason: "every call fails until the certificate or the integration is changed",
    title: "Backend's TLS certificate was not accepted",
    explanation: "API Gateway reached the backend but broke off the secure connection: the \
        certificate is out of date, carries another name, or comes from an authority that is not \
        trusted.",
    next_steps: &[
        "Look at the certificate: `openssl s_client -connect HOST:443 -servername HOST \
         -showcerts`.",
        "Use one from a public authority, with the full chain, for the host name that the \
         integration calls.",
        "HTTP API with a private integration: `aws apigatewayv2 update-integration --api-id {api} \
         --integration-id INTEGRATION_ID --tls-config ServerNameToVerify=HOST`.",
        "REST API: `tlsConfig.insecureSkipVerification` accepts certificates from unknown \
         authorities, as a stopgap only.",
    ],
    may_be: &[],
    links: &[links::REPOST_500_VPC, links::TLS_CONFIG],
    example: Example {
        status: 500,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /lab/{id}",
        evidence: &[
            (
                "integration.error",
                "PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to ",
            ),
            ("error.responseType", "DEFAULT_5XX"),
        ],
    },
};
