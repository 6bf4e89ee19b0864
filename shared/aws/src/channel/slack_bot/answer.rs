//! What Slack's Web API says, and what is to be done about it. Pure.

use alerting::{Remedy, SendError};
use reqwest::StatusCode;
use serde::Deserialize;

use crate::channel::slack::{Answer, DEFAULT_WAIT_MS, wait_ms};
use crate::error_text;

/// The message is gone, or may be edited no more: what follows is posted anew.
const LOST: [&str; 5] = [
    "message_not_found",
    "cant_update_message",
    "edit_window_closed",
    "thread_not_found",
    "cannot_reply_to_message",
];

/// Nothing gets through until somebody does something about token, app or channel.
const CLOSED: [&str; 17] = [
    "invalid_auth",
    "not_authed",
    "token_revoked",
    "token_expired",
    "account_inactive",
    "user_is_deactivated",
    "missing_scope",
    "no_permission",
    "not_allowed_token_type",
    "access_denied",
    "team_access_not_granted",
    "org_login_required",
    "ekm_access_denied",
    "not_in_channel",
    "channel_not_found",
    "is_archived",
    "restricted_action",
];

/// Of a shape or size that Slack does not take.
const UNFIT: [&str; 8] = [
    "msg_too_long",
    "msg_blocks_too_long",
    "invalid_blocks",
    "invalid_blocks_format",
    "block_mismatch",
    "no_text",
    "invalid_arguments",
    "invalid_json",
];

/// Too much at once.
const LIMITED: [&str; 3] = ["rate_limited", "ratelimited", "message_limit_exceeded"];

/// What Slack said to one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    /// Done; with the timestamp that names the message, where there is one.
    Done(Option<String>),
    /// The message to edit or to answer is lost.
    Lost,
    /// Token, app or channel do not serve any more.
    Closed(SendError),
    /// The message cannot be taken as it is.
    Unfit(SendError),
    /// Anything else.
    Failed(SendError),
}

/// The body of every answer of the Web API.
#[derive(Debug, Deserialize)]
struct Body {
    ok: bool,
    error: Option<String>,
    ts: Option<String>,
}

impl Said {
    pub(super) fn from_answer(answer: &Answer) -> Self {
        let asked = wait_ms(answer.retry_after.as_deref());
        let body: Option<Body> = serde_json::from_str(&answer.text).ok();
        let error = body.as_ref().and_then(|body| body.error.as_deref()).unwrap_or_default();
        if answer.status == StatusCode::TOO_MANY_REQUESTS || LIMITED.contains(&error) {
            let wait = Remedy::Wait(asked.unwrap_or(DEFAULT_WAIT_MS));
            return Self::Failed(refusal(answer, error, wait));
        }
        match body {
            Some(body) if answer.status == StatusCode::OK && body.ok => Self::Done(body.ts),
            _ if LOST.contains(&error) => Self::Lost,
            _ if CLOSED.contains(&error) => Self::Closed(refusal(answer, error, Remedy::Park)),
            _ if UNFIT.contains(&error) || answer.status == StatusCode::PAYLOAD_TOO_LARGE => {
                Self::Unfit(refusal(answer, error, Remedy::GiveUp))
            }
            _ => {
                let remedy = asked.map_or(Remedy::Retry, Remedy::Wait);
                let failed = refusal(answer, error, remedy);
                // A gateway that gave up on what lies behind it does not know what that did.
                let unknown = [502, 504].contains(&answer.status.as_u16());
                Self::Failed(if unknown { failed.that_may_have_arrived() } else { failed })
            }
        }
    }

    /// The timestamp of the message, where Slack gave one.
    pub(super) fn into_result(self) -> Result<Option<String>, SendError> {
        match self {
            Self::Done(ts) => Ok(ts),
            Self::Lost => Err(SendError::new("Slack lost the message while it was posted")),
            Self::Closed(error) | Self::Unfit(error) | Self::Failed(error) => Err(error),
        }
    }
}

