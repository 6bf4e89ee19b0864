//! Failures of the configuration, the backend's code or AWS that show as 500.

use super::links;
use crate::catalogue::{Entry, Example};
use crate::{ApiType, Cause, Confidence, Family, Fault, RetryAdvice};

/// In the order of the causes.
pub(super) const ENTRIES: &[Entry] = &[
    LAMBDA_PERMISSION_MISSING,
    INTEGRATION_ROLE_UNASSUMABLE,
    AUTHORIZER_MISCONFIGURED,
    AUTHORIZER_FAILED,
    INTEGRATION_RESPONSE_UNMAPPED,
    MAPPING_TEMPLATE_FAILED,
    ENDPOINT_ADDRESS_INVALID,
    API_CONFIGURATION_ERROR,
    BACKEND_SERVER_ERROR,
    LAMBDA_INVOCATION_FAILED,
    GATEWAY_INTERNAL_ERROR,
];

const LAMBDA_PERMISSION_MISSING: Entry = Entry {
    cause: Cause::LambdaPermissionMissing,
    family: Family::InternalError,
    fault: Fault::ApiConfiguration,
    retry: RetryAdvice::AfterChange,
    retry_reason: "every call fails until the function lets the API invoke it",
    title: "API is not allowed to call its Lambda function",
    explanation: "The function's own policy does not let this API, or this method of it, invoke \
        the function. It often begins when a function is recreated, an alias is used or a method \
        is new.",
    next_steps: &[
        "See who may invoke the function: `aws lambda get-policy --function-name {function}` (add \
         `--qualifier ALIAS` if the API calls an alias).",
        "Allow this API: `aws lambda add-permission --function-name {function} --statement-id \
         apigw --action lambda:InvokeFunction --principal apigateway.amazonaws.com --source-arn \
         'arn:aws:execute-api:REGION:ACCOUNT:{api}/*/*'`.",
        "If a permission is there, compare its source ARN with the API id, stage, method and path, \
         and any stage variable in the function's name.",
    ],
    may_be: &[],
    links: &[links::REPOST_HTTP_LAMBDA, links::REPOST_500_LAMBDA, links::LAMBDA_RESOURCE_POLICY],
    example: Example {
        status: 500,
        api_type: ApiType::WebSocket,
        confidence: Confidence::High,
        route: "bid",
        evidence: &[("integration.error", "Invalid permissions on Lambda function")],
    },
};

const INTEGRATION_ROLE_UNASSUMABLE: Entry = Entry {
    cause: Cause::IntegrationRoleUnassumable,
    family: Family::InternalError,
    fault: Fault::ApiConfiguration,
    retry: RetryAdvice::AfterChange,
    retry_reason: "every call fails until API Gateway can assume the role",
    title: "API Gateway cannot use the IAM role it was given",
    explanation: "To call the backend or the authorizer API Gateway should act under an IAM role, \
        but it cannot assume that role. The role is gone, in another account, or does not trust \
        API Gateway.",
    next_steps: &[
        "See which role the integration names: `aws apigateway get-integration --rest-api-id {api} \
         --resource-id RESOURCE_ID --http-method METHOD --query credentials`.",
        "See whom the role trusts: `aws iam get-role --role-name ROLE_NAME --query \
         Role.AssumeRolePolicyDocument`. It must be `apigateway.amazonaws.com`.",
        "The role must be in the API's own account, and whoever deploys the API needs \
         `iam:PassRole` for it.",
    ],
    may_be: &[],
    links: &[links::REPOST_HTTP_LAMBDA, links::PERMISSIONS],
    example: Example {
        status: 500,
        api_type: ApiType::Http,
        confidence: Confidence::High,
        route: "POST /events",
        evidence: &[(
            "integration.error",
            "API Gateway does not have permissions to assume the IAM role configured on the integration",
        )],
    },
};

