//! The stack that a function belongs to: its settings, its ledger and its channels.

use std::sync::Arc;

use alerting::{DEFAULT_SMS_PER_NUMBER, Engine, LogMode, SmsLimits};

use crate::channel::{
    AwsChannel, PhoneNumber, Secret, SigningSecret, SlackBot, SlackChannel, SlackWebhook, Sms,
    SmsOptions, SnsTopic, SsmParameter,
};
use crate::clients::Clients;
use crate::clock::SystemClock;
use crate::environment::{BadVariable, Variable, Variables};
use crate::ledger::DynamoLedger;
use crate::metrics::Metrics;

/// Phones that a stack notifies, as `template.yaml` limits them too.
const MAX_PHONE_NUMBERS: usize = 20;

/// Settings that all functions of a stack share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// Names of the function and the stack, as dimensions of metrics.
    pub metrics: Metrics,
    /// The ledger's table.
    pub table: String,
    /// The AWS account of the stack.
    pub account: String,
    /// The AWS region, for links to the console.
    pub region: Option<String>,
    /// The name of the SSM parameter that holds the Slack webhook.
    pub slack_webhook_parameter: Option<String>,
    /// The Slack bot. It replaces the webhook.
    pub slack_bot: Option<SlackBotSettings>,
    /// The name of the SSM parameter that holds the signing secret of the bot's Slack app.
    pub slack_signing_secret_parameter: Option<String>,
    /// Phone numbers for SMS.
    pub phone_numbers: Vec<PhoneNumber>,
    /// Sender and price limit of SMS.
    pub sms_options: SmsOptions,
    /// SMS per day.
    pub sms_limits: SmsLimits,
    /// The SNS topic for alerts.
    pub alert_topic_arn: Option<String>,
    /// The name of the SSM parameter that holds the rules; `None` for the built-in rules.
    pub rules_parameter: Option<String>,
    /// Which lines the log groups deliver.
    pub log_mode: LogMode,
}

/// Settings of a Slack bot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlackBotSettings {
    /// The name of the SSM parameter that holds its token.
    pub token_parameter: String,
    /// The channel that it posts in.
    pub channel: SlackChannel,
}

impl Stack {
    /// Reads the environment variables that all functions share.
    pub fn from_variables<F>(variables: &Variables<F>) -> Result<Self, BadVariable>
    where
        F: Fn(Variable) -> Option<String>,
    {
        let stack = variables.optional(Variable::Stack);
        let sms_limit = variables.parsed(Variable::SmsDailyLimit)?;
        let sms_limit = sms_limit.unwrap_or(DEFAULT_SMS_PER_NUMBER);
        let phone_numbers = phone_numbers(variables)?;
        Ok(Self {
            table: variables.required(Variable::Table)?,
            account: variables.required(Variable::Account)?,
            metrics: Metrics {
                function: variables.required(Variable::FunctionName)?,
                stack: stack.unwrap_or_else(|| "gatewatch".to_owned()),
            },
            region: variables.optional(Variable::Region),
            slack_webhook_parameter: variables.optional(Variable::SlackWebhookParameter),
            slack_bot: slack_bot(variables)?,
            slack_signing_secret_parameter: variables
                .optional(Variable::SlackSigningSecretParameter),
            sms_options: SmsOptions {
                sender_id: variables.optional(Variable::SmsSenderId),
                max_price: variables.optional(Variable::SmsMaxPrice),
            },
            sms_limits: SmsLimits::new(sms_limit, phone_numbers.len()),
            phone_numbers,
            alert_topic_arn: variables.optional(Variable::AlertTopicArn),
            rules_parameter: variables.optional(Variable::RulesParameter),
            log_mode: variables.parsed(Variable::LogMode)?.unwrap_or_default(),
        })
    }

    /// An engine on the stack's ledger and channels, with its limits, buttons and rules.
    pub fn engine(
        &self,
        clients: &Arc<Clients>,
        settings: alerting::Settings,
    ) -> Engine<DynamoLedger, AwsChannel, SystemClock> {
        let engine =
            Engine::new(self.ledger(clients), self.channels(clients), SystemClock, settings)
                .with_sms_limits(self.sms_limits)
                .with_buttons(self.has_buttons())
                .with_inventory();
        if self.rules_parameter.is_some() { engine.with_stored_rules() } else { engine }
    }

