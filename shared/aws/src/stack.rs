//! The stack that a function belongs to: where its ledger is, and whom it tells.

use std::sync::Arc;

use alerting::{Engine, LogMode, SmsLimits};

use crate::channel::{
    AwsChannel, PhoneNumber, Secret, SigningSecret, SlackBot, SlackChannel, SlackWebhook, Sms,
    SmsOptions, SnsTopic, SsmParameter,
};
use crate::clients::Clients;
use crate::clock::SystemClock;
use crate::ledger::DynamoLedger;
use crate::metrics::Metrics;
use crate::variables::{BadVariable, Variables};

/// What all functions of a stack are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// `AWS_LAMBDA_FUNCTION_NAME` and `GATEWATCH_STACK`, `gatewatch` if that is not set.
    pub metrics: Metrics,
    /// `GATEWATCH_TABLE`: the ledger's table.
    pub table: String,
    /// `GATEWATCH_ACCOUNT`: the AWS account that the stack is in.
    pub account: String,
    /// `AWS_REGION`, which Lambda sets: for links to the console.
    pub region: Option<String>,
    /// `GATEWATCH_SLACK_WEBHOOK_PARAMETER`: the name of the SSM parameter that holds the webhook.
    pub slack_webhook_parameter: Option<String>,
    /// `GATEWATCH_SLACK_BOT_TOKEN_PARAMETER` and `GATEWATCH_SLACK_CHANNEL`. A bot takes the webhook's
    /// place.
    pub slack_bot: Option<SlackBotSettings>,
    /// `GATEWATCH_SLACK_SIGNING_SECRET_PARAMETER`: the name of the SSM parameter that holds the secret
    /// that the bot's app signs with.
    pub slack_signing_secret_parameter: Option<String>,
    /// `GATEWATCH_SMS_PHONE_NUMBERS`: phones, separated by commas.
    pub phone_numbers: Vec<PhoneNumber>,
    /// `GATEWATCH_SMS_SENDER_ID` and `GATEWATCH_SMS_MAX_PRICE`.
    pub sms_options: SmsOptions,
    /// `GATEWATCH_SMS_DAILY_LIMIT`: text messages to one number on one day.
    pub sms_limits: SmsLimits,
    /// `GATEWATCH_ALERT_TOPIC_ARN`: the alert topic.
    pub alert_topic_arn: Option<String>,
    /// `GATEWATCH_RULES_PARAMETER`: the name of the SSM parameter that holds the rules; the built-in
    /// ones without it.
    pub rules_parameter: Option<String>,
    /// `GATEWATCH_LOG_MODE`: `all` (also where it is not set) or `errors`.
    pub log_mode: LogMode,
}

/// What a Slack bot needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackBotSettings {
    /// The name of the SSM parameter that holds its token.
    pub token_parameter: String,
    /// The channel it posts in.
    pub channel: SlackChannel,
}

impl Stack {
    /// Reads what the stack's template sets.
    pub fn from_variables<F>(variables: &Variables<F>) -> Result<Self, BadVariable>
    where
        F: Fn(&str) -> Option<String>,
    {
        let stack = variables.optional("GATEWATCH_STACK");
        Ok(Self {
            table: variables.required("GATEWATCH_TABLE")?,
            account: variables.required("GATEWATCH_ACCOUNT")?,
            metrics: Metrics {
                function: variables.required("AWS_LAMBDA_FUNCTION_NAME")?,
                stack: stack.unwrap_or_else(|| "gatewatch".to_owned()),
            },
            region: variables.optional("AWS_REGION"),
            slack_webhook_parameter: variables.optional("GATEWATCH_SLACK_WEBHOOK_PARAMETER"),
            slack_bot: slack_bot(variables)?,
            slack_signing_secret_parameter: variables
                .optional("GATEWATCH_SLACK_SIGNING_SECRET_PARAMETER"),
            phone_numbers: variables.list("GATEWATCH_SMS_PHONE_NUMBERS")?,
            sms_options: SmsOptions {
                sender_id: variables.optional("GATEWATCH_SMS_SENDER_ID"),
                max_price: variables.optional("GATEWATCH_SMS_MAX_PRICE"),
            },
            sms_limits: variables
                .parsed("GATEWATCH_SMS_DAILY_LIMIT")?
                .map_or_else(SmsLimits::default, SmsLimits::per_number),
            alert_topic_arn: variables.optional("GATEWATCH_ALERT_TOPIC_ARN"),
            rules_parameter: variables.optional("GATEWATCH_RULES_PARAMETER"),
            log_mode: variables.parsed("GATEWATCH_LOG_MODE")?.unwrap_or_default(),
        })
    }

