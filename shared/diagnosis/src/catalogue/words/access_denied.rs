//! Refusals (403). They concern the caller; a role or permission that API Gateway itself lacks
//! shows as 500 and belongs to `internal_error`.

use super::links;
use crate::catalogue::{Entry, Example};
use crate::{ApiType, Cause, Confidence, Family, Fault, RetryAdvice};

/// In the order of the causes.
pub(super) const ENTRIES: &[Entry] = &[
    MISSING_AUTHENTICATION_TOKEN,
    AWS_SIGNATURE_REJECTED,
    AUTHORIZER_DENIED,
    POLICY_DENIED,
    API_KEY_INVALID,
    API_KEY_NOT_IN_USAGE_PLAN,
    WAF_BLOCKED,
    MTLS_REJECTED,
    CORS_PREFLIGHT_REJECTED,
    CUSTOM_DOMAIN_UNMAPPED,
    BACKEND_DENIED,
];

const MISSING_AUTHENTICATION_TOKEN: Entry = Entry {
    cause: Cause::MissingAuthenticationToken,
    family: Family::AccessDenied,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the URL or method must be corrected, or the request signed",
    title: "Wrong path or method, or an unsigned request",
    explanation: "Despite its wording (Missing Authentication Token) this mostly means that the \
        stage has no such path or method. A method that demands an AWS signature answers the same \
        when the call carries none.",
    next_steps: &[
        "Compare the stage name and path in the URL with what exists: \
         `aws apigateway get-resources --rest-api-id {api}`.",
        "If the path is new, deploy it (this publishes every undeployed change of the API): \
         `aws apigateway create-deployment --rest-api-id {api} --stage-name {stage}`.",
        "If the method uses AWS_IAM authorization, the caller must sign with SigV4; to try it: \
         `awscurl --service execute-api URL`.",
        "Many of these on random paths from one address are a scanner: consider a WAF rule, and \
         wake nobody.",
    ],
    may_be: &[],
    links: &[links::REPOST_403, links::GATEWAY_RESPONSES],
    example: Example {
        status: 403,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "POST /orders",
        evidence: &[
            ("error.responseType", "MISSING_AUTHENTICATION_TOKEN"),
            ("error.message", "Missing Authentication Token"),
        ],
    },
};

const AWS_SIGNATURE_REJECTED: Entry = Entry {
    cause: Cause::AwsSignatureRejected,
    family: Family::AccessDenied,
    fault: Fault::CallerConfiguration,
    retry: RetryAdvice::AfterChange,
    retry_reason: "the credentials, the signing or the clock must be put right, then the request \
        signed anew",
    title: "AWS signature or credentials were rejected",
    explanation: "The caller signed the request, but the signature does not match, or the access \
        key or session token is unknown or has expired. A wrong clock at the caller has the same \
        effect.",
    next_steps: &[
        "Sign for the service `execute-api`, in the region of the API, with the host name that is \
         really called.",
        "Check the clock of the caller: more than 5 minutes off is too much.",
        "Where the caller runs, see whose keys it uses: `aws sts get-caller-identity`. Renew STS \
         and Cognito credentials before they expire.",
    ],
    may_be: &[],
    links: &[links::REPOST_403, links::GATEWAY_RESPONSES],
    example: Example {
        status: 403,
        api_type: ApiType::Http,
        confidence: Confidence::High,
        route: "GET /vault",
        evidence: &[("error.message", "The security token included in the request is invalid.")],
    },
};