const AUTHORIZER_MISCONFIGURED: Entry = Entry {
    cause: Cause::AuthorizerMisconfigured,
    family: Family::InternalError,
    fault: Fault::ApiConfiguration,
    retry: RetryAdvice::AfterChange,
    retry_reason: "every call fails until the authorizer's configuration is repaired",
    title: "API Gateway could not call the authorizer",
    explanation: "The caller could not be checked: API Gateway lacks permission to call the \
        authorizer, its address or role is wrong, or its answer is unusable. Everybody behind this \
        authorizer gets a server error.",
    next_steps: &[
        "See which function and role the authorizer names: `aws apigateway get-authorizers \
         --rest-api-id {api}` (HTTP API: `aws apigatewayv2 get-authorizers --api-id {api}`).",
        "Allow the call: `aws lambda add-permission --function-name AUTHORIZER_FUNCTION \
         --statement-id apigw-auth --action lambda:InvokeFunction --principal \
         apigateway.amazonaws.com --source-arn \
         'arn:aws:execute-api:REGION:ACCOUNT:{api}/authorizers/AUTHORIZER_ID'`.",
        "On a REST API, try it: `aws apigateway test-invoke-authorizer --rest-api-id {api} \
         --authorizer-id AUTHORIZER_ID --headers Authorization='Bearer TOKEN'`.",
    ],
    may_be: &[],
    links: &[links::GATEWAY_RESPONSES, links::REPOST_HTTP_LAMBDA, links::HTTP_LAMBDA_AUTHORIZER],
    example: Example {
        status: 500,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /shelf",
        evidence: &[("error.responseType", "AUTHORIZER_CONFIGURATION_ERROR")],
    },
};

const AUTHORIZER_FAILED: Entry = Entry {
    cause: Cause::AuthorizerFailed,
    family: Family::InternalError,
    fault: Fault::BackendCode,
    retry: RetryAdvice::SafeIfIdempotent,
    retry_reason: "helps only where the authorizer's trouble was a passing one",
    title: "Authorizer crashed or gave no valid answer",
    explanation: "The authorizer was called, but threw an error, took too long or returned no \
        valid policy. API Gateway could neither admit nor refuse the caller.",
    next_steps: &[
        "Read the authorizer function's log, by `$context.authorizer.requestId` where it is \
         logged: `aws logs tail /aws/lambda/AUTHORIZER_FUNCTION --since 1h`.",
        "For a bad token the code must throw exactly `Unauthorized`; in all other cases it must \
         return a policy document with a `principalId`.",
        "If it is slow, look at what it calls (a key server, a database), and cache that between \
         calls.",
    ],
    may_be: &[],
    links: &[links::GATEWAY_RESPONSES, links::LAMBDA_AUTHORIZER],
    example: Example {
        status: 500,
        api_type: ApiType::WebSocket,
        confidence: Confidence::High,
        route: "$connect",
        evidence: &[("authorizer.error", "Internal server error"), ("authorizer.status", "500")],
    },
};

const INTEGRATION_RESPONSE_UNMAPPED: Entry = Entry {
    cause: Cause::IntegrationResponseUnmapped,
    family: Family::InternalError,
    fault: Fault::ApiConfiguration,
    retry: RetryAdvice::AfterChange,
    retry_reason: "the same answer fails again until a mapping for it is deployed",
    title: "Backend's answer has no response mapping",
    explanation: "The backend answered, but the method has no mapping for that status or error, or \
        the mapping names a method response that does not exist. Callers see a 500 instead.",
    next_steps: &[
        "The log line ends with the status that the backend sent: if that is an error, repair it \
         too.",
        "See a mapping: `aws apigateway get-integration-response --rest-api-id {api} --resource-id \
         RESOURCE_ID --http-method METHOD --status-code 200`.",
        "Set a default, which replaces the 200 mapping: `aws apigateway put-integration-response \
         --rest-api-id {api} --resource-id RESOURCE_ID --http-method METHOD --status-code 200 \
         --selection-pattern ''`.",
        "Make sure that a method response for the mapped status exists, then deploy: \
         `aws apigateway create-deployment --rest-api-id {api} --stage-name {stage}`.",
    ],
    may_be: &[],
    links: &[links::LAMBDA_INTEGRATION_ERRORS, links::GATEWAY_RESPONSES],
    example: Example {
        status: 500,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /ports/{code}",
        evidence: &[
            (
                "integration.error",
                "Execution failed due to configuration error: Output mapping refers to an invalid method response: 200",
            ),
            ("error.responseType", "API_CONFIGURATION_ERROR"),
        ],
    },
};