    /// An engine with the stack's ledger, channels, log mode and rules.
    pub fn engine(
        &self,
        clients: &Arc<Clients>,
        settings: alerting::Settings,
    ) -> Engine<DynamoLedger, AwsChannel, SystemClock> {
        let engine =
            Engine::new(self.ledger(clients), self.channels(clients), SystemClock, settings)
                .with_sms_limits(self.sms_limits)
                .with_buttons(self.has_buttons())
                .with_registry();
        if self.rules_parameter.is_some() { engine.with_kept_rules() } else { engine }
    }

    /// The parameter that holds the rules, for the only function that may read it.
    pub fn rules(&self, clients: &Arc<Clients>) -> Option<SsmParameter> {
        let name = self.rules_parameter.as_ref()?;
        Some(SsmParameter::new(clients.clone(), name.clone()))
    }

    /// The ledger in the stack's table.
    pub fn ledger(&self, clients: &Arc<Clients>) -> DynamoLedger {
        DynamoLedger::new(clients.clone(), self.table.clone(), SystemClock)
    }

    /// The channels that the stack has.
    pub fn channels(&self, clients: &Arc<Clients>) -> Vec<AwsChannel> {
        let bot = self.bot(clients).map(AwsChannel::SlackBot);
        let webhook = self.slack_webhook_parameter.iter().map(|name| {
            let webhook = SsmParameter::new(clients.clone(), name.clone());
            AwsChannel::Slack(SlackWebhook::new(Secret::new(webhook, SystemClock)))
        });
        // One way to Slack: with both, everything would be said twice.
        let slack = bot.into_iter().chain(webhook).take(1);
        let topic = self
            .alert_topic_arn
            .iter()
            .map(|arn| AwsChannel::Email(SnsTopic::new(clients.clone(), arn.clone())));
        let phones = self.phone_numbers.iter().map(|number| {
            let options = self.sms_options.clone();
            AwsChannel::Sms(Sms::new(clients.clone(), number.clone(), options))
        });
        slack.chain(phones).chain(topic).collect()
    }

    /// The stack's Slack bot, if it has one.
    pub fn bot(&self, clients: &Arc<Clients>) -> Option<SlackBot<SsmParameter, SystemClock>> {
        let SlackBotSettings { token_parameter, channel } = self.slack_bot.as_ref()?;
        let token = SsmParameter::new(clients.clone(), token_parameter.clone());
        Some(SlackBot::new(Secret::new(token, SystemClock), channel.clone()))
    }

    /// The secret that the bot's app signs with, if the stack has one.
    pub fn signing_secret(
        &self,
        clients: &Arc<Clients>,
    ) -> Option<Secret<SsmParameter, SystemClock, SigningSecret>> {
        let name = self.slack_signing_secret_parameter.as_ref()?;
        let secret = SsmParameter::new(clients.clone(), name.clone());
        Some(Secret::new(secret, SystemClock))
    }

    /// Whether messages have buttons that act: without the secret, nobody could tell who presses them.
    pub const fn has_buttons(&self) -> bool {
        self.slack_bot.is_some() && self.slack_signing_secret_parameter.is_some()
    }
}