    /// The parameter that holds the rules. Only the sweep has the permission to read it.
    pub fn rules(&self, clients: &Arc<Clients>) -> Option<SsmParameter> {
        let name = self.rules_parameter.as_ref()?;
        Some(SsmParameter::new(clients.clone(), name.clone()))
    }

    /// The ledger in the stack's table.
    pub fn ledger(&self, clients: &Arc<Clients>) -> DynamoLedger {
        DynamoLedger::new(clients.clone(), self.table.clone(), SystemClock)
    }

    /// The channels that are configured.
    pub fn channels(&self, clients: &Arc<Clients>) -> Vec<AwsChannel> {
        let bot = self.bot(clients).map(AwsChannel::SlackBot);
        let webhook = self.slack_webhook_parameter.iter().map(|name| {
            let webhook = SsmParameter::new(clients.clone(), name.clone());
            AwsChannel::Slack(SlackWebhook::new(Secret::new(webhook, SystemClock)))
        });
        // Either of them: with both, each message would be in Slack twice.
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

    /// The Slack bot, if there is one.
    pub fn bot(&self, clients: &Arc<Clients>) -> Option<SlackBot<SsmParameter, SystemClock>> {
        let SlackBotSettings { token_parameter, channel } = self.slack_bot.as_ref()?;
        let token = SsmParameter::new(clients.clone(), token_parameter.clone());
        Some(SlackBot::new(Secret::new(token, SystemClock), channel.clone()))
    }

    /// The signing secret of the bot's Slack app, if there is one.
    pub fn signing_secret(
        &self,
        clients: &Arc<Clients>,
    ) -> Option<Secret<SsmParameter, SystemClock, SigningSecret>> {
        let name = self.slack_signing_secret_parameter.as_ref()?;
        let secret = SsmParameter::new(clients.clone(), name.clone());
        Some(Secret::new(secret, SystemClock))
    }

    /// Whether messages have buttons that act. Without the signing secret, requests from Slack cannot be
    /// verified.
    pub const fn has_buttons(&self) -> bool {
        self.slack_bot.is_some() && self.slack_signing_secret_parameter.is_some()
    }
}

/// Each phone number once, at most [`MAX_PHONE_NUMBERS`]. A change of an incident is one transaction with a
/// message for each phone, in which none may occur twice. Further numbers are left out, because a function that
/// does not start would notify nobody.
fn phone_numbers<F>(variables: &Variables<F>) -> Result<Vec<PhoneNumber>, BadVariable>
where
    F: Fn(Variable) -> Option<String>,
{
    let mut numbers: Vec<PhoneNumber> = Vec::new();
    for number in variables.list(Variable::SmsPhoneNumbers)? {
        if !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    let ignored = numbers.len().saturating_sub(MAX_PHONE_NUMBERS);
    if ignored > 0 {
        let name = Variable::SmsPhoneNumbers.row().name;
        tracing::error!(ignored, "{name} has more than {MAX_PHONE_NUMBERS} numbers");
        numbers.truncate(MAX_PHONE_NUMBERS);
    }
    Ok(numbers)
}

/// The settings of the bot. A token without a channel is an error: such a stack would look healthy and post
/// nothing.
fn slack_bot<F>(variables: &Variables<F>) -> Result<Option<SlackBotSettings>, BadVariable>
where
    F: Fn(Variable) -> Option<String>,
{
    let Some(token_parameter) = variables.optional(Variable::SlackBotTokenParameter) else {
        return Ok(None);
    };
    variables.required(Variable::SlackChannel)?;
    let channel: Option<SlackChannel> = variables.parsed(Variable::SlackChannel)?;
    Ok(channel.map(|channel| SlackBotSettings { token_parameter, channel }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use alerting::{Channel, ChannelKind, LogMode, SmsLimits};

    use super::Stack;
    use crate::channel::PhoneNumber;
    use crate::clients::Clients;
    use crate::environment::{Variable, Variables};

    const REQUIRED: [Variable; 3] = [Variable::Table, Variable::Account, Variable::FunctionName];

    /// The settings if these variables are set besides the required ones.
    fn stack(set: &[(Variable, &str)]) -> Result<Stack, String> {
        let variables = Variables::new(|variable| {
            let found = set.iter().find(|(set, _)| *set == variable);
            let value = found.map(|(_, value)| (*value).to_owned());
            value.or_else(|| REQUIRED.contains(&variable).then(|| "value".to_owned()))
        });
        Stack::from_variables(&variables).map_err(|error| error.to_string())
    }

    fn channels(set: &[(Variable, &str)]) -> Vec<String> {
        let channels = stack(set).unwrap().channels(&Arc::new(Clients::default()));
        channels.iter().map(|channel| channel.id().to_string()).collect()
    }

    #[test]
    fn a_stack_has_the_channels_that_are_set() {
        let slack = (Variable::SlackWebhookParameter, "/gatewatch/slack");
        let phones = (Variable::SmsPhoneNumbers, "+12025550123,+12025550124");
        let topic = (Variable::AlertTopicArn, "arn:aws:sns:eu-west-1:123456789012:alerts");
        let token = (Variable::SlackBotTokenParameter, "/gatewatch/token");
        let channel = (Variable::SlackChannel, "C0123ABCDEF");
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

    /// The variables with which a stack has a kind of channel. A new kind does not compile without them.
    fn variables_of(kind: ChannelKind) -> Vec<(Variable, &'static str)> {
        match kind {
            ChannelKind::Slack => vec![(Variable::SlackWebhookParameter, "/gatewatch/slack")],
            ChannelKind::SlackBot => vec![
                (Variable::SlackBotTokenParameter, "/gatewatch/token"),
                (Variable::SlackChannel, "C0123ABCDEF"),
            ],
            ChannelKind::Sms => vec![(Variable::SmsPhoneNumbers, "+12025550123")],
            ChannelKind::Email => {
                vec![(Variable::AlertTopicArn, "arn:aws:sns:eu-west-1:123456789012:alerts")]
            }
        }
    }

    #[test]
    fn a_stack_can_have_every_kind_of_channel() {
        for &kind in ChannelKind::ALL {
            let stack = stack(&variables_of(kind)).unwrap();
            let channels = stack.channels(&Arc::new(Clients::default()));
            let kinds: Vec<ChannelKind> =
                channels.iter().map(|channel| channel.id().kind).collect();
            assert_eq!(kinds, [kind]);
        }
    }

    #[test]
    fn text_messages_are_limited_as_the_stack_says() {
        let phones = (Variable::SmsPhoneNumbers, "+12025550123,+12025550124,+12025550123");
        let limits = |limit| {
            stack(&[phones, (Variable::SmsDailyLimit, limit)]).map(|stack| stack.sms_limits).ok()
        };
        assert_eq!(limits(""), Some(SmsLimits { per_number: 20, in_all: 40 }));
        assert_eq!(limits("5"), Some(SmsLimits { per_number: 5, in_all: 10 }));
        for wrong in ["-1", "many", "1.5"] {
            assert_eq!(limits(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_stack_notifies_twenty_phones_at_most_and_each_once() {
        for (count, wanted) in [(1, 1), (20, 20), (21, 20), (100, 20)] {
            let numbers: Vec<String> = (0..count).map(|n| format!("+1202555{n:04}")).collect();
            let twice = format!("{0},{0}", numbers.join(","));
            let stack = stack(&[(Variable::SmsPhoneNumbers, &twice)]).unwrap();
            let found: Vec<&str> = stack.phone_numbers.iter().map(PhoneNumber::as_str).collect();
            assert_eq!(found, numbers[..wanted], "{count}");
            assert_eq!(stack.sms_limits, SmsLimits::new(20, wanted), "{count}");
        }
    }

    #[test]
    fn a_bot_needs_a_channel_and_buttons_need_a_bot_and_a_secret() {
        let token = (Variable::SlackBotTokenParameter, "/gatewatch/token");
        let channel = (Variable::SlackChannel, "C0123ABCDEF");
        let secret = (Variable::SlackSigningSecretParameter, "/gatewatch/secret");
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
            ("error", Err("cannot be used: unknown log mode `error`")),
        ] {
            let found = stack(&[(Variable::LogMode, value)]).map(|stack| stack.log_mode);
            let wanted = wanted.map_err(|problem| {
                format!("the environment variable GATEWATCH_LOG_MODE {problem}")
            });
            assert_eq!(found, wanted, "{value}");
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        for missing in REQUIRED {
            let error = stack(&[(missing, "")]).unwrap_err();
            let name = missing.row().name;
            assert_eq!(error, format!("the environment variable {name} is not set"));
        }
    }
}
