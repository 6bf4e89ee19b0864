//! AWS services that are asked without the SDK's crate for them: a signed request in the service's own JSON
//! protocol, with the SDK's credentials and signature.
//!
//! Each of these crates holds some hundred operations, of which one to five are used here: all together they
//! took two thirds of a release build and as much of a program's size.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::clients::Clients;
use crate::{error_text, random};

/// Bytes of an answer that are read. A page of log events is 1 MB, a function's answer 6 MB.
const MAX_ANSWER: usize = 8 << 20;

/// Tries of a patient call.
const TRIES: u32 = 3;

/// How long each may take. A socket that died while the function was frozen does not answer at all.
const TRY: Duration = Duration::from_secs(3);

/// What a signature and a URL take as it is.
const UNRESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A service of AWS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// <https://docs.aws.amazon.com/apigateway/latest/api/Welcome.html> and
    /// <https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/api-reference.html>
    ApiGateway,
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/Welcome.html>
    CloudWatch,
    /// <https://docs.aws.amazon.com/lambda/latest/api/welcome.html>
    Lambda,
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/Welcome.html>
    Logs,
    /// <https://docs.aws.amazon.com/systems-manager/latest/APIReference/Welcome.html>
    Ssm,
}

impl Service {
    /// Its name in addresses and signatures.
    const fn name(self) -> &'static str {
        match self {
            Self::ApiGateway => "apigateway",
            Self::CloudWatch => "monitoring",
            Self::Lambda => "lambda",
            Self::Logs => "logs",
            Self::Ssm => "ssm",
        }
    }

    /// What stands before the name of an operation, and the version of the protocol; `None` for services whose
    /// operations are paths.
    const fn operations(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::ApiGateway | Self::Lambda => None,
            Self::CloudWatch => {
                Some(("GraniteServiceVersion20100801", "application/x-amz-json-1.0"))
            }
            Self::Logs => Some(("Logs_20140328", "application/x-amz-json-1.1")),
            Self::Ssm => Some(("AmazonSSM", "application/x-amz-json-1.1")),
        }
    }

    /// Only the partitions of China have a domain of their own among those that Gatewatch is deployed to.
    fn endpoint(self, region: &str) -> String {
        let china = if region.starts_with("cn-") { ".cn" } else { "" };
        format!("https://{}.{region}.amazonaws.com{china}", self.name())
    }
}

/// One request.
#[derive(Debug, Clone)]
pub struct Call {
    service: Service,
    method: reqwest::Method,
    /// With its query, as a URL has it.
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Call {
    /// An operation that is named in a header, with its input.
    pub fn operation(service: Service, operation: &str, input: &Value) -> Self {
        let headers = service.operations().map_or_else(Vec::new, |(prefix, content_type)| {
            vec![
                ("content-type", content_type.to_owned()),
                ("x-amz-target", format!("{prefix}.{operation}")),
            ]
        });
        Self {
            service,
            method: reqwest::Method::POST,
            path: "/".to_owned(),
            headers,
            body: input.to_string().into_bytes(),
        }
    }

    /// What is read at a path, whose parts are names: they may hold anything.
    pub fn get(service: Service, path: &[&str]) -> Self {
        Self::to_path(service, reqwest::Method::GET, path, Vec::new())
    }

    /// What is done to a path, with a body in JSON.
    pub fn to_path(
        service: Service,
        method: reqwest::Method,
        path: &[&str],
        body: Vec<u8>,
    ) -> Self {
        let parts: Vec<String> = path.iter().map(|part| encoded(part)).collect();
        // Else API Gateway answers in another form.
        let headers = vec![("accept", "application/json".to_owned())];
        Self { service, method, path: format!("/{}", parts.join("/")), headers, body }
    }

    /// The same with another parameter in its query.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.path.push(if self.path.contains('?') { '&' } else { '?' });
        self.path.extend([&encoded(name), "=", &encoded(value)]);
        self
    }

    /// The same with another parameter in its query, where there is a value.
    #[must_use]
    pub fn with_some(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, &UNRESERVED).to_string()
}

/// Why a call failed. The texts hold no address and no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServiceError {
    /// The service refused.
    #[error("{}", error_text::of_service(.code.as_deref(), .message.as_deref()))]
    Refused {
        /// The status of its answer.
        status: u16,
        /// The code of the error, such as `AccessDeniedException`.
        code: Option<String>,
        /// What it said.
        message: Option<String>,
    },
    /// No region is set.
    #[error("no region is set")]
    NoRegion,
    /// There are no credentials.
    #[error("{0}")]
    NoCredentials(String),
    /// It was not reached.
    #[error("{0}")]
    NotReached(String),
    /// It was reached, but did not answer, or not in time.
    #[error("{0}")]
    NotAnswered(String),
    /// Its answer has another form than documented.
    #[error("the answer cannot be read: {0}")]
    Unreadable(String),
}

