//! The pages that the entries link to: AWS's documentation and re:Post.

macro_rules! gateway_guide {
    ($page:literal) => {
        concat!("https://docs.aws.amazon.com/apigateway/latest/developerguide/", $page, ".html")
    };
}

macro_rules! lambda_guide {
    ($page:literal) => {
        concat!("https://docs.aws.amazon.com/lambda/latest/dg/", $page, ".html")
    };
}

macro_rules! repost {
    ($page:literal) => {
        concat!("https://repost.aws/", $page)
    };
}

pub(super) const ACCESS_LOG_VARIABLES: &str =
    gateway_guide!("api-gateway-variables-for-access-logging");
pub(super) const API_KEYS: &str = gateway_guide!("api-gateway-setup-api-key-with-console");
pub(super) const CACHING: &str = gateway_guide!("api-gateway-caching");
pub(super) const COGNITO_AUTHORIZER: &str = gateway_guide!("apigateway-integrate-with-cognito");
pub(super) const CORS: &str = gateway_guide!("how-to-cors");
pub(super) const GATEWAY_RESPONSES: &str = gateway_guide!("supported-gateway-response-types");
pub(super) const HTTP_CORS: &str = gateway_guide!("http-api-cors");
pub(super) const HTTP_JWT_AUTHORIZER: &str = gateway_guide!("http-api-jwt-authorizer");
pub(super) const HTTP_JWT_TROUBLESHOOTING: &str = gateway_guide!("http-api-troubleshooting-jwt");
pub(super) const HTTP_LAMBDA_AUTHORIZER: &str = gateway_guide!("http-api-lambda-authorizer");
pub(super) const HTTP_LAMBDA_INTEGRATION: &str =
    gateway_guide!("http-api-develop-integrations-lambda");
pub(super) const HTTP_LOG_VARIABLES: &str = gateway_guide!("http-api-logging-variables");
pub(super) const HTTP_ROUTES: &str = gateway_guide!("http-api-develop-routes");
pub(super) const HTTP_THROTTLING: &str = gateway_guide!("http-api-throttling");
pub(super) const LAMBDA_AUTHORIZER: &str = gateway_guide!("apigateway-use-lambda-authorizer");
pub(super) const LAMBDA_AUTHORIZER_OUTPUT: &str =
    gateway_guide!("api-gateway-lambda-authorizer-output");
pub(super) const LAMBDA_CONCURRENCY: &str = lambda_guide!("lambda-concurrency");
pub(super) const LAMBDA_DEPLOYMENT_TROUBLESHOOTING: &str =
    lambda_guide!("troubleshooting-deployment");
pub(super) const LAMBDA_INTEGRATION_ERRORS: &str =
    gateway_guide!("handle-errors-in-lambda-integration");
pub(super) const LAMBDA_INVOCATION_TROUBLESHOOTING: &str =
    lambda_guide!("troubleshooting-invocation");
pub(super) const LAMBDA_LIMITS: &str = lambda_guide!("gettingstarted-limits");
pub(super) const LAMBDA_MEMORY: &str = lambda_guide!("configuration-memory");
pub(super) const LAMBDA_RESOURCE_POLICY: &str = lambda_guide!("access-control-resource-based");
pub(super) const LAMBDA_RUNTIME_ENVIRONMENT: &str = lambda_guide!("lambda-runtime-environment");
pub(super) const LAMBDA_TIMEOUT: &str = lambda_guide!("configuration-timeout");
pub(super) const LAMBDA_WITH_API_GATEWAY: &str = lambda_guide!("services-apigateway");
pub(super) const LIMITS: &str = gateway_guide!("limits");
pub(super) const MAPPING_TEMPLATES: &str = gateway_guide!("api-gateway-mapping-template-reference");
pub(super) const METRICS: &str = gateway_guide!("api-gateway-metrics-and-dimensions");
pub(super) const MTLS: &str = gateway_guide!("rest-api-mutual-tls");
pub(super) const PASSTHROUGH: &str = gateway_guide!("integration-passthrough-behaviors");
pub(super) const PAYLOAD_ENCODINGS: &str = gateway_guide!("api-gateway-payload-encodings-workflow");
pub(super) const PERMISSIONS: &str = gateway_guide!("permissions");
pub(super) const PRIVATE_INTEGRATION: &str = gateway_guide!("set-up-private-integration");
pub(super) const PROVISIONED_CONCURRENCY: &str = lambda_guide!("provisioned-concurrency");
pub(super) const REPOST_403: &str =
    repost!("knowledge-center/api-gateway-troubleshoot-403-forbidden");
pub(super) const REPOST_429: &str = repost!("knowledge-center/api-gateway-429-limit");
pub(super) const REPOST_500_LAMBDA: &str =
    repost!("knowledge-center/api-gateway-internal-server-error");
pub(super) const REPOST_500_VPC: &str = repost!("knowledge-center/api-gateway-500-error-vpc");
pub(super) const REPOST_502: &str = repost!("knowledge-center/malformed-502-api-gateway");
pub(super) const REPOST_504: &str = repost!("knowledge-center/api-gateway-504-errors");
pub(super) const REPOST_5XX: &str = repost!("knowledge-center/api-gateway-5xx-error");
pub(super) const REPOST_HTTP_LAMBDA: &str =
    repost!("knowledge-center/api-gateway-http-lambda-integrations");
pub(super) const REPOST_LAMBDA_THROTTLING: &str = repost!("questions/QUfI6bsdd0SOiPeyimzxSkfQ");
pub(super) const REPOST_MTLS: &str = repost!("knowledge-center/api-gateway-mutual-tls-403-errors");
pub(super) const REPOST_PROXY_PATH: &str =
    repost!("knowledge-center/api-gateway-proxy-path-character-error");
pub(super) const REQUEST_VALIDATION: &str = gateway_guide!("api-gateway-method-request-validation");
pub(super) const RESOURCE_POLICIES: &str = gateway_guide!("apigateway-resource-policies");
pub(super) const RESPONSE_STREAMING: &str = gateway_guide!("response-transfer-mode");
pub(super) const REST_MONITORING: &str = gateway_guide!("rest-api-monitor");
pub(super) const THROTTLING: &str = gateway_guide!("api-gateway-request-throttling");
pub(super) const TLS_CONFIG: &str = gateway_guide!("api-gateway-extensions-integration-tls-config");
pub(super) const USAGE_PLANS: &str = gateway_guide!("api-gateway-api-usage-plans");
pub(super) const USAGE_PLAN_CREATION: &str = gateway_guide!("api-gateway-create-usage-plans");
pub(super) const WAF: &str = gateway_guide!("apigateway-control-access-aws-waf");
pub(super) const WEBSOCKET_CONNECTIONS: &str =
    gateway_guide!("apigateway-how-to-call-websocket-api-connections");
