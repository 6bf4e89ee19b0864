//! The message to the alert topic: plain text for people, in the order of the Slack message.

mod attributes;
mod command;
mod render;
mod wrap;

use std::collections::BTreeMap;

use diagnosis::Timestamp;

use crate::notify::channel::{Content, Remedy, SendError};
use crate::notify::delivery_note::DeliveryNote;
use crate::notify::facts::Facts;
use crate::notify::format::{ChannelFormat, View};
use crate::notify::sns;
use crate::notify::test_message::{SENTENCES, TITLE};

/// The alert topic.
pub(super) struct Topic;

impl ChannelFormat for Topic {
    fn name(&self) -> &'static str {
        "email"
    }

    fn render(&self, facts: &Facts) -> Content {
        let (subject, body) = (render::subject(facts), render::body(facts));
        Content::Email { subject, body, attributes: attributes::of(facts) }
    }

    fn annotate(&self, content: &Content, note: &DeliveryNote) -> Content {
        match content {
            Content::Email { subject, body, attributes } => Content::Email {
                subject: subject.clone(),
                body: format!("{}\n\n{body}", note.text()),
                attributes: attributes.clone(),
            },
            other => other.clone(),
        }
    }

    fn test_message(&self, stack: &str, at: Timestamp) -> Content {
        Content::Email {
            subject: TITLE.to_owned(),
            body: format!(
                "{SENTENCES}\n\n{}\n\nStack {stack}, {}\n",
                "Subscriptions with a filter get only what they ask for: this message has the\n\
                 attribute event = test, and no other.",
                at.date_and_minute(),
            ),
            attributes: BTreeMap::from([("event".to_owned(), "test".to_owned())]),
        }
    }

    fn accepted(&self) -> &'static str {
        "taken by SNS, for everybody who has confirmed a subscription"
    }

    fn hint(&self, error: &SendError) -> &'static str {
        match error.remedy {
            Remedy::Park | Remedy::GiveUp => {
                "Look whether the stack's topic AlertTopicArn is there, and whether somebody has \
                 changed its policy or its key. A topic that was deleted comes back when the stack is \
                 deleted and deployed again."
            }
            Remedy::Retry | Remedy::Wait(_) => sns::RETRY,
        }
    }

    fn view<'c>(&self, content: &'c Content) -> Vec<View<'c>> {
        let Content::Email { subject, body, .. } = content else { return Vec::new() };
        vec![View::Text { label: "Email", size: None, subject: Some(subject), body }]
    }
}
