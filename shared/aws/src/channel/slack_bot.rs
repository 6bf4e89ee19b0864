//! Slack by bot token: one living message per incident, edited in place, with a thread for what has
//! happened. <https://docs.slack.dev/reference/methods/chat.postMessage>,
//! <https://docs.slack.dev/reference/methods/chat.update>
//!
//! The trap: Slack answers 200 to what it refuses, and says so in the body (`ok`, `error`).

mod answer;

use std::time::Duration;

use alerting::notify::slack_escape;
use alerting::{Channel, ChannelId, ChannelKind, Clock, Content, Delivery, SendError, Sent};
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::bot_token::BotToken;
use super::http;
use super::misdirected::misdirected;
use super::secret::{ReadSecret, Secret};
use super::slack::{Answer, of_transport};
use super::slack_channel::SlackChannel;
use answer::Said;

/// A Slack channel, by a bot that is a member of it.
#[derive(Debug)]
pub struct SlackBot<S, K> {
    id: ChannelId,
    token: Secret<S, K, BotToken>,
    channel: SlackChannel,
    deadline: Duration,
    http: std::sync::OnceLock<reqwest::Client>,
}

impl<S: ReadSecret, K: Clock> SlackBot<S, K> {
    /// The channel as the bot with the token in `token` sees it.
    pub const fn new(token: Secret<S, K, BotToken>, channel: SlackChannel) -> Self {
        Self {
            id: ChannelId::only(ChannelKind::SlackBot),
            token,
            channel,
            deadline: http::DEADLINE,
            http: std::sync::OnceLock::new(),
        }
    }

    /// The same channel, with less patience for each call.
    #[must_use]
    pub fn within(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// Shows a member of the channel a line that nobody else sees. Nobody keeps it: where it is not
    /// taken, it is lost.
    /// <https://docs.slack.dev/reference/methods/chat.postEphemeral>
    pub async fn whisper(&self, user: &str, text: &str) -> Result<(), SendError> {
        let text = slack_escape(text);
        let body = json!({"channel": self.channel.as_str(), "user": user, "text": text});
        self.call("chat.postEphemeral", &body).await?.into_result().map(|_| ())
    }

    /// Posts, and answers in the new thread where the message does not tell all by itself; returns where.
    async fn post(&self, post: &Post<'_>) -> Result<Sent, SendError> {
        let posted = self.say("chat.postMessage", post.message, &self.in_channel()).await?;
        let Some(ts) = posted.into_result()? else { return Ok(Sent::default()) };
        let place = Place { channel: &self.channel, ts: &ts };
        if let Some(reply) = post.reply.filter(|_| post.reply_tells_more) {
            self.answer(place, reply).await?.into_result()?;
        }
        Ok(Sent { message_ref: Some(place.to_string()) })
    }

    /// Edits the living message and answers in its thread; posts it anew where it is gone.
    async fn edit(&self, place: Place<'_>, post: &Post<'_>) -> Result<Sent, SendError> {
        let mut edited = self.in_channel();
        edited.push(("ts", json!(place.ts)));
        // An edit that is made twice is no repeat that anybody sees.
        let seen_once = |error| SendError { may_have_arrived: false, ..error };
        let said = self.say("chat.update", post.message, &edited).await.map_err(seen_once)?;
        if said == Said::Lost {
            return self.post(post).await;
        }
        said.into_result()?;
        if let Some(reply) = post.reply {
            let said = self.answer(place, reply).await?;
            if said == Said::Lost {
                return self.post(post).await;
            }
            said.into_result()?;
        }
        Ok(Sent { message_ref: Some(place.to_string()) })
    }

    /// Posts into the thread of a message.
    async fn answer(&self, place: Place<'_>, reply: &Value) -> Result<Said, SendError> {
        let mut threaded = self.in_channel();
        threaded.push(("thread_ts", json!(place.ts)));
        self.say("chat.postMessage", reply, &threaded).await
    }

    fn in_channel(&self) -> Vec<(&'static str, Value)> {
        vec![("channel", json!(self.channel.as_str()))]
    }

    /// Calls a method with a message, and where that cannot be taken with all its blocks, with the line
    /// that a lock screen shows. That line was cut to size when it was rendered.
    async fn say(
        &self,
        method: &str,
        message: &Value,
        with: &[(&'static str, Value)],
    ) -> Result<Said, SendError> {
        let whole = |mut body: Value| {
            for (name, value) in with {
                body[*name] = value.clone();
            }
            body
        };
        let said = self.call(method, &whole(message.clone())).await?;
        if !matches!(said, Said::Unfit(_)) {
            return Ok(said);
        }
        // Without `blocks`, an edit would leave those that are there.
        let plain = json!({"text": message.get("text").unwrap_or(&Value::Null), "blocks": []});
        self.call(method, &whole(plain)).await
    }

    /// Calls a method, and where the token is refused, again with the one that has replaced it.
    async fn call(&self, method: &str, body: &Value) -> Result<Said, SendError> {
        let token = self.token.get().await.map_err(SendError::new)?;
        let said = self.call_as(&token, method, body).await?;
        if !matches!(said, Said::Closed(_)) {
            return Ok(said);
        }
        // The same one again would be refused again.
        match self.token.read().await {
            Ok(newer) if newer != token => self.call_as(&newer, method, body).await,
            _ => Ok(said),
        }
    }

    async fn call_as(
        &self,
        token: &BotToken,
        method: &str,
        body: &Value,
    ) -> Result<Said, SendError> {
        let request = self.http()?.post(token.method(method)).bearer_auth(token.expose());
        let body = body.to_string().into_bytes();
        let sent =
            request.header(CONTENT_TYPE, "application/json; charset=utf-8").body(body).send();
        let answer = async { Answer::read(sent.await?).await }.await;
        let answer = answer.map_err(|error| of_transport(error, self.deadline))?;
        Ok(Said::from_answer(&answer))
    }

    fn http(&self) -> Result<&reqwest::Client, SendError> {
        if let Some(client) = self.http.get() {
            return Ok(client);
        }
        let client = http::client(self.deadline).map_err(SendError::new)?;
        Ok(self.http.get_or_init(|| client))
    }
}

impl<S: ReadSecret, K: Clock> Channel for SlackBot<S, K> {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    fn forget(&self) {
        self.token.forget();
    }

    async fn send(&self, delivery: Delivery<'_>) -> Result<Sent, SendError> {
        let Content::SlackBot { message, reply } = delivery.content else {
            return Err(misdirected(delivery.content, &self.id));
        };
        // The living message of a group lists a few of its members, the reply those that are new.
        let post =
            Post { message, reply: reply.as_ref(), reply_tells_more: delivery.names_members };
        match delivery.message_ref.and_then(|place| Place::parse(place, &self.channel)) {
            Some(place) => self.edit(place, &post).await,
            None => self.post(&post).await,
        }
    }
}

/// What is to be said: the living message, and what goes into its thread.
struct Post<'a> {
    message: &'a Value,
    reply: Option<&'a Value>,
    /// Whether the reply says what the message does not, so that it goes out with a new message, too.
    reply_tells_more: bool,
}

/// Where a living message is: `<channel id>/<ts>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place<'a> {
    channel: &'a SlackChannel,
    ts: &'a str,
}

impl<'a> Place<'a> {
    /// A place in `channel`. One in another channel serves no more: the stack tells this one now.
    fn parse(place: &'a str, channel: &'a SlackChannel) -> Option<Self> {
        let (of, ts) = place.split_once('/')?;
        (of == channel.as_str()).then_some(Self { channel, ts })
    }
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.channel, self.ts)
    }
}

#[cfg(test)]
mod tests;