fn refusal(answer: &Answer, error: &str, remedy: Remedy) -> SendError {
    let said = if error.is_empty() { &answer.text } else { error };
    let said = error_text::short(said);
    let said = if said.is_empty() { "nothing" } else { &said };
    SendError::with(format!("Slack answered {}: {said}", answer.status.as_u16()), remedy)
}

#[cfg(test)]
mod tests {
    use alerting::Remedy;
    use reqwest::StatusCode;

    use super::Said;
    use crate::channel::slack::Answer;

    fn said(status: u16, retry_after: Option<&str>, text: &str) -> Said {
        let status = StatusCode::from_u16(status).unwrap();
        let retry_after = retry_after.map(str::to_owned);
        Said::from_answer(&Answer { status, retry_after, text: text.to_owned() })
    }

    fn refused(error: &str) -> Said {
        said(200, None, &format!(r#"{{"ok":false,"error":"{error}"}}"#))
    }

    #[test]
    fn ok_in_the_body_is_what_counts() {
        let done = Said::Done(Some("1.2".to_owned()));
        assert_eq!(said(200, None, r#"{"ok":true,"ts":"1.2","channel":"C1"}"#), done);
        assert_eq!(said(200, None, r#"{"ok":true}"#), Said::Done(None));
        for (status, text) in [
            (200, "ok"),
            (200, ""),
            (200, "<html>"),
            (200, r#"{"ok":false}"#),
            (200, r#"{"ok":"true"}"#),
            (200, r#"{"ts":"1.2"}"#),
            (500, r#"{"ok":true,"ts":"1.2"}"#),
            (302, ""),
        ] {
            let Said::Failed(error) = said(status, None, text) else { panic!("{status} {text}") };
            assert_eq!(error.remedy, Remedy::Retry, "{status} {text}");
        }
    }

    #[test]
    fn each_refusal_has_its_remedy() {
        for error in super::LOST {
            assert_eq!(refused(error), Said::Lost, "{error}");
        }
        for error in super::CLOSED {
            let Said::Closed(error) = refused(error) else { panic!("{error}") };
            assert_eq!(error.remedy, Remedy::Park);
        }
        for error in super::UNFIT {
            let Said::Unfit(error) = refused(error) else { panic!("{error}") };
            assert_eq!(error.remedy, Remedy::GiveUp);
        }
        for error in ["internal_error", "fatal_error", "service_unavailable", "what_is_new"] {
            let Said::Failed(refusal) = refused(error) else { panic!("{error}") };
            assert_eq!(refusal.remedy, Remedy::Retry);
            assert_eq!(refusal.reason, format!("Slack answered 200: {error}"));
        }
        assert!(matches!(said(413, None, ""), Said::Unfit(_)));
    }

    #[test]
    fn who_asks_for_silence_gets_it() {
        let limited = r#"{"ok":false,"error":"ratelimited"}"#;
        for (status, retry_after, text, wait) in [
            (429, Some("30"), limited, 30_000),
            (429, None, "", 5_000),
            (429, Some("soon"), "", 5_000),
            (429, Some("86400"), "", 900_000),
            (200, Some("7"), limited, 7_000),
            (200, None, limited, 5_000),
            (200, None, r#"{"ok":false,"error":"rate_limited"}"#, 5_000),
            (503, Some("2"), "", 2_000),
        ] {
            let Said::Failed(error) = said(status, retry_after, text) else { panic!("{text}") };
            assert_eq!(error.remedy, Remedy::Wait(wait), "{status} {retry_after:?} {text}");
        }
    }

    #[test]
    fn what_a_gateway_answers_may_have_arrived() {
        for (status, may_have_arrived) in [(500, false), (502, true), (503, false), (504, true)] {
            let Said::Failed(error) = said(status, None, "") else { panic!("{status}") };
            assert_eq!(error.may_have_arrived, may_have_arrived, "{status}");
        }
    }
}
