//! The Slack message: Block Kit, for webhooks and for `chat.postMessage`.
//!
//! What came from a log stands in rich text or `plain_text`, which Slack shows as it is and never reads
//! as markup: no mention and no link can come of it. Only the line for lock screens is markup to Slack;
//! that one is escaped.

mod blocks;
mod parts;
mod render;

pub(super) use render::{living, message, notice};
