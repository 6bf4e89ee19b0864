//! Slack's incoming webhooks. <https://api.slack.com/messaging/webhooks>

use std::time::Duration;

use alerting::{
    Channel, ChannelId, ChannelKind, Clock, Content, Delivery, Remedy, SendError, Sent,
};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};

use super::http;
use super::misdirected::misdirected;
use super::secret::{ReadSecret, Secret};
use super::webhook_url::WebhookUrl;
use crate::error_text;

/// Slack answers in a word or two. What is longer comes from somebody else.
const MAX_ANSWER: usize = 16 * 1_024;

/// How long to wait where a 429 does not say. Slack allows about one message a second.
pub(super) const DEFAULT_WAIT_MS: i64 = 5_000;

/// The longest wait that is believed.
const LONGEST_WAIT_MS: i64 = 15 * 60 * 1_000;

/// A Slack channel, by its webhook.
#[derive(Debug)]
pub struct SlackWebhook<S, K> {
    id: ChannelId,
    secret: Secret<S, K>,
    deadline: Duration,
    http: std::sync::OnceLock<reqwest::Client>,
}

impl<S: ReadSecret, K: Clock> SlackWebhook<S, K> {
    /// The channel that the webhook in `secret` leads to.
    pub const fn new(secret: Secret<S, K>) -> Self {
        Self {
            id: ChannelId::only(ChannelKind::Slack),
            secret,
            deadline: http::DEADLINE,
            http: std::sync::OnceLock::new(),
        }
    }

    fn http(&self) -> Result<&reqwest::Client, SendError> {
        if let Some(client) = self.http.get() {
            return Ok(client);
        }
        let client = http::client(self.deadline).map_err(SendError::new)?;
        Ok(self.http.get_or_init(|| client))
    }

    async fn post(&self, url: &WebhookUrl, body: &Value) -> Result<Answer, SendError> {
        let request = self.http()?.post(url.expose().clone());
        let body = body.to_string().into_bytes();
        let sent = request.header(CONTENT_TYPE, "application/json").body(body).send().await;
        let answer = async { Answer::read(sent?).await }.await;
        answer.map_err(|error| of_transport(error, self.deadline))
    }

    /// Posts to the webhook, and where that is refused, to the one that has replaced it.
    async fn post_to_channel(&self, body: &Value) -> Result<Answer, SendError> {
        let url = self.secret.get().await.map_err(SendError::new)?;
        let answer = self.post(&url, body).await?;
        if !answer.means_closed() {
            return Ok(answer);
        }
        // The same one again would be refused again.
        match self.secret.read().await {
            Ok(newer) if newer != url => self.post(&newer, body).await,
            _ => Ok(answer),
        }
    }
}

impl<S: ReadSecret, K: Clock> Channel for SlackWebhook<S, K> {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    fn forget(&self) {
        self.secret.forget();
    }

    async fn send(&self, delivery: Delivery<'_>) -> Result<Sent, SendError> {
        let Content::Slack { body } = delivery.content else {
            return Err(misdirected(delivery.content, &self.id));
        };
        let answer = self.post_to_channel(body).await?;
        if !answer.means_bad_message() {
            return answer.into_result();
        }
        // What Slack cannot take with all its blocks, it may take as the line that a lock screen shows.
        // That line was cut to size when it was rendered.
        let plain = json!({"text": body.get("text").unwrap_or(&Value::Null)});
        self.post_to_channel(&plain).await?.into_result()
    }
}

/// What Slack said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<String>,
    pub(super) text: String,
}

impl Answer {
    pub(super) async fn read(mut response: Response) -> Result<Self, reqwest::Error> {
        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned);
        let mut text = Vec::new();
        while text.len() < MAX_ANSWER {
            let Some(chunk) = response.chunk().await? else { break };
            text.extend_from_slice(&chunk[..chunk.len().min(MAX_ANSWER - text.len())]);
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        Ok(Self { status, retry_after, text })
    }

    /// Revoked, replaced or archived: `invalid_token`, `no_service`, `channel_is_archived`.
    fn means_closed(&self) -> bool {
        [401, 403, 404, 410].contains(&self.status.as_u16())
    }

    /// Of a shape or size that Slack does not take: `invalid_payload`, `invalid_blocks`.
    fn means_bad_message(&self) -> bool {
        [400, 413].contains(&self.status.as_u16())
    }

    /// Slack took the message if it says 200 and `ok`. Anything else that answers 200 is not Slack.
    fn into_result(self) -> Result<Sent, SendError> {
        if self.status == StatusCode::OK && self.text.trim() == "ok" {
            return Ok(Sent::default());
        }
        let text = error_text::short(&self.text);
        let said = if text.is_empty() { "nothing" } else { &text };
        let reason = format!("Slack answered {}: {said}", self.status.as_u16());
        let error = SendError::with(reason, self.remedy());
        // A gateway that gave up on what lies behind it does not know what that did.
        let unknown = [502, 504].contains(&self.status.as_u16());
        Err(if unknown { error.that_may_have_arrived() } else { error })
    }

    fn remedy(&self) -> Remedy {
        let asked = wait_ms(self.retry_after.as_deref());
        match (asked, self.status) {
            (_, StatusCode::TOO_MANY_REQUESTS) => Remedy::Wait(asked.unwrap_or(DEFAULT_WAIT_MS)),
            _ if self.means_closed() => Remedy::Park,
            _ if self.means_bad_message() => Remedy::GiveUp,
            (Some(asked), _) => Remedy::Wait(asked),
            (None, _) => Remedy::Retry,
        }
    }
}

/// `Retry-After` in seconds, the only form Slack writes, clamped to what is believed.
pub(super) fn wait_ms(retry_after: Option<&str>) -> Option<i64> {
    let seconds: f64 = retry_after?.trim().parse().ok()?;
    let millis = (seconds * 1_000.0).clamp(0.0, LONGEST_WAIT_MS as f64);
    (!millis.is_nan()).then_some(millis as i64)
}

/// What went wrong on the way, without the address: that is the secret. Once there was a connection,
/// nobody knows how far the message got.
pub(super) fn of_transport(error: reqwest::Error, deadline: Duration) -> SendError {
    let error = error.without_url();
    if error.is_connect() {
        return SendError::new(format!("Slack was not reached: {}", error_text::innermost(&error)));
    }
    SendError::new(if error.is_timeout() {
        format!("Slack did not answer within {} s", deadline.as_secs_f32())
    } else {
        format!("Slack did not answer: {}", error_text::innermost(&error))
    })
    .that_may_have_arrived()
}

#[cfg(test)]
pub(super) mod tests;
