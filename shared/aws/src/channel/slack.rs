//! Slack's incoming webhooks. <https://api.slack.com/messaging/webhooks>

use std::time::Duration;

use alerting::{
    Channel, ChannelId, ChannelKind, Clock, Content, Delivery, Remedy, SendError, Sent,
};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Response, StatusCode};

use super::secret::{ReadSecret, Secret};
use super::webhook_url::WebhookUrl;
use super::{http, misdirected};
use crate::error_text;

/// Slack answers in a word or two. What is longer comes from somebody else.
const MAX_ANSWER: usize = 16 * 1_024;

/// How long to wait where a 429 does not say. Slack allows about one message a second.
const DEFAULT_WAIT_MS: i64 = 5_000;

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

    async fn post(&self, url: &WebhookUrl, body: &[u8]) -> Result<Answer, SendError> {
        let request = self.http()?.post(url.expose().clone());
        let sent =
            request.header(CONTENT_TYPE, "application/json").body(body.to_vec()).send().await;
        let answer = async { Answer::read(sent?).await }.await;
        answer.map_err(|error| of_transport(error, self.deadline))
    }
}

impl<S: ReadSecret, K: Clock> Channel for SlackWebhook<S, K> {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    async fn send(&self, delivery: Delivery<'_>) -> Result<Sent, SendError> {
        let Content::Slack { body } = delivery.content else {
            return Err(misdirected(delivery.content, &self.id));
        };
        let body = body.to_string().into_bytes();
        let url = self.secret.get().await.map_err(SendError::new)?;
        let answer = self.post(&url, &body).await?;
        if !answer.means_unknown_webhook() {
            return answer.into_result();
        }
        // Was it replaced? The same one again would be refused again.
        match self.secret.read().await {
            Ok(newer) if newer != url => self.post(&newer, &body).await?.into_result(),
            _ => answer.into_result(),
        }
    }
}

/// What Slack said.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    status: StatusCode,
    retry_after: Option<String>,
    text: String,
}

impl Answer {
    async fn read(mut response: Response) -> Result<Self, reqwest::Error> {
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

    /// Revoked or replaced: `invalid_token`, `no_service`, `channel_not_found`.
    fn means_unknown_webhook(&self) -> bool {
        let statuses = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND];
        statuses.contains(&self.status)
    }

    /// Slack took the message if it says 200 and `ok`. Anything else that answers 200 is not Slack.
    fn into_result(self) -> Result<Sent, SendError> {
        if self.status == StatusCode::OK && self.text.trim() == "ok" {
            return Ok(Sent::default());
        }
        let retry_after_ms = match wait_ms(self.retry_after.as_deref()) {
            None if self.status == StatusCode::TOO_MANY_REQUESTS => Some(DEFAULT_WAIT_MS),
            wait => wait,
        };
        let text = error_text::short(&self.text);
        let said = if text.is_empty() { "nothing" } else { &text };
        let reason = format!("Slack answered {}: {said}", self.status.as_u16());
        Err(SendError::with(reason, retry_after_ms.map_or(Remedy::Retry, Remedy::Wait)))
    }
}

/// `Retry-After` in seconds, the only form Slack writes, clamped to what is believed.
fn wait_ms(retry_after: Option<&str>) -> Option<i64> {
    let seconds: f64 = retry_after?.trim().parse().ok()?;
    let millis = (seconds * 1_000.0).clamp(0.0, LONGEST_WAIT_MS as f64);
    (!millis.is_nan()).then_some(millis as i64)
}

/// What went wrong on the way, without the address: that is the secret.
fn of_transport(error: reqwest::Error, deadline: Duration) -> SendError {
    let error = error.without_url();
    SendError::new(if error.is_timeout() && !error.is_connect() {
        format!("Slack did not answer within {} s", deadline.as_secs_f32())
    } else {
        format!("Slack was not reached: {}", error_text::innermost(&error))
    })
}

#[cfg(test)]
mod tests;
