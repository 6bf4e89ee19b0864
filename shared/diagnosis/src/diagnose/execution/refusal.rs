//! Sentences about a request that API Gateway did not let through.

use super::super::{Diagnosis, error_message, response_type};
use crate::execution::Sentence;
use crate::{Cause, ExecutionLine};

pub(super) fn judge<'a>(line: &ExecutionLine<'a>) -> Option<Diagnosis<'a>> {
    let diagnosis = match line.sentence {
        Sentence::Unauthorized => Diagnosis::high(Cause::AuthorizerUnauthorized),
        Sentence::CertificateRefused => Diagnosis::high(Cause::MtlsRejected),
        Sentence::Invalid if line.text.starts_with("Request body ") => {
            Diagnosis::high(Cause::RequestBodyInvalid)
        }
        Sentence::Invalid => Diagnosis::high(Cause::RequestParametersInvalid),
        Sentence::GatewayResponse => gateway_response(line.text)?,
        // The sentences of `$context.error.message` mean the same here.
        Sentence::Other => {
            let (cause, confidence) = error_message::of_text(line.text)?;
            Diagnosis::new(cause, confidence)
        }
        _ => return None,
    };
    Some(diagnosis.told_by_execution_log(line))
}

/// `Gateway response type: THROTTLED with status code: 429`.
fn gateway_response<'a>(text: &str) -> Option<Diagnosis<'a>> {
    let rest = text.strip_prefix("Gateway response type: ")?;
    let kind = rest.split([' ', ',']).next()?;
    let status = rest.split_once("status code: ").and_then(|(_, status)| {
        let digits = status.bytes().take_while(u8::is_ascii_digit).count();
        status[..digits].parse().ok()
    });
    response_type::of_name(kind, status)
}
