//! A request as the function URL hands it over, up to where the secret is needed. Pure.

use aws_lambda_events::lambda_function_urls::LambdaFunctionUrlRequest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use diagnosis::Timestamp;

use crate::signature::Signed;

/// Slack sends the message back that the button is in: at most some 40 KB of JSON, and more than twice
/// that in a form.
pub(crate) const MAX_BODY: usize = 256 * 1_024;

/// Why a request goes no further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Slack only posts.
    Method,
    /// Longer than anything that Slack sends.
    TooLarge,
    /// Not signed, not by Slack, or too long ago.
    Unsigned,
    /// Somebody sends what was carried out once more.
    Replayed,
    /// Slack signed something that it does not write.
    Unreadable,
}

impl Refusal {
    /// The status of the answer.
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

/// What the signature is about: the bytes that came over the wire, and the headers. Anybody can send
/// anything here, so what costs least is looked at first.
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
