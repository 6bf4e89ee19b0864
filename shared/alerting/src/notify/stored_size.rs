//! The size of a message in the outbox. A row takes at most 400 KB, and one that does not fit would keep the
//! whole transition from being committed, so that no channel would be notified.

use serde_json::{Value, json};

use crate::notify::channel::Content;

/// The most bytes of a message as JSON. The row adds a few KB.
const MAX_BYTES: usize = 256 * 1024;

/// The characters of each text that remain of a larger message: as JSON, one takes at most 6 bytes.
const MAX_CHARS: usize = 20_000;

impl Content {
    /// The message, or only its text and that cut, where it takes more than [`MAX_BYTES`].
    pub(crate) fn fitted(self) -> Self {
        let bytes = serde_json::to_vec(&self).map_or(usize::MAX, |json| json.len());
        if bytes <= MAX_BYTES {
            return self;
        }
        match self {
            Self::Slack { body } => Self::Slack { body: text_of(&body) },
            Self::SlackBot { message, reply } => {
                Self::SlackBot { message: text_of(&message), reply: reply.as_ref().map(text_of) }
            }
            Self::Sms { body } => Self::Sms { body: cut(&body) },
            Self::Email { subject, body, attributes } => {
                Self::Email { subject, body: cut(&body), attributes }
            }
        }
    }
}

fn text_of(message: &Value) -> Value {
    json!({ "text": cut(message["text"].as_str().unwrap_or_default()) })
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{MAX_BYTES, MAX_CHARS};
    use crate::notify::Content;

    /// Every kind of message, with so many times the text in its text and in its blocks.
    fn messages(text: &str, times: usize, blocks: usize) -> Vec<Content> {
        let text = text.repeat(times);
        let block = json!({"type": "section", "text": text});
        let message: Value = json!({"text": text, "blocks": vec![block; blocks]});
        vec![
            Content::Slack { body: message.clone() },
            Content::SlackBot { message: message.clone(), reply: Some(message) },
            Content::Sms { body: text.clone() },
            Content::Email { subject: "s".to_owned(), body: text, attributes: [].into() },
        ]
    }

    fn bytes(content: &Content) -> usize {
        serde_json::to_vec(content).unwrap().len()
    }

    #[test]
    fn a_message_is_whole_up_to_the_limit_and_text_beyond() {
        let empty = bytes(&Content::Sms { body: String::new() });
        for (more, chars) in [(0, MAX_BYTES - empty), (1, MAX_CHARS)] {
            let content = Content::Sms { body: "a".repeat(MAX_BYTES - empty + more) };
            let Content::Sms { body } = content.fitted() else { panic!() };
            assert_eq!(body.len(), chars, "{more} more");
        }
        let large =
            Content::Slack { body: json!({"text": "it fails", "blocks": ["x".repeat(300_000)]}) };
        assert_eq!(large.fitted(), Content::Slack { body: json!({"text": "it fails"}) });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn every_message_fits_into_a_row(
            text in prop_oneof!["\\PC{1,9}", Just("\u{1}".to_owned()), Just("\u{1f600}\"".to_owned())],
            times in 1..60_000_usize,
            blocks in 0..4_usize,
        ) {
            for content in messages(&text, times, blocks) {
                let before = bytes(&content);
                let fitted = content.clone().fitted();
                prop_assert!(bytes(&fitted) <= MAX_BYTES);
                prop_assert_eq!(fitted == content, before <= MAX_BYTES);
            }
        }
    }
}
