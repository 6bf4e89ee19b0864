//! SNS: the alert topic, and text messages published directly to a phone.
//!
//! What SNS takes is not yet delivered: who left the topic, a phone that opted out and a spending limit
//! that is reached show only in SNS's own delivery logs.

use std::sync::Arc;

use alerting::{
    Audience, Channel, ChannelId, ChannelKind, Content, Delivery, Remedy, SendError, Sent,
};
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;

use super::misdirected::misdirected;
use super::phone_number::PhoneNumber;
use crate::clients::Clients;
use crate::error_text;

/// The alert topic: email, and whatever else is subscribed to it.
#[derive(Debug)]
pub struct SnsTopic {
    clients: Arc<Clients>,
    arn: String,
    id: ChannelId,
}

impl SnsTopic {
    /// The topic with this ARN.
    pub const fn new(clients: Arc<Clients>, arn: String) -> Self {
        Self { clients, arn, id: ChannelId::only(ChannelKind::Email) }
    }
}

impl Channel for SnsTopic {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    async fn send(&self, delivery: Delivery<'_>) -> Result<Sent, SendError> {
        let Content::Email { subject, body, attributes } = delivery.content else {
            return Err(misdirected(delivery.content, &self.id));
        };
        let publish = self.clients.sns().await.publish().topic_arn(&self.arn);
        let mut publish = publish.subject(subject).message(body);
        for (name, value) in attributes {
            publish = publish.message_attributes(name, attribute("String", value)?);
        }
        publish.send().await.map_err(|error| of_publish(&error))?;
        Ok(Sent::default())
    }

    /// <https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html>
    async fn audience(&self) -> Result<Option<Audience>, SendError> {
        let request = self.clients.sns().await.get_topic_attributes().topic_arn(&self.arn);
        let answer = request.send().await.map_err(|error| {
            let reason = match error.as_service_error() {
                Some(refusal) => error_text::of_service(refusal.code(), refusal.message()),
                None => error_text::innermost(&error),
            };
            SendError::new(reason)
        })?;
        let count = |name: &str| {
            let value = answer.attributes().and_then(|all| all.get(name));
            value.and_then(|value| value.parse().ok()).unwrap_or(0)
        };
        let (confirmed, pending) = (count("SubscriptionsConfirmed"), count("SubscriptionsPending"));
        Ok(Some(Audience { confirmed, pending }))
    }
}

fn attribute(data_type: &str, value: &str) -> Result<MessageAttributeValue, SendError> {
    let attribute = MessageAttributeValue::builder().data_type(data_type).string_value(value);
    attribute.build().map_err(|error| SendError::new(error_text::innermost(&error)))
}

/// What all text messages have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SmsOptions {
    /// Who they seem to come from, in countries where that is allowed: 1 to 11 letters and digits.
    pub sender_id: Option<String>,
    /// What one may cost, in US dollars.
    pub max_price: Option<String>,
}

/// One phone.
#[derive(Debug)]
pub struct Sms {
    clients: Arc<Clients>,
    number: PhoneNumber,
    options: SmsOptions,
    id: ChannelId,
}

impl Sms {
    /// The phone with this number.
    pub fn new(clients: Arc<Clients>, number: PhoneNumber, options: SmsOptions) -> Self {
        let id = ChannelId::sms(number.as_str().to_owned());
        Self { clients, number, options, id }
    }
}

impl Channel for Sms {
    fn id(&self) -> &ChannelId {
        &self.id
    }

    async fn send(&self, delivery: Delivery<'_>) -> Result<Sent, SendError> {
        let Content::Sms { body } = delivery.content else {
            return Err(misdirected(delivery.content, &self.id));
        };
        let publish = self.clients.sns().await.publish().phone_number(self.number.as_str());
        // Promotional, the default, may be delayed or dropped at night.
        let mut publish = publish
            .message_attributes("AWS.SNS.SMS.SMSType", attribute("String", "Transactional")?)
            .message(body);
        if let Some(sender) = &self.options.sender_id {
            publish =
                publish.message_attributes("AWS.SNS.SMS.SenderID", attribute("String", sender)?);
        }
        if let Some(price) = &self.options.max_price {
            publish =
                publish.message_attributes("AWS.SNS.SMS.MaxPrice", attribute("Number", price)?);
        }
        publish.send().await.map_err(|error| of_publish(&error))?;
        Ok(Sent::default())
    }
}

fn of_publish<R: std::fmt::Debug>(error: &SdkError<PublishError, R>) -> SendError {
    if let Some(refusal) = error.as_service_error() {
        return of_refusal(refusal.code(), refusal.message());
    }
    let reason = error_text::innermost(error);
    let error_before_sending =
        matches!(error, SdkError::ConstructionFailure(_)) || is_unreached(error);
    if error_before_sending {
        return SendError::new(format!("SNS was not reached: {reason}"));
    }
    SendError::new(format!("SNS did not answer: {reason}")).that_may_have_arrived()
}

