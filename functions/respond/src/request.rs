//! Checks a request of the function URL as far as that needs no secret. Pure.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diagnosis::Timestamp;

use crate::signature::Signed;

/// The longest body: 256 KB. Slack includes the message with the button, about 40 KB of JSON at most, and
/// the encoding as a form more than doubles it.
pub(crate) const MAX_BODY: usize = 256 * 1_024;

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Not a POST.
    Method,
    /// Longer than any request from Slack.
    TooLarge,
    /// Not signed by Slack, or too old.
    Unsigned,
    /// A copy of a request that was handled.
    Replayed,
    /// Signed, and not in Slack's format.
    Unreadable,
}

impl Refusal {
    /// The HTTP status of the response.
    pub(crate) const fn status(self) -> i64 {
        match self {
            Self::Method => 405,
            Self::TooLarge => 413,
            Self::Unsigned => 401,
            Self::Unreadable => 400,
            Self::Replayed => 409,
        }
    }
}

/// Returns the signed body and the headers of the signature. The URL is public, so the cheapest checks come
/// first.
pub(crate) fn read(
    request: &LambdaFunctionUrlRequest,
    now: Timestamp,
) -> Result<(Vec<u8>, Signed<'_>), Refusal> {
    if request.request_context.http.method.as_deref() != Some("POST") {
        return Err(Refusal::Method);
    }
    let body = request.body.as_deref().unwrap_or_default();
    let longest = if request.is_base64_encoded { MAX_BODY.div_ceil(3) * 4 } else { MAX_BODY };
    if body.len() > longest {
        return Err(Refusal::TooLarge);
    }
    let header = |name: &str| {
        request.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    };
    let signed = Signed {
        timestamp: header("x-slack-request-timestamp"),
        signature: header("x-slack-signature"),
    };
    if !signed.is_timely(now) {
        return Err(Refusal::Unsigned);
    }
    let body = if request.is_base64_encoded {
        STANDARD.decode(body).map_err(|_| Refusal::Unsigned)?
    } else {
        body.as_bytes().to_vec()
    };
    if body.len() > MAX_BODY {
        return Err(Refusal::TooLarge);
    }
    Ok((body, signed))
}