const AUTHORIZER_DENIED: Entry = Entry {
    cause: Cause::AuthorizerDenied,
    family: Family::AccessDenied,
    fault: Fault::Client,
    retry: RetryAdvice::AfterChange,
    retry_reason: "somebody must grant the permission first",
    title: "Authorizer denied access",
    explanation: "The authorizer ran and said no, or the policy it returned does not cover this \
        method and path. A cached policy written for one path can deny the next one.",
    next_steps: &[
        "Read the reason in the authorizer function's log, by `$context.authorizer.requestId` \
         where it is logged: `aws logs tail /aws/lambda/AUTHORIZER_FUNCTION --since 1h`.",
        "If a caller fails on some paths only, the cached policy is too narrow: let the authorizer \
         return all that the caller may use (everything: \
         `arn:aws:execute-api:REGION:ACCOUNT:{api}/*`), or set its cache time to 0.",
        "Drop the cached policies: `aws apigateway flush-stage-authorizers-cache --rest-api-id \
         {api} --stage-name {stage}`.",
        "Try a token: `aws apigateway test-invoke-authorizer --rest-api-id {api} --authorizer-id \
         AUTHORIZER_ID --headers Authorization='Bearer TOKEN'`.",
    ],
    may_be: &[],
    links: &[links::LAMBDA_AUTHORIZER_OUTPUT, links::REPOST_403, links::GATEWAY_RESPONSES],
    example: Example {
        status: 403,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /patients/{nhs}/notes",
        evidence: &[
            ("error.responseType", "ACCESS_DENIED"),
            ("error.message", "User is not authorized to access this resource"),
        ],
    },
};

const POLICY_DENIED: Entry = Entry {
    cause: Cause::PolicyDenied,
    family: Family::AccessDenied,
    fault: Fault::CallerConfiguration,
    retry: RetryAdvice::AfterChange,
    retry_reason: "a policy must be changed first",
    title: "An access policy does not allow this call",
    explanation: "The caller lacks the permission execute-api:Invoke: a policy of its own, of the \
        API or of a VPC endpoint denies it, or none of them grants it.",
    next_steps: &[
        "If the message says `User: anonymous`, look at the API's resource policy: \
         `aws apigateway get-rest-api --rest-api-id {api} --query policy`.",
        "If it names a user or role, test it: `aws iam simulate-principal-policy \
         --policy-source-arn PRINCIPAL_ARN --action-names execute-api:Invoke --resource-arns \
         'arn:aws:execute-api:REGION:ACCOUNT:{api}/{stage}/*'`.",
        "For a private API, check the policy of the VPC endpoint and any `aws:SourceVpce` \
         condition too.",
        "A changed resource policy holds only after a deployment: \
         `aws apigateway create-deployment --rest-api-id {api} --stage-name {stage}`.",
        "Where the stage protects its cache, a caller that sends `Cache-Control: max-age=0` \
         without that permission ends here too.",
    ],
    may_be: &[],
    links: &[links::RESOURCE_POLICIES, links::REPOST_403, links::CACHING],
    example: Example {
        status: 403,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "POST /referrals",
        evidence: &[
            ("authorize.status", "403"),
            ("error.responseType", "ACCESS_DENIED"),
            ("error.message", "Forbidden"),
        ],
    },
};

const API_KEY_INVALID: Entry = Entry {
    cause: Cause::ApiKeyInvalid,
    family: Family::AccessDenied,
    fault: Fault::Client,
    retry: RetryAdvice::AfterChange,
    retry_reason: "the caller must send a key that exists and is enabled",
    title: "API key is missing, unknown or disabled",
    explanation: "This method demands an API key. The caller sent none, or one that API Gateway \
        does not know or that has been switched off.",
    next_steps: &[
        "Check that the caller sends the key in the header `x-api-key`; if the API takes the key \
         from the authorizer, check its `usageIdentifierKey`.",
        "See whether the key exists and is enabled: `aws apigateway get-api-keys --name-query \
         KEY_NAME` (add `--include-values` to compare the value).",
        "If it is enabled, see whether a usage plan joins it to this stage: \
         `aws apigateway get-usage-plans --key-id KEY_ID`.",
    ],
    may_be: &[],
    links: &[links::API_KEYS, links::REPOST_403],
    example: Example {
        status: 403,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /seeds",
        evidence: &[("error.responseType", "INVALID_API_KEY"), ("error.message", "Forbidden")],
    },
};

