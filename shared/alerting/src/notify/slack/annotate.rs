//! A note on a message's delivery, in Slack's blocks.

use diagnosis::redact;
use serde_json::{Value, json};

use crate::notify::slack::blocks::{MAX_BLOCKS, MAX_TEXT};
use crate::notify::slack::escape::escape;

/// A context block below the header, and the same at the end of what a lock screen shows.
pub(in crate::notify) fn annotate(message: &Value, note: &str) -> Value {
    let mut message = message.clone();
    if let Some(Value::String(text)) = message.get_mut("text") {
        // A plain_text element is not parsed; this is.
        let escaped = escape(note);
        *text = format!("{} {escaped}", redact::truncate(text, MAX_TEXT));
    }
    if let Some(Value::Array(blocks)) = message.get_mut("blocks") {
        let element = json!({"type": "plain_text", "text": note, "emoji": false});
        // The last block holds the ids; the one before it can be missed most.
        if blocks.len() >= MAX_BLOCKS {
            blocks.truncate(MAX_BLOCKS);
            blocks.remove(MAX_BLOCKS - 2);
        }
        let below_header = blocks.len().min(1);
        blocks.insert(below_header, json!({"type": "context", "elements": [element]}));
    }
    message
}