fn is_unreached<R: std::fmt::Debug>(error: &SdkError<PublishError, R>) -> bool {
    match error {
        SdkError::DispatchFailure(failure) => {
            failure.as_connector_error().is_some_and(|error| error.is_io() || error.is_user())
        }
        _ => false,
    }
}

/// What SNS refuses, and what to do about it. What somebody has to mend parks the channel, which raises
/// an alarm and is tried again; only what is wrong with the message itself is given up.
/// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors>
fn of_refusal(code: Option<&str>, message: Option<&str>) -> SendError {
    let text = message.unwrap_or_default().to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let code_is = |codes: &[&str]| code.is_some_and(|code| codes.contains(&code));
    let (told, remedy) = if code_is(&["OptedOut"]) || says(&["opted out", "opt out"]) {
        ("the phone has opted out of text messages", Remedy::Park)
    } else if says(&["sandbox", "not verified", "unverified"]) {
        ("the account is in the SMS sandbox and the number is not verified", Remedy::Park)
    } else if says(&["spend", "price", "quota"]) {
        ("the account's spending limit for text messages is reached", Remedy::Park)
    } else if code_is(&["KMSThrottling", "KMSThrottlingException"])
        || code.is_some_and(|code| code.starts_with("Throttl"))
    {
        ("SNS is throttling", Remedy::Retry)
    } else if code.is_some_and(|code| code.starts_with("KMS")) {
        ("SNS may not use the key of the topic", Remedy::Park)
    } else if code_is(&["AuthorizationError", "AccessDenied", "AccessDeniedException"]) {
        ("publishing is not allowed", Remedy::Park)
    } else if code_is(&["NotFound", "NotFoundException"]) {
        ("the topic does not exist", Remedy::Park)
    } else if code_is(&["EndpointDisabled", "PlatformApplicationDisabled"]) {
        ("the endpoint is disabled", Remedy::Park)
    } else if code_is(&[
        "InvalidParameter",
        "InvalidParameterValue",
        "ParameterValueInvalid",
        "ValidationException",
    ]) {
        ("SNS does not take this message", Remedy::GiveUp)
    } else {
        ("SNS failed", Remedy::Retry)
    };
    SendError::with(format!("{told}: {}", error_text::of_service(code, message)), remedy)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use alerting::Remedy::{GiveUp, Park, Retry};
    use alerting::contract::ready;
    use alerting::{Channel, Content, Delivery, IncidentId};

    use super::{Sms, SmsOptions, SnsTopic, of_refusal};
    use crate::clients::Clients;

    #[test]
    fn a_message_for_another_channel_is_refused_before_anything_is_built() {
        let clients = Arc::new(Clients::default());
        let topic = SnsTopic::new(clients.clone(), "arn:aws:sns:eu-west-1:1:alerts".to_owned());
        let phone = Sms::new(clients, "+12025550123".parse().unwrap(), SmsOptions::default());
        assert_eq!(topic.id().to_string(), "email");
        assert_eq!(phone.id().to_string(), "sms:+12025550123");
        let sms = Content::Sms { body: "a".to_owned() };
        let slack = Content::Slack { body: serde_json::json!({}) };
        let incident: IncidentId = serde_json::from_str("\"0123456789ab\"").unwrap();
        let delivery = |content| Delivery::alone(content, &incident, 1);
        assert!(ready(topic.send(delivery(&sms))).is_err());
        assert!(ready(phone.send(delivery(&slack))).is_err());
    }

    #[test]
    fn refusals_are_told_apart() {
        for (code, message, told, remedy) in [
            ("OptedOut", "", "the phone has opted out of text messages", Park),
            (
                "InvalidParameter",
                "Invalid parameter: PhoneNumber Reason: +1... is opted out",
                "the phone has opted out of text messages",
                Park,
            ),
            (
                "UserError",
                "destination phone number is not verified in the SMS sandbox",
                "the account is in the SMS sandbox and the number is not verified",
                Park,
            ),
            (
                "Throttled",
                "Monthly spend limit reached",
                "the account's spending limit for text messages is reached",
                Park,
            ),
            ("Throttled", "Rate exceeded", "SNS is throttling", Retry),
            ("ThrottlingException", "", "SNS is throttling", Retry),
            ("KMSThrottling", "", "SNS is throttling", Retry),
            ("KMSAccessDenied", "", "SNS may not use the key of the topic", Park),
            ("KMSDisabled", "", "SNS may not use the key of the topic", Park),
            ("AuthorizationError", "not authorized", "publishing is not allowed", Park),
            ("NotFound", "Topic does not exist", "the topic does not exist", Park),
            ("InvalidParameter", "Subject", "SNS does not take this message", GiveUp),
            ("InternalError", "", "SNS failed", Retry),
            ("SomethingNew", "", "SNS failed", Retry),
        ] {
            let error = of_refusal(Some(code), Some(message));
            assert_eq!(error.remedy, remedy, "{code} {message}");
            assert!(error.reason.starts_with(&format!("{told}: {code}")), "{error}");
            assert!(!error.may_have_arrived);
        }
        assert_eq!(of_refusal(None, None).remedy, Retry);
    }
}