const API_KEY_NOT_IN_USAGE_PLAN: Entry = Entry {
    cause: Cause::ApiKeyNotInUsagePlan,
    family: Family::AccessDenied,
    fault: Fault::ApiConfiguration,
    retry: RetryAdvice::AfterChange,
    retry_reason: "a usage plan must first join the key to this stage",
    title: "API key is in no usage plan for this stage",
    explanation: "The caller sent an API key, but no usage plan holds both that key and this stage \
        of the API. Without one the key opens nothing.",
    next_steps: &[
        "See which usage plans the key is in: `aws apigateway get-usage-plans --key-id KEY_ID`.",
        "Add the key to a plan: `aws apigateway create-usage-plan-key --usage-plan-id PLAN_ID \
         --key-type API_KEY --key-id KEY_ID`.",
        "Add this stage to the plan: `aws apigateway update-usage-plan --usage-plan-id PLAN_ID \
         --patch-operations op=add,path=/apiStages,value={api}:{stage}`.",
    ],
    may_be: &[],
    links: &[links::USAGE_PLAN_CREATION],
    example: Example {
        status: 403,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /seeds",
        evidence: &[(
            "execution log",
            "API Key k3x…9q is not authorized because it is not in a usage plan of this stage",
        )],
    },
};

const WAF_BLOCKED: Entry = Entry {
    cause: Cause::WafBlocked,
    family: Family::AccessDenied,
    fault: Fault::Client,
    retry: RetryAdvice::Never,
    retry_reason: "the rule blocks the same request again; only a rate-based rule relents after a \
        pause",
    title: "Web firewall (AWS WAF) blocked the request",
    explanation: "A rule of the AWS WAF web ACL on this stage stopped the request before \
        authorizer and backend. Either an attack was kept out, or a rule took a harmless request \
        for one.",
    next_steps: &[
        "Find the rule: `terminatingRuleId` in the WAF log, or `aws wafv2 get-sampled-requests \
         --web-acl-arn WEB_ACL_ARN --rule-metric-name RULE_METRIC --scope REGIONAL --time-window \
         StartTime=START,EndTime=END --max-items 100`.",
        "If honest callers are hit (large bodies and rich text often are), switch that rule to \
         Count or narrow it.",
        "If it is a rate-based rule, callers get through again once they send less.",
    ],
    may_be: &[],
    links: &[links::WAF, links::GATEWAY_RESPONSES],
    example: Example {
        status: 403,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "POST /reviews",
        evidence: &[("error.responseType", "WAF_FILTERED"), ("error.message", "Forbidden")],
    },
};

const MTLS_REJECTED: Entry = Entry {
    cause: Cause::MtlsRejected,
    family: Family::AccessDenied,
    fault: Fault::CallerConfiguration,
    retry: RetryAdvice::AfterChange,
    retry_reason: "the caller must present a certificate that the truststore vouches for",
    title: "Client certificate was not accepted",
    explanation: "The API demands a client certificate (mutual TLS). The caller's was missing, \
        expired, weakly signed or from an unknown authority, or the caller used the API's default \
        address.",
    next_steps: &[
        "Look at the certificate in the access log: `$context.identity.clientCert.subjectDN`, \
         `issuerDN` and `validity.notAfter`.",
        "See the truststore in use: `aws apigateway get-domain-name --domain-name HOST` (field \
         `mutualTlsAuthentication`).",
        "After uploading a truststore with the missing issuer, switch to it: \
         `aws apigateway update-domain-name --domain-name HOST --patch-operations \
         op=replace,path=/mutualTlsAuthentication/truststoreVersion,value=VERSION`.",
        "Let callers use the custom domain, not the execute-api address.",
    ],
    may_be: &[],
    links: &[links::REPOST_MTLS, links::MTLS],
    example: Example {
        status: 403,
        api_type: ApiType::Rest,
        confidence: Confidence::Medium,
        route: "GET /settlements",
        evidence: &[("identity.clientCert.subjectDN", "CN=till-0042,OU=Branches,O=Harbourline")],
    },
};