const MAPPING_TEMPLATE_FAILED: Entry = Entry {
    cause: Cause::MappingTemplateFailed,
    family: Family::InternalError,
    fault: Fault::ApiConfiguration,
    retry: RetryAdvice::AfterChange,
    retry_reason: "fails again until the template fits; where only some bodies fail, those bodies \
        are at fault",
    title: "Request or response could not be transformed",
    explanation: "A mapping template, or the conversion between text and binary, failed inside API \
        Gateway. The method's settings do not fit the data that passes through it.",
    next_steps: &[
        "Try the template with a failing body (this calls the real backend): \
         `aws apigateway test-invoke-method --rest-api-id {api} --resource-id RESOURCE_ID \
         --http-method METHOD --body BODY`.",
        "If a binary body meets a template, add its type to binaryMediaTypes or convert it: \
         `aws apigateway update-integration --rest-api-id {api} --resource-id RESOURCE_ID \
         --http-method METHOD --patch-operations \
         op=replace,path=/contentHandling,value=CONVERT_TO_TEXT`.",
        "Then deploy: `aws apigateway create-deployment --rest-api-id {api} --stage-name {stage}`.",
    ],
    may_be: &[],
    links: &[links::PAYLOAD_ENCODINGS, links::MAPPING_TEMPLATES],
    example: Example {
        status: 500,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "POST /scans",
        evidence: &[
            (
                "integration.error",
                "Execution failed due to configuration error: Unable to transform request",
            ),
            ("error.responseType", "API_CONFIGURATION_ERROR"),
        ],
    },
};

const ENDPOINT_ADDRESS_INVALID: Entry = Entry {
    cause: Cause::EndpointAddressInvalid,
    family: Family::InternalError,
    fault: Fault::ApiConfiguration,
    retry: RetryAdvice::AfterChange,
    retry_reason: "fails again until the address is corrected, or the caller encodes the character \
        in the path",
    title: "Backend address set in the API is not valid",
    explanation: "API Gateway cannot call the address that the integration gives: its host name is \
        bad, a character in it is not allowed, or a stage variable in it is empty.",
    next_steps: &[
        "See the address: `aws apigateway get-integration --rest-api-id {api} --resource-id \
         RESOURCE_ID --http-method METHOD --query uri`.",
        "See the stage variables that go into it: `aws apigateway get-stage --rest-api-id {api} \
         --stage-name {stage} --query variables`.",
        "If the log speaks of an illegal character, it comes from the caller's path: URL-encode it \
         at the caller or in the mapping.",
    ],
    may_be: &[],
    links: &[links::GATEWAY_RESPONSES, links::REPOST_PROXY_PATH],
    example: Example {
        status: 500,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /lab/{id}",
        evidence: &[(
            "integration.error",
            "Execution failed due to configuration error: Invalid endpoint address",
        )],
    },
};

const API_CONFIGURATION_ERROR: Entry = Entry {
    cause: Cause::ApiConfigurationError,
    family: Family::InternalError,
    fault: Fault::ApiConfiguration,
    retry: RetryAdvice::AfterChange,
    retry_reason: "every such call fails until the API's configuration is corrected",
    title: "API Gateway reports a configuration error",
    explanation: "API Gateway could not handle the request because of how the API is set up, and \
        this log does not say what is wrong. The execution log names the exact fault.",
    next_steps: &[
        "Turn on execution logs (the account needs a CloudWatch role set for API Gateway): \
         `aws apigateway update-stage --rest-api-id {api} --stage-name {stage} --patch-operations \
         'op=replace,path=/*/*/logging/loglevel,value=ERROR'`.",
        "Then read the failures: `aws logs tail 'API-Gateway-Execution-Logs_{api}/{stage}' --since \
         1h --filter-pattern '\"Execution failed\"'`.",
        "Without logs, the same lines come from a trial, which calls the real backend: \
         `aws apigateway test-invoke-method --rest-api-id {api} --resource-id RESOURCE_ID \
         --http-method METHOD`.",
    ],
    may_be: &[],
    links: &[links::GATEWAY_RESPONSES, links::REPOST_5XX],
    example: Example {
        status: 500,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /seeds/{id}",
        evidence: &[
            ("error.responseType", "API_CONFIGURATION_ERROR"),
            ("error.message", "Internal server error"),
        ],
    },
};

