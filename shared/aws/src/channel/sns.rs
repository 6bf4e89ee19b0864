//! SNS: the alert topic, and text messages published directly to a phone.
//!
//! What SNS takes is not yet delivered: who left the topic, a phone that opted out and a spending limit
//! that is reached show only in SNS's own delivery logs.

use std::sync::Arc;

use alerting::{Channel, ChannelId, ChannelKind, Content, Delivery, SendError, Sent};
use aws_sdk_sns::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sns::operation::publish::PublishError;
use aws_sdk_sns::types::MessageAttributeValue;

use super::misdirected;
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
        let Content::Email { subject, body } = delivery.content else {
            return Err(misdirected(delivery.content, &self.id));
        };
        let publish = self.clients.sns().await.publish().topic_arn(&self.arn);
        publish.subject(subject).message(body).send().await.map_err(|error| of_publish(&error))?;
        Ok(Sent::default())
    }
}

/// One phone.
#[derive(Debug)]
pub struct Sms {
    clients: Arc<Clients>,
    number: PhoneNumber,
    id: ChannelId,
}

impl Sms {
    /// The phone with this number.
    pub fn new(clients: Arc<Clients>, number: PhoneNumber) -> Self {
        let id = ChannelId::sms(number.as_str().to_owned());
        Self { clients, number, id }
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
        // Promotional, the default, may be delayed or dropped at night.
        let transactional = MessageAttributeValue::builder()
            .data_type("String")
            .string_value("Transactional")
            .build()
            .map_err(|error| SendError::new(error_text::innermost(&error)))?;
        let publish = self.clients.sns().await.publish().phone_number(self.number.as_str());
        publish
            .message_attributes("AWS.SNS.SMS.SMSType", transactional)
            .message(body)
            .send()
            .await
            .map_err(|error| of_publish(&error))?;
        Ok(Sent::default())
    }
}

fn of_publish<R: std::fmt::Debug>(error: &SdkError<PublishError, R>) -> SendError {
    SendError::new(match error.as_service_error() {
        Some(refusal) => {
            format!("SNS answered {}", error_text::of_service(refusal.code(), refusal.message()))
        }
        None => format!("SNS was not reached: {}", error_text::innermost(error)),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use alerting::contract::ready;
    use alerting::{Channel, Content, Delivery, IncidentId};

    use super::{Sms, SnsTopic};
    use crate::clients::Clients;

    #[test]
    fn a_message_for_another_channel_is_refused_before_anything_is_built() {
        let clients = Arc::new(Clients::default());
        let topic = SnsTopic::new(clients.clone(), "arn:aws:sns:eu-west-1:1:alerts".to_owned());
        let phone = Sms::new(clients, "+12025550123".parse().unwrap());
        assert_eq!(topic.id().to_string(), "email");
        assert_eq!(phone.id().to_string(), "sms:+12025550123");
        let sms = Content::Sms { body: "a".to_owned() };
        let slack = Content::Slack { body: serde_json::json!({}) };
        let incident: IncidentId = serde_json::from_str("\"0123456789ab\"").unwrap();
        let delivery = |content| Delivery { content, incident: &incident, seq: 1, place: None };
        assert!(ready(topic.send(delivery(&sms))).is_err());
        assert!(ready(phone.send(delivery(&slack))).is_err());
    }
}
