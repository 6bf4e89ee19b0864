//! Ways to reach people: Slack by incoming webhook or by bot, everybody who is subscribed to the alert topic, and
//! phones.

mod bot_token;
pub(crate) mod http;
mod misdirected;
mod phone_number;
mod secret;
mod signing_secret;
mod slack;
mod slack_bot;
mod slack_channel;
mod sns;
mod webhook_url;

use std::time::Duration;

use alerting::{Audience, Channel, ChannelId, Clock, Delivery, SendError, Sent};

pub use bot_token::{BotToken, NotABotToken};
pub use phone_number::{NotAPhoneNumber, PhoneNumber};
pub use secret::{ReadSecret, Secret, SsmParameter};
pub use signing_secret::{NotASigningSecret, SigningSecret};
pub use slack::SlackWebhook;
pub use slack_bot::SlackBot;
pub use slack_channel::{NotASlackChannel, SlackChannel};
pub use sns::{Sms, SmsOptions, SnsTopic};
pub use webhook_url::{NotAWebhook, WebhookUrl};

use crate::clock::SystemClock;

/// How long sending may take with all that belongs to it: reading a secret, posting, and both again
/// where the secret was replaced. The engine starts nothing with less than 8 s of its invocation left,
/// and has to settle afterwards.
const SEND: Duration = Duration::from_secs(7);

/// One of the channels that a stack can have.
#[derive(Debug)]
pub enum AwsChannel<K = SystemClock> {
    /// A Slack channel, by its webhook.
    Slack(SlackWebhook<SsmParameter, K>),
    /// A Slack channel, by a bot.
    SlackBot(SlackBot<SsmParameter, K>),
    /// A phone.
    Sms(Sms),
    /// The alert topic.
    Email(SnsTopic),
}

impl<K: Clock> Channel for AwsChannel<K> {
    fn id(&self) -> &ChannelId {
        match self {
            Self::Slack(slack) => slack.id(),
            Self::SlackBot(slack) => slack.id(),
            Self::Sms(sms) => sms.id(),
            Self::Email(topic) => topic.id(),
        }
    }

    async fn send(&self, delivery: Delivery<'_>) -> Result<Sent, SendError> {
        let send = async {
            match self {
                Self::Slack(slack) => slack.send(delivery).await,
                Self::SlackBot(slack) => slack.send(delivery).await,
                Self::Sms(sms) => sms.send(delivery).await,
                Self::Email(topic) => topic.send(delivery).await,
            }
        };
        tokio::time::timeout(SEND, send).await.unwrap_or_else(|_| {
            let error = SendError::new(format!("sending took longer than {} s", SEND.as_secs()));
            Err(error.that_may_have_arrived())
        })
    }

    fn forget(&self) {
        match self {
            Self::Slack(slack) => slack.forget(),
            Self::SlackBot(slack) => slack.forget(),
            Self::Sms(_) | Self::Email(_) => {}
        }
    }

    async fn audience(&self) -> Result<Option<Audience>, SendError> {
        match self {
            Self::Slack(_) | Self::SlackBot(_) | Self::Sms(_) => Ok(None),
            Self::Email(topic) => topic.audience().await,
        }
    }

    async fn rest(&self, millis: u64) {
        tokio::time::sleep(Duration::from_millis(millis)).await;
    }
}