const BACKEND_SERVER_ERROR: Entry = Entry {
    cause: Cause::BackendServerError,
    family: Family::InternalError,
    fault: Fault::BackendCode,
    retry: RetryAdvice::SafeIfIdempotent,
    retry_reason: "mostly the same error comes back; repeat only what does no harm when done twice",
    title: "Backend answered with a server error",
    explanation: "The function or service behind the API chose to answer with a 5xx, and API \
        Gateway passed it on. The reason stands in the backend's log.",
    next_steps: &[
        "Find the request in the backend's log; for Lambda search for \
         `$context.integration.requestId`: `aws logs tail /aws/lambda/{function} --since 1h \
         --filter-pattern '\"REQUEST_ID\"'`.",
        "Look there for throttling texts too: a limit further down is often passed on as a 500.",
    ],
    may_be: &[],
    links: &[links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 500,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /ledger/close",
        evidence: &[("integration.status", "500")],
    },
};

const LAMBDA_INVOCATION_FAILED: Entry = Entry {
    cause: Cause::LambdaInvocationFailed,
    family: Family::InternalError,
    fault: Fault::AwsNetwork,
    retry: RetryAdvice::Backoff,
    retry_reason: "trouble inside Lambda may pass; a missing function, key or mount must be \
        repaired first",
    title: "Lambda could not run the function",
    explanation: "Lambda failed the call before the code could answer, and neither throttling nor \
        permission was the reason. The function may be missing or inactive, or its KMS key, EFS \
        mount or network interface unavailable.",
    next_steps: &[
        "See the state of the function: `aws lambda get-function --function-name {function} \
         --query 'Configuration.[State,StateReason,LastUpdateStatus]'`.",
        "Check what it depends on: its KMS key is enabled, its EFS mount targets are up, its \
         subnets have free addresses.",
        "If all of that is well, look at the AWS Health Dashboard for Lambda in this region.",
    ],
    may_be: &[],
    links: &[links::LAMBDA_INVOCATION_TROUBLESHOOTING],
    example: Example {
        status: 500,
        api_type: ApiType::Rest,
        confidence: Confidence::Medium,
        route: "POST /orders",
        evidence: &[(
            "integration.error",
            "There was an internal error while executing your request",
        )],
    },
};

const GATEWAY_INTERNAL_ERROR: Entry = Entry {
    cause: Cause::GatewayInternalError,
    family: Family::InternalError,
    fault: Fault::AwsNetwork,
    retry: RetryAdvice::SafeIfIdempotent,
    retry_reason: "may pass within moments; if it lasts, AWS Support needs the extended request id",
    title: "API Gateway itself failed",
    explanation: "API Gateway answered with a server error, and nothing in the log points to the \
        backend, the authorizer or the configuration.",
    next_steps: &[
        "Look at the AWS Health Dashboard for API Gateway in this region.",
        "Compare with the metric `5XXError` (HTTP API: `5xx`): API Gateway may not log all of its \
         own failures.",
        "If it lasts, open a case with AWS Support and give the `$context.extendedRequestId` of a \
         failed request (response header `x-amz-apigw-id`).",
    ],
    may_be: &[],
    links: &[links::REST_MONITORING],
    example: Example {
        status: 500,
        api_type: ApiType::Rest,
        confidence: Confidence::Medium,
        route: "GET /tides",
        evidence: &[
            ("error.responseType", "DEFAULT_5XX"),
            ("error.message", "Internal server error"),
        ],
    },
};
