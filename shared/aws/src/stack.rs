//! The stack that a function belongs to: where its ledger is, and whom it tells.

use std::sync::Arc;

use alerting::SmsLimits;

use crate::channel::{
    AwsChannel, PhoneNumber, Secret, SlackWebhook, Sms, SmsOptions, SnsTopic, SsmParameter,
};
use crate::clients::Clients;
use crate::clock::SystemClock;
use crate::ledger::DynamoLedger;
use crate::variables::{BadVariable, Variables};

/// What all functions of a stack are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    /// `GATEWATCH_STACK`: its name, for metrics.
    pub name: String,
    /// `GATEWATCH_TABLE`: the ledger's table.
    pub table: String,
    /// `GATEWATCH_ACCOUNT`: the AWS account that the stack is in.
    pub account: String,
    /// `AWS_REGION`, which Lambda sets: for links to the console.
    pub region: Option<String>,
    /// `GATEWATCH_SLACK_WEBHOOK_PARAMETER`: the name of the SSM parameter that holds the webhook.
    pub slack_webhook_parameter: Option<String>,
    /// `GATEWATCH_SMS_PHONE_NUMBERS`: phones, separated by commas.
    pub phone_numbers: Vec<PhoneNumber>,
    /// `GATEWATCH_SMS_SENDER_ID` and `GATEWATCH_SMS_MAX_PRICE`.
    pub sms_options: SmsOptions,
    /// `GATEWATCH_SMS_DAILY_LIMIT`: text messages to one number on one day.
    pub sms_limits: SmsLimits,
    /// `GATEWATCH_ALERT_TOPIC_ARN`: the alert topic.
    pub alert_topic_arn: Option<String>,
}

impl Stack {
    /// Reads what the stack's template sets.
    pub fn from_variables<F>(variables: &Variables<F>) -> Result<Self, BadVariable>
    where
        F: Fn(&str) -> Option<String>,
    {
        Ok(Self {
            name: variables.optional("GATEWATCH_STACK").unwrap_or_else(|| "gatewatch".to_owned()),
            table: variables.required("GATEWATCH_TABLE")?,
            account: variables.required("GATEWATCH_ACCOUNT")?,
            region: variables.optional("AWS_REGION"),
            slack_webhook_parameter: variables.optional("GATEWATCH_SLACK_WEBHOOK_PARAMETER"),
            phone_numbers: variables.list("GATEWATCH_SMS_PHONE_NUMBERS")?,
            sms_options: SmsOptions {
                sender_id: variables.optional("GATEWATCH_SMS_SENDER_ID"),
                max_price: variables.optional("GATEWATCH_SMS_MAX_PRICE"),
            },
            sms_limits: variables
                .parsed("GATEWATCH_SMS_DAILY_LIMIT")?
                .map_or_else(SmsLimits::default, SmsLimits::per_number),
            alert_topic_arn: variables.optional("GATEWATCH_ALERT_TOPIC_ARN"),
        })
    }

    /// The ledger in the stack's table.
    pub fn ledger(&self, clients: &Arc<Clients>) -> DynamoLedger {
        DynamoLedger::new(clients.clone(), self.table.clone(), SystemClock)
    }

    /// The channels that the stack has.
    pub fn channels(&self, clients: &Arc<Clients>) -> Vec<AwsChannel> {
        let slack = self.slack_webhook_parameter.iter().map(|name| {
            let webhook = SsmParameter::new(clients.clone(), name.clone());
            AwsChannel::Slack(SlackWebhook::new(Secret::new(webhook, SystemClock)))
        });
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
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use alerting::{Channel, SmsLimits};

    use super::Stack;
    use crate::clients::Clients;
    use crate::variables::Variables;

    fn channels(set: &[(&str, &str)]) -> Vec<String> {
        let variables = Variables::new(|name| {
            let required = [("GATEWATCH_TABLE", "table"), ("GATEWATCH_ACCOUNT", "123456789012")];
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
        assert_eq!(channels(&[]), Vec::<String>::new());
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
                limit.or_else(|| Some("1".to_owned()).filter(|_| !name.contains("PHONE")))
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