impl ServiceError {
    /// The code of a refusal.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => code.as_deref(),
            _ => None,
        }
    }

    /// Whether the service answered at all.
    pub const fn is_answered(&self) -> bool {
        matches!(self, Self::Refused { .. } | Self::Unreadable(_))
    }

    /// Whether the service asks for fewer calls.
    pub fn is_throttling(&self) -> bool {
        let Self::Refused { status, code, .. } = self else { return false };
        let code = code.as_deref().unwrap_or_default();
        *status == 429
            || code.starts_with("Throttl")
            || ["TooManyRequestsException", "RequestLimitExceeded"].contains(&code)
    }

    /// Whether the same call may succeed in a moment.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Refused { status, .. } => *status >= 500 || self.is_throttling(),
            Self::NotAnswered(_) => true,
            Self::NoRegion | Self::NoCredentials(_) | Self::NotReached(_) | Self::Unreadable(_) => {
                false
            }
        }
    }
}

/// What a service answered.
#[derive(Debug, Clone)]
pub struct Answer {
    headers: reqwest::header::HeaderMap,
    /// The body, as it came.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header that is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ServiceError> {
        serde_json::from_slice(&self.body)
            .map_err(|error| ServiceError::Unreadable(error_text::short(&error.to_string())))
    }
}

impl Clients {
    /// Makes a call once, within a time. Finding region and credentials comes before: it may ask others, and
    /// has limits of its own.
    pub async fn call_once(&self, call: &Call, within: Duration) -> Result<Answer, ServiceError> {
        let config = self.config().await;
        let region = config.region().ok_or(ServiceError::NoRegion)?.as_ref();
        let credentials = self.credentials().await.map_err(ServiceError::NoCredentials)?;
        let endpoint = match config.endpoint_url() {
            Some(other) => other.trim_end_matches('/').to_owned(),
            None => call.service.endpoint(region),
        };
        let url = format!("{endpoint}{}", call.path);
        let signature = signature(call, &url, region, credentials)?;
        let timeout = || ServiceError::NotAnswered(format!("no answer within {within:.0?}"));
        let sent = tokio::time::timeout(within, self.send(call, &url, signature)).await;
        sent.map_err(|_| timeout())?
    }

    /// Makes a call up to three times, for whatever may be over in a moment.
    pub async fn call(&self, call: &Call) -> Result<Answer, ServiceError> {
        for tries in 1..TRIES {
            match self.call_once(call, TRY).await {
                Err(ServiceError::NotReached(_)) => {}
                Err(error) if error.is_passing() => {}
                outcome => return outcome,
            }
            // 80 ms at least, as others may be throttled with us.
            tokio::time::sleep(random::pause(tries + 2)).await;
        }
        self.call_once(call, TRY).await
    }

    async fn send(
        &self,
        call: &Call,
        url: &str,
        signature: Vec<(String, String)>,
    ) -> Result<Answer, ServiceError> {
        let client = self.http().map_err(ServiceError::NotReached)?;
        let mut request = client.request(call.method.clone(), url).body(call.body.clone());
        for (name, value) in &call.headers {
            request = request.header(*name, value);
        }
        for (name, value) in signature {
            request = request.header(name, value);
        }
        let mut response = request.send().await.map_err(|error| of_transport(&error))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| of_transport(&error))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(ServiceError::Unreadable(format!("more than {MAX_ANSWER} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        let answer = Answer { headers, body };
        if (200..300).contains(&status) { Ok(answer) } else { Err(refusal(status, &answer)) }
    }
}

/// The headers that sign a request.
fn signature(
    call: &Call,
    url: &str,
    region: &str,
    credentials: Credentials,
) -> Result<Vec<(String, String)>, ServiceError> {
    let unsigned = |error: &dyn std::error::Error| {
        ServiceError::NoCredentials(format!("cannot sign: {}", error_text::innermost(error)))
    };
    let identity = credentials.into();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(call.service.name())
        .time(now())
        .settings(SigningSettings::default())
        .build()
        .map_err(|error| unsigned(&error))?
        .into();
    let headers = call.headers.iter().map(|(name, value)| (*name, value.as_str()));
    let request =
        SignableRequest::new(call.method.as_str(), url, headers, SignableBody::Bytes(&call.body));
    let request = request.map_err(|error| unsigned(&error))?;
    let signed = sign(request, &parameters).map_err(|error| unsigned(&error))?;
    let (instructions, _) = signed.into_parts();
    Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

#[expect(clippy::disallowed_methods, reason = "a signature is good for minutes of real time")]
fn now() -> SystemTime {
    SystemTime::now()
}

fn of_transport(error: &reqwest::Error) -> ServiceError {
    let reason = error_text::innermost(error);
    if error.is_connect() || error.is_builder() {
        ServiceError::NotReached(reason)
    } else {
        ServiceError::NotAnswered(reason)
    }
}

/// An error is named in a header or in the body, some services say `com.amazonaws.logs#NAME`, others
/// `NAME:http://…`: <https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization>
fn refusal(status: u16, answer: &Answer) -> ServiceError {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let text = |names: [&str; 2]| {
        names.iter().find_map(|name| body.get(name)?.as_str()).map(str::to_owned)
    };
    let code = answer.header("x-amzn-errortype").map(str::to_owned).or(text(["__type", "code"]));
    let code = code.and_then(|code| {
        let name = code.rsplit('#').next()?.split(':').next()?;
        (!name.is_empty()).then(|| name.to_owned())
    });
    ServiceError::Refused { status, code, message: text(["message", "Message"]) }
}

/// Reads a `null` as if there were nothing.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Option::<T>::deserialize(from).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests;