const CORS_PREFLIGHT_REJECTED: Entry = Entry {
    cause: Cause::CorsPreflightRejected,
    family: Family::AccessDenied,
    fault: Fault::ApiConfiguration,
    retry: RetryAdvice::AfterChange,
    retry_reason: "the browser asks again with every call and is refused until the API is changed",
    title: "Browser's CORS preflight was refused",
    explanation: "Before a call to another site a browser asks with OPTIONS whether it may, and \
        this API said no. The path has no OPTIONS method, or an authorizer, API key or WAF rule \
        stands before it.",
    next_steps: &[
        "REST API: give the path an OPTIONS method with a mock integration, the \
         Access-Control-Allow-* headers, no authorizer and no API key; then \
         `aws apigateway create-deployment --rest-api-id {api} --stage-name {stage}`.",
        "HTTP API, with your own values: `aws apigatewayv2 update-api --api-id {api} \
         --cors-configuration \
         AllowOrigins=https://app.example,AllowMethods=GET,AllowHeaders=authorization`.",
        "REST API: add the CORS headers to the gateway responses DEFAULT_4XX and DEFAULT_5XX as \
         well, or browsers show a CORS error in place of the real one.",
    ],
    may_be: &[],
    links: &[links::CORS, links::HTTP_CORS],
    example: Example {
        status: 403,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "OPTIONS /bookings",
        evidence: &[
            ("httpMethod", "OPTIONS"),
            ("error.responseType", "MISSING_AUTHENTICATION_TOKEN"),
            ("error.message", "Missing Authentication Token"),
        ],
    },
};

const CUSTOM_DOMAIN_UNMAPPED: Entry = Entry {
    cause: Cause::CustomDomainUnmapped,
    family: Family::AccessDenied,
    fault: Fault::ApiConfiguration,
    retry: RetryAdvice::AfterChange,
    retry_reason: "the domain must first be mapped to an API for this path",
    title: "Custom domain is not connected to an API here",
    explanation: "The custom domain has no mapping for this path, or the stage it led to was \
        deleted, so callers get 403 Forbidden. No stage's log records these calls; only the \
        callers see them.",
    next_steps: &[
        "List the mappings: `aws apigateway get-base-path-mappings --domain-name HOST` (HTTP and \
         WebSocket APIs: `aws apigatewayv2 get-api-mappings --domain-name HOST`).",
        "Add the missing one: `aws apigateway create-base-path-mapping --domain-name HOST \
         --base-path PATH --rest-api-id {api} --stage {stage}`.",
        "Check that DNS leads to the domain's own regional or edge target, not to the execute-api \
         host.",
    ],
    may_be: &[],
    links: &[links::REST_MONITORING, links::REPOST_403],
    example: Example {
        status: 403,
        api_type: ApiType::Rest,
        confidence: Confidence::Medium,
        route: "GET /shop",
        evidence: &[("error.message", "Forbidden")],
    },
};

const BACKEND_DENIED: Entry = Entry {
    cause: Cause::BackendDenied,
    family: Family::AccessDenied,
    fault: Fault::Client,
    retry: RetryAdvice::AfterChange,
    retry_reason: "the credential that the backend checks, or its permissions, must change first",
    title: "Backend denied access",
    explanation: "API Gateway let the request through, and the function or service behind it \
        answered 401 or 403. It is the backend's own check that refused.",
    next_steps: &[
        "Find the request in the backend's log; for Lambda search for \
         `$context.integration.requestId`: `aws logs tail /aws/lambda/{function} --since 1h \
         --filter-pattern '\"REQUEST_ID\"'`.",
        "If the backend is an AWS service, check the policy of the role that the integration uses: \
         `aws apigateway get-integration --rest-api-id {api} --resource-id RESOURCE_ID \
         --http-method METHOD --query credentials`.",
    ],
    may_be: &[],
    links: &[links::ACCESS_LOG_VARIABLES],
    example: Example {
        status: 403,
        api_type: ApiType::Rest,
        confidence: Confidence::High,
        route: "GET /ledger/audit",
        evidence: &[("integration.status", "403")],
    },
};