/// A token without a channel would post nowhere and look healthy.
fn slack_bot<F>(variables: &Variables<F>) -> Result<Option<SlackBotSettings>, BadVariable>
where
    F: Fn(&str) -> Option<String>,
{
    let Some(token_parameter) = variables.optional("GATEWATCH_SLACK_BOT_TOKEN_PARAMETER") else {
        return Ok(None);
    };
    variables.required("GATEWATCH_SLACK_CHANNEL")?;
    let channel: Option<SlackChannel> = variables.parsed("GATEWATCH_SLACK_CHANNEL")?;
    Ok(channel.map(|channel| SlackBotSettings { token_parameter, channel }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use alerting::{Channel, LogMode, SmsLimits};

    use super::Stack;
    use crate::clients::Clients;
    use crate::variables::Variables;

    fn channels(set: &[(&str, &str)]) -> Vec<String> {
        let variables = Variables::new(|name| {
            let required = [
                ("GATEWATCH_TABLE", "table"),
                ("GATEWATCH_ACCOUNT", "123456789012"),
                ("AWS_LAMBDA_FUNCTION_NAME", "ingest"),
            ];
            let mut all = set.iter().chain(&required);
            all.find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
        });
        let stack = Stack::from_variables(&variables).unwrap();
        let channels = stack.channels(&Arc::new(Clients::default()));
        channels.iter().map(|channel| channel.id().to_string()).collect()
    }

    #[test]
    fn a_stack_has_the_channels_that_are_set() {
        let slack = ("GATEWATCH_SLACK_WEBHOOK_PARAMETER", "/gatewatch/slack");
        let phones = ("GATEWATCH_SMS_PHONE_NUMBERS", "+12025550123,+12025550124");
        let topic = ("GATEWATCH_ALERT_TOPIC_ARN", "arn:aws:sns:eu-west-1:123456789012:alerts");
        let token = ("GATEWATCH_SLACK_BOT_TOKEN_PARAMETER", "/gatewatch/token");
        let channel = ("GATEWATCH_SLACK_CHANNEL", "C0123ABCDEF");
        assert_eq!(channels(&[]), Vec::<String>::new());
        assert_eq!(channels(&[token, channel]), ["slack-bot"]);
        assert_eq!(channels(&[token, channel, slack]), ["slack-bot"], "one way to Slack");
        assert_eq!(channels(&[channel, slack]), ["slack"]);
        assert_eq!(channels(&[(slack.0, ""), (phones.0, ""), topic]), ["email"]);
        assert_eq!(
            channels(&[slack, phones, topic]),
            ["slack", "sms:+12025550123", "sms:+12025550124", "email"]
        );
    }

    #[test]
    fn text_messages_are_limited_as_the_stack_says() {
        let limits = |limit: &str| {
            let variables = Variables::new(|name| {
                let limit = (name == "GATEWATCH_SMS_DAILY_LIMIT").then(|| limit.to_owned());
                let required = ["GATEWATCH_TABLE", "GATEWATCH_ACCOUNT", "AWS_LAMBDA_FUNCTION_NAME"];
                limit.or_else(|| required.contains(&name).then(|| "1".to_owned()))
            });
            Stack::from_variables(&variables).map(|stack| stack.sms_limits).ok()
        };
        assert_eq!(limits(""), Some(SmsLimits { per_number: 20, in_all: 60 }));
        assert_eq!(limits("5"), Some(SmsLimits { per_number: 5, in_all: 15 }));
        for wrong in ["-1", "many", "1.5"] {
            assert_eq!(limits(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_bot_needs_a_channel_and_buttons_need_a_bot_and_a_secret() {
        let stack = |set: &[(&str, &str)]| {
            let variables = Variables::new(|name| {
                let found = set.iter().find(|(set, _)| *set == name);
                let value = found.map(|(_, value)| (*value).to_owned());
                let required = ["GATEWATCH_TABLE", "GATEWATCH_ACCOUNT", "AWS_LAMBDA_FUNCTION_NAME"];
                value.or_else(|| required.contains(&name).then(|| "1".to_owned()))
            });
            Stack::from_variables(&variables).map_err(|error| error.to_string())
        };
        let token = ("GATEWATCH_SLACK_BOT_TOKEN_PARAMETER", "/gatewatch/token");
        let channel = ("GATEWATCH_SLACK_CHANNEL", "C0123ABCDEF");
        let secret = ("GATEWATCH_SLACK_SIGNING_SECRET_PARAMETER", "/gatewatch/secret");
        for (set, buttons) in [
            (&[][..], Some(false)),
            (&[secret], Some(false)),
            (&[token, channel], Some(false)),
            (&[token, channel, secret], Some(true)),
            (&[token], None),
            (&[token, (channel.0, "#alerts")], None),
        ] {
            assert_eq!(stack(set).map(|stack| stack.has_buttons()).ok(), buttons, "{set:?}");
        }
    }

    #[test]
    fn a_log_mode_that_is_none_keeps_it_from_starting() {
        for (value, wanted) in [
            ("", Ok(LogMode::All)),
            ("all", Ok(LogMode::All)),
            ("errors", Ok(LogMode::Errors)),
            ("error", Err("cannot be used: a log mode is all or errors")),
        ] {
            let variables = Variables::new(|name| {
                let required = ["GATEWATCH_TABLE", "GATEWATCH_ACCOUNT", "AWS_LAMBDA_FUNCTION_NAME"];
                let mode = (name == "GATEWATCH_LOG_MODE").then(|| value.to_owned());
                mode.or_else(|| required.contains(&name).then(|| "x".to_owned()))
            });
            let found = Stack::from_variables(&variables).map(|stack| stack.log_mode);
            let wanted = wanted.map_err(|problem| {
                format!("the environment variable GATEWATCH_LOG_MODE {problem}")
            });
            assert_eq!(found.map_err(|error| error.to_string()), wanted, "{value}");
        }
    }

    #[test]
    fn without_its_table_or_account_it_does_not_start() {
        for (set, missing) in
            [("GATEWATCH_TABLE", "GATEWATCH_ACCOUNT"), ("GATEWATCH_ACCOUNT", "GATEWATCH_TABLE")]
        {
            let variables = Variables::new(|name| (name == set).then(|| "value".to_owned()));
            let error = Stack::from_variables(&variables).unwrap_err().to_string();
            assert_eq!(error, format!("the environment variable {missing} is not set"));
        }
    }
}
